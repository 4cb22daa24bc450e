// SPDX-License-Identifier: Apache-2.0

package desk

// This file keeps what was done about a permission that an originator withdrew.

import (
	"context"
	"strings"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// SettlePermission takes a permission off the board that its originator withdrew, by
// its id or the hash of its message, with what was done about it. Where copies had
// left under it a duty officer or a releaser says so. The originator is told nothing.
func (d *Desk) SettlePermission(ctx context.Context, who caller.Caller, id, what string) (p store.Permission, err error) {
	if strings.TrimSpace(what) == "" || len(what) > warning.MaxText {
		return p, problem.New(problem.Invalid, "say what was done with what had left, or that nothing had", "what was done must be said")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.SettlePermission, Subject: id}, func(tx *store.Tx) error {
		if p, err = withdrawn(tx, id); err != nil {
			return err
		}
		c, there, err := store.Cases.Find(tx, p.Request.Case)
		if err != nil {
			return err
		}
		if there {
			if err := c.OpensFor(who, policy.Named); err != nil {
				return err
			}
		}
		left, err := tx.Left(&p)
		if err != nil {
			return err
		}
		if len(left) > 0 && !who.Has(caller.DutyOfficer, caller.Releaser) {
			return problem.New(problem.Denied, "ask a duty officer or a releaser", "copies had left under it: a duty officer or a releaser says what was done")
		}
		p.Waits, p.Done = false, &store.PermissionDone{By: who.Name, At: tx.Now, What: what}
		if err := tx.Settle(warning.WithdrawnAlarm(p.Partner, p.Request.ID), who.Name, "what was done was said"); err != nil {
			return err
		}
		return store.Permissions.Put(tx, store.PermissionID(p.Partner, true, p.Request.ID), p)
	})
	return p, err
}

// withdrawn finds a permission that waits for somebody to say what was done. Ids that
// we gave are ours alone.
func withdrawn(tx *store.Tx, id string) (store.Permission, error) {
	waiting, err := store.Permissions.List(tx, 0, store.PermissionWithdrawn)
	for _, p := range waiting {
		if p.Request.ID == id || p.Hash == id {
			return p, err
		}
	}
	if err == nil {
		err = problem.New(problem.Missing, "see tocsin permission list --all", "no permission of this id was withdrawn and waits")
	}
	return store.Permission{}, err
}
