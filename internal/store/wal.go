// SPDX-License-Identifier: Apache-2.0

package store

// This file moves what was committed from SQLite's write-ahead log into its
// file, beside the writer, so that no change waits for it.

import (
	"context"
	"errors"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/problem"
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
	if s.waitingPages < walMost {
		s.restartAt = walMost // it began again
	}
	switch {
	case s.waitingPages >= walMost:
		s.movePages(s.writer)
		if s.waitingPages >= s.restartAt {
			s.restartLog()
		}
	case s.waitingPages >= walPages:
		select {
		case s.full <- struct{}{}:
		default: // it knows
		}
	}
}

// move moves pages whenever there are many, and empties the log for whoever asks,
// until the writer has stopped.
func (s *Store) move() {
	for {
		select {
		case _, open := <-s.full:
			if !open {
				return
			}
			s.movePages(s.mover)
		case done := <-s.scrubs:
			done <- s.empty(s.mover)
		}
	}
}

// emptyWithin is how long a change may wait for the write-ahead log to be emptied.
const emptyWithin = 200 * time.Millisecond

// empty moves all that is in the write-ahead log, and cuts it to nothing.
func (s *Store) empty(by *session) error {
	if err := by.raw.BusyTimeout(emptyWithin); err != nil {
		return err
	}
	_, _, err := by.raw.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	if errors.Is(err, sqlite3.BUSY) {
		return problem.New(problem.Busy, "try again", "the store is being read: its write-ahead log could not be emptied").Because(err)
	}
	return err
}

// Scrub sees to it that nothing that was erased is left in the store's files:
// what is deleted is overwritten in the file, and the write-ahead log, which holds
// pages as they were, is emptied. It is Busy while a reading goes on. What the disk
// keeps of blocks that the system gave back is not ours to erase.
func (s *Store) Scrub(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case s.scrubs <- done:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
		return nil // closing empties it
	}
	return <-done
}

// movePages moves what nobody reads any more from the log. It holds up neither
// readings nor changes, and what it leaves is moved the next time.
func (s *Store) movePages(by *session) {
	_, _, err := by.raw.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
	if err != nil && !errors.Is(err, sqlite3.BUSY) {
		s.log.Error("moving pages out of the write-ahead log failed", "err", err)
	}
}

// restartWithin is how long the writer waits for readings, once for each walMost
// pages that the write-ahead log has grown by.
const restartWithin = 200 * time.Millisecond

// restartLog lets the next commit write at the log's beginning again. Readings that
// follow each other without a gap would keep it from that for ever, since one of
// them always reads what is not moved yet; and a long log makes each of them slow.
// Whoever begins to read while this waits reads what is committed now, so it is
// enough to wait for those who read already. If they read on, a next time will do.
func (s *Store) restartLog() {
	err := s.writer.raw.BusyTimeout(s.restartWithin)
	if err == nil {
		_, _, err = s.writer.raw.WALCheckpoint("main", sqlite3.CHECKPOINT_RESTART)
		err = errors.Join(err, s.writer.raw.BusyTimeout(busyWithin))
	}
	s.restartAt = s.waitingPages + walMost
	if err != nil && !errors.Is(err, sqlite3.BUSY) {
		s.log.Error("beginning the write-ahead log again failed", "err", err)
	}
}
