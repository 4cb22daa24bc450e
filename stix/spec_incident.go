// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds what the Incident Core extension 2.0 says, and the object
// types event, impact and task that come with it. It is a draft of OASIS.

import (
	"maps"

	"github.com/google/uuid"
)

var (
	timeFidelities = closed("7.3", "day hour minute month second year")
	recoverability = closed("7.3", "extended not-applicable not-recoverable regular supplemented")
	impactedCounts = values("7.3", "each count is a whole number, and not negative", isCount)
	percent        = wholeIn(0, 100)
)

var incidentCore = extends("determination investigation_status", map[string]*rule{
	"determination":        oneOfThese("blocked confirmed failed-attempt false-positive suspected"),
	"investigation_status": oneOfThese("closed new open"),
	"criticality":          percent, "recoverability": term(recoverability),
	"detection_methods": terms(open("7.3", "automated-tool commercial-solution external-notification human-review message-from-attacker propriety-solution system-outage user-reporting")),
	"events":            list(part(entry("event"))), "tasks": list(part(entry("task"))), "impact_refs": refs("impact"),
	"impacted_entity_counts": impactedCounts, "incident_types": list(plain()),
	"scores": list(part(inside("name value", map[string]*rule{"name": plain(), "value": float(), "description": plain()}))),
}, sequenced("events", "event_ref"), sequenced("tasks", "task_ref"))

// entry is one event or task of an incident, with those that follow it.
func entry(of string) *shape {
	name := of + "_ref"
	return inside(name, map[string]*rule{
		name: ref(of), "sequence_start": truth(),
		"next_steps": list(part(inside(name+" condition_type transition_type", map[string]*rule{
			name: ref(of), "condition_type": oneOfThese("optional required unknown"),
			"transition_type": oneOfThese("completion failure success unknown"),
		}))),
	})
}

// extendedTypes are the types that a known extension defines.
var extendedTypes = map[string]struct {
	definition string
	shape      *shape
}{
	"event": {EventExtension, newType("status", properties(described, timed, map[string]*rule{
		"status": oneOfThese("not-occurred occurred ongoing pending undetermined"), "event_types": list(plain()),
		"goal": plain(), "sighting_refs": refs("sighting"), "subevents": list(part(entry("event"))), "changed_objects": list(part(stateChange)),
	}), after("7.3", "start_time", "end_time"), sequenced("subevents", "event_ref"))},
	"impact": {ImpactExtension, extended(newType("impact_category", properties(timed, map[string]*rule{
		"impact_category": plain(), "description": plain(), "criticality": percent, "impacted_entity_counts": impactedCounts,
		"impacted_refs": refs("SDO SCO"), "recoverability": term(recoverability), "superseded_by_ref": ref("impact"),
	}), after("7.3", "start_time", "end_time"), needs("7.3", "superseded_by_ref", "end_time"), categorised), impacts)},
	"task": {TaskExtension, newType("outcome", properties(described, timed, map[string]*rule{
		"outcome":    oneOfThese("cancelled failed ongoing pending successful unknown"),
		"task_types": terms(open("7.3", "administrative attribution containment declared detected eradication escalated exercised-control external-intelligence external-outreach external-support implemented-control investigation negotiation playbook-execution playbook-step-execution ransom-payment recovery reported routine-updates victim-notification")),
		"error":      plain(), "priority": percent, "impacted_entity_counts": impactedCounts,
		"subtasks": list(part(entry("task"))), "changed_objects": list(part(stateChange)),
	}), sequenced("subtasks", "task_ref"))},
}

var timed = map[string]*rule{
	"start_time": instant(), "start_time_fidelity": term(timeFidelities), "end_time": instant(), "end_time_fidelity": term(timeFidelities),
}

func newType(required string, rules map[string]*rule, between ...between) *shape {
	return custom(versioned("7.3", "SDO", required, rules, between...))
}

// extendedShape is the shape of a type that a known extension defines, if the
// object says that it is of that one.
func extendedShape(objectType string, object map[string]any) *shape {
	known, ok := extendedTypes[objectType]
	extensions, _ := object["extensions"].(map[string]any)
	if _, declared := extensions[known.definition]; !ok || !declared {
		return nil
	}
	return known.shape
}

var stateChange = inside("state_change_type", map[string]*rule{
	"state_change_type": term(open("7.3", "caused contributed-to input mitigated output resolved")),
	"initial_ref":       ref("SDO"), "result_ref": ref("SDO"),
}, oneOf("7.3", "initial_ref", "result_ref"), changesOneType)

