// SPDX-License-Identifier: Apache-2.0

// Package match says which pledges and watches a thing meets, and on what.
//
// A [Subject] is what is known of a thing: places and nationalities as ISO 3166
// codes, points on the map, cities, organisations and events by name, sectors,
// and its text. Codes match by what they contain: a pledge for RU covers a thing
// in RU-SPE; a pledge for RU-SPE does not cover a thing of which only RU is
// known. Names and words match as whole words, however they are written, in any
// script; see redact.Words. No word is ever read as a code: "Russian" in a text
// meets no pledge for RU.
//
// A [Book] holds pledges and watches by what they listen for, so that a thing is
// held against any number of them at the cost of what it says and of what it
// meets. While a watch is hit, [Subject.Widen] makes pledges match wider.
package match

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// A Subject is what is matched. The zero Subject meets nothing.
type Subject struct {
	Places        []string // ISO 3166-1 or -2 codes
	Nationalities []string // ISO 3166-1 alpha-2 codes
	Organisations []string // names
	Sectors       []string // STIX 2.1 §10.11
	Points        []Point
	// Text is everything that is said, with the names of cities and events.
	Text   string
	Window warning.Window
	// From is the partner whose warning it is: it is owed nothing of what it says.
	From string
	// At is when the thing was kept or received; it stands in for the window
	// where that is empty.
	At time.Time

	watched []watched // by the watches that are hit
	cities  []watchedCity
	areas   []watchedArea
	events  []string   // of the watches that are hit
	read    []sentence // of Text and Organisations, once they were read
}

// watched is a place that counts as the subject's own while a watch is hit.
type watched struct{ place, event string }

// watchedCity and watchedArea count as the subject's own in the same way.
type watchedCity struct {
	city  warning.City
	event string
}

type watchedArea struct {
	area  *warning.Area
	event string
}

// A Point is a place on the map, and how far from there the thing may be.
type Point struct {
	Latitude, Longitude float64 // degrees
	Km                  float64 // known no better than this; see maxDoubt
}

// maxDoubt is how far a thing may be from where it is said to be and still be
// held to touch an area, in kilometres. What is known no better is known by the
// codes of its country and region.
const maxDoubt = 100

// FromSource is a source report as a subject: its target, its whole text, and
// the places, organisations and texts of its objects.
func FromSource(s *warning.Source) Subject {
	subject := fromTarget(s.Target)
	subject.Sectors = slices.Clone(s.Sectors)
	subject.Text = lines(s.AllText(), subject.Text)
	subject.Window = s.Window
	subject.At = s.KeptAt
	subject.objects(s.Objects)
	return subject
}

// FromWarning is a received warning as a subject, as it stood at a time.
func FromWarning(w *warning.Warning, at time.Time) Subject {
	subject := fromTarget(w.Target)
	subject.Text = lines(w.Text, w.Method, w.Actor, w.Action, subject.Text)
	for _, person := range w.Persons {
		subject.Text = lines(subject.Text, person.Name, person.Text)
	}
	subject.Window = w.Window
	subject.At = at
	subject.objects(w.Objects)
	return subject
}

func fromTarget(target warning.Target) Subject {
	subject := Subject{Nationalities: slices.Clone(target.Nationalities)}
	subject.addPlace(target.Place.Country)
	subject.addPlace(target.Place.Region)
	if target.Name != "" {
		subject.Organisations = []string{target.Name}
	}
	subject.Text = lines(target.Name, target.Place.City, target.Place.Detail)
	if at := target.Place; at.Latitude != nil && at.Longitude != nil {
		subject.addPoint(*at.Latitude, *at.Longitude, at.Precision)
	}
	return subject
}

// addPlace adds a code, and leaves anything else alone.
func (s *Subject) addPlace(place string) {
	if place = code(place); place != "" && !slices.Contains(s.Places, place) {
		s.Places = append(s.Places, place)
	}
}

// code is an ISO 3166 code in capitals; empty for anything else.
func code(place string) string {
	place = strings.ToUpper(strings.TrimSpace(place))
	country, area, divided := strings.Cut(place, "-")
	if other := map[string]string{"UK": "GB", "EL": "GR"}[country]; other != "" { // as some write them
		country, place = other, other+place[2:]
	}
	if len(country) != 2 || !within(country, 'A', 'Z') || divided && (len(area) == 0 || len(area) > 3) {
		return ""
	}
	for _, r := range area {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return ""
		}
	}
	return place
}

func within(word string, low, high byte) bool {
	for i := range len(word) {
		if word[i] < low || word[i] > high {
			return false
		}
	}
	return true
}

// country is the country of an ISO 3166 code.
func country(place string) string {
	country, _, _ := strings.Cut(place, "-")
	return country
}

// covers reports whether what holds for the wide place holds for the narrow one.
func covers(wide, narrow string) bool { return wide == narrow || wide == country(narrow) }

func lines(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "\n")
}
