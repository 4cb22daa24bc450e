// SPDX-License-Identifier: Apache-2.0

package store

// This file holds departures: what is on its way out to a partner, so that a
// change of the channel's state finds all of it and lets none of it go on.

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrRecalled is the cause of a departure's context that a change of the
// channel's state has ended.
var ErrRecalled = errors.New("store: recalled: the state of the channel has changed")

// recallWithin is how long a change of state waits for departures to end. Each
// was told to at once: whoever takes longer hangs in something that cannot be
// interrupted, and must not keep a partner from being expelled.
const recallWithin = 5 * time.Second

// Departure is something of ours on its way to a partner: a post, or an answer
// to a tool of the partner's. It begins before the state of the channel is read
// and ends when nothing more of it leaves. While it lasts its holder must not
// wait for a change of the store: such a change may be waiting for it.
type Departure struct {
	of      *departures
	partner string
	ctx     context.Context
	cancel  context.CancelCauseFunc
	carried []string // guarded by of.mu
	ended   chan struct{}
	once    sync.Once
}

// departures are all there are.
type departures struct {
	mu     sync.Mutex
	away   map[string][]*Departure  // by partner
	barred map[string]chan struct{} // by partner: no departure begins until it is closed
}

// Depart begins a departure for a partner. Where the partner's state is just
// being changed it waits until that is done. What it asks the store afterwards
// about the state holds until its context ends: whoever changes the state ends
// it first.
func (s *Store) Depart(ctx context.Context, partner string) (*Departure, error) {
	d := &s.departures
	for {
		d.mu.Lock()
		lifted, barred := d.barred[partner]
		if !barred {
			defer d.mu.Unlock()
			if d.away == nil {
				d.away = make(map[string][]*Departure)
			}
			begun := &Departure{of: d, partner: partner, ended: make(chan struct{})}
			begun.ctx, begun.cancel = context.WithCancelCause(ctx)
			d.away[partner] = append(d.away[partner], begun)
			return begun, nil
		}
		d.mu.Unlock()
		select {
		case <-lifted:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Context ends with the departure, or when it is recalled.
func (d *Departure) Context() context.Context { return d.ctx }

// Carry says which messages, by hash, are on their way from now on.
func (d *Departure) Carry(hashes ...string) {
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	d.carried = hashes
}

// Recalled reports whether a change of state has ended it. What it carried may
// have arrived all the same.
func (d *Departure) Recalled() bool { return errors.Is(context.Cause(d.ctx), ErrRecalled) }

// End says that nothing more of it leaves. A second call does nothing.
func (d *Departure) End() {
	d.once.Do(func() {
		d.cancel(nil)
		d.of.mu.Lock()
		defer d.of.mu.Unlock()
		left := slices.DeleteFunc(d.of.away[d.partner], func(other *Departure) bool { return other == d })
		if len(left) == 0 {
			delete(d.of.away, d.partner)
		} else {
			d.of.away[d.partner] = left
		}
		close(d.ended)
	})
}

// Recall ends the partner's departures, waits until they have ended, and lets
// none begin before this change is committed or given up. It returns the hashes
// of the messages that were on their way: each may have arrived. Every change of
// a channel's state calls it.
func (tx *Tx) Recall(partner string) (onTheirWay []string, err error) {
	if tx.readOnly {
		return nil, errReading
	}
	d := &tx.store.departures
	d.mu.Lock()
	if _, barred := d.barred[partner]; !barred {
		if d.barred == nil {
			d.barred = make(map[string]chan struct{})
		}
		d.barred[partner] = make(chan struct{})
		tx.batch.barred = append(tx.batch.barred, partner)
	}
	recalled := slices.Clone(d.away[partner])
	for _, departure := range recalled {
		departure.cancel(ErrRecalled)
		onTheirWay = append(onTheirWay, departure.carried...)
	}
	d.mu.Unlock()
	patience := time.NewTimer(recallWithin)
	defer patience.Stop()
	for i, departure := range recalled {
		select {
		case <-departure.ended:
		case <-patience.C:
			tx.store.log.Error("what was recalled has not ended", "partner", partner, "departures", len(recalled)-i)
			return onTheirWay, nil
		}
	}
	return onTheirWay, nil
}

// lift lets departures begin again that a group of changes has barred, whatever
// became of the group.
func (d *departures) lift(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, partner := range b.barred {
		close(d.barred[partner])
		delete(d.barred, partner)
	}
}
