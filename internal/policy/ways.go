// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds the questions of the ways out that are no message: tools that
// read, schedules that push, what is public, and files that people write.

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/stix"
)

func reader(clearance handling.TLP) cedar.Entity { return cleared("Reader", clearance) }

func kept(audience handling.TLP) cedar.Entity { return cleared("Kept", audience) }

// cleared is whoever is cleared for an audience, or what is for one.
func cleared(kind cedar.EntityType, audience handling.TLP) cedar.Entity {
	label, passive := handling.Label(audience)
	return entity(kind, string(audience), attributes{
		"label": cedar.String(label), "rank": cedar.Long(label.Rank()), "passive": cedar.Boolean(passive),
	})
}

// Verdict is the answer for a way out that takes the whole or nothing.
type Verdict struct {
	Allowed bool   `json:"allowed"`
	Policy  string `json:"policy,omitempty"` // hash of the text by which it was decided
	Reason  Reason `json:"reason"`           // of the first rule that decides
}

func (r *Rules) verdict(field string, q *question) Verdict {
	said := r.ask(q)
	v := Verdict{Allowed: said.allowed, Policy: r.Hash()}
	if refusals := said.refusals(field, Block); len(refusals) > 0 {
		v.Reason = refusals[0]
	} else {
		v.Reason = said.by[0].reason(field, Allow)
	}
	return v
}

// held makes a verdict one that the floor refuses, unless the policy does.
func (v Verdict) held(field, text string) Verdict {
	if v.Allowed {
		v.Allowed, v.Reason = false, Reason{Rule: RuleFloor, Field: field, Effect: Block, Text: text}
	}
	return v
}

// MaySee says whether a reader with a clearance is shown what is for an audience,
// see [Audience].
func (r *Rules) MaySee(clearance, audience handling.TLP) Verdict {
	who, what := reader(clearance), kept(audience)
	return r.verdict("label", &question{action: See, who: &who, what: &what}).cleared(clearance, audience)
}

// cleared holds a verdict to what no policy changes about readers.
func (v Verdict) cleared(clearance, audience handling.TLP) Verdict {
	if handling.Sees(clearance, audience) {
		return v
	}
	if label, _ := handling.Label(audience); handling.Sees(clearance, label) {
		return v.held("label", "it came under PAP:AMBER, and the reader does more than check passively")
	}
	return v.held("label", "the reader is not cleared for the label")
}

// Cleared are the audiences whose objects a reader cleared up to a TLP label may
// see; none, if the clearance is empty or unknown.
func (r *Rules) Cleared(clearance handling.TLP) []handling.TLP {
	return slices.DeleteFunc(handling.Audiences(), func(audience handling.TLP) bool { return !r.MaySee(clearance, audience).Allowed })
}

// MayPush says whether an object that is for an audience may leave by a schedule
// for a reader, without a person who looks at it.
func (r *Rules) MayPush(clearance, audience handling.TLP, object stix.Object) Verdict {
	who, what := reader(clearance), kept(audience)
	return r.verdict("label", &question{action: Push, who: &who, what: &what, context: cedar.NewRecord(attributes{
		"type": cedar.String(object.Type()), "person": cedar.Boolean(object.NamesPerson()),
	})}).cleared(clearance, audience)
}

// Public is a statement, as the policy sees it.
type Public struct {
	ID      string
	Label   handling.TLP
	Cleared bool // by another person than its author
	Theirs  bool // a partner's account
}

// MayPublish says whether a statement may be read by everybody.
func (r *Rules) MayPublish(s Public) Verdict {
	who := entity("Public", "", nil)
	what := entity("Statement", s.ID, attributes{
		"cleared": cedar.Boolean(s.Cleared), "theirs": cedar.Boolean(s.Theirs), "label": cedar.String(s.Label), "rank": cedar.Long(s.Label.Rank()),
	})
	v := r.verdict("statement", &question{action: Publish, who: &who, what: &what})
	if !s.Cleared || s.Theirs || s.Label != handling.Clear {
		return v.held("statement", "only what another person cleared is public")
	}
	return v
}

// File is what a person takes out of the house of a case.
type File struct {
	Case    string
	Kind    string // FileDossier, FileMessage or FileRecord
	Partner string
	Label   handling.TLP // of the warning
	Ours    bool         // we warned
	ToLife  bool
	Text    bool // it holds what was said
	Purpose handling.FilePurpose
	// NoCourt says that it holds what a partner gave that is not to be used in court,
	// and that the partner has not permitted it.
	NoCourt bool
}

// What files there are.
const (
	FileDossier = "dossier"
	FileMessage = "message"
	FileRecord  = "record" // of reciprocity: of no one case
)

// RecordLabel is how a reciprocity record is handled that leaves the house.
const RecordLabel = handling.AmberStrict

// MayExport says whether a person with these roles may take a file out.
func (r *Rules) MayExport(name string, roles []string, f File) Verdict {
	who := entity("Person", name, attributes{"roles": setOf(roles)})
	what := f.entity()
	v := r.verdict("case", &question{action: Export, who: &who, what: &what, context: cedar.NewRecord(attributes{
		"file": cedar.String(f.Kind), "text": cedar.Boolean(f.Text), "purpose": cedar.String(f.Purpose), "no_court": cedar.Boolean(f.NoCourt),
	})})
	if f.Text && f.Case != "" && f.Label.Rank() < 0 {
		return v.held("case", "the label is empty or unknown")
	}
	if !v.Allowed || !f.Text || !f.NoCourt || slices.Contains(roles, "overseer") {
		return v
	}
	switch {
	case f.Purpose == "" && f.Kind == FileDossier:
		v = v.held("case", f.Partner+" gave it not to be used in court, and it is not said what the file is for")
		v.Reason.Hint = "say what it is for: one of " + strings.Join(handling.FilePurposes(), ", ")
	case f.Purpose == handling.ForCourt:
		v = v.held("case", f.Partner+" gave it not to be used in court")
		v.Reason.Hint = "ask " + f.Partner + ": tocsin permission ask " + f.Case + " --use court --reason TEXT; or write it without the text"
	}
	return v
}

// MaySay says whether something may be said to a partner in a case: kind is that
// of the message, and label what it is said with. The state of the channel is
// asked when it departs.
func (r *Rules) MaySay(to Partner, kind string, label handling.TLP, about File) Verdict {
	to.State = partner.Active
	what := about.entity()
	v := r.verdict("case", &question{action: Say, who: r.partner(to), what: &what, context: cedar.NewRecord(attributes{
		"kind": cedar.String(kind), "label": cedar.String(label), "rank": cedar.Long(label.Rank()),
	})})
	switch {
	case label.Rank() < 0:
		return v.held("case", "the label is empty or unknown")
	case to.Name == "" || to.Name != about.Partner:
		return v.held("case", "it is another partner's case")
	}
	return v
}

func (f File) entity() cedar.Entity {
	return entity("Case", f.Case, attributes{
		"label": cedar.String(f.Label), "rank": cedar.Long(f.Label.Rank()), "ours": cedar.Boolean(f.Ours),
		"to_life": cedar.Boolean(f.ToLife), "partner": cedar.String(f.Partner),
	})
}

// fieldNames are the parts of a warning that a rule may speak of in @field.
func fieldNames() []string {
	return strings.Fields(`channel stage releasable_to text target.kind target.name target.place target.nationalities
		threat_type window method threat_actor persons precedence answer_by probability confidence grade handling handling.tlp
		handling.codes handling.caveats handling.note recipients purpose review source duty objects warning statement case label`)
}
