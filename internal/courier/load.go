// SPDX-License-Identifier: Apache-2.0

package courier

// This file says what may leave now, and gives up what has expired.

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// load is what one post to a partner holds.
type load struct {
	channel partner.Channel
	parcels []store.Parcel
	headers []envelope.Header
	sealed  [][]byte // as they leave, see seal
	holds   []int    // how many of them each holds
	missing []envelope.Missing
	proofs  []string        // of the steps among the parcels, by their place; nil if there is none
	heads   []store.LogHead // of the partner's log, that it shall link
	expired []store.Parcel
	// forbidden are the hashes of what may not leave any more, on footing: then
	// nothing else is in the load.
	forbidden []string
	footing   footing
	due       time.Time // when the first of them is to leave
	next      time.Time // when to look again at what may not leave
	posted    bool      // it was due, and is on its way or was
	after     uint64    // the place of the chain behind which it was looked for
	room      int       // how many bytes the envelopes have

	messages []*envelope.Message
	behind   <-chan load // what is made ready while it is on its way
}

func (l load) hashes() (all []string) {
	for _, parcel := range l.parcels {
		all = append(all, parcel.Hash)
	}
	return all
}

// clockGrace is how long nothing expires after the clock was set: people see the
// alarm, and can set it right.
const clockGrace = time.Hour

// maxBytes bounds the envelopes of one post; base64 makes a third more of them.
const maxBytes = 5 << 20

// load reads the channel's state and the queue behind a place of the chain, in
// one moment.
func (c *Courier) load(ctx context.Context, name string, after uint64) (l load, err error) {
	l.after, l.footing = after, c.footing()
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) (err error) {
		if l.channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		if stopped, err := tx.Stopped(name); err != nil || stopped {
			l.next = tx.Now.Add(time.Minute) // somebody's decision wakes us
			return err
		}
		if l.heads, err = tx.Heads(name); err != nil {
			return err
		}
		if _, jumped := c.store.Jumped(clockGrace); !jumped && !l.channel.Preserves() {
			if l.expired, err = tx.ExpiredParcels(name, envelope.MaxBatch); err != nil || len(l.expired) > 0 {
				return err
			}
		}
		parcels, left := tx.Parcels, c.patience.left(name, time.Now())
		if l.channel.State == partner.Limited || left > 0 {
			parcels = tx.ParcelsForLife
		}
		queued, err := parcels(name, after, envelope.MaxBatch)
		if err != nil {
			return err
		}
		l.next = tx.Now.Add(time.Minute) // what may not leave can expire; a change of state wakes us anyway
		if l.channel.Preserves() {
			l.next = tx.Now.Add(24 * time.Hour)
		}
		if left > 0 {
			l.next = c.store.Wall().Add(left)
		}
		if len(queued) == 0 {
			held, err := tx.Waits(name)
			if !held {
				l.next = time.Time{}
			}
			return err
		}
		for _, parcel := range queued {
			message, err := tx.Message(parcel.Hash)
			if err != nil {
				return err
			}
			if !l.channel.Lets(message.Kind, parcel.Life) {
				continue
			}
			why, err := c.forbids(tx, l.footing, &l.channel, parcel, &message)
			if err != nil {
				return err
			}
			if why != "" {
				l.forbidden = append(l.forbidden, parcel.Hash)
				continue
			}
			sealable := message.Sealable()
			size := sealable.SealedSize()
			if l.room+size > maxBytes && len(l.parcels) > 0 {
				break
			}
			l.room += size
			var header envelope.Header
			if err := json.Unmarshal(message.Header, &header); err != nil {
				return err
			}
			l.parcels, l.headers, l.messages = append(l.parcels, parcel), append(l.headers, header), append(l.messages, sealable)
		}
		if len(l.forbidden) > 0 { // it is taken out first
			l.parcels, l.headers, l.messages = nil, nil, nil
			return nil
		}
		if len(l.parcels) > 0 {
			dues := make([]time.Time, len(l.parcels))
			for i, parcel := range l.parcels {
				dues[i] = parcel.Due
			}
			l.due = soonest(tx.Now, dues...)
			l.missing, err = missing(tx, name, after, l.parcels)
		}
		if err == nil {
			l.proofs, err = c.proofs(tx, l)
		}
		return err
	})
	return l, err
}

// seal seals the load for the key the partner has now, unless it is sealed.
func (l *load) seal() error {
	if l.sealed != nil {
		return nil
	}
	recipient, err := l.channel.Card.Recipient()
	if err == nil {
		l.sealed, l.holds, err = envelope.SealAll(l.messages, recipient)
	}
	return err
}

// ahead loads and seals what comes behind l while l is on its way. What is wrong
// with it is found out when its turn comes.
func (c *Courier) ahead(ctx context.Context, l load) <-chan load {
	ready := make(chan load, 1)
	go func() {
		next, err := c.load(ctx, l.channel.Name, l.parcels[len(l.parcels)-1].Seq)
		if err == nil && len(next.parcels) > 0 && !next.due.After(c.store.Wall()) {
			err = next.seal()
		}
		if err != nil || next.sealed == nil {
			next = load{}
		}
		ready <- next
	}()
	return ready
}

