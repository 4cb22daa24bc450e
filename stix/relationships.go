// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the relationships that STIX 2.1 suggests between types.

import (
	"slices"
	"strings"
)

// relationships are, for each type of source, the types of relationship and the
// types of target that the standard names. STIX 2.1 §5.1.1
var relationships = map[string]map[string]string{
	"attack-pattern": {
		"delivers": "malware",
		"targets":  "identity location vulnerability",
		"uses":     "malware tool",
	},
	"campaign": {
		"attributed-to":   "intrusion-set threat-actor",
		"compromises":     "infrastructure",
		"originates-from": "location",
		"targets":         "identity location vulnerability",
		"uses":            "attack-pattern infrastructure malware tool",
	},
	"course-of-action": {
		"investigates": "indicator",
		"mitigates":    "attack-pattern indicator malware tool vulnerability",
		"remediates":   "malware vulnerability",
	},
	"domain-name": {
		"resolves-to": "domain-name ipv4-addr ipv6-addr",
	},
	"identity": {
		"located-at": "location",
	},
	"indicator": {
		"based-on":  "observed-data",
		"indicates": "attack-pattern campaign infrastructure intrusion-set malware threat-actor tool",
	},
	"infrastructure": {
		"communicates-with": "domain-name infrastructure ipv4-addr ipv6-addr url",
		"consists-of":       "SCO infrastructure observed-data",
		"controls":          "infrastructure malware",
		"delivers":          "malware",
		"has":               "vulnerability",
		"hosts":             "malware tool",
		"located-at":        "location",
		"uses":              "infrastructure",
	},
	"intrusion-set": {
		"attributed-to":   "threat-actor",
		"compromises":     "infrastructure",
		"hosts":           "infrastructure",
		"originates-from": "location",
		"owns":            "infrastructure",
		"targets":         "identity location vulnerability",
		"uses":            "attack-pattern infrastructure malware tool",
	},
	"ipv4-addr": {
		"belongs-to":  "autonomous-system",
		"resolves-to": "mac-addr",
	},
	"ipv6-addr": {
		"belongs-to":  "autonomous-system",
		"resolves-to": "mac-addr",
	},
	"malware": {
		"authored-by":       "intrusion-set threat-actor",
		"beacons-to":        "infrastructure",
		"communicates-with": "domain-name ipv4-addr ipv6-addr url",
		"controls":          "malware",
		"downloads":         "file malware tool",
		"drops":             "file malware tool",
		"exfiltrates-to":    "infrastructure",
		"exploits":          "vulnerability",
		"originates-from":   "location",
		"targets":           "identity infrastructure location vulnerability",
		"uses":              "attack-pattern infrastructure malware tool",
		"variant-of":        "malware",
	},
	"malware-analysis": {
		"av-analysis-of":      "malware",
		"characterizes":       "malware",
		"dynamic-analysis-of": "malware",
		"static-analysis-of":  "malware",
	},
	"threat-actor": {
		"attributed-to": "identity",
		"compromises":   "infrastructure",
		"hosts":         "infrastructure",
		"impersonates":  "identity",
		"located-at":    "location",
		"owns":          "infrastructure",
		"targets":       "identity location vulnerability",
		"uses":          "attack-pattern infrastructure malware tool",
	},
	"tool": {
		"delivers": "malware",
		"drops":    "malware",
		"has":      "vulnerability",
		"targets":  "identity infrastructure location vulnerability",
		"uses":     "infrastructure",
	},
}

// sameRelationship may stand between two objects of one type. STIX 2.1 §3.7
var sameRelationship = []string{"derived-from", "duplicate-of"}

// suggestedRelationship: a relationship between two types of the standard is one
// that it names for them. Of custom types nothing is known. STIX 2.1 §5.1.1
func suggestedRelationship(check *checker, object map[string]any) {
	kind, _ := object["relationship_type"].(string)
	source, sourceShape := check.referred(object, "source_ref")
	target, targetShape := check.referred(object, "target_ref")
	if kind == "" || kind == "related-to" || sourceShape == nil || targetShape == nil || source == target && slices.Contains(sameRelationship, kind) {
		return
	}
	for suggested := range strings.FieldsSeq(relationships[source][kind]) {
		if suggested == target || familyNamed(suggested)&targetShape.families != 0 {
			return
		}
	}
	check.enter("relationship_type")
	check.should("5.1.1", "a relationship is one that the standard names for its source and target", "use related-to, or one of the table in §5.1.1")
	check.leave()
}

// referred is the type that a reference names, and its shape if it is one of
// the standard's.
func (check *checker) referred(object map[string]any, name string) (string, *shape) {
	id, _ := object[name].(string)
	objectType, _, _ := strings.Cut(id, "--")
	return objectType, check.shapes(objectType)
}
