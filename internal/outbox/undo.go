// SPDX-License-Identifier: Apache-2.0

package outbox

// This file holds the time between the release of a warning that is not urgent
// and its leaving, in which either of the two who released it can take it back.

import (
	"context"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// MaxUndo is the longest time for which a released warning can wait.
const MaxUndo = time.Hour

// WithUndo lets what is ROUTINE or PRIORITY wait for a time after its release;
// 0 lets it leave at once. FLASH and IMMEDIATE never wait, nor what one person
// released because there was no time.
func (o *Outbox) WithUndo(wait time.Duration) *Outbox {
	o.undo = min(max(wait, 0), MaxUndo)
	return o
}

// waits reports whether a draft that was released is to wait.
func (o *Outbox) waits(draft *warning.Draft) bool {
	p := draft.Warning.Precedence
	return o.undo > 0 && draft.Exigent == nil && (p == handling.Routine || p == handling.Priority)
}

// TakeBack ends the release of a draft that has not left yet. Either of the two
// who released it can; it is a draft again, and two people must look at it anew.
func (o *Outbox) TakeBack(ctx context.Context, who caller.Caller, id string) (draft warning.Draft, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.TakeBack, Subject: id}, func(tx *store.Tx) error {
		if draft, err = store.Drafts.Get(tx, id); err != nil {
			return err
		}
		switch {
		case draft.Stage == warning.Released:
			return problem.New(problem.Conflict, "recall it: tocsin recall --help", "it has left")
		case draft.Stage != warning.Waiting:
			return problem.New(problem.Conflict, "", "this draft does not wait to leave: it is %s", draft.Stage)
		case !slices.ContainsFunc(draft.Approvals, func(a warning.Approval) bool { return a.By == who.Name }):
			return problem.New(problem.Denied, "ask one of the two who released it", "only those who released it take it back")
		}
		again(&draft)
		return store.Drafts.Put(tx, id, draft)
	})
	return draft, err
}

// again makes a draft that was released one that nobody has approved.
func again(draft *warning.Draft) {
	draft.Stage, draft.Approvals, draft.LeavesAt = warning.Composed, nil, time.Time{}
}

// leaveAll lets everything leave whose time has come, and says when the next has.
func (o *Outbox) leaveAll(ctx context.Context) (next time.Time, err error) {
	var due []string
	err = o.store.Glance(ctx, caller.Self(), store.What{Act: caller.Leave}, func(tx *store.Tx) error {
		waiting, err := store.Drafts.List(tx, 0, string(warning.Waiting))
		for _, draft := range waiting {
			// A clock that was set back makes nothing wait for longer than it may.
			if left := draft.LeavesAt.Sub(tx.Now); left <= 0 || left > MaxUndo {
				due = append(due, draft.ID)
			} else if next.IsZero() || draft.LeavesAt.Before(next) {
				next = draft.LeavesAt
			}
		}
		return err
	})
	for _, id := range due {
		if err == nil {
			err = o.leave(ctx, id)
		}
	}
	return next, err
}

// leave sends what two people released. If anything has changed since they saw
// it, nothing leaves: it is a draft again, and an alarm says so.
func (o *Outbox) leave(ctx context.Context, id string) error {
	return o.store.Change(ctx, caller.Self(), store.What{Act: caller.Leave, Subject: id}, func(tx *store.Tx) error {
		p, results, err := o.preview(tx, id)
		if err != nil || p.Draft.Stage != warning.Waiting {
			return err // taken back meanwhile
		}
		draft := p.Draft
		if p.Blocked || !twoSaw(draft.Approvals, p.Hash) {
			again(&draft)
			err := tx.Raise(warning.Alarm{Kind: warning.AlarmNotLeft, Subject: id, Level: draft.Warning.Precedence.Raised(),
				Text: "a released warning did not leave: what would leave has changed since two people saw it; look at it again"})
			if err != nil {
				return err
			}
			return store.Drafts.Put(tx, id, draft)
		}
		draft.Stage, draft.LeavesAt = warning.Released, time.Time{}
		if err := o.send(tx, &draft, results); err != nil {
			return err
		}
		return store.Drafts.Put(tx, id, draft)
	})
}

// twoSaw reports whether two different people approved exactly this.
func twoSaw(approvals []warning.Approval, hash string) bool {
	people := make(map[string]bool)
	for _, a := range approvals {
		if a.Preview == hash {
			people[a.By] = true
		}
	}
	return len(people) >= 2
}

// releasedBy is who let the draft out last: not the clock that sent it.
func releasedBy(draft *warning.Draft) string {
	if n := len(draft.Approvals); n > 0 {
		return draft.Approvals[n-1].By
	}
	return draft.ComposedBy
}
