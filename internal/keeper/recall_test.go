// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file holds the clock of recalls.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A recall that nobody answers rings once, on either side, and stays open; one
// that was answered has no clock.
func TestARecallThatNobodyAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		keep := func(id string, ours bool, answer *warning.RecallAnswer) {
			h.put(func(tx *store.Tx) error {
				return store.Recalls.Put(tx, store.RecallID("bravo", ours, id), store.Recall{
					Recall: warning.Recall{ID: id, AnswerBy: tx.Now.Add(time.Hour)}, Partner: "bravo", Ours: ours, Answer: answer,
				})
			})
		}
		keep("recall--1", true, nil)
		keep("recall--2", false, nil)
		keep("recall--3", true, &warning.RecallAnswer{Answer: warning.Destroyed})
		h.raised("before its time")
		h.after(time.Hour + tick)
		h.raised("after its time", "recall_overdue recall--1 IMMEDIATE", "recall_overdue recall--2 IMMEDIATE")
		h.after(100 * 24 * time.Hour)
		h.raised("long after", "recall_overdue recall--1 IMMEDIATE", "recall_overdue recall--2 IMMEDIATE")
		h.show(func(tx *store.Tx) error {
			open, err := store.Recalls.List(tx, 0, store.RecallOpen)
			for _, r := range open {
				if !r.Overdue {
					t.Errorf("%s is not overdue", r.Recall.ID)
				}
			}
			if len(open) != 2 {
				t.Errorf("%d are open: time closed one", len(open))
			}
			return err
		})
	})
}
