// SPDX-License-Identifier: Apache-2.0

package pattern

// This file is the grammar: observation expressions, their operators and
// qualifiers. It recurses for parentheses alone, never for the terms of a chain.

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/internal/timestamp"
)

// Parse reads a pattern. The error, if any, is an [*Error] with all that
// [Check] would list. STIX 2.1 §9.4
func Parse(text string) (*Pattern, error) {
	root, faults := parse(text)
	if len(faults) > 0 {
		return nil, &Error{Faults: faults}
	}
	return &Pattern{Root: root}, nil
}

// Check lists what is wrong with a pattern, in the order of the places: every
// rule broken up to where it can be parsed, and why not further. A pattern
// without faults is valid. At most a hundred are listed. STIX 2.1 §9.4
func Check(text string) []Fault {
	_, faults := parse(text)
	return faults
}

func parse(text string) (Expression, []Fault) {
	p := &parser{scanner: scanner{text: text}}
	root, err := p.pattern()
	var stopped *stop
	if errors.As(err, &stopped) {
		p.faults = append(p.faults, stopped.fault)
	}
	slices.SortStableFunc(p.faults, func(a, b Fault) int { return cmp.Compare(a.Offset, b.Offset) })
	place(text, p.faults)
	return root, p.faults
}

// A parser reads a pattern by recursive descent.
type parser struct {
	scanner
	terms int
	depth int
}

func (p *parser) pattern() (Expression, error) {
	if len(p.text) > MaxLength {
		return nil, p.stop(0, "9.4", fmt.Sprintf("a pattern has at most %d bytes here", MaxLength), "split it into several indicators")
	}
	if at := invalidAt(p.text); at >= 0 {
		return nil, p.stop(at, "9.4", "a pattern is Unicode text in UTF-8", "")
	}
	root, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.peek() != 0 || p.at < len(p.text) {
		return nil, p.expected("9.5", "AND, OR, FOLLOWEDBY, a qualifier or the end", p.keywordHint())
	}
	return root, nil
}

// invalidAt is where a text stops being UTF-8, or -1.
func invalidAt(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
			return i
		}
	}
	return -1
}

// keywordHint helps who wrote a keyword small.
func (p *parser) keywordHint() string {
	if b := p.peek(); b >= 'a' && b <= 'z' {
		return "keywords are written in capitals"
	}
	return ""
}

// deeper counts a parenthesis that opens; shallower one that closes.
func (p *parser) deeper() error {
	if p.depth++; p.depth > MaxDepth {
		return p.stop(p.at-1, "9.5.3", fmt.Sprintf("parentheses are nested at most %d deep here", MaxDepth), "")
	}
	return nil
}

func (p *parser) shallower() { p.depth-- }

// chain reads operands joined by one operator: all of them if there are several,
// otherwise the one.
func chain[T any](p *parser, operator string, operand func() (T, error)) (one T, all []T, err error) {
	one, err = operand()
	for err == nil {
		if _, more := p.keyword(operator); !more {
			return one, all, nil
		}
		if all == nil {
			all = append(make([]T, 0, 4), one)
		}
		var next T
		next, err = operand()
		all = append(all, next)
	}
	return one, nil, err
}

// expression reads a whole expression: FOLLOWEDBY binds least, then OR, then
// AND. STIX 2.1 §9.5.3
func (p *parser) expression() (Expression, error) {
	return p.compound("FOLLOWEDBY", FollowedBy, func() (Expression, error) {
		return p.compound("OR", Or, func() (Expression, error) {
			return p.compound("AND", And, p.qualified)
		})
	})
}

func (p *parser) compound(word string, operator Operator, operand func() (Expression, error)) (Expression, error) {
	one, all, err := chain(p, word, operand)
	if all != nil {
		return &Compound{Operator: operator, Operands: all}, nil
	}
	return one, err
}

