// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the rules between several properties of one object.

import "strings"

// notBefore says that the second time is not earlier than the first.
func notBefore(section, first, second string) between {
	return func(check *checker, object map[string]any) {
		if compareTimes(object, first, second) > 0 {
			check.mustAt(second, section, "this is not earlier than "+first, "correct one of the two")
		}
	}
}

// after says that the second time is later than the first.
func after(section, first, second string) between {
	return func(check *checker, object map[string]any) {
		if order := compareTimes(object, first, second); order == 0 || order == 1 {
			check.mustAt(second, section, "this is later than "+first, "correct one of the two")
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
			check.must(section, "there is either "+first+" or "+second+", and not both", "leave one of them")
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
		for name, value := range object {
			if _, common := commonRules[name]; !common || name == "extensions" && extendedWith(value) {
				return
			}
		}
		check.must(section, "there is at least one property of this type's own", "add what is to be said")
	}
}

// extendedWith reports whether an extension says more than what it is.
func extendedWith(extensions any) bool {
	all, _ := extensions.(map[string]any)
	for _, extension := range all {
		fields, _ := extension.(map[string]any)
		if _, declared := fields["extension_type"]; len(fields) > 1 || len(fields) == 1 && !declared {
			return true
		}
	}
	return false
}

// cataloguedID checks ids of the catalogues that the standard names.
// STIX 2.1 §4.1, §4.19
func cataloguedID(check *checker, object map[string]any) {
	source, _ := object["source_name"].(string)
	id, ok := object["external_id"].(string)
	if !ok {
		return
	}
	switch source {
	case "capec":
		if number, ok := strings.CutPrefix(id, "CAPEC-"); !ok || !digits(number) {
			check.mustAt("external_id", "4.1", "an id of CAPEC is written CAPEC- and a number", "write it like CAPEC-66")
		}
	case "cve":
		if !isCVE(id) {
			check.mustAt("external_id", "4.19", "an id of CVE is written CVE-, the year, a hyphen and a number", "write it like CVE-2026-12345")
		}
	}
}

// isCVE: the number has four digits or more, and only one of four a leading zero.
func isCVE(id string) bool {
	rest, ok := strings.CutPrefix(id, "CVE-")
	year, number, ok2 := strings.Cut(rest, "-")
	return ok && ok2 && len(year) == 4 && digits(year) && digits(number) && (len(number) == 4 || len(number) > 4 && number[0] != '0')
}

// linkHashed: what a URL leads to has its hashes beside it. STIX 2.1 §2.5.1
func linkHashed(check *checker, object map[string]any) {
	_, linked := object["url"]
	_, hashed := object["hashes"]
	if linked && !hashed {
		check.should("2.5.1", "a URL has the hashes of what it leads to beside it", "add hashes, SHA-256 at best")
	}
}

// STIX 2.1 §4.7
func indicatorDescribed(check *checker, object map[string]any) {
	for _, name := range []string{"name", "description"} {
		if _, ok := object[name]; !ok {
			check.shouldAt(name, "4.7", "an indicator has a name and a description, so that it can be understood", "add it")
		}
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
		if shape := check.shapes(objectType); shape == nil || shape.families&familySCO != 0 {
			return
		}
	}
	check.mustAt("object_refs", "4.14", "at least one of the objects is a cyber-observable object", "refer to what was observed")
}

// STIX 2.1 §2.13
func containerDeprecated(check *checker, object map[string]any) {
	if _, ok := object["objects"]; ok {
		check.shouldAt("objects", "2.13", "the container of observables is not used in new content", "use object_refs")
	}
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
