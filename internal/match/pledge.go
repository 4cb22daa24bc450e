// SPDX-License-Identifier: Apache-2.0

package match

// This file finds the pledges a subject meets.

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A Hit is a pledge of ours that a subject meets.
type Hit struct {
	Pledge  warning.Pledge
	Partner string   // to whom we promised
	Reasons []string // on what it matches, a few words each; never empty
}

// Pledges returns the pledges of ours in force at now that the subject meets,
// in the order given: a place, a nationality, an organisation or a word is
// enough. Pledges of partners are what they owe us, and are passed over.
//
// For many subjects, make a [Book] once.
func Pledges(subject Subject, pledges []warning.KeptPledge, now time.Time) []Hit {
	return NewBook(pledges).Pledges(subject, now)
}

// A Book is a list of pledges, indexed by code and word. It does not change,
// and is safe for concurrent use.
type Book struct {
	pledges   []warning.KeptPledge
	places    map[string][]int
	nationals map[string][]int
	phrases   map[string][]entry // by first word
}

// An entry is one phrase of one pledge.
type entry struct {
	pledge       int
	words        []string
	organisation bool
	text         string
}

// NewBook indexes the pledges that are ours.
func NewBook(pledges []warning.KeptPledge) *Book {
	b := &Book{pledges: pledges, places: make(map[string][]int), nationals: make(map[string][]int), phrases: make(map[string][]entry)}
	for i, kept := range pledges {
		if !kept.Ours {
			continue
		}
		for _, place := range kept.Pledge.Places {
			if place = code(place); place != "" {
				b.places[place] = append(b.places[place], i)
			}
		}
		for _, national := range kept.Pledge.Nationals {
			if national = code(national); national != "" {
				b.nationals[national] = append(b.nationals[national], i)
			}
		}
		b.addPhrases(i, kept.Pledge.Organisations, true)
		b.addPhrases(i, kept.Pledge.Words, false)
	}
	return b
}

func (b *Book) addPhrases(pledge int, texts []string, organisation bool) {
	for _, text := range texts {
		if words := redact.Words(text); len(words) > 0 {
			b.phrases[words[0]] = append(b.phrases[words[0]], entry{pledge, words, organisation, text})
		}
	}
}

// Pledges is the function [Pledges] over this book.
func (b *Book) Pledges(subject Subject, now time.Time) []Hit {
	reasons := make(map[int][]string)
	add := func(pledge int, format string, args ...any) {
		if reason := fmt.Sprintf(format, args...); b.pledges[pledge].Pledge.InForce(now) && !slices.Contains(reasons[pledge], reason) {
			reasons[pledge] = append(reasons[pledge], reason)
		}
	}
	b.matchPlaces(subject, add)
	for _, nationality := range subject.Nationalities {
		for _, pledge := range b.nationals[code(nationality)] {
			add(pledge, "nationality %s", code(nationality))
		}
	}
	words := subject.phrases()
	for first := range words.at {
		for _, entry := range b.phrases[first] {
			if !words.has(entry.words) {
				continue
			}
			if entry.organisation {
				add(entry.pledge, "organisation %q is named", entry.text)
			} else {
				add(entry.pledge, "the words %q stand in it", entry.text)
			}
		}
	}
	return b.hits(reasons)
}

func (b *Book) matchPlaces(subject Subject, add func(pledge int, format string, args ...any)) {
	each := func(place string, found func(wide string, pledge int)) {
		if place = code(place); place == "" {
			return
		}
		wides := []string{place}
		if country := country(place); country != place {
			wides = append(wides, country)
		}
		for _, wide := range wides {
			for _, pledge := range b.places[wide] {
				found(wide, pledge)
			}
		}
	}
	for _, place := range subject.Places {
		each(place, func(wide string, pledge int) {
			if wide == code(place) {
				add(pledge, "place %s", wide)
			} else {
				add(pledge, "place %s is in %s", code(place), wide)
			}
		})
	}
	for _, at := range subject.watched {
		each(at.place, func(wide string, pledge int) {
			add(pledge, "place %s, watched for %s, is covered by %s", at.place, at.event, wide)
		})
	}
}

func (b *Book) hits(reasons map[int][]string) []Hit {
	var hits []Hit
	for i, kept := range b.pledges {
		if len(reasons[i]) > 0 {
			slices.Sort(reasons[i])
			hits = append(hits, Hit{Pledge: kept.Pledge, Partner: kept.Partner, Reasons: reasons[i]})
		}
	}
	return hits
}
