// SPDX-License-Identifier: Apache-2.0

package policy

// This file puts what a handling says beside its label into a marking, so that it
// stands at every object that leaves under it, wherever that is shown alone.

import (
	"strings"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

// restrictions names the markings of handlings. RFC 9562 §5.5
var restrictions = uuid.MustParse("b1a6c2f4-6d3e-5b0f-8a57-2f9c0d4e7a13")

// restrictionsSince is when every such marking was made: the same handling has the
// same marking everywhere, as TLP has.
const restrictionsSince = "2026-01-01T00:00:00.000Z"

// RestrictionID is the id of the marking of a handling; empty if its TLP label
// says all of it.
func RestrictionID(h handling.Handling) string {
	if !h.Restricts() {
		return ""
	}
	return "marking-definition--" + uuid.NewSHA1(restrictions, []byte(h.Line())).String()
}

// Restriction is the marking definition of a handling: a statement of its words,
// marked with its label; false if the label says all of it. It travels with the
// objects that refer to it. STIX 2.1 §7.2.1.3
func Restriction(h handling.Handling) (stix.Object, bool) {
	label, known := stix.TLPMarking(string(h.TLP))
	id := RestrictionID(h)
	if id == "" || !known {
		return stix.Object{}, false
	}
	object, err := stix.FromMap(map[string]any{
		"type": "marking-definition", "spec_version": "2.1", "id": id, "created": restrictionsSince, "name": h.Short(),
		"definition_type": "statement", "definition": map[string]any{"statement": strings.TrimPrefix(h.Line(), string(h.TLP)+" · ")},
		"object_marking_refs": []any{label},
	})
	return object, err == nil
}

// markingsBut are the markings of an object but the one that says how it was given
// to us: what that demands is asked of the handling itself.
func markingsBut(object stix.Object, given handling.Handling) (markings []string) {
	own := RestrictionID(given)
	for _, id := range object.Markings() {
		if id != own {
			markings = append(markings, id)
		}
	}
	return markings
}
