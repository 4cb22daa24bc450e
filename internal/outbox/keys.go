// SPDX-License-Identifier: Apache-2.0

package outbox

// This file changes our own keys: new ones are made, every partner is told in a
// message that the old key signs, and from the next message on the new one does.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// KeyFile is where the ring is kept. The outbox says what is to be there, and
// knows no file.
type KeyFile interface {
	// Prepare writes the next ring beside the one in force, on the disk.
	Prepare(next *keys.Ring) error
	// Promote puts what was prepared in the place of the one in force.
	Promote() error
	// Discard removes what was prepared.
	Discard() error
	// Write replaces the ring in force.
	Write(ring *keys.Ring) error
}

// KeyOrder is a change of our keys that somebody orders.
type KeyOrder struct {
	Parts []string // of keys.Parts; all if none is named
	// Since makes it a compromise: from then on others may have had the keys.
	// Every key is replaced then.
	Since  time.Time
	Reason string
}

func (k KeyOrder) parts(now time.Time) (parts []keys.Part, err error) {
	if len(k.Reason) > envelope.MaxReason {
		return nil, problem.New(problem.Invalid, "say it in a sentence", "the reason is too long")
	}
	if !k.Since.IsZero() {
		switch {
		case k.Since.After(now):
			return nil, problem.New(problem.Invalid, "give the moment from which on others may have had them", "%s is still to come", k.Since.Format(time.RFC3339))
		case strings.TrimSpace(k.Reason) == "":
			return nil, problem.New(problem.Invalid, "say in a sentence what happened: partners will read it", "stolen keys need a reason")
		case len(k.Parts) > 0:
			return nil, problem.New(problem.Invalid, "", "after a theft every key is replaced")
		}
	}
	if len(k.Parts) == 0 {
		return keys.Parts(), nil
	}
	for _, part := range k.Parts {
		if !slices.Contains(keys.Parts(), keys.Part(part)) {
			return nil, problem.New(problem.Invalid, "use sign, log, seal or witness", "there is no key called %q", part)
		}
		parts = append(parts, keys.Part(part))
	}
	return parts, nil
}

// ChangeKeys replaces keys of ours. The step that decides is one transaction:
// the change, and the message about it to every partner, signed with the old
// key. The new ring is on the disk before it, and takes its place after it; if
// the node stops in between, FinishKeys goes on at the next start.
func (o *Outbox) ChangeKeys(ctx context.Context, who caller.Caller, order KeyOrder) (s envelope.ChangeStatement, err error) {
	what := store.What{Act: caller.ChangeKeys, Note: string(order.why())}
	if err := o.store.May(ctx, who, what); err != nil {
		return s, err
	}
	now := time.Now().UTC()
	parts, err := order.parts(now)
	if err != nil {
		return s, err
	}
	statement := envelope.ChangeStatement{Why: order.why(), Since: order.Since.UTC().Truncate(time.Millisecond), Reason: order.Reason}
	return o.changeKeys(ctx, who, what, statement,
		func() (*keys.Ring, error) { return o.ring.Next(now, parts...) },
		func(tx *store.Tx, change envelope.Change, s envelope.ChangeStatement) error {
			return o.tellKeys(tx, who, change, s)
		})
}

// changeKeys puts in force the ring that ring makes; tell does, in the
// transaction that decides, what goes with it.
func (o *Outbox) changeKeys(ctx context.Context, who caller.Caller, what store.What, statement envelope.ChangeStatement,
	ring func() (*keys.Ring, error), tell func(*store.Tx, envelope.Change, envelope.ChangeStatement) error) (s envelope.ChangeStatement, err error) {
	if o.keyFile == nil {
		return s, problem.New(problem.Conflict, "", "this node's keys cannot be changed: it has no key file")
	}
	o.changing.Lock()
	defer o.changing.Unlock()
	if o.ring.Number() >= envelope.MaxChanges {
		return s, problem.New(problem.Conflict, "set up a new node, and pair it anew", "the keys were changed %d times: no partner follows another change", envelope.MaxChanges)
	}
	next, err := ring()
	if err == nil {
		err = o.ring.Prepare(next)
	}
	if err == nil {
		err = o.keyFile.Prepare(next)
	}
	if err != nil {
		o.ring.Discard()
		return s, err
	}
	failure := o.store.Change(ctx, who, what, func(tx *store.Tx) error {
		statement.At = tx.Now
		change, err := o.ring.SignChange(statement, o.base)
		if err != nil {
			return err
		}
		if s, err = change.Peek(); err != nil {
			return err
		}
		return tell(tx, change, s)
	})
	if failure != nil {
		// It failed, or it failed and happened: the store knows.
		var number uint64
		err := o.store.Glance(context.WithoutCancel(ctx), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
			number, err = tx.KeyNumber()
			return err
		})
		if err != nil {
			return s, errors.Join(failure, err) // the next start finds out
		}
		if number != next.Number() {
			o.ring.Discard()
			return s, errors.Join(failure, o.keyFile.Discard())
		}
	}
	return s, o.finishKeys(context.WithoutCancel(ctx))
}

