// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that pages are moved out of the write-ahead log while the
// store is open.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// What is committed comes into the file itself, also while somebody reads what
// was there before, and can be read all the time.
func TestPagesAreMoved(t *testing.T) {
	k := newKit(t)
	const each, rounds = 1 << 20, 24 // three times walPages
	size := func() int64 {
		info, err := os.Stat(filepath.Join(k.dir, File))
		k.must(err)
		return info.Size()
	}
	count := func(tx *Tx) (n int) {
		k.must(tx.EachObject(ObjectQuery{Collection: "feed"}, func(*Found) (bool, error) { n++; return true, nil }))
		return n
	}
	add := func(i int) {
		raw := fmt.Sprintf(`{"type":"note","spec_version":"2.1","id":"note--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","content":%q,"object_refs":["note--00000000-0000-4000-8000-000000000000"]}`,
			i, strings.Repeat("x", each))
		object, err := stix.Parse([]byte(raw))
		k.must(err)
		o, err := NewObject("feed", "bravo", nil, object)
		k.must(err)
		k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
			_, err := tx.KeepObject(o, strict)
			return err
		}))
	}
	add(0)
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		if n := count(tx); n != 1 {
			t.Errorf("%d objects before", n)
		}
		for i := range rounds {
			add(i + 1)
		}
		if n := count(tx); n != 1 {
			t.Errorf("%d objects, for somebody who began with one", n)
		}
		return nil
	}))
	// Nobody holds the pages up any more: the next commit has them moved.
	add(rounds + 1)
	for deadline := time.Now().Add(time.Minute); size() < rounds*each; {
		if time.Now().After(deadline) {
			t.Fatalf("the file has %d bytes", size())
		}
		k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
			if n := count(tx); n != rounds+2 {
				t.Errorf("%d objects are there", n)
			}
			return nil
		}))
	}
}
