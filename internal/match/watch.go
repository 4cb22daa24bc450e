// SPDX-License-Identifier: Apache-2.0

package match

// This file finds the watches a subject touches, and what follows from it.

import (
	"fmt"
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
// [NewBook]: a place, a city, an area or a word must match, and the windows must overlap. A subject
// without a window touches a watch while now is within the watch's window. A watch
// without a start or an end is open on that side; one that somebody ended is touched
// by nothing.
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
		if watch := &b.watches[of]; !gone[of] && watch.Ended.IsZero() && watch.Window.Touches(when) {
			f.add(of, reason(watch.Event))
		}
	}
	b.watched.places(subject.Places, func(of []int32, _, place string) {
		for _, one := range of {
			add(one, func(event string) string { return "place " + place + " is watched for " + event })
		}
	})
	for _, point := range subject.Points {
		b.watched.areas.find(point, func(of int32, area *warning.Area) {
			add(of, func(event string) string { return point.reason(area) + ", watched for " + event })
		})
	}
	b.watched.phrases.find(subject.sentences(), func(p *phrase, in sentence, at int) {
		switch {
		case p.kind != city:
			add(p.of, func(event string) string { return p.says(in, at, "are watched for "+event) })
		case subject.mayLieIn(p.place):
			add(p.of, func(event string) string { return fmt.Sprintf("city %q is watched for %s", p.text, event) })
		}
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
// places, cities and areas of every hit watch count as those of the subject, and
// its event as one that the subject names. So a text that only names a watched place, by a word of
// the watch, meets the pledge for that place's country, and that for the event;
// nothing else becomes wider, and a hit says which watch it owes itself to. A
// pledge met too widely opens a duty that a person decides; one not met opens
// nothing, which is why a watch errs on this side.
func (s Subject) Widen(hits []WatchHit) Subject {
	s.watched, s.events = slices.Clone(s.watched), slices.Clone(s.events)
	s.cities, s.areas = slices.Clone(s.cities), slices.Clone(s.areas)
	for _, hit := range hits {
		for _, one := range hit.Watch.Cities {
			s.cities = append(s.cities, watchedCity{one, hit.Watch.Event})
		}
		for i := range hit.Watch.Areas {
			s.areas = append(s.areas, watchedArea{&hit.Watch.Areas[i], hit.Watch.Event})
		}
		s.events = append(s.events, hit.Watch.Event)
		for _, place := range slices.Concat(hit.Watch.Places, placesOf(hit.Watch.Cities)) {
			if place = code(place); place != "" && !slices.Contains(s.Places, place) {
				s.watched = append(s.watched, watched{place, hit.Watch.Event})
			}
		}
	}
	return s
}

// placesOf are the codes in which cities lie.
func placesOf(cities []warning.City) (all []string) {
	for _, one := range cities {
		all = append(all, one.Place)
	}
	return all
}
