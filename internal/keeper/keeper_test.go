// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file lets time pass, in a bubble over a real store, and looks at what the
// clocks did.

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// house is a keeper over a real store.
type house struct {
	*keeper.Keeper
	t     *testing.T
	store *store.Store
}

// bubble plays in fake time.
func bubble(t *testing.T, play func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ring, err := keys.Generate("alpha", "NO")
		check(t, err)
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		kept, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
		check(t, err)
		t.Cleanup(func() { check(t, kept.Close()) })
		play(t, &house{Keeper: keeper.New(log, kept), t: t, store: kept})
	})
}

// after lets time pass; the clocks are read eight times meanwhile, the last time
// at its end.
func (h *house) after(d time.Duration) {
	h.t.Helper()
	for range 8 {
		time.Sleep(d / 8)
		check(h.t, h.Tick(h.t.Context()))
	}
}

func (h *house) put(change func(*store.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Change(h.t.Context(), caller.Self(), store.What{Act: caller.Tick}, change))
}

func (h *house) show(read func(*store.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Glance(h.t.Context(), caller.Self(), store.What{Act: caller.Tick}, read))
}

func (h *house) duty(id string) (d warning.Duty) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		d, err = store.Duties.Get(tx, id)
		return err
	})
	return d
}

// open keeps a duty of that id, due after the clock of its precedence.
func (h *house) open(id string, precedence handling.Precedence, state warning.DutyState) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		return store.Duties.Put(tx, id, warning.Duty{ID: id, Opened: tx.Now, Partner: "bravo", Title: "Square", Precedence: precedence, Due: tx.Now.Add(precedence.AnswerWithin()), State: state})
	})
}

// alarms are the alarms that are raised: kind, subject and level, sorted.
func (h *house) alarms() (all []string) {
	h.t.Helper()
	h.show(func(tx *store.Tx) error {
		raised, err := store.Alarms.List(tx, 0, store.Raised)
		for _, a := range raised {
			all = append(all, string(a.Kind)+" "+a.Subject+" "+string(a.Level))
		}
		slices.Sort(all)
		return err
	})
	return all
}

func (h *house) raised(what string, want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.alarms()); diff != "" {
		h.t.Errorf("%s: alarms (-want +got):\n%s", what, diff)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tick is how much later than on time the clocks may be read.
const tick = 15 * time.Second

// What is kept after a look that found nothing is found by the next, and so is
// what was due meanwhile by a clock that ran already.
func TestWhatComesAfterALook(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.open("duty--1", handling.Immediate, warning.DutyOpen)
		h.after(time.Minute)
		h.put(func(tx *store.Tx) error {
			return store.Cases.Put(tx, "warning--1", store.Case{ID: "warning--1", Partner: "bravo", Precedence: "FLASH", State: store.CaseOpen, AnswerBy: tx.Now, Updated: tx.Now})
		})
		time.Sleep(time.Second)
		check(t, h.Tick(t.Context()))
		h.raised("what came after", "answer_overdue warning--1 FLASH")
		time.Sleep(8 * time.Hour)
		check(t, h.Tick(t.Context()))
		h.raised("what ran already", "answer_overdue warning--1 FLASH", "duty_overdue duty--1 FLASH")
	})
}

// A duty's clock escalates once in each period, and raises one alarm.
func TestADutyThatNobodyDecides(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.open("duty--1", handling.Immediate, warning.DutyOpen)
		h.after(8*time.Hour - time.Second)
		h.raised("a second before")
		h.after(time.Second + tick)
		h.raised("on time", "duty_overdue duty--1 FLASH")
		for period := 1; period <= 4; period++ {
			d := h.duty("duty--1")
			if d.Escalated != period || d.State != warning.DutyOpen || len(d.History) != period || d.History[period-1].By != "clock" {
				t.Errorf("after %d periods: %+v", period, d)
			}
			h.raised("one alarm", "duty_overdue duty--1 FLASH")
			h.after(8 * time.Hour)
		}
		h.put(func(tx *store.Tx) error { // once it was dismissed, the next period raises it anew
			raised, err := store.Alarms.List(tx, 0, store.Raised)
			if err != nil {
				return err
			}
			raised[0].DismissedBy = "dan"
			return store.Alarms.Put(tx, raised[0].ID, raised[0])
		})
		h.raised("dismissed")
		h.after(8*time.Hour + tick)
		h.raised("still not decided", "duty_overdue duty--1 FLASH")
	})
}

