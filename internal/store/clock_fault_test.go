// SPDX-License-Identifier: Apache-2.0

package store_test

// This file sets the clock of one side, forward and back, by an hour and by a
// year, in the middle of an exchange: nothing is lost, nothing doubled, and
// people are told.

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

const year = 365 * 24 * time.Hour

func (n *node) alarmed(kind warning.AlarmKind) (count int) {
	n.t.Helper()
	alarms, err := n.shelf.Alarms(n.t.Context(), duty, false)
	check(n.t, err)
	for _, alarm := range alarms {
		if alarm.Kind == kind {
			count++
		}
	}
	return count
}

// played is an exchange in a bubble, with both nodes running.
func played(t *testing.T, pairs func(*testing.T) (*node, *node), play func(t *testing.T, e *exchange)) {
	t.Helper()
	alpha, bravo := pairs(t)
	synctest.Test(t, func(t *testing.T) {
		alpha.t, bravo.t = t, t
		time.Sleep(time.Hour) // after the time of the pairing
		e := &exchange{t: t, alpha: alpha, bravo: bravo, began: time.Now()}
		for _, n := range []*node{alpha, bravo} {
			check(t, n.start(fault{}))
			defer n.end()
		}
		play(t, e)
	})
	if !t.Failed() {
		noFork(t, alpha, bravo)
		noFork(t, bravo, alpha)
	}
}

// The clock is wrong from before the warning is written until half an hour
// later, on either side. Whatever it says, the exchange ends complete and once.
func TestAClockThatJumps(t *testing.T) {
	pairs := paired(t)
	for _, side := range []string{"alpha", "bravo"} {
		for _, by := range []time.Duration{time.Hour, -time.Hour, year} {
			t.Run(side+" "+by.String(), func(t *testing.T) {
				played(t, pairs, func(t *testing.T, e *exchange) {
					wrong := map[string]*node{"alpha": e.alpha, "bravo": e.bravo}[side]
					wrong.ahead.Store(int64(by))
					defer time.AfterFunc(30*time.Minute, func() { wrong.ahead.Store(0) }).Stop()
					e.play()
					if by.Abs() == year && e.alpha.alarmed(warning.AlarmClock)+e.bravo.alarmed(warning.AlarmClock) == 0 {
						t.Error("nobody was told of a clock that is a year off")
					}
				})
			})
		}
	}
}

// warn has two people release a warning.
func (n *node) warn() {
	n.t.Helper()
	n.release(plot())
}

func (n *node) release(draft warning.Draft) {
	n.t.Helper()
	ctx := n.t.Context()
	d, err := n.outbox.Compose(ctx, analyst, draft)
	check(n.t, err)
	p, err := n.outbox.Preview(ctx, rob, d.ID)
	check(n.t, err)
	for _, releaser := range []caller.Caller{rob, sue} {
		_, err = n.outbox.Release(ctx, releaser, d.ID, p.Hash, "")
		check(n.t, err)
	}
}

// A warning that was written by a clock a year behind has expired for whoever
// gets it. It is refused, but not in silence: the one side is told that a clock
// is wrong, the other that it was never delivered, once its clock is right. What
// is written after that arrives.
func TestAWarningFromAYearAgo(t *testing.T) {
	alpha, bravo := paired(t)(t)
	synctest.Test(t, func(t *testing.T) {
		alpha.t, bravo.t = t, t
		time.Sleep(time.Hour)
		alpha.ahead.Store(int64(-year))
		for _, n := range []*node{alpha, bravo} {
			check(t, n.start(fault{}))
			defer n.end()
		}
		alpha.warn()
		time.Sleep(time.Minute)
		if bravo.alarmed(warning.AlarmClock) != 1 {
			t.Errorf("bravo has %d alarms of a clock", bravo.alarmed(warning.AlarmClock))
		}
		alpha.ahead.Store(0)
		time.Sleep(2 * time.Hour)
		if alpha.alarmed(warning.AlarmExpired) != 1 {
			t.Errorf("alpha has %d alarms of what has expired", alpha.alarmed(warning.AlarmExpired))
		}
		alpha.warn()
		time.Sleep(10 * time.Minute)
		cases, err := bravo.shelf.Cases(t.Context(), duty, "", 0)
		check(t, err)
		if len(cases) != 1 {
			t.Errorf("bravo has %d cases", len(cases))
		}
	})
}

