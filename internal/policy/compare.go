// SPDX-License-Identifier: Apache-2.0

package policy

// This file compares two policies over what a node holds: what would leave by one
// and not by the other.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Change is one way in which two policies differ over some things.
type Change struct {
	Action Action `json:"action"`
	What   string `json:"what"`   // draft, sent, object, statement or case
	To     string `json:"to"`     // a partner, a clearance, a role; everybody
	Leaves bool   `json:"leaves"` // it would leave by the new one, and not by the old; else the other way
	Rule   Rule   `json:"rule"`   // of the new policy if it keeps, or of the old if that kept
	Says   string `json:"says"`
	Count  int    `json:"count"`
	// Examples are some of the things, by their ids.
	Examples []string `json:"examples"`
}

// maxExamples is how many things a change names.
const maxExamples = 5

// maxFacts is how many different facts a comparison remembers the answers for.
const maxFacts = 100_000

// Comparison is a run of two policies over things. It is for one goroutine;
// several are put together with [Comparison.Join].
type Comparison struct {
	old, new *Rules
	partners []Partner
	changes  map[changeKey]*Change
	// known are the differences by the facts they follow from: most things are
	// like others, and are asked about once.
	known map[facts][]changeKey
	// Things counts what was looked at.
	Things int
}

type changeKey struct {
	action Action
	what   string
	to     string
	leaves bool
	rule   Rule
	says   string
}

// facts is everything a decision about an object depends on, beside who gets it.
type facts struct {
	kind                        string // its type
	person, definition, unknown bool
	marked                      handling.TLP
	audience                    handling.TLP
	from                        string // who gave it; empty if it is our own
	handling                    string
}

// Compare begins a comparison, for these partners. Each is judged as if its
// channel were active: what a state lets out is asked when something departs.
func Compare(old, new *Rules, partners []Partner) *Comparison {
	c := &Comparison{old: old, new: new, changes: make(map[changeKey]*Change), known: make(map[facts][]changeKey)}
	for _, p := range partners {
		p.State = partner.Active
		c.partners = append(c.partners, p)
	}
	return c
}

// Again is another comparison of the same policies, for another goroutine.
func (c *Comparison) Again() *Comparison { return Compare(c.old, c.new, c.partners) }

// Join adds what another comparison found.
func (c *Comparison) Join(other *Comparison) {
	c.Things += other.Things
	for key, found := range other.changes {
		change := c.change(key)
		change.Count += found.Count
		change.Examples = append(change.Examples, found.Examples...)
		slices.Sort(change.Examples)
		change.Examples = change.Examples[:min(len(change.Examples), maxExamples)]
	}
}

