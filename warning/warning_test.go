// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file holds what is refused in a warning, a draft and what stays at home,
// and in which words: a person is told everything at once.

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

var now = time.Date(2031, 5, 8, 9, 30, 15, 0, time.UTC)

// good is a warning with everything in it.
func good() warning.Warning {
	latitude, longitude := 60.39, 5.32
	return warning.Warning{
		ID: "warning--6f0ba11c-3a0c-4b4e-9e0e-3b1f0a4c0001",
		Target: warning.Target{Kind: "location", Name: "Market square", Nationalities: []string{"NO", "SE"},
			Place: warning.Place{Country: "NO", Region: "NO-46", City: "Bergen", Detail: "south side", Latitude: &latitude, Longitude: &longitude, Precision: 500}},
		ThreatType: warning.MassCasualtyAttack, Window: warning.Window{Start: now, End: now.Add(48 * time.Hour), Fidelity: "day"},
		Method: "improvised explosives", Actor: "a cell of four", Precedence: handling.Flash, AnswerBy: now.Add(30 * time.Minute),
		Probability: "very likely", Confidence: handling.Moderate, Grade: "B2",
		Handling: handling.Handling{TLP: handling.Red, Codes: []handling.Code{handling.H1}}, Recipients: []string{"Head of watch"},
		Purpose: "prevention of a threat to life", Review: "2032-05-08", Text: "An attack on the market square is planned.",
	}
}

// lines are an error's lines; none if it is nil.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// says checks that err says each of the words, in that order, and nothing else.
func says(t *testing.T, name string, err error, words ...string) {
	t.Helper()
	got := lines(err)
	if len(got) != len(words) {
		t.Errorf("%s: %d things are wrong, want %d:\n%s", name, len(got), len(words), strings.Join(got, "\n"))
		return
	}
	for i, word := range words {
		if !strings.Contains(got[i], word) {
			t.Errorf("%s: line %d is %q, want %q in it", name, i+1, got[i], word)
		}
	}
}

// An empty warning is told all it lacks, at once: who or what, what, by when,
// how sure, for whom, for what, until when.
func TestAnEmptyWarning(t *testing.T) {
	var w warning.Warning
	says(t, "empty", w.Validate(),
		"id: must be said", "target.kind:", "target: say who or what is threatened, or where", "threat_type:", "is not a precedence",
		"answer_by: say by when", "probability: say how probable", "confidence: say how good", "is not a TLP 2.0 label",
		"purpose: must be said", "review: a date is needed", "text: must be said")
	whole := good()
	says(t, "whole", whole.Validate())
}

func TestWarningsThatAreRefused(t *testing.T) {
	number := func(f float64) *float64 { return &f }
	long := strings.Repeat("é", warning.MaxText)
	for _, test := range []struct {
		name   string
		change func(*warning.Warning)
		says   []string
	}{
		{"another id", func(w *warning.Warning) { w.ID = "source--1" }, []string{"id: must be warning--"}},
		{"a kind of target nobody knows", func(w *warning.Warning) { w.Target.Kind = "dog" }, []string{`target.kind: "dog" is not one of person,`}},
		{"nobody is threatened", func(w *warning.Warning) { w.Target = warning.Target{Kind: "person"} }, []string{"target: say who"}},
		{"a nationality in words", func(w *warning.Warning) { w.Target.Nationalities = []string{"no", "NOR", "N0"} }, []string{`"no"`, `"NOR"`, `"N0"`}},
		{"a country and a region that are none", func(w *warning.Warning) { w.Target.Place.Country, w.Target.Place.Region = "Norway", "NO46" }, []string{"target.place.country", "target.place.region"}},
		{"half of a point", func(w *warning.Warning) { w.Target.Place.Longitude = nil }, []string{"latitude and longitude go together"}},
		{"a point off the earth", func(w *warning.Warning) { w.Target.Place.Latitude = number(90.01) }, []string{"latitude is -90 to 90"}},
		{"a point that is no number", func(w *warning.Warning) { w.Target.Place.Longitude = number(math.NaN()) }, []string{"longitude -180 to 180"}},
		{"a precision below zero", func(w *warning.Warning) { w.Target.Place.Precision = -1 }, []string{"precision: metres"}},
		{"a precision that is no number", func(w *warning.Warning) { w.Target.Place.Precision = math.Inf(1) }, []string{"precision: metres"}},
		{"a threat nobody knows", func(w *warning.Warning) { w.ThreatType = "rain" }, []string{`threat_type: "rain" is not one of intentional_killing`}},
		{"a window that ends before it starts", func(w *warning.Warning) { w.Window.End = now.Add(-time.Second) }, []string{"window: ends before it starts"}},
		{"a window without a fidelity", func(w *warning.Warning) { w.Window.Fidelity = "" }, []string{"window.fidelity:"}},
		{"a fidelity without a window", func(w *warning.Warning) { w.Window = warning.Window{Fidelity: "day"} }, []string{"a fidelity needs a start or an end"}},
		{"words spelled otherwise", func(w *warning.Warning) {
			w.Precedence, w.Probability, w.Confidence, w.Grade, w.Handling.TLP = "flash", "very-likely", "Moderate", "b2", "red"
		}, []string{"must be spelled FLASH", "must be spelled very likely", "must be spelled moderate", "must be spelled B2", "must be spelled TLP:RED"}},
		{"a probability in percent", func(w *warning.Warning) { w.Probability = "80 %" }, []string{"is not a probability word of ICD 203"}},
		{"TLP:RED for nobody", func(w *warning.Warning) { w.Recipients = nil }, []string{"recipients: TLP:RED is for named persons"}},
		{"TLP:RED for somebody without a name", func(w *warning.Warning) { w.Recipients = []string{" "} }, []string{"recipients: must be said"}},
		{"too many names", func(w *warning.Warning) { w.Recipients = slices.Repeat([]string{"x"}, warning.MaxList+1) }, []string{"recipients: at most 100"}},
		{"a purpose of spaces", func(w *warning.Warning) { w.Purpose = "  " }, []string{"purpose: must be said"}},
		{"a day that is none", func(w *warning.Warning) { w.Review = "2031-02-29" }, []string{"review: not a date"}},
		{"texts that are too long", func(w *warning.Warning) { w.Text, w.Method, w.Actor = long, long, long }, []string{"method: at most 32768 bytes, got 65536", "threat_actor: at most 512", "text: at most 32768"}},
	} {
		w := good()
		test.change(&w)
		says(t, test.name, w.Validate(), test.says...)
	}
}

