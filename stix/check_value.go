// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks single values against the data types of STIX 2.1 §2.

import (
	"encoding/base64"
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
	case kindObject:
		if object, ok := value.(map[string]any); ok {
			check.members(rule.shape, object, false)
		} else {
			check.must(rule.shape.section, "this is an object", "")
		}
	case kindContainer:
		check.observableContainer(value)
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
		if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil {
			check.must("2.1", "binary data is base64 with its padding", "encode it by RFC 4648 §4")
		}
	case kindHex:
		if len(text)%2 != 0 || !onlyOf(text, "0123456789abcdef") {
			check.must("2.8", "hexadecimal data is an even number of the digits 0–9 and a–f", "")
		}
	case kindFormat:
		broken := rule.format(text)
		if broken != "" && rule.lenient {
			check.should(rule.section, broken, "")
		} else if broken != "" {
			check.must(rule.section, broken, "")
		}
	}
}

func (check *checker) number(rule *rule, value any) {
	var number float64
	switch value := value.(type) {
	case int64:
		number = float64(value)
	case float64:
		number = value
		if rule.kind == kindInteger && number != math.Trunc(number) {
			check.must("2.10", "this is a whole number", "")
			return
		}
	default:
		check.must("2.10", "this is a number", "write it without quotation marks")
		return
	}
	if rule.ranged && (number < rule.low || number > rule.high) {
		check.must("2.10", "this number is between "+format(rule.low)+" and "+format(rule.high), "")
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
	hint := "one of " + strings.Join(terms.terms, ", ")
	if terms.closed {
		check.must(terms.section, "this value comes from its enumeration", hint)
		return
	}
	check.should(terms.section, "this value comes from its suggested vocabulary", hint)
}

// hashes checks a dictionary of hashes. STIX 2.1 §2.7
func (check *checker) hashes(value any) {
	dictionary, ok := value.(map[string]any)
	if !ok || len(dictionary) == 0 {
		check.must("2.7", "hashes are an object of names and values, and not empty", "")
		return
	}
	for name, value := range dictionary {
		check.enter(name)
		if len(name) < 3 || len(name) > 250 || !onlyOf(name, dictionaryKeys) {
			check.must("2.7", "the name of a hash is 3 to 250 ASCII letters, digits, hyphens and underscores", "")
		} else if !slices.Contains(hashAlgorithms.terms, name) {
			check.should("10.7", "the name of a hash comes from its suggested vocabulary", "one of "+strings.Join(hashAlgorithms.terms, ", "))
		}
		text, ok := value.(string)
		if digits := hashDigits[name]; !ok || text == "" || digits > 0 && (len(text) != digits || !onlyOf(text, "0123456789abcdefABCDEF")) {
			check.must("2.7", "the value of a hash is a string of the form its algorithm has", "")
		}
		check.leave()
	}
}

// hashDigits are the lengths of hashes written in hexadecimal.
var hashDigits = map[string]int{"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}

const dictionaryKeys = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// dictionary checks a dictionary of anything. STIX 2.1 §2.3
func (check *checker) dictionary(value any) {
	dictionary, ok := value.(map[string]any)
	if !ok {
		check.must("2.3", "this is an object", "")
		return
	}
	if len(dictionary) == 0 {
		check.must("2.3", "a dictionary is never empty", "leave the property out")
	}
	for name, member := range dictionary {
		check.enter(name)
		if name == "" || len(name) > 250 || !onlyOf(name, dictionaryKeys) {
			check.must("2.3", "a key is 1 to 250 ASCII letters, digits, hyphens and underscores", "")
		}
		check.anything(member)
		check.leave()
	}
}

// reference checks an identifier that refers to another object, or inside an
// observable-container to another member. STIX 2.1 §2.9, §2.13, §3.3
func (check *checker) reference(rule *rule, text string) {
	if check.container != nil && !slices.Contains(rule.targets, "marking-definition") {
		member, ok := check.container[text].(map[string]any)
		if !ok {
			check.must("2.13", "a reference inside a container is the key of another of its members", "")
			return
		}
		memberType, _ := member["type"].(string)
		check.target(rule, memberType)
		return
	}
	objectType, unique, ok := SplitID(text)
	if !ok || unique.Variant().String() != "RFC4122" || unique.Version() == 0 {
		check.must("2.9", "an identifier is a type, two hyphens and an RFC 4122 UUID", "")
		return
	}
	check.target(rule, objectType)
}

// target checks that a reference leads to a type that it may lead to. Of a
// custom type nothing is known, so that it may be of any family.
func (check *checker) target(rule *rule, objectType string) {
	shape := shapeOf(objectType)
	for _, target := range rule.targets {
		if target == objectType || strings.ToUpper(target) == target && (shape == nil && objectType != "bundle" || shape != nil && shape.family == target) {
			return
		}
	}
	check.must("3.3", "this refers to "+strings.Join(rule.targets, " or "), "")
}

// observableContainer checks the deprecated objects property of observed data.
// STIX 2.1 §2.13
func (check *checker) observableContainer(value any) {
	container, ok := value.(map[string]any)
	if !ok || len(container) == 0 {
		check.must("2.13", "this is an object of observables, and not empty", "")
		return
	}
	outer := check.container
	check.container = container
	for key, value := range container {
		check.enter(key)
		member, ok := value.(map[string]any)
		memberType, _ := member["type"].(string)
		shape := shapeOf(memberType)
		switch {
		case !ok || memberType == "" || shape != nil && shape.family != "SCO":
			check.must("2.13", "a member of a container is a cyber-observable object", "")
		case shape == nil:
			check.anything(member)
		default:
			check.members(shape, member, true)
		}
		check.leave()
	}
	check.container = outer
}

// extensions checks the extensions property. STIX 2.1 §3.2, §7.3
func (check *checker) extensions(shape *shape, value any) {
	extensions, ok := value.(map[string]any)
	if !ok || len(extensions) == 0 {
		check.must("3.2", "extensions are an object of extensions, and not empty", "leave the property out")
		return
	}
	for key, value := range extensions {
		check.enter(key)
		fields, ok := value.(map[string]any)
		switch predefined := shape.extensions[key]; {
		case !ok:
			check.must("3.2", "an extension is an object", "")
		case predefined != nil:
			check.members(predefined, fields, false)
		default:
			check.extension(key, fields)
		}
		check.leave()
	}
}

func (check *checker) extension(key string, fields map[string]any) {
	objectType, unique, ok := SplitID(key)
	defined := ok && objectType == "extension-definition" && unique.Variant().String() == "RFC4122"
	if !defined && strings.HasPrefix(key, "extension-definition-") {
		check.must("2.9", "the key of an extension is the id of its definition", "extension-definition-- and a UUID")
	} else if !defined {
		check.should("3.2", "the key of an extension is the id of its definition, or predefined", "")
	}
	kind, declared := fields["extension_type"]
	if text, ok := kind.(string); declared && (!ok || !slices.Contains(extensionTypes.terms, text)) {
		check.mustAt("extension_type", "10.5", "this value comes from its enumeration", "one of "+strings.Join(extensionTypes.terms, ", "))
	} else if !declared && defined {
		check.mustAt("extension_type", "7.3", "an extension by a definition says its extension_type", "add it")
	}
	for name, member := range fields {
		check.enter(name)
		check.anything(member)
		check.leave()
	}
}

func onlyOf(text, allowed string) bool {
	for _, b := range []byte(text) {
		if strings.IndexByte(allowed, b) < 0 {
			return false
		}
	}
	return true
}
