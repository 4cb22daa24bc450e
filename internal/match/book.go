// SPDX-License-Identifier: Apache-2.0

package match

// This file holds pledges and watches by what they listen for.

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// A Book is a list of pledges and one of watches, indexed. It does not change,
// and is safe for concurrent use. What it costs to hold a subject against it
// depends on what the subject says and meets, not on how long the lists are.
type Book struct {
	pledges  []warning.KeptPledge
	watches  []warning.Watch
	promised index // the pledges that are ours
	watched  index
	ours     int

	// What stood in the book before some of it changed; nil if this is all. gone are
	// the numbers there of those that hold no more.
	before *Book
	gone   struct{ pledges, watches map[int32]bool }
	number struct{ pledges, watches map[string]int32 } // by id
}

// index says which pledges, or watches, listen for what, each by its number.
type index struct {
	byPlace    map[string][]int32
	byNational map[string][]int32
	bySector   map[string][]int32
	areas      atlas
	phrases    lexicon
}

func newIndex() index {
	return index{byPlace: make(map[string][]int32), byNational: make(map[string][]int32), bySector: make(map[string][]int32)}
}

// NewBook indexes the watches, and the pledges that are ours and that nobody ended.
func NewBook(pledges []warning.KeptPledge, watches []warning.Watch) *Book {
	b := &Book{pledges: pledges, watches: watches, promised: newIndex(), watched: newIndex()}
	b.number.pledges, b.number.watches = make(map[string]int32, len(pledges)), make(map[string]int32, len(watches))
	for i := range pledges {
		if pledges[i].Ours && pledges[i].End == nil {
			b.number.pledges[pledges[i].Pledge.ID] = int32(i)
			b.ours++
			b.promised.addPledge(int32(i), &pledges[i].Pledge)
		}
	}
	for i := range watches {
		b.number.watches[watches[i].ID] = int32(i)
		addCodes(b.watched.byPlace, int32(i), watches[i].Places)
		b.watched.addMap(int32(i), watches[i].Cities, watches[i].Areas)
		b.watched.addPhrases(int32(i), free, watches[i].Words)
	}
	b.promised.phrases.index()
	b.watched.phrases.index()
	return b
}

// With is the book with these pledges and watches in place of those of the ids,
// in front of all others. It shares what has not changed, and costs what the
// change does.
func (b *Book) With(ids []string, pledges []warning.KeptPledge, watches []warning.Watch) *Book {
	with := NewBook(pledges, watches)
	with.before = b
	with.gone.pledges, with.gone.watches = make(map[int32]bool), make(map[int32]bool)
	for _, id := range ids {
		if i, ok := b.number.pledges[id]; ok {
			with.gone.pledges[i] = true
		}
		if i, ok := b.number.watches[id]; ok {
			with.gone.watches[i] = true
		}
	}
	return with
}

// Meets returns the watches that the subject touches, and the pledges it meets
// while they are hit.
func (b *Book) Meets(subject Subject, now time.Time) ([]WatchHit, []Hit) {
	if b.Empty() {
		return nil, nil
	}
	subject.Read()
	watches := b.Watches(subject, now)
	return watches, b.Pledges(subject.Widen(watches), now)
}

// Empty reports whether nothing can meet anything.
func (b *Book) Empty() bool {
	return len(b.watches) == 0 && b.ours == 0 && (b.before == nil || b.before.Empty())
}

func (x *index) addPledge(of int32, p *warning.Pledge) {
	addCodes(x.byPlace, of, p.Places)
	addCodes(x.byNational, of, p.Nationals)
	for _, sector := range p.Sectors {
		sector = sectorOf(sector)
		x.bySector[sector] = append(x.bySector[sector], of)
	}
	x.addMap(of, p.Cities, p.Areas)
	x.addPhrases(of, organisation, p.Organisations)
	x.addPhrases(of, event, p.Events)
	x.addPhrases(of, free, p.Words)
}

// addMap adds cities and areas.
func (x *index) addMap(of int32, cities []warning.City, areas []warning.Area) {
	for i := range areas {
		x.areas.add(of, &areas[i])
	}
	for _, one := range cities {
		x.phrases.add(phrase{of: of, kind: city, words: stems(one.Name, false), text: one.String(), place: one.Place})
	}
}

// addCodes adds ISO 3166 codes; what is none matches nothing.
func addCodes(by map[string][]int32, of int32, places []string) {
	for _, place := range places {
		if place = code(place); place != "" {
			by[place] = append(by[place], of)
		}
	}
}

func (x *index) addPhrases(of int32, kind kind, texts []string) {
	for _, text := range texts {
		x.phrases.add(phrase{of: of, kind: kind, words: stems(text, kind == free), text: text})
	}
}

// places calls found for each code that one of the places lies in, with whoever
// listens for it.
func (x *index) places(places []string, found func(of []int32, wide, place string)) {
	for _, place := range places {
		if place = code(place); place == "" {
			continue
		}
		if of := x.byPlace[place]; len(of) > 0 {
			found(of, place, place)
		}
		if wide := country(place); wide != place && len(x.byPlace[wide]) > 0 {
			found(x.byPlace[wide], wide, place)
		}
	}
}

// findings are the reasons for which pledges or watches are met.
type findings struct{ all []finding }

type finding struct {
	of     int32
	reason string
}

func (f *findings) add(of int32, reason string) { f.all = append(f.all, finding{of, reason}) }

func (f *findings) addAll(of []int32, reason string) {
	for _, one := range of {
		f.add(one, reason)
	}
}

// each yields what was found in the order of the lists, each with its reasons in
// order, once.
func (f *findings) each() iter.Seq2[int32, []string] {
	slices.SortFunc(f.all, func(a, b finding) int { return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.reason, b.reason)) })
	all := slices.Compact(f.all)
	return func(yield func(int32, []string) bool) {
		for len(all) > 0 {
			var reasons []string
			of := all[0].of
			for len(all) > 0 && all[0].of == of {
				reasons, all = append(reasons, all[0].reason), all[1:]
			}
			if !yield(of, reasons) {
				return
			}
		}
	}
}
