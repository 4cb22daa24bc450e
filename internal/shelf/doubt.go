// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows messages in doubt, and who affirmed them.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Doubted lists the messages in doubt that wait for a person, newest first; with
// all, those that were decided, too.
func (s *Shelf) Doubted(ctx context.Context, who caller.Caller, all bool) (list []api.Doubted, err error) {
	states := []string{store.DoubtWaits}
	if all {
		states = nil
	}
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadCase}, func(tx *store.Tx) error {
		kept, err := store.Doubteds.List(tx, 0, states...)
		if err != nil {
			return err
		}
		for _, d := range kept {
			shown := api.Doubted{
				Hash: d.Hash, Partner: d.Partner, Kind: string(d.Kind), Case: d.Case, Sent: d.Sent, Found: d.Found, State: store.DoubtWaits, By: d.By, At: d.At, Why: d.Why,
			}
			switch {
			case d.By != "":
				shown.State = store.DoubtAffirmed
			case !d.Cleared.IsZero():
				shown.State = store.DoubtCleared
			}
			channel, err := store.Channels.Get(tx, d.Partner)
			if err != nil {
				return err
			}
			m, err := tx.Message(d.Hash)
			if err != nil {
				return err
			}
			shown.InDoubt = inDoubt(channel, m, d.Sent, nil)
			list = append(list, shown)
		}
		return nil
	})
	return list, err
}

// showAffirmed says who affirmed a message in doubt.
func showAffirmed(tx *store.Tx, shown *api.Message) error {
	if shown.InDoubt == "" || shown.Ours {
		return nil
	}
	d, is, err := store.Doubteds.Find(tx, shown.Hash)
	if err == nil && is && d.By != "" {
		shown.AffirmedBy, shown.AffirmedWhy = d.By, d.Why
	}
	return err
}
