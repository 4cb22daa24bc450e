// SPDX-License-Identifier: Apache-2.0

package store

// This file reads the wall clock, and notices when somebody set it.

import (
	"sync"
	"time"
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
