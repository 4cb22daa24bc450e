// SPDX-License-Identifier: Apache-2.0

package courier

// This file gives a load its slot, and looks whether something urgent is queued
// behind it: then it needs none.

import (
	"context"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// enter waits until the load may be posted; the slot must then be left. A load
// waits for a free one as long as nothing urgent is in it or queued behind it.
// To each partner there is one post at a time, so those without a slot are never
// more than the partners for whom something urgent waits. What waits holds
// nothing in memory: the load is taken anew when its turn has come.
func (c *Courier) enter(ctx context.Context, l *load) (*slot, error) {
	name := l.channel.Name
	if isUrgent(l.parcels, l.headers) {
		return c.slots.pass(ctx, name), nil
	}
	place := c.slots.ask(ctx, name, l.room)
	select {
	case <-place.free:
		return place, nil
	default:
	}
	*l = load{channel: l.channel, parcels: l.parcels, after: l.after}
	given := false
	for !given {
		woken := c.store.Wait(store.RowQueue)
		urgent, err := c.urgentBehind(ctx, *l)
		if err != nil {
			place.leave()
			return nil, err
		}
		if urgent {
			place.leave()
			place = c.slots.pass(ctx, name)
		}
		select {
		case <-place.free:
			given = true
		case <-woken:
		case <-ctx.Done():
			place.leave()
			return nil, ctx.Err()
		}
	}
	fresh, err := c.load(ctx, name, l.after)
	if err != nil {
		place.leave()
		return nil, err
	}
	*l = fresh
	place.grow(l.room)
	return place, nil
}

// urgentBehind reports whether something urgent is queued behind the load.
func (c *Courier) urgentBehind(ctx context.Context, l load) (urgent bool, err error) {
	name := l.channel.Name
	var life []store.Parcel
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) (err error) {
		life, err = tx.ParcelsForLife(name, 0, 1) // also what became a threat to life since it was looked through
		return err
	})
	if err != nil || len(life) > 0 {
		return len(life) > 0, err
	}
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
