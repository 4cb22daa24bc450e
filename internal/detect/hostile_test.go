// SPDX-License-Identifier: Apache-2.0

package detect

// This file has Eve hide what she does from the indicators, and indicators that
// are meant to stop the program.

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
)

// Eve gives out a version from 2099 of an indicator that is not hers: one that is
// broken, one that is revoked, one that looks for something else. Whichever comes
// first, the indicator is looked for. STIX 2.1 §3.6
func TestAnotherCreator(t *testing.T) {
	by := func(n int, at, text, more string) string {
		more += fmt.Sprintf(`,"created_by_ref":%q`, idOf("identity", n))
		return strings.Replace(indicatorText(1, text, more), `"modified":"2025`, `"modified":"`+at, 1)
	}
	hers := by(1, "2025", "[domain-name:value = 'a.example.org']", "")
	newer := by(1, "2026", "[domain-name:value = 'b.example.org']", "")
	of := idOf("indicator", 1)
	creator := (&CreatorError{ID: of}).Error()
	broken := of + ": its pattern is invalid: line 1, column 2: expected an object path, found the end (STIX 2.1 §9.7)"
	tests := []struct {
		name    string
		objects []string
		problem string
		hits    string // the domains that are hit
	}{
		{"broken", []string{hers, by(2, "2099", "[", "")}, broken, "a"},
		{"broken, first", []string{by(2, "2099", "[", ""), hers}, broken, "a"},
		{"revoked", []string{hers, by(2, "2099", "[url:value = 'x']", `,"revoked":true`)}, creator, "a"},
		{"revoked, first", []string{by(2, "2099", "[url:value = 'x']", `,"revoked":true`), hers}, creator, "a"},
		{"another", []string{hers, by(2, "2099", "[domain-name:value = 'c.example.org']", "")}, creator, "ac"},
		{"another, first", []string{by(2, "2099", "[domain-name:value = 'c.example.org']", ""), hers}, creator, "ac"},
		{"another, between versions", []string{hers, by(2, "2099", "[domain-name:value = 'c.example.org']", ""), newer}, creator, "bc"},
		{"her own, broken", []string{hers, by(1, "2026", "[", "")}, broken + "; the version before it is looked for", "a"},
		{"her own, broken, first", []string{by(1, "2026", "[", ""), hers}, broken, "a"},
		{"her own, revoked", []string{hers, newer, by(1, "2027", "[", `,"revoked":true`)}, "", ""},
	}
	var events string
	for _, name := range []string{"a", "b", "c"} {
		events += `{"_path":"dns","ts":1767225600,"query":"` + name + `.example.org"}` + "\n"
	}
	for _, test := range tests {
		set, problems := NewSet(), []string(nil)
		for object, err := range stix.ReadBundle(strings.NewReader(strings.Join(test.objects, "\n"))) {
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Add(object); err != nil {
				problems = append(problems, err.Error())
			}
		}
		set.Freeze()
		if got := strings.Join(problems, "\n"); got != test.problem {
			t.Errorf("%s: got the problems %q, want %q", test.name, got, test.problem)
		}
		_, hits := run(t, NewDetector(set), zeek(t), events)
		var got string
		for _, hit := range hits {
			got += fmt.Sprint(hit.Matched[0].Value)[:1]
		}
		if got != test.hits {
			t.Errorf("%s: got %q, want %q", test.name, got, test.hits)
		}
	}
}

// What is observed may write what JSON does not allow into a log: that hides
// nothing.
func TestSloppyEvents(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	event := func(more string) string {
		return `{"_path":"dns","ts":1767225600,"query":"a.example.org"` + more + "}"
	}
	const all = "; it was looked at all the same"
	tests := []struct {
		line    string
		problem string // "" if there is none
		hits    int
	}{
		{event(""), "", 1},
		{"\ufeff" + event(""), "", 1},
		{event(`,"x":"` + "\xff" + `"`), "it is not JSON: invalid UTF-8, at byte 60" + all, 1},
		{event(`,"x":"\ud800"`), "invalid surrogate pair", 1},
		{event(`,"x":1,"x":2`), "duplicate object member name", 1},
		{event(`,"query":"b.example.org"`), "duplicate object member name", 1},
		{`{"_path":"dns","ts":1767225600,"query":"` + "\xff" + `.example.org"}`, "invalid UTF-8", 0},
		{event(`,"x":"` + "\xff" + `"`)[:50], "it ends too early", 0},
		{event(`,"x":01`), "it is not JSON", 0},
	}
	for _, test := range tests {
		d := NewDetector(set)
		told, hits := run(t, d, zeek(t), event("")+"\n"+test.line+"\n")
		if len(hits) != 1+test.hits {
			t.Errorf("%q: got %d hits", test.line, len(hits))
		}
		if got := strings.Join(told, "\n"); test.problem != "" && !strings.Contains(got, test.problem) || test.problem == "" && len(told) != len(hits) {
			t.Errorf("%q: told %s", test.line, got)
		}
		if totals := d.Totals(); test.problem != "" && totals.Sloppy+totals.Bad != 1 || totals.Events != 2-totals.Bad {
			t.Errorf("%q: got %+v", test.line, totals)
		}
	}
}

// A pattern that every event makes the program try a million ways is given up,
// and the others go on.
func TestGivenUp(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "([domain-name:value = 'a.example.org'] AND [domain-name:value = 'b.example.org']) WITHIN 5 SECONDS REPEATS 12 TIMES", ""),
		indicatorText(2, "[domain-name:value = 'a.example.org']", ""))
	event := func(name string, at int) string {
		return fmt.Sprintf(`{"_path":"dns","ts":%d,"query":"%s.example.org"}`+"\n", 1767225600+at, name)
	}
	const tries = 30
	d := NewDetector(set)
	// Twelve pairs are asked for, and there are eleven.
	told, hits := run(t, d, zeek(t), strings.Repeat(event("b", 1), 11)+strings.Repeat(event("b", 1000), 11)+strings.Repeat(event("a", 0), tries))
	var problems []string
	for _, line := range told {
		if !strings.HasSuffix(line, "domain-name:value = 'a.example.org'") {
			problems = append(problems, line)
		}
	}
	if len(hits) != tries || len(problems) != maxFails || !strings.HasSuffix(problems[maxFails-1], "5 times in a row: it is not looked for any more") {
		t.Errorf("%d hits, told %q", len(hits), problems)
	}
	if totals := d.Totals(); totals.Given != 1 || totals.Dropped != 0 {
		t.Errorf("%+v", totals)
	}
}

// What cannot be matched in a bounded time is refused when it is loaded.
func TestBeyond(t *testing.T) {
	for _, text := range []string{
		"[url:value LIKE '%" + strings.Repeat("a_", 15000) + "b%']",
		"[url:value MATCHES '" + strings.Repeat("(a|b)c|", 10000) + "x']",
	} {
		object, err := stix.Parse([]byte(indicatorText(1, text, "")))
		if err != nil {
			t.Fatal(err)
		}
		var unusable *UnusableError
		if err := NewSet().Add(object); !errors.As(err, &unusable) || !strings.Contains(unusable.Reason, "of at most") {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if diff := cmp.Diff(Counts{Used: 1}, countsOf(t, "[url:value LIKE '%"+strings.Repeat("a", 30000)+"%']")); diff != "" {
		t.Error(diff)
	}
}

func countsOf(t *testing.T, text string) Counts {
	t.Helper()
	set, _ := setOf(t, indicatorText(1, text, ""))
	return set.Counts()
}
