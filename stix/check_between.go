// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the rules between several properties of one object.

import (
	"regexp"
	"slices"
	"strings"
)

// notBefore says that the second time is not earlier than the first.
func notBefore(section, first, second string) between {
	return func(check *checker, object map[string]any) {
		if compareTimes(object, first, second) > 0 {
			check.mustAt(second, section, "this is not earlier than "+first, "")
		}
	}
}

// after says that the second time is later than the first.
func after(section, first, second string) between {
	return func(check *checker, object map[string]any) {
		if order := compareTimes(object, first, second); order == 0 || order == 1 {
			check.mustAt(second, section, "this is later than "+first, "")
		}
	}
}

// compareTimes compares two times; -2 means that one is missing or no time.
func compareTimes(object map[string]any, first, second string) int {
	firstText, ok1 := object[first].(string)
	secondText, ok2 := object[second].(string)
	if !ok1 || !ok2 {
		return -2
	}
	firstTime, err1 := ParseTime(firstText)
	secondTime, err2 := ParseTime(secondText)
	if err1 != nil || err2 != nil {
		return -2
	}
	return firstTime.Compare(secondTime)
}

// oneOf says that at least one of the properties is there.
func oneOf(section string, names ...string) between {
	sentence := "there is at least one of " + strings.Join(names, ", ")
	return func(check *checker, object map[string]any) {
		if !hasAny(object, names) {
			check.must(section, sentence, "add one of them")
		}
	}
}

// exactlyOne says that one of the two properties is there, and not both.
func exactlyOne(section, first, second string) between {
	return func(check *checker, object map[string]any) {
		_, ok1 := object[first]
		_, ok2 := object[second]
		if ok1 == ok2 {
			check.must(section, "there is either "+first+" or "+second+", and not both", "")
		}
	}
}

// together says that both properties are there, or neither.
func together(section, first, second string) between {
	return func(check *checker, object map[string]any) {
		_, ok1 := object[first]
		_, ok2 := object[second]
		if ok1 != ok2 {
			check.must(section, "there are both "+first+" and "+second+", or neither", "add the other")
		}
	}
}

// needs says that a property comes only with others.
func needs(section, name string, others ...string) between {
	return func(check *checker, object map[string]any) {
		if _, ok := object[name]; !ok {
			return
		}
		for _, other := range others {
			if _, ok := object[other]; !ok {
				check.mustAt(name, section, "this comes only together with "+other, "add "+other)
			}
		}
	}
}

// notEmpty says that a part of an object has at least one property.
func notEmpty(section string) between {
	return func(check *checker, object map[string]any) {
		if len(object) == 0 {
			check.must(section, "there is at least one property", "leave it out altogether")
		}
	}
}

// saysSomething says that an observable has a property of its own beside those
// that all have.
func saysSomething(section string) between {
	return func(check *checker, object map[string]any) {
		for name := range object {
			if _, common := commonRules[name]; !common || name == "extensions" {
				return
			}
		}
		check.must(section, "there is at least one property of this type's own", "")
	}
}

var (
	capecID = regexp.MustCompile(`^CAPEC-\d+$`)
	cveID   = regexp.MustCompile(`^CVE-\d{4}-(0\d{3}|[1-9]\d{3,})$`)
)

// cataloguedID checks ids of the catalogues that the standard names.
// STIX 2.1 §4.1, §4.19
func cataloguedID(check *checker, object map[string]any) {
	source, _ := object["source_name"].(string)
	id, ok := object["external_id"].(string)
	if !ok {
		return
	}
	if source == "capec" && !capecID.MatchString(id) {
		check.mustAt("external_id", "4.1", "an id of CAPEC is written CAPEC- and a number", "")
	}
	if source == "cve" && !cveID.MatchString(id) {
		check.mustAt("external_id", "4.19", "an id of CVE is written CVE-, the year, a hyphen and a number", "")
	}
}

// STIX 2.1 §4.11
func familyHasName(check *checker, object map[string]any) {
	if _, named := object["name"]; object["is_family"] == true && !named {
		check.mustAt("name", "4.11", "a malware family has a name", "add it")
	}
}

