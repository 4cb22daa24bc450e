// SPDX-License-Identifier: Apache-2.0

package keeper

// This file holds the clock of requests for redress.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// redresses rings for each request that nobody has answered in time.
func redresses(tx *store.Tx) (all []due, next time.Time, err error) {
	open, err := store.Redresses.List(tx, 0, store.RedressOpen)
	for _, r := range open {
		if r.Overdue {
			continue
		}
		if next = sooner(next, r.Due); !tx.Now.After(r.Due) {
			continue
		}
		all = append(all, func(tx *store.Tx) error {
			now, err := store.Redresses.Get(tx, r.ID)
			if err != nil || !now.Answered.IsZero() {
				return err
			}
			now.Overdue = true
			if err := store.Redresses.Put(tx, now.ID, now); err != nil {
				return err
			}
			return tx.Raise(warning.RedressAlarm(now.ID, now.Due, true))
		})
	}
	return all, next, err
}
