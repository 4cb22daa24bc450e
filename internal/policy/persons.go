// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds the rules about persons. They stand in Go: no text that people
// sign lets persons out without them.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RulePersons is the rule about persons.
const RulePersons Rule = "persons"

// Naming is what is known of naming persons to one partner.
type Naming struct {
	// Sheets are what is known of how people fare there, for each country.
	Sheets []warning.Assurance
	// Sent is how many persons were named to it this month, Most how many may be.
	Sent, Most int
}

// leaving are the names of persons in an object that could leave in it: who wrote a
// note is cut, and translations and what old observed data hold do not leave.
func leaving(names []stix.PersonName) []stix.PersonName {
	return slices.DeleteFunc(names, func(name stix.PersonName) bool {
		return name.Property == "authors" || name.Property == "contents" || name.Property == "objects"
	})
}

// recorded reports whether a warning has a record of the person whom an object
// names: its name, or what is said of the person, has one of the object's names. Who
// is threatened is said once.
func recorded(names []stix.PersonName, w *warning.Warning) bool {
	for _, name := range names {
		said := phraseOf(name.Text)
		if said == "  " {
			continue
		}
		if w.Target.NamesPerson() && sameWords(said, phraseOf(w.Target.Name)) {
			return true
		}
		for _, p := range w.Persons {
			if sameWords(said, phraseOf(p.Name)) || strings.Contains(phraseOf(p.Name), said) || strings.Contains(phraseOf(p.Text), said) {
				return true
			}
		}
	}
	return false
}

// phraseOf are the words of a text with a space on each side.
func phraseOf(text string) string { return " " + strings.Join(redact.Words(text), " ") + " " }

// sameWords reports whether two phrases are of the same words, in any order.
func sameWords(one, other string) bool {
	a, b := strings.Fields(one), strings.Fields(other)
	slices.Sort(a)
	slices.Sort(b)
	return len(a) > 0 && slices.Equal(a, b)
}

// persons is how many persons leave where they are named: as many as there are
// records, and who is threatened, if that is a person with a name; or as many as
// objects name, if these are more. An object without a record does not leave.
func (m *Matter) persons() int {
	objects := 0
	for i := range m.objects {
		if m.objects[i].recorded {
			objects++
		}
	}
	w := &m.draft.Warning
	return max(len(w.Persons)+namedTarget(w), objects)
}

// MostPersons is how many persons the policy lets be named to a partner in a month
// by warnings like this one, where the program lets that many: a rule may ask for
// persons and persons_month.
func (m *Matter) MostPersons(to Partner, most int) int {
	e := &evaluation{of: m, to: to, who: m.rules.partner(to)}
	with := sendContext{e.releasable(), e.written()}
	for before := range most {
		q := question{action: Send, who: e.who, what: &m.warning, context: with.record(1, before)}
		if e.of.rules.ask(&q).allowed {
			continue
		}
		if before == 0 {
			break // whatever forbids it, it is not the month
		}
		return before
	}
	return most
}

// PersonsIn is how many persons a copy names, counted as those of its draft.
func PersonsIn(w *warning.Warning) int {
	objects := 0
	for _, raw := range w.Objects {
		if object, err := stix.Parse(raw); err == nil && len(leaving(object.PersonNames())) > 0 {
			objects++
		}
	}
	return max(len(w.Persons)+namedTarget(w), objects)
}

func namedTarget(w *warning.Warning) int {
	if w.Target.NamesPerson() {
		return 1
	}
	return 0
}