// STIX 2.1 §4.14
func observesSomething(check *checker, object map[string]any) {
	list, ok := object["object_refs"].([]any)
	if !ok || len(list) == 0 {
		return
	}
	for _, item := range list {
		text, _ := item.(string)
		objectType, _, _ := strings.Cut(text, "--")
		if shape := check.shapes(objectType); shape == nil || shape.family == "SCO" {
			return
		}
	}
	check.mustAt("object_refs", "4.14", "at least one of the objects is a cyber-observable object", "")
}

// STIX 2.1 §6.6
func multipart(check *checker, object map[string]any) {
	many, ok := object["is_multipart"].(bool)
	_, body := object["body"]
	_, parts := object["body_multipart"]
	if ok && many && body {
		check.mustAt("body", "6.6", "a multipart message has no body", "use body_multipart")
	}
	if ok && !many && parts {
		check.mustAt("body_multipart", "6.6", "only a multipart message has parts", "use body")
	}
}

// STIX 2.1 §6.12
func activeHasNoEnd(check *checker, object map[string]any) {
	if _, ended := object["end"]; ended && object["is_active"] == true {
		check.mustAt("end", "6.12", "traffic that is active has no end", "remove end or set is_active to false")
	}
}

// markingDefines: a marking says what it means, in the old way or by an
// extension. STIX 2.1 §7.2.1
func markingDefines(check *checker, object map[string]any) {
	kind, hasKind := object["definition_type"]
	definition, hasDefinition := object["definition"]
	_, extended := object["extensions"]
	if hasKind != hasDefinition || !hasKind && !extended {
		check.must("7.2.1", "there are definition_type and definition, or extensions", "")
		return
	}
	fields, _ := definition.(map[string]any)
	switch kind {
	case "statement":
		if text, ok := fields["statement"].(string); !ok || text == "" {
			check.mustAt("definition", "7.2.1", "a statement marking has a statement", "")
		}
	case "tlp":
		id, _ := object["id"].(string)
		marking, ok := findTLP(id)
		if !ok || marking.version != 1 || fields["tlp"] != marking.level || len(fields) != 1 || object["created"] != "2017-01-20T00:00:00.000Z" {
			check.mustAt("definition", "7.2.1", "a TLP marking is one of the four that the standard prints", "use TLP 2.0")
		}
	}
}

// markingFixed: a marking definition does not mark itself, and has no versions.
// STIX 2.1 §3.2, §7.2.1
func markingFixed(check *checker, object map[string]any) {
	own := object["id"]
	if list, ok := object["object_marking_refs"].([]any); ok && own != nil && slices.Contains(list, own) {
		check.mustAt("object_marking_refs", "3.2", "a marking definition does not mark itself", "")
	}
	list, _ := object["granular_markings"].([]any)
	for _, item := range list {
		if marking, ok := item.(map[string]any); ok && own != nil && marking["marking_ref"] == own {
			check.mustAt("granular_markings", "3.2", "a marking definition does not mark itself", "")
		}
	}
	for _, name := range []string{"modified", "revoked"} {
		if _, ok := object[name]; ok {
			check.mustAt(name, "7.2.1", "a marking definition has no versions", "make a new one instead")
		}
	}
}

// translations: keys are languages, and below them names of properties.
// STIX 2.1 §7.1
func translations(check *checker, object map[string]any) {
	contents, _ := object["contents"].(map[string]any)
	check.enter("contents")
	defer check.leave()
	for key, value := range contents {
		check.enter(key)
		if broken := language(key); broken != "" {
			check.must("7.1", broken, "")
		}
		fields, ok := value.(map[string]any)
		if !ok || len(fields) == 0 {
			check.must("7.1", "a language holds an object of translated properties, and not empty", "")
		}
		for name := range fields {
			if broken := propertyNameBroken(name); broken != "" {
				check.mustAt(name, "7.1", broken, "")
			}
		}
		check.leave()
	}
}

// STIX 2.1 §7.3
func topLevelProperties(check *checker, object map[string]any) {
	types, _ := object["extension_types"].([]any)
	if _, ok := object["extension_properties"]; ok && !slices.Contains(types, any("toplevel-property-extension")) {
		check.mustAt("extension_properties", "7.3", "only a toplevel-property-extension lists its properties", "")
	}
	listed, _ := object["extension_properties"].([]any)
	for _, item := range listed {
		name, _ := item.(string)
		if _, common := commonRules[name]; common {
			check.mustAt("extension_properties", "7.3", "an extension does not define a property of the standard anew", "choose another name than "+name)
		}
	}
}