// What waits for a partner does not expire because the clock was set: for an
// hour it is still carried. Nor does it wait for a year because it was put off
// while the clock was a year ahead.
func TestAClockThatJumpsWhileMessagesWait(t *testing.T) {
	pairs := paired(t)
	played(t, pairs, func(t *testing.T, e *exchange) {
		alpha, bravo := e.alpha, e.bravo
		bravo.end()
		ctx := t.Context()
		alpha.warn()
		time.Sleep(10 * time.Minute)
		alpha.ahead.Store(int64(year))
		check(t, keeper.New(quiet(), alpha.store).Tick(ctx))
		time.Sleep(10 * time.Minute) // it is tried, and put off, by the wrong clock
		if alpha.alarmed(warning.AlarmClock) != 1 || alpha.alarmed(warning.AlarmExpired) != 0 {
			t.Errorf("%d alarms of the clock, %d of what has expired", alpha.alarmed(warning.AlarmClock), alpha.alarmed(warning.AlarmExpired))
		}
		alpha.ahead.Store(0)
		check(t, bravo.start(fault{}))
		back := time.Now()
		e.play()
		if late := time.Since(back); late > 10*time.Minute {
			t.Errorf("it took %v after the partner was back and the clock set right", late)
		}
	})
}

// Dates of objects only grow, whatever the clock says: clients ask for what was
// added after a date.
func TestDatesOfObjectsOnlyGrow(t *testing.T) {
	pairs := paired(t)
	alpha, _ := pairs(t)
	synctest.Test(t, func(t *testing.T) {
		alpha.t = t
		check(t, alpha.start(fault{}))
		defer alpha.end()
		var last time.Time
		for i, ahead := range []time.Duration{0, year, 0, -time.Hour, -year, time.Hour} {
			alpha.ahead.Store(int64(ahead))
			object, err := stix.Parse([]byte(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-00000000000` + string(rune('0'+i)) +
				`","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","name":"n"}`))
			check(t, err)
			o, err := store.NewObject("feed", "bravo", nil, object)
			check(t, err)
			check(t, alpha.store.Change(t.Context(), officer, note, func(tx *store.Tx) error {
				_, err := tx.KeepObject(o, store.Strict)
				return err
			}))
		}
		check(t, alpha.store.Glance(t.Context(), officer, note, func(tx *store.Tx) error {
			return tx.EachObject(store.ObjectQuery{Collection: "feed", Audiences: handling.TLPs(), AllVersions: true}, func(f *store.Found) (bool, error) {
				if !f.Added.After(last) {
					t.Errorf("%v after %v", f.Added, last)
				}
				last = f.Added
				return true, nil
			})
		}))
		if last.IsZero() {
			t.Error("nothing was found")
		}
	})
}

// heard is how many cases partners have opened.
func (n *node) heard() int {
	n.t.Helper()
	cases, err := n.shelf.Cases(n.t.Context(), duty, "", 0)
	check(n.t, err)
	return len(cases)
}

// What two people released waits as long as was said, whatever the wall clock does
// meanwhile: nobody takes back what has left because a clock was set.
func TestUndoIsNoLongerAndNoShorter(t *testing.T) {
	pairs := paired(t)
	for _, by := range []time.Duration{2 * time.Hour, -2 * time.Hour, year} {
		t.Run(by.String(), func(t *testing.T) {
			played(t, pairs, func(t *testing.T, e *exchange) {
				e.alpha.outbox.WithUndo(10 * time.Minute)
				routine := plot()
				routine.Warning.Precedence = handling.Routine
				e.alpha.release(routine)
				time.Sleep(time.Minute)
				e.alpha.ahead.Store(int64(by))
				time.Sleep(8 * time.Minute)
				if e.bravo.heard() != 0 {
					t.Fatal("it left before its time")
				}
				time.Sleep(3 * time.Minute)
				if e.bravo.heard() != 1 {
					t.Error("it has not left when its time was over")
				}
			})
		})
	}
}
