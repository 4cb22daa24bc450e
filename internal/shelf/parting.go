// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows what a parting left behind.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// dropped are the messages that expulsions took out of a partner's queue, newest
// first: those of one case, or with an empty one the newest of all.
func dropped(tx *store.Tx, partner, thread string) (all []api.Dropped, err error) {
	limit := 100
	if thread != "" {
		limit = 0
	}
	drops, err := store.Drops.List(tx, limit, partner)
	if err != nil {
		return nil, err
	}
	for _, d := range drops {
		if thread != "" && d.Case != thread {
			continue
		}
		message, err := tx.Message(d.Hash)
		if err != nil {
			return nil, err
		}
		all = append(all, api.Dropped{
			Hash: d.Hash, Seq: d.Seq, Kind: string(d.Kind), Case: d.Case, At: d.At, By: d.By, Why: d.Why,
			OnItsWay: d.OnItsWay, Tries: d.Tries, Receipted: message.State == store.Delivered,
		})
	}
	return all, nil
}

// accountsOf are the accounts of a partner's tools that have not ended, by name.
func accountsOf(tx *store.Tx, partner string) (names []string, err error) {
	accounts, err := store.Accounts.List(tx, 0)
	for _, account := range accounts {
		if account.Partner == partner && account.Ended.IsZero() {
			names = append(names, account.Name)
		}
	}
	slices.Sort(names)
	return names, err
}
