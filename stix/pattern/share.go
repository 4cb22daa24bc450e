// SPDX-License-Identifier: Apache-2.0

package pattern

// This file asks whether there are enough observations for all slots together,
// whatever their times: what is not shared out cannot be bound, and a search
// would take long to find that out.

// A sharing shares records out among conditions.
type sharing struct {
	of      []candidates
	shares  map[*record]map[int]int64 // how much of a record each condition has
	visited map[*record]bool
	steps   int
}

// demands adds up what the slots ask for in any case: those that OR can do
// without are left out.
func (n *node) demands(many int64, sum map[int]int64) {
	switch n.kind {
	case slot:
		sum[n.condition] = times(sum[n.condition], n.times, many)
		return
	case disjoined:
		return
	case repetition:
		many = times(0, n.times, many)
	}
	for _, kid := range n.kids {
		kid.demands(many, sum)
	}
}

// shareable reports whether each condition can have as much as it asks for. It
// is a maximum flow, found by augmenting paths; when that takes too many steps
// the answer is yes.
func shareable(of []candidates, demands map[int]int64) bool {
	if len(demands) < 2 {
		return true // that has been asked before
	}
	s := &sharing{of: of, shares: make(map[*record]map[int]int64)}
	for condition := range of {
		for wants := demands[condition]; wants > 0; {
			s.visited = make(map[*record]bool)
			got := s.augment(condition, wants)
			if s.steps > MaxStepsPerAdd/4 {
				return true
			}
			if got == 0 {
				return false
			}
			wants -= got
		}
	}
	return true
}

// augment gets some more for a condition: what is free of a record, or what
// another condition can replace.
func (s *sharing) augment(condition int, wants int64) int64 {
	if s.steps > MaxStepsPerAdd/4 || len(s.visited) > maxBound {
		return 0
	}
	for _, c := range s.of[condition].list {
		s.steps++
		if free := c.whole - s.taken(c.record); free > 0 {
			return s.give(c.record, condition, min(free, wants))
		}
	}
	for _, c := range s.of[condition].list {
		if s.visited[c.record] {
			continue
		}
		s.visited[c.record] = true
		for other, has := range s.shares[c.record] {
			s.steps++
			if other == condition || has == 0 {
				continue
			}
			if got := s.augment(other, min(has, wants)); got > 0 {
				s.shares[c.record][other] -= got
				return s.give(c.record, condition, got)
			}
		}
	}
	return 0
}

func (s *sharing) taken(r *record) (sum int64) {
	for _, has := range s.shares[r] {
		sum += has
	}
	return sum
}

func (s *sharing) give(r *record, condition int, some int64) int64 {
	if s.shares[r] == nil {
		s.shares[r] = make(map[int]int64)
	}
	s.shares[r][condition] += some
	return some
}
