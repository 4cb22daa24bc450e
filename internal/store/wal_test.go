// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that pages are moved out of the write-ahead log while the
// store is open.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// The write-ahead log is written from its beginning again although there is no
// moment at which nobody reads.
func TestReadingsWithoutAGap(t *testing.T) {
	k := newKit(t)
	k.restartWithin = time.Minute // readings may be slow on a busy machine
	over := make(chan struct{})
	var readings sync.WaitGroup
	for range readers {
		readings.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
					n := 0
					return tx.EachObject(ObjectQuery{Collection: "feed"}, func(*Found) (bool, error) { n++; return n < 2, nil })
				}))
			}
		})
	}
	const rounds = 3 * walMost * 8192 / mebibyte
	for i := range rounds {
		k.addMebibyte(i)
	}
	close(over)
	readings.Wait()
	info, err := os.Stat(filepath.Join(k.dir, File+"-wal"))
	k.must(err)
	if most := int64(rounds) * mebibyte * 3 / 4; info.Size() > most {
		t.Errorf("the write-ahead log has %d bytes after %d MiB, more than %d", info.Size(), rounds, most)
	}
}

// What is committed comes into the file itself, also while somebody reads what
// was there before, and can be read all the time.
func TestPagesAreMoved(t *testing.T) {
	k := newKit(t)
	const each, rounds = mebibyte, 24 // three times walPages
	size := func() int64 {
		info, err := os.Stat(filepath.Join(k.dir, File))
		k.must(err)
		return info.Size()
	}
	count := func(tx *Tx) (n int) {
		k.must(tx.EachObject(ObjectQuery{Collection: "feed"}, func(*Found) (bool, error) { n++; return true, nil }))
		return n
	}
	k.addMebibyte(0)
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		if n := count(tx); n != 1 {
			t.Errorf("%d objects before", n)
		}
		for i := range rounds {
			k.addMebibyte(i + 1)
		}
		if n := count(tx); n != 1 {
			t.Errorf("%d objects, for somebody who began with one", n)
		}
		return nil
	}))
	// Nobody holds the pages up any more: the next commit has them moved.
	k.addMebibyte(rounds + 1)
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

const mebibyte = 1 << 20

// addMebibyte commits an object of that size.
func (k *kit) addMebibyte(i int) {
	raw := fmt.Sprintf(`{"type":"note","spec_version":"2.1","id":"note--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","content":%q,"object_refs":["note--00000000-0000-4000-8000-000000000000"]}`,
		i, strings.Repeat("x", mebibyte))
	object, err := stix.Parse([]byte(raw))
	k.must(err)
	o, err := NewObject("feed", "bravo", nil, object)
	k.must(err)
	k.must(k.Change(k.Context(), officer, keep, func(tx *Tx) error {
		_, err := tx.KeepObject(o, strict)
		return err
	}))
}
