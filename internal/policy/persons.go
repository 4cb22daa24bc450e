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

// individual reports whether an object is an identity that says it is a person.
func individual(object stix.Object) bool {
	class, _ := object.Get("identity_class")
	text, _ := class.(string)
	return object.Type() == "identity" && strings.EqualFold(text, "individual")
}

// Individuals counts the objects that say they are persons.
func Individuals[Raw ~[]byte](objects []Raw) (n int) {
	for _, raw := range objects {
		if object, err := stix.Parse([]byte(raw)); err == nil && individual(object) {
			n++
		}
	}
	return n
}

// countPersons is how many persons a draft holds, objects that are persons among
// them, and who is threatened, if that is a person with a name.
func countPersons(draft *warning.Draft) int {
	return len(draft.Warning.Persons) + Individuals(draft.Objects) + namedTarget(&draft.Warning)
}

// PersonsIn is how many persons a warning names, counted as those of a draft.
func PersonsIn(w *warning.Warning) int {
	return len(w.Persons) + Individuals(w.Objects) + namedTarget(w)
}

func namedTarget(w *warning.Warning) int {
	if w.Target.Kind == "person" && strings.TrimSpace(w.Target.Name) != "" {
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
		if name, is := object.Get("name"); err == nil && is && !individual(object) {
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

// persons says which persons leave, and forbids what must not: too many, or to
// where they may be harmed. A threat to life stays open, once a further person
// has approved it.
func (e *evaluation) persons() {
	draft := e.of.draft
	count := countPersons(draft)
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
