// SPDX-License-Identifier: Apache-2.0

package courier

// This file asks of what departs whether it may still leave: only where something
// has changed on which that rests, so that a steady channel asks nothing.

import (
	"context"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Judge says what may not leave any more of what was queued.
type Judge interface {
	// Basis is another number once anything has changed on which it rests what may
	// leave, but for time. While such a change is under way, which a reading may see
	// before it is counted, it is not steady.
	Basis() (n uint64, steady bool)
	// Forbids says why a message may not leave now; empty if it may.
	Forbids(tx *store.Tx, m *store.Message) (string, error)
	// Withhold takes those of a partner's messages out of the queue that may not
	// leave now, visibly.
	Withhold(ctx context.Context, name string, hashes []string) error
}

// JudgeBy lets what departs be judged anew by a judge. Call it before anything departs.
func (c *Courier) JudgeBy(by Judge) { c.judge = by }

// footing is what a judgement holds for: nothing has changed on which it rests, and
// no day has ended, as sheets of assurances and review dates do.
type footing struct {
	basis  uint64
	day    int64
	steady bool
}

// footing is that of now. It is asked before anything is read that is judged.
func (c *Courier) footing() footing {
	if c.judge == nil {
		return footing{steady: true}
	}
	basis, steady := c.judge.Basis()
	return footing{basis, c.store.Now().Unix() / (24 * 60 * 60), steady}
}

// firm reports whether a reading stands on a footing that was asked before it began.
// It is asked when something was read: what changes from then on the reading does not
// see.
func (c *Courier) firm(f footing) bool { return f.steady && f == c.footing() }

// judged is what was judged for each partner, on the footing that was asked last.
type judged struct {
	mu   sync.Mutex
	last map[string]*standing
}

// standing is what was judged for one partner. What is queued behind upTo was
// judged on this footing when it was queued; of what is before, passed was since.
type standing struct {
	footing
	upTo   uint64
	passed map[string]bool
}

// maxPassed bounds what is remembered for one partner: what is forgotten is judged
// again.
const maxPassed = 4096

// on is what was judged for a partner on a footing; on a new one, nothing is.
func (j *judged) on(tx *store.Tx, f footing, channel *partner.Channel) (*standing, error) {
	j.mu.Lock()
	s := j.last[channel.Name]
	j.mu.Unlock()
	if s != nil && s.footing == f {
		return s, nil
	}
	seq, _, err := tx.Tip(channel.ID, store.Out)
	if err != nil {
		return nil, err
	}
	s = &standing{footing: f, upTo: seq, passed: make(map[string]bool)}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.last == nil {
		j.last = make(map[string]*standing)
	}
	j.last[channel.Name] = s
	return s, nil
}

func (j *judged) knows(s *standing, hash string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return s.passed[hash]
}

func (j *judged) pass(s *standing, hash string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(s.passed) >= maxPassed {
		clear(s.passed)
	}
	s.passed[hash] = true
}

// forbids says why a message may not leave for its partner now; empty if it may, or
// if that was judged already. What has expired is judged in any case: while the
// clock is in doubt nothing else stops it. So is everything where the reading may see
// another footing than the one that was asked before it.
func (c *Courier) forbids(tx *store.Tx, f footing, channel *partner.Channel, parcel store.Parcel, m *store.Message) (string, error) {
	if c.judge == nil {
		return "", nil
	}
	if !c.firm(f) {
		return c.judge.Forbids(tx, m)
	}
	s, err := c.judged.on(tx, f, channel)
	if err != nil {
		return "", err
	}
	expired := !parcel.Expires.IsZero() && parcel.Expires.Before(tx.Now)
	if !expired && (parcel.Seq > s.upTo || c.judged.knows(s, parcel.Hash)) {
		return "", nil
	}
	why, err := c.judge.Forbids(tx, m)
	if err == nil && why == "" {
		c.judged.pass(s, parcel.Hash)
	}
	return why, err
}

// withhold takes out of the queue what may not leave any more, and says when to come
// again.
func (c *Courier) withhold(ctx context.Context, l load) (time.Time, error) {
	return c.store.Wall(), c.judge.Withhold(ctx, l.channel.Name, l.forbidden)
}
