// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file tests how observations are bound to patterns, above all against a
// matcher that tries everything.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// day is when the observations of these tests begin.
var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// seen is an observation of one object of type x at a second of day, with the
// letters of a word as its properties, each true.
func seen(word string, first, last float64, number int64) pattern.ObservedData {
	properties := map[string]any{"type": "x"}
	for _, letter := range word {
		properties[string(letter)] = true
	}
	at := func(seconds float64) time.Time { return day.Add(time.Duration(seconds * float64(time.Second))) }
	return pattern.ObservedData{First: at(first), Last: at(last), Number: number, Objects: []pattern.Object{{ID: "0", Properties: properties}}}
}

// letters writes [a] for [x:a = true], and the seconds of START and STOP as times.
func letters(text string) string {
	for _, letter := range "abc" {
		text = strings.ReplaceAll(text, "["+string(letter)+"]", "[x:"+string(letter)+" = true]")
	}
	for second := range 10 {
		at := day.Add(time.Duration(second) * time.Second).Format("2006-01-02T15:04:05Z")
		text = strings.ReplaceAll(text, fmt.Sprintf("START %d STOP", second), "START t'"+at+"' STOP")
		text = strings.ReplaceAll(text, fmt.Sprintf("STOP %d", second), "STOP t'"+at+"'")
	}
	return text
}

