// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds the rules about attached objects.

import (
	"fmt"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

// unmarked is what an object counts as that says nothing.
const unmarked = handling.AmberStrict

// objects judges each attached object on its own.
func (e *evaluation) objects() {
	for i, raw := range e.draft.Objects {
		object, err := stix.Parse(raw)
		if err != nil || object.ID() == "" {
			e.block(RuleObject, fmt.Sprintf("objects.%d", i), "the object cannot be read")
			continue
		}
		rule, text := e.object(object)
		if text != "" {
			e.plan.Withhold = append(e.plan.Withhold, object.ID())
			e.withhold(rule, object.ID(), text)
			continue
		}
		e.allow(RuleMarking, object.ID(), "leaves as "+e.label(object.ID()))
	}
}

func (e *evaluation) label(id string) string {
	label, _ := stix.MarkingTLP(e.plan.markings[id])
	return label
}

// object says by which rule and why an object stays; no text if it leaves, and
// then the plan says how it is marked.
func (e *evaluation) object(object stix.Object) (Rule, string) {
	if object.Type() == "marking-definition" {
		return RuleMarking, "definitions of markings do not leave: those of TLP everybody has"
	}
	from, known := e.facts.Objects[object.ID()]
	if !known {
		return RuleProvenance, "it is not known where the object came from"
	}
	if text := e.thirdParty(from); text != "" {
		return RuleThirdParty, text
	}
	label, text := audience(object.Markings())
	if text != "" {
		return RuleMarking, text
	}
	if from.Handling.TLP != "" || from.Partner != "" {
		given := from.Handling.TLP
		if given.Rank() < 0 {
			return RuleProvenance, "it came with a handling that is empty or unknown"
		}
		if label == "" || given.Rank() > label.Rank() {
			label = given
		}
	}
	limit := e.draft.Warning.Handling.TLP
	if label == "" {
		if unmarked.Rank() > limit.Rank() {
			return RuleMarking, "the object has no TLP marking and counts as " + string(unmarked) + ", narrower than the warning"
		}
		label = limit
	}
	if label.Rank() > limit.Rank() {
		return RuleMarking, "the object is " + string(label) + ", narrower than the warning"
	}
	e.carry(object, label)
	return "", ""
}

// carry plans the object's marking, and opens the parts of it that are marked
// no narrower than the whole.
func (e *evaluation) carry(object stix.Object, label handling.TLP) {
	id := object.ID()
	e.plan.markings[id], _ = stix.TLPMarking(string(label))
	for _, marking := range granular(object) {
		if part, text := audience([]string{marking}); text == "" && part.Rank() <= label.Rank() {
			e.plan.open[id] = append(e.plan.open[id], marking)
		}
	}
}

// audience is the narrowest TLP label among marking definitions, empty if there
// are none; the text says what is wrong with them.
func audience(markings []string) (handling.TLP, string) {
	var narrowest handling.TLP
	for _, id := range markings {
		label, text := labelOf(id)
		if text != "" {
			return "", text
		}
		if label.Rank() > narrowest.Rank() {
			narrowest = label
		}
	}
	return narrowest, ""
}

// labelOf is the TLP label that a marking definition stands for; the text says
// that it is none.
func labelOf(id string) (handling.TLP, string) {
	text, known := stix.MarkingTLP(id)
	label, err := handling.ParseTLP(text)
	if !known || err != nil {
		return "", "the object has a marking that this node does not know"
	}
	return label, ""
}

// granular are the marking definitions of parts of an object. STIX 2.1 §7.2.3
func granular(object stix.Object) []string {
	list, _ := object.Get("granular_markings")
	items, _ := list.([]any)
	var ids []string
	for _, item := range items {
		marking, _ := item.(map[string]any)
		if id, ok := marking["marking_ref"].(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