// stands reports whether a load that was made ready may leave as it is: the
// channel stands as it stood, nothing has expired, and nothing has changed by which
// it was judged. What is known of the partner's log it reads anew.
func (c *Courier) stands(ctx context.Context, l *load) (same bool, err error) {
	if len(l.parcels) == 0 || !c.firm(l.footing) {
		return false, nil
	}
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: l.channel.Name}, func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, l.channel.Name)
		if err != nil {
			return err
		}
		if stopped, err := tx.Stopped(l.channel.Name); err != nil || stopped {
			return err
		}
		if l.heads, err = tx.Heads(l.channel.Name); err != nil {
			return err
		}
		expired, err := tx.ExpiredParcels(l.channel.Name, 1)
		same = channel.State == l.channel.State && channel.Epoch == l.channel.Epoch && channel.Card.SameKeys(l.channel.Card) &&
			channel.Card.Address == l.channel.Card.Address && len(expired) == 0 && c.firm(l.footing)
		return err
	})
	return same, err
}

// missing tells the partner what it will not get before or between the parcels,
// from a place of the chain on: it was told about what is before that.
func missing(tx *store.Tx, name string, after uint64, parcels []store.Parcel) ([]envelope.Missing, error) {
	carried := make(map[uint64]bool)
	for _, parcel := range parcels {
		carried[parcel.Seq] = true
	}
	undelivered, err := tx.Undelivered(name, parcels[len(parcels)-1].Seq, envelope.MaxMissing)
	if err != nil {
		return nil, err
	}
	var told []envelope.Missing
	for _, message := range undelivered {
		if carried[message.Seq] || message.Seq <= after {
			continue
		}
		why := string(message.State)
		if message.State == store.Queued {
			why = "held"
		}
		told = append(told, envelope.Missing{Seq: message.Seq, Hash: message.Hash, Why: why})
	}
	return told, nil
}

// expire takes what has expired out of the queue, visibly.
func (c *Courier) expire(ctx context.Context, l load) error {
	what := store.What{Act: caller.Send, Subject: l.channel.Name, Note: "expired"}
	return c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		for _, parcel := range l.expired {
			message, err := tx.Message(parcel.Hash)
			if err != nil {
				return err
			}
			if message.State != store.Queued {
				continue
			}
			// The channel may have been frozen meanwhile.
			if channel, err := store.Channels.Get(tx, message.Partner); err != nil || channel.Preserves() {
				return err
			}
			if err := tx.SetMessageState(&message, store.Expired); err != nil {
				return err
			}
			if err := tx.Unqueue(parcel.Hash); err != nil {
				return err
			}
			if err := tx.NotWarned(&message, "the warning expired before it was delivered"); err != nil {
				return err
			}
			gap := store.Gap{Channel: message.Channel, Partner: message.Partner, Ours: true, Seq: message.Seq, Hash: message.Hash, Why: "expired", Found: tx.Now, State: "open"}
			if err := store.Gaps.Put(tx, "ours/"+message.Channel+"/"+store.SeqText(message.Seq), gap); err != nil {
				return err
			}
			err = tx.Raise(warning.Alarm{Kind: warning.AlarmExpired, Partner: message.Partner, Subject: message.Hash, Level: handling.Immediate,
				Text: "a " + string(message.Kind) + " for " + message.Partner + " was never delivered and has expired"})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// delay puts the load off after a failure, and says when to come again.
func (c *Courier) delay(ctx context.Context, l load, cause error) (time.Time, error) {
	first := l.parcels[0]
	pause := backoff(first.Tries, mostUrgent(l.headers))
	var full *putOff
	if errors.As(cause, &full) {
		c.patience.wait(l.channel.Name, time.Now().Add(full.after))
		if slices.ContainsFunc(l.parcels, func(p store.Parcel) bool { return !p.Life }) {
			c.log.Warn("put off", "partner", l.channel.Name, "for", full.after)
			return c.store.Wall(), nil // with what belongs to a threat to life
		}
		pause = max(pause, min(full.after, 30*time.Second))
	}
	due := c.store.Wall().Add(pause)
	c.log.Warn("not delivered", "partner", l.channel.Name, "envelope", first.Hash, "tries", first.Tries+1, "again_in", pause.Round(time.Millisecond), "err", cause)
	if ctx.Err() != nil {
		return due, nil
	}
	what := store.What{Act: caller.Send, Subject: l.channel.Name, Note: "not delivered"}
	err := c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		for _, parcel := range l.parcels {
			if err := tx.Delay(parcel.Hash, parcel.Tries+1, due); err != nil {
				return err
			}
		}
		if first.Tries+1 < alarmAfter {
			return nil
		}
		return tx.Raise(warning.Alarm{Kind: warning.AlarmNotDelivered, Partner: l.channel.Name, Subject: l.channel.Name, Level: mostUrgent(l.headers),
			Text: "nothing reaches " + l.channel.Name + ": it does not answer, or refuses what it is sent. Call them; one of the two may have been put back to an earlier state"})
	})
	return due, err
}

// alarmAfter is after how many failures in a row people are told: some minutes.
const alarmAfter = 10

func mostUrgent(headers []envelope.Header) handling.Precedence {
	urgent := handling.Routine
	for _, header := range headers {
		if header.Precedence.Rank() > urgent.Rank() {
			urgent = header.Precedence
		}
	}
	return urgent
}
