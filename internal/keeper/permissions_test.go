// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file holds the clock of requests for permission.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A request that nobody answers rings once, on either side, and stays open; one
// that was answered has no clock.
func TestAPermissionThatNobodyAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		keep := func(id string, ours bool, answer *warning.Permission) {
			h.put(func(tx *store.Tx) error {
				return store.Permissions.Put(tx, store.PermissionID("bravo", ours, id), store.Permission{
					Request: warning.PermissionRequest{ID: id, AnswerBy: tx.Now.Add(time.Hour)}, Partner: "bravo", Ours: ours, Answer: answer,
				})
			})
		}
		keep("permission--1", true, nil)
		keep("permission--2", false, nil)
		keep("permission--3", false, &warning.Permission{Answer: warning.PermissionRefused})
		h.raised("before its time")
		h.after(time.Hour + tick)
		h.raised("after its time", "permission_overdue permission--1 IMMEDIATE", "permission_overdue permission--2 IMMEDIATE")
		h.after(100 * 24 * time.Hour)
		h.raised("long after", "permission_overdue permission--1 IMMEDIATE", "permission_overdue permission--2 IMMEDIATE")
		h.show(func(tx *store.Tx) error {
			open, err := store.Permissions.List(tx, 0, store.PermissionOpen)
			if len(open) != 2 || !open[0].Overdue || !open[1].Overdue {
				t.Errorf("open are %+v", open)
			}
			return err
		})
	})
}