// What people write is spelled before it is kept; what is not known stays to be refused.
func TestSpell(t *testing.T) {
	w := good()
	w.Precedence, w.Probability, w.Confidence, w.Grade, w.Handling.TLP, w.Handling.Codes = "flash", "Very-Likely", "MODERATE", "b2", "red", []handling.Code{"h1"}
	w.Spell()
	if diff := cmp.Diff(good(), w); diff != "" {
		t.Error(diff)
	}
	w.Precedence = "urgent"
	w.Spell()
	says(t, "unknown", w.Validate(), `"urgent" is not a precedence`)
}

// A window without a start or an end is open on that side; a moment shared is a
// touch.
func TestWindowTouches(t *testing.T) {
	at := func(day int) time.Time {
		if day == 0 {
			return time.Time{}
		}
		return time.Date(2031, 5, day, 0, 0, 0, 0, time.UTC)
	}
	for _, test := range []struct {
		a, b [2]int // days of May; 0 is open
		want bool
	}{
		{[2]int{1, 5}, [2]int{3, 8}, true},
		{[2]int{1, 5}, [2]int{5, 8}, true},
		{[2]int{1, 5}, [2]int{6, 8}, false},
		{[2]int{1, 9}, [2]int{3, 4}, true},
		{[2]int{4, 4}, [2]int{4, 4}, true},
		{[2]int{0, 0}, [2]int{3, 4}, true},
		{[2]int{0, 0}, [2]int{0, 0}, true},
		{[2]int{0, 3}, [2]int{3, 0}, true},
		{[2]int{0, 3}, [2]int{4, 0}, false},
		{[2]int{5, 0}, [2]int{0, 4}, false},
		{[2]int{5, 0}, [2]int{9, 0}, true},
		{[2]int{0, 5}, [2]int{0, 9}, true},
	} {
		a, b := warning.Window{Start: at(test.a[0]), End: at(test.a[1])}, warning.Window{Start: at(test.b[0]), End: at(test.b[1])}
		if a.Touches(b) != test.want || b.Touches(a) != test.want {
			t.Errorf("%v and %v: %t and %t, want %t", test.a, test.b, a.Touches(b), b.Touches(a), test.want)
		}
	}
}

