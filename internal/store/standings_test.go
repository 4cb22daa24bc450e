// SPDX-License-Identifier: Apache-2.0

package store

// This file opens what an older version kept of a recovery.

import (
	"bytes"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// An answer that stands in the row of its recovery gets one of its own, once, and
// the log verifies.
func TestAnAnswerInTheRecoverysRow(t *testing.T) {
	k := newKit(t)
	said := bytes.Repeat([]byte("said"), 1000)
	k.must(k.Change(t.Context(), caller.Self(), What{Act: caller.Recover}, func(tx *Tx) error {
		r := Recovery{Restored: Restored{ID: "recovery--1"}, Began: tx.Now, Ended: tx.Now, Partners: []Regained{
			{Partner: "bravo", Heard: tx.Now, Tried: tx.Now, Said: said, Seal: "signed"}, {Partner: "carol", Heard: tx.Now},
		}}
		return Recoveries.Put(tx, r.ID, r)
	}))
	k.must(k.SettleRecoveries(t.Context()))
	rows := k.State(RowRecovery)
	k.must(k.SettleRecoveries(t.Context()))
	if k.State(RowRecovery) != rows {
		t.Error("it is settled twice")
	}
	k.must(k.Glance(t.Context(), caller.Self(), What{Act: caller.Recover}, func(tx *Tx) error {
		r, err := Recoveries.Get(tx, "recovery--1")
		k.must(err)
		kept, err := Standings.Get(tx, StandingID(r.ID, "bravo"))
		if len(r.Of("bravo").Said) > 0 || !bytes.Equal(kept.Said, said) || kept.Seal != "signed" {
			t.Errorf("the recovery %+v, the answer of %d bytes, %q", r, len(kept.Said), kept.Seal)
		}
		return err
	}))
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}

// While the node recovers or is halted nothing is given out, and when people or
// partners have decided it is.
func TestGivesOut(t *testing.T) {
	k := newKit(t)
	out := func(when string, want bool) {
		t.Helper()
		k.must(k.Glance(t.Context(), caller.Self(), What{Act: caller.Recover}, func(tx *Tx) error {
			if err := tx.GivesOut(); (err == nil) != want {
				t.Errorf("%s: %v", when, err)
			}
			return nil
		}))
	}
	change := func(fn func(tx *Tx) error) {
		t.Helper()
		k.must(k.Change(t.Context(), caller.Self(), What{Act: caller.Recover}, fn))
	}
	out("before", true)
	change(func(tx *Tx) error { return Forks.Put(tx, "1", Fork{ID: "1", Ours: true}) })
	out("halted", false)
	change(func(tx *Tx) error { _, err := tx.Resume("root", "a reason"); return err })
	out("resumed", true)
	k.must(k.BeginRecovery(t.Context(), Restored{ID: "recovery--1"}))
	out("in recovery", false)
	change(func(tx *Tx) error {
		return Recoveries.Put(tx, "recovery--1", Recovery{Restored: Restored{ID: "recovery--1"}, Ended: tx.Now, Partners: []Regained{{Partner: "bravo", Without: "root"}}})
	})
	out("gone on without a partner", true)
}
