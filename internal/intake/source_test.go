// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file plays what becomes of a source report: it stays home, and opens the
// duties it meets in the transaction that keeps it.

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var analyst = caller.Caller{Kind: caller.Person, Name: "ann", Roles: []caller.Role{caller.Analyst}}

// report is about a square in Bergen, and a threat to life.
func report() warning.Source {
	return warning.Source{
		Title: "Report 7", Fields: []warning.Field{{Name: "summary", Text: "Four men plan an attack on the Harbour Fair."}},
		Target: warning.Target{Kind: "event", Name: "Harbour Fair", Place: warning.Place{Country: "NO", Region: "NO-46", City: "Bergen"}}, ThreatType: warning.MassCasualtyAttack,
	}
}

func pledge(text string, change func(*warning.Pledge)) warning.Pledge {
	p := warning.Pledge{ID: "pledge--" + text, Text: text}
	change(&p)
	return p
}

// promised keeps pledges of ours to a partner.
func promised(t testing.TB, s *store.Store, partner string, ours bool, pledges ...warning.Pledge) {
	t.Helper()
	must(t, s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, p := range pledges {
			if err := store.Pledges.Put(tx, partner+p.ID, warning.KeptPledge{Pledge: p, Partner: partner, Ours: ours}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// counts are how many sources and duties are kept.
func counts(t *testing.T, s *store.Store) (sources, duties int) {
	t.Helper()
	must(t, s.Glance(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) (err error) {
		if sources, err = store.Sources.Count(tx); err != nil {
			return err
		}
		duties, err = store.Duties.Count(tx)
		return err
	}))
	return sources, duties
}

// What we pledged opens a duty to each partner it is owed to, one for all its
// pledges; what they pledged, what is over, and what is elsewhere opens none.
func TestAReportOpensDuties(t *testing.T) {
	s, in := open(t)
	places := func(codes ...string) func(*warning.Pledge) { return func(p *warning.Pledge) { p.Places = codes } }
	promised(t, s, "bravo", true, pledge("the country", places("NO")), pledge("the fair", func(p *warning.Pledge) { p.Words = []string{"harbour fair"} }))
	promised(t, s, "carol", true, pledge("the region", places("NO-46")))
	promised(t, s, "delta", true, pledge("elsewhere", places("SE", "NO-03")))
	promised(t, s, "echo", true, pledge("over", func(p *warning.Pledge) { p.Places, p.Until = []string{"NO"}, "2001-01-01" }))
	promised(t, s, "foxtrot", false, pledge("theirs", places("NO")))
	kept, duties, err := in.KeepSource(t.Context(), analyst, report())
	must(t, err)
	owed := make(map[string]warning.Duty)
	for _, d := range duties {
		owed[d.Partner] = d
	}
	if len(duties) != 2 || len(owed["bravo"].Reasons) != 3 || len(owed["carol"].Reasons) != 1 {
		t.Fatalf("owed: %+v", duties)
	}
	for name, d := range owed {
		if d.Subject != kept.ID || d.Title != "Report 7" || d.State != warning.DutyOpen || d.Decision != nil || !d.ToLife || d.Precedence != handling.Immediate || d.Due.Sub(d.Opened) != 8*time.Hour {
			t.Errorf("%s is owed %+v", name, d)
		}
	}
	if sources, open := counts(t, s); sources != 1 || open != 2 {
		t.Errorf("%d sources and %d duties are kept", sources, open)
	}
	must(t, s.Glance(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		again, err := store.Sources.Get(tx, kept.ID)
		if again.KeptBy != "ann" || again.KeptAt.IsZero() || again.Precedence != handling.Routine || again.AcquiredAt != again.KeptAt {
			t.Errorf("kept as %+v", again)
		}
		return err
	}))
}

// A watch raises what touches it, and says so in the duty.
func TestAWatchRaises(t *testing.T) {
	s, in := open(t)
	promised(t, s, "bravo", true, pledge("the country", func(p *warning.Pledge) { p.Places = []string{"NO"} }))
	now := time.Now()
	must(t, s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		return store.Watches.Put(tx, "watch--1", warning.Watch{ID: "watch--1", Event: "Harbour week", Places: []string{"NO-46"}, Raise: handling.Flash,
			Window: warning.Window{Start: now.Add(-time.Hour), End: now.Add(time.Hour), Fidelity: "hour"}})
	}))
	kept, duties, err := in.KeepSource(t.Context(), analyst, report())
	must(t, err)
	if kept.Precedence != handling.Flash || len(duties) != 1 || duties[0].Precedence != handling.Flash || duties[0].Due.Sub(duties[0].Opened) != 30*time.Minute {
		t.Errorf("raised to %s, owed %+v", kept.Precedence, duties)
	}
	if !strings.Contains(strings.Join(duties[0].Reasons, "\n"), "watch “Harbour week”") {
		t.Errorf("the reasons are %q", duties[0].Reasons)
	}
	later := report()
	later.Window = warning.Window{Start: now.AddDate(0, 0, 7), Fidelity: "day"}
	if kept, _, err = in.KeepSource(t.Context(), analyst, later); err != nil || kept.Precedence != handling.Routine {
		t.Errorf("a week later it is raised to %s, %v", kept.Precedence, err)
	}
}

