// SPDX-License-Identifier: Apache-2.0

package store

// This file reads the wall clock, and notices when somebody set it.

import (
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// clock is the wall clock, watched by a clock that nobody can set.
type clock struct {
	read func() time.Time // tests set it

	mu     sync.Mutex
	opened time.Time // by the clock that nobody can set
	wall   time.Time // the wall clock at that moment
	ahead  time.Duration
	jumped time.Time
	by     time.Duration
	wrote  time.Time // the last line of the log before the store was opened; zero if it was new
}

// aJump is what no correction of a running clock comes to.
const aJump = time.Minute

func newClock(read func() time.Time) *clock {
	return &clock{read: read, opened: time.Now(), wall: read().Round(0)}
}

// now is the wall clock.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := c.read().Round(0)
	ahead := wall.Sub(c.wall) - time.Since(c.opened)
	if by := ahead - c.ahead; by.Abs() > aJump {
		c.jumped, c.by = time.Now(), by
	}
	c.ahead = ahead
	return wall
}

// Wall is the time by the wall clock, in UTC: what is due is compared with it.
func (s *Store) Wall() time.Time { return s.clock.now().UTC() }

// Now is the time as transactions have it: UTC, whole milliseconds.
func (s *Store) Now() time.Time { return s.Wall().Truncate(time.Millisecond) }

// Jumped reports by how much the wall clock was set last, forward or back, if
// that was noticed within so long ago. A machine that slept looks the same.
func (s *Store) Jumped(within time.Duration) (by time.Duration, jumped bool) {
	s.clock.now()
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	return s.clock.by, !s.clock.jumped.IsZero() && time.Since(s.clock.jumped) < within
}

// Away is how long after the last line of its log the store was opened, by the wall
// clock, and how long ago that was: a node that was off for long and a clock that
// is wrong look the same. Both are zero for a new store.
func (s *Store) Away() (away, ago time.Duration) {
	if s.clock.wrote.IsZero() {
		return 0, 0
	}
	return s.clock.wall.Sub(s.clock.wrote), time.Since(s.clock.opened)
}

// lastLine is when the newest audit line was written; zero if there is none.
func (tx *Tx) lastLine() (at time.Time, err error) {
	var raw []byte
	if there, err := tx.get(`SELECT line FROM log WHERE line IS NOT NULL ORDER BY idx DESC LIMIT 1`, nil, &raw); err != nil || !there {
		return at, err
	}
	var line Line
	if err := json.Unmarshal(raw, &line); err != nil {
		return at, nil // verification says what is wrong with it
	}
	return line.At, nil
}
