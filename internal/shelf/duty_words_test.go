// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests that no list of duties, and no alarm, says to somebody what that
// somebody may not open, or has not said why.

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// owe keeps a duty about something, whose every text has a word in it.
func (r *room) owe(id, subject string, toLife bool) {
	r.Helper()
	r.change(caller.OpenDuty, func(tx *store.Tx) error {
		d := warning.Duty{ID: id, Opened: tx.Now, Partner: "carol", Subject: subject, Title: "The lighthouse", State: warning.DutyOpen, ToLife: toLife, Objects: []string{"campaign--lighthouse"},
			Assessment: &warning.Assessment{Credible: warning.Finding{Yes: true, Reason: "lighthouse"}, Target: warning.Target{Name: "lighthouse"}},
			Decision:   &warning.Decision{Choice: warning.Waive, By: "rob", Justification: "lighthouse"},
			Consulted:  []warning.Consultation{{Body: "the coast guard", View: "lighthouse"}},
			Given:      []warning.Given{{Method: "phone", Means: "lighthouse", Substance: "lighthouse"}}}
		d.Given[0].Commit("lighthouse", "salt")
		d.Give(0, warning.DutyReason{Of: "pledge--1", Words: "pledge: the words stand in it, as “lighthouse”"}, warning.DutyReason{Of: "watch--1", Words: "lighthouse"},
			warning.DutyReason{Of: "inquiry--1", Words: "lighthouse"}, warning.DutyReason{Words: "lighthouse"})
		return store.Duties.Put(tx, id, d)
	})
}

// bare are the reasons of such a duty without its words.
var bare = []string{"a pledge is met: pledge--1", "a watch is touched: watch--1", "a partner asks: inquiry--1", "a reason that is not shown"}

// says reports whether something that is shown holds the word.
func says(t *testing.T, shown any) bool {
	t.Helper()
	raw, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(raw), "lighthouse")
}

// Who a partner's TLP:RED warning does not name is shown of the duty that it opened
// which pledges are met, and no word; whoever it names, and the overseer, is asked why
// first, and has no word of it in a list, either.
func TestADutyOfWhatOneMayNotOpen(t *testing.T) {
	r := newRoom(t)
	const id = "warning--1"
	r.change(caller.KeepSource, func(tx *store.Tx) error {
		return store.Cases.Put(tx, id, store.Case{ID: id, Partner: "bravo", Title: "The lighthouse", TLP: string(handling.Red), Recipients: []string{"dan", "nina"}, State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now})
	})
	r.owe("duty--1", id, false)
	for _, test := range []struct {
		who   caller.Caller
		opens bool
	}{
		{named("dan", caller.DutyOfficer), true}, {named("nina", caller.Analyst), true}, {named("olga", caller.Overseer), true},
		{named("dora", caller.DutyOfficer), false}, {named("ann", caller.Analyst), false}, {named("rob", caller.Releaser), false},
	} {
		name := test.who.Name
		duties, err := r.shelf.Duties(t.Context(), test.who, true)
		if err != nil || len(duties) != 1 || says(t, duties) {
			t.Errorf("in the list %s is shown %+v, %v", name, duties, err)
		} else if diff := cmp.Diff(bare, duties[0].Reasons); diff != "" || duties[0].Withheld == "" || duties[0].As != "" {
			t.Errorf("in the list %s is shown (-want +got):\n%s%+v", name, diff, duties[0])
		}
		board, err := r.shelf.Board(t.Context(), test.who)
		if err != nil || len(board.Duties) != 1 || says(t, board.Duties) {
			t.Errorf("on the board %s is shown %+v, %v", name, board.Duties, err)
		}
		var kept warning.Duty
		if err := r.store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) (err error) {
			kept, err = store.Duties.Get(tx, "duty--1")
			return err
		}); err != nil || !says(t, kept) {
			t.Fatal("nothing is proved: ", err)
		}
		if changed, err := r.shelf.ChangedDuty(t.Context(), test.who, kept); err != nil || says(t, changed) {
			t.Errorf("after a change %s is shown %+v, %v", name, changed, err)
		}
		if _, err := r.shelf.Duty(t.Context(), test.who, "duty--1"); err == nil {
			t.Errorf("%s is not asked why", name)
		}
		if err := r.reason(test.who, id, "to warn carol"); err != nil {
			t.Fatal(err)
		}
		one, err := r.shelf.Duty(t.Context(), test.who, "duty--1")
		if err != nil || says(t, one) != test.opens || (one.As != "") != test.opens || (one.Withheld == "") != test.opens {
			t.Errorf("%s opens %+v, %v", name, one, err)
		}
	}
}