// What a report may not say of itself: its id, who kept it and when.
func TestWhoKeptIt(t *testing.T) {
	_, in := open(t)
	forged := report()
	forged.ID, forged.KeptBy, forged.KeptAt = "source--mine", "eve", time.Now().AddDate(-1, 0, 0)
	forged.Precedence, forged.Handling = "flash", handling.Handling{TLP: "red", Codes: []handling.Code{"h2"}}
	kept, duties, err := in.KeepSource(t.Context(), caller.Caller{Kind: caller.Machine, Name: "tool"}, forged)
	if err != nil || kept.ID == forged.ID || kept.KeptBy != "tool" || time.Since(kept.KeptAt) > time.Minute || len(duties) != 0 {
		t.Errorf("kept as %+v with %d duties, %v", kept, len(duties), err)
	}
	if kept.Precedence != handling.Flash || kept.Handling.TLP != handling.Red || kept.Handling.Codes[0] != handling.H2 {
		t.Errorf("handled as %s, %s", kept.Precedence, kept.Handling.Line())
	}
}

// A report that is refused leaves neither itself nor a duty.
func TestReportsThatAreRefused(t *testing.T) {
	s, in := open(t)
	promised(t, s, "bravo", true, pledge("the country", func(p *warning.Pledge) { p.Places = []string{"NO"} }))
	for what, test := range map[string]struct {
		who    caller.Caller
		change func(*warning.Source)
		code   problem.Code
		word   string
	}{
		"no title":               {analyst, func(r *warning.Source) { r.Title = " " }, problem.Invalid, "title: must be said"},
		"nothing in it":          {analyst, func(r *warning.Source) { r.Fields = nil }, problem.Invalid, "fields: 1 to 100"},
		"a label nobody knows":   {analyst, func(r *warning.Source) { r.Handling.TLP = "blue" }, problem.Invalid, `"blue" is not a TLP`},
		"an object that is none": {analyst, func(r *warning.Source) { r.Objects = []jsontext.Value{jsontext.Value(`{"type":"identity"}`)} }, problem.Invalid, "attached object 1"},
		"by an administrator":    {administrator, func(*warning.Source) {}, problem.Denied, "keep a source report"},
		"by an overseer":         {caller.Caller{Kind: caller.Person, Name: "o", Roles: []caller.Role{caller.Overseer}}, func(*warning.Source) {}, problem.Denied, "keep a source report"},
		"by a partner":           {caller.FromPartner("bravo"), func(*warning.Source) {}, problem.Denied, "keep a source report"},
		"by a stranger":          {caller.Anyone(), func(*warning.Source) {}, problem.Denied, "keep a source report"},
	} {
		r := report()
		test.change(&r)
		_, _, err := in.KeepSource(t.Context(), test.who, r)
		if p := problem.Of(err); p == nil || p.Code != test.code || !strings.Contains(p.Text+"\n"+strings.Join(p.Details, "\n"), test.word) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if sources, duties := counts(t, s); sources+duties != 0 {
		t.Errorf("%d sources and %d duties were left", sources, duties)
	}
}
