// SPDX-License-Identifier: Apache-2.0

package pattern

// This file binds observations to the slots of a plan: it tries one after the
// other and takes back what leads nowhere, within a number of steps.

import (
	"errors"
	"math"
	"slices"
	"sort"
	"time"
)

// ErrTooManySteps is what matching returns when it would have to try more than
// [MaxStepsPerAdd] ways to bind observations to a pattern.
var ErrTooManySteps = errors.New("pattern: too many ways to bind the observations")

// MaxStepsPerAdd bounds the work on one observation.
const MaxStepsPerAdd = 1_000_000

// maxBound bounds how many slots and parts are bound at once, one within the
// other.
const maxBound = 50_000

// A record is an observation that is kept.
type record struct {
	number int   // in the order of Add
	whole  int64 // its number_observed
	left   int64 // of it, while others are bound
}

// A candidate is a record that holds a condition, at a moment between first and
// last.
type candidate struct {
	*record
	first, last time.Time
}

// candidates are those of a condition, by their first moment.
type candidates struct {
	list    []candidate
	longest time.Duration // from first to last
}

// insert keeps the order; of equals the one that came later is later.
func (c *candidates) insert(one candidate) {
	at := len(c.list)
	if at > 0 && one.first.Before(c.list[at-1].first) {
		at = sort.Search(len(c.list), func(i int) bool { return c.list[i].first.After(one.first) })
	}
	c.list = slices.Insert(c.list, at, one)
	c.longest = max(c.longest, one.last.Sub(one.first))
}

// A search is one attempt to bind the slots of a plan.
type search struct {
	bounds
	of     []candidates // by condition
	pivot  candidate    // what must be bound
	bound  []*record
	floor  []int // by slot: from which candidate on the next copy of a sorted one is bound
	steps  int
	depth  int
	failed error
}

// then goes on with what is still to be bound. When it returns false, all is as
// it was before.
type then func() bool

// pending are nodes that then will bind, each in its frame: those from one on and
// but one, and what is pending around them. A way ends early if one of them can
// not be bound any more.
type pending struct {
	kids   []*node
	frames []frame
	from   int
	but    int
	many   int64 // how often each is pending
	around *pending
}

// maxAhead bounds how many slots are looked at ahead.
const maxAhead = 64

// viable reports whether each pending slot by itself can still be bound. It looks
// at the nearest ones.
func (s *search) viable(rest *pending) bool {
	ahead := 0
	for ; rest != nil && ahead < maxAhead; rest = rest.around {
		for i := rest.from; i < len(rest.kids) && ahead < maxAhead; i++ {
			if i != rest.but && !s.possible(rest.kids[i], rest.many, rest.frames[i], &ahead) {
				return false
			}
		}
	}
	return true
}

// possible reports whether a node can be bound as far as its slots are looked at
// one by one, in the frame around it.
func (s *search) possible(n *node, many int64, f frame, ahead *int) bool {
	switch n.kind {
	case slot:
		*ahead++
		from, to := s.reachable(&s.of[n.condition], 0, f)
		return s.enough(s.of[n.condition].list[from:to], nil, times(0, n.times, many), f)
	case disjoined:
		return len(n.kids) > maxAhead || slices.ContainsFunc(n.kids, func(kid *node) bool { return s.possible(kid, 1, f, ahead) })
	case repetition:
		many = times(0, n.times, many)
	}
	for _, kid := range n.kids {
		if *ahead < maxAhead && !s.possible(kid, many, f, ahead) {
			return false
		}
	}
	return true
}

// step counts; it reports whether the search goes on.
func (s *search) step(n int) bool {
	s.steps += n
	if s.steps+s.work > MaxStepsPerAdd || s.depth > maxBound {
		s.failed = ErrTooManySteps
	}
	return s.failed == nil
}

// try runs a way and takes it back unless it leads to the end.
func (s *search) try(way func() bool) bool {
	mark := s.mark()
	s.depth++
	done := way()
	s.depth--
	if !done {
		s.undo(mark)
	}
	return done
}

// bind binds a node. If through is a slot beneath it, the pivot is bound to that
// one first; otherwise through is -1.
func (s *search) bind(n *node, through int, f frame, rest *pending, next then) bool {
	if !s.step(1) {
		return false
	}
	if through < n.from || through >= n.to {
		through = -1
	}
	switch n.kind {
	case slot:
		if through >= 0 {
			return s.bindPivot(n, f, rest, next)
		}
		return s.fill(n, nil, n.times, s.floor[n.from], f, rest, next)
	case disjoined:
		for _, kid := range n.kids {
			if through >= 0 && (through < kid.from || through >= kid.to) {
				continue
			}
			if s.try(func() bool { return s.bind(kid, through, f, rest, next) }) {
				return true
			}
		}
		return false
	case windowed:
		begin, end := s.add(), s.add()
		inner, ok := s.within(f, begin, end)
		return ok && s.link(end, begin, n.window-1) && s.bind(n.kids[0], through, inner, rest, next)
	case repetition:
		return s.repeat(n, n.times, through, f, rest, next)
	}
	frames, ok := s.frames(n, f)
	if !ok {
		return false
	}
	if through >= 0 {
		for i, kid := range n.kids {
			if through >= kid.from && through < kid.to {
				ahead := &pending{kids: n.kids, frames: frames, but: i, many: 1, around: rest}
				return s.bind(kid, through, frames[i], ahead, func() bool { return s.each(n.kids, frames, 0, i, rest, next) })
			}
		}
	}
	return s.each(n.kids, frames, 0, -1, rest, next)
}

