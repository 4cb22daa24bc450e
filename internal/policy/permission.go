// SPDX-License-Identifier: Apache-2.0

package policy

// This file says what the permission of an originator lifts: of what it gave, for
// the partners it names, for one purpose, until it ends. A rule asks about it as
// context.permitted and context.wider_rank.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RulePermission is the rule by which a partner's permission is looked at again.
const RulePermission Rule = "permission"

// Permission is what a partner permits of something that it gave us.
type Permission struct {
	ID string
	By string // the partner who gave it and permits it
	// Versions are those of a warning of which it speaks, by the hashes of the messages
	// that say them, and Objects the objects that came with them, each in the versions
	// that did, see [Versions].
	Versions []string
	Objects  map[string][]string
	Use      warning.Use
	To       []string // the partners it may be passed on to
	Purpose  string
	TLP      handling.TLP // the wider label
	// Conditions go with what is passed on.
	Conditions string
	Until      time.Time
	// Ended says why it does not count any more, whatever its date; empty if it does.
	Ended string
}

// versionOf tells the versions of an object apart, as it writes them.
func versionOf(object stix.Object) string {
	modified, _ := object.Get("modified")
	text, _ := modified.(string)
	return text
}

// Versions are the objects among raws that can be read, each with the versions in
// which it is there.
func Versions[Raw ~[]byte](raws []Raw) map[string][]string {
	all := make(map[string][]string)
	for _, raw := range raws {
		object, err := stix.Parse([]byte(raw))
		if err != nil {
			continue
		}
		if version := versionOf(object); !slices.Contains(all[object.ID()], version) {
			all[object.ID()] = append(all[object.ID()], version)
		}
	}
	return all
}

// lift is what permissions lift for one thing and one partner.
type lift struct {
	passOn *Permission  // it may be passed on
	wider  *Permission  // it counts as a wider label
	label  handling.TLP // that label
	not    string       // why a permission that there is does not count
}

// asWide is the rank of the label that permissions let it count as: RED, which is
// no wider than any, if they let it count as none.
func (l lift) asWide() int {
	if l.wider == nil {
		return handling.Red.Rank()
	}
	return l.label.Rank()
}

// lifts are the permissions for what a partner gave, as they are for whom it is
// decided. about says whether one speaks of the thing.
func (e *evaluation) lifts(from Provenance, about func(*Permission) bool) (l lift) {
	if !e.isThird(from) {
		return l
	}
	all := e.of.facts.Permissions
	var last time.Time // which of those that do not count would have lasted longest: it is named
	not := func(p *Permission, why string) {
		if l.not == "" || p.Until.After(last) {
			l.not, last = p.ID+": "+why, p.Until
		}
	}
	for i := range all {
		p := &all[i]
		if p.By != from.Partner || !about(p) || p.Use != warning.UsePassOn && p.Use != warning.UseWider {
			continue
		}
		switch {
		case p.Ended != "":
			not(p, p.Ended)
		case !e.of.now.Before(p.Until):
			not(p, "it ended at "+minute(p.Until))
		case !warning.SamePurpose(p.Purpose, e.of.draft.Warning.Purpose):
			not(p, "it is for “"+p.Purpose+"” alone")
		case p.Use == warning.UseWider && p.TLP.Rank() >= 0 && (l.wider == nil || p.TLP.Rank() < l.label.Rank()):
			l.wider, l.label = p, p.TLP
		case p.Use == warning.UsePassOn && !slices.Contains(p.To, e.to.Name):
			not(p, "it is for others than "+e.to.Name)
		case p.Use == warning.UsePassOn && (l.passOn == nil || p.Until.After(l.passOn.Until)):
			l.passOn = p
		}
	}
	return l
}

