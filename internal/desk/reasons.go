// SPDX-License-Identifier: Apache-2.0

package desk

// This file keeps why people open what asks for a reason.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// GiveReason keeps why somebody opens a case, a draft or a report, in 3 to 500
// characters. It is asked for once in [store.ReasonFor], and shown to the overseer.
func (d *Desk) GiveReason(ctx context.Context, who caller.Caller, subject, text string) (r store.Reason, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.GiveReason, Subject: subject}, func(tx *store.Tx) error {
		r, err = tx.GiveReason(subject, text)
		return err
	})
	return r, err
}