// Nothing is closed by time, and what is closed has no clock.
func TestWhichDutiesHaveAClock(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		for _, state := range []warning.DutyState{warning.DutyOpen, warning.DutyProposed, warning.DutyWarn, warning.DutyWarned, warning.DutyWaived, warning.DutyNotMet} {
			h.open("duty--"+string(state), handling.Flash, state)
		}
		h.after(30*time.Minute + tick)
		h.raised("after half an hour", "duty_overdue duty--open FLASH", "duty_overdue duty--proposed FLASH", "duty_overdue duty--warn FLASH")
		for _, state := range []warning.DutyState{warning.DutyOpen, warning.DutyProposed, warning.DutyWarn, warning.DutyWarned, warning.DutyWaived, warning.DutyNotMet} {
			d := h.duty("duty--" + string(state))
			if d.State != state || state.Closed() != (d.Escalated == 0) {
				t.Errorf("%s is %s, escalated %d times", d.ID, d.State, d.Escalated)
			}
		}
	})
}

// A deferral ends: the duty is open again, with a clock of its own.
func TestADeferralEnds(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.open("duty--1", handling.Priority, warning.DutyDeferred)
		h.put(func(tx *store.Tx) error {
			d, err := store.Duties.Get(tx, "duty--1")
			if err != nil {
				return err
			}
			d.Due = tx.Now.Add(time.Hour)
			return store.Duties.Put(tx, d.ID, d)
		})
		h.after(time.Hour - time.Second)
		if d := h.duty("duty--1"); d.State != warning.DutyDeferred {
			t.Fatalf("before its time it is %s", d.State)
		}
		h.after(time.Second + tick)
		d := h.duty("duty--1")
		if d.State != warning.DutyOpen || d.Escalated != 0 || time.Until(d.Due) < 3*24*time.Hour-time.Minute || d.History[0].What != "the deferral ended: open again" {
			t.Errorf("after its time it is %+v", d)
		}
		h.raised("open again", "duty_overdue duty--1 IMMEDIATE")
	})
}

// An exigent release that nobody has reviewed within a day is an alarm; one that
// was reviewed in time is none.
func TestAReviewThatNobodyMakes(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.put(func(tx *store.Tx) error {
			for _, id := range []string{"draft--late", "draft--reviewed", "draft--two"} {
				d := warning.Draft{ID: id, Stage: warning.Released, ComposedAt: tx.Now}
				if id != "draft--two" {
					d.Exigent = &warning.Exigent{By: "rob", At: tx.Now, ReviewDue: tx.Now.Add(warning.ReviewWithin)}
				}
				if id == "draft--reviewed" {
					d.Exigent.ReviewedBy = "sue"
				}
				if err := store.Drafts.Put(tx, id, d); err != nil {
					return err
				}
			}
			return nil
		})
		h.after(24*time.Hour - time.Second)
		h.raised("a second before")
		h.after(time.Second + tick)
		h.raised("a day later", "exigent_review_overdue draft--late IMMEDIATE")
		h.after(72 * time.Hour)
		h.raised("once", "exigent_review_overdue draft--late IMMEDIATE")
	})
}

