// SPDX-License-Identifier: Apache-2.0

package detect

// This file follows patterns over several events: what was seen of each so far,
// within bounds.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// Bounds of what is remembered for patterns over several events. Past them the
// oldest are dropped, and counted: a match with one of them is missed.
const (
	// MaxKept is how many events one indicator keeps.
	MaxKept = pattern.MaxKept
	// MaxKeptInAll is how many all of them keep together.
	MaxKeptInAll = 10 * MaxKept
	// keptWhole are those of one indicator that are kept with their objects, to
	// be written down; of others only the place is.
	keptWhole = 100
	// maxFails is how often in a row a pattern may take too long.
	maxFails = 5
)

// story is one indicator's pattern over several events.
type story struct {
	pattern *pattern.Pattern
	matcher *pattern.Matcher
	events  []remembered // by their number in the matcher, from first on
	first   int
	dropped int
	failed  error
	fails   int  // in a row
	given   bool // up: it failed too often
}

// remembered is an event that may be part of a match.
type remembered struct {
	place       Place
	first, last time.Time
	whole       *observed
}

// begin returns the story with nothing seen yet.
func (s *story) begin() *story {
	begun := &story{pattern: s.pattern}
	begun.matcher, begun.failed = pattern.NewMatcher(s.pattern)
	return begun
}

// take goes on with an event that met one of the expressions. It returns the hit
// that this completes, if it does, and how many events were dropped.
func (s *story) take(whole *observed, matched []Matched) (hit *Hit, dropped int, err error) {
	if s.failed != nil {
		return nil, 0, s.failed
	}
	first, last := span(whole.First, whole.Last)
	s.events = append(s.events, remembered{whole.place, first, last, whole})
	if old := len(s.events) - 1 - keptWhole; old >= 0 {
		s.events[old].whole = nil
	}
	numbers, err := s.matcher.Add(&whole.ObservedData)
	dropped = s.forgotten()
	if s.fails++; err == nil {
		s.fails = 0
	}
	s.given = s.fails == maxFails
	if numbers == nil || err != nil {
		return nil, dropped, err
	}
	hit = &Hit{Event: whole.place, First: first, Last: last, Number: 1, Matched: matched}
	for _, number := range numbers {
		if number < s.first {
			continue
		}
		event := s.events[number-s.first]
		if event.whole != nil {
			hit.events = append(hit.events, event.whole)
		}
		if event.first.Before(hit.First) {
			hit.First = event.first
		}
		if event.last.After(hit.Last) {
			hit.Last = event.last
		}
		if number < s.first+len(s.events)-1 {
			hit.With = append(hit.With, event.place)
		}
	}
	return hit, dropped, nil
}

// forgotten counts what the matcher dropped, and lets go of what cannot be part
// of a match any more.
func (s *story) forgotten() int {
	dropped := s.matcher.Dropped() - s.dropped
	s.dropped = s.matcher.Dropped()
	if extra := len(s.events) - 2*MaxKept; extra > 0 {
		s.events = append([]remembered(nil), s.events[extra:]...)
		s.first += extra
	}
	return dropped
}

// halve drops the earlier half of what is kept, to make room for others.
func (s *story) halve() int {
	before := s.matcher.Kept()
	if before < 2 {
		return 0
	}
	middle := s.events[len(s.events)-before/2]
	s.matcher.Forget(middle.first)
	return before - s.matcher.Kept()
}
