// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests who is shown what waits for a second person.

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// What waits is shown with who proposed it and why; what is decided is not. Who does
// not read what is said on the node is shown no sheet, since it rests on that.
func TestWhatOnePersonProposedIsOnTheBoard(t *testing.T) {
	r := newRoom(t)
	hash, at := strings.Repeat("ab", 32), time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	r.change(caller.ProposePolicy, func(tx *store.Tx) error {
		for key, p := range map[string]store.Policy{
			hash:                     {Hash: hash, State: store.PolicyProposed, Turns: []store.PolicyTurn{{State: store.PolicyWithdrawn, By: "rolf", Why: "No."}, {State: store.PolicyProposed, By: "ruth", At: at, Why: "Talks."}}},
			strings.Repeat("cd", 32): {Hash: strings.Repeat("cd", 32), State: store.PolicyInForce},
		} {
			if err := store.Policies.Put(tx, key, p); err != nil {
				return err
			}
		}
		if err := store.AskedAssurances.Put(tx, store.AssuranceID("bravo", "DK"), warning.Assurance{Partner: "bravo", Country: "DK", Basis: "Visits.", By: "rolf", At: at}); err != nil {
			return err
		}
		if err := store.Channels.Put(tx, "carol", partner.Channel{Name: "carol", Limits: partner.Limits{Place: "city", SetBy: "ruth"}}); err != nil {
			return err
		}
		return store.Channels.Put(tx, "bravo", partner.Channel{Name: "bravo", LimitsAsked: partner.Limits{Time: "day", SetBy: "omar"}})
	})
	policy := api.Proposal{Kind: "policy", Policy: hash, Words: "Talks.", By: "ruth", At: at}
	sheet := api.Proposal{Kind: "assurance", Partner: "bravo", Country: "DK", Words: "Visits.", By: "rolf", At: at}
	detail := api.Proposal{Kind: "detail", Partner: "bravo", Words: "place exact, time day", By: "omar"}
	for role, want := range map[caller.Role][]api.Proposal{
		caller.Releaser: {policy, sheet, detail}, caller.DutyOfficer: {policy, sheet, detail}, caller.Analyst: {policy, sheet, detail}, caller.Overseer: {policy, sheet, detail},
		caller.Administrator: {policy, detail},
	} {
		board, err := r.shelf.Board(t.Context(), person(role))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, board.Proposals); diff != "" {
			t.Errorf("%s: -want +got\n%s", role, diff)
		}
	}
}