func minute(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// widened is an object as it counts, and leaves, by a permission to treat it as a
// wider label: unless its own label is narrower than what it was given with, of which
// the permission does not speak. Its parts that are narrower stay.
func (a *attached) widened(l lift) *attached {
	if l.wider == nil || a.label.Rank() > a.from.Handling.TLP.Rank() || a.label.Rank() <= l.label.Rank() {
		return a
	}
	wide := *a
	values := a.entity.Attributes.Map()
	values["label"], values["rank"] = cedar.String(l.label), cedar.Long(l.label.Rank())
	wide.entity, wide.label = entity("Object", a.id, values), l.label
	wide.marking, _ = stix.TLPMarking(string(l.label))
	wide.open = slices.DeleteFunc(slices.Clone(a.open), func(marking string) bool {
		part, _ := audience([]string{marking})
		return part.Rank() > l.label.Rank()
	})
	return &wide
}

// drawing is the context of draw and attach.
type drawing struct {
	third, permitted bool
	asWide           int
}

// drawing is what is asked about a thing, beside itself: as it is, or as it would
// be if it were permitted.
func (m *Matter) drawing(d drawing) cedar.Record {
	if made, known := m.drawn[d]; known {
		return made
	}
	label := m.draft.Warning.Handling.TLP
	return cedar.NewRecord(attributes{
		"third": cedar.Boolean(d.third), "permitted": cedar.Boolean(d.permitted), "wider_rank": cedar.Long(d.asWide),
		"warning_label": cedar.String(label), "warning_rank": cedar.Long(label.Rank()),
	})
}

// askDraw asks whether a thing may go along, and says how to ask whoever gave it
// where its permission would let it.
func (e *evaluation) askDraw(action Action, what *cedar.Entity, from Provenance, l lift) (said answer, hint string) {
	q := question{action: action, who: e.who, what: what, context: e.of.drawing(drawing{e.isThird(from), l.passOn != nil, l.asWide()})}
	said = e.of.rules.ask(&q)
	if said.allowed || l.passOn != nil || !e.isThird(from) {
		return said, ""
	}
	q.context = e.of.drawing(drawing{true, true, l.asWide()})
	if then := e.of.rules.ask(&q); !then.allowed && (then.broken != "" || len(then.by) >= len(said.by)) {
		return said, ""
	}
	hint = fmt.Sprintf("ask %s: tocsin permission ask %s --use pass_on --to %s --reason TEXT", from.Partner, what.UID.ID, e.to.Name)
	if l.not != "" {
		hint = "permission " + l.not + "; " + hint
	}
	return said, hint
}

// permits notes what a permission lets leave, with whom and until when; what goes
// along takes over the handling it was given with, and the conditions.
func (e *evaluation) permits(field string, from Provenance, l lift) {
	for _, p := range []*Permission{l.passOn, l.wider} {
		if p == nil {
			continue
		}
		text := fmt.Sprintf("%s permits it until %s (%s)", p.By, minute(p.Until), p.ID)
		if p.Conditions != "" {
			text += ", on these conditions: " + p.Conditions
		}
		if said := (Reason{Rule: RulePermission, Field: field, Effect: Allow, Text: text}); !slices.Contains(e.parts, said) {
			e.parts = append(e.parts, said) // once, of however many versions
		}
		permitted := warning.Permitted{ID: p.ID, From: p.By, Use: p.Use, Conditions: p.Conditions, Until: p.Until}
		if !slices.ContainsFunc(e.plan.Permissions, permitted.Equal) {
			e.plan.Permissions = append(e.plan.Permissions, permitted)
		}
	}
	if l.passOn != nil {
		e.plan.along = append(e.plan.along, from.Handling)
	}
}

// needed reports whether a thing would stay without the permission there is.
func (e *evaluation) needed(action Action, what *cedar.Entity, l lift) bool {
	if l.passOn == nil && l.wider == nil {
		return false
	}
	q := question{action: action, who: e.who, what: what, context: e.of.drawing(drawing{true, false, handling.Red.Rank()})}
	return !e.of.rules.ask(&q).allowed
}

// handed is the handling of what leaves with a permission: it takes over every code
// and caveat of what it was given with, but none that allows more, and says that
// it goes no further, until when, and on which conditions.
func (p *Plan) handed(h handling.Handling) handling.Handling {
	if len(p.along) == 0 {
		return h
	}
	h.Codes, h.Caveats = slices.Clone(h.Codes), slices.Clone(h.Caveats)
	for _, given := range p.along {
		for _, code := range given.Codes {
			if !slices.Contains(h.Codes, code) {
				h.Codes = append(h.Codes, code)
			}
		}
		for _, caveat := range given.Caveats {
			if caveat != handling.LifeSavingException && caveat != handling.Sanitised && !slices.Contains(h.Caveats, caveat) {
				h.Caveats = append(h.Caveats, caveat)
			}
		}
	}
	if !slices.Contains(h.Caveats, handling.OriginatorControl) {
		h.Caveats = append(h.Caveats, handling.OriginatorControl)
	}
	notes := []string{h.Note}
	for _, permitted := range p.Permissions {
		note := "passed on with the originator's permission, until " + minute(permitted.Until)
		if permitted.Conditions != "" {
			note += ": " + permitted.Conditions
		}
		if permitted.Use == warning.UsePassOn && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	h.Note = strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
	return h
}
