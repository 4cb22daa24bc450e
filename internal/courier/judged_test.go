// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file changes what a queued warning rests on before it departs: it is taken
// out, visibly, by whatever way the change came about and at whatever point the node
// fails; and a channel for which nothing changes asks nothing.

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var another = caller.Caller{Kind: caller.Person, Name: "tom", Title: "Releaser 3", Roles: []caller.Role{caller.Releaser}}

// watchful counts what is asked, and fails to withhold on request: before it has
// happened, or after.
type watchful struct {
	courier.Judge
	asked            atomic.Int64
	failed, happened atomic.Bool
	// late is called once, when the basis was asked and before anything is read.
	late atomic.Pointer[func()]
	// coming says that something is changing that is not counted.
	coming atomic.Bool
}

func (w *watchful) Basis() (uint64, bool) {
	n, steady := w.Judge.Basis()
	if late := w.late.Swap(nil); late != nil {
		(*late)()
	}
	return n, steady && !w.coming.Load()
}

func (w *watchful) Forbids(tx *store.Tx, m *store.Message) (string, error) {
	w.asked.Add(1)
	return w.Judge.Forbids(tx, m)
}

func (w *watchful) Withhold(ctx context.Context, name string, hashes []string) error {
	fault := errors.New("fault")
	if w.failed.Swap(false) {
		return fault
	}
	err := w.Judge.Withhold(ctx, name, hashes)
	if w.happened.Swap(false) {
		return errors.Join(err, fault)
	}
	return err
}

// watch puts a watchful judge in the place of the node's.
func (s *side) watch() *watchful {
	w := new(watchful)
	s.close()
	s.judge = func(by courier.Judge) courier.Judge {
		w.Judge = by
		return w
	}
	s.start()
	return w
}

func (s *side) put(change func(*store.Tx) error) {
	s.t.Helper()
	check(s.t, s.store.Change(s.t.Context(), caller.Self(), store.What{Act: caller.Tick}, change))
}

// sheet is a sheet on bravo that holds for so many days.
func sheet(persecution warning.Risk, days int) warning.Assurance {
	return warning.Assurance{ID: "sheet--1", Partner: "bravo", Country: "NO", IllTreatment: "none", DeathPenalty: "none", Persecution: persecution,
		Basis: "Visits.", Expires: warning.DateOf(time.Now().AddDate(0, 0, days)), By: "rob", At: time.Now()}
}

// naming is a draft that names a person, and threatens no life unless it says so.
func naming(toLife bool) warning.Draft {
	d := draft("bravo", "Danger on the square.")
	if !toLife {
		d.Warning.ThreatType = "critical_infrastructure"
	}
	d.PersonsTo = []string{"bravo"}
	d.Warning.Persons = []warning.Person{{Name: "A. Example", Role: "suspect", Kind: "assessment", Reason: "to find the van"}}
	return d
}

// dropped are the reasons for which something queued was taken out.
func (s *side) dropped() (why []string) {
	s.t.Helper()
	check(s.t, s.store.Glance(s.t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		drops, err := store.Drops.List(tx, 0)
		for _, d := range drops {
			m, err := tx.Message(d.Hash)
			if err != nil || m.State != store.Dropped || len(m.Payload) == 0 {
				s.t.Errorf("what was taken out is %s, with %d bytes: %v", m.State, len(m.Payload), err)
			}
			why = append(why, d.Why)
		}
		return err
	}))
	return why
}

// withheld checks that one warning was taken out for that reason, with an alarm of
// that level, and that bravo has nothing.
func (s *side) withheld(bravo *side, why string, level handling.Precedence) {
	s.t.Helper()
	eventually(s.t, func() bool { return len(s.dropped()) > 0 })
	if got := s.dropped(); len(got) != 1 || !strings.Contains(got[0], why) {
		s.t.Errorf("taken out: %q, want %q", got, why)
	}
	alarms, err := s.shelf.Alarms(s.t.Context(), duty, false)
	check(s.t, err)
	rung := 0
	for _, a := range alarms {
		if a.Kind == warning.AlarmPolicy && a.Level == level && strings.Contains(a.Text, why) {
			rung++
		}
	}
	if rung != 1 {
		s.t.Errorf("%d alarms of %s say %q: %+v", rung, level, why, alarms)
	}
	if n := bravo.cases(); n != 0 {
		s.t.Errorf("bravo has %d cases", n)
	}
}

// stopped is a node that is off for twelve days.
func stopped(_ *testing.T, alpha *side, _ warning.Draft) {
	alpha.close()
	time.Sleep(12 * 24 * time.Hour)
	alpha.start()
}