func (k KeyOrder) why() envelope.Why {
	if k.Since.IsZero() {
		return envelope.Rotation
	}
	return envelope.Compromise
}

// tellKeys writes down a change of our keys and queues the message about it for
// every partner, whatever the state of its channel. What is still to be shown
// with the old keys is signed now: they are gone afterwards.
func (o *Outbox) tellKeys(tx *store.Tx, who caller.Caller, change envelope.Change, s envelope.ChangeStatement) error {
	if number, err := tx.KeyNumber(); err != nil || number+1 != s.Number {
		return errors.Join(err, problem.New(problem.Conflict, "restore keys and store of the same backup", "the keys are not those of this store"))
	}
	if err := o.signPairings(tx); err != nil {
		return err
	}
	if err := o.relock(tx); err != nil {
		return err
	}
	channels, err := store.Channels.List(tx, 0)
	if err != nil {
		return err
	}
	urgent := handling.Priority
	if s.Why == envelope.Compromise {
		urgent = handling.Flash
	}
	if channels, err = toTell(tx, channels, s.Why); err != nil {
		return err
	}
	for _, channel := range channels {
		if err := o.tellOne(tx, channel, change, s.Number, urgent); err != nil {
			return err
		}
	}
	return tx.AddOwnChange(store.OwnChange{Change: change, By: who.Name, At: tx.Now}, s.Number, o.ring.Card(o.base))
}

// tellOne queues the message about a change of our keys for one partner.
func (o *Outbox) tellOne(tx *store.Tx, channel partner.Channel, change envelope.Change, number uint64, urgent handling.Precedence) error {
	err := o.say(tx, letter{channel: channel, kind: envelope.KeyChange, payload: warning.KeyChange{Change: change}, precedence: urgent, handling: handling.Handling{TLP: handling.Amber}})
	if err != nil {
		return err
	}
	_, hash, err := tx.Tip(channel.ID, store.Out)
	if err != nil {
		return err
	}
	return store.KeyNotices.Put(tx, hash, store.KeyNotice{Partner: channel.Name, Number: number, Hash: hash})
}

// signPairings signs, with the keys that are about to go, what is still to be
// posted to those whose invitations we accepted.
func (o *Outbox) signPairings(tx *store.Tx) error {
	waiting, err := store.Pairings.List(tx, 0, partner.PairingWaiting)
	if err != nil {
		return err
	}
	card := o.ring.Card(o.base)
	history, err := tx.History(card)
	if err != nil {
		return err
	}
	for _, pairing := range waiting {
		if pairing.Sender != "" {
			continue // signed at a change before this one
		}
		channel, err := store.Channels.Get(tx, pairing.Partner)
		if err != nil {
			return err
		}
		if pairing.Body, err = json.Marshal(partner.PairRequest{Card: card, Secret: pairing.Secret, Keys: history}); err != nil {
			return err
		}
		pairing.Sender = envelope.SenderValue(o.ring.ID(), o.ring.SignDelivery(envelope.DeliverySigningInput(channel.Card.ID(), pairing.Body)))
		if err := store.Pairings.Put(tx, pairing.Partner, pairing); err != nil {
			return err
		}
	}
	return nil
}

