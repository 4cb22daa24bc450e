// SPDX-License-Identifier: Apache-2.0

package outbox

// This file holds the time between the release of a warning that is not urgent
// and its leaving, in which either of the two who released it can take it back.

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
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

// waiting is a released draft as this process watches it: by a clock that nobody
// can set, so that the wait is neither cut short nor drawn out.
type waiting struct {
	at    time.Time // when it leaves, by the clock of the machine's running
	said  time.Time // LeavesAt, by the wall clock
	tries int
}

// mostTries is how often a draft is tried that fails for a reason of this node.
const mostTries = 3

// leaveAll lets everything leave whose time has come, and says when the next has.
// One that fails keeps no other from leaving.
func (o *Outbox) leaveAll(ctx context.Context) (next time.Time, err error) {
	before := o.waiting
	o.waiting = make(map[string]*waiting)
	var due, other []string
	err = o.store.Glance(ctx, caller.Self(), store.What{Act: caller.Leave}, func(tx *store.Tx) error {
		drafts, err := store.Drafts.List(tx, 0, string(warning.Waiting))
		for _, draft := range drafts {
			w := before[draft.ID]
			if w == nil || !w.said.Equal(draft.LeavesAt) {
				left := min(max(draft.LeavesAt.Sub(tx.Now)+o.stoppedFor(&draft, tx.Now), 0), MaxUndo)
				w = &waiting{at: time.Now().Add(left), said: draft.LeavesAt}
			}
			o.waiting[draft.ID] = w
			left := time.Until(w.at)
			if left <= 0 {
				due = append(due, draft.ID)
				continue
			}
			if tx.Now.Add(left).Sub(w.said).Abs() > time.Second {
				other = append(other, draft.ID)
			}
			if next.IsZero() || w.at.Before(next) {
				next = w.at
			}
		}
		return err
	})
	for _, id := range other {
		err = errors.Join(err, o.restate(ctx, id))
	}
	for _, id := range due {
		if ctx.Err() != nil {
			break
		}
		if failed := o.leave(ctx, id); failed != nil {
			err = errors.Join(err, o.stuck(ctx, id, failed))
		}
	}
	return next, err
}

// stoppedFor is for how long this node was stopped since a draft was released, by
// the wall clock: nobody could take it back then, and a clock that was set meanwhile
// looks the same. It is zero for what was released since the node was started.
func (o *Outbox) stoppedFor(draft *warning.Draft, now time.Time) time.Duration {
	away, ago := o.store.Away()
	if away <= 0 || len(draft.Approvals) == 0 || draft.Approvals[len(draft.Approvals)-1].At.After(now.Add(-ago-away)) {
		return 0
	}
	return away
}

// restate says anew when a draft leaves: at another time than was said, since the
// node was stopped or its clock was set.
func (o *Outbox) restate(ctx context.Context, id string) error {
	w := o.waiting[id]
	return o.store.Change(ctx, caller.Self(), store.What{Act: caller.Leave, Subject: id, Note: "at another time"}, func(tx *store.Tx) error {
		draft, err := store.Drafts.Get(tx, id)
		if err != nil || draft.Stage != warning.Waiting || !draft.LeavesAt.Equal(w.said) {
			return err // taken back meanwhile
		}
		draft.LeavesAt = tx.Now.Add(time.Until(w.at)).Truncate(time.Millisecond)
		w.said = draft.LeavesAt // if this fails, the wait is reckoned anew, and is the same
		return store.Drafts.Put(tx, id, draft)
	})
}

// stuck makes a draft that cannot leave one that nobody has approved, and says so:
// at once where it is the draft's own fault, and after some tries where it is not.
func (o *Outbox) stuck(ctx context.Context, id string, failed error) error {
	w := o.waiting[id]
	w.tries++
	own := errors.Is(failed, envelope.ErrTooLarge)
	why := "it is too large"
	if p := problem.Of(failed); p != nil && p.Code != problem.Internal && p.Code != problem.Busy {
		own, why = true, p.Text
	}
	if !own && w.tries < mostTries {
		return failed
	}
	if !own {
		why = "this node failed; its log says how"
	}
	return errors.Join(failed, o.store.Change(ctx, caller.Self(), store.What{Act: caller.Leave, Subject: id, Note: "not left"}, func(tx *store.Tx) error {
		draft, err := store.Drafts.Get(tx, id)
		if err != nil || draft.Stage != warning.Waiting {
			return err // it left after all, or was taken back
		}
		return notLeft(tx, &draft, why)
	}))
}

// notLeft makes a draft that waits one that nobody has approved, with an alarm.
func notLeft(tx *store.Tx, draft *warning.Draft, why string) error {
	again(draft)
	err := tx.Raise(warning.Alarm{Kind: warning.AlarmNotLeft, Subject: draft.ID, Level: draft.Warning.Precedence.Raised(),
		Text: "a released warning did not leave: " + why + "; look at it again"})
	if err != nil {
		return err
	}
	return store.Drafts.Put(tx, draft.ID, *draft)
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
		if stands, err := asSeen(tx, &p); err != nil || !stands {
			if err != nil {
				return err
			}
			return notLeft(tx, &draft, changedSince)
		}
		draft.Stage, draft.LeavesAt = warning.Released, time.Time{}
		if err := o.send(tx, &draft, results); err != nil {
			return err
		}
		return store.Drafts.Put(tx, id, draft)
	})
}

// changedSince is why what was released is a draft again.
const changedSince = "what would leave has changed since two people saw it, or one of them no longer releases"

// asSeen reports whether a draft may leave, and would leave as those who released it
// saw it.
func asSeen(tx *store.Tx, p *warning.Preview) (bool, error) {
	if p.Blocked {
		return false, nil
	}
	return enoughSaw(tx, p)
}

// enoughSaw reports whether as many different people who still release approved
// exactly this as it needs: two, or three.
func enoughSaw(tx *store.Tx, p *warning.Preview) (bool, error) {
	people := make(map[string]bool)
	for _, a := range p.Draft.Approvals {
		if a.Preview != p.Hash {
			continue
		}
		may, err := tx.StillMay(a.By, caller.Release)
		if err != nil {
			return false, err
		}
		if may {
			people[a.By] = true
		}
	}
	return len(people) >= needed(p), nil
}

// releasedBy is who let the draft out last: not the clock that sent it.
func releasedBy(draft *warning.Draft) string {
	if n := len(draft.Approvals); n > 0 {
		return draft.Approvals[n-1].By
	}
	return draft.ComposedBy
}
