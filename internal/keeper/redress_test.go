// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file lets the time pass in which a request for redress is to be answered.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestARequestThatNobodyAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		var due time.Time
		keep := func(id string, answered bool) {
			h.put(func(tx *store.Tx) error {
				due = tx.Now.Add(store.RedressWithin)
				r := store.Redress{ID: id, OpenedBy: "ann", OpenedAt: tx.Now, Asker: "L.", Names: []string{"Jan Example"}, Due: due}
				if answered {
					r.Answered = tx.Now
				}
				return store.Redresses.Put(tx, id, r)
			})
		}
		rings := func(id string) (is bool) {
			h.show(func(tx *store.Tx) (err error) {
				is, err = tx.IsRaised(warning.RedressAlarm(id, due, true))
				return err
			})
			return is
		}
		keep("redress--1", false)
		keep("redress--2", true)
		h.wait(29)
		if rings("redress--1") {
			t.Error("it rings before its time")
		}
		h.wait(2)
		if !rings("redress--1") || rings("redress--2") {
			t.Errorf("unanswered: %t, answered: %t", rings("redress--1"), rings("redress--2"))
		}
	})
}
