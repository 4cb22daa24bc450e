// SPDX-License-Identifier: Apache-2.0

package courier

// This file bounds how many posts are under way at once, and lets what is urgent
// past that bound: partners that hang must not hold up the others' warnings.

import (
	"context"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// maxPosts is how many partners are posted to at once, if nothing urgent waits
// for them.
const maxPosts = 32

// enter waits until the load may be posted; leave must then be called. A load
// waits for a free slot as long as nothing urgent is in it or queued behind it.
// To each partner there is one post at a time, so those without a slot are never
// more than the partners for whom something urgent waits.
func (c *Courier) enter(ctx context.Context, l load) (leave func(), err error) {
	select {
	case c.slots <- struct{}{}:
		return func() { <-c.slots }, nil
	default:
	}
	urgent := isUrgent(l.parcels, l.headers)
	for {
		woken := c.store.Wait(store.RowQueue)
		if !urgent {
			if urgent, err = c.urgentBehind(ctx, l); err != nil {
				return nil, err
			}
		}
		if urgent {
			return func() {}, nil
		}
		select {
		case c.slots <- struct{}{}:
			return func() { <-c.slots }, nil
		case <-woken:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// urgentBehind reports whether something urgent is queued behind the load.
func (c *Courier) urgentBehind(ctx context.Context, l load) (urgent bool, err error) {
	name := l.channel.Name
	after := max(l.parcels[len(l.parcels)-1].Seq, c.looked.upTo(name))
	for {
		var parcels []store.Parcel
		var headers []envelope.Header
		err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) (err error) {
			if parcels, err = tx.Parcels(name, after, envelope.MaxBatch); err != nil {
				return err
			}
			headers = make([]envelope.Header, len(parcels))
			for i, parcel := range parcels {
				message, err := tx.Message(parcel.Hash)
				if err == nil {
					err = json.Unmarshal(message.Header, &headers[i])
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(parcels) == 0 {
			return false, err
		}
		if isUrgent(parcels, headers) {
			return true, nil
		}
		after = parcels[len(parcels)-1].Seq
		c.looked.mark(name, after)
	}
}

// looked is how far each partner's queue was looked through for what is urgent,
// so that a long queue is not read again for each post of it. Below, nothing is.
type looked struct {
	mu   sync.Mutex
	last map[string]uint64
}

func (l *looked) upTo(name string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[name]
}

func (l *looked) mark(name string, seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = make(map[string]uint64)
	}
	l.last[name] = seq
}

// isUrgent reports whether one of the parcels must not wait for a slot.
func isUrgent(parcels []store.Parcel, headers []envelope.Header) bool {
	for _, parcel := range parcels {
		if parcel.Life {
			return true
		}
	}
	return mostUrgent(headers).Rank() >= handling.Immediate.Rank()
}