// qualified reads an expression in brackets or parentheses, and its qualifiers.
func (p *parser) qualified() (Expression, error) {
	of, err := p.enclosed()
	if err != nil {
		return nil, err
	}
	var qualifiers []Qualifier
	for {
		p.space()
		start := p.at
		word, more := p.keyword("WITHIN", "START", "REPEATS")
		if !more {
			break
		}
		qualifier, err := p.qualifier(word)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(qualifiers, func(q Qualifier) bool { return q.Kind == qualifier.Kind }) {
			p.fault(start, "9.5.1", "an observation expression has at most one qualifier of a kind", "put the expression and its first qualifier in parentheses, or leave one out")
		}
		qualifiers = append(qualifiers, qualifier)
	}
	if len(qualifiers) == 0 {
		return of, nil
	}
	return &Qualified{Of: of, Qualifiers: qualifiers}, nil
}

func (p *parser) enclosed() (Expression, error) {
	if p.take('(') {
		if err := p.deeper(); err != nil {
			return nil, err
		}
		inner, err := p.expression()
		if err != nil {
			return nil, err
		}
		if !p.take(')') {
			return nil, p.expected("9.5", "AND, OR, FOLLOWEDBY, a qualifier or )", p.keywordHint())
		}
		p.shallower()
		return inner, nil
	}
	if !p.take('[') {
		return nil, p.expected("9.5", "[ or (", "an observation expression stands in square brackets")
	}
	test, _, err := p.test()
	if err != nil {
		return nil, err
	}
	if !p.take(']') {
		return nil, p.expected("9.5", "AND, OR or ]", p.keywordHint())
	}
	return &Observation{Test: test}, nil
}

// qualifier reads what follows the first word of a qualifier.
// STIX 2.1 §9.5.1
func (p *parser) qualifier(word string) (Qualifier, error) {
	switch word {
	case "WITHIN":
		return p.within()
	case "REPEATS":
		return p.repeats()
	default:
		return p.startStop()
	}
}

func (p *parser) within() (Qualifier, error) {
	if b := p.peek(); !isDigit(b) && b != '-' && b != '+' && b != '.' {
		return Qualifier{}, p.expected("9.5.1", "a number of seconds", "")
	}
	start := p.at
	window, err := p.number()
	if err != nil {
		return Qualifier{}, err
	}
	seconds := window.Float
	if window.Kind == Integer {
		seconds = float64(window.Integer)
	}
	if !(seconds > 0) {
		p.fault(start, "9.5.1", "the seconds of WITHIN are positive", "")
	}
	if _, ok := p.keyword("SECONDS"); !ok {
		return Qualifier{}, p.expected("9.5.1", "SECONDS", "a window is given in SECONDS")
	}
	return Qualifier{Kind: Within, Seconds: seconds}, nil
}

func (p *parser) repeats() (Qualifier, error) {
	if b := p.peek(); !isDigit(b) && b != '-' && b != '+' {
		return Qualifier{}, p.expected("9.5.1", "a number of times", "")
	}
	start := p.at
	times, err := p.number()
	if err != nil {
		return Qualifier{}, err
	}
	if times.Kind != Integer || times.Integer <= 0 {
		p.fault(start, "9.5.1", "the times of REPEATS are a positive integer", "")
	}
	if _, ok := p.keyword("TIMES"); !ok {
		return Qualifier{}, p.expected("9.5.1", "TIMES", "")
	}
	return Qualifier{Kind: Repeats, Times: times.Integer}, nil
}

func (p *parser) startStop() (q Qualifier, err error) {
	q.Kind = StartStop
	first, err := p.moment("START")
	if err != nil {
		return q, err
	}
	if _, ok := p.keyword("STOP"); !ok {
		return q, p.expected("9.5.1", "STOP", "START always comes with STOP")
	}
	after, err := p.moment("STOP")
	q.Start, q.Stop = first.Time, after.Time
	return q, err
}

// moment reads the timestamp behind START or STOP.
func (p *parser) moment(word string) (Constant, error) {
	b := p.peek()
	if b == '\'' {
		start := p.at
		text, err := p.quoted()
		if err != nil {
			return Constant{}, err
		}
		p.fault(start, "9.5.1", word+" takes a timestamp", "write t before the apostrophe; STIX 2.0 had none")
		when, _ := timestamp.Parse(text)
		return Constant{Kind: Timestamp, Time: when}, nil
	}
	if b != 't' || p.at+1 >= len(p.text) || p.text[p.at+1] != '\'' {
		return Constant{}, p.expected("9.5.1", "a timestamp", "write it as t'2016-06-01T00:00:00Z'")
	}
	return p.constant()
}
