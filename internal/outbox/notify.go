// SPDX-License-Identifier: Apache-2.0

package outbox

// This file tells partners of what was erased here.

import (
	"fmt"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// wished is what is to be said, and in which channel; false while nothing may be
// said there.
func wished[P warning.Payload](tx *store.Tx, wish store.Wish) (channel partner.Channel, said P, now bool, err error) {
	if channel, err = store.Channels.Get(tx, wish.Partner); err != nil {
		return channel, said, false, err
	}
	if channel.State == partner.Pending || channel.State == partner.Expelled {
		return channel, said, false, nil
	}
	payload, err := warning.Decode(envelope.Kind(wish.Kind), wish.Payload)
	if err != nil {
		return channel, said, false, fmt.Errorf("outbox: a wish: %w", err)
	}
	said, now = payload.(P)
	if !now {
		err = problem.New(problem.Internal, "", "a wish is not what it says")
	}
	return channel, said, now, err
}

// notify says a notice of destruction. It is wished for until the channel is one
// in which something may be said: an expelled partner is told when it is restored.
func (o *Outbox) notify(tx *store.Tx, wish store.Wish) error {
	channel, notice, now, err := wished[*warning.Destruction](tx, wish)
	if err != nil || !now {
		return err
	}
	err = o.say(tx, letter{
		channel: channel, kind: envelope.Destruction, payload: notice, thread: notice.Case,
		precedence: handling.Routine, handling: handling.Handling{TLP: handling.AmberStrict},
	})
	if err != nil {
		return err
	}
	_, hash, err := tx.Tip(channel.ID, store.Out) // what was said last
	if err != nil {
		return err
	}
	kept := store.Destruction{Notice: *notice, Partner: channel.Name, Ours: true, Hash: hash}
	if err := store.Destructions.Put(tx, store.DestructionID(channel.Name, true, notice.ID), kept); err != nil {
		return err
	}
	return store.Wishes.Delete(tx, wish.ID)
}
