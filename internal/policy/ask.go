// SPDX-License-Identifier: Apache-2.0

package policy

// This file asks a policy one question. Every way out asks it here.

import (
	"iter"

	"github.com/cedar-policy/cedar-go"
)

// Action is what is asked about: one way out, or a part of one.
type Action string

const (
	Send    Action = "send"    // a warning to a partner
	Draw    Action = "draw"    // a warning that rests on a report
	Attach  Action = "attach"  // an object with a warning
	Say     Action = "say"     // an answer in a case
	See     Action = "read"    // an object, shown to a tool
	Push    Action = "push"    // an object, by a schedule
	Publish Action = "publish" // a statement, to everybody
	Export  Action = "export"  // a case, in a file that a person writes
)

// actions are all there are.
var actions = []Action{Send, Draw, Attach, Say, See, Push, Publish, Export}

// between says of each action who would get what.
var between = map[Action]struct{ who, what cedar.EntityType }{
	Send: {"Partner", "Warning"}, Draw: {"Partner", "Report"}, Attach: {"Partner", "Object"}, Say: {"Partner", "Case"},
	See: {"Reader", "Kept"}, Push: {"Reader", "Kept"}, Publish: {"Public", "Statement"}, Export: {"Person", "Case"},
}

// uids are the actions as Cedar names them.
var uids = func() map[Action]cedar.EntityUID {
	all := make(map[Action]cedar.EntityUID)
	for _, action := range actions {
		all[action] = cedar.NewEntityUID("Action", cedar.String(action))
	}
	return all
}()

// answer is what a policy says to one question.
type answer struct {
	// by are the rules that decide: those that forbid, in their order; if none
	// does, those that permit.
	by      []*Clause
	allowed bool
	// broken says why the policy could not answer; then nothing is allowed.
	broken string
}

// question is who wants to do what with what.
type question struct {
	action  Action
	who     *cedar.Entity
	what    *cedar.Entity
	context cedar.Record
}

// Get is the entity that the question speaks of under an id.
func (q *question) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch uid {
	case q.who.UID:
		return *q.who, true
	case q.what.UID:
		return *q.what, true
	}
	return cedar.Entity{}, false
}

// All lets Cedar go over the rules in their order.
func (c asked) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, clause := range c {
			if !yield(cedar.PolicyID(clause.ID), clause.compiled) {
				return
			}
		}
	}
}

// ask puts a question to the policy. What no rule permits is not allowed, nor
// what a rule forbids, nor anything that a rule fails at.
func (r *Rules) ask(q *question) answer {
	if r == nil || r.broken != "" || len(r.all) == 0 {
		why := "there is no policy"
		if r != nil && r.broken != "" {
			why = "the policy cannot be read: " + r.broken
		}
		return answer{broken: why}
	}
	about := r.about[q.action]
	// The action is not asked any more: see Clause.on.
	decision, said := cedar.Authorize(about, q, cedar.Request{
		Principal: q.who.UID, Action: uids[q.action], Resource: q.what.UID, Context: q.context,
	})
	if len(said.Errors) > 0 {
		return answer{broken: "the rule " + string(said.Errors[0].PolicyID) + " fails: " + said.Errors[0].Message}
	}
	a := answer{allowed: decision == cedar.Allow}
	at := 0
	for _, reason := range said.Reasons {
		for ; at < len(about); at++ {
			if about[at].ID == Rule(reason.PolicyID) {
				a.by = append(a.by, about[at].Clause)
				break
			}
		}
	}
	return a
}

// refusals are the reasons of an answer that does not allow; none of one that does.
func (a answer) refusals(field string, effect Effect) []Reason {
	switch {
	case a.allowed:
		return nil
	case a.broken != "":
		return []Reason{{Rule: RuleNobody, Field: field, Effect: effect, Text: a.broken}}
	case len(a.by) == 0:
		return []Reason{{Rule: RuleNobody, Field: field, Effect: effect, Text: "no rule permits it"}}
	}
	all := make([]Reason, 0, len(a.by))
	for _, clause := range a.by {
		all = append(all, clause.reason(field, effect))
	}
	return all
}

// reason is what a rule says of a field; of its own, if it names one.
func (c *Clause) reason(field string, effect Effect) Reason {
	if c.Field != "" {
		field = c.Field
	}
	return Reason{Rule: c.ID, Field: field, Effect: effect, Text: c.Says, Source: c.Source}
}
