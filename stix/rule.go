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
	kindValues // a dictionary whose values are of one form
	kindObject
	kindContainer  // the deprecated observable-container
	kindExtensions // checked apart, by the extensions of the type
	kindFormat     // a string of a form that a function knows
	kindAny        // checked apart
)

// A rule is what the standard says of one value.
type rule struct {
	kind     kind
	targets  []string // of an identifier: the names of types
	families families // of an identifier: or any type of these
	said     string   // of an identifier: both, in words
	terms    *vocabulary
	item     *rule  // of a list
	shape    *shape // of an object
	ranged   bool   // of a number
	low      float64
	high     float64
	section  string // of a format or of values
	sentence string // of values
	lenient  bool   // a format that only should be kept
	defanged bool   // a format that data may break which says that it is defanged
	format   func(text string) (broken string)
	holds    func(value any) bool // of values
}

// families is a set of the families of types.
type families uint8

const (
	familySDO families = 1 << iota
	familySRO
	familySCO
	familyMETA
)

// familyNamed is the family of a name in capitals, or 0.
func familyNamed(name string) families {
	switch name {
	case "SDO":
		return familySDO
	case "SRO":
		return familySRO
	case "SCO":
		return familySCO
	case "META":
		return familyMETA
	}
	return 0
}

// A shape is what the standard says of one object: its properties, and what
// holds between them.
type shape struct {
	section  string
	families families // none of a part of an object
	required []string
	rules    map[string]*rule
	between  []between
	// custom says that the type is none of the standard's.
	custom bool
	// extension says that it is that of an extension by a definition.
	extension bool
	// extensions are the predefined ones of §6, by their key.
	extensions map[string]*shape
	// contributing are the properties an SCO's deterministic id is made of.
	contributing []string
}

// requires is the section that requires a property: of a whole object, those by
// which all are told apart are the standard's for every type. STIX 2.1 §3.2
func (shape *shape) requires(name string, whole bool) string {
	switch name {
	case "type", "spec_version", "id", "created", "modified":
		if whole {
			return "3.2"
		}
	}
	return shape.section
}

// A between looks at several properties of one object.
type between func(check *checker, object map[string]any)

func plain() *rule        { return &rule{kind: kindString} }
func truth() *rule        { return &rule{kind: kindBoolean} }
func whole() *rule        { return &rule{kind: kindInteger} }
func float() *rule        { return &rule{kind: kindFloat} }
func instant() *rule      { return &rule{kind: kindTimestamp} }
func base64Text() *rule   { return &rule{kind: kindBinary} }
func hexText() *rule      { return &rule{kind: kindHex} }
func hashes() *rule       { return &rule{kind: kindHashes} }
func dictionary() *rule   { return &rule{kind: kindDictionary} }
func part(s *shape) *rule { return &rule{kind: kindObject, shape: s} }

func wholeIn(low, high float64) *rule {
	return &rule{kind: kindInteger, ranged: true, low: low, high: high}
}

// natural is a whole number that is not negative.
func natural() *rule { return wholeIn(0, MaxInteger) }

func floatIn(low, high float64) *rule {
	return &rule{kind: kindFloat, ranged: true, low: low, high: high}
}

// ref is an identifier of one of the targets, type names or families.
func ref(targets string) *rule {
	made := &rule{kind: kindIdentifier, said: "this refers to " + strings.Join(strings.Fields(targets), " or ")}
	for target := range strings.FieldsSeq(targets) {
		if family := familyNamed(target); family != 0 {
			made.families |= family
		} else {
			made.targets = append(made.targets, target)
		}
	}
	return made
}

func refs(targets string) *rule { return list(ref(targets)) }

func list(item *rule) *rule { return &rule{kind: kindList, item: item} }

func term(terms *vocabulary) *rule { return &rule{kind: kindVocabulary, terms: terms} }

func terms(vocabulary *vocabulary) *rule { return list(term(vocabulary)) }

// values is a dictionary whose values a function knows.
func values(section, sentence string, holds func(value any) bool) *rule {
	return &rule{kind: kindValues, section: section, sentence: sentence, holds: holds}
}

// form is a string that a function finds well formed, or says why not.
func form(section string, format func(text string) (broken string)) *rule {
	return &rule{kind: kindFormat, section: section, format: format}
}

// address is a form that defanged data may break: hxxp://example[.]org.
func address(section string, format func(text string) (broken string)) *rule {
	return &rule{kind: kindFormat, section: section, defanged: true, format: format}
}

// likely is a form that the standard only recommends.
func likely(section string, format func(text string) (broken string)) *rule {
	return &rule{kind: kindFormat, section: section, lenient: true, format: format}
}

// names splits a list of property names written in one string.
func names(text string) []string { return strings.Fields(text) }

// properties merges tables; a later one overrides.
func properties(tables ...map[string]*rule) map[string]*rule {
	merged := map[string]*rule{}
	for _, table := range tables {
		for name, rule := range table {
			merged[name] = rule
		}
	}
	return merged
}

func isText(value any) bool { _, ok := value.(string); return ok }

func isWhole(value any) bool { _, ok := value.(int64); return ok }

func isWholeOrText(value any) bool { return isWhole(value) || isText(value) }

func isTexts(value any) bool {
	list, ok := value.([]any)
	for _, item := range list {
		ok = ok && isText(item)
	}
	return ok && len(list) > 0
}
