// SPDX-License-Identifier: Apache-2.0

package store_test

// This file sets the clock of a node far ahead, while it runs and before it
// starts: nothing is erased by a clock that may be wrong.

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// shelved is a node that keeps one report, whose clock may be set.
type shelved struct {
	t     *testing.T
	dir   string
	ring  *keys.Ring
	ahead atomic.Int64
	store *store.Store
	*keeper.Keeper
}

func (n *shelved) start() {
	n.t.Helper()
	var err error
	n.store, err = store.OpenOn(quiet(), n.dir, n.ring.SignCheckpoint, "", func() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) })
	check(n.t, err)
	n.Keeper = keeper.New(slog.New(slog.DiscardHandler), n.store)
}

func (n *shelved) restart() {
	n.t.Helper()
	check(n.t, n.store.Close())
	n.start()
}

// look lets time pass, looks at the clocks each hour, and returns the state of the report.
func (n *shelved) look(d time.Duration) (state store.RetentionState) {
	n.t.Helper()
	for left := d; left >= 0; left -= time.Hour {
		check(n.t, n.Tick(n.t.Context()))
		if left > 0 {
			time.Sleep(min(left, time.Hour))
		}
	}
	check(n.t, n.store.Glance(n.t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, store.RetentionID(store.OfSource, "source--1"))
		state = r.State
		return err
	}))
	return state
}

// What is due is due by the right clock: a clock that says 2030 for an hour, or from
// the start on until somebody sees it, erases nothing; and when it is right again,
// people are asked when the time comes, and not before.
func TestAClockThatIsWrongErasesNothing(t *testing.T) {
	const day = 24 * time.Hour
	for name, set := range map[string]func(n *shelved, by time.Duration){
		"while it runs": func(n *shelved, by time.Duration) { n.ahead.Store(int64(by)) },
		"at a start": func(n *shelved, by time.Duration) {
			n.ahead.Store(int64(by))
			n.restart()
		},
	} {
		t.Run(name, func(t *testing.T) {
			ring, err := keys.Generate("alpha", "NO")
			check(t, err)
			synctest.Test(t, func(t *testing.T) {
				n := &shelved{t: t, dir: t.TempDir(), ring: ring}
				n.start()
				defer func() { check(t, n.store.Close()) }()
				check(t, n.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
					review := warning.DateOf(tx.Now.Add(100 * day))
					return store.Sources.Put(tx, "source--1", warning.Source{ID: "source--1", Title: "A report", Review: review, KeptAt: tx.Now})
				}))
				n.look(time.Hour)
				set(n, 30*365*day)
				if state := n.look(23 * time.Hour); state != store.RetentionAsked {
					t.Fatalf("by a clock that is thirty years ahead it is %s", state)
				}
				n.ahead.Store(0)
				if state := n.look(25 * time.Hour); state != store.RetentionKept {
					t.Fatalf("by the right clock it is %s", state)
				}
				if state := n.look(80 * day); state != store.RetentionKept {
					t.Fatalf("more than two weeks before its date it is %s", state)
				}
				if state := n.look(15 * day); state != store.RetentionAsked {
					t.Fatalf("before its date it is %s", state)
				}
				n.restart()
				if state := n.look(6 * day); state != store.RetentionErased {
					t.Errorf("after its date it is %s", state)
				}
			})
		})
	}
}

// What somebody read while the clock was set back hides nothing that was read before.
func TestReadsBehindAClockThatWasSetBack(t *testing.T) {
	ring, err := keys.Generate("alpha", "NO")
	check(t, err)
	synctest.Test(t, func(t *testing.T) {
		n := &shelved{t: t, dir: t.TempDir(), ring: ring}
		n.start()
		defer func() { check(t, n.store.Close()) }()
		ann := caller.Caller{Kind: caller.Person, Name: "ann", Roles: []caller.Role{caller.Analyst}}
		reads := func() {
			check(t, n.store.Show(t.Context(), ann, store.What{Act: caller.ReadCase, Subject: "warning--1"}, func(*store.Tx) error { return nil }))
		}
		reads()
		n.ahead.Store(-int64(48 * time.Hour))
		reads()
		n.ahead.Store(0)
		check(t, n.store.Glance(t.Context(), caller.Self(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) error {
			uses, err := tx.Uses(store.Sought{Since: tx.Now.Add(-time.Hour)})
			if len(uses) != 1 {
				t.Errorf("within the hour: %+v", uses)
			}
			return err
		}))
	})
}