// A case whose warning an older program destroyed, and left open, waits for nobody,
// nor one whose texts were erased; one that its sender only calls so does.
func TestADestroyedCaseWaitsForNobody(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		states := map[string]store.MessageState{"destroyed": store.Destroyed, "only called so": store.Kept}
		h.put(func(tx *store.Tx) error {
			for id, state := range states {
				seq := uint64(len(id))
				m := store.Message{Hash: "of " + id, Channel: "c", Partner: "bravo", Direction: store.In, Seq: seq, Epoch: 1, Kind: envelope.Warning, Thread: id,
					At: tx.Now, State: state, Header: []byte("{}"), Signature: []byte("s")}
				if err := tx.AddMessage(m); err != nil {
					return err
				}
				c := store.Case{ID: id, Partner: "bravo", Title: store.DestroyedText, Newest: m.Hash, Precedence: "FLASH", State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now, AnswerBy: tx.Now.Add(30 * time.Minute)}
				if err := store.Cases.Put(tx, id, c); err != nil {
					return err
				}
			}
			erased := store.Case{ID: "erased", Partner: "bravo", Title: store.GoneText, Precedence: "FLASH", State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now, AnswerBy: tx.Now.Add(30 * time.Minute), Erased: tx.Now}
			return store.Cases.Put(tx, erased.ID, erased)
		})
		h.after(30*time.Minute + tick)
		h.raised("after it", "answer_overdue only called so FLASH")
		h.show(func(tx *store.Tx) error {
			for id, want := range map[string]store.CaseState{"destroyed": store.CaseDestroyed, "only called so": store.CaseOpen, "erased": store.CaseOpen} {
				c, err := store.Cases.Get(tx, id)
				if err != nil || c.State != want {
					t.Errorf("%s is %s, %v", id, c.State, err)
				}
			}
			return nil
		})
	})
}

// A warning that is not acknowledged in time is marked on both sides: theirs
// that we have not answered, ours that they have not.
func TestAnAnswerThatDoesNotCome(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		cases := map[string]store.Case{
			"ours": {Ours: true, State: store.CaseOpen}, "theirs": {State: store.CaseOpen}, "quarantined": {State: store.CaseQuarantined},
			"answered": {State: store.CaseAcknowledged}, "done": {Ours: true, State: store.CaseOutcome}, "without a time": {State: store.CaseOpen},
		}
		h.put(func(tx *store.Tx) error {
			for id, c := range cases {
				c.ID, c.Partner, c.Precedence, c.Opened, c.Updated = id, "bravo", "FLASH", tx.Now, tx.Now
				if id != "without a time" {
					c.AnswerBy = tx.Now.Add(30 * time.Minute)
				}
				if err := store.Cases.Put(tx, id, c); err != nil {
					return err
				}
			}
			return nil
		})
		h.after(30 * time.Minute)
		h.raised("on the minute")
		h.after(tick)
		h.raised("after it", "answer_overdue ours FLASH", "answer_overdue quarantined FLASH", "answer_overdue theirs FLASH")
		h.show(func(tx *store.Tx) error {
			for id := range cases {
				c, err := store.Cases.Get(tx, id)
				if err != nil {
					return err
				}
				if want := strings.Contains("ours theirs quarantined", id); c.Overdue != want || c.State != cases[id].State {
					t.Errorf("%s is %s, overdue %t", id, c.State, c.Overdue)
				}
			}
			raised, err := store.Alarms.List(tx, 0)
			for _, a := range raised {
				if want := map[bool]string{true: "bravo has not acknowledged our warning in time", false: "a warning of bravo has not been acknowledged in time"}[a.Subject == "ours"]; a.Text != want {
					t.Errorf("%s: the alarm says %q", a.Subject, a.Text)
				}
			}
			return err
		})
		h.after(48 * time.Hour)
		if got := len(h.alarms()); got != 3 {
			t.Errorf("two days later there are %d alarms", got)
		}
	})
}

// Where nothing is due, nothing is written, however long it lasts.
func TestAnIdleTickWritesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.open("duty--1", handling.Routine, warning.DutyOpen)
		before := h.store.Checkpoint()
		h.after(7*24*time.Hour - time.Minute)
		if h.store.Checkpoint() != before {
			t.Error("the clocks wrote to the log before anything was due")
		}
		h.after(time.Minute + tick)
		due := h.store.Checkpoint()
		if due == before {
			t.Error("the clocks wrote nothing when something was due")
		}
		h.after(6 * 24 * time.Hour)
		if h.store.Checkpoint() != due {
			t.Error("the clocks wrote to the log after what was due was done")
		}
	})
}

// While it runs, the clocks are read by themselves, and until it is told to end.
func TestRun(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.open("duty--1", handling.Flash, warning.DutyOpen)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(30*time.Minute - time.Second)
		synctest.Wait()
		h.raised("a second before")
		time.Sleep(time.Second + tick)
		synctest.Wait()
		h.raised("by itself", "duty_overdue duty--1 FLASH")
		cancel()
		check(t, <-done)
	})
}
