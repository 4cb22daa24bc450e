// SPDX-License-Identifier: Apache-2.0

package inbox

// This file hears the answer to an invitation, and lets out of quarantine what
// a restored partner had said.

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// MaxPair is the largest body of a pairing, in bytes.
const MaxPair = 64 << 10

// Pair takes the card of a node that accepted our invitation. It proves
// nothing about who that is: the digits do. The same card again is welcome; a
// known name with other keys raises an alarm and is refused.
func (in *Inbox) Pair(ctx context.Context, sender string, body []byte) error {
	var request partner.PairRequest
	id, signature, err := envelope.ParseSender(sender)
	if err == nil && len(body) > MaxPair {
		err = envelope.ErrTooLarge
	}
	if err == nil {
		err = json.Unmarshal(body, &request, json.RejectUnknownMembers(true))
	}
	if err == nil {
		err = request.Card.Check()
	}
	if err == nil && (request.Card.KeyID() != id || request.Card.KeyID() == in.card.KeyID() ||
		!ed25519.Verify(request.Card.Public(), envelope.DeliverySigningInput(in.card.KeyID(), body), signature)) {
		err = envelope.ErrSender
	}
	if err != nil {
		in.log.Warn("pairing refused", "err", err)
		return refused(err)
	}
	changedKeys, err := in.pair(ctx, request)
	if err == nil && changedKeys {
		err = fmt.Errorf("inbox: %s showed other keys", request.Card.Name)
	}
	if err != nil {
		in.log.Warn("pairing refused", "name", request.Card.Name, "err", err)
		return refused(err)
	}
	return nil
}

func (in *Inbox) pair(ctx context.Context, request partner.PairRequest) (changedKeys bool, err error) {
	sum := sha256.Sum256([]byte(request.Secret))
	secret := hex.EncodeToString(sum[:])
	// Looked at first without the writer: a stranger who guesses at secrets must
	// not be able to fill the log.
	err = in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.Pair}, func(tx *store.Tx) error {
		_, err := store.Invites.Get(tx, secret)
		return err
	})
	if err != nil {
		return false, err
	}
	name := request.Card.Name
	what := store.What{Act: caller.Pair, Subject: name}
	err = in.store.Change(ctx, caller.Anyone(), what, func(tx *store.Tx) error {
		invite, err := store.Invites.Get(tx, secret)
		if err != nil {
			return err
		}
		known, exists, err := store.Channels.Find(tx, name)
		if err != nil {
			return err
		}
		if exists {
			changedKeys = !known.Card.SameKeys(request.Card)
			if changedKeys {
				return tx.Raise(warning.KeyAlarm(name)) // kept: this is no error of the transaction
			}
			return nil
		}
		if invite.Used != "" || tx.Now.After(invite.Expires) {
			return fmt.Errorf("inbox: the invitation was used by %q or expired on %s", invite.Used, invite.Expires)
		}
		invite.Used = name
		if err := store.Invites.Put(tx, secret, invite); err != nil {
			return err
		}
		return tx.AddChannel(partner.NewChannel(in.card, request.Card, invite.Terms, tx.Now))
	})
	return changedKeys, err
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
	var waiting []store.Message
	err := in.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		all, err := tx.InQuarantine()
		if err != nil {
			return err
		}
		for _, message := range all {
			channel, err := store.Channels.Get(tx, message.Partner)
			if err != nil {
				return err
			}
			if channel.State == partner.Active || channel.State == partner.Limited {
				waiting = append(waiting, message)
			}
		}
		return nil
	})
	for _, message := range waiting {
		if err == nil {
			err = in.admit(ctx, message.Hash)
		}
	}
	return err
}

func (in *Inbox) admit(ctx context.Context, hash string) error {
	return in.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: hash, Note: "out of quarantine"}, func(tx *store.Tx) error {
		kept, err := tx.Message(hash)
		if err != nil || kept.State != store.Quarantined {
			return err
		}
		h, err := in.hearing(tx, kept.Partner, nil)
		if err != nil || h.channel.Quarantines() || h.channel.State == partner.Pending {
			return err
		}
		if err := tx.SetMessageState(&kept, store.Kept); err != nil {
			return err
		}
		payload, err := warning.Decode(kept.Kind, kept.Payload)
		if err != nil {
			return nil // the alarm was raised when it came
		}
		return h.apply(payload, kept.Hash)
	})
}
