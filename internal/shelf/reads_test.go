// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests that whoever opens what is TLP:RED says why, and that who
// opened what can be read.

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// report keeps a source report of ann's that is TLP:RED.
func (r *room) report(id string, threat warning.ThreatType) {
	r.change(caller.KeepSource, func(tx *store.Tx) error {
		return store.Sources.Put(tx, id, warning.Source{
			ID: id, Title: "The harbour", ThreatType: threat, Handling: handling.Handling{TLP: handling.Red}, KeptAt: tx.Now, KeptBy: "ann",
			Fields: []warning.Field{{Name: "report", Text: "What was heard."}},
		})
	})
}

func named(name string, roles ...caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: name, Roles: roles, Way: "page"}
}

// opens asks for a report, and says what it is asked for.
func (r *room) opens(who caller.Caller, id string) (title string, asked *problem.Problem) {
	r.Helper()
	source, err := r.shelf.Source(r.Context(), who, id)
	if err != nil && !problem.Is(err, problem.Reason) {
		r.Fatal(err)
	}
	return source.Title, problem.Of(err)
}

func (r *room) reason(who caller.Caller, id, text string) error {
	return r.store.Change(r.Context(), who, store.What{Act: caller.GiveReason, Subject: id}, func(tx *store.Tx) error {
		_, err := tx.GiveReason(id, text)
		return err
	})
}

func TestWhyItIsOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		dan, rob, olga := named("dan", caller.DutyOfficer), named("rob", caller.Releaser), named("olga", caller.Overseer)
		r.report("source--1", warning.CriticalInfrastructure)
		r.report("source--2", warning.MassCasualtyAttack)
		for _, who := range []caller.Caller{dan, rob, olga} {
			title, asked := r.opens(who, "source--1")
			if title != "" || asked == nil || asked.Subject != "source--1" || !strings.Contains(asked.Text, "TLP:RED") {
				t.Errorf("%s sees %q and is asked %+v", who.Name, title, asked)
			}
		}
		if title, asked := r.opens(named("ann", caller.Analyst), "source--1"); title == "" {
			t.Errorf("its author is asked %+v", asked)
		}
		for _, wrong := range []string{"", "  x ", strings.Repeat("a", store.MaxReason+1), "\xff\xfe\xfd"} {
			if err := r.reason(dan, "source--1", wrong); !problem.Is(err, problem.Invalid) {
				t.Errorf("the reason %q: %v", wrong, err)
			}
		}
		if err := r.reason(dan, "source--1", "  to warn \n the harbour "); err != nil {
			t.Fatal(err)
		}
		// It is good for him, for this report, and for eight hours.
		if title, asked := r.opens(dan, "source--1"); title == "" {
			t.Errorf("dan gave his reason and is asked %+v", asked)
		}
		if title, _ := r.opens(rob, "source--1"); title != "" {
			t.Error("dan's reason opens it for rob")
		}
		time.Sleep(store.ReasonFor - time.Second)
		if title, asked := r.opens(dan, "source--1"); title == "" {
			t.Errorf("within eight hours dan is asked %+v", asked)
		}
		time.Sleep(time.Second)
		if title, _ := r.opens(dan, "source--1"); title != "" {
			t.Error("the reason is good for longer than eight hours")
		}
		// A life does not wait.
		if title, asked := r.opens(dan, "source--2"); title == "" {
			t.Errorf("with a threat to life dan is asked %+v", asked)
		}
		why := func(who caller.Caller, of api.ReadsOf) (lines []string) {
			t.Helper()
			reads, err := r.shelf.Reads(t.Context(), who, of)
			if err != nil {
				t.Fatal(err)
			}
			for _, read := range reads {
				lines = append(lines, strings.Join([]string{read.Processing, read.Who, read.Act, read.Subject, read.Reason, read.Way}, " | "))
			}
			return lines
		}
		want := []string{
			"consultation | person:dan | read a source report | source--1 | to warn the harbour | page",
			"consultation | person:dan | read a source report | source--1 | to warn the harbour | page",
			"consultation | person:ann | read a source report | source--1 |  | page",
		}
		if diff := cmp.Diff(want, why(olga, api.ReadsOf{Case: "source--1"})); diff != "" {
			t.Errorf("the overseer is shown (-want +got):\n%s", diff)
		}
		own := why(dan, api.ReadsOf{})
		if len(own) != 3 || own[0] != "consultation | person:dan | read a source report | source--2 | threat to life | page" {
			t.Errorf("dan is shown %q", own)
		}
		if got := why(olga, api.ReadsOf{By: "olga"}); len(got) != 1 || !strings.Contains(got[0], string(caller.SeeReads)) {
			t.Errorf("of her own readings olga is shown %q", got)
		}
		if _, err := r.shelf.Reads(t.Context(), dan, api.ReadsOf{By: "ann"}); !problem.Is(err, problem.Denied) {
			t.Errorf("dan asks for ann's: %v", err)
		}
		raw, err := r.shelf.ReadsCSV(t.Context(), olga, api.ReadsOf{By: "dan", Case: "source--2", Limit: 1})
		if err != nil || strings.Count(string(raw), "\r\n") != 2 || !strings.Contains(string(raw), ",threat to life,") {
			t.Errorf("as a file: %q, %v", raw, err)
		}
	})
}

