// SPDX-License-Identifier: Apache-2.0

package store

// This file moves what was committed from SQLite's write-ahead log into its
// file, beside the writer, so that no change waits for it.

import (
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// How many pages of 8 KiB wait in the write-ahead log.
const (
	// From walPages on they are moved.
	walPages = 1000
	// At walMost the writer moves them itself: while it never rests, the log
	// would be written on for ever.
	walMost = 8000
)

// watchLog notes how long the write-ahead log is after each commit.
func (s *Store) watchLog() {
	s.writer.raw.WALHook(func(_ *sqlite3.Conn, _ string, pages int) error {
		s.waitingPages = pages
		return nil
	})
}

// relieve sees to it, after a commit, that the write-ahead log does not grow on.
func (s *Store) relieve() {
	switch {
	case s.waitingPages >= walMost:
		s.movePages(s.writer)
	case s.waitingPages >= walPages:
		select {
		case s.full <- struct{}{}:
		default: // it knows
		}
	}
}

// move moves pages whenever there are many, until the writer has stopped.
func (s *Store) move() {
	for range s.full {
		s.movePages(s.mover)
	}
}

// movePages moves what nobody reads any more from the log. It holds up neither
// readings nor changes, and what it leaves is moved the next time.
func (s *Store) movePages(by *session) {
	_, _, err := by.raw.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
	if err != nil && !errors.Is(err, sqlite3.BUSY) {
		s.log.Error("moving pages out of the write-ahead log failed", "err", err)
	}
}
