// SPDX-License-Identifier: Apache-2.0

package policy

// This file decides what of a draft leaves for a partner.

import (
	"fmt"
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Matter is a draft that was looked at once, to be decided for many partners.
type Matter struct {
	rules   *Rules
	draft   *warning.Draft
	facts   Facts
	now     time.Time
	warning cedar.Entity
	drawn   map[drawing]cedar.Record // the contexts of draw and attach that are asked most
	reports []report
	objects []attached
	unread  []string // the places of objects that cannot be read
}

// report is something that the warning rests on.
type report struct {
	field   string
	version string // of a partner's warning: the message that says it
	from    Provenance
	erased  bool
	entity  cedar.Entity
}

// About looks at a draft: what is known of it, of what it rests on and of its
// objects is gathered once. The draft must not be changed while it is decided.
func (r *Rules) About(draft *warning.Draft, facts Facts, now time.Time) *Matter {
	m := &Matter{rules: r, draft: draft, facts: facts, now: now, warning: warningEntity(draft, facts, now)}
	m.drawn = make(map[drawing]cedar.Record)
	for _, third := range []bool{false, true} {
		asked := drawing{third: third, asWide: handling.Red.Rank()}
		m.drawn[asked] = m.drawing(asked)
	}
	add := func(field, id, version string, from Provenance, erased bool) {
		m.reports = append(m.reports, report{field, version, from, erased, entity("Report", id, from.given(facts))})
	}
	if draft.Source != "" {
		add("source", draft.Source, "", facts.Source, false)
	}
	for _, given := range facts.Given {
		add("duty", given.ID, given.Version, Provenance{Partner: given.Origin, Handling: given.Handling}, !given.Erased.IsZero())
	}
	for i, raw := range draft.Objects {
		object, err := stix.Parse(raw)
		if err != nil || object.ID() == "" {
			m.unread = append(m.unread, fmt.Sprintf("objects.%d", i))
			continue
		}
		m.objects = append(m.objects, look(object, facts, &draft.Warning))
	}
	return m
}

// Decide says what of the draft may leave for a partner, at a moment. It refuses
// nothing with an error: what it cannot judge stays, with its reason.
func (r *Rules) Decide(draft *warning.Draft, to Partner, facts Facts, now time.Time) Plan {
	return r.About(draft, facts, now).Decide(to)
}

// Decide says what may leave for one partner.
func (m *Matter) Decide(to Partner) Plan {
	e := &evaluation{of: m, to: to, who: m.rules.partner(to), plan: Plan{Partner: to.Name, Policy: m.rules.Hash()}}
	if len(m.objects) > 0 {
		e.plan.open, e.plan.markings, e.plan.given = make(map[string][]string), make(map[string]string), make(map[string]string)
	}
	e.parts = make([]Reason, 0, 26+len(m.objects))
	by := e.warning()
	e.rests()
	e.floor()
	e.persons()
	e.attach()
	e.fields(by)
	return e.done()
}

// evaluation is one run of Decide.
type evaluation struct {
	of     *Matter
	to     Partner
	who    *cedar.Entity
	blocks []Reason
	parts  []Reason
	plan   Plan
}

func (e *evaluation) block(rule Rule, field, text string) {
	e.blocks = append(e.blocks, Reason{Rule: rule, Field: field, Effect: Block, Text: text})
}

func (e *evaluation) withhold(rule Rule, field, text string) {
	e.parts = append(e.parts, Reason{Rule: rule, Field: field, Effect: Withhold, Text: text})
}

// done puts the reasons together. Where something blocks, every field that
// would have left stays by that rule.
func (e *evaluation) done() Plan {
	e.plan.Allowed = len(e.blocks) == 0
	if e.plan.Reasons = e.parts; !e.plan.Allowed {
		e.plan.Reasons = append(e.blocks, e.parts...)
		e.plan.stop(e.blocks[0].Rule)
	}
	return e.plan
}

// Refuse makes a plan one by which nothing leaves, for one more reason.
func (p *Plan) Refuse(rule Rule, field, text string) {
	blocked := len(p.Blocked())
	reasons := append([]Reason{}, p.Reasons[:blocked]...)
	reasons = append(reasons, Reason{Rule: rule, Field: field, Effect: Block, Text: text})
	p.Reasons = append(reasons, p.Reasons[blocked:]...)
	p.stop(rule)
}

// stop turns every field that would leave into one that stays by the rule.
func (p *Plan) stop(rule Rule) {
	p.Allowed = false
	for i := range p.Reasons {
		if p.Reasons[i].Effect == Allow {
			p.Reasons[i] = Reason{Rule: rule, Field: p.Reasons[i].Field, Effect: Withhold, Text: "nothing leaves: see the rule " + string(rule)}
		}
	}
}

// warning asks about the warning itself; by is the rule that permits it.
func (e *evaluation) warning() (by *Clause) {
	said := e.of.rules.ask(&question{action: Send, who: e.who, what: &e.of.warning, context: e.sendContext()})
	e.blocks = append(e.blocks, said.refusals("warning", Block)...)
	if !said.allowed {
		return &Clause{ID: RuleNobody}
	}
	return said.by[0]
}

// sendContext is what is asked about a warning beside itself and the partner.
type sendContext struct{ releasable, text bool }

var sendContexts = func() map[sendContext]cedar.Record {
	all := make(map[sendContext]cedar.Record)
	for _, c := range []sendContext{{false, false}, {false, true}, {true, false}, {true, true}} {
		all[c] = c.record(0, 0)
	}
	return all
}()

func (c sendContext) record(persons, month int) cedar.Record {
	return cedar.NewRecord(attributes{
		"releasable": cedar.Boolean(c.releasable), "text": cedar.Boolean(c.text), "persons": cedar.Long(persons), "persons_month": cedar.Long(month),
	})
}

// sendContext is that of this partner: most copies name nobody.
func (e *evaluation) sendContext() cedar.Record {
	c := sendContext{e.releasable(), e.written()}
	if e.namesPersons() {
		return c.record(e.of.persons(), e.of.facts.Naming[e.to.Name].Sent)
	}
	return sendContexts[c]
}

// isThird reports whether a thing came from a partner other than the one it
// would go to. To whoever gave it to us it may go back.
func (e *evaluation) isThird(from Provenance) bool {
	return from.Partner != "" && from.Partner != e.to.Name
}

// rests asks about what the warning rests on. The report itself never leaves.
func (e *evaluation) rests() {
	if e.of.draft.Source != "" {
		e.withhold(RuleHome, "source", "there is a source report; it never leaves")
	}
	for i := range e.of.reports {
		r := &e.of.reports[i]
		l := e.lifts(r.from, func(p *Permission) bool { return r.version != "" && slices.Contains(p.Versions, r.version) })
		said, hint := e.askDraw(Draw, &r.entity, r.from, l)
		if said.allowed && e.needed(Draw, &r.entity, l) {
			e.permits(r.field, r.from, l)
		}
		for _, reason := range said.refusals(r.field, Block) {
			reason.Hint = hint
			if !slices.Contains(e.blocks, reason) {
				e.blocks = append(e.blocks, reason)
			}
		}
		if e.isThird(r.from) && !r.from.givenKnown() {
			e.held(r.field, "another partner gave it to us with a handling that is empty or unknown")
		}
		if r.erased {
			e.block(RuleLeak, r.field, "what it rests on was erased, so the release cannot be checked against it")
		}
		if text := r.from.allowsMore(e.isThird(r.from), e.of.draft.Warning.Handling.PAP); text != "" {
			e.held("handling.pap", text)
		}
	}
}

// attach asks about each attached object.
func (e *evaluation) attach() {
	for _, place := range e.of.unread {
		e.block(RuleObject, place, "the object cannot be read")
	}
	for i := range e.of.objects {
		a := &e.of.objects[i]
		l := e.lifts(a.from, func(p *Permission) bool { return slices.Contains(p.Objects[a.id], a.version) })
		kept := a.entity
		a = a.widened(l)
		said, hint := e.askDraw(Attach, &a.entity, a.from, l)
		stays := said.refusals(a.id, Withhold)
		text := a.never(e.isThird(a.from), e.of.draft.Warning.Handling.PAP)
		if len(stays) == 0 && text != "" {
			stays = []Reason{{Rule: RuleFloor, Effect: Withhold, Text: text}}
		}
		if len(stays) == 0 && len(a.names) > 0 {
			if reason := e.unnamed(a); reason.Text != "" {
				stays, hint = []Reason{reason}, reason.Hint
			}
		}
		if len(stays) > 0 {
			first := stays[0] // of an object, the first rule that keeps it says enough
			first.Field, first.Hint = a.id, hint
			e.parts = append(e.parts, first)
			e.plan.Withhold = append(e.plan.Withhold, a.id)
			continue
		}
		if e.needed(Attach, &kept, l) {
			e.permits(a.id, a.from, l)
		}
		leaves := said.by[0].reason(a.id, Allow)
		leaves.Field, leaves.Text = a.id, "leaves as "+string(a.label)
		e.parts = append(e.parts, leaves)
		e.plan.markings[a.id], e.plan.given[a.id] = a.marking, a.given
		if len(a.open) > 0 {
			e.plan.open[a.id] = a.open
		}
	}
}

// fields names every field that leaves, by the rule that permits it, and every
// one that stays home.
func (e *evaluation) fields(by *Clause) {
	w := &e.of.draft.Warning
	for _, field := range []struct {
		name  string
		there bool
	}{
		{"text", e.of.draft.Releases[e.to.Name] != ""},
		{"target.kind", w.Target.Kind != ""},
		{"target.name", w.Target.Name != ""},
		{"target.place", w.Target.Place != (warning.Place{})},
		{"target.nationalities", len(w.Target.Nationalities) > 0},
		{"threat_type", w.ThreatType != ""},
		{"window", w.Window != (warning.Window{})},
		{"method", w.Method != ""},
		{"threat_actor", w.Actor != ""},
		{"recommended_action", w.Action != ""},
		{"precedence", w.Precedence != ""},
		{"answer_by", !w.AnswerBy.IsZero()},
		{"probability", w.Probability != ""},
		{"confidence", w.Confidence != ""},
		{"grade", w.Grade != ""},
		{"handling", true},
		{"recipients", len(w.Recipients) > 0},
		{"purpose", w.Purpose != ""},
		{"review", w.Review != ""},
	} {
		if field.there {
			e.parts = append(e.parts, by.reason(field.name, Allow))
		}
	}
	for _, field := range []struct {
		name, why string
		there     bool
	}{
		{"id", "the draft's own id; the partner gets a new one", e.of.draft.ID != ""},
		{"duty", "which duty it answers is ours to know", e.of.draft.Duty != ""},
		{"releasable_to", "who else may have it is ours to know", len(e.of.draft.ReleasableTo) > 0},
		{"releases", "the texts for other partners are for them", others(e.of.draft.Releases, e.to.Name)},
		{"composed_by", "who wrote it is ours to know", e.of.draft.ComposedBy != "" || !e.of.draft.ComposedAt.IsZero()},
		{"approvals", "who released it is ours to know", len(e.of.draft.Approvals) > 0 || e.of.draft.Exigent != nil},
		{"persons_to", "to whom persons are named is ours to know", len(e.of.draft.PersonsTo) > 0},
		{"sent", "which ids it has elsewhere is ours to know", len(e.of.draft.Sent) > 0},
	} {
		if field.there {
			e.withhold(RuleHome, field.name, field.why)
		}
	}
}

func others(releases map[string]string, name string) bool {
	for partner := range releases {
		if partner != name {
			return true
		}
	}
	return false
}
