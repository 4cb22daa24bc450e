// SPDX-License-Identifier: Apache-2.0

package policy

// This file gathers what one partner's copy leaves out of its draft, so that its
// texts do not say it.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// withheldHere ends the name of what is withheld from this partner.
const withheldHere = " that this partner does not get"

// left is what a copy leaves out, and what it says openly.
type left struct {
	redact.Left
	taken []redact.NamedText // by the partner's limits
	// open are the texts in which a copy may say something openly: not its prose.
	// Accounts and names of persons among its objects are in openPersons alone.
	open, openPersons []string
}

// leftOut compares a copy with everything its draft has, and with the objects that
// partners gave us with what it rests on.
func (c *Cutter) leftOut(to Partner, w *warning.Warning, taken []redact.NamedText) *left {
	l := &left{taken: taken}
	place := w.Target.Place
	l.open = append(l.open, w.Target.Name, place.Detail, place.City, place.Region, place.Country, w.Actor)
	l.open = append(append(l.open, w.Target.Nationalities...), w.Recipients...)
	for _, text := range append(append(moment("", w.AnswerBy), moment("", w.Window.Start)...), moment("", w.Window.End)...) {
		l.open = append(l.open, text.Text)
	}
	if place.Latitude != nil && place.Longitude != nil {
		l.open = append(l.open, redact.Point(*place.Latitude, *place.Longitude))
	}
	for _, p := range w.Persons {
		l.openPersons = append(l.openPersons, p.Name, p.Text, p.Reason)
	}
	if len(w.Persons) == 0 {
		for _, p := range c.draft.Warning.Persons {
			l.Names = append(l.Names, redact.NamedText{Name: "persons" + withheldHere, Text: p.Name})
			for _, text := range []string{p.Text, p.Reason} {
				l.Prose = append(l.Prose, redact.NamedText{Name: "persons" + withheldHere, Text: text})
			}
		}
	}
	leaves := make(map[string]bool)
	for _, raw := range w.Objects {
		for _, said := range c.saidBy(raw) {
			leaves[said.text] = true
			switch {
			case said.sort == sortProse:
			case said.sort == sortName:
				l.openPersons = append(l.openPersons, said.text)
			default:
				l.open = append(l.open, said.text)
			}
		}
	}
	stays := func(raw jsontext.Value) {
		for _, said := range c.saidBy(raw) {
			if leaves[said.text] || slices.ContainsFunc(taken, func(t redact.NamedText) bool { return t.Text == said.text }) {
				continue
			}
			text := redact.NamedText{Name: said.path + withheldHere, Text: said.text}
			switch said.sort {
			case sortName:
				l.Names = append(l.Names, text)
			case sortValue:
				l.Values = append(l.Values, text)
			default:
				l.Prose = append(l.Prose, text)
			}
		}
	}
	for _, raw := range c.draft.Objects {
		stays(raw)
	}
	for i := range c.matter.facts.Given {
		if given := &c.matter.facts.Given[i]; given.Origin != "" && given.Origin != to.Name {
			for _, raw := range given.Objects {
				stays(raw)
			}
		}
	}
	return l
}

// repeats finds what texts repeat of what is left out, unless the copy says it
// openly, too.
func (c *Cutter) repeats(l *left, texts []redact.NamedText) []redact.Leak {
	var all []redact.Leak
	if len(l.Names) > 0 {
		found := c.guardOf(redact.Left{Names: l.Names}, l.open).Leaks(texts)
		all = append(all, redact.Unsaid(found, l.open)...)
	}
	if len(l.Values)+len(l.Prose) > 0 {
		open := append(slices.Clone(l.open), l.openPersons...)
		found := c.guardOf(redact.Left{Values: l.Values, Prose: l.Prose}, open).Leaks(texts)
		all = append(all, redact.Unsaid(found, open)...)
	}
	// Characters that nobody sees are found by the guard of the sources.
	all = slices.DeleteFunc(all, func(leak redact.Leak) bool { return leak.Rule == redact.LeakHidden })
	return append(all, repeated(texts, l.taken)...)
}

