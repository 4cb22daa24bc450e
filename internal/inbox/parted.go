// SPDX-License-Identifier: Apache-2.0

package inbox

// This file tells the door of partners who were expelled.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Parted calls part with the id of each node that is expelled from now on, until
// ctx ends.
func (in *Inbox) Parted(ctx context.Context, part func(id string)) error {
	known := make(map[string]bool)
	for first := true; ctx.Err() == nil; first = false {
		woken := in.store.Wait(store.RowChannel)
		expelled := make(map[string]bool)
		err := in.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
			channels, err := store.Channels.List(tx, 0, string(partner.Expelled))
			for _, channel := range channels {
				expelled[channel.Card.ID()] = true
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			in.log.Error("looking for who was expelled failed", "err", err)
			expelled = known
		}
		for id := range expelled {
			if !known[id] && !first {
				part(id)
			}
		}
		known = expelled
		select {
		case <-ctx.Done():
		case <-woken:
		}
	}
	return nil
}
