// SPDX-License-Identifier: Apache-2.0

package inbox

// This file holds back what a thief of a partner's keys may have said, until a
// person affirms it.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// waitsInDoubt reports whether a message of that kind has no effect while it is in
// doubt. A warning has: it opens a case of its own, and is shown as in doubt, since
// the danger may be true. Keys have: they are compared by voice.
func waitsInDoubt(kind envelope.Kind) bool {
	return kind != envelope.Warning && kind != envelope.KeyChange
}

// waits reports whether a message must not take effect before a person affirms
// it: whoever had the partner's keys may have signed it. sent is what it says, at
// when it came.
func (h *hearing) waits(kind envelope.Kind, seq uint64, sent, at time.Time) bool {
	_, doubted := h.channel.DoubtedAt(seq, sent, at)
	return doubted && waitsInDoubt(kind)
}

// holdBack keeps that a message waits, and tells people.
func (h *hearing) holdBack(kept *store.Message, sent time.Time) error {
	known, is, err := store.Doubteds.Find(h.tx, kept.Hash)
	if err != nil || is && known.Cleared.IsZero() {
		return err
	}
	d := store.Doubted{Hash: kept.Hash, Partner: kept.Partner, Kind: kept.Kind, Case: kept.Thread, Sent: sent, Found: h.tx.Now}
	if err := store.Doubteds.Put(h.tx, d.Hash, d); err != nil {
		return err
	}
	return h.tx.Raise(warning.DoubtedAlarm(d.Partner, d.Hash, string(d.Kind)))
}

// cleared ends the waiting of a message that is in doubt no more.
func (h *hearing) cleared(hash string) error {
	d, is, err := store.Doubteds.Find(h.tx, hash)
	if err != nil || !is {
		return err
	}
	d.Cleared = h.tx.Now
	if err := store.Doubteds.Put(h.tx, hash, d); err != nil {
		return err
	}
	return h.tx.Settle(warning.DoubtedAlarm(d.Partner, hash, string(d.Kind)), "node", "the report of stolen keys was withdrawn")
}

// heldBack reports whether a message in quarantine waits for a person, and people
// were told: nothing is to be done with it.
func heldBack(tx *store.Tx, h *hearing, hash string, kind envelope.Kind) (bool, error) {
	if !waitsInDoubt(kind) {
		return false, nil
	}
	d, is, err := store.Doubteds.Find(tx, hash)
	if err != nil || !is || !d.Cleared.IsZero() {
		return false, err
	}
	m, err := tx.Message(hash)
	return err == nil && h.waits(kind, m.Seq, d.Sent, m.At), err
}

// Affirm lets a message in doubt take effect, for a reason: somebody has asked the
// partner, and it is the partner's. Its channel must be open. It stays marked as in
// doubt.
func (in *Inbox) Affirm(ctx context.Context, who caller.Caller, hash, why string) error {
	if strings.TrimSpace(why) == "" || len(why) > warning.MaxWord {
		return problem.New(problem.Invalid, "say in a sentence whom you asked, and what they said", "a message in doubt is affirmed with a reason")
	}
	return in.store.Change(ctx, who, store.What{Act: caller.AffirmDoubted, Subject: hash}, func(tx *store.Tx) error {
		d, err := store.Doubteds.Get(tx, hash)
		if err != nil {
			return err
		}
		if d.By != "" {
			return problem.New(problem.Conflict, "", "%s has affirmed it already", d.By)
		}
		kept, err := tx.Message(hash)
		if err != nil {
			return err
		}
		if kept.State != store.Quarantined {
			return problem.New(problem.Conflict, "", "this message is in doubt no more, and took effect")
		}
		h, err := in.hearing(tx, d.Partner, nil)
		if err != nil {
			return err
		}
		if !admits(h.channel.State, kept.Kind) {
			return problem.New(problem.Conflict, "see tocsin partner show "+d.Partner, "the channel with %s is %s: nothing in it takes effect", d.Partner, h.channel.State)
		}
		d.By, d.At, d.Why = who.Name, tx.Now, why
		if err := store.Doubteds.Put(tx, hash, d); err != nil {
			return err
		}
		if err := tx.Settle(warning.DoubtedAlarm(d.Partner, hash, string(d.Kind)), who.Name, why); err != nil {
			return err
		}
		return h.takeEffect(&kept)
	})
}

// takeEffect lets a message out of quarantine.
func (h *hearing) takeEffect(kept *store.Message) error {
	if err := h.tx.SetMessageState(kept, store.Kept); err != nil {
		return err
	}
	payload, err := warning.Decode(kept.Kind, kept.Payload)
	if err != nil {
		return nil // the alarm was raised when it came
	}
	return h.apply(payload, kept.Hash)
}
