// SPDX-License-Identifier: Apache-2.0

package courier

// This file holds what carrying has to know of keys that change: ours, while a
// partner has not read of it yet, and a partner's, while its message is still on
// its way.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// sender signs a body for a partner.
func (c *Courier) sender(ctx context.Context, to envelope.Card, body []byte) (string, error) {
	links, err := c.links(ctx, to.Name)
	return c.signedBy(links)(envelope.DeliverySigningInput(to.ID(), body)), err
}

// links lead a partner that has not receipted our newest keys yet from the key it
// knows to the one we sign with.
func (c *Courier) links(ctx context.Context, name string) (links []envelope.Link, err error) {
	if c.ring.Number() == 0 {
		return nil, nil
	}
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) error {
		changes, err := unread(tx, name)
		if err == nil {
			links, err = linksOf(changes)
		}
		return err
	})
	return links, err
}

// linksOf are the newest links of changes of keys, as many as a header holds.
func linksOf(changes []envelope.Change) (links []envelope.Link, err error) {
	for _, change := range changes {
		s, err := change.Peek()
		if err != nil {
			return nil, err
		}
		if len(change.Link) > 0 {
			links = append(links, envelope.Link{Public: s.New.Public(), Signature: change.Link})
		}
	}
	return links[max(0, len(links)-envelope.MaxLinks):], nil
}

// linksSince lead a partner that knows so many of our changes of keys to the key we
// sign with: one that was restored may have receipted others, and lost them.
func (c *Courier) linksSince(ctx context.Context, name string, known uint64) (links []envelope.Link, err error) {
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) error {
		changes, err := changesSince(tx, known, c.ring.Number())
		if err == nil {
			links, err = linksOf(changes)
		}
		return err
	})
	return links, err
}

// changesSince are our changes of keys behind a number, to another.
func changesSince(tx *store.Tx, known, newest uint64) (changes []envelope.Change, err error) {
	for number := known + 1; number <= newest; number++ {
		own, err := store.OwnKeys.Get(tx, store.SeqText(number))
		if err != nil {
			return nil, err
		}
		changes = append(changes, own.Change)
	}
	return changes, nil
}

// unread are our changes of keys that a partner has not receipted.
func unread(tx *store.Tx, name string) (changes []envelope.Change, err error) {
	notices, err := tx.UnreadKeys(name)
	if err != nil {
		return nil, err
	}
	for _, notice := range notices {
		own, err := store.OwnKeys.Get(tx, store.SeqText(notice.Number))
		if err != nil {
			return nil, err
		}
		changes = append(changes, own.Change)
	}
	return changes, nil
}

// announced keeps the changes of keys that a partner's answer shows: its receipts
// may be signed with keys whose message has not come yet. What is not right
// raises an alarm and changes nothing.
func (c *Courier) announced(ctx context.Context, channel *partner.Channel, changes []envelope.Change) error {
	if len(changes) == 0 {
		return nil
	}
	known := *channel
	if news, err := known.Announce(changes); err == nil && !news {
		return nil // they are among what is known
	}
	return c.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: channel.Name, Note: "new keys announced"}, func(tx *store.Tx) error {
		fresh, err := store.Channels.Get(tx, channel.Name)
		if err != nil {
			return err
		}
		if fresh.State == partner.Expelled {
			return nil // meanwhile
		}
		news, wrong := fresh.Announce(changes)
		if wrong != nil {
			c.log.Warn("change of keys refused", "partner", channel.Name, "err", wrong)
			return tx.Raise(warning.Alarm{Kind: warning.AlarmKeysRefused, Partner: channel.Name, Subject: channel.Name, Level: handling.Flash,
				Text: channel.Name + " answered with a change of keys that is not right; nothing was changed. Call them on a number you know"})
		}
		channel.Card, channel.Keys = fresh.Card, fresh.Keys
		if !news {
			return nil
		}
		return store.Channels.Put(tx, channel.Name, fresh)
	})
}

// announcedByHand is announced for what came in a file.
func (c *Courier) announcedByHand(ctx context.Context, name string, changes []envelope.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var channel partner.Channel
	err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) (err error) {
		channel, err = store.Channels.Get(tx, name)
		return err
	})
	if err != nil {
		return err
	}
	return c.announced(ctx, &channel, changes)
}

// newCosigners are the keys a partner cosigns with by the changes that its answer
// shows.
func (c *Courier) newCosigners(ctx context.Context, o cosigner, header string) ([]*witness.Verifier, error) {
	changes, err := envelope.ParseKeys(header)
	if err != nil {
		return o.keys, err
	}
	var channel partner.Channel
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.AskWitness, Subject: o.name}, func(tx *store.Tx) (err error) {
		channel, err = store.Channels.Get(tx, o.name)
		return err
	})
	if err == nil {
		err = c.announced(ctx, &channel, changes)
	}
	if err != nil {
		return o.keys, err
	}
	eras := channel.Eras()
	return eras[len(eras)-1].Card.Cosigners()
}

// partnerKeys are the keys a partner has and had, ready to verify many receipts.
type partnerKeys struct {
	eras []envelope.Era
	keys map[string]receipt.Keys // by the card's keys
}

func keysOf(channel *partner.Channel) partnerKeys {
	k := partnerKeys{eras: channel.Eras(), keys: make(map[string]receipt.Keys)}
	for _, era := range k.eras {
		k.keys[nameOf(era.Card)] = receipt.Keys{Sign: era.Card.Public(), Log: era.Card.Log}.Remembering()
	}
	return k
}

func nameOf(card envelope.Card) string { return string(card.Sign) + card.Log }

// verify verifies a receipt by the keys that the partner has, or had when it says.
func (k partnerKeys) verify(r *receipt.Receipt) error {
	_, err := partner.VerifyBy(k.eras, r.Statement.Time(), func(card envelope.Card) error { return r.Verify(k.keys[nameOf(card)]) })
	return err
}
