// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file shows whom a warning went on to that its originator recalls.

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Whatever has become of the duty for which it was released, others have the warning
// that was made of what is recalled: whoever answers sees who they are.
func TestWhoWasWarnedOfWhatIsRecalled(t *testing.T) {
	const id = "warning--1"
	sent := []api.PassedTo{{Partner: "carol", Case: "warning--c"}, {Partner: "dora", Case: "warning--d"}}
	for state, want := range map[warning.DutyState][]api.PassedTo{
		warning.DutyWarned: sent, warning.DutyWarn: sent, warning.DutyOpen: sent, warning.DutyWaived: nil,
	} {
		r := newRoom(t)
		r.change(caller.Compose, func(tx *store.Tx) error {
			duty := warning.Duty{ID: "duty--1", Partner: "carol", Subject: id, State: state, Opened: tx.Now}
			if state != warning.DutyWaived {
				duty.Draft = "draft--1"
			}
			draft := warning.Draft{ID: "draft--1", Duty: duty.ID, Stage: warning.Released, ComposedAt: tx.Now, Sent: map[string]string{"carol": "warning--c", "dora": "warning--d"}}
			recall := store.Recall{Recall: warning.Recall{ID: "recall--1", Case: id, About: strings.Repeat("a", 64), At: tx.Now}, Partner: "bravo", Hash: strings.Repeat("b", 64)}
			for _, err := range []error{
				store.Cases.Put(tx, id, store.Case{ID: id, Partner: "bravo", TLP: "TLP:GREEN", State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now}),
				store.Drafts.Put(tx, draft.ID, draft), store.Duties.Put(tx, duty.ID, duty), store.Recalls.Put(tx, store.RecallID("bravo", false, "recall--1"), recall),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		list, err := r.shelf.Recalls(t.Context(), named("rob", caller.Releaser), false)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d recalls, %v", len(list), err)
		}
		if diff := cmp.Diff(want, list[0].PassedTo); diff != "" {
			t.Errorf("the duty is %s (-want +got):\n%s", state, diff)
		}
	}
}
