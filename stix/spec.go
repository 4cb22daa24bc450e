// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds what STIX 2.1 says of the properties common to all objects, of
// domain objects, relationships and meta objects; spec_sco.go has the observables.

import "maps"

// everything is the targets of a reference to any object that may be referred to.
const everything = "SDO SRO SCO META"

var externalReference = &shape{
	section:  "2.5",
	required: names("source_name"),
	rules: map[string]*rule{
		"source_name": plain(), "description": plain(), "url": form("2.5", link), "hashes": hashes(), "external_id": plain(),
	},
	between: []between{
		oneOf("2.5", "description", "url", "external_id"),
		cataloguedID,
		linkHashed,
	},
}

var killChainPhase = &shape{
	section:  "2.11",
	required: names("kill_chain_name phase_name"),
	rules:    map[string]*rule{"kill_chain_name": likely("2.11", hyphenated), "phase_name": likely("2.11", hyphenated)},
}

var granularMarking = &shape{
	section:  "7.2.3",
	required: names("selectors"),
	rules: map[string]*rule{
		"lang": form("7.2.3", language), "marking_ref": ref("marking-definition"), "selectors": list(plain()),
	},
	between: []between{exactlyOne("7.2.3", "lang", "marking_ref")},
}

// commonRules are the common properties. STIX 2.1 §3.2
var commonRules = map[string]*rule{
	"type":                plain(),
	"spec_version":        form("3.2", version),
	"id":                  plain(), // checked apart, with the type
	"created_by_ref":      ref("identity"),
	"created":             instant(),
	"modified":            instant(),
	"revoked":             truth(),
	"labels":              list(plain()),
	"confidence":          wholeIn(0, 100),
	"lang":                form("3.2", language),
	"external_references": list(part(externalReference)),
	"object_marking_refs": refs("marking-definition"),
	"granular_markings":   list(part(granularMarking)),
	"defanged":            truth(),
	"extensions":          {kind: kindExtensions},
}

// versioned makes the shape of an object with the common properties of domain
// objects and relationships. Custom objects that say nothing else have only these.
func versioned(section, family, required string, rules map[string]*rule, between ...between) *shape {
	return &shape{
		section: section, families: familyNamed(family),
		required: append(names("type spec_version id created modified"), names(required)...),
		rules:    properties(commonRules, rules),
		between:  append(between, notBefore("3.2", "created", "modified")),
	}
}

func domain(section, required string, rules map[string]*rule, between ...between) *shape {
	return versioned(section, "SDO", required, rules, between...)
}

var (
	aliases    = map[string]*rule{"aliases": list(plain())}
	seen       = map[string]*rule{"first_seen": instant(), "last_seen": instant()}
	described  = map[string]*rule{"name": plain(), "description": plain()}
	killChains = map[string]*rule{"kill_chain_phases": list(part(killChainPhase))}
	motivated  = map[string]*rule{
		"goals": list(plain()), "resource_level": term(attackResources),
		"primary_motivation": term(attackMotivations), "secondary_motivations": terms(attackMotivations),
	}
)

