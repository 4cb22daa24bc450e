// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays what people decide about how long things are kept.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A thing is kept longer, never erased sooner: nobody takes evidence away by a date.
func TestNobodyBringsADateForward(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.put(func(tx *store.Tx) error {
			review := warning.DateOf(tx.Now.AddDate(0, 6, 0))
			return store.Sources.Put(tx, "source--1", warning.Source{ID: "source--1", Title: "A report", Review: review, KeptAt: tx.Now})
		})
		var kept store.Retention
		alpha.show(func(tx *store.Tx) (err error) {
			kept, err = store.Retentions.Get(tx, store.RetentionID(store.OfSource, "source--1"))
			return err
		})
		for what, until := range map[string]warning.Date{"tomorrow": warning.DateOf(kept.Since.AddDate(0, 0, 1)), "the day before its own": warning.DateOf(kept.Due.AddDate(0, 0, -2))} {
			_, err := alpha.KeepOn(ctx, first, "source--1", until, "It is over.")
			refuses(t, what, err, problem.Conflict, "it is kept until")
		}
		later, err := alpha.KeepOn(ctx, duty, "source--1", warning.DateOf(kept.Due), "A trial goes on.")
		if err != nil || !later.Due.Equal(kept.Due.AddDate(0, 0, 1)) {
			t.Errorf("kept for a day more it is %+v, %v", later, err)
		}
	})
}