func TestBinding(t *testing.T) {
	at := func(word string, second float64) pattern.ObservedData { return seen(word, second, second, 1) }
	tests := []struct {
		rule     string
		pattern  string
		observed []pattern.ObservedData
		want     []int // nil: no match
	}{
		{"one observation serves one expression", "[a] AND [b]", []pattern.ObservedData{at("ab", 1)}, nil},
		{"and two serve two", "[a] AND [b]", []pattern.ObservedData{at("ab", 1), at("ab", 1)}, []int{0, 1}},
		{"what comes first must not take what only another can use", "[a] AND [b]", []pattern.ObservedData{at("ab", 1), at("a", 2)}, []int{0, 1}},
		{"even in a long chain", "[a] AND [b] AND [c]", []pattern.ObservedData{at("abc", 1), at("ab", 2), at("a", 3)}, []int{0, 1, 2}},
		{"one observed twice serves two", "[a] AND [b]", []pattern.ObservedData{seen("ab", 1, 1, 2)}, []int{0}},
		{"OR takes either", "[a] OR [b]", []pattern.ObservedData{at("b", 1)}, []int{0}},
		{"AND binds more than OR", "[a] OR [b] AND [c]", []pattern.ObservedData{at("b", 1)}, nil},
		{"FOLLOWEDBY asks for the order of time, not of arrival", "[a] FOLLOWEDBY [b]", []pattern.ObservedData{at("b", 2), at("a", 1)}, []int{0, 1}},
		{"FOLLOWEDBY the other way round", "[a] FOLLOWEDBY [b]", []pattern.ObservedData{at("b", 1), at("a", 2)}, nil},
		{"FOLLOWEDBY at the same time", "[a] FOLLOWEDBY [b]", []pattern.ObservedData{at("a", 1), at("b", 1)}, []int{0, 1}},
		{"all of the right side after all of the left", "([a] AND [b]) FOLLOWEDBY [c]", []pattern.ObservedData{at("a", 1), at("c", 2), at("b", 3)}, nil},
		{"the qualifier is of the right side alone", "[a] FOLLOWEDBY [b] REPEATS 2 TIMES", []pattern.ObservedData{at("a", 1), at("b", 2), at("b", 3)}, []int{0, 1, 2}},
		{"WITHIN is strict", "([a] AND [b]) WITHIN 2 SECONDS", []pattern.ObservedData{at("a", 1), at("b", 3)}, nil},
		{"and holds just below", "([a] AND [b]) WITHIN 2 SECONDS", []pattern.ObservedData{at("a", 1), at("b", 2.999)}, []int{0, 1}},
		{"a fraction is a decimal one", "([a] AND [b]) WITHIN 0.1 SECONDS", []pattern.ObservedData{at("a", 1), at("b", 1.1)}, nil},
		{"a window can lie anywhere", "[a] REPEATS 3 TIMES WITHIN 3 SECONDS", []pattern.ObservedData{at("a", 0), at("a", 4), at("a", 5), at("a", 6)}, []int{1, 2, 3}},
		{"WITHIN before REPEATS is of each", "([a] AND [b]) WITHIN 1 SECONDS REPEATS 2 TIMES", []pattern.ObservedData{at("a", 1), at("a", 7), at("b", 1), at("b", 7)}, []int{0, 1, 2, 3}},
		{"START is in the span", "[a] START 1 STOP 2", []pattern.ObservedData{at("a", 1)}, []int{0}},
		{"STOP is not", "[a] START 1 STOP 2", []pattern.ObservedData{at("a", 2)}, nil},
		{"observed from before the span into it", "[a] START 1 STOP 2", []pattern.ObservedData{seen("a", 0, 1, 1)}, []int{0}},
		{"a span that ends before it begins", "[a] START 2 STOP 1", []pattern.ObservedData{seen("a", 0, 9, 1)}, nil},
		{"intervals that come near enough", "([a] AND [b]) WITHIN 2 SECONDS", []pattern.ObservedData{seen("a", 0, 3, 1), seen("b", 4, 9, 1)}, []int{0, 1}},
		{"one moment for all that is asked", "([a] FOLLOWEDBY [b]) FOLLOWEDBY [c]", []pattern.ObservedData{at("a", 5), seen("b", 0, 9, 1), at("c", 3)}, nil},
		{"moments that fit one by one and not together", "([a] FOLLOWEDBY [b]) WITHIN 2 SECONDS AND ([b] FOLLOWEDBY [c]) WITHIN 2 SECONDS",
			[]pattern.ObservedData{at("a", 1), seen("b", 0, 9, 1), at("c", 8)}, nil},
		{"REPEATS takes number_observed", "[a] REPEATS 5 TIMES", []pattern.ObservedData{seen("a", 1, 1, 2), seen("a", 2, 2, 3)}, []int{0, 1}},
		{"and a great many", "[a] REPEATS 1000000000 TIMES WITHIN 1 SECONDS", []pattern.ObservedData{seen("a", 1, 1, 600_000_000), seen("a", 1, 1, 400_000_000)}, []int{0, 1}},
		{"and one less", "[a] REPEATS 1000000000 TIMES WITHIN 1 SECONDS", []pattern.ObservedData{seen("a", 1, 1, 600_000_000), seen("a", 1, 1, 399_999_999)}, nil},
		{"and a great many of which none will do", "[a] REPEATS 1000000000 TIMES FOLLOWEDBY [b]", []pattern.ObservedData{at("b", 0), seen("a", 1, 1, 600_000_000), seen("a", 1, 1, 600_000_000)}, nil},
		{"without times what asks for none matches", "[a] AND [b]", []pattern.ObservedData{{Objects: at("ab", 0).Objects}, {Objects: at("ab", 0).Objects}}, []int{0, 1}},
		{"and nothing else", "([a] AND [b]) WITHIN 5 SECONDS", []pattern.ObservedData{{Objects: at("ab", 0).Objects}, {Objects: at("ab", 0).Objects}}, nil},
	}
	for _, test := range tests {
		parsed, err := pattern.Parse(letters(test.pattern))
		if err != nil {
			t.Fatal(err)
		}
		got, err := pattern.Match(parsed, test.observed)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s%v", test.rule, test.pattern, diff, err)
		}
	}
}

