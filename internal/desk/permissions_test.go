// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file says what was done about permissions that were withdrawn.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A permission that was withdrawn waits until somebody says what was done; where
// copies had left, a duty officer or a releaser does.
func TestWhatWasDoneAboutAWithdrawnPermission(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		alpha.staff(analyst, first, duty)
		gone := store.PermissionUse{Partner: "carol", Case: "warning--2", Message: "not kept here, so nobody knows"}
		alpha.put(func(tx *store.Tx) error {
			for id, uses := range map[string][]store.PermissionUse{"permission--unused": nil, "permission--used": {gone}} {
				err := store.Permissions.Put(tx, store.PermissionID("bravo", true, id), store.Permission{
					Partner: "bravo", Ours: true, Hash: "of " + id, Uses: uses, Waits: true,
					Request:   warning.PermissionRequest{ID: id, Case: "warning--1", At: tx.Now},
					Withdrawn: &warning.Permission{Answer: warning.PermissionWithdrawn, Reason: "r", At: tx.Now},
				})
				if err != nil {
					return err
				}
			}
			return tx.Raise(warning.WithdrawnAlarm("bravo", "permission--used", "carol"))
		})
		_, err := alpha.SettlePermission(ctx, analyst, "permission--unused", " ")
		refuses(t, "nothing said", err, problem.Invalid, "what was done must be said")
		_, err = alpha.SettlePermission(ctx, admin, "permission--unused", "Nothing had left.")
		refuses(t, "an administrator", err, problem.Denied, "")
		_, err = alpha.SettlePermission(ctx, analyst, "permission--used", "Nothing had left.")
		refuses(t, "an analyst, of copies that had left", err, problem.Denied, "copies had left under it")
		p, err := alpha.SettlePermission(ctx, analyst, "permission--unused", "Nothing had left.")
		check(t, err)
		if p.Waits || p.Done == nil || p.Done.By != analyst.Name || p.Done.What != "Nothing had left." {
			t.Errorf("%+v", p)
		}
		if len(alpha.alarms()) != 1 {
			t.Errorf("alarms %+v", alpha.alarms())
		}
		_, err = alpha.SettlePermission(ctx, duty, "of permission--used", "It was recalled.")
		check(t, err)
		for _, alarm := range alpha.alarms() {
			if alarm.DismissedBy != duty.Name {
				t.Errorf("it rings still: %+v", alarm)
			}
		}
		_, err = alpha.SettlePermission(ctx, first, "permission--used", "Again.")
		refuses(t, "twice", err, problem.Missing, "was withdrawn and waits")
		alpha.show(func(tx *store.Tx) error {
			waiting, err := store.Permissions.Count(tx, store.PermissionWithdrawn)
			if waiting != 0 {
				t.Errorf("%d wait", waiting)
			}
			return err
		})
	})
}
