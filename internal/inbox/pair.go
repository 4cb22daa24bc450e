// SPDX-License-Identifier: Apache-2.0

package inbox

// This file hears the answer to an invitation, and lets out of quarantine what
// a restored partner had said.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// MaxPair is the largest body of a pairing, in bytes.
const MaxPair = 512 << 10

// Pair takes the card of a node that accepted our invitation. It proves
// nothing about who that is: the digits do. The same card again is welcome; a
// known name with other keys, or a known key with another name, raises an alarm
// and is refused. What is refused or known leaves no line in the ledger but the
// first of an alarm.
func (in *Inbox) Pair(ctx context.Context, sender string, body []byte) error {
	var request partner.PairRequest
	said, err := envelope.ParseSender(sender)
	if err == nil && len(body) > MaxPair {
		err = envelope.ErrTooLarge
	}
	if err == nil {
		err = json.Unmarshal(body, &request, json.RejectUnknownMembers(true))
	}
	// First of all, so that no stranger has us verify a history of keys.
	if err == nil {
		err = in.invited(ctx, &request)
	}
	if err == nil {
		err = partner.CheckCard(request.Card, request.Keys)
	}
	if err == nil && (request.Card.ID() != said.ID || request.Card.ID() == in.ring.ID() || !said.Signed(request.Card.Public(), in.ring.ID(), body)) {
		err = envelope.ErrSender
	}
	if err != nil {
		in.log.Warn("pairing refused", "err", err)
		return refused(err)
	}
	if err := in.pair(ctx, request); err != nil {
		in.log.Warn("pairing refused", "name", request.Card.Name, "err", err)
		return refused(err)
	}
	return nil
}

// answer is what becomes of a pairing.
type answer struct {
	known  bool           // the partner is known with these very keys: nothing to do
	alarm  *warning.Alarm // the keys are not right
	raised bool           // the alarm is raised already
	invite partner.Invite
}

// invited refuses a pairing with a secret that is of no invitation of ours.
func (in *Inbox) invited(ctx context.Context, request *partner.PairRequest) error {
	return in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.Pair}, func(tx *store.Tx) error {
		_, err := store.Invites.Get(tx, inviteID(request.Secret))
		return err
	})
}

// inviteID names an invitation by its secret, which is not kept.
func inviteID(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// look decides about a pairing and changes nothing.
func (in *Inbox) look(tx *store.Tx, secret string, card envelope.Card) (a answer, err error) {
	if a.invite, err = store.Invites.Get(tx, secret); err != nil {
		return a, err
	}
	channel, exists, err := store.Channels.Find(tx, card.Name)
	if err != nil {
		return a, err
	}
	owner, keyKnown, err := tx.KeysOf(card)
	if err != nil {
		return a, err
	}
	revoked, isRevoked, err := tx.Revoked(card)
	if err != nil {
		return a, err
	}
	switch {
	case exists && channel.Card.SameKeys(card):
		a.known = true
		return a, nil
	case exists:
		alarm := warning.KeyAlarm(card.Name)
		a.alarm = &alarm
	case keyKnown:
		alarm := warning.KeyAlarm(owner.Partner)
		alarm.Text = "somebody showed the key of " + owner.Partner + " under the name " + card.Name + "; nothing was accepted"
		a.alarm = &alarm
	case isRevoked:
		alarm := warning.RevokedAlarm(revoked.Partner, card.Name)
		a.alarm = &alarm
	case a.invite.Used != "" || tx.Now.After(a.invite.Expires):
		return a, fmt.Errorf("inbox: the invitation was used by %q or expired on %s", a.invite.Used, a.invite.Expires)
	default:
		return a, nil
	}
	a.raised, err = tx.IsRaised(*a.alarm)
	return a, err
}

func (in *Inbox) pair(ctx context.Context, request partner.PairRequest) error {
	secret, name := inviteID(request.Secret), request.Card.Name
	what := store.What{Act: caller.Pair, Subject: name}
	var a answer
	look := func(tx *store.Tx) (err error) {
		a, err = in.look(tx, secret, request.Card)
		return err
	}
	// Looked at first without the writer: whoever guesses at secrets, or has an
	// old one, must not be able to fill the log.
	if err := in.store.Glance(ctx, caller.Anyone(), what, look); err != nil || a.known {
		return err
	}
	if a.raised {
		return fmt.Errorf("inbox: %s showed keys that are not right, again", name)
	}
	err := in.store.Change(ctx, caller.Anyone(), what, func(tx *store.Tx) error {
		if err := look(tx); err != nil || a.known {
			return err
		}
		if a.alarm != nil {
			return tx.Raise(*a.alarm) // kept: this is no error of the transaction
		}
		a.invite.Used = name
		if err := store.Invites.Put(tx, secret, a.invite); err != nil {
			return err
		}
		return tx.AddChannel(partner.NewChannel(in.card(), request.Card, a.invite.Terms, tx.Now).With(request.Keys))
	})
	if err == nil && a.alarm != nil {
		err = fmt.Errorf("inbox: %s showed keys that are not right", name)
	}
	return err
}

// Run lets out of quarantine, in order, what a partner said while its channel
// was shut, as soon as it is open again.
func (in *Inbox) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		woken := in.store.Wait(store.RowChannel)
		if err := in.admitAll(ctx); err != nil && ctx.Err() == nil {
			in.log.Error("letting out of quarantine failed", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-woken:
		}
	}
	return nil
}

