// SPDX-License-Identifier: Apache-2.0

package policy

// This file turns what is known of a warning, a report and an object into the
// attributes that rules ask about.

import (
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// attributes are the values of an entity or a context by their names.
type attributes = cedar.RecordMap

func entity(kind cedar.EntityType, id string, values attributes) cedar.Entity {
	return cedar.Entity{UID: cedar.NewEntityUID(kind, cedar.String(id)), Attributes: cedar.NewRecord(values)}
}

func setOf[Word ~string](list []Word) cedar.Set {
	values := make([]cedar.Value, len(list))
	for i, word := range list {
		values[i] = cedar.String(word)
	}
	return cedar.NewSet(values...)
}

func (p Partner) entity() cedar.Entity {
	return entity("Partner", p.Name, attributes{
		"name": cedar.String(p.Name), "country": cedar.String(p.Country), "state": cedar.String(p.State),
	})
}

// The words for a review date.
const (
	reviewDue  = "due"
	reviewPast = "past"
	reviewNone = "none"
)

// reviewOf says whether a review date is still to come: the day itself counts.
func reviewOf(date warning.Date, now time.Time) string {
	review, err := warning.ParseDate(string(date))
	switch {
	case err != nil:
		return reviewNone
	case !now.Before(review.AddDate(0, 0, 1)):
		return reviewPast
	}
	return reviewDue
}

// unknownCode and unknownCaveat report whether one of the words is not known.
func unknownCode(codes []handling.Code) bool {
	return slices.ContainsFunc(codes, func(code handling.Code) bool { return code.Meaning() == "" })
}

func unknownCaveat(caveats []handling.Caveat) bool {
	return slices.ContainsFunc(caveats, func(caveat handling.Caveat) bool { return caveat.Meaning() == "" })
}

func named(recipients []string) bool {
	return slices.ContainsFunc(recipients, func(name string) bool { return strings.TrimSpace(name) != "" })
}

func warningEntity(draft *warning.Draft, facts Facts, now time.Time) cedar.Entity {
	w := &draft.Warning
	return entity("Warning", draft.ID, attributes{
		"label": cedar.String(w.Handling.TLP), "rank": cedar.Long(w.Handling.TLP.Rank()),
		"codes": setOf(w.Handling.Codes), "caveats": setOf(w.Handling.Caveats),
		"code_unknown":   cedar.Boolean(unknownCode(w.Handling.Codes)),
		"caveat_unknown": cedar.Boolean(unknownCaveat(w.Handling.Caveats)),
		"note":           cedar.Boolean(strings.TrimSpace(w.Handling.Note) != ""),
		"note_read":      cedar.Boolean(facts.NoteRead),
		"persons_named":  cedar.Boolean(named(w.Recipients)),
		"to_life":        cedar.Boolean(w.ThreatToLife()),
		"threat_type":    cedar.String(w.ThreatType),
		"precedence":     cedar.String(w.Precedence),
		"probability":    cedar.String(w.Probability),
		"confidence":     cedar.String(w.Confidence),
		"grade":          cedar.String(w.Grade),
		"target_kind":    cedar.String(w.Target.Kind),
		"country":        cedar.String(w.Target.Place.Country),
		"stage":          cedar.String(draft.Stage),
		"review":         cedar.String(reviewOf(w.Review, now)),
		"source":         cedar.Boolean(draft.Source != ""),
		"objects":        cedar.Long(len(draft.Objects)),
		"correction":     cedar.Boolean(len(draft.Corrects) > 0),
	})
}

// givenKnown reports whether the handling that a thing came with can be read;
// our own need not have one.
func (from Provenance) givenKnown() bool {
	own := from.Partner == "" && from.Handling.TLP == ""
	return own || from.Handling.Validate() == nil
}

// given are the attributes of where a thing came from.
func (from Provenance) given(facts Facts) attributes {
	return attributes{
		"given_known":   cedar.Boolean(from.givenKnown()),
		"given_label":   cedar.String(from.Handling.TLP),
		"given_rank":    cedar.Long(from.Handling.TLP.Rank()),
		"given_codes":   setOf(from.Handling.Codes),
		"given_caveats": setOf(from.Handling.Caveats),
		"note_read":     cedar.Boolean(facts.Read[ReadKey(from.Partner, from.Handling.NoteID())]),
	}
}

// attached is an object as it is judged.
type attached struct {
	id      string
	version string
	entity  cedar.Entity
	from    Provenance
	known   bool // where it came from
	floor   string
	// names are those of persons that could leave in it, and recorded says that the
	// warning has a record of the person.
	names    []stix.PersonName
	recorded bool
	// label is what it leaves as, marking its definition, and open are the
	// markings of those of its parts that are no narrower.
	label   handling.TLP
	marking string
	given   string // the marking of what it was given with
	open    []string
}

// look gathers what is known of an object that goes with a warning.
func look(object stix.Object, facts Facts, w *warning.Warning) attached {
	names := object.PersonNames()
	person := len(names) > 0
	a := attached{id: object.ID(), version: versionOf(object), names: leaving(names)}
	a.recorded = recorded(a.names, w)
	a.from, a.known = facts.Objects[a.id]
	label, wrong := audience(markingsBut(object, a.from.Handling))
	a.given = RestrictionID(a.from.Handling)
	a.floor = wrong
	if given := a.from.Handling.TLP; (given != "" || a.from.Partner != "") && (label == "" || given.Rank() > label.Rank()) {
		label = given
	}
	marked := label != ""
	counts := label
	if !marked {
		counts, label = unmarked, w.Handling.TLP // it leaves as the warning does, which is no wider
	}
	values := a.from.given(facts)
	values["type"], values["person"] = cedar.String(object.Type()), cedar.Boolean(person)
	values["definition"] = cedar.Boolean(object.Type() == "marking-definition")
	values["marked"], values["marking_unknown"] = cedar.Boolean(marked), cedar.Boolean(wrong != "")
	values["label"], values["rank"] = cedar.String(counts), cedar.Long(counts.Rank())
	values["origin_known"] = cedar.Boolean(a.known)
	a.entity, a.label = entity("Object", a.id, values), label
	a.marking, _ = stix.TLPMarking(string(label))
	for _, marking := range granular(object) {
		if part, text := audience([]string{marking}); text == "" && part.Rank() <= label.Rank() {
			a.open = append(a.open, marking)
		}
	}
	return a
}
