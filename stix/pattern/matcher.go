// SPDX-License-Identifier: Apache-2.0

package pattern

// This file matches a pattern over a stream of observations.

import (
	"slices"
	"time"
)

// MaxKept bounds the observations that a [Matcher] keeps because they may be part
// of a later match. When there are more, it drops the tenth that came first.
const MaxKept = 100_000

// A Matcher takes in observations one by one and says what matched. A pattern of
// one observation expression, or of several joined by OR, keeps nothing. It is
// not for several goroutines at once.
type Matcher struct {
	plan    *node
	wanted  []wanted
	alone   bool
	of      []candidates  // by condition
	left    []int64       // their number, by condition
	slots   []*node       // by number
	demands map[int]int64 // by condition
	kept    []*record
	added   int
	dropped int
}

// NewMatcher makes a pattern ready. The error tells of a regular expression that
// is beyond us, and wraps [ErrUnsupported].
func NewMatcher(p *Pattern) (*Matcher, error) {
	planner := &planner{known: make(map[string]int)}
	plan, err := planner.plan(p.Root, surroundings{})
	if err != nil {
		return nil, err
	}
	m := &Matcher{plan: plan, wanted: planner.wanted, alone: plan.alone(), slots: make([]*node, planner.slots)}
	m.of, m.left = make([]candidates, len(m.wanted)), make([]int64, len(m.wanted))
	m.number(plan)
	m.demands = make(map[int]int64)
	plan.demands(1, m.demands)
	return m, nil
}

// number lists the slots.
func (m *Matcher) number(n *node) {
	if n.kind == slot {
		m.slots[n.from] = n
	}
	for _, kid := range n.kids {
		m.number(kid)
	}
}

// Match is the first match in a list of observations: the places in the list of
// those that bind, nil if there is none. The errors are those of [NewMatcher] and
// [Matcher.Add]. STIX 2.1 §9.4
func Match(p *Pattern, observations []ObservedData) ([]int, error) {
	m, err := NewMatcher(p)
	if err != nil {
		return nil, err
	}
	for i := range observations {
		if bound, err := m.Add(&observations[i]); bound != nil || err != nil {
			return bound, err
		}
	}
	return nil, nil
}

// Add takes in an observation. If it completes a match, Add returns the numbers
// of the observations that bind, this one among them, counted from 0 in the order
// of Add; otherwise nil. Observations may come in any order of time.
//
// Each observation expression gets an observation of its own; one of
// number_observed n can serve n times. Windows, orders and spans of time hold if
// there are moments, between first_observed and last_observed of each, at which
// they hold all together. An observation without times holds none.
//
// The error is [ErrTooManySteps]: whether there is a match with this observation
// is not known; it is kept, and the matcher can go on. STIX 2.1 §9.5
func (m *Matcher) Add(observed *ObservedData) ([]int, error) {
	kept := &record{number: m.added, whole: max(observed.Number, 1), left: max(observed.Number, 1)}
	m.added++
	var fits []candidate // by condition; without a record it does not fit
	for i := range m.wanted {
		first, last, ok := m.wanted[i].fit(observed)
		if !ok {
			continue
		}
		if m.alone {
			return []int{kept.number}, nil
		}
		if fits == nil {
			fits = make([]candidate, len(m.wanted))
		}
		fits[i] = candidate{record: kept, first: first, last: last}
	}
	if fits == nil {
		return nil, nil
	}
	m.keep(kept, fits)
	return m.search(fits)
}

// fit reports whether an observation holds the condition, and between which
// moments.
func (w *wanted) fit(observed *ObservedData) (first, last time.Time, ok bool) {
	first, last, ok = observed.times()
	if !ok {
		if w.dated {
			return first, last, false
		}
		first, last = time.Time{}, time.Time{}
	}
	if w.spanned {
		if first.Before(w.start) {
			first = w.start
		}
		if !last.Before(w.stop) {
			last = w.stop.Add(-1)
		}
		if last.Before(first) {
			return first, last, false
		}
	}
	return first, last, w.Holds(observed)
}

func (m *Matcher) keep(kept *record, fits []candidate) {
	m.kept = append(m.kept, kept)
	for i, fit := range fits {
		if fit.record != nil {
			m.of[i].insert(fit)
			m.left[i] = times(m.left[i], 1, kept.left)
		}
	}
	if len(m.kept) > MaxKept {
		m.dropped += MaxKept / 10
		m.forget(func(c candidate) bool { return c.number < m.kept[MaxKept/10].number })
	}
}

// forget drops the candidates of which gone is true.
func (m *Matcher) forget(gone func(candidate) bool) {
	alive := make(map[*record]bool)
	for i := range m.of {
		m.of[i].list = slices.DeleteFunc(m.of[i].list, gone)
		m.left[i] = 0
		for _, c := range m.of[i].list {
			alive[c.record] = true
			m.left[i] = times(m.left[i], 1, c.left)
		}
	}
	m.kept = slices.DeleteFunc(m.kept, func(r *record) bool { return !alive[r] })
}

// Forget drops the observations that were over before a moment, for who knows
// that nothing to come can match with them. Those without times stay.
func (m *Matcher) Forget(before time.Time) {
	m.forget(func(c candidate) bool { return !c.last.IsZero() && c.last.Before(before) })
}

// Kept is the number of observations kept.
func (m *Matcher) Kept() int { return len(m.kept) }

// Dropped is the number of observations that were dropped because there were more
// than [MaxKept]: a match with one of them was missed.
func (m *Matcher) Dropped() int { return m.dropped }

// search looks for a match that the newest observation is part of: it tries each
// slot for it.
func (m *Matcher) search(fits []candidate) ([]int, error) {
	if !m.plan.possible(m.left, 1) || !shareable(m.of, m.demands) {
		return nil, nil
	}
	s := &search{of: m.of, floor: make([]int, len(m.slots))}
	for number, n := range m.slots {
		if n == nil || fits[n.condition].record == nil {
			continue
		}
		s.pivot = fits[n.condition]
		if s.try(func() bool { return s.bind(m.plan, number, frame{}, nil, func() bool { return true }) }) {
			return m.bound(s), nil
		}
		if s.failed != nil {
			return nil, s.failed
		}
	}
	return nil, nil
}

// bound tells the observations of a search that came to its end, and gives back
// what it took.
func (m *Matcher) bound(s *search) (numbers []int) {
	for _, taken := range s.bound {
		numbers = append(numbers, taken.number)
		taken.left = taken.whole
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}