// TestStream tells every observation that completes a match.
func TestStream(t *testing.T) {
	parsed, err := pattern.Parse(letters("([a] FOLLOWEDBY [b]) WITHIN 5 SECONDS OR [c] REPEATS 2 TIMES"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := pattern.NewMatcher(parsed)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		word   string
		second float64
		want   []int
	}{
		{"a", 1, nil}, {"b", 7, nil}, {"", 8, nil}, {"c", 8, nil}, {"a", 6, []int{1, 4}}, {"b", 6.5, []int{4, 5}}, {"c", 30, []int{3, 6}}, {"b", 0, nil},
	}
	for i, step := range steps {
		observed := seen(step.word, step.second, step.second, 1)
		if got, err := m.Add(&observed); err != nil || !slices.Equal(got, step.want) {
			t.Errorf("observation %d, %q: got %v (%v), want %v", i, step.word, got, err, step.want)
		}
	}
	if m.Kept() != 7 {
		t.Errorf("%d observations are kept, want 7", m.Kept())
	}
	m.Forget(day.Add(7 * time.Second))
	if m.Kept() != 3 { // b at 7, c at 8 and at 30
		t.Errorf("%d observations are kept after Forget, want 3", m.Kept())
	}
	observed := seen("a", 6, 6, 1)
	if got, err := m.Add(&observed); err != nil || !slices.Equal(got, []int{1, 8}) {
		t.Errorf("after Forget: got %v (%v)", got, err)
	}
}

// TestMatcherForgetsTheOldest drops observations past its limit, and says so.
func TestMatcherForgetsTheOldest(t *testing.T) {
	parsed, err := pattern.Parse(letters("[a] AND [b]"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := pattern.NewMatcher(parsed)
	if err != nil {
		t.Fatal(err)
	}
	observed := seen("a", 1, 1, 1)
	for range pattern.MaxKept + 1 {
		if _, err := m.Add(&observed); err != nil {
			t.Fatal(err)
		}
	}
	if m.Dropped() != pattern.MaxKept/10 || m.Kept() != pattern.MaxKept-pattern.MaxKept/10+1 {
		t.Errorf("%d dropped, %d kept", m.Dropped(), m.Kept())
	}
	observed = seen("b", 1, 1, 1)
	if got, err := m.Add(&observed); err != nil || !slices.Equal(got, []int{pattern.MaxKept / 10, pattern.MaxKept + 1}) {
		t.Errorf("got %v (%v)", got, err)
	}
}

// TestTooManySteps is about what would take for ever, here because twelve pairs
// are asked for and eleven can be made: it ends, with an error, and the matcher
// goes on.
func TestTooManySteps(t *testing.T) {
	parsed, err := pattern.Parse(letters("([a] AND [b]) WITHIN 5 SECONDS REPEATS 12 TIMES"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := pattern.NewMatcher(parsed)
	if err != nil {
		t.Fatal(err)
	}
	add := func(word string, second float64) ([]int, error) {
		observed := seen(word, second, second, 1)
		return m.Add(&observed)
	}
	for i := range 22 {
		word, second := "b", 1.0
		if i >= 11 {
			second = 1_000
		}
		if _, err := add(word, second); err != nil {
			t.Fatal(err)
		}
	}
	failed := 0
	for range 20 {
		bound, err := add("a", 0)
		if bound != nil || err != nil && !errors.Is(err, pattern.ErrTooManySteps) {
			t.Fatal(bound, err)
		}
		if err != nil {
			failed++
		}
	}
	if failed == 0 {
		t.Error("the search came to its end: look for something harder")
	}
	if bound, err := add("a", 1_000); err != nil || len(bound) != 24 {
		t.Errorf("the twelfth pair: %v (%v)", bound, err)
	}
}

// TestCommonOrders is about streams as they are: what people ask for takes few
// steps, however the search could go astray.
func TestCommonOrders(t *testing.T) {
	for _, text := range []string{
		"([a] REPEATS 20 TIMES FOLLOWEDBY [b]) WITHIN 600 SECONDS",
		"([a] FOLLOWEDBY [b] FOLLOWEDBY [c]) WITHIN 30 SECONDS",
		"([a] FOLLOWEDBY [b]) WITHIN 60 SECONDS REPEATS 5 TIMES",
		"(([a] OR [b]) FOLLOWEDBY [c]) WITHIN 5 SECONDS REPEATS 5 TIMES",
	} {
		parsed, err := pattern.Parse(letters(text))
		if err != nil {
			t.Fatal(err)
		}
		m, err := pattern.NewMatcher(parsed)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(3, 4))
		at, matches := 0.0, 0
		for range 2_000 {
			at += random.ExpFloat64() * 5
			observed := seen([]string{"a", "a", "a", "a", "b", "c", "ab", "bc"}[random.IntN(8)], at, at, 1)
			bound, err := m.Add(&observed)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if bound != nil {
				matches++
			}
		}
		if matches == 0 {
			t.Errorf("%s matches nothing", text)
		}
	}
}

// everything matches by trying every way: which observation serves which
// expression, and at which moment, on a grid of half seconds.
type everything struct {
	observed []pattern.ObservedData // each once
	holds    func(*pattern.Observation, int) bool
}

// A placed is an observation with a moment.
type placed struct{ observation, half int }

// ways are all sets of placed observations that meet an expression.
func (all *everything) ways(e pattern.Expression) (ways [][]placed) {
	switch e := e.(type) {
	case *pattern.Observation:
		for i, o := range all.observed {
			if all.holds(e, i) {
				for half := int(o.First.Sub(day) * 2 / time.Second); half <= int(o.Last.Sub(day)*2/time.Second); half++ {
					ways = append(ways, []placed{{i, half}})
				}
			}
		}
	case *pattern.Qualified:
		ways = all.ways(e.Of)
		for _, qualifier := range e.Qualifiers {
			ways = all.qualify(ways, qualifier)
		}
	case *pattern.Compound:
		for i, operand := range e.Operands {
			some := all.ways(operand)
			if i == 0 || e.Operator == pattern.Or {
				ways = append(ways, some...)
				continue
			}
			ways = product(ways, some, func(left, right []placed) bool {
				return e.Operator == pattern.And || last(left) <= -last(negate(right))
			})
		}
	}
	return ways
}

func product(left, right [][]placed, allowed func(left, right []placed) bool) (ways [][]placed) {
	for _, l := range left {
		for _, r := range right {
			distinct := !slices.ContainsFunc(l, func(p placed) bool {
				return slices.ContainsFunc(r, func(q placed) bool { return p.observation == q.observation })
			})
			if distinct && allowed(l, r) {
				ways = append(ways, slices.Concat(l, r))
			}
		}
	}
	return ways
}

func last(way []placed) int {
	latest := way[0].half
	for _, p := range way {
		latest = max(latest, p.half)
	}
	return latest
}

func negate(way []placed) (negated []placed) {
	for _, p := range way {
		negated = append(negated, placed{p.observation, -p.half})
	}
	return negated
}

func (all *everything) qualify(ways [][]placed, q pattern.Qualifier) [][]placed {
	switch q.Kind {
	case pattern.Repeats:
		once := ways
		for range q.Times - 1 {
			ways = product(ways, once, func(_, _ []placed) bool { return true })
		}
		return ways
	case pattern.Within:
		return slices.DeleteFunc(ways, func(way []placed) bool { return float64(last(way)+last(negate(way))) >= q.Seconds*2 })
	}
	return slices.DeleteFunc(ways, func(way []placed) bool {
		return slices.ContainsFunc(way, func(p placed) bool {
			at := day.Add(time.Duration(p.half) * time.Second / 2)
			return at.Before(q.Start) || !at.Before(q.Stop)
		})
	})
}

// TestAgainstEverything compares random patterns over random observations.
func TestAgainstEverything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	matches := 0
	for i := range 8_000 {
		size, most, longest := 3, 4, 3
		if i%2 == 0 { // fewer expressions, more observations, of one moment each
			size, most, longest = 2, 6, 1
		}
		text := randomExpression(random, size)
		parsed, err := pattern.Parse(letters(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var observed []pattern.ObservedData
		all := &everything{}
		for range 1 + random.IntN(most) {
			first := float64(random.IntN(5))
			one := seen([]string{"a", "b", "c", "ab", "bc", "abc"}[random.IntN(6)], first, first+float64(random.IntN(longest)), 1+int64(random.IntN(5)/4))
			observed = append(observed, one)
			for range one.Number {
				all.observed = append(all.observed, one)
			}
		}
		all.holds = func(o *pattern.Observation, i int) bool {
			condition, err := pattern.NewCondition(o)
			return err == nil && condition.Holds(&all.observed[i])
		}
		want := len(all.ways(parsed.Root)) > 0
		got, err := pattern.Match(parsed, observed)
		if err != nil || (got != nil) != want {
			t.Fatalf("%s: got %v (%v), want a match: %v\n%v", text, got, err, want, observed)
		}
		if want {
			matches++
		}
	}
	t.Logf("%d of 8000 match", matches)
}

// randomExpression writes an expression of at most size observation expressions.
func randomExpression(random *rand.Rand, size int) string {
	text := "[" + string("abc"[random.IntN(3)]) + "]"
	if size > 1 && random.IntN(5) > 0 {
		left := 1 + random.IntN(size-1)
		operator := []string{" AND ", " OR ", " FOLLOWEDBY "}[random.IntN(3)]
		text = "(" + randomExpression(random, left) + operator + randomExpression(random, size-left) + ")"
	}
	for _, qualifier := range random.Perm(6)[:random.IntN(3)] {
		switch {
		case qualifier == 0:
			text += fmt.Sprintf(" WITHIN %d SECONDS", 1+random.IntN(3))
		case qualifier == 1 && size < 3:
			text += " REPEATS 2 TIMES"
		case qualifier == 2:
			start := random.IntN(4)
			text += fmt.Sprintf(" START %d STOP %d", start, start+1+random.IntN(4))
		}
	}
	return text
}
