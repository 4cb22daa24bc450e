// SPDX-License-Identifier: Apache-2.0

package pattern

// This file keeps the moments that windows and orders hang on, as bounds that
// narrow while observations are bound and widen again when they are let go.

import "time"

// A moment is a point in time that is not known yet: where a window begins or
// ends, or what lies between the operands of FOLLOWEDBY.
type moment struct {
	least, most       time.Time
	hasLeast, hasMost bool
	held              []link // moments that are at most this one plus a delay
	holding           []link // moments that this one is at most, plus a delay
}

type link struct {
	to    int
	delay time.Duration
}

// A change is how a moment was, to go back to.
type change struct {
	moment int
	before moment
	made   bool // the moment was not there
}

// bounds are moments and how they hang together. Each link says that one moment
// is at most another plus a delay, and no delay is below zero: so narrowing ends,
// and there are moments within all bounds as long as none is empty.
type bounds struct {
	moments []moment
	trail   []change
	work    int
}

func (b *bounds) mark() int { return len(b.trail) }

// undo goes back to a mark.
func (b *bounds) undo(mark int) {
	for len(b.trail) > mark {
		last := b.trail[len(b.trail)-1]
		b.trail = b.trail[:len(b.trail)-1]
		if last.made {
			b.moments = b.moments[:last.moment]
		} else {
			b.moments[last.moment] = last.before
		}
	}
}

func (b *bounds) add() int {
	b.moments = append(b.moments, moment{})
	b.trail = append(b.trail, change{moment: len(b.moments) - 1, made: true})
	return len(b.moments) - 1
}

// save notes how a moment is before it changes.
func (b *bounds) save(i int) *moment {
	b.trail = append(b.trail, change{moment: i, before: b.moments[i]})
	return &b.moments[i]
}

// link asks that one moment is at most another plus a delay; it reports whether
// that can be. What is appended behind a list is given up before the list is.
func (b *bounds) link(one, other int, delay time.Duration) bool {
	m := b.save(other)
	m.held = append(m.held, link{to: one, delay: delay})
	m = b.save(one)
	m.holding = append(m.holding, link{to: other, delay: delay})
	if m := &b.moments[other]; m.hasMost && !b.atMost(one, m.most.Add(delay)) {
		return false
	}
	if m := &b.moments[one]; m.hasLeast && !b.atLeast(other, m.least.Add(-delay)) {
		return false
	}
	return true
}

// atMost narrows a moment, and all that hang on it; it reports whether all can be.
func (b *bounds) atMost(i int, at time.Time) bool {
	m := &b.moments[i]
	b.work++
	if m.hasMost && !at.Before(m.most) {
		return true
	}
	m = b.save(i)
	m.most, m.hasMost = at, true
	if m.hasLeast && at.Before(m.least) {
		return false
	}
	for _, link := range m.held {
		if !b.atMost(link.to, at.Add(link.delay)) {
			return false
		}
	}
	return true
}

// atLeast narrows a moment from below.
func (b *bounds) atLeast(i int, at time.Time) bool {
	m := &b.moments[i]
	b.work++
	if m.hasLeast && !at.After(m.least) {
		return true
	}
	m = b.save(i)
	m.least, m.hasLeast = at, true
	if m.hasMost && at.After(m.most) {
		return false
	}
	for _, link := range m.holding {
		if !b.atLeast(link.to, at.Add(-link.delay)) {
			return false
		}
	}
	return true
}

// A frame is what windows and orders ask of each observation within them: not
// before some moments, not after others.
type frame struct {
	after, before []int
}

// within adds moments to a frame; -1 is none. Something will be within, so each
// of the ones is at most each of the others.
func (b *bounds) within(f frame, after, before int) (frame, bool) {
	narrowed := f
	if after >= 0 {
		narrowed.after = append(f.after[:len(f.after):len(f.after)], after)
		for _, other := range f.before {
			if !b.link(after, other, 0) {
				return narrowed, false
			}
		}
	}
	if before >= 0 {
		narrowed.before = append(f.before[:len(f.before):len(f.before)], before)
		for _, one := range narrowed.after {
			if !b.link(one, before, 0) {
				return narrowed, false
			}
		}
	}
	return narrowed, true
}

// around narrows the moments of a frame around an observation at a moment between
// first and last.
func (b *bounds) around(f frame, first, last time.Time) bool {
	for _, i := range f.after {
		if !b.atMost(i, last) {
			return false
		}
	}
	for _, i := range f.before {
		if !b.atLeast(i, first) {
			return false
		}
	}
	return true
}

// reach is when an observation in the frame can be: not wholly before low, nor
// wholly after high.
func (b *bounds) reach(f frame) (low, high time.Time, hasLow, hasHigh bool) {
	for _, i := range f.after {
		if m := &b.moments[i]; m.hasLeast && (!hasLow || m.least.After(low)) {
			low, hasLow = m.least, true
		}
	}
	for _, i := range f.before {
		if m := &b.moments[i]; m.hasMost && (!hasHigh || m.most.Before(high)) {
			high, hasHigh = m.most, true
		}
	}
	return low, high, hasLow, hasHigh
}