// frames are those of the kids: between ordered ones lies a moment.
func (s *search) frames(n *node, f frame) ([]frame, bool) {
	frames := make([]frame, len(n.kids))
	if n.kind == conjoined {
		for i := range frames {
			frames[i] = f
		}
		return frames, true
	}
	after := -1
	for i := range frames {
		before := -1
		if i < len(frames)-1 {
			before = s.add()
		}
		var ok bool
		if frames[i], ok = s.within(f, after, before); !ok {
			return nil, false
		}
		after = before
	}
	return frames, true
}

// each binds the kids from one on, all but one that is bound already.
func (s *search) each(kids []*node, frames []frame, from, but int, rest *pending, next then) bool {
	if from == but {
		from++
	}
	if from == len(kids) {
		return next()
	}
	ahead := &pending{kids: kids, frames: frames, from: from + 1, but: but, many: 1, around: rest}
	return s.try(func() bool {
		return s.bind(kids[from], -1, frames[from], ahead, func() bool { return s.each(kids, frames, from+1, but, rest, next) })
	})
}

// repeat binds a repetition; of its equal copies the first takes the pivot, and
// the others stand in the order of the candidates of their first slot.
func (s *search) repeat(n *node, times int64, through int, f frame, rest *pending, next then) bool {
	if times == 0 {
		return next()
	}
	ahead := rest
	if times > 1 {
		ahead = &pending{kids: n.kids, frames: []frame{f}, but: -1, many: times - 1, around: rest}
	}
	first := n.first
	if first < 0 {
		return s.try(func() bool {
			return s.bind(n.kids[0], through, f, ahead, func() bool { return s.repeat(n, times-1, -1, f, rest, next) })
		})
	}
	floor := s.floor[first]
	if times == n.times {
		s.floor[first] = 0
	}
	done := s.try(func() bool {
		return s.bind(n.kids[0], through, f, ahead, func() bool {
			reached := s.floor[first]
			if through >= 0 {
				s.floor[first] = 0
			}
			if s.repeat(n, times-1, -1, f, rest, next) {
				return true
			}
			s.floor[first] = reached
			return false
		})
	})
	s.floor[first] = floor
	return done
}

// bindPivot binds the pivot to a slot, as often as it can be, and others to the
// rest of the slot.
func (s *search) bindPivot(n *node, f frame, rest *pending, next then) bool {
	pivot := s.pivot
	if !s.around(f, pivot.first, pivot.last) || !s.viable(rest) {
		return false
	}
	for taken := min(n.times, pivot.left); taken > 0 && s.step(1); taken-- {
		if s.take(pivot, taken, func() bool { return s.viable(rest) && s.fill(n, pivot.record, n.times-taken, 0, f, rest, next) }) {
			return true
		}
	}
	return false
}

// take takes some of a record while a way is tried.
func (s *search) take(c candidate, taken int64, way func() bool) bool {
	c.left -= taken
	s.bound = append(s.bound, c.record)
	if s.try(way) {
		return true
	}
	s.bound = s.bound[:len(s.bound)-1]
	c.left += taken
	return false
}

// fill binds candidates, from one on and but one, to what is left of a slot.
func (s *search) fill(n *node, but *record, times int64, from int, f frame, rest *pending, next then) bool {
	if times == 0 {
		return next()
	}
	list := s.of[n.condition].list
	from, to := s.reachable(&s.of[n.condition], from, f)
	if !s.enough(list[from:to], but, times, f) {
		return false
	}
	for i := from; i < to; i++ {
		c := list[i]
		if !s.step(1) {
			return false
		}
		if c.record == but || c.left == 0 {
			continue
		}
		most := min(times, c.left)
		if most > 1 && !s.fits(c, f, rest) {
			most = 0
		}
		for taken := most; taken > 0; taken-- {
			floor := s.floor[n.from]
			if n.sorted && but == nil && times == n.times {
				s.floor[n.from] = i
			}
			bound := s.take(c, taken, func() bool {
				return s.around(f, c.first, c.last) && s.viable(rest) && s.fill(n, but, times-taken, i+1, f, rest, next)
			})
			if bound {
				return true
			}
			s.floor[n.from] = floor
			if !s.step(1) {
				return false
			}
		}
		if !s.enough(list[i+1:to], but, times, f) {
			return false
		}
	}
	return false
}

// fits reports whether a candidate can be in the frame at all, however little of
// it is taken.
func (s *search) fits(c candidate, f frame, rest *pending) bool {
	mark := s.mark()
	defer s.undo(mark)
	return s.around(f, c.first, c.last) && s.viable(rest)
}

// reachable is where the candidates lie that the frame can reach.
func (s *search) reachable(c *candidates, from int, f frame) (int, int) {
	low, high, hasLow, hasHigh := s.reach(f)
	to := len(c.list)
	if hasHigh {
		to = sort.Search(len(c.list), func(i int) bool { return c.list[i].first.After(high) })
	}
	if hasLow && c.longest < math.MaxInt64 {
		low = low.Add(-c.longest)
		from = max(from, sort.Search(len(c.list), func(i int) bool { return !c.list[i].first.Before(low) }))
	}
	return min(from, to), to
}

// enough reports whether there are enough candidates for what is left.
func (s *search) enough(list []candidate, but *record, times int64, f frame) bool {
	low, _, hasLow, _ := s.reach(f)
	for _, c := range list {
		if !s.step(1) {
			return false
		}
		if c.record == but || hasLow && c.last.Before(low) {
			continue
		}
		if times -= c.left; times <= 0 {
			return true
		}
	}
	return false
}
