// SPDX-License-Identifier: Apache-2.0

package match

// This file finds the watches a subject touches, and what follows from it.

import (
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A WatchHit is a watch that a subject touches.
type WatchHit struct {
	Watch   *warning.Watch
	Reasons []string // on what it matches, a few words each; never empty
}

// Watches returns the watches the subject touches, in the order given to
// [NewBook]: a place or a word must match, and the windows must overlap. A subject
// without a window touches a watch while now is within the watch's window. A watch
// without a start or an end is open on that side.
func (b *Book) Watches(subject Subject, now time.Time) []WatchHit {
	hits := b.watchesBut(nil, subject, now)
	if b.before != nil {
		hits = append(hits, b.before.watchesBut(b.gone.watches, subject, now)...)
	}
	return hits
}

// watchesBut are the hits among the watches of this book itself that are not gone.
func (b *Book) watchesBut(gone map[int32]bool, subject Subject, now time.Time) []WatchHit {
	if len(b.watches) == 0 {
		return nil
	}
	when := subject.Window
	if when.Start.IsZero() && when.End.IsZero() {
		when = warning.Window{Start: now, End: now}
	}
	// What is over or to come says nothing: there are years of watches.
	var f findings
	add := func(of int32, reason func(event string) string) {
		if watch := &b.watches[of]; !gone[of] && watch.Window.Touches(when) {
			f.add(of, reason(watch.Event))
		}
	}
	b.watched.places(subject.Places, func(of []int32, _, place string) {
		for _, one := range of {
			add(one, func(event string) string { return "place " + place + " is watched for " + event })
		}
	})
	b.watched.phrases.find(subject.sentences(), func(p *phrase, in sentence, at int) {
		add(p.of, func(event string) string { return p.says(in, at, "are watched for "+event) })
	})
	var hits []WatchHit
	for of, reasons := range f.each() {
		hits = append(hits, WatchHit{Watch: &b.watches[of], Reasons: reasons})
	}
	return hits
}

// Raise returns the most urgent of the precedence and what the watches that are
// hit raise to. It never lowers; an unknown word in a watch raises nothing, and
// an unknown precedence is less urgent than any watch.
func Raise(precedence handling.Precedence, hits []WatchHit) handling.Precedence {
	for _, hit := range hits {
		if hit.Watch.Raise.Rank() > precedence.Rank() {
			precedence = hit.Watch.Raise
		}
	}
	return precedence
}

// Widen returns the subject as pledges see it while these watches are hit: the
// places of every hit watch count as places of the subject, and its event as one
// that the subject names. So a text that only names a watched place, by a word of
// the watch, meets the pledge for that place's country, and that for the event;
// nothing else becomes wider, and a hit says which watch it owes itself to. A
// pledge met too widely opens a duty that a person decides; one not met opens
// nothing, which is why a watch errs on this side.
func (s Subject) Widen(hits []WatchHit) Subject {
	s.watched, s.events = slices.Clone(s.watched), slices.Clone(s.events)
	for _, hit := range hits {
		s.events = append(s.events, hit.Watch.Event)
		for _, place := range hit.Watch.Places {
			if place = code(place); place != "" && !slices.Contains(s.Places, place) {
				s.watched = append(s.watched, watched{place, hit.Watch.Event})
			}
		}
	}
	return s
}
