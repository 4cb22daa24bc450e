// SPDX-License-Identifier: Apache-2.0

package stix

// This file says whether an object names a person: the one answer for whoever
// counts persons, asks before they are shown, or keeps them from a schedule.

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// A PersonName is how an object names somebody.
type PersonName struct {
	Property string
	Text     string
}

// PersonNames lists the names by which an object says, or may say, who somebody
// is; none if it names nobody. What does not say that it is no person may be one:
//
//   - an identity, unless its identity_class says that it is a group, a system, an
//     organization or a class. STIX 2.1 §4.5
//   - a threat actor that says it is an individual or an insider, and one of whose names
//     reads like a person's; never one that says it is several people. STIX 2.1 §4.17
//   - a user account by display_name, account_login or user_id, unless it is one of a
//     service or of the system. STIX 2.1 §6.16
//   - an e-mail address with a display_name that is no function's, or with an owner,
//     and such a name in the headers of an e-mail message. STIX 2.1 §6.5, §6.6
//   - a certificate whose subject has a surname or a given name. STIX 2.1 §6.18
//   - an indicator whose pattern asks for one of these names. STIX 2.1 §9.7
//   - the authors of a note or an opinion. STIX 2.1 §4.13, §4.15
//   - a translation of what may be a person, and observed data that hold one.
//     STIX 2.1 §7.1, §4.14
//   - whatever MISP calls a person, and types that nobody defined which say so by
//     their name.
//
// An address alone, a path, a command line and prose name nobody here: they are for
// people to read.
func (object Object) PersonNames() []PersonName { return personNames(object.tree) }

// NamesPerson reports whether an object names a person, or may.
func (object Object) NamesPerson() bool { return len(object.PersonNames()) > 0 }

func personNames(tree map[string]any) (names []PersonName) {
	objectType, _ := tree["type"].(string)
	switch objectType {
	case "identity":
		names = personIdentity(tree)
	case "threat-actor":
		names = personActor(tree)
	case "user-account":
		names = personAccount(tree)
	case "email-addr":
		names = personAddress(tree)
	case "email-message":
		names = personHeaders(tree)
	case "x509-certificate":
		names = personSubject(tree)
	case "indicator":
		names = personPattern(tree)
	case "note", "opinion":
		names = namedAs(nil, "authors", tree["authors"])
	case "language-content":
		names = personTranslated(tree)
	case "observed-data":
		names = personObserved(tree)
	default:
		names = personCustom(objectType, tree)
	}
	if len(names) == 0 && labelledPerson(tree) {
		name, _ := tree["name"].(string)
		names = []PersonName{{"labels", name}}
	}
	return names
}

// namedAs adds every text of a value: a string, or those of a list.
func namedAs(names []PersonName, property string, value any) []PersonName {
	switch value := value.(type) {
	case string:
		if strings.TrimSpace(value) != "" {
			names = append(names, PersonName{property, value})
		}
	case []any:
		for _, item := range value {
			if text, is := item.(string); is {
				names = namedAs(names, property, text)
			}
		}
	}
	return names
}

func personIdentity(tree map[string]any) []PersonName {
	class, _ := tree["identity_class"].(string)
	switch strings.ToLower(strings.TrimSpace(class)) {
	case "group", "system", "organization", "class":
		return nil
	}
	name, _ := tree["name"].(string)
	return []PersonName{{"name", name}}
}

func personActor(tree map[string]any) []PersonName {
	all := namedAs(namedAs(nil, "name", tree["name"]), "aliases", tree["aliases"])
	level, _ := tree["resource_level"].(string)
	switch strings.ToLower(level) {
	case "individual":
		return all
	case "club", "contest", "team", "organization", "government":
		return nil
	}
	types, _ := tree["threat_actor_types"].([]any)
	for _, item := range types {
		switch item {
		case "insider-accidental", "insider-disgruntled":
			return all
		case "crime-syndicate", "nation-state", "competitor":
			return nil
		}
	}
	return slices.DeleteFunc(all, func(name PersonName) bool { return !likePerson(name.Text) })
}

func personAccount(tree map[string]any) []PersonName {
	display, _ := tree["display_name"].(string)
	if service, _ := tree["is_service_account"].(bool); service && !likePerson(display) {
		return nil
	}
	var names []PersonName
	for _, property := range []string{"display_name", "account_login", "user_id"} {
		text, is := tree[property].(string)
		switch {
		case !is || strings.TrimSpace(text) == "":
		case systemAccount(text):
			if property != "display_name" {
				return nil // one login of the system is enough to know it by
			}
		case property == "display_name" && functional(text):
		default:
			names = append(names, PersonName{property, text})
		}
	}
	return names
}

