// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that what is kept in memory of the store is given up when a
// commit may have happened.

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

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

// What a commit changes may be seen before it is counted: until then, and while it is
// not known whether a commit that failed has happened, nothing says that a reading
// sees what was counted.
func TestACommitIsSeenBeforeItIsCounted(t *testing.T) {
	fault := errors.New("the disk is gone")
	admin := caller.Caller{Kind: caller.Person, Name: "root", Roles: []caller.Role{caller.Administrator}}
	for name, result := range map[string]error{"it happened": nil, "it failed but happened": fault} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			there := func() (there bool) {
				k.must(k.Glance(t.Context(), admin, What{Act: caller.ListAccounts}, func(tx *Tx) (err error) {
					_, there, err = Accounts.Find(tx, "eve")
					return err
				}))
				return there
			}
			before := k.State(RowAccount)
			real, signs := k.commit, k.sign
			k.commit = func(ctx context.Context, w *session) error {
				k.must(real(ctx, w))
				if !there() || k.State(RowAccount) != before {
					t.Errorf("in the middle it is there: %t, counted: %t", there(), k.State(RowAccount) != before)
				}
				if k.Steady("", RowAccount) || !k.Steady("", RowChannel) || !k.Steady(Received) {
					t.Error("in the middle it is steady, or something is not that it does not touch")
				}
				if result != nil {
					k.sign = func(tlog.Tree) (string, error) { return "", fault } // the log cannot be read back
				}
				return result
			}
			put := func(name string) error {
				return k.Change(t.Context(), admin, What{Act: caller.AddAccount, Subject: name}, func(tx *Tx) error {
					return Accounts.Put(tx, name, Account{Name: name})
				})
			}
			if err := put("eve"); !errors.Is(err, result) {
				t.Errorf("told %v", err)
			}
			if steady := k.Steady("", RowAccount); steady != (result == nil) {
				t.Errorf("steady behind it: %t", steady)
			}
			counted := k.State(RowAccount)
			k.commit, k.sign = real, signs
			k.must(put("mallory"))
			if !k.Steady("", RowAccount) {
				t.Error("it is not steady in the end")
			}
			if n := k.State(RowAccount); result != nil && n < counted+2 {
				t.Errorf("what had happened was not counted once more when that was known: %d, then %d", counted, n)
			}
		})
	}
}
