// SPDX-License-Identifier: Apache-2.0

package inbox

// This file bounds how much one partner may send. Whoever is over the quota is
// put off, not refused: nothing is lost that is sent again later. A threat to
// life passes all the same, within an allowance of its own.

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Quota is how much each partner may send: so much a day, and so much of it at
// once. Bytes are counted as posted. Zero is the default, below zero is no bound.
type Quota struct {
	Messages      int64 `json:"messages_per_day,omitzero"`
	Megabytes     int64 `json:"megabytes_per_day,omitzero"`
	MessagesBurst int64 `json:"messages_at_once,omitzero"`
	MegabytesOnce int64 `json:"megabytes_at_once,omitzero"`
}

// DefaultQuota is ten times what the largest official system of this kind
// carries in a day, from one partner.
func DefaultQuota() Quota {
	return Quota{Messages: 50_000, Megabytes: 4096, MessagesBurst: 10_000, MegabytesOnce: 1024}
}

// Of a partner who is over the quota, or in quarantine.
const (
	// opensAtOnce is how many messages are opened to look for a threat to life,
	// and opensADay how many more a day: a whole delivery every few minutes.
	opensAtOnce, opensADay = 2 * envelope.MaxBatch, 36_864
	// lifeAtOnce and lifeADay are how many are kept because of one.
	lifeAtOnce, lifeADay = envelope.MaxBatch, 1_024
	// shareInQuarantine is by how much the quota of a channel is smaller whose
	// messages are quarantined.
	shareInQuarantine = 10
	// tellEvery is how often the alarm counts what was put off.
	tellEvery   = time.Minute
	longestWait = time.Hour
)

// Over says that a partner is over its quota: nothing was taken.
type Over struct{ Again time.Duration }

// Error implements error.
func (o *Over) Error() string { return fmt.Sprintf("inbox: over the quota for %v", o.Again) }

// bucket holds what may still be used; it fills evenly.
type bucket struct {
	most, perDay, level float64
	at                  time.Time
}

func newBucket(atOnce, aDay int64, now time.Time) bucket {
	return bucket{most: float64(atOnce), perDay: float64(aDay), level: float64(atOnce), at: now}
}

func (b *bucket) unbounded() bool { return b.most < 0 || b.perDay < 0 }

// fill brings it to now. A clock that was put back fills nothing.
func (b *bucket) fill(now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		b.level = min(b.most, b.level+b.perDay*passed.Hours()/24)
	}
	b.at = now
}

// wait is how long until n can be taken; one that is larger than the bucket can
// be when it is full.
func (b *bucket) wait(n float64) time.Duration {
	short := min(n, b.most) - b.level
	if b.unbounded() || short <= 0 {
		return 0
	}
	if b.perDay == 0 {
		return longestWait
	}
	return min(longestWait, time.Duration(short/b.perDay*float64(24*time.Hour))+time.Second)
}

// meter counts what each partner sends. What it counts is not kept: a node that
// starts gives everybody a full bucket.
type meter struct {
	quota Quota

	mu sync.Mutex
	of map[string]*usage
}

type usage struct {
	messages, bytes, opens, life bucket
	putOff                       int // deliveries that nobody was told of yet
	told                         time.Time
}

func newMeter(q Quota) *meter {
	fallback := DefaultQuota()
	for _, value := range []struct{ is, otherwise *int64 }{
		{&q.Messages, &fallback.Messages}, {&q.Megabytes, &fallback.Megabytes},
		{&q.MessagesBurst, &fallback.MessagesBurst}, {&q.MegabytesOnce, &fallback.MegabytesOnce},
	} {
		if *value.is == 0 {
			*value.is = *value.otherwise
		}
	}
	return &meter{quota: q, of: make(map[string]*usage)}
}

// usage is a partner's, filled to now. The caller holds mu.
func (m *meter) usage(name string, now time.Time) *usage {
	u, known := m.of[name]
	if !known {
		const mb = 1 << 20
		u = &usage{
			messages: newBucket(m.quota.MessagesBurst, m.quota.Messages, now), bytes: newBucket(m.quota.MegabytesOnce*mb, m.quota.Megabytes*mb, now),
			opens: newBucket(opensAtOnce, opensADay, now), life: newBucket(lifeAtOnce, lifeADay, now),
		}
		m.of[name] = u
	}
	for _, b := range []*bucket{&u.messages, &u.bytes, &u.opens, &u.life} {
		b.fill(now)
	}
	return u
}