func personAddress(tree map[string]any) []PersonName {
	var names []PersonName
	if display, is := tree["display_name"]; is {
		if text, isText := display.(string); !isText || displayed(text) {
			names = append(names, PersonName{"display_name", text})
		}
	}
	if _, owned := tree["belongs_to_ref"]; owned {
		value, _ := tree["value"].(string)
		names = append(names, PersonName{"belongs_to_ref", value})
	}
	return names
}

// displayed reports whether the name shown beside an address may be a person's: it
// is no address itself, and no function.
func displayed(text string) bool {
	return strings.TrimSpace(text) != "" && !strings.Contains(text, "@") && !functional(text)
}

func personHeaders(tree map[string]any) (names []PersonName) {
	fields, _ := tree["additional_header_fields"].(map[string]any)
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		switch strings.ToLower(field) {
		case "from", "to", "cc", "bcc", "sender", "reply-to", "disposition-notification-to", "resent-from", "resent-to":
		default:
			continue
		}
		for _, item := range namedAs(nil, "additional_header_fields", fields[field]) {
			for _, mailbox := range strings.Split(item.Text, ",") {
				name, _, address := strings.Cut(mailbox, "<")
				if name = strings.Trim(name, "\t \""); address && displayed(name) {
					names = append(names, PersonName{item.Property, name})
				}
			}
		}
	}
	return names
}

// personSubject reads the attributes of a distinguished name that only persons
// have. RFC 4519 §2.12, §2.32
func personSubject(tree map[string]any) (names []PersonName) {
	subject, _ := tree["subject"].(string)
	for _, part := range strings.FieldsFunc(subject, func(r rune) bool { return r == ',' || r == '/' || r == '+' || r == '\n' }) {
		key, value, is := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "sn", "surname", "gn", "givenname", "2.5.4.4", "2.5.4.42":
			if is {
				names = namedAs(names, "subject", strings.TrimSpace(value))
			}
		}
	}
	return names
}

// personPattern reads the comparisons of a pattern of STIX. Other languages are not
// read; one that cannot be read and has such a property may name somebody.
func personPattern(tree map[string]any) (names []PersonName) {
	text, _ := tree["pattern"].(string)
	if language, _ := tree["pattern_type"].(string); language != "stix" || !strings.Contains(text, "display_name") && !strings.Contains(text, "user-account") && !strings.Contains(text, "user_ref") {
		return nil
	}
	read, err := pattern.Parse(text)
	if err != nil {
		return []PersonName{{"pattern", ""}}
	}
	for observation := range pattern.Observations(read.Root) {
		for comparison := range pattern.Comparisons(observation.Test) {
			property := ""
			for _, step := range comparison.Path.Steps {
				if step.Kind == pattern.Property {
					property = step.Name
				}
			}
			owner := comparison.Path.Type == "user-account" || len(comparison.Path.Steps) > 1
			if property != "display_name" && !(owner && (property == "account_login" || property == "user_id")) {
				continue
			}
			for _, constant := range comparison.Constants {
				if said := constant.Text; constant.Kind != pattern.String || !systemAccount(said) && !(property == "display_name" && !displayed(said)) {
					names = append(names, PersonName{"pattern", said})
				}
			}
		}
	}
	return names
}

// personTranslated reads the translation of a name of what may be a person.
func personTranslated(tree map[string]any) (names []PersonName) {
	of, _ := tree["object_ref"].(string)
	objectType, _, _ := strings.Cut(of, "--")
	named := map[string]string{"identity": "name", "threat-actor": "name aliases", "user-account": "display_name account_login", "email-addr": "display_name", "note": "authors", "opinion": "authors"}[objectType]
	languages, _ := tree["contents"].(map[string]any)
	for _, property := range strings.Fields(named) {
		for _, language := range slices.Sorted(maps.Keys(languages)) {
			if fields, is := languages[language].(map[string]any); is {
				names = namedAs(names, "contents", fields[property])
			}
		}
	}
	if objectType != "threat-actor" {
		return names
	}
	return slices.DeleteFunc(names, func(name PersonName) bool { return !likePerson(name.Text) })
}

