// SPDX-License-Identifier: Apache-2.0

package keeper

// This file keeps the review dates: it asks people some days before one comes,
// and erases what nobody decided to keep.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// By a clock that may be wrong nothing is erased. It may be for a day after it was
// set, or the machine slept; and for a day after a start if nothing had been
// written for longer than people leave a node switched off.
const (
	believedAfter = 24 * time.Hour
	longestOff    = 4 * 24 * time.Hour
)

const (
	atOnce      = 200  // how many things are erased, or asked for, between two looks at the clocks
	datedAtOnce = 2000 // how many things of an older store are given a date in one change
)

// retentions asks people about what is due soon, once for each thing.
func retentions(tx *store.Tx) (all []due, next time.Time, err error) {
	soon, next, err := tx.RetentionsDue(tx.Now, atOnce, store.RetentionKept)
	for _, r := range soon {
		all = append(all, ask(store.RetentionID(r.Kind, r.ID)))
	}
	if err != nil {
		return nil, next, err
	}
	ahead, err := tx.AskedAhead(atOnce)
	for _, r := range ahead {
		all = append(all, askAgain(store.RetentionID(r.Kind, r.ID)))
	}
	return all, next, err
}

// askAgain takes back a question that was asked by a clock that was ahead: it is
// asked when its time comes.
func askAgain(id string) due {
	return func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, id)
		if err != nil || !r.AskedEarly(tx.Now) {
			return err
		}
		r.State, r.Asked = store.RetentionKept, time.Time{}
		return store.Retentions.Put(tx, id, r)
	}
}

// doubtful reports whether the wall clock may be wrong, so that nothing is erased by it.
func (k *Keeper) doubtful() bool {
	if _, jumped := k.store.Jumped(believedAfter); jumped {
		return true
	}
	away, ago := k.store.Away()
	return strange(away) && ago < believedAfter
}

// strange reports whether a node that wrote nothing for so long has a wrong clock,
// or was off for longer than people leave it.
func strange(away time.Duration) bool { return away > longestOff || away < -time.Minute }

func ask(id string) due {
	return func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, id)
		if err != nil || r.State != store.RetentionKept || tx.Now.Before(r.Due.Add(-store.ReviewNotice)) {
			return err
		}
		if r.Kind == store.OfCollection {
			if err := tx.Redate(&r); err != nil {
				return err
			}
			if tx.Now.Before(r.Due.Add(-store.ReviewNotice)) {
				return store.Retentions.Put(tx, id, r) // what was the oldest is gone
			}
			if soon := tx.Now.Add(store.ReviewNotice); r.Due.Before(soon.AddDate(0, 0, -1)) {
				r.Due = soon // by a rule that was changed: people are asked first
			}
		}
		r.State, r.Asked = store.RetentionAsked, tx.Now
		if err := store.Retentions.Put(tx, id, r); err != nil {
			return err
		}
		return tx.Raise(warning.RetentionAlarm(r.Partner))
	}
}

// erase erases what is due, each thing in a change of its own, and then sees to
// it that nothing of it is left in the files. Where it breaks off, the next look
// goes on: what was erased is not due any more.
func (k *Keeper) erase(ctx context.Context) error {
	if !k.dated {
		if err := k.date(ctx); err != nil {
			return err
		}
		if err := k.salt(ctx); err != nil {
			return err
		}
		k.dated, k.scrub = true, true // the last run may have broken off before it had
	}
	err := k.eraseDue(ctx)
	if err != nil || !k.scrub {
		return err
	}
	switch err := k.store.Scrub(ctx); {
	case problem.Is(err, problem.Busy):
		return nil // tried again at the next look
	case err != nil:
		return err
	}
	k.scrub = false
	return nil
}

func (k *Keeper) eraseDue(ctx context.Context) error {
	if k.doubtful() {
		return nil
	}
	var ids []string
	held := k.lookAtHeld()
	err := k.store.Glance(ctx, caller.Self(), store.What{Act: caller.Erase}, func(tx *store.Tx) error {
		states := []store.RetentionState{store.RetentionAsked}
		if held {
			states = append(states, store.RetentionHeld)
		}
		all, _, err := tx.RetentionsDue(tx.Now, atOnce, states...)
		for _, r := range all {
			ids = append(ids, store.RetentionID(r.Kind, r.ID))
		}
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = k.eraseOne(ctx, id)
		}
	}
	return err
}

// lookAtHeld reports whether it is time to see whether what is held back still is.
func (k *Keeper) lookAtHeld() bool {
	n := uint64(0)
	for _, kind := range []string{store.RowChannel, store.Retentions.Kind(), store.Duties.Kind(), store.Cases.Kind()} {
		n += k.store.State(kind)
	}
	now := k.store.Now()
	if since := now.Sub(k.heldAt); n == k.heldState && since >= 0 && since < lookAnyway {
		return false
	}
	k.heldAt, k.heldState = now, n
	return true
}

func (k *Keeper) eraseOne(ctx context.Context, id string) error {
	return k.store.Change(ctx, caller.Self(), store.What{Act: caller.Erase, Subject: id}, func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, id)
		if err != nil || r.State != store.RetentionAsked && r.State != store.RetentionHeld || tx.Now.Before(r.Earliest()) {
			return err
		}
		why, err := tx.Stays(&r)
		if err != nil {
			return err
		}
		if why == "" && r.Kind == store.OfCollection {
			k.scrub = true
			return tx.EraseObjects(r)
		}
		if why == "" {
			k.scrub = true
			if r.Ground == warning.DestroyedByRedress {
				return tx.Erase(r, r.Ground, r.Officer, r.By)
			}
			return tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
		}
		if r.State == store.RetentionHeld && r.Waits == why {
			return nil
		}
		r.State, r.Waits = store.RetentionHeld, why
		if err := store.Retentions.Put(tx, id, r); err != nil {
			return err
		}
		return tx.Raise(warning.Alarm{Kind: warning.AlarmErasureHeld, Partner: r.Partner, Subject: r.Partner, Level: handling.Routine,
			Text: "something is due to be erased, and is held back: see tocsin retention list"})
	})
}

// date gives what an older program kept its review dates.
func (k *Keeper) date(ctx context.Context) error {
	for {
		var things []store.Retention
		err := k.store.Glance(ctx, caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) (err error) {
			things, err = tx.Undated(datedAtOnce)
			return err
		})
		if err != nil || len(things) == 0 {
			return err
		}
		err = k.store.Change(ctx, caller.Self(), store.What{Act: caller.Tick, Note: "review dates"}, func(tx *store.Tx) error {
			for _, thing := range things {
				if err := tx.Date(thing.Kind, thing.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// salt salts what an older program put on record by its bare hash.
func (k *Keeper) salt(ctx context.Context) error {
	var ids, notes []string
	err := k.store.Glance(ctx, caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) (err error) {
		if ids, err = tx.Unsalted(); err != nil {
			return err
		}
		notes, err = tx.BareNotes()
		return err
	})
	if err != nil || len(ids)+len(notes) == 0 {
		return err
	}
	return k.store.Change(ctx, caller.Self(), store.What{Act: caller.Tick, Note: "hashes of what was said"}, func(tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.Salt(id); err != nil {
				return err
			}
		}
		for _, id := range notes {
			if err := tx.KeyNote(id); err != nil {
				return err
			}
		}
		return nil
	})
}
