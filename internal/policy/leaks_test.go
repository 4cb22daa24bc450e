// SPDX-License-Identifier: Apache-2.0

package policy

// This file tests what is held against a source: every part of a warning that
// can say something, and what another partner warned us of.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A time, a number or an unseen character gives a source away like a word.
func TestWhatIsNoText(t *testing.T) {
	source := &warning.Source{ID: "source--33333333-3333-4333-8333-333333333333", Title: "T", Fields: []warning.Field{{Name: "notes", Text: "Called from 91234567 at 14:35."}}}
	degrees := 1.0
	oslo := time.FixedZone("", 3600)
	for name, test := range map[string]struct {
		change func(*warning.Draft)
		field  string // of the leak; empty if it leaves
	}{
		"answer_by":            {func(d *warning.Draft) { d.Warning.AnswerBy = time.Date(2031, 5, 9, 14, 35, 7, 0, time.UTC) }, "answer_by"},
		"answer_by, elsewhere": {func(d *warning.Draft) { d.Warning.AnswerBy = time.Date(2031, 5, 9, 14, 35, 0, 0, oslo) }, "answer_by"},
		"answer_by, in UTC":    {func(d *warning.Draft) { d.Warning.AnswerBy = time.Date(2031, 5, 9, 15, 35, 0, 0, oslo) }, "answer_by"},
		"answer_by, later":     {func(d *warning.Draft) { d.Warning.AnswerBy = time.Date(2031, 5, 9, 14, 36, 0, 0, time.UTC) }, ""},
		"window, another zone": {func(d *warning.Draft) {
			d.Warning.Window = warning.Window{Start: time.Date(2031, 5, 9, 14, 35, 0, 0, oslo), Fidelity: "minute"}
		}, "window.start"},
		"precision": {func(d *warning.Draft) {
			d.Warning.Target.Place = warning.Place{Country: "XB", Latitude: &degrees, Longitude: &degrees, Precision: 91234567}
		}, "target.place.precision"},
		"an ordinary precision": {func(d *warning.Draft) {
			d.Warning.Target.Place = warning.Place{Country: "XB", Latitude: &degrees, Longitude: &degrees, Precision: 5000}
		}, ""},
		"hidden in the method": {func(d *warning.Draft) { d.Warning.Method = "a \u202eknife" }, "method"},
	} {
		draft := readPair(t, "pairs/plain.txt").draft
		draft.Source = source.ID
		test.change(draft)
		result := Shipped().Cut(draft, Partner{"bravo", "XB", partner.Active}, Own(draft), source, newID, today)
		if test.field == "" {
			if !result.Plan.Allowed {
				t.Errorf("%s: %+v", name, result.Plan.Blocked())
			}
			continue
		}
		if result.Plan.Allowed || len(result.Leaks) == 0 || result.Leaks[0].Field != test.field || result.Plan.Blocked()[0].Rule != RuleLeak {
			t.Errorf("%s: allowed %v, leaks %+v", name, result.Plan.Allowed, result.Leaks)
		}
	}
}

// What a partner warned us of goes to others as its handling says, and never in
// its words; to the partner itself it may be spoken of.
func TestWhatAnotherPartnerWarnedOf(t *testing.T) {
	const said = "two men left the harbour with the grey van"
	for name, test := range map[string]struct {
		given handling.Handling
		text  string
		to    string
		want  Rule // that blocks; empty if it leaves
	}{
		"TLP:RED":                    {handling.Handling{TLP: handling.Red}, "Be careful.", "bravo", "third-party"},
		"without a label":            {handling.Handling{}, "Be careful.", "bravo", "third-party-unknown"},
		"H2":                         {handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H2}}, "Be careful.", "bravo", "third-party-h2"},
		"its originator controls it": {handling.Handling{TLP: handling.Clear, Caveats: []handling.Caveat{handling.OriginatorControl}}, "Be careful.", "bravo", "third-party-originator"},
		"TLP:GREEN":                  {handling.Handling{TLP: handling.Green}, "Be careful.", "bravo", ""},
		"TLP:GREEN in its words":     {handling.Handling{TLP: handling.Green}, "We hear that " + said + ".", "bravo", RuleLeak},
		"TLP:RED, to itself":         {handling.Handling{TLP: handling.Red}, "Be careful.", "delta", ""},
	} {
		draft := readPair(t, "pairs/plain.txt").draft
		draft.ReleasableTo, draft.Releases = []string{test.to}, map[string]string{test.to: test.text}
		w := warning.Warning{ID: "warning--22222222-2222-4222-8222-222222222222", Handling: test.given, Text: said}
		facts := Own(draft)
		facts.Given = []warning.Source{warning.FromPartner(&w, "delta")}
		result := Shipped().Cut(draft, Partner{test.to, "XB", partner.Active}, facts, nil, newID, today)
		var got Rule
		if blocked := result.Plan.Blocked(); len(blocked) > 0 {
			got = blocked[0].Rule
		}
		if got != test.want || result.Plan.Allowed != (test.want == "") {
			t.Errorf("%s: blocked by %q, want %q", name, got, test.want)
		}
	}
	wider := readPair(t, "pairs/plain.txt").draft
	wider.Warning.Handling.TLP = handling.Clear
	facts := Own(wider)
	facts.Given = []warning.Source{{ID: "warning--22222222-2222-4222-8222-222222222222", Origin: "delta", Handling: handling.Handling{TLP: handling.Green}}}
	if result := Shipped().Cut(wider, Partner{"bravo", "XB", partner.Active}, facts, nil, newID, today); result.Plan.Allowed {
		t.Error("GREEN goes on as CLEAR")
	}
}
