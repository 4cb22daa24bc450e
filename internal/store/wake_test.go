// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that what is kept in memory of the store is given up when a
// commit may have happened.

import (
	"context"
	"errors"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// Eve's account is removed while the disk is failing. The administrator is told
// of an error; the account may be gone all the same, so whoever holds the
// accounts in memory is woken and reads them again before that error is told.
func TestFailedCommitWakes(t *testing.T) {
	admin := caller.Caller{Kind: caller.Person, Name: "root", Roles: []caller.Role{caller.Administrator}}
	fault := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		commit func(context.Context, *session) error
		there  bool
	}{
		"it failed":              {func(context.Context, *session) error { return fault }, true},
		"it failed but happened": {func(ctx context.Context, w *session) error { return errors.Join(w.exec(ctx, `COMMIT`), fault) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.must(k.Change(t.Context(), admin, What{Act: caller.AddAccount, Subject: "eve"}, func(tx *Tx) error {
				return Accounts.Put(tx, "eve", Account{Name: "eve"})
			}))
			woken, state := k.Wait(RowAccount), k.State(RowAccount)
			real := k.commit
			k.commit = test.commit
			err := k.Change(t.Context(), admin, What{Act: caller.DropAccount, Subject: "eve"}, func(tx *Tx) error { return Accounts.Delete(tx, "eve") })
			k.commit = real
			if !errors.Is(err, fault) {
				t.Errorf("the administrator was told %v", err)
			}
			select {
			case <-woken:
			default:
				t.Error("nobody was woken")
			}
			if k.State(RowAccount) == state {
				t.Error("it was not counted")
			}
			there := !test.there
			k.must(k.Glance(t.Context(), admin, What{Act: caller.ListAccounts}, func(tx *Tx) (err error) {
				_, there, err = Accounts.Find(tx, "eve")
				return err
			}))
			if there != test.there {
				t.Errorf("the account is there: %v", there)
			}
		})
	}
}