const reportID = "source--2b6a7a0e-5a0f-4f5e-9f55-0c5d3c1f7a10"

// A row for each cause: what waits, what changes while bravo cannot be reached, and
// why it is withheld. At once says that it is before anything departs.
func TestWhatWaitsIsJudgedAnew(t *testing.T) {
	for name, test := range map[string]struct {
		draft  warning.Draft
		change func(t *testing.T, alpha *side, d warning.Draft)
		atOnce bool
		why    string
	}{
		"a sheet says there is a risk": {
			draft: naming(false), atOnce: true, why: "real risk of persecution in NO (persons)",
			change: func(t *testing.T, alpha *side, _ warning.Draft) {
				_, err := alpha.desk.SetAssurance(t.Context(), first, sheet(warning.RiskReal, 100))
				check(t, err)
			},
		},
		"a sheet is judged anew in the store alone": {
			draft: naming(false), why: "real risk of persecution in NO (persons)",
			change: func(t *testing.T, alpha *side, _ warning.Draft) {
				alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 100)) })
			},
		},
		"a sheet expires": {
			draft: naming(false), atOnce: true, why: "expired on",
			change: stopped,
		},
		"the partner may be told less": {
			draft: draft("bravo", "Danger on the square."), atOnce: true, why: "more exactly where or when than the partner may be told now (limit)",
			change: func(t *testing.T, alpha *side, _ warning.Draft) {
				_, err := alpha.desk.SetLimits(t.Context(), first, "bravo", partner.Limits{Place: "country"})
				check(t, err)
			},
		},
		"the review date passes": {
			draft: func() warning.Draft {
				d := draft("bravo", "Danger on the square.")
				d.Warning.Review = "2000-01-10" // bubbles begin in 2000
				return d
			}(),
			atOnce: true, why: "the review date is past (review-past)",
			change: stopped,
		},
		"its source report is erased": {
			draft: func() warning.Draft {
				d := draft("bravo", "Danger on the square.")
				d.Source = reportID
				return d
			}(),
			why: "the source report was erased",
			change: func(t *testing.T, alpha *side, _ warning.Draft) {
				alpha.put(func(tx *store.Tx) error {
					return tx.Erase(store.Retention{Kind: store.OfSource, ID: reportID}, warning.DestroyedByDate, warning.Officer{}, "")
				})
			},
		},
		"it is restricted": {
			draft: draft("bravo", "Danger on the square."), why: "it is restricted",
			change: func(t *testing.T, alpha *side, d warning.Draft) {
				alpha.put(func(tx *store.Tx) error { return tx.Restrict(d.ID, "redress--1") })
			},
		},
		"its case is restricted": {
			draft: draft("bravo", "Danger on the square."), why: "it is restricted",
			change: func(t *testing.T, alpha *side, d warning.Draft) {
				alpha.put(func(tx *store.Tx) error { return tx.Restrict(d.Sent["bravo"], "redress--1") })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				alpha.put(func(tx *store.Tx) error {
					report := warning.Source{ID: reportID, Title: "A report", Fields: []warning.Field{{Name: "text", Text: "Somebody heard of it."}}, KeptBy: "ann", KeptAt: tx.Now}
					if err := store.Sources.Put(tx, reportID, report); err != nil {
						return err
					}
					return tx.Judge(sheet(warning.RiskNone, 10))
				})
				n.down.Store(true)
				d := alpha.warn(test.draft)
				time.Sleep(time.Minute)
				synctest.Wait()
				test.change(t, alpha, d)
				level := handling.Immediate
				if d.Warning.ThreatToLife() {
					level = handling.Flash
				}
				if test.atOnce {
					synctest.Wait()
					alpha.withheld(bravo, test.why, level)
				}
				n.down.Store(false)
				alpha.withheld(bravo, test.why, level)
				// What comes behind it is told of the gap.
				_, err := alpha.outbox.Pledge(t.Context(), first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "After."})
				check(t, err)
				eventually(t, func() bool { return bravo.pledges() == 1 })
				told, err := bravo.shelf.Partner(t.Context(), admin, "alpha")
				check(t, err)
				if len(told.Gaps) != 1 || told.Gaps[0].Why != "dropped" {
					t.Errorf("bravo sees the gaps %+v", told.Gaps)
				}
			})
		})
	}
}