// guardOf guards what is left out. Most partners' copies leave out the same.
func (c *Cutter) guardOf(out redact.Left, open []string) *redact.Guard {
	var key strings.Builder
	for i, list := range [][]redact.NamedText{out.Names, out.Values, out.Prose} {
		for _, text := range list {
			fmt.Fprintf(&key, "%d\x00%s\x00%s\x00", i, text.Name, text.Text)
		}
	}
	for _, text := range open {
		key.WriteString(text + "\x00")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	guard := c.left[key.String()]
	if guard == nil {
		if guard = redact.NewLeft(out, open...); len(c.left) < maxGuards {
			if c.left == nil {
				c.left = make(map[string]*redact.Guard)
			}
			c.left[key.String()] = guard
		}
	}
	return guard
}

// maxGuards is how many different ones a cutter remembers.
const maxGuards = 8

// The sorts of text in an object.
const (
	sortValue = iota // a name, an address, a pattern: whole, it is told from others
	sortProse        // what somebody wrote about it
	sortName         // of a person
)

type objectText struct {
	path, text string
	sort       int
}

// saidBy are the texts of an object that say something of their own; read once for
// all copies.
func (c *Cutter) saidBy(raw jsontext.Value) []objectText {
	c.mu.Lock()
	defer c.mu.Unlock()
	if said, known := c.said[string(raw)]; known {
		return said
	}
	var all []objectText
	object, err := stix.Parse(raw)
	if err == nil && object.Type() != "marking-definition" && object.Type() != "extension-definition" {
		tree := object.Map()
		named := make(map[string]bool)
		for _, name := range object.PersonNames() {
			switch name.Property {
			case "pattern", "subject", "additional_header_fields": // the name is in it, and not all of it
				all = append(all, objectText{object.Type() + "." + name.Property, name.Text, sortName})
			default:
				named[name.Property] = true
			}
		}
		for key, member := range tree {
			if !ours[key] {
				all = objectTexts(all, object.Type()+"."+key, key, member, named[key])
			}
		}
		all = referenceTexts(all, object)
		latitude, north := tree["latitude"].(float64)
		longitude, east := tree["longitude"].(float64)
		if north && east {
			all = append(all, objectText{object.Type() + ".latitude", redact.Point(latitude, longitude), sortProse})
		}
		slices.SortFunc(all, func(a, b objectText) int { return strings.Compare(a.path+a.text, b.path+b.text) })
	}
	if c.said == nil {
		c.said = make(map[string][]objectText)
	}
	if len(c.said) < maxSaid {
		c.said[string(raw)] = all
	}
	return all
}

// maxSaid is how many objects a cutter remembers the texts of.
const maxSaid = 10_000

// ours are properties that say nothing of the object's own: they are made anew for
// each partner, or hold a word of the standard; external references are told apart.
var ours = setOfNames(`id type spec_version created modified published created_by_ref revoked external_references granular_markings
	object_marking_refs extensions lang payload_bin confidence pattern_type pattern_version identity_class sectors roles labels relationship_type
	resource_level primary_motivation secondary_motivations personal_motivations sophistication kill_chain_phases region country opinion context
	mime_type account_type protocols encryption_algorithm result content_type architecture_execution_envs implementation_languages capabilities`)

// inProse are the properties in which somebody writes about the object.
var inProse = setOfNames(`description abstract content explanation objective goals body subject summary contact_information`)

func setOfNames(names string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}

// maxObjectText is how long a text of an object is looked at: what is longer is a
// file.
const maxObjectText = 64 << 10

func objectTexts(all []objectText, path, key string, member any, person bool) []objectText {
	if strings.HasSuffix(key, "_ref") || strings.HasSuffix(key, "_refs") || strings.HasSuffix(key, "_types") {
		return all
	}
	switch member := member.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339Nano, member); err == nil || len(member) > maxObjectText {
			return all // a time: what limits take of those is told apart
		}
		said := objectText{path, member, sortValue}
		switch {
		case inProse[key]:
			said.sort = sortProse
		case person:
			said.sort = sortName
		}
		return append(all, said)
	case []any:
		for i, item := range member {
			all = objectTexts(all, path+"."+strconv.Itoa(i), key, item, person)
		}
	case map[string]any:
		for inner, item := range member {
			all = objectTexts(all, path+"."+inner, inner, item, person)
		}
	}
	return all
}

