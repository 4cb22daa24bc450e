// SPDX-License-Identifier: Apache-2.0

package redact

// This file holds the leak check: does a release repeat what must stay home?

import (
	"cmp"
	"slices"
)

// A NamedText is one text and the name of the field it stands in.
type NamedText struct {
	Name string
	Text string
}

// LeakRule names what sort of thing was repeated.
type LeakRule string

const (
	LeakWords       LeakRule = "words"       // five or more consecutive words
	LeakIdentifier  LeakRule = "identifier"  // a number, name of a file, address, hash…
	LeakTime        LeakRule = "time"        // a clock time
	LeakCoordinates LeakRule = "coordinates" // a point on the map
	LeakName        LeakRule = "name"        // of a person
	LeakHidden      LeakRule = "hidden"      // characters that nobody sees
)

// A Leak is one place in a release that repeats something source-sensitive.
type Leak struct {
	Rule LeakRule `json:"rule"`
	// Field is the release field, Words the words as they stand in it, from byte
	// Start to byte End. What is spread over several fields names the first and the
	// last: Start counts in the first, End in the last.
	Field string `json:"field"`
	Words string `json:"words"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	// Source names the source-sensitive field that is repeated, or [Known], or
	// [Unseen]. Its text is not here.
	Source string `json:"source"`
}

// Known is the name under which a leak of one of the known strings is reported.
const Known = "the source report's own references"

// TooMany is the name under which it is reported that a source has more names than
// are checked, in which case nothing that is held against it leaves. The words are
// the field in which the bound was reached.
const TooMany = "too many names to check"

// Unseen is the name under which characters are reported that could carry
// anything past the people who release: their words are the code of the first.
const Unseen = "characters that nobody sees"

// Leaks finds everything in release that repeats something of the sensitive
// texts or one of the known strings:
//
//   - five or more consecutive words, whatever their case, punctuation, spacing
//     and line breaks, width and accents, with Cyrillic and Greek look-alikes and
//     invisible characters seen through. Hyphenated words count as several; in a
//     script without spaces two characters count as a word;
//   - identifiers: tokens that mix letters and digits, numbers of five or more
//     digits, e-mail and IP addresses, host names and URLs, telephone numbers,
//     hashes and UUIDs, references to files and reports; and every known string.
//     Case and the separators - / . _ : and space do not matter. Calendar days,
//     ordinals and ages are no identifiers;
//   - clock times, in whatever notation, also across stated time zones;
//   - names of persons: two words with capitals side by side, in either order, and
//     the word behind a title, whatever their case and whether they are written in
//     Latin, Cyrillic or Greek letters, by any of the usual tables. A name that
//     also stands in one of the open texts may leave;
//   - points on the map within 0.001 degrees in both latitude and longitude, in
//     decimal degrees or degrees, minutes and seconds; and grid references.
//
// Each text is also read with HTML entities, percent-encoding, quoted-printable,
// the escapes of JSON, base64, hexadecimal and UTF-16 decoded, and what comes out
// once more. Words and identifiers are also looked for
// where they are spread over texts that follow one another. Characters that
// nobody sees and that could carry something are found whatever is guarded.
//
// It finds repetition, not meaning: a paraphrase or a translation is for the
// people who release, see [Guard.Flags].
// A time of day spelled out, other than o'clock words such as half past two, a
// time whose zone only one side states, and a grid reference of other precision
// go unseen. The leaks come in the order of the
// release, those across several texts last.
func Leaks(release, sensitive []NamedText, known []string, open ...string) []Leak {
	return NewGuard(sensitive, known, open...).Leaks(release)
}

// A Guard is the sensitive side of the leak check, prepared once for many
// releases. It is safe for concurrent use.
type Guard struct {
	fine, coarse repeats
	// foreign says that some sensitive text has letters beyond ASCII.
	foreign bool
	times   []sensitiveTime
	points  []sensitivePoint
	grids   map[string]string
	names   nameSet
	days    map[day]string
	counts  map[int]string
}

// repeats are the words and identifiers to find in one way of folding.
type repeats struct{ words, identifiers *finder }

func newRepeats() repeats { return repeats{newFinder(16), newFinder(10)} }

// Identifiers shorter than this are not compared coarsely: chance would find them.
const coarseIdentifier = 6

func empty() *Guard {
	return &Guard{fine: newRepeats(), coarse: newRepeats(), grids: make(map[string]string), names: newNameSet(), days: make(map[day]string), counts: make(map[int]string)}
}

// NewGuard prepares the check of releases against these texts; see [Leaks].
func NewGuard(sensitive []NamedText, known []string, open ...string) *Guard {
	g := empty()
	for _, field := range sensitive {
		g.foreign = g.foreign || !ascii(field.Text)
		flat := fold(field.Text, false)
		g.repeats(field, flat, identifiers(flat.text), runs(flat))
		g.exactly(field.Name, flat)
		g.names.add(field)
		g.inferences(field.Name, flat.text)
	}
	for _, text := range open {
		g.names.open(text)
		g.openInferences(text)
	}
	for _, text := range known {
		g.repeats(NamedText{Known, text}, folded{}, []pattern{phrase(fold(text, false))}, nil)
	}
	return g
}

// exactly takes a field's times in, each once, and its places.
func (g *Guard) exactly(source string, flat folded) {
	times := make(map[clock]bool)
	for _, clock := range clocks(flat.text) {
		clock.start, clock.end = 0, 0
		if !times[clock] {
			times[clock] = true
			g.times = append(g.times, sensitiveTime{clock, source})
		}
	}
	g.places(source, flat)
}

// places takes a field's points and grid references in, each once.
func (g *Guard) places(source string, flat folded) {
	places := make(map[point]bool)
	for _, point := range points(flat.text) {
		point.start, point.end = 0, 0
		if !places[point] {
			places[point] = true
			g.points = append(g.points, sensitivePoint{point, source})
		}
	}
	for _, grid := range grids(flat.text) {
		g.grids[grid.text] = source
	}
}

// repeats takes a field's identifiers and runs in, in both ways of folding.
func (g *Guard) repeats(field NamedText, flat folded, ids, runsOfWords []pattern) {
	for _, run := range runsOfWords {
		g.fine.words.add(run, field.Name)
	}
	for _, run := range runsOfWords {
		run.letters = fold(run.letters, true).text
		g.coarse.words.add(run, field.Name)
	}
	for _, id := range ids {
		g.fine.identifiers.add(id, field.Name)
		if len(id.letters) >= coarseIdentifier {
			id.letters = fold(id.letters, true).text
			g.coarse.identifiers.add(id, field.Name)
		}
	}
}

type sensitiveTime struct {
	clock
	source string
}

type sensitivePoint struct {
	point
	source string
}

// Leaks compares release with what g guards; see the function [Leaks].
func (g *Guard) Leaks(release []NamedText) []Leak {
	var leaks []Leak
	if g.names.full != "" && len(release) > 0 {
		leaks = append(leaks, Leak{Rule: LeakName, Field: release[0].Name, Words: g.names.full, Source: TooMany})
	}
	for _, field := range release {
		leaks = append(leaks, hidden(field)...)
		leaks = append(leaks, g.plain(field)...)
		leaks = append(leaks, g.decoded(field)...)
	}
	return append(leaks, g.across(release)...)
}

// plain compares one text as it stands.
func (g *Guard) plain(field NamedText) []Leak {
	var found []Leak
	add := func(rule LeakRule, form folded, start, end int, source string) {
		start, end = form.original(start, end)
		found = append(found, Leak{Rule: rule, Field: field.Name, Start: start, End: end, Source: source})
	}
	flat := fold(field.Text, false)
	g.fine.find(flat, add)
	if g.foreign || !ascii(field.Text) {
		g.coarse.find(fold(field.Text, true), add)
	}
	g.exact(flat, add)
	g.names.find(field.Text, func(start, end int, source string) {
		found = append(found, Leak{Rule: LeakName, Field: field.Name, Start: start, End: end, Source: source})
	})
	return merge(found, field.Text)
}

// report takes a stretch of a folded text that repeats something of a source.
type report func(rule LeakRule, form folded, start, end int, source string)

func (r repeats) find(form folded, add report) {
	stream := newStream(form)
	r.words.find(stream, func(start, end int, source string) { add(LeakWords, form, start, end, source) })
	r.identifiers.find(stream, func(start, end int, source string) { add(LeakIdentifier, form, start, end, source) })
}

// exact compares times and places.
func (g *Guard) exact(form folded, add report) {
	if len(g.times) > 0 {
		for _, clock := range clocks(form.text) {
			for _, sensitive := range g.times {
				if clock.same(sensitive.clock) {
					add(LeakTime, form, clock.start, clock.end, sensitive.source)
				}
			}
		}
	}
	if len(g.points) > 0 {
		for _, point := range points(form.text) {
			for _, sensitive := range g.points {
				if point.near(sensitive.point) {
					add(LeakCoordinates, form, point.start, point.end, sensitive.source)
				}
			}
		}
	}
	if len(g.grids) > 0 {
		for _, grid := range grids(form.text) {
			if source, ok := g.grids[grid.text]; ok {
				add(LeakCoordinates, form, grid.start, grid.end, source)
			}
		}
	}
}

// merge joins what overlaps, rule by rule and source by source, and fills in
// the words.
func merge(found []Leak, text string) []Leak {
	slices.SortFunc(found, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var merged []Leak
	for _, leak := range found {
		if n := len(merged); n > 0 && merged[n-1].Rule == leak.Rule && merged[n-1].Source == leak.Source && leak.Start < merged[n-1].End {
			merged[n-1].End = max(merged[n-1].End, leak.End)
			continue
		}
		merged = append(merged, leak)
	}
	slices.SortStableFunc(merged, func(a, b Leak) int { return cmp.Compare(a.Start, b.Start) })
	for i := range merged {
		merged[i].Words = text[merged[i].Start:merged[i].End]
	}
	return merged
}