// Changes are the differences: what leaves first, the most things first.
func (c *Comparison) Changes() []Change {
	all := make([]Change, 0, len(c.changes))
	for _, change := range c.changes {
		all = append(all, *change)
	}
	slices.SortFunc(all, func(a, b Change) int {
		if a.Leaves != b.Leaves {
			if a.Leaves {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(string(a.Action), string(b.Action)), strings.Compare(a.What, b.What),
			strings.Compare(a.To, b.To), strings.Compare(string(a.Rule), string(b.Rule)), strings.Compare(a.Says, b.Says))
	})
	return all
}

func (c *Comparison) change(key changeKey) *Change {
	change := c.changes[key]
	if change == nil {
		change = &Change{Action: key.action, What: key.what, To: key.to, Leaves: key.leaves, Rule: key.rule, Says: key.says}
		c.changes[key] = change
	}
	return change
}

func (c *Comparison) add(key changeKey, example string) {
	change := c.change(key)
	change.Count++
	if len(change.Examples) < maxExamples {
		change.Examples = append(change.Examples, example)
	}
}

// differ is the key of a difference between two answers; ok is false if there is none.
func differ(action Action, what, to string, before, after bool, was, is Reason) (changeKey, bool) {
	if before == after {
		return changeKey{}, false
	}
	said := is
	if after {
		said = was
	}
	return changeKey{action, what, to, after, said.Rule, said.Text}, true
}

// Draft compares what becomes of a draft. One that has left already is judged as
// if it left now.
func (c *Comparison) Draft(draft *warning.Draft, facts Facts, now time.Time) {
	c.Things++
	what := "draft"
	if draft.Stage == warning.Released {
		what = "sent"
	}
	asked := *draft
	if asked.Stage != warning.Withdrawn {
		asked.Stage = warning.Approved
	}
	old, renewed := c.old.About(&asked, facts, now), c.new.About(&asked, facts, now)
	for _, to := range c.partners {
		if _, written := draft.Releases[to.Name]; !written {
			continue
		}
		was, is := old.Decide(to), renewed.Decide(to)
		if key, ok := differ(Send, what, to.Name, was.Allowed, is.Allowed, first(was.Blocked()), first(is.Blocked())); ok {
			c.add(key, draft.ID)
			continue
		}
		for _, object := range old.objects {
			before, after := leavesWith(was, object.id), leavesWith(is, object.id)
			if key, ok := differ(Attach, what, to.Name, before, after, reasonOf(was, object.id), reasonOf(is, object.id)); ok {
				c.add(key, draft.ID+" "+object.id)
			}
		}
	}
}

func first(reasons []Reason) Reason {
	if len(reasons) == 0 {
		return Reason{}
	}
	return reasons[0]
}

func leavesWith(plan Plan, id string) bool {
	return plan.Allowed && !slices.Contains(plan.Withhold, id)
}

func reasonOf(plan Plan, id string) Reason {
	for _, reason := range plan.Reasons {
		if reason.Field == id {
			return reason
		}
	}
	return Reason{}
}

// Object compares what becomes of an object that is kept here: for which
// clearance it is shown and pushed, and with which partners' warnings it could
// leave, if the warning is as narrow as the object. Audience is whom it is for;
// an object for nobody is shown to none. What cannot be read leaves by no policy.
func (c *Comparison) Object(raw []byte, audience handling.TLP, from Provenance) {
	c.Things++
	object, err := stix.Parse(raw)
	if err != nil {
		return
	}
	label, wrong := labelled(object, from.Handling)
	key := facts{
		kind: object.Type(), person: object.NamesPerson(), definition: object.Type() == "marking-definition", unknown: wrong,
		marked: label, audience: audience, from: from.Partner,
	}
	if from.Partner != "" || from.Handling.TLP != "" {
		key.handling = from.Handling.Line()
	}
	found, known := c.known[key]
	if !known {
		found = c.differences(object, audience, from)
		if len(c.known) < maxFacts {
			c.known[key] = found
		}
	}
	for _, change := range found {
		c.add(change, object.ID())
	}
}

// labelled is the narrowest label that an object says, and whether one of its
// markings is not known.
func labelled(object stix.Object, given handling.Handling) (handling.TLP, bool) {
	label, wrong := audience(markingsBut(object, given))
	return label, wrong != ""
}

func (c *Comparison) differences(object stix.Object, audience handling.TLP, from Provenance) (all []changeKey) {
	add := func(action Action, to string, was, is Verdict) {
		if key, ok := differ(action, "object", to, was.Allowed, is.Allowed, was.Reason, is.Reason); ok {
			all = append(all, key)
		}
	}
	for _, clearance := range handling.Audiences() {
		to := "cleared for " + string(clearance)
		add(See, to, c.old.MaySee(clearance, audience), c.new.MaySee(clearance, audience))
		add(Push, to, c.old.MayPush(clearance, audience, object), c.new.MayPush(clearance, audience, object))
	}
	known := Facts{NoteRead: true, Objects: map[string]Provenance{object.ID(): from}}
	a := look(object, known, &warning.Warning{Handling: handling.Handling{TLP: handling.Red}})
	for i := range c.partners {
		to := c.partners[i]
		add(Attach, to.Name, c.old.mayAttach(&a, to), c.new.mayAttach(&a, to))
	}
	return all
}

// mayAttach says whether an object could leave with a warning to a partner that
// is as narrow as the object.
func (r *Rules) mayAttach(a *attached, to Partner) Verdict {
	who := r.partner(to)
	third := a.from.Partner != "" && a.from.Partner != to.Name
	label := a.label
	if counts, ok := a.entity.Attributes.Get("label"); ok {
		if text, ok := counts.(cedar.String); ok {
			label = handling.TLP(text)
		}
	}
	v := r.verdict("object", &question{action: Attach, who: who, what: &a.entity, context: cedar.NewRecord(attributes{
		"third": cedar.Boolean(third), "permitted": cedar.Boolean(false), "wider_rank": cedar.Long(handling.Red.Rank()),
		"warning_label": cedar.String(label), "warning_rank": cedar.Long(label.Rank()),
	})})
	if text := a.never(third, a.from.Handling.PAP); text != "" { // the warning is as narrow as the object in this, too
		return v.held("object", text)
	}
	return v
}

// Statement compares whether a statement is public.
func (c *Comparison) Statement(s Public) {
	c.Things++
	was, is := c.old.MayPublish(s), c.new.MayPublish(s)
	if key, ok := differ(Publish, "statement", "everybody", was.Allowed, is.Allowed, was.Reason, is.Reason); ok {
		c.add(key, s.ID)
	}
}

// Case compares which role may take what of a case out of the house.
func (c *Comparison) Case(f File, roles []string) {
	c.Things++
	for _, kind := range []string{FileDossier, FileMessage} {
		for _, text := range []bool{false, true} {
			f.Kind, f.Text = kind, text
			c.file(f, f.Case, roles)
		}
	}
}

// Records compares which role may take a partner's reciprocity record out.
func (c *Comparison) Records(roles []string) {
	for _, to := range c.partners {
		c.file(File{Kind: FileRecord, Partner: to.Name, Label: RecordLabel, Text: true}, to.Name, roles)
	}
}

func (c *Comparison) file(f File, subject string, roles []string) {
	for _, role := range roles {
		was, is := c.old.MayExport(role, []string{role}, f), c.new.MayExport(role, []string{role}, f)
		to := fmt.Sprintf("%s, a %s without text", role, f.Kind)
		if f.Text {
			to = fmt.Sprintf("%s, a %s with text", role, f.Kind)
		}
		if key, ok := differ(Export, "case", to, was.Allowed, is.Allowed, was.Reason, is.Reason); ok {
			c.add(key, subject)
		}
	}
}