// made is a copy that was cut, and what it leaves out.
type made struct {
	warning warning.Warning
	ids     map[string]string
	cuts    []redact.Cut // of objects
	blurred []redact.Cut // of fields
	left    *left
}

// cutFor cuts the draft for one partner, without asking whether it may leave.
func (c *Cutter) cutFor(plan Plan, to Partner, limits partner.Limits, id string) (m made, err error) {
	strict := c.draft.Warning.Handling.HasCaveat(handling.Sanitised)
	if strict {
		limits = withinSanitised(limits)
	}
	cutting := plan.Redaction()
	cutting.Metres, cutting.Country, cutting.Time = limits.Metres(), limits.Within("country"), limits.Time
	cutting.Restriction = RestrictionID(plan.handed(c.draft.Warning.Handling))
	at := c.now
	if c.Spread != nil {
		at = at.Add(-c.Spread())
	}
	objects, ids, cuts, err := redact.Apply(cutting, c.draft.Objects, at)
	if err != nil {
		return m, err
	}
	m = made{warning: c.draft.Copy(to.Name, id), ids: ids, cuts: cuts}
	m.warning.Handling = plan.handed(m.warning.Handling)
	if definition, needed := Restriction(m.warning.Handling); needed && len(objects) > 0 {
		objects = append([]jsontext.Value{definition.Raw()}, objects...)
	}
	m.warning.Objects = objects
	narrowed, taken := narrow(&m.warning, limits)
	if strict {
		more, names := sanitise(&m.warning)
		narrowed, taken = append(narrowed, more...), append(taken, names...)
	}
	m.blurred = append(narrowed, blur(&m.warning)...)
	m.left = c.leftOut(to, &m.warning, append(taken, redact.Taken(cutting, c.draft.Objects)...))
	return m, nil
}

// leaks finds what texts for a partner repeat of what must stay home, and of what
// its copy leaves out.
func (c *Cutter) leaks(to Partner, out *left, texts []redact.NamedText) []redact.Leak {
	all := c.guard.Leaks(texts)
	if beside := c.besides(to.Name); beside != nil {
		all = append(all, beside.Leaks(texts)...)
	}
	return append(all, c.repeats(out, texts)...)
}

// besides guards what partners said in the cases the draft is about, but for what
// this partner said itself; nil if there is nothing.
func (c *Cutter) besides(to string) *redact.Guard {
	var others []*warning.Source
	own := ""
	for i := range c.matter.facts.Beside {
		if said := &c.matter.facts.Beside[i]; said.Origin == to {
			own = to
		} else {
			others = append(others, said)
		}
	}
	if len(others) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.beside[own] == nil {
		if c.beside == nil {
			c.beside = make(map[string]*redact.Guard)
		}
		sensitive, open := guarded([]*warning.Draft{c.draft}, others)
		c.beside[own] = redact.NewGuard(sensitive, nil, open...)
	}
	return c.beside[own]
}

// Repeats finds what texts that go to a partner beside the draft's copy repeat of
// what must stay home, and of what that copy leaves out.
func (c *Cutter) Repeats(to Partner, limits partner.Limits, texts []redact.NamedText) []redact.Leak {
	m, err := c.cutFor(c.matter.Decide(to), to, limits, "")
	if err != nil {
		m.left = &left{} // objects that cannot be read never left
	}
	return c.leaks(to, m.left, texts)
}
