// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks single values against the data types of STIX 2.1 §2.

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// value checks one value against its rule.
func (check *checker) value(rule *rule, value any) {
	switch rule.kind {
	case kindBoolean:
		if _, ok := value.(bool); !ok {
			check.must("2.2", "this is true or false", "write it without quotation marks")
		}
	case kindInteger, kindFloat:
		check.number(rule, value)
	case kindList:
		check.list(rule, value)
	case kindHashes:
		check.hashes(value)
	case kindDictionary:
		check.dictionary(value)
	case kindValues:
		check.values(rule, value)
	case kindObject:
		if object, ok := value.(map[string]any); ok {
			check.members(rule.shape, object, false)
		} else {
			check.must(rule.shape.section, "this is an object", "write its properties in braces")
		}
	case kindContainer:
		check.observableContainer(value)
	case kindAny:
	default:
		text, ok := value.(string)
		if !ok {
			check.must("2.15", "this is a string", "put it in quotation marks")
			return
		}
		check.text(rule, text)
	}
}

// text checks the kinds that are written as strings.
func (check *checker) text(rule *rule, text string) {
	switch rule.kind {
	case kindTimestamp:
		if _, err := ParseTime(text); err != nil {
			check.must("2.16", "a timestamp is an RFC 3339 date and time of the calendar, in UTC, ended by Z", "write it like 2006-01-02T15:04:05.000Z")
		}
	case kindIdentifier:
		check.reference(rule, text)
	case kindVocabulary:
		check.term(rule.terms, text)
	case kindBinary:
		if !isBase64(text) {
			check.must("2.1", "binary data is base64 with its padding", "encode it by RFC 4648 §4")
		}
	case kindHex:
		if len(text)%2 != 0 || !onlyOf(text, hexBytes) {
			check.must("2.8", "hexadecimal data is an even number of the digits 0–9 and a–f", "write it in small letters")
		}
	case kindFormat:
		if rule.defanged && check.defanged {
			return
		}
		broken := rule.format(text)
		if broken != "" && rule.lenient {
			check.should(rule.section, broken, formHint)
		} else if broken != "" {
			check.must(rule.section, broken, formHint)
		}
	}
}

const formHint = "write it in that form, or leave the property out"

func (check *checker) number(rule *rule, value any) {
	var number float64
	switch value := value.(type) {
	case int64:
		number = float64(value)
	case float64:
		number = value
		if rule.kind == kindInteger && number != math.Trunc(number) {
			check.must("2.10", "this is a whole number", "write it without a fraction")
			return
		}
	default:
		check.must("2.10", "this is a number", "write it without quotation marks")
		return
	}
	if rule.ranged && (number < rule.low || number > rule.high) {
		check.must("2.10", "this number is between "+format(rule.low)+" and "+format(rule.high), "correct it")
	}
}

func format(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

func (check *checker) list(rule *rule, value any) {
	list, ok := value.([]any)
	if !ok {
		check.must("2.12", "this is a list", "put it in square brackets")
		return
	}
	if len(list) == 0 {
		check.must("2.12", "a list is never empty", "leave the property out")
	}
	for i, item := range list {
		check.enterIndex(i)
		check.value(rule.item, item)
		check.leave()
	}
}

// term checks a value of a vocabulary. STIX 2.1 §2.4, §2.14, §10
func (check *checker) term(terms *vocabulary, text string) {
	if slices.Contains(terms.terms, text) {
		return
	}
	if terms.closed {
		check.must(terms.section, "this value comes from its enumeration", terms.hint)
		return
	}
	check.should(terms.section, "this value comes from its suggested vocabulary", terms.hint)
	if broken := hyphenated(text); broken != "" {
		check.should("2.14", broken, "use a–z, 0–9 and hyphens")
	}
}

// hashes checks a dictionary of hashes. STIX 2.1 §2.7, §10.7
func (check *checker) hashes(value any) {
	dictionary, ok := value.(map[string]any)
	if !ok || len(dictionary) == 0 {
		check.must("2.7", "hashes are an object of names and values, and not empty", "leave the property out")
		return
	}
	for name, value := range dictionary {
		check.enter(name)
		if len(name) < 3 || len(name) > 250 || !onlyOf(name, dictionaryKeys) {
			check.must("2.7", "the name of a hash is 3 to 250 ASCII letters, digits, hyphens and underscores", hashAlgorithms.hint)
		} else if !slices.Contains(hashAlgorithms.terms, name) {
			check.should("10.7", "the name of a hash comes from its suggested vocabulary", hashAlgorithms.hint)
		}
		if text, ok := value.(string); !ok || !isHash(name, text) {
			check.must("2.7", "the value of a hash is a string of the form its algorithm has", "write all its digits, in hexadecimal")
		}
		check.leave()
	}
}

// dictionary checks a dictionary of anything. STIX 2.1 §2.3
func (check *checker) dictionary(value any) {
	dictionary, ok := check.keys(value)
	if !ok {
		return
	}
	for name, member := range dictionary {
		check.enter(name)
		check.anything(member)
		check.leave()
	}
}

// values checks a dictionary whose values are of one form. In the deprecated
// container it may be of STIX 2.0, which had other forms.
func (check *checker) values(rule *rule, value any) {
	dictionary, ok := check.keys(value)
	if !ok || check.container != nil {
		return
	}
	for name, member := range dictionary {
		if !rule.holds(member) {
			check.mustAt(name, rule.section, rule.sentence, formHint)
		}
	}
}

// keys checks the keys of a dictionary. STIX 2.1 §2.3
func (check *checker) keys(value any) (map[string]any, bool) {
	dictionary, ok := value.(map[string]any)
	if !ok {
		check.must("2.3", "this is an object", "write its keys and values in braces")
		return nil, false
	}
	if len(dictionary) == 0 {
		check.must("2.3", "a dictionary is never empty", "leave the property out")
	}
	for name := range dictionary {
		if name == "" || len(name) > 250 || !onlyOf(name, dictionaryKeys) {
			check.mustAt(name, "2.3", "a key is 1 to 250 ASCII letters, digits, hyphens and underscores", "choose another key")
		}
	}
	return dictionary, true
}

// lowerKey checks a key of which nothing else is known. STIX 2.1 §2.3
func (check *checker) lowerKey(key string) {
	if strings.ToLower(key) != key {
		check.shouldAt(key, "2.3", "a key is in small letters", "write it in small letters")
	}
}
