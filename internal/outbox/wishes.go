// SPDX-License-Identifier: Apache-2.0

package outbox

// This file says what the desk decided: it follows the wishes in the store.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// grantAgain is how long the outbox waits after it failed to say what is wished.
const grantAgain = 5 * time.Second

// Run says what is wished, and lets leave what has waited for its time, until
// ctx ends. A wish and the message it became change in one transaction, so a
// crash repeats nothing.
func (o *Outbox) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		woken := o.store.Wait(store.RowWish, store.RowChannel, store.Drafts.Kind(), store.Policies.Kind()) // some wait until a channel is open again, or a policy lets them be said
		granted := o.grantAll(ctx)
		next, left := o.leaveAll(ctx)
		if err := errors.Join(granted, left); err != nil && ctx.Err() == nil {
			o.log.Error("saying what is wished, or letting a released warning leave, failed", "err", err)
			// A commit that failed wakes us, too: without a pause we would try for ever.
			woken, next = nil, time.Now().Add(grantAgain)
		}
		var due <-chan time.Time
		if !next.IsZero() {
			due = time.After(max(time.Until(next), time.Second))
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-due:
		}
	}
	return nil
}

// grantAll says everything that is wished, as far as it can be.
func (o *Outbox) grantAll(ctx context.Context) error {
	var wishes []store.Wish
	err := o.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		wishes, err = store.Wishes.List(tx, 0)
		return err
	})
	for _, wish := range wishes {
		if ctx.Err() != nil {
			break
		}
		err = errors.Join(err, o.grant(ctx, wish.ID)) // one that cannot be said keeps no other
	}
	return err
}

func (o *Outbox) grant(ctx context.Context, id string) error {
	return o.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: id}, func(tx *store.Tx) error {
		wish, ok, err := store.Wishes.Find(tx, id)
		if err != nil || !ok {
			return err
		}
		if wish.Kind == string(envelope.Destruction) {
			return o.notify(tx, wish)
		}
		if wish.Kind == string(envelope.Recall) {
			return o.recallWished(tx, wish)
		}
		if wish.Kind == string(envelope.PledgeEnd) {
			return o.pledgeEndWished(tx, wish)
		}
		if err := store.Wishes.Delete(tx, id); err != nil {
			return err
		}
		channel, err := store.Channels.Get(tx, wish.Partner)
		if err != nil {
			return err
		}
		if !channel.Opens() {
			return nil // the state changed again meanwhile; the next change wishes anew
		}
		if wish.Kind == string(envelope.Voice) {
			if err := o.shareVoice(tx, channel); !problem.Is(err, problem.Conflict) {
				return err
			}
			return nil // people here did it meanwhile
		}
		payload, err := warning.Decode(envelope.Kind(wish.Kind), wish.Payload)
		if err != nil {
			return fmt.Errorf("outbox: a wish: %w", err)
		}
		channel.Dropped = nil
		if err := store.Channels.Put(tx, channel.Name, channel); err != nil {
			return err
		}
		return o.say(tx, letter{
			channel: channel, kind: envelope.Kind(wish.Kind), payload: payload,
			precedence: handling.Immediate, handling: handling.Handling{TLP: handling.AmberStrict},
		})
	})
}
