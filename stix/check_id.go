// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks the identifiers of objects, and the references to them.

import (
	"slices"

	"github.com/google/uuid"
)

const identifierForm = "an identifier is a type, two hyphens and an RFC 4122 UUID"

// identity checks the id against the type. STIX 2.1 §2.9
func (check *checker) identity(objectType string, shape *shape, object map[string]any) {
	id, ok := object["id"].(string)
	if !ok {
		return
	}
	check.enter("id")
	defer check.leave()
	prefix, unique, ok := SplitID(id)
	switch {
	case !ok || !isUUID(unique):
		check.must("2.9", identifierForm, "make one like "+objectType+"--xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx")
	case prefix != objectType:
		check.must("2.9", "an identifier begins with the type of its object", "begin it with "+objectType+"--")
	case shape.families&familySCO != 0:
		check.observableID(objectType, id, unique, shape, object)
	case unique.Version() == 4:
	case unique.Version() == 5 && namedAsObservable(unique, object):
		check.must("2.9", "only a cyber-observable object has a UUID of the namespace of these", "make a new random id")
	default:
		check.should("2.9", "the UUID of this object is random (version 4)", "make new ids at random")
	}
}

// observableID checks the id of an SCO. STIX 2.1 §2.9, §3.6
func (check *checker) observableID(objectType, id string, unique uuid.UUID, shape *shape, object map[string]any) {
	switch version := unique.Version(); {
	case version != 4 && version != 5:
		check.should("2.9", "the UUID of an observable is deterministic (version 5)", "tocsin stix id computes it")
	case version == 4 && shape.custom:
	case version == 4:
		if hasAny(object, shape.contributing) {
			check.should("2.9", "the UUID of an observable is deterministic (version 5)", "tocsin stix id computes it")
		}
	case shape.custom:
	case !hasAny(object, shape.contributing):
		check.must("2.9", "an observable without a contributing property has a random UUID (version 4)", "make a new random id")
	default:
		computed, err := deterministicID(objectType, object)
		if err != nil {
			return
		}
		if computed != id {
			check.should("2.9", "the UUID of an observable is the one computed of its contributing properties", computed)
		} else if hasAny(object, []string{"created_by_ref", "created", "modified", "revoked"}) {
			check.must("3.6", "an observable that has versions does not have the deterministic id, which is everybody's", "remove created_by_ref, created, modified and revoked")
		}
	}
}

func isUUID(unique uuid.UUID) bool {
	return unique.Variant() == uuid.RFC4122 && unique.Version() != 0
}

// namedAsObservable reports whether the UUID of another object can be seen to be
// made in the namespace of observables: of its name, or of its value. What else
// it may be made of cannot be told. STIX 2.1 §2.9
func namedAsObservable(unique uuid.UUID, object map[string]any) bool {
	for _, property := range []string{"name", "value"} {
		text, ok := object[property].(string)
		if !ok {
			continue
		}
		named, err := FromMap(map[string]any{property: text})
		if err == nil && unique == uuid.NewSHA1(observableNamespace(), []byte(named.raw)) || unique == uuid.NewSHA1(observableNamespace(), []byte(text)) {
			return true
		}
	}
	return false
}

// reference checks an identifier that refers to another object, or inside an
// observable-container to another member. STIX 2.1 §2.9, §2.13, §3.3
func (check *checker) reference(rule *rule, text string) {
	if check.container != nil && !slices.Contains(rule.targets, "marking-definition") {
		member, ok := check.container[text].(map[string]any)
		if !ok {
			check.must("2.13", "a reference inside a container is the key of another of its members", "add the member, or refer to one that is there")
			return
		}
		memberType, _ := member["type"].(string)
		check.target(rule, memberType)
		return
	}
	objectType, unique, ok := SplitID(text)
	if !ok || !isUUID(unique) {
		check.must("2.9", identifierForm, "write the whole id of the object referred to")
		return
	}
	check.target(rule, objectType)
}

// target checks that a reference leads to a type that it may lead to. Of a
// custom type nothing is known, so that it may be of any family.
func (check *checker) target(rule *rule, objectType string) {
	if slices.Contains(rule.targets, objectType) {
		return
	}
	if rule.families != 0 {
		shape := shapeOf(objectType)
		if shape == nil && objectType != "bundle" || shape != nil && shape.families&rule.families != 0 {
			return
		}
	}
	check.must("3.3", rule.said, "name an object of that type")
}
