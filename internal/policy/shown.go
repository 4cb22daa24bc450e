// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds the rules about who may read objects at the STIX door.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

// Audience says who may see an object whole: whoever is cleared for the label;
// nobody, if it is empty.
//
// The label is the narrowest of what the object and its parts are marked with
// and of the handling of the warning it came in; given is nil if it came in
// none. An object without a TLP marking counts as TLP:AMBER+STRICT. What came
// with a handling that is not for tools is for nobody, since a tool takes what it
// sees and acts on it, and what came under PAP:AMBER is for those tools that check
// passively, see [handling.Handling.ForTools] and [handling.Passively]. What came under H3 waits
// until a person has read the note.
//
// A marking that is a statement is words and narrows nothing, if the same origin
// brought its definition into the same collection: defined returns what it
// brought under that id. Another's definition says nothing about this object.
// Any other marking makes it an object for nobody, and so do more than 100. If that is so only because
// there is no definition yet, waits is the marking it waits for.
// TLP 2.0, STIX 2.1 §7.2
func Audience(object stix.Object, given *handling.Handling, defined func(id string) []stix.Object) (audience handling.TLP, waits string) {
	passively := false
	if given != nil {
		may := false
		if may, passively = given.ForTools(); !may {
			return "", ""
		}
		if note := given.NoteID(); note != "" && len(defined(note)) == 0 {
			return "", note
		}
		audience = given.TLP
	}
	marked := handling.TLP("")
	markings, readable := markingsOf(object)
	slices.Sort(markings)
	if markings = slices.Compact(markings); !readable || len(markings) > maxMarkings {
		return "", ""
	}
	for _, id := range markings {
		if label, text := labelOf(id); text == "" {
			if label.Rank() > marked.Rank() {
				marked = label
			}
			continue
		}
		definitions := defined(id)
		for _, definition := range definitions {
			if !isStatement(definition) {
				return "", ""
			}
		}
		if len(definitions) == 0 && waits == "" {
			waits = id
		}
	}
	if waits != "" {
		return "", waits
	}
	if marked == "" {
		marked = unmarked
	}
	if marked.Rank() > audience.Rank() {
		audience = marked
	}
	if passively {
		audience = handling.Passively(audience)
	}
	return audience, ""
}

// maxMarkings is how many different markings an object and its parts may have:
// each has its definition looked up. One with more is for nobody.
const maxMarkings = 100

// isStatement reports whether a marking definition is a statement and nothing
// else. STIX 2.1 §7.2.1.3
func isStatement(definition stix.Object) bool {
	kind, _ := definition.Get("definition_type")
	_, words := definition.Get("definition", "statement")
	_, extended := definition.Get("extensions")
	return definition.Type() == "marking-definition" && kind == "statement" && words && !extended
}

// markingsOf are all marking definitions an object refers to, also those of
// parts of it; not readable if one of them cannot be made out.
func markingsOf(object stix.Object) (ids []string, readable bool) {
	ids = object.Markings()
	if raw, there := object.Get("object_marking_refs"); there {
		if list, ok := raw.([]any); !ok || len(list) != len(ids) {
			return nil, false
		}
	}
	raw, there := object.Get("granular_markings")
	if !there {
		return ids, true
	}
	parts, ok := raw.([]any)
	for _, part := range parts {
		marking, isObject := part.(map[string]any)
		id, isText := marking["marking_ref"].(string)
		if !isObject || marking["marking_ref"] != nil && !isText {
			return nil, false
		}
		if isText {
			ids = append(ids, id)
		}
	}
	return ids, ok
}
