// SPDX-License-Identifier: Apache-2.0

package outbox

// This file erases a message that a partner recalled, and what was taken from it.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// gone stands where a text was that was destroyed.
const gone = "(destroyed when it was recalled)"

// destroy erases the text and salt of a message, its objects, and what the case
// and its duties took from it.
func destroy(tx *store.Tx, hash string) error {
	m, err := tx.Message(hash)
	if err != nil || m.State == store.Destroyed {
		return err
	}
	objects := m.Attached()
	if err := tx.Destroy(&m); err != nil {
		return err
	}
	if err := tx.DropGiven(&m, objects); err != nil {
		return err
	}
	c, ok, err := store.Cases.Find(tx, m.Thread)
	if err != nil || !ok || c.Partner != m.Partner {
		return err
	}
	newest, _, err := tx.NewestOf(&c)
	if err != nil {
		return err
	}
	if newest != hash { // a version that is not shown any more; what was taken since is of another
		holds, err := tx.Message(newest)
		if err != nil {
			return err
		}
		return forget(tx, &c, holds.At)
	}
	c.Title = gone
	if err := store.Cases.Put(tx, c.ID, c); err != nil {
		return err
	}
	return forget(tx, &c, time.Time{})
}

// forget takes out of the duties of a case what they quote, and withdraws the
// drafts that answer them and have not left: all, or those from before the version
// came that is not destroyed. What has left stays, and is shown beside the recall:
// it is asked for by a recall of our own.
func forget(tx *store.Tx, c *store.Case, before time.Time) error {
	quotes := func(since time.Time) bool { return before.IsZero() || since.Before(before) }
	duties, err := store.Duties.List(tx, 0)
	if err != nil {
		return err
	}
	about := make(map[string]bool)
	for _, duty := range duties {
		if duty.Subject != c.ID {
			continue
		}
		about[duty.ID] = true
		if !quotes(duty.Opened) {
			continue
		}
		duty.Forget(gone)
		duty.Title = c.Title
		if err := store.Duties.Put(tx, duty.ID, duty); err != nil {
			return err
		}
	}
	drafts, err := store.Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved))
	if err != nil {
		return err
	}
	for _, draft := range drafts {
		if !about[draft.Duty] || !quotes(draft.ComposedAt) {
			continue
		}
		if err := deleteCuts(tx, draft); err != nil {
			return err
		}
		draft.Stage, draft.Releases, draft.Objects = warning.Withdrawn, nil, nil
		draft.Warning = warning.Warning{Target: warning.Target{Name: gone}}
		if err := store.Drafts.Put(tx, draft.ID, draft); err != nil {
			return err
		}
	}
	return nil
}
