// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file tests how patterns are parsed, refused and written.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// roundTrip parses a text; if it is valid, what is printed must parse to an
// equal pattern and print the same.
func roundTrip(t *testing.T, text string) *pattern.Pattern {
	t.Helper()
	first, err := pattern.Parse(text)
	if err != nil {
		return nil
	}
	printed := first.String()
	second, err := pattern.Parse(printed)
	if err != nil {
		t.Fatalf("%q is printed as %q, which is refused: %v", text, printed, err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Fatalf("%q is printed as %q, which is another pattern:\n%s", text, printed, diff)
	}
	if again := second.String(); again != printed {
		t.Fatalf("%q is printed as %q, then as %q", text, printed, again)
	}
	return first
}

func TestPrint(t *testing.T) {
	tests := []struct{ text, want string }{
		{"[file:size=1]", "[file:size = 1]"},
		{"  ( [ (file : name\n==\t'a' ) ] ) ", "[file:name = 'a']"},
		{"[file:name <> 'a']", "[file:name != 'a']"},
		{"[a:b NOT= 1 AND NOT EXISTS a:c]", "[a:b NOT = 1 AND NOT EXISTS a:c]"},
		{"[(a:b=1 AND a:c=2) OR a:d=3]", "[a:b = 1 AND a:c = 2 OR a:d = 3]"},
		{"[(a:b=1 OR a:c=2) AND a:d=3]", "[(a:b = 1 OR a:c = 2) AND a:d = 3]"},
		{"[a:b=1 OR (a:c=2 OR a:d=3)]", "[a:b = 1 OR (a:c = 2 OR a:d = 3)]"},
		{"[a:b=1] FOLLOWEDBY [a:b=2] OR [a:b=3] AND [a:b=4]", "[a:b = 1] FOLLOWEDBY [a:b = 2] OR [a:b = 3] AND [a:b = 4]"},
		{"([a:b=1] FOLLOWEDBY [a:b=2]) AND [a:b=3]", "([a:b = 1] FOLLOWEDBY [a:b = 2]) AND [a:b = 3]"},
		{"([a:b=1])WITHIN .5 SECONDS", "[a:b = 1] WITHIN 0.5 SECONDS"},
		{"([a:b=1] REPEATS 2 TIMES) REPEATS 3 TIMES", "([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES"},
		{"[a:b=1] START t'2016-06-01T00:00:00.000Z'STOP t'2016-07-01T00:00:00.5Z'", "[a:b = 1] START t'2016-06-01T00:00:00Z' STOP t'2016-07-01T00:00:00.5Z'"},
		{`[a:'b'.'c-d'.'e.f'.'IN'.'1st'[*][0].'it\'s'=1]`, `[a:b.'c-d'.'e.f'.'IN'.'1st'[*][0].'it\'s' = 1]`},
		{"[a:IN.1st=1]", "[a:'IN'.'1st' = 1]"},
		{`[a:b='\\\'']`, `[a:b = '\\\'']`},
		{"[a:b IN(1,-2.50,3)]", "[a:b IN (1, -2.5, 3)]"},
		{"[a:b NOT IN()]", "[a:b NOT IN ()]"},
		{"[a:b=5.0 OR a:b=-0.5 OR a:b=.25]", "[a:b = 5.0 OR a:b = -0.5 OR a:b = 0.25]"},
		{"[a:b=b'AB\nI=' OR a:b=h'ffc3' OR a:b=true OR a:b=false]", "[a:b = b'ABI=' OR a:b = h'ffc3' OR a:b = true OR a:b = false]"},
		{"[a:b MATCHES'^x' OR a:b LIKE'%'] // a comment\n/* another */", "[a:b MATCHES '^x' OR a:b LIKE '%']"},
		{"[a:b ISSUBSET '2001:0db8::/32' OR a:b ISSUPERSET '198.51.100.7']", "[a:b ISSUBSET '2001:0db8::/32' OR a:b ISSUPERSET '198.51.100.7']"},
		{"[a:b\u00a0=\u3000'\u00a0']", "[a:b = '\u00a0']"},
	}
	for _, test := range tests {
		got := roundTrip(t, test.text)
		if got == nil {
			t.Errorf("%q is refused: %v", test.text, pattern.Check(test.text))
		} else if got.String() != test.want {
			t.Errorf("%q is printed as\n%s, want\n%s", test.text, got, test.want)
		}
	}
}

// TestFaults holds each rule to its place, its section and its words.
func TestFaults(t *testing.T) {
	tests := []struct {
		text string
		want []string // "line:column section start of the rule"
	}{
		{"", []string{"1:1 9.5 expected [ or (, found the end"}},
		{"file:size = 1280", []string{"1:1 9.5 expected [ or (, found file"}},
		{"[file:size = ]", []string{"1:14 9.2 expected a constant, found ']'"}},
		{"[file.size = 1280]", []string{"1:6 9.7 expected a colon"}},
		{"[file:name MATCHES /.*/]", []string{"1:20 9.2 expected a constant, found '/'"}},
		{"[a:b = 1", []string{"1:9 9.5 expected AND, OR or ]"}},
		{"([a:b = 1]", []string{"1:11 9.5 expected AND, OR, FOLLOWEDBY, a qualifier or )"}},
		{"[a:b = 1] within 2 SECONDS", []string{"1:11 9.5 expected AND"}},
		{"[a:b = 'é\n' AND\n a:c ~ 2]", []string{"3:6 9.6.1 expected a comparison operator"}},
		{"[a:b = 1] WITHIN 5 HOURS", []string{"1:20 9.5.1 expected SECONDS, found HOURS"}},
		{"[a:b = 1] START t'2016-06-01T00:00:00Z'", []string{"1:40 9.5.1 expected STOP"}},
		{"[a:b = 1] START '2016-06-01T00:00:00Z' STOP t'2017-06-01T00:00:00Z'", []string{"1:17 9.5.1 START takes a timestamp"}},
		{"[a:b = 'x]", []string{"1:8 9.2 a string begins here"}},
		{`[a:b = 'C:\Windows']`, []string{`1:11 9.2 after a backslash`}},
		{"[a:b = null]", []string{"1:8 9.2 expected a constant, found null"}},
		{"[a:b = 1e5]", []string{"1:8 9.2 this is not a number"}},
		{"[a:b = 007]", []string{"1:8 9.2 an integer has no zeros"}},
		{"[a:b = +5]", []string{"1:8 9.2 a positive number is written without a plus sign"}},
		{"[a:b = 9007199254740992]", []string{"1:8 2.10 an integer"}},
		{"[a:b = h'FFC3' OR a:b = h'abc' OR a:b = b'====']", []string{"1:8 9.2 a hex constant", "1:25 9.2 a hex constant", "1:41 9.2 a binary constant"}},
		{"[a:b = t'2023-02-29T00:00:00Z']", []string{"1:8 2.16 a timestamp"}},
		{"[NOT a:b = 1]", []string{"1:6 9.6.1 expected EXISTS"}},
		{"[-a:b = 1]", []string{"1:2 9.7 expected an object path"}},
		{"[a:b = 1AND a:c = 2]", []string{"1:8 9.2 this is not a number"}},
		{"[a:b EXISTS]", []string{"1:6 9.6.1 expected a comparison operator"}},
		{"[a:b[-1] = 1]", []string{"1:6 9.7.2 the index of a list"}},
		{"[a:b[01] = 1]", []string{"1:8 9.7.2 expected * or the index"}},
		{"[a:'' = 1]", []string{"1:4 9.7 the name of a property is not empty"}},
		{"[a:b = 1 AND c:d = 2]", []string{"1:2 9.5 all operands of AND"}},
		{"[a:b = 1 AND (b:c = 1 OR c:d = 1)]", []string{"1:2 9.5 all operands of AND"}},
		{"[(a:b = 1 AND b:c = 1) OR (b:c = 1 AND c:d = 1)]", []string{"1:3 9.5 all operands of AND", "1:28 9.5 all operands of AND"}},
		{"[type-a:property-j = 'W']", []string{"1:9 9.7 a property name with a hyphen"}},
		{"[a:b = 1] WITHIN 5 SECONDS WITHIN 6 SECONDS", []string{"1:28 9.5.1 an observation expression has at most one"}},
		{"([a:b = 1]) REPEATS 2 TIMES REPEATS 2 TIMES", []string{"1:29 9.5.1 an observation expression has at most one"}},
		{"[a:b IN (1, 'x')]", []string{"1:9 9.6.1 the constants of a set"}},
		{"[a:b = 1] WITHIN 0 SECONDS", []string{"1:18 9.5.1 the seconds of WITHIN"}},
		{"[a:b = 1] WITHIN -5 SECONDS", []string{"1:18 9.5.1 the seconds of WITHIN"}},
		{"[a:b = 1] REPEATS 0 TIMES", []string{"1:19 9.5.1 the times of REPEATS"}},
		{"[a:b = 1] REPEATS 1.5 TIMES", []string{"1:19 9.5.1 the times of REPEATS"}},
		{"[a:b ISSUBSET '1234']", []string{"1:15 9.6.1 ISSUBSET and ISSUPERSET take"}},
		{"[a:b ISSUPERSET '198.51.100.0/33']", []string{"1:17 9.6.1 ISSUBSET and ISSUPERSET take"}},
		{"[a:b MATCHES '(']", []string{"1:14 9.6.1 MATCHES takes a regular expression"}},
		{"[a:b LIKE 5]", []string{"1:11 9.6.1 LIKE, MATCHES, ISSUBSET"}},
		{"[a:b > true]", []string{"1:8 9.6.1 a boolean has no order"}},
		{"[file:hashes.MD5 = 'f00']", []string{"1:20 10.7 this is no MD5 hash"}},
		{"[a:b = '\xff']", []string{"1:9 9.4 a pattern is Unicode text"}},
		{"[a:b-c = +1 AND d:e > true] REPEATS 0 TIMES x", []string{
			"1:2 9.5 all operands", "1:4 9.7 a property name", "1:10 9.2 a positive number", "1:23 9.6.1 a boolean", "1:37 9.5.1 the times", "1:45 9.5 expected AND"}},
	}
	for _, test := range tests {
		faults := pattern.Check(test.text)
		if len(faults) != len(test.want) {
			t.Errorf("%q: %d faults, want %d: %v", test.text, len(faults), len(test.want), faults)
			continue
		}
		for i, fault := range faults {
			if got := fmt.Sprintf("%d:%d %s %s", fault.Line, fault.Column, fault.Section, fault.Rule); !strings.HasPrefix(got, test.want[i]) {
				t.Errorf("%q: fault %q, want %q", test.text, got, test.want[i])
			}
		}
		if parsed, err := pattern.Parse(test.text); err == nil || parsed != nil {
			t.Errorf("%q is parsed all the same", test.text)
		}
	}
}

// TestLimits parses what is long and refuses what is too long or too deep.
func TestLimits(t *testing.T) {
	term := "file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f'"
	for _, operator := range []string{" OR ", " AND "} {
		inside := "[" + strings.Repeat(term+operator, 9_999) + term + "]"
		if roundTrip(t, inside) == nil {
			t.Errorf("10,000 terms joined by%sare refused: %v", operator, pattern.Check(inside))
		}
		outside := strings.Repeat("["+term+"]"+operator, 9_999) + "[" + term + "]"
		if roundTrip(t, outside) == nil {
			t.Errorf("10,000 observation expressions joined by%sare refused: %v", operator, pattern.Check(outside))
		}
	}
	nest := func(depth int) (string, string) {
		return strings.Repeat("(", depth) + "[a:b = 1]" + strings.Repeat(")", depth),
			"[" + strings.Repeat("(", depth) + "a:b = 1" + strings.Repeat(")", depth) + "]"
	}
	outer, inner := nest(pattern.MaxDepth)
	if len(pattern.Check(outer))+len(pattern.Check(inner)) > 0 {
		t.Errorf("nesting of %d is refused", pattern.MaxDepth)
	}
	outer, inner = nest(pattern.MaxDepth + 1)
	if len(pattern.Check(outer)) != 1 || len(pattern.Check(inner)) != 1 {
		t.Errorf("nesting of %d is not refused", pattern.MaxDepth+1)
	}
	if faults := pattern.Check("[a:b IN (" + strings.Repeat("1,", pattern.MaxTerms) + "1)]"); len(faults) != 1 {
		t.Errorf("%d terms are not refused: %v", pattern.MaxTerms+1, faults)
	}
	if faults := pattern.Check("[a:b = 1]" + strings.Repeat(" ", pattern.MaxLength)); len(faults) != 1 {
		t.Errorf("a text past MaxLength is not refused: %v", faults)
	}
	if faults := pattern.Check("[a:b" + strings.Repeat("[0]", pattern.MaxSteps) + " = 1]"); len(faults) != 1 {
		t.Errorf("a path past MaxSteps is not refused: %v", faults)
	}
	if faults := pattern.Check("[" + strings.Repeat("a:b = +1 OR ", 1_000) + "a:b = 1]"); len(faults) != 100 {
		t.Errorf("%d faults are listed, want %d", len(faults), 100)
	}
}

func TestWalk(t *testing.T) {
	parsed := roundTrip(t, "([a:b = 1 AND (a:c = 2 OR a:d = 3)] FOLLOWEDBY [EXISTS e:f]) WITHIN 5 SECONDS OR [g:h = 4]")
	var got []string
	for observation := range pattern.Observations(parsed.Root) {
		for comparison := range pattern.Comparisons(observation.Test) {
			got = append(got, comparison.Path.String())
		}
	}
	if diff := cmp.Diff([]string{"a:b", "a:c", "a:d", "e:f", "g:h"}, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"[file:size = 1]", "([a:b = 1] FOLLOWEDBY [a:b.'c-d'[*] NOT IN ('x', 'y')]) WITHIN 5.5 SECONDS REPEATS 2 TIMES",
		"[a:b = t'2016-06-01T00:00:00Z' OR a:b = h'ff' AND NOT EXISTS a:c]", "[a:b MATCHES '\\\\Q.\\\\E(?<n>x)' OR a:b ISSUBSET '::/0']",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, fault := range pattern.Check(text) {
			if fault.Offset < 0 || fault.Offset > len(text) || fault.Line < 1 || fault.Column < 1 || fault.Rule == "" || fault.Section == "" {
				t.Errorf("%q: %+v", text, fault)
			}
		}
		roundTrip(t, text)
	})
}