// domainObjects are the SDOs. STIX 2.1 §4
var domainObjects = map[string]*shape{
	"attack-pattern": domain("4.1", "name", properties(described, aliases, killChains)),
	"campaign": domain("4.2", "name", properties(described, aliases, seen, map[string]*rule{"objective": plain()}),
		notBefore("4.2", "first_seen", "last_seen")),
	"course-of-action": domain("4.3", "name", described),
	"grouping": domain("4.4", "context object_refs", properties(described, map[string]*rule{
		"context": term(groupingContexts), "object_refs": refs(everything),
	})),
	"identity": domain("4.5", "name", properties(described, map[string]*rule{
		"roles": list(plain()), "identity_class": term(identityClasses), "sectors": terms(industrySectors),
		"contact_information": plain(),
	})),
	"incident": domain("4.6", "name", described),
	"indicator": domain("4.7", "pattern pattern_type valid_from", properties(described, killChains, map[string]*rule{
		"indicator_types": terms(indicatorTypes), "pattern": plain(), "pattern_type": term(patternTypes),
		"pattern_version": plain(), "valid_from": instant(), "valid_until": instant(),
	}), after("4.7", "valid_from", "valid_until"), indicatorDescribed, patternParses),
	"infrastructure": domain("4.8", "name", properties(described, aliases, killChains, seen, map[string]*rule{
		"infrastructure_types": terms(infrastructureTypes),
	}), notBefore("4.8", "first_seen", "last_seen")),
	"intrusion-set": domain("4.9", "name", properties(described, aliases, seen, motivated),
		notBefore("4.9", "first_seen", "last_seen")),
	"location": domain("4.10", "", properties(described, map[string]*rule{
		"latitude": floatIn(-90, 90), "longitude": floatIn(-180, 180), "precision": float(),
		"region": term(regions), "country": likely("4.10", country), "administrative_area": plain(), "city": plain(),
		"street_address": plain(), "postal_code": plain(),
	}), oneOf("4.10", "region", "country", "latitude", "longitude"), together("4.10", "latitude", "longitude"),
		needs("4.10", "precision", "latitude", "longitude")),
	"malware": domain("4.11", "is_family", properties(described, aliases, killChains, seen, map[string]*rule{
		"malware_types": terms(malwareTypes), "is_family": truth(), "operating_system_refs": refs("software"),
		"architecture_execution_envs": terms(processorTypes), "implementation_languages": terms(implementLanguages),
		"capabilities": terms(malwareCapabilities), "sample_refs": refs("artifact file"),
	}), notBefore("4.11", "first_seen", "last_seen"), familyHasName),
	"malware-analysis": domain("4.12", "product", map[string]*rule{
		"product": likely("4.12", hyphenated), "version": plain(), "host_vm_ref": ref("software"), "operating_system_ref": ref("software"),
		"installed_software_refs": refs("software"), "configuration_version": plain(), "modules": list(plain()),
		"analysis_engine_version": plain(), "analysis_definition_version": plain(), "submitted": instant(),
		"analysis_started": instant(), "analysis_ended": instant(), "result_name": plain(), "result": term(malwareResults),
		"analysis_sco_refs": refs("SCO"), "sample_ref": ref("artifact file network-traffic"),
	}, oneOf("4.12", "result", "analysis_sco_refs")),
	"note": domain("4.13", "content object_refs", map[string]*rule{
		"abstract": plain(), "content": plain(), "authors": list(plain()), "object_refs": refs(everything),
	}),
	"observed-data": domain("4.14", "first_observed last_observed number_observed", map[string]*rule{
		"first_observed": instant(), "last_observed": instant(), "number_observed": wholeIn(1, 999999999),
		"objects": {kind: kindContainer}, "object_refs": refs("SCO SRO"),
	}, notBefore("4.14", "first_observed", "last_observed"), exactlyOne("4.14", "objects", "object_refs"), observesSomething, containerDeprecated),
	"opinion": domain("4.15", "opinion object_refs", map[string]*rule{
		"explanation": plain(), "authors": list(plain()), "opinion": term(opinions), "object_refs": refs(everything),
	}),
	"report": domain("4.16", "name published object_refs", properties(described, map[string]*rule{
		"report_types": terms(reportTypes), "published": instant(), "object_refs": refs(everything),
	})),
	"threat-actor": domain("4.17", "name", properties(described, aliases, seen, motivated, map[string]*rule{
		"threat_actor_types": terms(actorTypes), "roles": terms(actorRoles), "sophistication": term(sophistications),
		"personal_motivations": terms(attackMotivations),
	}), notBefore("4.17", "first_seen", "last_seen")),
	"tool": domain("4.18", "name", properties(described, aliases, killChains, map[string]*rule{
		"tool_types": terms(toolTypes), "tool_version": plain(),
	})),
	"vulnerability": domain("4.19", "name", described),
}

// relationshipObjects are the SROs. STIX 2.1 §5
var relationshipObjects = map[string]*shape{
	"relationship": versioned("5.1", "SRO", "relationship_type source_ref target_ref", map[string]*rule{
		"relationship_type": form("5.1.2", relationshipType), "description": plain(),
		"source_ref": ref("SDO SCO"), "target_ref": ref("SDO SCO"), "start_time": instant(), "stop_time": instant(),
	}, after("5.1.2", "start_time", "stop_time"), suggestedRelationship),
	"sighting": versioned("5.2", "SRO", "sighting_of_ref", properties(seen, map[string]*rule{
		"description": plain(), "count": wholeIn(0, 999999999), "sighting_of_ref": ref("SDO"),
		"observed_data_refs": refs("observed-data"), "where_sighted_refs": refs("identity location"), "summary": truth(),
	}), notBefore("5.2", "first_seen", "last_seen")),
}

// metaObjects are the meta objects, and the bundle. STIX 2.1 §7, §8
var metaObjects = map[string]*shape{
	"language-content": versioned("7.1", "META", "object_ref contents", map[string]*rule{
		"object_ref": ref("SDO SRO META"), "object_modified": instant(), "contents": dictionary(),
	}, translations),
	"marking-definition": {
		section: "7.2.1", families: familyMETA,
		required: names("type spec_version id created"),
		rules: properties(commonRules, map[string]*rule{
			"name": plain(), "definition_type": likely("7.2.1", markingType), "definition": dictionary(),
		}),
		between: []between{markingDefines, markingFixed, tlp2Fixed},
	},
	"extension-definition": versioned("7.3", "META", "created_by_ref name schema version extension_types", properties(described, map[string]*rule{
		"schema": plain(), "version": plain(), "extension_types": terms(extensionTypes), "extension_properties": list(plain()),
	}), definesExtension),
}

// shapes are all types of the standard. The tables are never written to.
var shapes = func() map[string]*shape {
	all := map[string]*shape{}
	for _, table := range []map[string]*shape{domainObjects, relationshipObjects, observables, metaObjects} {
		maps.Copy(all, table)
	}
	return all
}()

// shapeOf finds what the standard says of a type.
func shapeOf(objectType string) *shape { return shapes[objectType] }

// Shapes of custom objects, by what their extension says they are. STIX 2.1 §7.3, §11.2
var (
	customDomain       = custom(versioned("11.2", "SDO", "", nil, saysSomething("11.2")))
	customRelationship = custom(versioned("11.2", "SRO", "", nil, saysSomething("11.2")))
	customObservable   = custom(observable("11.2", "", "", nil, saysSomething("11.2")))
)

func custom(shape *shape) *shape {
	shape.custom = true
	return shape
}
