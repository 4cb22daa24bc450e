// SPDX-License-Identifier: Apache-2.0

// Package keeper is what time decides: duties and answers that are overdue,
// reviews that were not made, and what nobody decided to keep.
//
// Nothing here is ever closed by time. A clock that runs out raises an alarm
// and goes on. One thing alone time does by itself: it erases what is past its
// review date, after it has asked.
package keeper

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Keeper keeps the clocks.
type Keeper struct {
	log   *slog.Logger
	store *store.Store

	policy *witness.Policy
	looked []looked // at each sort of clock

	dated     bool // what an older program kept has its review dates
	scrub     bool // something was erased, and may be left in the store's files
	heldAt    time.Time
	heldState uint64
}

// New makes a keeper.
func New(log *slog.Logger, s *store.Store) *Keeper { return &Keeper{log: log, store: s} }

// interval is how often the clocks are read.
const interval = 15 * time.Second

// Run reads the clocks until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := k.Tick(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("keeping the clocks failed", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// due is one thing that time has come for.
type due func(*store.Tx) error

// Tick does what is due now. Where nothing is, it writes nothing.
func (k *Keeper) Tick(ctx context.Context) error {
	var all []due
	states := k.states() // before anything is read: what changes meanwhile is looked at next time
	clocks := func(tx *store.Tx) ([]due, error) { return k.clocks(tx, states) }
	err := k.store.Glance(ctx, caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, find := range []func(*store.Tx) ([]due, error){k.quorums, clocks, k.clock} {
			found, err := find(tx)
			if err != nil {
				return err
			}
			all = append(all, found...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := k.act(ctx, all); err != nil {
		return err
	}
	return k.erase(ctx)
}

func (k *Keeper) act(ctx context.Context, all []due) error {
	if len(all) == 0 {
		return nil
	}
	return k.store.Change(ctx, caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, act := range all {
			if err := act(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// clock raises an alarm when the node's clock was set, and at a start by which
// nothing had been written for long.
func (k *Keeper) clock(tx *store.Tx) ([]due, error) {
	const soon = 4 * interval
	alarm := warning.Alarm{Kind: warning.AlarmClock, Subject: "own", Level: handling.Immediate}
	by, jumped := k.store.Jumped(soon)
	away, ago := k.store.Away()
	switch {
	case jumped:
		alarm.Text = "this node's clock was set by " + by.Round(time.Second).String() + ", or the machine slept: see that it is right, or messages expire, clocks run out and answers are overdue at the wrong time; nothing is erased for a day"
	case strange(away) && ago < soon:
		alarm.Text = "by its clock this node starts " + away.Round(time.Hour).String() + " after it wrote its last line: see that the clock is right; nothing is erased for a day"
	default:
		return nil, nil
	}
	raised, err := tx.IsRaised(alarm)
	if err != nil || raised {
		return nil, err
	}
	return []due{func(tx *store.Tx) error { return tx.Raise(alarm) }}, nil
}

// reviews raises an alarm for each exigent release that nobody has reviewed in time.
func reviews(tx *store.Tx) (all []due, next time.Time, err error) {
	exigent, err := tx.ExigentDrafts()
	for _, draft := range exigent {
		e := draft.Exigent
		if !draft.Erased.IsZero() {
			continue // of what was erased it rang when it was
		}
		if tx.Now.Before(e.ReviewDue) {
			next = sooner(next, e.ReviewDue)
			continue
		}
		alarm := warning.Alarm{Kind: warning.AlarmReviewDue, Subject: draft.ID, Level: handling.Immediate,
			Text: "an exigent release by " + e.By + " has not been reviewed by a second person"}
		if raised, err := tx.IsRaised(alarm); err != nil {
			return nil, next, err
		} else if !raised {
			all = append(all, func(tx *store.Tx) error { return tx.Raise(alarm) })
		}
	}
	return all, next, err
}

// answers marks each case that nobody has acknowledged in time, and has those wait
// for nobody whose warning an older program destroyed or erased.
func answers(tx *store.Tx) (all []due, next time.Time, err error) {
	open, err := store.Cases.List(tx, 0, string(store.CaseOpen), string(store.CaseQuarantined))
	if err != nil {
		return nil, next, err
	}
	for _, c := range open {
		if stays, err := tx.StaysOpen(&c); err != nil {
			return nil, next, err
		} else if stays {
			all = append(all, func(tx *store.Tx) error { return tx.CloseDestroyed(c.ID) })
			continue
		}
		if !c.Waits() {
			all = append(all, func(tx *store.Tx) error { return tx.Relist(c.ID) })
			continue
		}
		if c.Overdue || c.AnswerBy.IsZero() {
			continue
		}
		if tx.Now.After(c.AnswerBy) {
			all = append(all, overdue(c.ID))
		}
		next = sooner(next, c.AnswerBy)
	}
	return all, next, err
}

func overdue(id string) due {
	return func(tx *store.Tx) error {
		c, err := store.Cases.Get(tx, id)
		if err != nil || !c.Waits() {
			return err
		}
		c.Overdue = true
		if err := store.Cases.Put(tx, id, c); err != nil {
			return err
		}
		text := "a warning of " + c.Partner + " has not been acknowledged in time"
		if c.Ours {
			text = c.Partner + " has not acknowledged our warning in time"
		}
		return tx.Raise(warning.Alarm{Kind: warning.AlarmAnswerDue, Partner: c.Partner, Subject: id, Level: handling.Precedence(c.Precedence), Text: text})
	}
}

// recalls marks each recall, ours or theirs, that nobody has answered in time.
func recalls(tx *store.Tx) (all []due, next time.Time, err error) {
	open, err := store.Recalls.List(tx, 0, store.RecallOpen)
	for _, r := range open {
		if r.Overdue {
			continue
		}
		if next = sooner(next, r.Recall.AnswerBy); !tx.Now.After(r.Recall.AnswerBy) {
			continue
		}
		all = append(all, func(tx *store.Tx) error {
			id := store.RecallID(r.Partner, r.Ours, r.Recall.ID)
			now, err := store.Recalls.Get(tx, id)
			if err != nil || now.Answer != nil {
				return err
			}
			now.Overdue = true
			if err := store.Recalls.Put(tx, id, now); err != nil {
				return err
			}
			return tx.Raise(warning.RecallAlarm(r.Partner, r.Recall.ID, r.Ours))
		})
	}
	return all, next, err
}