func (in *Inbox) admitAll(ctx context.Context) error {
	waiting := make(map[string][]string) // hashes, by partner
	err := in.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		channels, err := store.Channels.List(tx, 0)
		if err != nil {
			return err
		}
		for _, channel := range channels {
			if !admits(channel.State, envelope.Terms) {
				continue // however much of it waits
			}
			h := &hearing{in: in, tx: tx, channel: channel}
			var inside []store.Message
			err := tx.InQuarantine(channel.Name, func(hash string, kind envelope.Kind) {
				if admits(channel.State, kind) {
					inside = append(inside, store.Message{Hash: hash, Kind: kind})
				}
			})
			if err != nil {
				return err
			}
			for _, m := range inside {
				held, err := heldBack(tx, h, m.Hash, m.Kind)
				if err != nil {
					return err
				}
				if !held {
					waiting[channel.Name] = append(waiting[channel.Name], m.Hash)
				}
			}
		}
		return nil
	})
	for _, hashes := range waiting {
		err = errors.Join(err, in.admitInOrder(ctx, hashes)) // what stops one partner's stops no other's
	}
	return err
}

func (in *Inbox) admitInOrder(ctx context.Context, hashes []string) error {
	for _, hash := range hashes {
		if err := in.admit(ctx, hash); err != nil {
			return err
		}
	}
	return nil
}

// admits says whether a message may leave quarantine: into an open channel
// everything, into one whose pairing goes on the terms.
func admits(state partner.State, kind envelope.Kind) bool {
	channel := partner.Channel{State: state}
	return channel.Opens() || state == partner.Pending && kind == envelope.Terms
}

func (in *Inbox) admit(ctx context.Context, hash string) error {
	return in.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: hash, Note: "out of quarantine"}, func(tx *store.Tx) error {
		kept, err := tx.Message(hash)
		if err != nil || kept.State != store.Quarantined {
			return err
		}
		h, err := in.hearing(tx, kept.Partner, nil)
		if err != nil || !admits(h.channel.State, kept.Kind) {
			return err
		}
		opened, err := kept.Opened()
		if err != nil {
			return err
		}
		if h.waits(kept.Kind, kept.Seq, opened.Header.Sent, kept.At) {
			return h.holdBack(&kept, opened.Header.Sent)
		}
		if err := h.cleared(hash); err != nil {
			return err
		}
		return h.takeEffect(&kept)
	})
}