// impacts are the extensions of an impact, one for each category. The text names
// them by the category, its examples with -impact behind it.
var impacts = func() map[string]*shape {
	information := map[string]*rule{
		"information_type": term(open("7.3", "classified-material communication credentials-admin credentials-user financial legal payment phi pii proprietary system")),
		"record_count":     natural(), "record_size": natural(),
	}
	all := map[string]*shape{
		"availability": inside("availability_impact", map[string]*rule{"availability_impact": percent}),
		"confidentiality": inside("loss_type", properties(information, map[string]*rule{
			"loss_type": oneOfThese("confirmed-loss contained exploited-loss none suspected-loss"),
		}), namedUnlessNone("loss_type", "information_type")),
		"external": inside("impact_type", map[string]*rule{
			"impact_type": term(open("7.3", "economic emergency-services foreign-relations national-security public-confidence public-health public-safety")),
		}),
		"integrity": inside("alteration", properties(information, map[string]*rule{
			"alteration": oneOfThese("potential-destruction potential-modification partial-destruction partial-modification full-destruction full-modification none"),
		}), namedUnlessNone("alteration", "information_type")),
		"monetary": inside("variety", map[string]*rule{
			"variety":         term(open("7.3", "asset-and-fraud brand-damage business-disruption competitive-advantage legal-and-regulatory operating-costs ransom-demand ransom-payment response-and-recovery uncategorized")),
			"conversion_rate": float(), "conversion_time": instant(), "currency": plain(), "currency_actual": plain(),
			"max_amount": float(), "min_amount": float(),
		}, together("7.3", "conversion_rate", "currency_actual"), needs("7.3", "conversion_rate", "conversion_time"),
			needs("7.3", "currency_actual", "currency"), together("7.3", "min_amount", "max_amount"), needs("7.3", "min_amount", "currency")),
		"physical": inside("impact_type", map[string]*rule{
			"impact_type": oneOfThese("damaged-functional damaged-nonfunctional destruction none unknown"), "asset_type": plain(),
		}, namedUnlessNone("impact_type", "asset_type")),
		"traceability": inside("traceability_impact", map[string]*rule{
			"traceability_impact": oneOfThese("accountability-lost partial-accountability provable-accountability"),
		}),
	}
	longer := map[string]*shape{}
	for category, shape := range all {
		longer[category+"-impact"] = shape
	}
	maps.Copy(all, longer)
	return all
}()

// categorised: an impact has the extension of its category.
func categorised(check *checker, object map[string]any) {
	category, ok := object["impact_category"].(string)
	extensions, _ := object["extensions"].(map[string]any)
	_, exact := extensions[category]
	_, longer := extensions[category+"-impact"]
	if ok && !exact && !longer {
		check.mustAt("extensions", "7.3", "an impact has an extension named by its category", "add "+category)
	}
}

// namedUnlessNone: what was hit is named unless nothing was.
func namedUnlessNone(kind, subject string) between {
	return func(check *checker, fields map[string]any) {
		text, ok := fields[kind].(string)
		if _, named := fields[subject]; ok && text != "none" && !named {
			check.mustAt(subject, "7.3", "this is there unless "+kind+" is none", "add it")
		}
	}
}

// sequenced: what follows an entry is an entry of the same list.
func sequenced(name, reference string) between {
	return func(check *checker, fields map[string]any) {
		entries, _ := fields[name].([]any)
		listed := map[any]bool{}
		for _, item := range entries {
			entry, _ := item.(map[string]any)
			listed[entry[reference]] = true
		}
		for i, item := range entries {
			entry, _ := item.(map[string]any)
			steps, _ := entry["next_steps"].([]any)
			for n, item := range steps {
				next, _ := item.(map[string]any)
				id, ok := next[reference].(string)
				if !ok || listed[id] {
					continue
				}
				check.enter(name)
				check.enterIndex(i)
				check.enter("next_steps")
				check.enterIndex(n)
				check.mustAt(reference, "7.3", "what follows an entry is an entry of the same list", "add the entry, or take the step out")
				check.path = check.path[:len(check.path)-4]
			}
		}
	}
}

// changesOneType: a change leads from an object to another of the same type.
func changesOneType(check *checker, fields map[string]any) {
	before, _, ok1 := splitRef(fields, "initial_ref")
	after, _, ok2 := splitRef(fields, "result_ref")
	if ok1 && ok2 && before != after {
		check.mustAt("result_ref", "7.3", "a change leads to an object of the same type", "refer to one of the type of initial_ref")
	}
}

func isCount(value any) bool {
	count, ok := value.(int64)
	return ok && count >= 0
}

// splitRef takes the id in a property apart.
func splitRef(fields map[string]any, name string) (objectType string, unique uuid.UUID, ok bool) {
	text, _ := fields[name].(string)
	return SplitID(text)
}
