// SPDX-License-Identifier: Apache-2.0

package keeper

// This file keeps the clock of what is asked of originators. It answers nothing.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// permissions marks each request for permission, ours or theirs, that nobody has
// answered in time.
func permissions(tx *store.Tx) (all []due, next time.Time, err error) {
	open, err := store.Permissions.List(tx, 0, store.PermissionOpen)
	for _, p := range open {
		if p.Overdue {
			continue
		}
		if next = sooner(next, p.Request.AnswerBy); !tx.Now.After(p.Request.AnswerBy) {
			continue
		}
		all = append(all, func(tx *store.Tx) error {
			id := store.PermissionID(p.Partner, p.Ours, p.Request.ID)
			now, err := store.Permissions.Get(tx, id)
			if err != nil || now.Answer != nil || now.Withdrawn != nil || !now.Gone.IsZero() {
				return err
			}
			now.Overdue = true
			if err := store.Permissions.Put(tx, id, now); err != nil {
				return err
			}
			return tx.Raise(warning.PermissionAlarm(p.Partner, p.Request.ID, p.Ours))
		})
	}
	return all, next, err
}
