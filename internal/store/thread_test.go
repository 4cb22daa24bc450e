// SPDX-License-Identifier: Apache-2.0

package store

// This file goes through cases that hold more messages than are read at once.

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
)

// Each message is met once and in order, whatever is asked meanwhile, forwards and page
// by page backwards; those of another case are not.
func TestTheEntriesOfACase(t *testing.T) {
	k := newKit(t)
	var said []string
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for i := range uint64(2*entriesAtOnce + 3) {
			said = append(said, k.says(tx, "one", i+1, handling.Amber, "Thank you."))
		}
		k.says(tx, "two", 5000, handling.Amber, "Thank you.")
		return tx.exec(`UPDATE messages SET salt = NULL, payload = NULL, erased = 1 WHERE hash = $1`, said[1])
	}))
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		var met []string
		var bytes int64
		k.must(tx.EachEntry("one", "bravo", func(e Entry) (bool, error) {
			met, bytes = append(met, e.Hash), bytes+e.Bytes
			if e.Gone != (e.Hash == said[1]) || e.Gone != (e.Bytes == 0) {
				t.Errorf("message %d: %+v", e.Seq, e)
			}
			if len(met)%entriesAtOnce == 1 { // another walk does not disturb this one
				k.must(tx.EachEntry("one", "bravo", func(Entry) (bool, error) { return false, nil }))
			}
			return true, nil
		}))
		if diff := cmp.Diff(said, met); diff != "" {
			t.Errorf("forwards (-want +got):\n%s", diff)
		}
		n, total, err := tx.CountEntries("one", "bravo", nil)
		if n != len(said) || total != bytes {
			t.Errorf("%d messages of %d bytes, want %d of %d", n, total, len(said), bytes)
		}
		k.must(err)
		var back []string
		var before *Entry
		for len(back) < len(said) {
			page, err := tx.EntriesBefore("one", "bravo", before, 100)
			k.must(err)
			if len(page) == 0 {
				t.Fatalf("nothing is before %+v", before)
			}
			for _, e := range page {
				back = append(back, e.Hash)
			}
			before = &page[len(page)-1]
			n, _, err := tx.CountEntries("one", "bravo", before)
			k.must(err)
			if n != len(said)-len(back) {
				t.Errorf("%d are before it, want %d", n, len(said)-len(back))
			}
		}
		slices.Reverse(back)
		if diff := cmp.Diff(said, back); diff != "" {
			t.Errorf("backwards (-want +got):\n%s", diff)
		}
		if _, ok, err := tx.Entry("two", "bravo", said[0]); ok || err != nil {
			t.Errorf("it is of another case: %v, %v", ok, err)
		}
		texts := 0
		return tx.EachText("one", "bravo", func(e Entry) bool { return e.Seq < 4 && !e.Gone }, func(m *Message) (bool, error) {
			if texts++; !strings.Contains(string(m.Payload), "Thank you.") || texts > 2 {
				t.Errorf("%d: %s", m.Seq, m.Payload)
			}
			return true, nil
		})
	}))
	k.sees(`SELECT `+entryColumns+ofThread+`AND (at, seq, rowid) > (?, ?, ?) ORDER BY at, seq, rowid LIMIT ?`, "messages_thread", "one", "bravo", int64(0), int64(0), int64(0), int64(9))
	k.sees(`SELECT `+entryColumns+ofThread+`AND (at, seq, rowid) < (?, ?, ?) ORDER BY at DESC, seq DESC, rowid DESC LIMIT ?`, "messages_thread", "one", "bravo", int64(0), int64(0), int64(0), int64(9))
}
