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

// notify says a notice of destruction. It is wished for until the channel is one
// in which something may be said: an expelled partner is told when it is restored.
func (o *Outbox) notify(tx *store.Tx, wish store.Wish) error {
	channel, err := store.Channels.Get(tx, wish.Partner)
	if err != nil {
		return err
	}
	if channel.State == partner.Pending || channel.State == partner.Expelled {
		return nil
	}
	payload, err := warning.Decode(envelope.Destruction, wish.Payload)
	if err != nil {
		return fmt.Errorf("outbox: a wish: %w", err)
	}
	notice, is := payload.(*warning.Destruction)
	if !is {
		return problem.New(problem.Internal, "", "a wish is not what it says")
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