// relock locks what the store keeps for us alone with the new keys.
func (o *Outbox) relock(tx *store.Tx) error {
	feeds, err := store.Feeds.List(tx, 0)
	if err != nil {
		return err
	}
	for _, feed := range feeds {
		secret, known, err := store.FeedSecrets.Find(tx, feed.Name)
		if err != nil {
			return err
		}
		if !known || len(secret.Locked) == 0 {
			continue
		}
		if secret.Locked, err = o.ring.Relock(secret.Locked); err != nil {
			o.log.Warn("a feed's secret could not be locked anew", "feed", feed.Name, "err", err)
			continue // it could not be used before, either
		}
		if err := store.FeedSecrets.Put(tx, feed.Name, secret); err != nil {
			return err
		}
	}
	return o.relockVoices(tx)
}

// FinishKeys goes on with a change of keys whose transaction is done: next is
// the ring that was prepared for it.
func (o *Outbox) FinishKeys(ctx context.Context, next *keys.Ring) error {
	o.changing.Lock()
	defer o.changing.Unlock()
	if err := o.ring.Prepare(next); err != nil {
		return err
	}
	return o.finishKeys(ctx)
}

// finishKeys puts the new keys in force. It is the store's writer that does, so
// that no commit is signed half with the old ones and half with the new.
func (o *Outbox) finishKeys(ctx context.Context) error {
	err := o.store.Change(ctx, caller.Self(), store.What{Act: caller.ChangeKeys, Note: "in force"}, func(tx *store.Tx) error {
		number, err := tx.KeyNumber()
		if err != nil {
			return err
		}
		own, err := store.OwnKeys.Get(tx, store.SeqText(number))
		if err != nil {
			return err
		}
		own.InForce = tx.Now
		o.ring.Adopt()
		tx.Recovered() // what waited for the new name of a restored log
		return store.OwnKeys.Put(tx, store.SeqText(number), own)
	})
	if err == nil {
		err = o.keyFile.Promote()
	}
	if err != nil {
		o.log.Error("new keys are made and told, and not in their place yet", "err", err)
		return problem.New(problem.Internal, "start the node again: it will go on by itself", "the keys are changed, and their file is not in its place yet").Because(err)
	}
	return nil
}

const (
	// KeepSeals is how long a replaced opening key is kept after every partner
	// has read of its successor: what is on its way by hand arrives by then.
	KeepSeals = 7 * 24 * time.Hour
	// KeepSealsAtMost is how long it is kept if a partner does not read it.
	KeepSealsAtMost = 60 * 24 * time.Hour
	forgetEvery     = time.Hour
)

// RunKeys destroys replaced opening keys when their time has come, until ctx ends.
func (o *Outbox) RunKeys(ctx context.Context) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if err := o.ForgetKeys(ctx); err != nil && ctx.Err() == nil {
			o.log.Error("destroying replaced keys failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ForgetKeys destroys the opening keys that were replaced and are not needed any
// more: what was sealed for them cannot be opened by anybody from then on.
func (o *Outbox) ForgetKeys(ctx context.Context) error {
	if o.keyFile == nil || len(o.ring.Retired()) == 0 {
		return nil
	}
	o.changing.Lock()
	defer o.changing.Unlock()
	now := time.Now().UTC()
	until := now.Add(-KeepSealsAtMost)
	read, err := o.keysRead(ctx)
	if err != nil {
		return err
	}
	if !read.IsZero() && !now.Before(read.Add(KeepSeals)) {
		until = read
	}
	left, gone := o.ring.Without(until)
	if gone == 0 {
		return nil
	}
	what := store.What{Act: caller.ChangeKeys, Note: "replaced opening keys destroyed"}
	if err := o.store.Change(ctx, caller.Self(), what, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	if err := o.keyFile.Write(left); err != nil {
		return err
	}
	o.ring.Forget(until)
	return nil
}

// RetiredSeals is when the opening keys that are still kept were replaced.
func (o *Outbox) RetiredSeals() []time.Time { return o.ring.Retired() }

// keysRead is when the last partner had read of our newest keys; zero while one
// has not.
func (o *Outbox) keysRead(ctx context.Context) (read time.Time, err error) {
	err = o.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		unread, err := store.KeyNotices.Count(tx, store.KeysUnread)
		if err != nil || unread > 0 {
			return err
		}
		newest, err := store.OwnKeys.List(tx, 1)
		if err != nil {
			return err
		}
		for _, own := range newest {
			read = own.At // if there is no partner at all
		}
		notices, err := store.KeyNotices.List(tx, 0)
		for _, notice := range notices {
			if notice.Read.After(read) {
				read = notice.Read
			}
		}
		return err
	})
	return read, err
}
