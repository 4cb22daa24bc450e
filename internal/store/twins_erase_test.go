// SPDX-License-Identifier: Apache-2.0

package store

// This file erases what stands beside the messages of a case.

import (
	"bytes"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// A second message at a place of a case loses its text with the first, and stays
// as proof that there were two; another's keeps it.
func TestTwinsAreErased(t *testing.T) {
	k := newKit(t)
	k.must(k.Change(t.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive}, func(tx *Tx) error {
		k.must(k.message(tx, In, Kept))
		first, _, err := tx.AtSeq("cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", In, 1)
		k.must(err)
		opened, err := first.Opened()
		k.must(err)
		for place, hash := range map[string]string{first.Hash: "one", "another": "two"} {
			twin, err := NewTwin("bravo", false, place, opened, nil, tx.Now)
			k.must(err)
			twin.Hash = hash
			k.must(Twins.Put(tx, hash, twin))
		}
		return loseTwins(tx, &loss{of: map[string]bool{first.Hash: true}, partner: "bravo", c: &Case{ID: "warning--1", Partner: "bravo"}, date: true})
	}))
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		for hash, left := range map[string]bool{"one": false, "two": true} {
			twin, err := Twins.Get(tx, hash)
			k.must(err)
			if bytes.Contains(twin.Message, []byte("payload\":\"e")) != left || len(twin.Message) == 0 {
				t.Errorf("%s: %s", hash, twin.Message)
			}
		}
		return nil
	}))
}