// What nothing forbids leaves, though what it rests on has changed: a limit that it
// keeps to, a sheet that says the same for longer.
func TestWhatMayStillLeaveLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskNone, 10)) })
		n.down.Store(true)
		alpha.warn(naming(false))
		_, err := alpha.desk.SetLimits(t.Context(), first, "bravo", partner.Limits{Place: "city", Time: "day"})
		check(t, err)
		_, err = alpha.desk.SetAssurance(t.Context(), first, sheet(warning.RiskNone, 9))
		check(t, err)
		n.down.Store(false)
		eventually(t, func() bool { return bravo.cases() == 1 })
		if got := alpha.dropped(); len(got) > 0 {
			t.Errorf("taken out: %q", got)
		}
	})
}

// A threat to life stays open where there is a risk, once a third person has released
// it: what two have released waits for no one, and rings loudest.
func TestAThreatToLifeKeepsItsThirdPerson(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		alpha.put(func(tx *store.Tx) error {
			tom := store.Person{Name: another.Name, Title: another.Title, Roles: []string{string(caller.Releaser)}, Added: tx.Now}
			if err := store.Persons.Put(tx, tom.Name, tom); err != nil {
				return err
			}
			return tx.Judge(sheet(warning.RiskNone, 100))
		})
		n.down.Store(true)
		alpha.warn(naming(true))
		_, err := alpha.desk.SetAssurance(ctx, first, sheet(warning.RiskReal, 100))
		check(t, err)
		alpha.withheld(bravo, "no third person has released it", handling.Flash)
		d := alpha.warn(naming(true))
		p, err := alpha.outbox.Preview(ctx, another, d.ID)
		check(t, err)
		d, err = alpha.outbox.Release(ctx, another, d.ID, p.Hash, "")
		if err != nil || d.Stage != warning.Released {
			t.Fatalf("%s, %v", d.Stage, err)
		}
		alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 90)) })
		n.down.Store(false)
		eventually(t, func() bool { return bravo.cases() == 1 })
	})
}

// Taking out fails, or fails but has happened: nothing leaves, and there is one alarm.
func TestWithholdingFails(t *testing.T) {
	for name, fail := range map[string]func(w *watchful){
		"failed":              func(w *watchful) { w.failed.Store(true) },
		"failed but happened": func(w *watchful) { w.happened.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				w := alpha.watch()
				alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskNone, 100)) })
				n.down.Store(true)
				alpha.warn(naming(false))
				time.Sleep(time.Minute)
				synctest.Wait()
				fail(w)
				alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 100)) })
				n.down.Store(false)
				alpha.withheld(bravo, "real risk of persecution", handling.Immediate)
				if w.failed.Load() || w.happened.Load() {
					t.Error("nothing failed")
				}
			})
		})
	}
}

// A channel for which nothing changes asks nothing for each message, whatever is
// said in it; a start asks once for what waits.
func TestASteadyChannelAsksNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		w := alpha.watch()
		alpha.warn(draft("bravo", "The first."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		w.asked.Store(0)
		for i := range 5 {
			alpha.warn(draft("bravo", "One more."))
			eventually(t, func() bool { return bravo.cases() == i+2 })
		}
		if n := w.asked.Load(); n != 0 {
			t.Errorf("it asked %d times", n)
		}
		n.down.Store(true)
		alpha.warn(draft("bravo", "The last."))
		time.Sleep(time.Minute) // what is tried while it changes is judged once more
		synctest.Wait()
		alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskNone, 100)) })
		time.Sleep(10 * time.Minute) // many tries
		synctest.Wait()
		if n := w.asked.Load(); n != 1 {
			t.Errorf("for one that waits and one change it asked %d times", n)
		}
		n.down.Store(false)
		eventually(t, func() bool { return bravo.cases() == 7 })
	})
}

// What changes after it was asked on what a judgement rests, and before the queue is
// read, is judged by: what passed before does not leave.
func TestAChangeBetweenTheBasisAndTheReading(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		w := alpha.watch()
		alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskNone, 100)) })
		n.down.Store(true)
		alpha.warn(naming(false))
		time.Sleep(time.Minute)
		synctest.Wait()
		change := func() {
			n.down.Store(false)
			alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 100)) })
		}
		w.late.Store(&change)
		alpha.withheld(bravo, "real risk of persecution", handling.Immediate)
	})
}

// While something changes that is not counted, everything is asked about, also what
// was queued since, and nothing of it is remembered.
func TestWhileTheGroundChangesEverythingIsAsked(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		w := alpha.watch()
		alpha.warn(draft("bravo", "The first."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		w.asked.Store(0)
		w.coming.Store(true)
		alpha.warn(draft("bravo", "The second."))
		eventually(t, func() bool { return bravo.cases() == 2 })
		if w.asked.Load() == 0 {
			t.Error("nothing was asked")
		}
		w.coming.Store(false)
		w.asked.Store(0)
		alpha.warn(draft("bravo", "The third."))
		eventually(t, func() bool { return bravo.cases() == 3 })
		if n := w.asked.Load(); n != 0 {
			t.Errorf("steady again, it asked %d times", n)
		}
	})
}

