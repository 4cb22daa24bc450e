// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds what STIX 2.1 calls otherwise than STIX 2.0 did.

import "strings"

// labelled is where STIX 2.1 keeps what the labels of a type were in STIX 2.0, and
// the vocabulary they are from; none means that all labels were meant so.
var labelled = map[string]struct {
	property string
	terms    *vocabulary
}{
	"identity":     {"roles", nil},
	"indicator":    {"indicator_types", indicatorTypes},
	"malware":      {"malware_types", malwareTypes},
	"report":       {"report_types", reportTypes},
	"threat-actor": {"threat_actor_types", actorTypes},
	"tool":         {"tool_types", toolTypes},
}

// addedTypes are the types that STIX 2.0 did not have.
var addedTypes = map[string]bool{
	"grouping": true, "incident": true, "infrastructure": true, "location": true, "malware-analysis": true, "note": true,
	"opinion": true, "language-content": true, "extension-definition": true,
}

// properties20 are the properties that objects had in STIX 2.0, beside the common
// ones: all others are custom.
var properties20 = map[string]string{
	"":                   "type id created_by_ref created modified revoked labels external_references object_marking_refs granular_markings",
	"attack-pattern":     "name description kill_chain_phases",
	"campaign":           "name description aliases first_seen last_seen objective",
	"course-of-action":   "name description",
	"identity":           "name description identity_class sectors contact_information",
	"indicator":          "name description pattern valid_from valid_until kill_chain_phases",
	"intrusion-set":      "name description aliases first_seen last_seen goals resource_level primary_motivation secondary_motivations",
	"malware":            "name description kill_chain_phases",
	"observed-data":      "first_observed last_observed number_observed objects",
	"report":             "name description published object_refs",
	"threat-actor":       "name description aliases roles goals sophistication resource_level primary_motivation secondary_motivations personal_motivations",
	"tool":               "name description kill_chain_phases tool_version",
	"vulnerability":      "name description",
	"relationship":       "relationship_type description source_ref target_ref",
	"sighting":           "first_seen last_seen count sighting_of_ref observed_data_refs where_sighted_refs summary",
	"marking-definition": "definition_type definition",
}

func names20(objectType string) []string {
	return names(properties20[""] + " " + properties20[objectType])
}

// renamed are the properties of observables that have another name in STIX 2.1.
var renamed = map[string]map[string]string{
	"directory":            {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"file":                 {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"process":              {"created": "created_time", "binary_ref": "image_ref"},
	"user-account":         {"password_last_changed": "credential_last_changed"},
	"windows-registry-key": {"modified": "modified_time"},
}

// withdrawn are the properties of observables that STIX 2.1 no longer has.
var withdrawn = map[string][]string{
	"file":    {"is_encrypted", "encryption_algorithm", "decryption_key"},
	"process": {"arguments"},
}

// withdrawnInside are those of predefined extensions, and what they are called when
// they are set aside, outside the extension.
var withdrawnInside = map[string]map[string]string{
	"archive-ext":      {"version": "archive_version"},
	"raster-image-ext": {"image_compression_algorithm": "image_compression_algorithm"},
	"socket-ext":       {"protocol_family": "protocol_family"},
}

// refersTo is the type of what a reference leads to, where the properties of that
// type are among the renamed.
var refersTo = map[string]string{
	"parent_directory_ref": "directory", "contains_refs": "file", "binary_ref": "file", "service_dll_refs": "file",
	"parent_ref": "process", "child_refs": "process", "creator_user_ref": "user-account", "belongs_to_ref": "user-account",
}

// hashName is a hash algorithm as the vocabulary of STIX 2.1 writes it.
// STIX 2.1 §10.7
func hashName(name string) string {
	plain := strings.NewReplacer("-", "", "_", "").Replace(strings.ToUpper(name))
	for _, algorithm := range hashAlgorithms.terms {
		if strings.ReplaceAll(algorithm, "-", "") == plain {
			return algorithm
		}
	}
	return name
}

// fixedTLP is a marking definition of TLP 1 as STIX 2.1 fixes it.
// STIX 2.1 §7.2.1.4
func fixedTLP(id string) (Object, bool) {
	marking, known := findTLP(id)
	if !known || marking.version != 1 {
		return Object{}, false
	}
	object, err := FromMap(map[string]any{
		"type": "marking-definition", "spec_version": "2.1", "id": marking.id, "created": "2017-01-20T00:00:00.000Z",
		"definition_type": "tlp", "name": marking.label, "definition": map[string]any{"tlp": marking.level},
	})
	return object, err == nil
}
