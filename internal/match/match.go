// SPDX-License-Identifier: Apache-2.0

// Package match says which pledges and watches a thing meets, and on what.
//
// A [Subject] is what is known of a thing: places and nationalities as ISO 3166
// codes, organisations by name, and its text. Codes match by what they contain:
// a pledge for RU covers a thing in RU-SPE; a pledge for RU-SPE does not cover
// a thing of which only RU is known. Names and words match as whole words,
// however they are written; see redact.Words. No word is ever read as a code:
// "Russian" in a text meets no pledge for RU.
//
// While a watch is hit, [Subject.Widen] makes pledges match wider.
package match

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A Subject is what is matched. The zero Subject meets nothing.
type Subject struct {
	Places        []string // ISO 3166-1 or -2 codes
	Nationalities []string // ISO 3166-1 alpha-2 codes
	Organisations []string // names
	Text          string
	Window        warning.Window
	// At is when the thing was kept or received; it stands in for the window
	// where that is empty.
	At time.Time

	watched []watched
}

// watched is a place that counts as the subject's own while a watch is hit.
type watched struct{ place, event string }

// FromSource is a source report as a subject: its target, its whole text, and
// the places, organisations and texts of its objects.
func FromSource(s *warning.Source) Subject {
	subject := fromTarget(s.Target)
	subject.Text = lines(s.AllText(), subject.Text)
	subject.Window = s.Window
	subject.At = s.KeptAt
	subject.objects(s.Objects)
	return subject
}

// FromWarning is a received warning as a subject, as it stood at a time.
func FromWarning(w *warning.Warning, at time.Time) Subject {
	subject := fromTarget(w.Target)
	subject.Text = lines(w.Text, w.Method, w.Actor, subject.Text)
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
	return subject
}

// objects adds what attached objects say. One that cannot be read says nothing.
func (s *Subject) objects(objects []jsontext.Value) {
	for _, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			continue
		}
		word := func(name string) string {
			value, _ := object.Get(name)
			text, _ := value.(string)
			return text
		}
		s.Text = lines(s.Text, word("name"), word("description"), word("content"), word("abstract"), word("city"))
		switch object.Type() {
		case "location":
			s.addPlace(word("country"))
			s.addPlace(word("administrative_area"))
		case "identity":
			if class := word("identity_class"); class == "organization" || class == "group" {
				s.Organisations = append(s.Organisations, word("name"))
			}
		}
	}
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

// phrases are the words of a subject, for looking phrases up in them.
type phrases struct {
	words [][]string // a list for each text: no phrase runs from one to the next
	at    map[string][]position
}

type position struct{ text, word int }

func newPhrases(texts ...string) phrases {
	p := phrases{at: make(map[string][]position)}
	for _, text := range texts {
		words := redact.Words(text)
		for i, word := range words {
			p.at[word] = append(p.at[word], position{len(p.words), i})
		}
		p.words = append(p.words, words)
	}
	return p
}

// has reports whether the words stand side by side somewhere. No words stand nowhere.
func (p phrases) has(words []string) bool {
	if len(words) == 0 {
		return false
	}
	for _, at := range p.at[words[0]] {
		text := p.words[at.text]
		if end := at.word + len(words); end <= len(text) && slices.Equal(text[at.word:end], words) {
			return true
		}
	}
	return false
}

func (s Subject) phrases() phrases {
	return newPhrases(append([]string{s.Text}, s.Organisations...)...)
}
