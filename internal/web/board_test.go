// SPDX-License-Identifier: Apache-2.0

package web

// This file tests what the board says of what waits, and for whom.

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// What one person proposed stands on the board with the page on which another
// decides; each kind by its own words.
func TestTheBoardSaysWhatOnePersonProposed(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	board := deskBoard{Board: api.Board{Proposals: []api.Proposal{
		{Kind: "policy", Policy: hash, Words: "Talks were <broken> off.", By: "ruth", At: noon},
		{Kind: "assurance", Partner: "bravo", Country: "DK", Words: "Visits of 2026.", By: "rolf", At: noon},
		{Kind: "detail", Partner: "bravo", Words: "place city, time day", By: "omar"},
	}}}
	page := drawn(t, boardParts(as(caller.Releaser), board))
	says(t, page, "waits for a second person", `href="/policy/`+hash+`"`, "Talks were &lt;broken&gt; off.", "ruth",
		`href="/assurances?country=DK&amp;partner=bravo"`, "on bravo, DK", "Visits of 2026.", `href="/partners/bravo#limits"`, "place city, time day", "omar")
	says(t, drawn(t, boardParts(as(caller.Releaser), deskBoard{})), "!second person</h2>")
}

// A duty says that it waits for a second officer, a case how many questions nobody
// has answered, a partner how much of its own is in quarantine; none of it where
// nothing waits.
func TestTheBoardSaysForWhomItWaits(t *testing.T) {
	board := deskBoard{Board: api.Board{
		Duties:   []warning.Duty{{ID: "duty--1", Title: "a crowd", State: warning.DutyProposed, Due: noon}},
		Cases:    []api.CaseSummary{{ID: "warning--1", Partner: "bravo", Ours: true, State: "acknowledged", Questions: 2}},
		Partners: []api.PartnerLine{{Name: "bravo", State: "frozen", Quarantined: 3}},
	}}
	waiting := []string{"waits for a second officer", "2 questions to answer", "3 of theirs quarantined"}
	says(t, drawn(t, boardParts(as(caller.DutyOfficer), board)), waiting...)
	board.Duties[0].State, board.Cases[0].Questions, board.Partners[0].Quarantined = warning.DutyOpen, 0, 0
	says(t, drawn(t, boardParts(as(caller.DutyOfficer), board)), "!"+waiting[0], "!to answer", "!quarantined")
}

// Whoever waits for us stands before whoever is waited for: a warning that nobody
// here has answered, a question, then what a partner has not acknowledged.
func TestWhatWaitsForUsStandsFirst(t *testing.T) {
	cases := []api.CaseSummary{
		{ID: "done", State: "outcome", Updated: noon},
		{ID: "theirs to answer", Ours: true, State: "open", AnswerBy: noon.AddDate(0, 0, -1)},
		{ID: "asked", State: "outcome", Questions: 1},
		{ID: "asked, and not acknowledged", Ours: true, State: "open", Questions: 1, AnswerBy: noon},
		{ID: "ours to answer, later", State: "quarantined", AnswerBy: noon.AddDate(0, 0, 1)},
		{ID: "ours to answer", State: "open", AnswerBy: noon},
	}
	slices.SortStableFunc(cases, byWaiting)
	var order []string
	for _, c := range cases {
		order = append(order, c.ID)
	}
	want := []string{"ours to answer", "ours to answer, later", "asked, and not acknowledged", "asked", "theirs to answer", "done"}
	if !slices.Equal(order, want) {
		t.Errorf("%q, want %q", order, want)
	}
}

// Cases that wait for nobody stand behind everything that waits, and drafts in the
// order in which somebody is needed for them.
func TestWhatWaitsForNobodyStandsLast(t *testing.T) {
	board := deskBoard{Board: api.Board{
		Cases:     []api.CaseSummary{{ID: "warning--1", Title: "done long ago", State: "outcome"}, {ID: "warning--2", Title: "not yet answered", State: "open", AnswerBy: noon}},
		Proposals: []api.Proposal{{Kind: "detail", Partner: "bravo", Words: "place city", By: "omar"}},
	}}
	page := drawn(t, boardParts(as(caller.Releaser), board))
	order := []string{"not yet answered", `id="drafts"`, "place city", `id="watches"`, "done long ago", `id="partners"`}
	for from, i := page, 0; i < len(order); i++ {
		_, after, found := strings.Cut(from, order[i])
		if !found {
			t.Fatalf("no %q, in this order:\n%s", order[i], page)
		}
		from = after
	}
	drafts := []api.DraftSummary{
		{ID: "composed", Stage: "composed", Precedence: "FLASH"}, {ID: "review", Stage: "released", ReviewDue: noon}, {ID: "leaves", Stage: "waiting", LeavesAt: noon},
		{ID: "approved", Stage: "approved", Precedence: "ROUTINE"}, {ID: "approved flash", Stage: "approved", Precedence: "FLASH"},
	}
	slices.SortStableFunc(drafts, byStage)
	var stages []string
	for _, d := range drafts {
		stages = append(stages, d.ID)
	}
	if want := []string{"approved flash", "approved", "leaves", "review", "composed"}; !slices.Equal(stages, want) {
		t.Errorf("%q, want %q", stages, want)
	}
}

// An alarm says no command where a link shows what it is about, and what was done is
// asked for once somebody dismisses it.
func TestAnAlarmSaysNoCommandBesideItsLink(t *testing.T) {
	board := deskBoard{Board: api.Board{Alarms: []warning.Alarm{
		{ID: "alarm--1", Kind: warning.AlarmSpoken, Level: "FLASH", Text: "its message has not come: tocsin heard --list", RaisedAt: noon},
		{ID: "alarm--2", Kind: "else", Level: "ROUTINE", Text: "see it: tocsin else", RaisedAt: noon},
	}}}
	says(t, drawn(t, boardParts(as(caller.DutyOfficer), board)), "its message has not come", "!tocsin heard", `href="/heard"`, "see it: tocsin else",
		`<details id="dismiss-alarm--1"><summary>`, `action="/alarms/alarm--2/dismiss"`)
}
