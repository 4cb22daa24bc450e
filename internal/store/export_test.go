// SPDX-License-Identifier: Apache-2.0

package store

// This file lets the tests of faults open a store on a disk of their own.

import (
	"log/slog"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/keys"
)

// OpenOn is Open on the SQLite VFS of that name, by that clock.
func OpenOn(log *slog.Logger, dir string, sign SignCheckpoint, vfs string, clock func() time.Time) (*Store, error) {
	return open(log, dir, sign, vfs, clock)
}

// Noted is Trouble without another look at the disk.
func (s *Store) Noted() *Trouble { return s.trouble.Load() }

// Aged is a store of version 1 with a setting and two objects, in the directory
// it returns, and what Aged wrote down as leaves.
func Aged(t *testing.T) (dir string, ring *keys.Ring, leaves int64) {
	t.Helper()
	k := newKit(t)
	k.must(k.put(t.Context(), "one", "one"))
	var old []Object
	for number := range 2 {
		o, err := NewObject("feed", "bravo", nil, k.object(number, "2026-03-02T00:00:00.000Z", ""))
		k.must(err)
		o.Added = time.Date(2026, 3, 1, 8, 0, number, 0, time.UTC)
		old = append(old, o)
	}
	k.age(old)
	return k.dir, k.ring, 2
}

// Strict judges every object as one that says nothing.
var Strict Judge = strict
