// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows how far a recovery from a backup is.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Recovery shows the newest recovery of the node; its zero value if it was never
// restored.
func (s *Shelf) Recovery(ctx context.Context, who caller.Caller) (shown api.Recovery, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeHeads}, func(tx *store.Tx) error {
		r, known, err := tx.NewestRecovery()
		if err != nil || !known {
			return err
		}
		shown = api.Recovery{
			ID: r.ID, Restored: r.At, Made: r.Made, Size: r.Size, ByHand: r.Hand, Open: r.Ended.IsZero(), Ended: r.Ended, NewLog: r.NewLog,
			Ordered: r.Ordered, Why: r.Why,
		}
		for _, p := range r.Partners {
			shown.Partners = append(shown.Partners, api.Regained{
				Partner: p.Partner, Heard: p.Heard, Tried: p.Tried, Failure: p.Failure, Wrong: p.Wrong, Ahead: p.Ahead, Log: p.Log,
				Ours: p.Ours, Theirs: p.Theirs, Lost: p.Lost, Without: p.Without, Why: p.Why, ByHand: p.ByHand, Asked: p.Asked, File: p.File,
			})
		}
		shown.Waits = r.Waits()
		return nil
	})
	return shown, err
}
