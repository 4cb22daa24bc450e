// SPDX-License-Identifier: Apache-2.0

package match

// This file finds the watches a subject touches, and what follows from it.

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A WatchHit is a watch that a subject touches.
type WatchHit struct {
	Watch   warning.Watch
	Reasons []string // on what it matches, a few words each; never empty
}

// Watches returns the watches the subject touches, in the order given: a place
// or a word must match, and the windows must overlap. A subject without a
// window touches a watch while now is within the watch's window. A watch
// without a start or an end is open on that side.
func Watches(subject Subject, watches []warning.Watch, now time.Time) []WatchHit {
	var hits []WatchHit
	words := subject.phrases()
	when := subject.Window
	if when.Start.IsZero() && when.End.IsZero() {
		when = warning.Window{Start: now, End: now}
	}
	for _, watch := range watches {
		if !watch.Window.Touches(when) {
			continue
		}
		var reasons []string
		for _, wide := range watch.Places {
			for _, place := range subject.Places {
				if wide, place = code(wide), code(place); wide != "" && place != "" && covers(wide, place) {
					reasons = append(reasons, fmt.Sprintf("place %s is watched for %s", place, watch.Event))
				}
			}
		}
		for _, text := range watch.Words {
			if words.has(redact.Words(text)) {
				reasons = append(reasons, fmt.Sprintf("the words %q are watched for %s", text, watch.Event))
			}
		}
		slices.Sort(reasons)
		if reasons = slices.Compact(reasons); len(reasons) > 0 {
			hits = append(hits, WatchHit{Watch: watch, Reasons: reasons})
		}
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
// places of every hit watch count as places of the subject. So a text that only
// names a watched place, by a word of the watch, meets the pledge for that
// place's country; nothing else becomes wider, and a hit says which watch it
// owes itself to. A pledge met too widely opens a duty that a person decides;
// one not met opens nothing, which is why a watch errs on this side.
func (s Subject) Widen(hits []WatchHit) Subject {
	s.watched = slices.Clone(s.watched)
	for _, hit := range hits {
		for _, place := range hit.Watch.Places {
			if place = code(place); place != "" && !slices.Contains(s.Places, place) {
				s.watched = append(s.watched, watched{place, hit.Watch.Event})
			}
		}
	}
	return s
}
