// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file plays a request for redress to its end at the recipient.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Two releasers who let nothing out decide; the recipient is asked to do its part,
// whatever becomes of the post, is not told who asked, and answers.
func TestRedressReachesTheRecipient(t *testing.T) {
	fourth := caller.Caller{Kind: caller.Person, Name: "tom", Title: "Releaser 4", Roles: []caller.Role{caller.Releaser}}
	for do, ask := range map[string]warning.Ask{"correct": warning.AskStop, "restrict": warning.AskStop, "erase": warning.AskDestroy, "nothing": ""} {
		bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
			ctx := t.Context()
			id := alpha.warn(draft("bravo", "Jan Example has the keys.")).Sent["bravo"]
			eventually(t, func() bool { return bravo.cases() == 1 })
			opened, err := alpha.desk.OpenRedress(ctx, analyst, api.NewRedress{Asker: "L. Lawyer", Names: []string{"Example Jan"}, Proof: "seen by ann"})
			check(t, err)
			seen, err := alpha.desk.Redress(ctx, overseer, opened.ID)
			if err != nil || !slices.ContainsFunc(seen.Hits, func(h api.RedressHit) bool { return h.ID == id && h.Ours }) {
				t.Fatalf("%s: found %+v, %v", do, seen.Hits, err)
			}
			_, err = alpha.desk.DecideRedress(ctx, second, opened.ID, api.DecideRedress{Of: id, Do: do, Reason: "somebody else"})
			if !problem.Is(err, problem.Missing) {
				t.Errorf("%s: who let it out decides: %v", do, err)
			}
			_, err = alpha.desk.DecideRedress(ctx, third(), opened.ID, api.DecideRedress{Of: id, Do: do, Reason: "somebody else"})
			check(t, err)
			n.lost.Store(do == "erase") // the post failed but happened
			n.down.Store(do == "restrict")
			seen, err = alpha.desk.Redress(ctx, fourth, opened.ID)
			check(t, err)
			at := slices.IndexFunc(seen.Hits, func(h api.RedressHit) bool { return h.ID == id })
			_, err = alpha.desk.ConfirmRedress(ctx, fourth, opened.ID, id, seen.Hits[at].Decision)
			check(t, err)
			time.Sleep(time.Minute)
			n.lost.Store(false)
			n.down.Store(false)
			open := func(s *side, who caller.Caller) []api.Recall {
				list, err := s.shelf.Recalls(ctx, who, false)
				check(t, err)
				return list
			}
			if ask == "" {
				if got := open(alpha, first); len(got) != 0 {
					t.Errorf("nothing is decided, and bravo is asked %+v", got)
				}
				return
			}
			eventually(t, func() bool { return len(open(bravo, first)) == 1 })
			asked := open(bravo, first)[0]
			if asked.Ask != ask || asked.Ground != warning.DestroyedByRedress || asked.By.Name != fourth.Title || strings.Contains(asked.Reason, "Lawyer") || strings.Contains(asked.Reason, "Example") {
				t.Errorf("%s: bravo is asked %+v", do, asked)
			}
			if got := open(alpha, analyst); len(got) != 0 {
				t.Errorf("%s: who opened the request sees %+v", do, got)
			}
			answer := warning.Stopped
			if ask == warning.AskDestroy {
				answer = warning.Destroyed
			}
			_, err = bravo.outbox.AnswerRecall(ctx, first, asked.ID, warning.RecallAnswer{Answer: answer})
			check(t, err)
			eventually(t, func() bool {
				seen, err := alpha.desk.Redress(ctx, overseer, opened.ID)
				check(t, err)
				return len(seen.Told) == 1 && seen.Told[0].Answer == string(answer) && seen.State == "searched"
			})
			_, err = alpha.shelf.Case(ctx, second, id)
			if problem.Is(err, problem.Denied) != (do != "correct") {
				t.Errorf("%s: a releaser opens the case: %v", do, err)
			}
			check(t, alpha.store.Change(ctx, caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
				kept, err := store.Retentions.Get(tx, store.RetentionID(store.OfCase, id))
				if (kept.Ground == warning.DestroyedByRedress) != (do == "erase") {
					t.Errorf("%s: %+v", do, kept)
				}
				return err
			}))
		})
	}
}

func third() caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: "ria", Title: "Releaser 3", Roles: []caller.Role{caller.Releaser}}
}