// take takes a delivery out of the partner's quota, or says how long to wait.
func (m *meter) take(channel *partner.Channel, envelopes, size int, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, bytes := weigh(channel, envelopes, size)
	u := m.usage(channel.Name, now)
	if again := max(u.messages.wait(n), u.bytes.wait(bytes)); again > 0 {
		return again
	}
	u.messages.level -= n
	u.bytes.level -= bytes
	return 0
}

// giveBack undoes take for what is here already, or could not be kept for our
// own sake: it was sent again, and is no more than it was.
func (m *meter) giveBack(channel *partner.Channel, envelopes, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, bytes := weigh(channel, envelopes, size)
	if u, known := m.of[channel.Name]; known {
		u.messages.level = min(u.messages.most, u.messages.level+n)
		u.bytes.level = min(u.bytes.most, u.bytes.level+bytes)
	}
}

func weigh(channel *partner.Channel, envelopes, size int) (n, bytes float64) {
	share := 1.0
	if channel.Quarantines() {
		share = shareInQuarantine
	}
	return float64(envelopes) * share, float64(size) * share
}

// opens takes the opening of so many messages out of the allowance.
func (m *meter) opens(name string, messages int, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.usage(name, now)
	if u.opens.level < float64(messages) {
		return false
	}
	u.opens.level -= float64(messages)
	return true
}

// life takes as many as it can, of n, out of the allowance for threats to life.
func (m *meter) life(name string, n int, now time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.usage(name, now)
	n = min(n, int(u.life.level))
	u.life.level -= float64(n)
	return n
}

// tell counts a delivery that was put off, and returns how many there were since
// somebody was told, if it is time to tell again.
func (m *meter) tell(name string, now time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.usage(name, now)
	u.putOff++
	if now.Sub(u.told) < tellEvery {
		return 0
	}
	n := u.putOff
	u.told, u.putOff = now, 0
	return n
}

// despite opens what came from a partner who is over the quota, and leaves of it
// what must be taken to take the threats to life in it: everything before the
// last of them, since nothing is taken out of its order. The rest is nil. It is
// Over if that is nothing, or more than the allowance.
func (in *Inbox) despite(ctx context.Context, channel partner.Channel, delivery envelope.Delivery, again time.Duration) ([]*envelope.Message, error) {
	now := time.Now()
	in.flood(ctx, channel, now)
	if !in.meter.opens(channel.Name, delivery.Messages(), now) {
		return nil, &Over{again}
	}
	opened := in.openAll(channel, delivery)
	last := lastToLife(opened)
	if allowed := in.meter.life(channel.Name, last, now); allowed < last {
		last = lastToLife(opened[:allowed])
	}
	if last == 0 {
		return nil, &Over{again}
	}
	clear(opened[last:])
	return opened, nil
}

// lastToLife is how many messages there are up to the last warning of a threat to life.
func lastToLife(opened []*envelope.Message) (n int) {
	for i, message := range opened {
		if message == nil {
			continue
		}
		payload, err := decode(message)
		if w, ok := payload.(*warning.Warning); ok && err == nil && w.ThreatToLife() {
			n = i + 1
		}
	}
	return n
}

// flood tells people, once for each partner and then by a count, that a partner
// is over its quota.
func (in *Inbox) flood(ctx context.Context, channel partner.Channel, now time.Time) {
	n := in.meter.tell(channel.Name, now)
	if n == 0 {
		return
	}
	in.log.Warn("over the quota", "partner", channel.Name, "deliveries", n)
	err := in.store.Change(ctx, caller.FromPartner(channel.Name), store.What{Act: caller.Receive, Subject: channel.Name, Note: "over the quota"}, func(tx *store.Tx) error {
		return tx.Raise(warning.Alarm{Kind: warning.AlarmFlood, Partner: channel.Name, Subject: channel.Name, Level: handling.Immediate,
			Text: channel.Name + " sends more than its quota: it is put off, and only threats to life are taken. Call them, or suspend the channel"})
	})
	if err != nil {
		in.log.Error("raising an alarm failed", "partner", channel.Name, "err", err)
	}
}
