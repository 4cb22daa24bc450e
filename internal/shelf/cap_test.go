// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests which statements are said as CAP alerts, and how.

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/capalert"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var clearedAt = time.Date(2026, 3, 1, 8, 0, 0, 5e6, time.UTC)

func statement(edit func(*warning.Statement)) warning.Statement {
	s := warning.Statement{
		ID: "statement--5b1f6b2e-6b0a-4f0e-9d0c-0f5a2c8f2a11", Case: "warning--1", Event: "Attack prevented", Headline: "An attack was prevented",
		Text: "Seven people were detained.\r\nNobody was hurt.", Language: "en", WrittenBy: "piet", ClearedBy: "ines", ClearedAt: clearedAt, TLP: handling.Clear,
	}
	edit(&s)
	return s
}

func (r *room) keep(s warning.Statement) string {
	r.Helper()
	r.change(caller.WriteStatement, func(tx *store.Tx) error { return store.Statements.Put(tx, s.ID, s) })
	return s.ID
}

func TestCAP(t *testing.T) {
	r := newRoom(t)
	id := r.keep(statement(func(s *warning.Statement) {
		s.Severity, s.Urgency = "severe", "Past"
		s.Areas = []string{"The second city", "Its harbour"}
		s.Links = []string{"see the archive", "https://example.org/statements/1", "https://example.org/statements/2"}
		s.Instruction = "Report what you saw."
	}))
	raw, err := r.shelf.CAP(t.Context(), caller.Anyone(), id)
	if err != nil {
		t.Fatal(err)
	}
	alert, err := capalert.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := alert.Validate(); err != nil {
		t.Fatal(err)
	}
	want := capalert.Alert{
		Identifier: id, Sender: "alpha.nl." + r.card.ID()[:16], Sent: "2026-03-01T08:00:00-00:00", Status: "Actual", MsgType: "Alert", Scope: "Public",
		Infos: []capalert.Info{{
			Language: "en", Categories: []string{"Security"}, Event: "Attack prevented", Urgency: "Past", Severity: "Severe", Certainty: "Unknown",
			SenderName: "alpha", Headline: "An attack was prevented", Description: "Seven people were detained.\nNobody was hurt.",
			Instruction: "Report what you saw.", Web: "https://example.org/statements/1",
			Parameters: []capalert.Named{{ValueName: "link", Value: "see the archive"}, {ValueName: "link", Value: "https://example.org/statements/2"}},
			Areas:      []capalert.Area{{AreaDesc: "The second city"}, {AreaDesc: "Its harbour"}},
		}},
	}
	if diff := cmp.Diff(want, alert); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, home := range []string{"warning--1", "piet", "ines"} {
		if strings.Contains(string(raw), home) {
			t.Errorf("it says %q, which stays home:\n%s", home, raw)
		}
	}
}

// What is not public and what is not there are told apart by nobody.
func TestCAPShowsNothingElse(t *testing.T) {
	r := newRoom(t)
	uncleared := r.keep(statement(func(s *warning.Statement) { s.ID, s.ClearedBy = "statement--uncleared", "" }))
	theirs := r.keep(statement(func(s *warning.Statement) { s.ID, s.Theirs = "statement--theirs", "bravo" }))
	var answers []string
	for _, id := range []string{uncleared, theirs, "statement--none", ""} {
		for _, who := range []caller.Caller{caller.Anyone(), person(caller.Roles()...)} {
			raw, err := r.shelf.CAP(t.Context(), who, id)
			if !problem.Is(err, problem.Missing) || raw != nil {
				t.Fatalf("%q: %s, %v", id, raw, err)
			}
			answers = append(answers, err.Error())
		}
	}
	for _, answer := range answers[1:] {
		if answer != answers[0] {
			t.Errorf("%q is not %q", answer, answers[0])
		}
	}
}

// A word that CAP does not have is named, not replaced.
func TestCAPRefuses(t *testing.T) {
	tests := []struct {
		want string
		edit func(*warning.Statement)
	}{
		{"info[0].severity", func(s *warning.Statement) { s.Severity = "high" }},
		{"info[0].certainty", func(s *warning.Statement) { s.Certainty = "é" }},
		{"info[0].description", func(s *warning.Statement) { s.Text = "<b>Seven</b> people" }},
		{"info[0].area[0].areaDesc", func(s *warning.Statement) { s.Areas = []string{" "} }},
		{"info[0].language", func(s *warning.Statement) { s.Language = "English!" }},
	}
	r := newRoom(t)
	for _, test := range tests {
		_, err := r.shelf.CAP(t.Context(), caller.Anyone(), r.keep(statement(test.edit)))
		if !problem.Is(err, problem.Conflict) || !strings.HasPrefix(strings.Join(problem.Of(err).Details, "\n"), test.want) {
			t.Errorf("%s: got %v", test.want, err)
		}
	}
}
