// SPDX-License-Identifier: Apache-2.0

// Package policy decides who may see what, and says why.
//
// There is one evaluation for every way out, and its rules are a text that people
// read and sign: [Rules], in Cedar. [Rules.Decide] looks at a draft, at one
// partner, and at where everything came from, and answers with a [Plan] that
// has a reason for every field and object. [Rules.Cut] carries the plan out: what
// it returns is exactly what would leave, or nothing. [Rules.Cleared] answers for
// a reader of objects, [Rules.MayPush] for a schedule, [Rules.MayPublish] for the
// public, and [Rules.MayExport] for a file that a person writes.
//
// What is empty, unknown or cannot be read is for nobody, whatever a policy says.
package policy

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Partner is for whom it is decided, with the state its channel has now.
type Partner struct {
	Name    string
	Country string // ISO 3166-1 alpha-2
	State   partner.State
}

// Facts are what the draft does not say of itself.
type Facts struct {
	// NoteRead says that a person has read the handling note that H3 demands.
	// The people who release have seen it in the preview; a machine never has.
	NoteRead bool
	// Read are the notes of partners that a person here has read, by [ReadKey].
	Read map[string]bool
	// Source is where the source report came from. [Cut] takes it from the
	// report itself.
	Source Provenance
	// Given are further reports the draft is about, beside its source: above all
	// what another partner warned us of, see [warning.FromPartner]. They are judged
	// and guarded like the source. One that was erased cannot be guarded any more.
	Given []warning.Source
	// Beside is what partners said in the cases that the draft is about, beside
	// their warnings. It is not judged, and guarded for all but who said it.
	Beside []warning.Source
	// Objects says where each attached object came from, by its id. An object
	// that is not in it came from nobody knows where, and stays.
	Objects map[string]Provenance
	// Naming is what is known of naming persons to each partner.
	Naming map[string]Naming
	// Permissions are what the partners permit of what they gave us.
	Permissions []Permission
}

// ReadKey names a partner's note in [Facts].
func ReadKey(partner, note string) string { return partner + "/" + note }

// Provenance is where a thing came from and how it must be handled.
type Provenance struct {
	// Partner is who gave it to us, empty if it is our own.
	Partner string
	// Handling is what it was given with. For our own it may be zero.
	Handling handling.Handling
	// Recalled says who recalled it, if it is a copy of what was recalled: it stays.
	Recalled string
}

// Own are the facts about a draft whose source and objects are all our own.
func Own(draft *warning.Draft) Facts {
	facts := Facts{Objects: make(map[string]Provenance)}
	for _, raw := range draft.Objects {
		if object, err := stix.Parse(raw); err == nil {
			facts.Objects[object.ID()] = Provenance{}
		}
	}
	return facts
}

// given are the reports in Given, for the leak check.
func (f Facts) given() []*warning.Source {
	var all []*warning.Source
	for i := range f.Given {
		all = append(all, &f.Given[i])
	}
	return all
}

// Rule names the rule by which something leaves or stays: the @id of a rule in
// the policy, or one of those that no policy changes.
type Rule string

const (
	RuleFloor   Rule = "floor"   // what no policy may let out
	RuleNobody  Rule = "nobody"  // no rule permits it, or the policy cannot be read
	RulePolicy  Rule = "policy"  // it was cut under another policy
	RuleHome    Rule = "home"    // never leaves the node
	RuleObject  Rule = "object"  // an object that cannot be read or cut
	RuleMinimum Rule = "minimum" // what a warning must say
	RuleLeak    Rule = "leak"    // repeats what must stay home
	RuleLimit   Rule = "limit"   // how exactly the partner may be told
	RuleSize    Rule = "size"    // larger than a message
)

// Effect is what a rule does to a field.
type Effect string

const (
	Allow    Effect = "allow"    // the field leaves
	Withhold Effect = "withhold" // the field stays, the rest may leave
	Block    Effect = "block"    // nothing leaves
)

// A Reason says of one field or object by which rule it leaves or stays. It is
// for the people of this node: never for the partner.
type Reason struct {
	Rule   Rule   `json:"rule"`
	Field  string `json:"field"` // a field's name, or an object's id
	Effect Effect `json:"effect"`
	Text   string `json:"text"`
	// Source is what the rule follows, such as TLP 2.0; empty if it names nothing.
	Source string `json:"source,omitempty"`
	// Hint says what people can do, where somebody else's word would let it leave.
	Hint string `json:"hint,omitempty"`
}

// Plan is what is decided for one partner.
type Plan struct {
	Partner string `json:"partner"`
	// Policy is the hash of the policy by whose text it was decided.
	Policy string `json:"policy,omitempty"`
	// Allowed says whether anything leaves at all.
	Allowed bool `json:"allowed"`
	// Further says why one more person must approve what leaves.
	Further []string `json:"further,omitempty"`
	// Permissions are those of other partners without which it would stay.
	Permissions []warning.Permitted `json:"permissions,omitempty"`
	// Reasons speak of every field and object, the ones that block first.
	Reasons []Reason `json:"reasons"`
	// Withhold lists the ids of the objects that stay, if anything leaves.
	Withhold []string `json:"withhold,omitempty"`

	open     map[string][]string
	markings map[string]string
	given    map[string]string
	along    []handling.Handling // of what leaves with a permission
}

// Redaction is the plan as redact.Apply carries it out.
func (p Plan) Redaction() redact.Plan {
	return redact.Plan{Withhold: p.Withhold, Open: p.open, Markings: p.markings, Given: p.given}
}

// Blocked are the reasons for which nothing leaves; none if the plan allows.
func (p Plan) Blocked() []Reason {
	var all []Reason
	for _, reason := range p.Reasons {
		if reason.Effect == Block {
			all = append(all, reason)
		}
	}
	return all
}