// unlisted flags words of a copy that look like the name of a person whom it does
// not list, since nobody counts those: in its free texts, and in the fields that
// name somebody. What it names as a place, a body or an event is no person.
func unlisted(w *warning.Warning) []redact.Leak {
	place := w.Target.Place
	known := []string{place.City, place.Region, place.Country}
	for _, p := range w.Persons {
		known = append(known, p.Name)
	}
	for _, raw := range w.Objects {
		object, err := stix.Parse(raw)
		if name, is := object.Get("name"); err == nil && is && !object.NamesPerson() {
			text, _ := name.(string)
			known = append(known, text)
		}
	}
	naming := []redact.NamedText{{Name: "threat_actor", Text: w.Actor}}
	if w.Target.Kind == "person" || w.Target.Kind == "group" {
		naming = append(naming, redact.NamedText{Name: "target.name", Text: w.Target.Name})
	}
	flags := redact.Persons(naming, known)
	known = append(known, w.Actor, w.Target.Name) // flagged already, if they look so
	texts := []redact.NamedText{
		{Name: "text", Text: w.Text}, {Name: "method", Text: w.Method}, {Name: "recommended_action", Text: w.Action},
		{Name: "target.place.detail", Text: place.Detail}, {Name: "purpose", Text: w.Purpose}, {Name: "handling.note", Text: w.Handling.Note},
	}
	for _, p := range w.Persons {
		texts = append(texts, redact.NamedText{Name: "persons", Text: p.Text})
	}
	return append(flags, redact.Persons(texts, known)...)
}

func (e *evaluation) namesPersons() bool { return slices.Contains(e.of.draft.PersonsTo, e.to.Name) }

// unnamed says why an object that names a person, or may, stays; empty if it may leave.
func (e *evaluation) unnamed(a *attached) Reason {
	reason := Reason{Rule: RulePersons, Effect: Withhold}
	is := "it names a person, or may, by its " + a.names[0].Property
	switch {
	case e.sanitised():
		reason.Rule, reason.Text = RuleSanitised, is+", and "+sanitised
	case !e.namesPersons():
		reason.Text = is + ", and none is named to this partner"
	case !a.recorded:
		reason.Text = is + ", and there is no record of that person"
		reason.Hint = "name the person among the persons, with role and reason; or say in the object that it is none, such as by identity_class"
	}
	return reason
}

// persons says which persons leave, and forbids what must not: too many, or to
// where they may be harmed. A threat to life stays open, once a further person
// has approved it.
func (e *evaluation) persons() {
	draft := e.of.draft
	count := e.of.persons()
	if count == 0 {
		return
	}
	if e.sanitised() {
		if len(draft.Warning.Persons) > 0 {
			e.withhold(RuleSanitised, "persons", sanitised+": it names no person")
		}
		return
	}
	if !e.namesPersons() {
		if len(draft.Warning.Persons) > 0 {
			e.withhold(RulePersons, "persons", "persons stay home unless the author names the partner in persons_to")
		}
		return
	}
	naming := e.of.facts.Naming[e.to.Name]
	switch {
	case count > warning.MaxPersons:
		e.block(RulePersons, "persons", fmt.Sprintf("%d persons are named, and %d may be: a warning is no list", count, warning.MaxPersons))
	case naming.Sent+count > naming.Most:
		e.block(RulePersons, "persons", fmt.Sprintf("%d persons were named to %s this month, and %d may be", naming.Sent, e.to.Name, naming.Most))
	}
	if against := e.assured(naming); against != "" {
		if !draft.Warning.ThreatToLife() {
			e.block(RulePersons, "persons", against)
		} else {
			e.plan.Further = append(e.plan.Further, against)
		}
	}
	for _, p := range draft.Warning.Persons {
		if p.Minor {
			e.plan.Further = append(e.plan.Further, "a minor is named")
		}
		if len(p.Special) > 0 {
			e.plan.Further = append(e.plan.Further, "what is said of a person touches special categories: "+strings.Join(p.Special, ", "))
		}
	}
	if len(draft.Warning.Persons) > 0 {
		e.parts = append(e.parts, Reason{Rule: RulePersons, Field: "persons", Effect: Allow, Text: "the author names persons to " + e.to.Name})
	}
}

// assured says why persons may not be named to the partner; empty if they may.
// There must be a sheet for its own country, and none may speak against it: for
// the country that is threatened, too.
func (e *evaluation) assured(naming Naming) string {
	there := false
	for _, sheet := range naming.Sheets {
		if sheet.Country != e.to.Country && sheet.Country != e.of.draft.Warning.Target.Place.In() {
			continue
		}
		there = there || sheet.Country == e.to.Country
		if against := sheet.Against(e.of.now); against != "" {
			return against
		}
	}
	if !there {
		return "there is no sheet of assurances on " + e.to.Name + " for " + e.to.Country
	}
	return ""
}