// personObserved reads the observables that old observed data hold.
func personObserved(tree map[string]any) (names []PersonName) {
	held, _ := tree["objects"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(held)) {
		if object, is := held[key].(map[string]any); is && object["type"] != "observed-data" {
			for _, name := range personNames(object) {
				names = append(names, PersonName{"objects", name.Text})
			}
		}
	}
	return names
}

// personCustom reads types that STIX does not define: the objects and attributes
// of MISP that are persons, and types that say so by their name.
func personCustom(objectType string, tree map[string]any) []PersonName {
	name, _ := tree["name"].(string)
	switch objectType {
	case "x-misp-object":
		if kind, _ := tree["x_misp_name"].(string); mispPersons[strings.ToLower(kind)] {
			return []PersonName{{"x_misp_name", name}}
		}
		return nil
	case "x-misp-attribute":
		if kind, _ := tree["x_misp_type"].(string); mispPersonal[strings.ToLower(kind)] {
			value, _ := tree["x_misp_value"].(string)
			return []PersonName{{"x_misp_value", value}}
		}
		return nil
	}
	for _, word := range strings.Split(objectType, "-") {
		switch word {
		case "person", "persons", "individual", "individuals", "people":
			return []PersonName{{"type", name}}
		}
	}
	return nil
}

// labelledPerson reports whether a label says that the object was a person in MISP.
func labelledPerson(tree map[string]any) bool {
	labels, _ := tree["labels"].([]any)
	for _, item := range labels {
		label, _ := item.(string)
		kind, is := strings.CutPrefix(label, `misp:name="`)
		if kind, _ = strings.CutSuffix(kind, `"`); is && mispPersons[strings.ToLower(kind)] {
			return true
		}
		if kind, is = strings.CutPrefix(label, `misp:type="`); is && mispPersonal[strings.ToLower(strings.TrimSuffix(kind, `"`))] {
			return true
		}
	}
	return false
}

// likePerson reports whether a text reads like the name of a person: two to four
// words that begin with a capital, or are of a script that has none, and none that
// stands in names of groups. It is a look: a group that is called like a person
// counts as one.
func likePerson(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if len(words) == 1 && shortHan(words[0]) {
		return true
	}
	count := 0
	for i, word := range words {
		bare := strings.Trim(word, ".'’\"“”()")
		lower := strings.ToLower(bare)
		switch first, _ := utf8.DecodeRuneInString(bare); {
		case bare == "":
			return false
		case particles[lower]:
			continue
		case ofGroups[lower] || i == 0 && leading[lower] || !lettered(bare) || unicode.IsLower(first) || initials(bare):
			return false
		}
		count++
	}
	return count >= 2 && count <= 4
}

// lettered reports whether a word has letters alone, but for a hyphen, an
// apostrophe or a point within.
func lettered(word string) bool {
	for _, r := range word {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune("-'’.", r) {
			return false
		}
	}
	return true
}

// initials reports whether a word is two or three capitals, such as APT.
func initials(word string) bool {
	n := utf8.RuneCountInString(word)
	return (n == 2 || n == 3) && strings.ToUpper(word) == word && strings.ToLower(word) != word && !strings.Contains(word, ".")
}

// shortHan reports whether a word is as long as the names of persons in Han
// characters are.
func shortHan(word string) bool {
	n := 0
	for _, r := range word {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
		n++
	}
	return n >= 2 && n <= 4
}

// functional reports whether a name is that of a function or a body.
func functional(text string) bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if ofFunctions[word] {
			return true
		}
	}
	return false
}

// systemAccount reports whether a login or a user id is one of a system: of a
// service, a machine, or what every system has.
func systemAccount(text string) bool {
	login := strings.ToLower(strings.TrimSpace(text))
	if domain, user, is := strings.Cut(login, `\`); is {
		if domain == "nt authority" || domain == "nt service" || domain == "builtin" || domain == "font driver host" || domain == "window manager" {
			return true
		}
		login = user
	}
	if login == "" || systemLogins[login] || strings.HasSuffix(login, "$") {
		return true
	}
	for _, prefix := range []string{"svc_", "svc-", "svc.", "srv_", "srv-", "service_", "service-", "sa_", "_"} {
		if strings.HasPrefix(login, prefix) {
			return true
		}
	}
	if sid, is := strings.CutPrefix(login, "s-1-5-"); is {
		first, _, _ := strings.Cut(sid, "-")
		return first != "21" || strings.HasSuffix(sid, "-500") || strings.HasSuffix(sid, "-501") || strings.HasSuffix(sid, "-502")
	}
	return false
}
