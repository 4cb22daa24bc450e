// SPDX-License-Identifier: Apache-2.0

package match

// This file reads what STIX objects say.

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

// said are the properties of objects that are text or lists of texts: of domain
// objects first, of observables then. A pattern names what it looks for.
var said = []string{
	"name", "description", "abstract", "content", "explanation", "aliases", "goals", "objective", "labels", "city", "street_address",
	"contact_information", "pattern", "value", "display_name", "subject", "body",
}

// FromObject is one STIX object as a subject, by what it says itself.
func FromObject(object stix.Object) Subject {
	var subject Subject
	subject.object(object)
	return subject
}

// objects adds what attached objects say. One that cannot be read says nothing.
func (s *Subject) objects(objects []jsontext.Value) {
	for _, raw := range objects {
		if object, err := stix.Parse(raw); err == nil {
			s.object(object)
		}
	}
}

func (s *Subject) object(object stix.Object) {
	texts := []string{s.Text}
	for _, name := range said {
		value, _ := object.Get(name)
		texts = appendTexts(texts, value)
	}
	switch object.Type() {
	case "location":
		s.addPlace(word(object, "country"))
		s.addPlace(word(object, "administrative_area"))
		latitude, known := number(object, "latitude")
		if longitude, both := number(object, "longitude"); known && both {
			metres, _ := number(object, "precision")
			s.addPoint(latitude, longitude, metres)
		}
	case "identity":
		if class := word(object, "identity_class"); class == "organization" || class == "group" {
			s.Organisations = append(s.Organisations, word(object, "name"))
		}
		sectors, _ := object.Get("sectors")
		s.Sectors = appendTexts(s.Sectors, sectors)
	case "language-content":
		contents, _ := object.Get("contents")
		texts = appendTexts(texts, contents)
	}
	s.Text = lines(texts...)
}

func word(object stix.Object, name string) string {
	value, _ := object.Get(name)
	text, _ := value.(string)
	return text
}

func number(object stix.Object, name string) (float64, bool) {
	value, _ := object.Get(name)
	switch n := value.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	}
	return 0, false
}

// appendTexts appends every text in a value, those of a map in the order of its
// names.
func appendTexts(texts []string, value any) []string {
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, one := range v {
			texts = appendTexts(texts, one)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = appendTexts(texts, v[name])
		}
	}
	return texts
}
