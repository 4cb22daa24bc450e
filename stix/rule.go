// SPDX-License-Identifier: Apache-2.0

package stix

// This file is the small language in which spec.go and its neighbours write
// down what the standard says of each property.

import "strings"

// A kind is a data type of STIX 2.1 §2.
type kind int

const (
	kindString kind = iota
	kindBoolean
	kindInteger
	kindFloat
	kindTimestamp
	kindIdentifier
	kindList
	kindVocabulary
	kindBinary
	kindHex
	kindHashes
	kindDictionary
	kindObject
	kindContainer  // the deprecated observable-container
	kindExtensions // checked apart, by the extensions of the type
	kindFormat     // a string of a form that a function knows
)

// A rule is what the standard says of one value.
type rule struct {
	kind    kind
	targets []string // of an identifier: type names, or families in capitals
	terms   *vocabulary
	item    *rule  // of a list
	shape   *shape // of an object
	ranged  bool   // of a number
	low     float64
	high    float64
	section string // of a format
	lenient bool   // a format that only should be kept
	format  func(text string) (broken string)
}

// A shape is what the standard says of one object: its properties, and what
// holds between them.
type shape struct {
	section  string
	family   string // SDO, SRO, SCO, META; empty for a part of an object
	required []string
	rules    map[string]rule
	between  []between
	// extensions are the predefined ones of §6, by their key.
	extensions map[string]*shape
	// contributing are the properties an SCO's deterministic id is made of.
	contributing []string
}

// A between looks at several properties of one object.
type between func(check *checker, object map[string]any)

func plain() rule        { return rule{kind: kindString} }
func truth() rule        { return rule{kind: kindBoolean} }
func whole() rule        { return rule{kind: kindInteger} }
func float() rule        { return rule{kind: kindFloat} }
func instant() rule      { return rule{kind: kindTimestamp} }
func base64Text() rule   { return rule{kind: kindBinary} }
func hexText() rule      { return rule{kind: kindHex} }
func hashes() rule       { return rule{kind: kindHashes} }
func dictionary() rule   { return rule{kind: kindDictionary} }
func part(s *shape) rule { return rule{kind: kindObject, shape: s} }

func wholeIn(low, high float64) rule {
	return rule{kind: kindInteger, ranged: true, low: low, high: high}
}

func floatIn(low, high float64) rule {
	return rule{kind: kindFloat, ranged: true, low: low, high: high}
}

// ref is an identifier of one of the targets, type names or families.
func ref(targets string) rule {
	return rule{kind: kindIdentifier, targets: strings.Fields(targets)}
}

func refs(targets string) rule { return list(ref(targets)) }

func list(item rule) rule { return rule{kind: kindList, item: &item} }

func term(terms *vocabulary) rule { return rule{kind: kindVocabulary, terms: terms} }

func terms(vocabulary *vocabulary) rule { return list(term(vocabulary)) }

// form is a string that a function finds well formed, or says why not.
func form(section string, format func(text string) (broken string)) rule {
	return rule{kind: kindFormat, section: section, format: format}
}

// likely is a form that the standard only recommends.
func likely(section string, format func(text string) (broken string)) rule {
	return rule{kind: kindFormat, section: section, lenient: true, format: format}
}

// names splits a list of property names written in one string.
func names(text string) []string { return strings.Fields(text) }

// properties merges tables; a later one overrides.
func properties(tables ...map[string]rule) map[string]rule {
	merged := map[string]rule{}
	for _, table := range tables {
		for name, rule := range table {
			merged[name] = rule
		}
	}
	return merged
}
