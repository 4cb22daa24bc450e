// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people decide while the node recovers from a backup.

import (
	"context"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// GoWithout lets the recovery go on without the word of a partner, for a reason.
// The log takes another name then, since the partner may have seen more of it;
// nothing passes between the two until the partner was heard after all.
func (d *Desk) GoWithout(ctx context.Context, who caller.Caller, name, why string) error {
	if err := grounded(why); err != nil {
		return err
	}
	return d.store.Change(ctx, who, store.What{Act: caller.Recover, Subject: name, Note: "without it"}, func(tx *store.Tx) error {
		r, open, err := tx.Recovery()
		if err != nil {
			return err
		}
		if !open || !r.Ended.IsZero() {
			return problem.New(problem.Conflict, "see tocsin recover", "the node does not wait for anybody")
		}
		p := r.Of(name)
		switch {
		case p == nil:
			return problem.New(problem.Missing, "see tocsin recover", "%s is not waited for", name)
		case !p.Heard.IsZero():
			return problem.New(problem.Conflict, "see tocsin recover", "%s has been heard", name)
		case p.Without != "":
			return problem.New(problem.Conflict, "see tocsin recover", "the node goes on without %s already", name)
		}
		p.Without, p.WithoutAt, p.Why = who.Name, tx.Now, why
		return store.Recoveries.Put(tx, r.ID, r)
	})
}

// NewLog orders that the log goes on under another name from where it was
// restored, for a reason: partners that were paired after the backup was made are
// unknown to the node, cannot be asked, and may hold more of the log. A recovery
// that still waits takes the name at its end, one that has ended at once.
func (d *Desk) NewLog(ctx context.Context, who caller.Caller, why string) error {
	if err := grounded(why); err != nil {
		return err
	}
	return d.store.Change(ctx, who, store.What{Act: caller.Recover, Note: "new log"}, func(tx *store.Tx) error {
		r, known, err := tx.NewestRecovery()
		switch {
		case err != nil:
			return err
		case !known:
			return problem.New(problem.Conflict, "see tocsin keys rotate", "the node was never restored: its log goes on as it is")
		case r.NewLog:
			return problem.New(problem.Conflict, "see tocsin recover", "the log has another name already")
		case r.Ordered != "":
			return problem.New(problem.Conflict, "see tocsin recover", "%s ordered it already", r.Ordered)
		}
		r.Ordered, r.OrderedAt, r.Why = who.Name, tx.Now, why
		return store.Recoveries.Put(tx, r.ID, r)
	})
}

// RecoverByHand begins a recovery of a node whose directory was put back to an
// earlier copy without tocsin restore, for a reason. A halt for that cause ends
// with it.
func (d *Desk) RecoverByHand(ctx context.Context, who caller.Caller, why string) error {
	if err := grounded(why); err != nil {
		return err
	}
	return d.store.Change(ctx, who, store.What{Act: caller.Recover, Note: "put back by hand"}, func(tx *store.Tx) error {
		if err := tx.RecoverByHand("recovery--" + uuid.NewString()); err != nil {
			return err
		}
		_, err := tx.Resume(who.Name, why)
		return err
	})
}