// A threat to life is what ICD 191 names, and a mass casualty attack.
func TestThreatToLife(t *testing.T) {
	want := []string{"intentional_killing", "serious_bodily_injury", "kidnapping", "mass_casualty_attack"}
	var got []string
	for _, threat := range warning.ThreatTypes() {
		w := warning.Warning{ThreatType: warning.ThreatType(threat)}
		if w.ThreatToLife() {
			got = append(got, threat)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDraftsThatAreRefused(t *testing.T) {
	draft := func() warning.Draft {
		w := good()
		w.ID, w.Text = "", ""
		return warning.Draft{Warning: w, Releases: map[string]string{"bravo": "Danger.", "carol": "Danger there."}, ReleasableTo: []string{"bravo", "carol", "delta"}}
	}
	for _, test := range []struct {
		name   string
		change func(*warning.Draft)
		says   []string
	}{
		{"whole", func(*warning.Draft) {}, nil},
		{"for nobody", func(d *warning.Draft) { d.ReleasableTo = nil },
			[]string{"releasable_to: name the partners it may go to; empty means nobody", "bravo has a text but is not in releasable_to", "carol has a text"}},
		{"without a text", func(d *warning.Draft) { d.Releases = nil }, []string{"releases: write a release text"}},
		{"a text for someone not listed", func(d *warning.Draft) { d.ReleasableTo = []string{"carol"} }, []string{"releases: bravo has a text but is not in releasable_to"}},
		{"a text of nothing", func(d *warning.Draft) { d.Releases["carol"] = "" }, []string{"releases: carol's text is empty"}},
		{"a text of spaces", func(d *warning.Draft) { d.Releases["bravo"] = " \n" }, []string{"releases: bravo's text is empty"}},
		{"a common text", func(d *warning.Draft) { d.Warning.Text = "For all." }, []string{"made for each partner"}},
		{"what is wrong for all is said once", func(d *warning.Draft) { d.Warning.Purpose, d.Warning.Review = "", "" }, []string{"purpose: must be said", "review: a date is needed"}},
	} {
		d := draft()
		test.change(&d)
		says(t, test.name, d.Validate(), test.says...)
	}
	d := draft()
	if copied := d.Copy("bravo", "warning--1"); copied.Text != "Danger." || copied.ID != "warning--1" || d.Warning.Text != "" {
		t.Errorf("bravo's copy is %+v", copied)
	}
	if copied := d.Copy("eve", "warning--2"); copied.Text != "" {
		t.Errorf("eve's copy has the text %q", copied.Text)
	}
}

// A field of a report is sensitive unless somebody says otherwise.
func TestSources(t *testing.T) {
	s := warning.Source{Title: "Report 7", Review: "2031-05-08", Fields: []warning.Field{{Name: "summary", Text: "a"}, {Name: "press", Text: "b", Open: true}, {Name: "contact", Text: "c"}}}
	says(t, "whole", s.Validate())
	var names []string
	for _, field := range s.Sensitive() {
		names = append(names, field.Name)
	}
	if diff := cmp.Diff([]string{"summary", "contact"}, names); diff != "" || len(s.Fields) != 3 {
		t.Error(diff)
	}
	if got := s.AllText(); got != "Report 7\na\nb\nc" {
		t.Errorf("all text: %q", got)
	}
	says(t, "empty", (&warning.Source{}).Validate(), "title: must be said", "fields: 1 to 100", "review: a date is needed")
	bad := warning.Source{Title: "t", Review: "soon", Fields: []warning.Field{{Text: "x"}}, Target: warning.Target{Kind: "dog", Name: "Rex"}, ThreatType: "rain",
		Window: warning.Window{Start: now}, Precedence: "flash", Handling: handling.Handling{TLP: "blue"}}
	says(t, "everything", bad.Validate(), "fields.name: must be said", "target.kind", "threat_type", "window.fidelity", "review: ", "must be spelled FLASH", `"blue" is not a TLP`)
	says(t, "codes without a label", (&warning.Source{Title: "t", Review: "2031-05-08", Fields: s.Fields, Handling: handling.Handling{Codes: []handling.Code{"H1"}}}).Validate(), "is not a TLP 2.0 label")
}

func TestStatements(t *testing.T) {
	s := warning.Statement{Event: "e", Headline: "h", Text: "t", Urgency: "Past", Severity: "Severe", Certainty: "Likely"}
	says(t, "whole", s.Validate())
	says(t, "empty", (&warning.Statement{}).Validate(), "event:", "headline:", "text:")
	s.Urgency, s.Severity, s.Certainty, s.Language = "now", "bad", "very likely", strings.Repeat("x", 36)
	says(t, "words that CAP does not know", s.Validate(), "language: at most 35", "urgency:", "severity:", "certainty:")
	for _, test := range []struct {
		cleared, theirs string
		want            bool
	}{{"", "", false}, {"sue", "", true}, {"", "bravo", false}, {"sue", "bravo", false}} {
		s := warning.Statement{ClearedBy: test.cleared, Theirs: test.theirs}
		if s.Public() != test.want {
			t.Errorf("cleared by %q, account of %q: public %t", test.cleared, test.theirs, s.Public())
		}
	}
}
