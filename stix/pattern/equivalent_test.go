// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file tests which patterns are equivalent.

import (
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

func equivalent(t *testing.T, a, b string) bool {
	t.Helper()
	first, err := pattern.Parse(a)
	if err != nil {
		return false // an invalid pattern is equivalent to none
	}
	second, err := pattern.Parse(b)
	if err != nil {
		return false
	}
	there, err := pattern.Equivalent(first, second)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := pattern.Equivalent(second, first); err != nil || back != there {
		t.Errorf("%s and %s: %v one way, %v the other (%v)", a, b, there, back, err)
	}
	return there
}

func TestEquivalenceVectors(t *testing.T) {
	type row struct {
		ID         string `json:"id"`
		A          string `json:"a"`
		B          string `json:"b"`
		Equivalent bool   `json:"equivalent"`
	}
	c := &compare{t: t, listed: divergences(t, "PE")}
	eachLine(t, "pattern-equivalence.jsonl", func(row row) {
		got := equivalent(t, row.A, row.B)
		c.row(row.ID, got == row.Equivalent, func() {
			t.Errorf("%s: we say %v, the tool %v:\n%s\n%s", row.ID, got, row.Equivalent, row.A, row.B)
		})
	})
	c.done()
}

func TestEquivalent(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"[a:b = 5]", "[a:b = 5.0]", true},
		{"[a:b = h'00ff']", "[a:b = b'AP8=']", true},
		{"[a:b = t'2016-06-01T00:00:00Z']", "[a:b = t'2016-06-01T00:00:00.000Z']", true},
		{"[a:b IN (1, 2)]", "[a:b = 2 OR a:b = 1]", true},
		{"[a:b NOT IN (1, 2)]", "[a:b NOT IN (2, 1, 2)]", true},
		{"[a:b NOT IN (1, 2)]", "[a:b NOT = 1 OR a:b NOT = 2]", false},
		{"[a:b NOT IN (1)]", "[a:b != 1]", true},
		{"[a:b NOT = 1]", "[a:b != 1]", true},
		{"[a:b[*] NOT = 1]", "[a:b[*] != 1]", false},
		{"[a:b NOT < 1]", "[a:b >= 1]", false}, // they differ where b is no number
		{"[a:b = 1 OR a:c IN ()]", "[a:b = 1]", true},
		{"[a:b = 1] AND [a:b = 1]", "[a:b = 1] REPEATS 2 TIMES", true},
		{"([a:b = 1] REPEATS 2 TIMES) REPEATS 2 TIMES", "[a:b = 1] REPEATS 4 TIMES", true},
		{"([a:b = 1] AND [a:b = 1]) WITHIN 5 SECONDS", "[a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS", true},
		{"([a:b = 1] OR [a:b = 2]) REPEATS 2 TIMES", "([a:b = 1] OR [a:b = 2]) AND ([a:b = 2] OR [a:b = 1])", true},
		{"([a:b = 1] OR [a:b = 2]) REPEATS 2 TIMES", "[a:b = 1] REPEATS 2 TIMES OR [a:b = 2] REPEATS 2 TIMES", false},
		{"[a:b = 1] REPEATS 5000 TIMES", "[a:b = 1] REPEATS 5000 TIMES", true},
		{"[a:b = 1] REPEATS 5000 TIMES", "[a:b = 1] REPEATS 5001 TIMES", false},
		{"[a:b = 1] WITHIN 5 SECONDS", "[a:b = 1]", false}, // one observation is always within a window, which is harder to see
		{"[a:b = 1] REPEATS 1 TIMES", "[a:b = 1]", true},
		{"[a:b = 1] START t'2016-06-01T00:00:00Z' STOP t'2017-06-01T00:00:00Z' REPEATS 2 TIMES", "[a:b = 1] REPEATS 2 TIMES START t'2016-06-01T00:00:00Z' STOP t'2017-06-01T00:00:00Z'", true},
		{"[a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES", "[a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS", false},
		{"([a:b = 1] AND [a:b = 2]) OR ([a:b = 1] FOLLOWEDBY [a:b = 2])", "[a:b = 2] AND [a:b = 1]", true},
		{"([a:b = 1] AND [a:b = 1]) OR ([a:b = 1] AND [a:b = 2])", "[a:b = 1] AND [a:b = 1]", false},
		{"[a:b = 'x' AND a:c = 'y']", "[a:c = 'y' AND a:b = 'x']", true},
		{"[a:b = 'x\\' AND a:c = \\'y']", "[a:c = 'y' AND a:b = 'x']", false},
	}
	for _, test := range tests {
		if got := equivalent(t, test.a, test.b); got != test.want {
			t.Errorf("%v, want %v:\n%s\n%s", got, test.want, test.a, test.b)
		}
	}
}

func TestTooComplexToCompare(t *testing.T) {
	for _, term := range []string{"([a:b = 1] OR [a:b = 2])", "[a:b = 1]"} {
		long := strings.Repeat(term+" AND ", 40) + term
		parsed, err := pattern.Parse(long)
		if err != nil {
			t.Fatal(err)
		}
		_, err = pattern.Equivalent(parsed, parsed)
		if want := strings.Contains(term, "OR"); errors.Is(err, pattern.ErrTooComplex) != want {
			t.Errorf("%s, 41 times: %v", term, err)
		}
	}
	inside, err := pattern.Parse("[" + strings.Repeat("(a:b = 1 OR a:c = 2) AND ", 40) + "a:d = 3]")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pattern.Equivalent(inside, inside); !errors.Is(err, pattern.ErrTooComplex) {
		t.Errorf("2^40 conjunctions: %v", err)
	}
}