// By hand as by wire: what may not leave any more is in no file, also one that is
// written once more, and a file that was being written meanwhile must not leave.
func TestWhatIsCarriedIsJudgedAnew(t *testing.T) {
	const why = "real risk of persecution"
	refused := func(t *testing.T, err error) {
		t.Helper()
		if p := problem.Of(err); p == nil || p.Code != problem.Conflict || !strings.Contains(p.Text+strings.Join(p.Details, ""), why) {
			t.Errorf("got %v", err)
		}
	}
	for name, play := range map[string]func(t *testing.T, alpha *side, carry func(api.CarryOut) (api.CarriedOut, error)){
		"before the file": func(t *testing.T, alpha *side, carry func(api.CarryOut) (api.CarriedOut, error)) {
			alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 100)) })
			_, err := carry(api.CarryOut{})
			refused(t, err)
			if got := alpha.dropped(); len(got) != 1 {
				t.Errorf("taken out: %q", got)
			}
		},
		"beside another": func(t *testing.T, alpha *side, carry func(api.CarryOut) (api.CarriedOut, error)) {
			alpha.warn(draft("bravo", "An attack is planned."))
			alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 100)) })
			made, err := carry(api.CarryOut{})
			if err != nil || made.Messages != 1 || len(made.Withheld) != 1 || !strings.Contains(made.Withheld[0], why) {
				t.Fatalf("%+v, %v", made, err)
			}
			// It is kept with the file, for whoever was not shown it with the file.
			alpha.put(func(tx *store.Tx) error {
				kept, err := store.CarryFiles.Get(tx, made.File)
				if !slices.Equal(kept.Withheld, made.Withheld) || kept.Rest != nil {
					t.Errorf("kept of it: %+v", kept)
				}
				return err
			})
		},
		"while it is written": func(t *testing.T, alpha *side, carry func(api.CarryOut) (api.CarriedOut, error)) {
			made, err := carry(api.CarryOut{OneWay: true})
			if err != nil || made.Messages != 1 {
				t.Fatalf("%+v, %v", made, err)
			}
			_, err = alpha.desk.SetAssurance(t.Context(), first, sheet(warning.RiskReal, 100))
			check(t, err)
			refused(t, alpha.carry.CarryWritten(t.Context(), second, made.File))
		},
		"once more": func(t *testing.T, alpha *side, carry func(api.CarryOut) (api.CarriedOut, error)) {
			made, err := carry(api.CarryOut{OneWay: true})
			check(t, err)
			check(t, alpha.carry.CarryWritten(t.Context(), second, made.File))
			if made, err = carry(api.CarryOut{OneWay: true, Again: "all"}); err != nil || made.Messages != 1 || len(made.Withheld) > 0 {
				t.Fatalf("%+v, %v", made, err)
			}
			alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskReal, 100)) })
			_, err = carry(api.CarryOut{OneWay: true, Again: "all"})
			refused(t, err)
			if got := alpha.dropped(); len(got) != 0 {
				t.Errorf("what was carried is taken out: %q", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				alpha.put(func(tx *store.Tx) error { return tx.Judge(sheet(warning.RiskNone, 100)) })
				n.down.Store(true)
				alpha.warn(naming(false))
				play(t, alpha, func(ask api.CarryOut) (api.CarriedOut, error) {
					return alpha.carry.CarryOut(t.Context(), second, "bravo", ask, func() {}, io.Discard)
				})
			})
		})
	}
}

// A warning that answers a duty and is never delivered leaves the duty open: it was
// not given.
func TestADutyWhoseWarningExpires(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		alpha.put(func(tx *store.Tx) error {
			return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Precedence: handling.Flash, State: warning.DutyOpen, Opened: tx.Now, Due: tx.Now})
		})
		state := func() (got warning.DutyState) {
			check(t, alpha.store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
				d, err := store.Duties.Get(tx, "duty--1")
				got = d.State
				return err
			}))
			return got
		}
		n.down.Store(true)
		d := draft("bravo", "Danger on the square.")
		d.Duty = "duty--1"
		alpha.warn(d)
		if got := state(); got != warning.DutyWarned {
			t.Fatalf("released, the duty is %s", got)
		}
		alpha.close() // it need not try for a month
		time.Sleep(outbox.DeliverFor + time.Hour)
		alpha.start()
		eventually(t, func() bool { return state() == warning.DutyWarn })
		if bravo.cases() != 0 {
			t.Error("bravo has the warning")
		}
	})
}
