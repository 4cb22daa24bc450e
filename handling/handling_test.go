// SPDX-License-Identifier: Apache-2.0

package handling_test

// This file holds the words of the field as their standards give them, and what
// each parser takes and refuses.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
)

// ICD 203: seven ranges, two words for each.
func TestProbabilityWords(t *testing.T) {
	want := []string{
		"1–5 % almost no chance | remote",
		"5–20 % very unlikely | highly improbable",
		"20–45 % unlikely | improbable",
		"45–55 % roughly even chance | roughly even odds",
		"55–80 % likely | probable",
		"80–95 % very likely | highly probable",
		"95–99 % almost certain | nearly certain",
	}
	var got []string
	for _, row := range handling.Estimates() {
		if row.Words[0].Range() != row.Words[1].Range() {
			t.Errorf("%q and %q have two ranges", row.Words[0], row.Words[1])
		}
		got = append(got, fmt.Sprintf("%s %s | %s", row.Words[0].Range(), row.Words[0], row.Words[1]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TLP 2.0: from the widest audience to the narrowest, on black.
func TestTLP(t *testing.T) {
	want := []string{"TLP:CLEAR #FFFFFF", "TLP:GREEN #33FF00", "TLP:AMBER #FFC000", "TLP:AMBER+STRICT #FFC000", "TLP:RED #FF2B2B"}
	var got []string
	for i, label := range handling.TLPs() {
		if label.Rank() != i || label.Meaning() == "" {
			t.Errorf("%s has the rank %d and means %q", label, label.Rank(), label.Meaning())
		}
		got = append(got, string(label)+" "+label.Colour())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, nobody := range []handling.TLP{"", "TLP:WHITE", "tlp:red", "RED", "TLP:EX:CHR"} {
		if nobody.Rank() != -1 || nobody.Colour() != "" || nobody.Meaning() != "" {
			t.Errorf("%q has a rank, a colour or a meaning", nobody)
		}
	}
}

// The clocks of Directive (EU) 2023/977 Art. 5, and half an hour for life.
func TestPrecedence(t *testing.T) {
	for i, want := range []struct {
		word, raised handling.Precedence
		answer       time.Duration
	}{
		{"FLASH", "FLASH", 30 * time.Minute},
		{"IMMEDIATE", "FLASH", 8 * time.Hour},
		{"PRIORITY", "IMMEDIATE", 3 * 24 * time.Hour},
		{"ROUTINE", "PRIORITY", 7 * 24 * time.Hour},
	} {
		got := handling.Precedences()[i]
		if got != want.word || got.Raised() != want.raised || got.AnswerWithin() != want.answer || got.Rank() != 3-i {
			t.Errorf("%s: raised %s, %v, rank %d", got, got.Raised(), got.AnswerWithin(), got.Rank())
		}
	}
	if unknown := handling.Precedence("flash"); unknown.Rank() != -1 || unknown.AnswerWithin() != 30*time.Minute {
		t.Errorf("an unknown word has the rank %d and the clock %v: it must have none, and the shortest", unknown.Rank(), unknown.AnswerWithin())
	}
}

// FM 2-22.3: a letter for the source, a digit for the information, in words.
func TestGrades(t *testing.T) {
	sources := []string{"completely reliable", "usually reliable", "fairly reliable", "not usually reliable", "unreliable", "reliability cannot be judged"}
	texts := []string{"confirmed by other sources", "probably true", "possibly true", "doubtful", "improbable", "truth cannot be judged"}
	for i, source := range sources {
		for j, text := range texts {
			grade, err := handling.ParseGrade(fmt.Sprintf("%c%c", 'A'+i, '1'+j))
			if want := source + " source, " + text; err != nil || grade.Meaning() != want {
				t.Errorf("%s: %v, means %q, want %q", grade, err, grade.Meaning(), want)
			}
		}
	}
	for _, wrong := range []handling.Grade{"", "B", "G1", "A0", "A7", "b2", " B2", "B22"} {
		if got := wrong.Meaning(); got != "" {
			t.Errorf("%q means %q", wrong, got)
		}
	}
}

// What people write on the left, what it is read as on the right; "-" is refused.
func TestParsers(t *testing.T) {
	for kind, table := range map[string]string{
		"tlp": `
			TLP:RED → TLP:RED
			tlp:amber+strict → TLP:AMBER+STRICT
			 green  → TLP:GREEN
			white → TLP:CLEAR
			TLP:WHITE → TLP:CLEAR
			Clear → TLP:CLEAR
			→ -
			TLP: → -
			TLP:TLP:RED → -
			TLP: RED → -
			AMBER STRICT → -
			ex:chr → -
			unclear → -
			orange → -`,
		"precedence": `
			flash → FLASH
			IMMEDIATE → IMMEDIATE
			Priority → PRIORITY
			 routine → ROUTINE
			→ -
			URGENT → -
			FLASH OVERRIDE → -`,
		"code": `
			H0 → H0
			h1 → H1
			 H2 → H2
			H3 → H3
			→ -
			H4 → -
			H → -
			H1, H2 → -`,
		"caveat": `
			originator_control → originator_control
			DISPLAY_ONLY → display_only
			no_court_use → no_court_use
			no_dissemination → no_dissemination
			no_action_without_consent → no_action_without_consent
			sanitised → sanitised
			life_saving_exception → life_saving_exception
			→ -
			sanitized → -
			no court use → -`,
		"grade": `
			B2 → B2
			f6 → F6
			→ -
			2B → -
			G1 → -
			A0 → -
			A1-B2 → -`,
		"probability": `
			almost no chance → almost no chance
			Remote → remote
			roughly-even-chance → roughly even chance
			VERY LIKELY → very likely
			nearly-certain → nearly certain
			→ -
			certain → -
			impossible → -
			80 % → -
			very  likely → -`,
		"confidence": `
			low → low
			Moderate → moderate
			HIGH → high
			→ -
			medium → -
			50 → -`,
	} {
		for line := range strings.Lines(strings.TrimLeft(table, "\n")) {
			in, want, _ := strings.Cut(strings.Trim(line, "\t\n"), "→")
			in, want = strings.TrimSuffix(in, " "), strings.TrimSpace(want)
			got, err := parse(kind, in)
			if err != nil {
				got = "-"
			}
			if got != want {
				t.Errorf("%s %q is read as %q, want %q (%v)", kind, in, got, want, err)
			}
		}
	}
}

func parse(kind, s string) (string, error) {
	switch kind {
	case "tlp":
		return text(handling.ParseTLP(s))
	case "precedence":
		return text(handling.ParsePrecedence(s))
	case "code":
		return text(handling.ParseCode(s))
	case "caveat":
		return text(handling.ParseCaveat(s))
	case "grade":
		return text(handling.ParseGrade(s))
	case "probability":
		return text(handling.ParseProbability(s))
	}
	return text(handling.ParseConfidence(s))
}

func text[Word ~string](word Word, err error) (string, error) { return string(word), err }

// Everything that is wrong with a handling is said at once.
func TestHandlingValidate(t *testing.T) {
	for _, test := range []struct {
		name  string
		in    handling.Handling
		wrong []string
	}{
		{"a label alone", handling.Handling{TLP: "TLP:GREEN"}, nil},
		{"all there is", handling.Handling{TLP: "TLP:RED", Codes: []handling.Code{"H0", "H1", "H2", "H3"}, Caveats: handling.Caveats(), Note: "Only on paper."}, nil},
		{"nothing", handling.Handling{}, []string{`"" is not a TLP 2.0 label`}},
		{"H3 without a note", handling.Handling{TLP: "TLP:RED", Codes: []handling.Code{"H3"}, Note: " \n"}, []string{"H3 needs a note"}},
		{"everything", handling.Handling{TLP: "amber", Codes: []handling.Code{"h3", "H9"}, Caveats: []handling.Caveat{"eyes_only"}},
			[]string{`"amber" must be spelled TLP:AMBER`, `"h3" must be spelled H3`, `"H9" is not a handling code`, `"eyes_only" is not a caveat`}},
	} {
		err := test.in.Validate()
		lines := ""
		if err != nil {
			lines = err.Error()
		}
		if got := strings.Count(lines, "\n") + 1; err != nil && got != len(test.wrong) || err == nil && len(test.wrong) > 0 {
			t.Errorf("%s: %d things are wrong, want %d: %v", test.name, got, len(test.wrong), err)
		}
		for _, wrong := range test.wrong {
			if !strings.Contains(lines, wrong) {
				t.Errorf("%s: %q is not said in: %v", test.name, wrong, err)
			}
		}
	}
}

func TestSpelled(t *testing.T) {
	in := handling.Handling{TLP: "white", Codes: []handling.Code{"h3", "H9"}, Caveats: []handling.Caveat{"Sanitised"}, Note: "n"}
	want := handling.Handling{TLP: "TLP:CLEAR", Codes: []handling.Code{"H3", "H9"}, Caveats: []handling.Caveat{"sanitised"}, Note: "n"}
	if diff := cmp.Diff(want, in.Spelled()); diff != "" {
		t.Error(diff)
	}
	if in.Codes[0] != "h3" {
		t.Error("Spelled changed what it was given")
	}
}

func TestLine(t *testing.T) {
	h := handling.Handling{TLP: handling.Red, Codes: []handling.Code{handling.H1, handling.H3}, Caveats: []handling.Caveat{handling.Sanitised}, Note: "Only on paper."}
	want := "TLP:RED · H1 not in court without the provider's permission · H3 other restrictions, see note · sanitised · Only on paper."
	if got := h.Line(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := h.Short(), "TLP:RED H1 H3 sanitised"; got != want {
		t.Errorf("in short: got %s, want %s", got, want)
	}
	if got := (handling.Handling{TLP: handling.Green, PAP: handling.PAPAmber}).Short(); got != "TLP:GREEN PAP:AMBER" || (handling.Handling{}).Short() != "" {
		t.Errorf("in short: got %s", got)
	}
	if !h.Restricts() || (handling.Handling{TLP: handling.Red}).Restricts() || !(handling.Handling{PAP: handling.PAPClear}).Restricts() {
		t.Error("what says more than a label restricts, and nothing else")
	}
	if !h.Has(handling.H0) || !h.Has(handling.H1) || h.Has(handling.H2) || !h.HasCaveat(handling.Sanitised) || h.HasCaveat(handling.DisplayOnly) {
		t.Error("H0 always applies, the others where they stand")
	}
}

// What a parser takes, it spells as itself, knows, and takes again.
func FuzzParse(f *testing.F) {
	for _, word := range []string{"TLP:AMBER+STRICT", "tlp:white", "FLASH", "h3", "sanitised", "b2", "roughly-even-chance", "Moderate", "ſ", "TLP:TLP:RED"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check(t, s, handling.ParseTLP, func(w handling.TLP) bool { return w.Rank() >= 0 && w.Meaning() != "" && w.Colour() != "" })
		check(t, s, handling.ParsePrecedence, func(w handling.Precedence) bool { return w.Rank() >= 0 })
		check(t, s, handling.ParseCode, func(w handling.Code) bool { return w.Meaning() != "" })
		check(t, s, handling.ParseCaveat, func(w handling.Caveat) bool { return w.Meaning() != "" })
		check(t, s, handling.ParseGrade, func(w handling.Grade) bool { return w.Meaning() != "" })
		check(t, s, handling.ParseProbability, func(w handling.Probability) bool { return w.Range() != "" })
		check(t, s, handling.ParseConfidence, func(handling.Confidence) bool { return true })
		// Whatever it is, asking it for its meaning does no harm.
		_ = handling.Grade(s).Meaning() + handling.Probability(s).Range() + handling.TLP(s).Colour() + string(handling.Precedence(s).Raised())
	})
}

func check[Word ~string](t *testing.T, s string, parse func(string) (Word, error), known func(Word) bool) {
	t.Helper()
	word, err := parse(s)
	if err != nil {
		if word != "" {
			t.Errorf("%q: refused, and read as %q all the same", s, word)
		}
		return
	}
	if again, err := parse(string(word)); err != nil || again != word || !known(word) || handling.Exact(word, parse) != nil {
		t.Errorf("%q is read as %q, which is read as %q (%v)", s, word, again, err)
	}
}
