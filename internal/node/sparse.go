// SPDX-License-Identifier: Apache-2.0

package node

// This file keeps strangers from filling the log file: of warnings with the same
// words so many are written a minute, and of the rest how many there were.

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	sparseEach  = 20               // lines of the same words in a window
	sparseEvery = time.Minute      // the window
	sparseWords = 256              // different words that are counted at once
	sparseOther = "other warnings" // what those beyond are counted under
)

// sparse is a handler that writes warnings sparsely. What is less or more than a
// warning passes.
type sparse struct {
	slog.Handler
	counts *counts
}

type counts struct {
	mu    sync.Mutex
	since time.Time
	of    map[string]int
}

func newSparse(h slog.Handler) *sparse {
	return &sparse{Handler: h, counts: &counts{of: make(map[string]int)}}
}

// Handle implements slog.Handler.
func (s *sparse) Handle(ctx context.Context, r slog.Record) error {
	if r.Level != slog.LevelWarn {
		return s.Handler.Handle(ctx, r)
	}
	written, left := s.counts.count(r.Message, r.Time)
	if err := s.tell(ctx, left, r.Time); err != nil || !written {
		return err
	}
	return s.Handler.Handle(ctx, r)
}

// tell writes how many lines were left out.
func (s *sparse) tell(ctx context.Context, left map[string]int, at time.Time) error {
	for words, n := range left {
		line := slog.NewRecord(at, slog.LevelWarn, "left out: "+words, 0)
		line.AddAttrs(slog.Int("lines", n))
		if err := s.Handler.Handle(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

// Run tells of what was left out, also if nothing is written afterwards, until
// ctx ends.
func (s *sparse) Run(ctx context.Context) error {
	ticker := time.NewTicker(sparseEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.tell(context.WithoutCancel(ctx), s.counts.end(time.Now()), time.Now())
		case now := <-ticker.C:
			if err := s.tell(ctx, s.counts.over(now), now); err != nil {
				return nil // a log that cannot be written is no reason to stop the node
			}
		}
	}
}

// count counts a line and says whether it is written; left is what the window
// that ended left out.
func (c *counts) count(words string, now time.Time) (written bool, left map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left = c.turn(now)
	if _, known := c.of[words]; !known && len(c.of) >= sparseWords {
		words = sparseOther
	}
	c.of[words]++
	return c.of[words] <= sparseEach, left
}

func (c *counts) over(now time.Time) map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turn(now)
}

func (c *counts) end(now time.Time) map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Time{}
	return c.turn(now)
}

// turn begins a new window if the last is over, or the clock was put back, and
// returns what that one left out. The caller holds mu.
func (c *counts) turn(now time.Time) map[string]int {
	if passed := now.Sub(c.since); passed >= 0 && passed < sparseEvery {
		return nil
	}
	left := make(map[string]int)
	for words, n := range c.of {
		if n > sparseEach {
			left[words] = n - sparseEach
		}
	}
	c.since = now
	clear(c.of)
	return left
}

// WithAttrs implements slog.Handler.
func (s *sparse) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &sparse{s.Handler.WithAttrs(attrs), s.counts}
}

// WithGroup implements slog.Handler.
func (s *sparse) WithGroup(name string) slog.Handler {
	return &sparse{s.Handler.WithGroup(name), s.counts}
}

// serverLines is where the HTTP server writes: each of its lines names another
// address, so they are counted under the same words.
type serverLines struct{ log *slog.Logger }

// Write implements io.Writer.
func (s serverLines) Write(line []byte) (int, error) {
	s.log.Warn("http", "line", string(line))
	return len(line), nil
}
