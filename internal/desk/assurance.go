// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people judge of how others fare whom we name to a partner.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// SetAssurance keeps a sheet in place of the one on the same partner and country.
// The sheets before stand in the log as changes, not as texts.
func (d *Desk) SetAssurance(ctx context.Context, who caller.Caller, a warning.Assurance) (shown api.Assurance, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.SetAssurance, Subject: a.Partner, Note: a.Country}, func(tx *store.Tx) error {
		if _, err := store.Channels.Get(tx, a.Partner); err != nil {
			return err
		}
		if err := a.Validate(tx.Now); err != nil {
			return problem.Incomplete("the sheet is not complete", err)
		}
		a.By, a.At = who.Name, tx.Now
		shown = api.Assurance{Assurance: a, Against: a.Against(tx.Now)}
		return store.Assurances.Put(tx, store.AssuranceID(a.Partner, a.Country), a)
	})
	return shown, err
}

// Assurances lists the sheets, the newest first.
func (d *Desk) Assurances(ctx context.Context, who caller.Caller) (list []api.Assurance, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.SeeAssurances}, func(tx *store.Tx) error {
		sheets, err := store.Assurances.List(tx, 0)
		for _, a := range sheets {
			list = append(list, api.Assurance{Assurance: a, Against: a.Against(tx.Now)})
		}
		return err
	})
	return list, err
}
