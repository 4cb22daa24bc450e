// SPDX-License-Identifier: Apache-2.0

package stix

// This file knows the markings of the Traffic Light Protocol, versions 1 and 2.

// The labels of TLP 2.0, as FIRST writes them, and the one that only TLP 1 had.
const (
	TLPRed         = "TLP:RED"
	TLPAmberStrict = "TLP:AMBER+STRICT"
	TLPAmber       = "TLP:AMBER"
	TLPGreen       = "TLP:GREEN"
	TLPClear       = "TLP:CLEAR"
	TLPWhite       = "TLP:WHITE"
)

// TLP2Extension is the id of the extension by which TLP 2.0 is expressed.
const TLP2Extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// A tlpMarking is one marking definition fixed by a standard, for all producers.
type tlpMarking struct {
	id      string
	label   string
	level   string // as the definition's own property writes it
	version int
}

// tlpMarkings are the fixed definitions, from the strictest to the most open.
var tlpMarkings = []tlpMarking{
	{"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", TLPRed, "red", 2},
	{"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", TLPAmberStrict, "amber+strict", 2},
	{"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", TLPAmber, "amber", 2},
	{"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", TLPGreen, "green", 2},
	{"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", TLPClear, "clear", 2},
	{"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", TLPRed, "red", 1},
	{"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", TLPAmber, "amber", 1},
	{"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", TLPGreen, "green", 1},
	{"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", TLPWhite, "white", 1},
}

// MarkingTLP returns the label of a TLP marking definition of either version:
// "TLP:RED" and so on. For TLP 1 it is the label as TLP 1 had it, TLP:WHITE
// included; what a reader makes of an AMBER that knew no STRICT is for the
// reader to decide, with [MarkingTLPVersion]. ok is false for any other id.
func MarkingTLP(id string) (label string, ok bool) {
	marking, ok := findTLP(id)
	return marking.label, ok
}

// MarkingTLPVersion returns 1 or 2 for a TLP marking definition, 0 for another.
func MarkingTLPVersion(id string) int {
	marking, _ := findTLP(id)
	return marking.version
}

// TLPMarking returns the id of the TLP 2.0 marking definition of a label. ok
// is false for any text that is not exactly one of the five labels.
func TLPMarking(label string) (id string, ok bool) {
	for _, marking := range tlpMarkings {
		if marking.version == 2 && marking.label == label {
			return marking.id, true
		}
	}
	return "", false
}

// TLPDefinitions returns the five marking definitions of TLP 2.0, from RED to
// CLEAR, as objects to put in a bundle beside what they mark.
func TLPDefinitions() ([]Object, error) {
	var objects []Object
	for _, marking := range tlpMarkings {
		if marking.version != 2 {
			continue
		}
		object, err := FromMap(map[string]any{
			"type":         "marking-definition",
			"spec_version": "2.1",
			"id":           marking.id,
			"name":         marking.label,
			"created":      "2022-10-01T00:00:00.000Z",
			"extensions": map[string]any{
				TLP2Extension: map[string]any{
					"extension_type": "property-extension",
					"tlp_2_0":        marking.level,
				},
			},
		})
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// TLPDefinition returns the marking definition of one label of TLP 2.0.
func TLPDefinition(label string) (Object, bool) {
	id, ok := TLPMarking(label)
	if !ok {
		return Object{}, false
	}
	objects, err := TLPDefinitions()
	if err != nil {
		return Object{}, false
	}
	for _, object := range objects {
		if object.ID() == id {
			return object, true
		}
	}
	return Object{}, false
}

func findTLP(id string) (tlpMarking, bool) {
	for _, marking := range tlpMarkings {
		if marking.id == id {
			return marking, true
		}
	}
	return tlpMarking{}, false
}
