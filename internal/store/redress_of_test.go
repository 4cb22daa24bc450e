// SPDX-License-Identifier: Apache-2.0

package store

// This file tests to which request a recall belongs that is got back after a restore.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/warning"
)

func TestARecallOfRedressIsGotBack(t *testing.T) {
	k := newKit(t)
	recall := warning.Recall{ID: "recall--1", Case: "warning--1", Ground: warning.DestroyedByRedress}
	belongs := func(what, want string, change func(*Tx) error) {
		t.Helper()
		k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
			if change != nil {
				k.must(change(tx))
			}
			for range 2 { // what is got back twice belongs to the same
				got, err := tx.RedressOf("bravo", &recall)
				if err != nil || got != want {
					t.Errorf("%s: it belongs to %q, %v; want %q", what, got, err, want)
				}
				if want != "" {
					k.must(Recalls.Put(tx, RecallID("bravo", true, recall.ID), Recall{Recall: recall, Partner: "bravo", Ours: true, Redress: got}))
				}
			}
			return Recalls.Delete(tx, RecallID("bravo", true, recall.ID))
		}))
	}
	belongs("opened after the backup", LostRedress, nil)
	belongs("found in another partner's case", LostRedress, func(tx *Tx) error {
		r := Redress{ID: "redress--1", OpenedAt: tx.Now, Hits: []RedressHit{{Kind: OfCase, ID: "warning--1", Partner: "carol", Ours: true}, {Kind: OfCase, ID: "warning--1", Partner: "bravo"}}}
		return Redresses.Put(tx, r.ID, r)
	})
	belongs("found before the backup", "redress--2", func(tx *Tx) error {
		r := Redress{ID: "redress--2", OpenedAt: tx.Now, Hits: []RedressHit{{Kind: OfCase, ID: "warning--1", Partner: "bravo", Ours: true}}}
		return Redresses.Put(tx, r.ID, r)
	})
	belongs("decided before the backup, and said after it", "redress--3", func(tx *Tx) error { return tx.WishRecall("bravo", "redress--3", recall) })
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		if _, wished, err := Wishes.Find(tx, "wish--recall--1"); wished || err != nil {
			t.Errorf("it is said once more: %t, %v", wished, err)
		}
		return nil
	}))
	recall.Ground = ""
	belongs("of no request", "", nil)
}