// A list shows no word of a report that is TLP:RED or names somebody, not even where
// life is threatened and nobody is asked: of the list there is no line. What asks
// nothing is shown, and so is a report to its author.
func TestAListOfDutiesShowsNothingThatAsks(t *testing.T) {
	r := newRoom(t)
	ann, rob := named("ann", caller.Analyst), named("rob", caller.Releaser)
	r.report("source--red", warning.CriticalInfrastructure)
	r.change(caller.KeepSource, func(tx *store.Tx) error {
		for id, objects := range map[string][]jsontext.Value{
			"source--plain":  nil,
			"source--person": {jsontext.Value(`{"type":"identity","spec_version":"2.1","id":"identity--00000001-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Jan Example","identity_class":"individual"}`)},
		} {
			s := warning.Source{ID: id, Title: "The harbour", Handling: handling.Handling{TLP: handling.Amber}, KeptAt: tx.Now, KeptBy: "ann", Objects: objects}
			if err := store.Sources.Put(tx, id, s); err != nil {
				return err
			}
		}
		return nil
	})
	for subject, asks := range map[string]bool{"source--red": true, "source--person": true, "source--plain": false} {
		for _, toLife := range []bool{false, true} {
			r.owe("duty--1", subject, toLife)
			for who, hidden := range map[*caller.Caller]bool{&ann: false, &rob: asks} {
				duties, err := r.shelf.Duties(t.Context(), *who, false)
				if err != nil || len(duties) != 1 || says(t, duties) == hidden {
					t.Errorf("%s, to life %t: %s is shown %+v, %v", subject, toLife, who.Name, duties, err)
				}
				board, err := r.shelf.Board(t.Context(), *who)
				if err != nil || len(board.Duties) != 1 || says(t, board.Duties) == hidden {
					t.Errorf("%s, to life %t: on the board %s is shown %+v, %v", subject, toLife, who.Name, board.Duties, err)
				}
			}
		}
	}
}

// That a recall which serves a request for redress was not answered is seen by those
// who see the request; by others, that something was not.
func TestTheAlarmOfARecallForRedress(t *testing.T) {
	r := newRoom(t)
	r.change(caller.KeepSource, func(tx *store.Tx) error {
		for id, redress := range map[string]string{"recall--1": "redress--1", "recall--2": ""} {
			if err := store.Recalls.Put(tx, store.RecallID("bravo", true, id), store.Recall{Recall: warning.Recall{ID: id}, Partner: "bravo", Ours: true, Redress: redress}); err != nil {
				return err
			}
			if err := tx.Raise(warning.RecallAlarm("bravo", id, true)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, test := range []struct {
		who   caller.Caller
		whole int
	}{
		{named("olga", caller.Overseer), 2}, {named("rob", caller.Releaser), 2}, {named("ann", caller.Analyst), 1}, {named("dan", caller.DutyOfficer), 1}, {named("root", caller.Administrator), 1},
	} {
		alarms, err := r.shelf.Alarms(t.Context(), test.who, true)
		if err != nil {
			t.Fatal(err)
		}
		board, err := r.shelf.Board(t.Context(), test.who)
		if err != nil {
			t.Fatal(err)
		}
		for where, shown := range map[string][]warning.Alarm{"list": alarms, "board": board.Alarms} {
			whole := 0
			for _, a := range shown {
				if a.Partner != "" && a.Subject != "" && strings.Contains(a.Text, "recall") {
					whole++
				} else if a.Partner+a.Subject != "" || !strings.Contains(a.Text, "not answered in time") {
					t.Errorf("%s, in the %s: %+v", test.who.Name, where, a)
				}
			}
			if len(shown) != 2 || whole != test.whole {
				t.Errorf("%s sees in the %s %+v", test.who.Name, where, shown)
			}
		}
	}
}
