// SPDX-License-Identifier: Apache-2.0

package pattern

// This file turns a pattern into the plan by which observations are bound to its
// observation expressions.

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A node is a part of the plan. START and STOP are gone: they hold for each
// observation, and so are part of the conditions.
type node struct {
	kind      nodeKind
	kids      []*node
	condition int           // of a slot: which one in the plan
	times     int64         // of a slot and of a repetition
	window    time.Duration // of a window: the last moment is before the first plus this
	from, to  int           // the slots beneath, by their number
	first     int           // of a repetition: the slot that is bound first in each copy, or -1 if that depends
	sorted    bool          // a slot that is the first of a repetition
}

type nodeKind int

const (
	slot       nodeKind = iota // several observations that hold the same condition
	conjoined                  // all kids, on different observations
	disjoined                  // one kid
	ordered                    // all kids, on different observations, each after the one before
	windowed                   // one kid, whose observations lie close together
	repetition                 // one kid, several times, on different observations
)

// A wanted is a condition of the plan, with what else each of its observations
// must be.
type wanted struct {
	*Condition
	dated       bool // its time matters
	spanned     bool // its time is in a span
	start, stop time.Time
}

// A planner makes plans.
type planner struct {
	wanted []wanted
	known  map[string]int // by what they ask for
	slots  int
}

// surroundings are what the qualifiers and operators around an expression ask of
// each observation in it.
type surroundings struct {
	dated, spanned bool
	start, stop    time.Time
}

func (p *planner) plan(e Expression, around surroundings) (*node, error) {
	switch e := e.(type) {
	case *Observation:
		return p.slot(e, around)
	case *Qualified:
		return p.qualified(e, around)
	case *Compound:
		return p.compound(e, around)
	}
	return nil, fmt.Errorf("%w: an expression of type %T", ErrUnsupported, e)
}

func (p *planner) slot(o *Observation, around surroundings) (*node, error) {
	key := fmt.Sprintf("%t %t %v %v %s", around.dated, around.spanned, around.start, around.stop, appendTest(nil, o.Test, FollowedBy))
	number, known := p.known[key]
	if !known {
		condition, err := NewCondition(o)
		if err != nil {
			return nil, err
		}
		number = len(p.wanted)
		p.known[key] = number
		p.wanted = append(p.wanted, wanted{Condition: condition, dated: around.dated || around.spanned, spanned: around.spanned, start: around.start, stop: around.stop})
	}
	p.slots++
	return &node{kind: slot, condition: number, times: 1, from: p.slots - 1, to: p.slots}, nil
}

func (p *planner) compound(e *Compound, around surroundings) (*node, error) {
	kinds := map[Operator]nodeKind{And: conjoined, Or: disjoined, FollowedBy: ordered}
	around.dated = around.dated || e.Operator == FollowedBy
	joined := &node{kind: kinds[e.Operator], from: p.slots}
	merged := make(map[int]*node) // the slots among the kids, by their condition
	for _, operand := range e.Operands {
		kid, err := p.plan(operand, around)
		if err != nil {
			return nil, err
		}
		if same := merged[kid.condition]; same != nil && kid.kind == slot && e.Operator == And {
			same.times = times(same.times, 1, kid.times)
			p.slots-- // it has the last number
			continue
		}
		if kid.kind == slot {
			merged[kid.condition] = kid
		}
		joined.kids = append(joined.kids, kid)
	}
	joined.to = p.slots
	if len(joined.kids) == 1 {
		return joined.kids[0], nil
	}
	return joined, nil
}

// qualified takes each qualifier as applied to what stands before it.
// STIX 2.1 §9.5.1
func (p *planner) qualified(e *Qualified, around surroundings) (*node, error) {
	for _, qualifier := range e.Qualifiers {
		switch qualifier.Kind {
		case StartStop:
			around = around.within(qualifier)
		case Within:
			around.dated = true
		}
	}
	inner, err := p.plan(e.Of, around)
	if err != nil {
		return nil, err
	}
	for _, qualifier := range e.Qualifiers {
		switch {
		case qualifier.Kind == Within:
			inner = windowAround(inner, qualifier.Seconds)
		case qualifier.Kind == Repeats && inner.kind == slot:
			inner.times = times(0, qualifier.Times, inner.times)
		case qualifier.Kind == Repeats && qualifier.Times > 1:
			inner = repeated(inner, qualifier.Times)
		}
	}
	return inner, nil
}

// within narrows the span to that of the qualifier.
func (s surroundings) within(q Qualifier) surroundings {
	if !s.spanned || q.Start.After(s.start) {
		s.start = q.Start
	}
	if !s.spanned || q.Stop.Before(s.stop) {
		s.stop = q.Stop
	}
	s.spanned = true
	return s
}

// windowAround sets a window around a node. One observation is always within one, and
// a window of more than 292 years, which is where a duration ends, holds all.
func windowAround(inner *node, seconds float64) *node {
	span := seconds * float64(time.Second)
	if whole := math.Round(span); math.Abs(span-whole) < 1e-3 { // a decimal fraction is seldom a binary one
		span = whole
	}
	span = math.Max(1, math.Ceil(span))
	if inner.kind == slot && inner.times == 1 || span >= math.MaxInt64 {
		return inner
	}
	return &node{kind: windowed, kids: []*node{inner}, window: time.Duration(span), from: inner.from, to: inner.to}
}

// repeated makes a repetition of a node.
func repeated(inner *node, times int64) *node {
	n := &node{kind: repetition, kids: []*node{inner}, times: times, from: inner.from, to: inner.to, first: -1}
	for inner.kind == conjoined || inner.kind == ordered || inner.kind == windowed {
		inner = inner.kids[0]
	}
	if inner.kind == slot {
		n.first, inner.sorted = inner.from, true
	}
	return n
}

// times is sum + a·b, or the largest number there is.
func times(sum, a, b int64) int64 {
	if a != 0 && b > (math.MaxInt64-sum)/a {
		return math.MaxInt64
	}
	return sum + a*b
}

// alone reports whether one observation is all that a node ever asks for.
func (n *node) alone() bool {
	switch n.kind {
	case slot:
		return n.times == 1
	case disjoined:
		return !slices.ContainsFunc(n.kids, func(kid *node) bool { return !kid.alone() })
	}
	return false
}

// possible reports whether there are enough observations for each slot by
// itself, if the node is bound so many times; left is their number for each
// condition.
func (n *node) possible(left []int64, many int64) bool {
	switch n.kind {
	case slot:
		return left[n.condition] >= times(0, n.times, many)
	case disjoined:
		return slices.ContainsFunc(n.kids, func(kid *node) bool { return kid.possible(left, 1) })
	case repetition:
		many = times(0, n.times, many)
	}
	return !slices.ContainsFunc(n.kids, func(kid *node) bool { return !kid.possible(left, many) })
}
