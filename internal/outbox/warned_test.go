// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file takes a warning out of the queue that had closed a duty: it was not
// given, so the duty stands open again.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// dutyOf is the duty to warn bravo.
func (h *house) dutyOf() (d warning.Duty) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		d, err = store.Duties.Get(tx, "duty--1")
		return err
	})
	return d
}

// warnsFor opens the duty to warn bravo, and releases the warning that answers it.
func (h *house) warnsFor() warning.Draft {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		due := tx.Now.Add(handling.Flash.AnswerWithin())
		return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Precedence: handling.Flash, State: warning.DutyOpen, Opened: tx.Now, Due: due, First: due})
	})
	d := draft("Danger.", "bravo")
	d.Duty = "duty--1"
	d = h.warn(d)
	if got := h.dutyOf(); got.State != warning.DutyWarned {
		h.t.Fatalf("the duty is %s", got.State)
	}
	return d
}

// takenOut takes what is queued for bravo out of the queue.
func (h *house) takenOut() (hash string) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		parcels, err := tx.Parcels("bravo", 0, 10)
		for _, parcel := range parcels {
			if hash = parcel.Hash; err == nil {
				err = tx.DropParcel(parcel, "for the test", nil)
			}
		}
		return err
	})
	return hash
}

// Whoever takes it out, the duty is to be carried out as it was decided, with a clock
// of its own; when it was due first stays.
func TestADutyWhoseWarningDoesNotLeave(t *testing.T) {
	for name, out := range map[string]func(*house){
		"the policy forbids it": func(alpha *house) { alpha.enforce(narrower(noBombs)) },
		"the partner is expelled": func(alpha *house) {
			alpha.put(func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "bravo")
				if err != nil {
					return err
				}
				return tx.Drop(&channel, "for the test", nil)
			})
		},
		"it is taken out alone": func(alpha *house) { alpha.takenOut() },
		"another has its place": func(alpha *house) {
			alpha.put(func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "bravo")
				if err != nil {
					return err
				}
				aside, err := tx.SetAside(channel.ID, 1, "for the test")
				if len(aside) != 1 {
					t.Errorf("%d gave way", len(aside))
				}
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				d := alpha.warnsFor()
				before := alpha.dutyOf()
				time.Sleep(20 * time.Minute)
				out(alpha)
				got := alpha.dutyOf()
				if got.State != warning.DutyWarn || got.Decision == nil || got.Decision.Choice != warning.Warn || got.Draft != d.ID {
					t.Errorf("the duty is %s, decided %+v", got.State, got.Decision)
				}
				if !got.FirstDue().Equal(before.FirstDue()) || got.Due.Sub(alpha.store.Now()) != handling.Flash.AnswerWithin() {
					t.Errorf("due %s, first %s", got.Due, got.FirstDue())
				}
				if alpha.kinds("bravo") != "" {
					t.Error("it waits on")
				}
				if last := got.History[len(got.History)-1]; last.By != "node" || !strings.HasSuffix(last.What, ": open still") {
					t.Errorf("the history ends %q", last.What)
				}
			})
		})
	}
}

// What is on record as given by other means stays so.
func TestADutyThatWasAnsweredOtherwiseToo(t *testing.T) {
	for name, test := range map[string]struct {
		given  warning.Given
		toLife bool
		want   warning.DutyState
	}{
		"by telephone":                     {warning.Given{Method: "phone", By: "dan"}, false, warning.DutyWarned},
		"to life, by another than decided": {warning.Given{Method: "phone", By: "dan"}, true, warning.DutyWarned},
		"to life, by who decided":          {warning.Given{Method: "phone", By: "sue"}, true, warning.DutyWarn},
		"to life, and confirmed":           {warning.Given{Method: "phone", By: "sue", ConfirmedBy: "dan"}, true, warning.DutyWarned},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				alpha.warnsFor()
				alpha.put(func(tx *store.Tx) error {
					d, err := store.Duties.Get(tx, "duty--1")
					if err != nil {
						return err
					}
					d.ToLife, d.Given = test.toLife, append(d.Given, test.given)
					return store.Duties.Put(tx, d.ID, d)
				})
				alpha.takenOut()
				if got := alpha.dutyOf(); got.State != test.want {
					t.Errorf("the duty is %s, want %s", got.State, test.want)
				}
			})
		})
	}
}

// A receipt that comes after all closes the duty again, unless something came to it
// since the text was written.
func TestAWarningThatArrivedAllTheSame(t *testing.T) {
	for grown, want := range map[bool]warning.DutyState{false: warning.DutyWarned, true: warning.DutyWarn} {
		bubble(t, func(t *testing.T, alpha *house) {
			alpha.warnsFor()
			hash := alpha.takenOut()
			time.Sleep(time.Minute)
			alpha.put(func(tx *store.Tx) error {
				d, err := store.Duties.Get(tx, "duty--1")
				if err != nil {
					return err
				}
				if grown {
					d.Grown = tx.Now
				}
				if err := store.Duties.Put(tx, d.ID, d); err != nil {
					return err
				}
				m, err := tx.Message(hash)
				if err != nil {
					return err
				}
				return tx.WarnedAfterAll(&m)
			})
			if got := alpha.dutyOf(); got.State != want {
				t.Errorf("grown %t: the duty is %s, want %s", grown, got.State, want)
			}
		})
	}
}
