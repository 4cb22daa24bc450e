// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds what the extensions of markings say that OASIS publishes for
// all: TLP 2.0, IEP 2.0, ACS 3.0. spec_incident.go has those of incidents. They
// are definitions by STIX 2.1 §7.3, so that is the section named.

// The ids of the definitions of extensions that are known.
const (
	// IEPExtension is that of the Information Exchange Policy 2.0 of FIRST.
	IEPExtension = "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"
	// ACSExtension is that of the Access Control Specification 3.0.
	ACSExtension = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"
	// IncidentExtension is that of the Incident Core extension 2.0.
	IncidentExtension = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
	// EventExtension is that of the object type event.
	EventExtension = "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e"
	// ImpactExtension is that of the object type impact.
	ImpactExtension = "extension-definition--7cc33dd6-f6a1-489b-98ea-522d351d71b9"
	// TaskExtension is that of the object type task.
	TaskExtension = "extension-definition--2074a052-8be4-4932-849e-f5e7798e0030"
)

// knownExtensions are the extensions of properties, by the id of the definition.
var knownExtensions = map[string]*shape{
	TLP2Extension:     extends("tlp_2_0", map[string]*rule{"tlp_2_0": term(closed("7.3", "clear green amber amber+strict red"))}),
	IEPExtension:      iep,
	ACSExtension:      acs,
	IncidentExtension: incidentCore,
}

// extends makes the shape of an extension.
func extends(required string, rules map[string]*rule, between ...between) *shape {
	return &shape{
		section: "7.3", extension: true, required: append(names("extension_type"), names(required)...),
		rules: properties(map[string]*rule{"extension_type": plain()}, rules), between: between,
	}
}

// inside makes the shape of an object within an extension.
func inside(required string, rules map[string]*rule, between ...between) *shape {
	return &shape{section: "7.3", extension: true, required: names(required), rules: rules, between: between}
}

func oneOfThese(terms string) *rule { return term(closed("7.3", terms)) }

func someOfThese(terms string) *rule { return list(oneOfThese(terms)) }

var iep = extends("encrypt_in_transit permitted_actions affected_party_notifications tlp provider_attribution unmodified_resale iep_id iep_version start_date",
	map[string]*rule{
		"encrypt_in_transit":           oneOfThese("must may"),
		"permitted_actions":            oneOfThese("none contact-for-instruction internally-visible-actions externally-visible-indirect-actions externally-visible-direct-actions"),
		"affected_party_notifications": oneOfThese("may must-not"),
		"tlp":                          oneOfThese("red amber green white"),
		"provider_attribution":         oneOfThese("may must must-not"),
		"unmodified_resale":            oneOfThese("may must-not"),
		"iep_id":                       form("7.3", policyID),
		"iep_version":                  {kind: kindAny}, // checked with the rest: a number in one text, a string in another
		"name":                         plain(), "description": plain(), "start_date": instant(), "end_date": instant(),
	}, iepVersion, notBefore("7.3", "start_date", "end_date"))

const (
	acsShareability = "NCC EM LE IC"
	acsEntities     = "MIL GOV CTR SVR SVC DEV NET"
	acsEffects      = "permit deny"
)

var acs = extends("identifier create_date_time responsible_entity_custodian policy_reference control_set", map[string]*rule{
	"identifier": plain(), "name": plain(), "create_date_time": instant(), "responsible_entity_custodian": plain(),
	"responsible_entity_originator": plain(), "authority_reference": list(plain()), "policy_reference": form("7.3", acsPolicy),
	"original_classification": part(inside("classified_by", map[string]*rule{
		"classified_by": plain(), "classified_on": instant(), "classification_reason": plain(), "compilation_reason": plain(),
	})),
	"derivative_classification": part(inside("classified_by derived_from", map[string]*rule{
		"classified_by": plain(), "classified_on": instant(), "derived_from": plain(),
	})),
	"declassification": part(inside("", map[string]*rule{
		"declass_exemption": plain(), "declass_period": whole(), "declass_date": instant(), "declass_event": plain(),
	}, notEmpty("7.3"))),
	"resource_disposition": part(inside("disposition_date disposition_process", map[string]*rule{
		"disposition_date": instant(), "disposition_process": plain(),
	})),
	"public_release": part(inside("released_by", map[string]*rule{"released_by": plain(), "released_on": instant()})),
	"access_privilege": list(part(inside("privilege_action privilege_scope rule_effect", map[string]*rule{
		"privilege_action": oneOfThese("DSPLY IDSRC TENOT NETDEF LEGAL INTEL TEARLINE OPACTION REQUEST ANONYMOUSACCESS CISAUSES ALL"),
		"privilege_scope": part(inside("", map[string]*rule{
			"permitted_nationalities": list(plain()), "permitted_organizations": list(plain()),
			"shareability": someOfThese(acsShareability + " ALL"), "entity": someOfThese(acsEntities + " ALL"),
		}, notEmpty("7.3"))),
		"rule_effect": oneOfThese(acsEffects),
	}))),
	"further_sharing": list(part(inside("sharing_scope rule_effect", map[string]*rule{
		"sharing_scope": list(plain()), "rule_effect": oneOfThese(acsEffects),
	}))),
	"control_set": part(inside("classification", map[string]*rule{
		"classification": oneOfThese("U C S TS"), "sci_controls": list(plain()), "logical_authority_category": list(plain()),
		"formal_determination": someOfThese("PUBREL NF AIS PII-NECESSARY-TO-UNDERSTAND-THREAT NO-PII-PRESENT FOUO INFORMATION-DIRECTLY-RELATED-TO-CYBERSECURITY-THREAT"),
		"caveat":               someOfThese("FISA POSSIBLEPII CISAPROPRIETARY"),
		"sensitivity":          someOfThese("NTOC_DHS_ECYBER_SVC_SHARE.NSA.NSA PCII LES INT PII PR TEI"),
		"shareability":         someOfThese(acsShareability), "entity": someOfThese(acsEntities),
		"permitted_nationalities": list(plain()), "permitted_organizations": list(plain()),
	})),
})

// iepVersion: the extension is of version 2.0, a number or written as text.
func iepVersion(check *checker, fields map[string]any) {
	version, ok := fields["iep_version"]
	if ok && version != int64(2) && version != 2.0 && version != "2.0" {
		check.mustAt("iep_version", "7.3", "this extension is of version 2.0 of the policy", "write 2.0")
	}
}

// policyID is the UUID of a policy, of version 4 or 5.
func policyID(text string) string {
	if _, unique, ok := SplitID("iep--" + text); !ok || unique.Version() != 4 && unique.Version() != 5 {
		return "the id of a policy is a UUID of version 4 or 5"
	}
	return ""
}

// acsPolicy is a reference to version 3.0 of the specification, with its defaults.
func acsPolicy(text string) string {
	const prefix = "urn:isa:policy:acs:ns:v3.0?privdefault="
	for _, privilege := range []string{"permit", "deny"} {
		for _, sharing := range []string{"permit", "deny"} {
			if text == prefix+privilege+"&sharedefault="+sharing {
				return ""
			}
		}
	}
	return "a policy is " + prefix + "permit or deny&sharedefault=permit or deny"
}