// What a request for permission says is read as its case is: with a reason and a
// line, and not by whoever the case is closed to.
func TestAPermissionIsReadAsItsCase(t *testing.T) {
	r := newRoom(t)
	dan, rob := named("dan", caller.DutyOfficer), named("rob", caller.Releaser)
	const of = "warning--1"
	r.change(caller.Acknowledge, func(tx *store.Tx) error {
		if err := store.Cases.Put(tx, of, store.Case{ID: of, Partner: "bravo", TLP: "TLP:RED", Recipients: []string{"dan"}, State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now}); err != nil {
			return err
		}
		return store.Permissions.Put(tx, store.PermissionID("bravo", true, "permission--1"), store.Permission{Partner: "bravo", Ours: true, Hash: "asked",
			Request: warning.PermissionRequest{ID: "permission--1", Case: of, Reason: "The ferry calls there.", At: tx.Now}})
	})
	lines := func() (n int) {
		t.Helper()
		reads, err := r.shelf.Reads(t.Context(), named("olga", caller.Overseer), api.ReadsOf{Case: of})
		if err != nil {
			t.Fatal(err)
		}
		return len(reads)
	}
	if shown, err := r.shelf.Permission(t.Context(), dan, "permission--1"); !problem.Is(err, problem.Reason) || shown.Reason != "" {
		t.Errorf("without a reason dan is shown %+v, %v", shown, err)
	}
	if shown, err := r.shelf.Permission(t.Context(), rob, "permission--1"); err != nil || shown.Reason != "" || lines() != 0 {
		t.Errorf("rob, whom the case does not name, is shown %+v, %v", shown, err)
	}
	if err := r.reason(dan, of, "to answer bravo"); err != nil {
		t.Fatal(err)
	}
	if shown, err := r.shelf.Permission(t.Context(), dan, "permission--1"); err != nil || shown.Reason == "" || lines() != 1 {
		t.Errorf("with a reason dan is shown %+v, %v, and %d lines are written", shown, err, lines())
	}
	r.change(caller.DecideRedress, func(tx *store.Tx) error { return tx.Restrict(of, "redress--1") })
	list, err := r.shelf.Permissions(t.Context(), dan, true)
	if err != nil || len(list) != 1 || list[0].Reason != "" {
		t.Errorf("of what is restricted dan is shown %+v, %v", list, err)
	}
}

// What names a person in an object asks, as a record of the person does; what names a
// body or an account of the system does not.
func TestWhichObjectsAskForAReason(t *testing.T) {
	r := newRoom(t)
	dan := named("dan", caller.DutyOfficer)
	for i, test := range []struct {
		object, target string
		asks           bool
	}{
		{object: `{"type":"identity","name":"Kim Lee"}`, asks: true},
		{object: `{"type":"user-account","account_login":"klee"}`, asks: true},
		{object: `{"type":"threat-actor","name":"Kim Lee"}`, asks: true},
		{object: `{"type":"x-misp-object","x_misp_name":"person"}`, asks: true},
		{object: `{"type":"identity","name":"Harvey Lines","identity_class":"organization"}`},
		{object: `{"type":"user-account","account_login":"root"}`},
		{object: `{"type":"malware","name":"Kestrel"}`, target: "Kim Lee", asks: true},
		{object: `{"type":"malware","name":"Kestrel"}`},
	} {
		id := "source--" + string(rune('a'+i))
		r.change(caller.KeepSource, func(tx *store.Tx) error {
			kept := warning.Source{ID: id, Title: "The harbour", ThreatType: warning.CriticalInfrastructure, Handling: handling.Handling{TLP: handling.Green}, KeptAt: tx.Now, KeptBy: "ann",
				Objects: []jsontext.Value{jsontext.Value(test.object)}}
			if test.target != "" {
				kept.Target = warning.Target{Kind: "person", Name: test.target}
			}
			return store.Sources.Put(tx, id, kept)
		})
		title, asked := r.opens(dan, id)
		if (title == "") != test.asks || test.asks && !strings.Contains(asked.Text, "this names persons") {
			t.Errorf("%s, target %q: shown %q, asked %+v", test.object, test.target, title, asked)
		}
	}
}

// The words of a reason are erased with what they are about; that it was opened stays.
func TestAReasonIsErased(t *testing.T) {
	r := newRoom(t)
	dan, olga := named("dan", caller.DutyOfficer), named("olga", caller.Overseer)
	r.report("source--1", warning.CriticalInfrastructure)
	if err := r.reason(dan, "source--1", "to warn the harbour"); err != nil {
		t.Fatal(err)
	}
	if title, asked := r.opens(dan, "source--1"); title == "" {
		t.Fatal(asked)
	}
	err := r.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Erase}, func(tx *store.Tx) error {
		kept, err := store.Retentions.Get(tx, store.RetentionID(store.OfSource, "source--1"))
		if err != nil {
			return err
		}
		return tx.Erase(kept, "review", warning.Officer{}, "")
	})
	if err != nil {
		t.Fatal(err)
	}
	reads, err := r.shelf.Reads(t.Context(), olga, api.ReadsOf{Case: "source--1", By: "dan", Kinds: []string{"consultation"}})
	if err != nil || len(reads) != 1 || reads[0].Reason != "" {
		t.Errorf("%+v, %v", reads, err)
	}
	erased, err := r.shelf.Reads(t.Context(), olga, api.ReadsOf{Case: "source--1", Kinds: []string{"erasure"}})
	if err != nil || len(erased) != 1 || erased[0].Who != "node:node" {
		t.Errorf("%+v, %v", erased, err)
	}
}
