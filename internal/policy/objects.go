// SPDX-License-Identifier: Apache-2.0

package policy

// This file reads the markings of objects.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

// unmarked is what an object counts as that says nothing.
const unmarked = handling.AmberStrict

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
