// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks bundles: the frame, and the rules between its objects.

import "time"

// CheckBundle returns every rule broken by the objects of one bundle, or of any
// other set that came from one place: each on its own, as [Check] finds them,
// and the rules between them. Paths begin with the object's place, as in
// "objects.[3].name". STIX 2.1 §8.1
func CheckBundle(objects []Object) []Violation {
	check := newChecker()
	trees := make([]map[string]any, len(objects))
	for i, object := range objects {
		trees[i] = object.tree
	}
	check.all(trees)
	return check.sorted()
}

// bundle checks a bundle that was read as one object. STIX 2.1 §8.1
func (check *checker) bundle(bundle map[string]any) {
	id, _ := bundle["id"].(string)
	if objectType, _, ok := SplitID(id); !ok || objectType != "bundle" {
		check.mustAt("id", "8.1", "a bundle has an id of its own, bundle-- and a UUID", "add it")
	}
	for name, value := range bundle {
		switch name {
		case "type", "id", "objects":
		case "spec_version":
			if value != "2.0" {
				check.enter(name)
				check.should("8.1", "a bundle of STIX 2.1 has no spec_version", "remove it; each object has its own")
				check.leave()
			}
		default:
			check.enter(name)
			check.custom(customDomain, bundle, name, value, true)
			check.leave()
		}
	}
	value, ok := bundle["objects"]
	if !ok {
		return
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		check.mustAt("objects", "8.1", "objects is a list, and not empty", "leave it out")
		return
	}
	trees := make([]map[string]any, len(list))
	for i, item := range list {
		trees[i], _ = item.(map[string]any)
	}
	check.all(trees)
}

// all checks objects one by one and between them.
func (check *checker) all(trees []map[string]any) {
	check.enter("objects")
	defer check.leave()
	for i, tree := range trees {
		check.enterIndex(i)
		if tree == nil || tree["type"] == "bundle" {
			check.must("8.1", "a member of a bundle is a STIX object, and no bundle", "")
		} else {
			check.object(tree)
		}
		check.leave()
	}
	check.between(trees)
}

// A family is what is known of all versions of one id.
type family struct {
	created, createdBy any
	versions           map[string]map[string]any // by modified, as time
	revoked            *time.Time
	latest             map[string]any
	latestAt           time.Time
}

// between checks the rules between objects. STIX 2.1 §2.9, §3.2, §3.6
func (check *checker) between(trees []map[string]any) {
	families := map[string]*family{}
	types := map[string]string{} // by UUID
	for i, tree := range trees {
		id, _ := tree["id"].(string)
		objectType, unique, ok := SplitID(id)
		if !ok {
			continue
		}
		check.enterIndex(i)
		if before, ok := types[unique.String()]; ok && before != objectType {
			check.mustAt("id", "2.9", "one UUID is not used for objects of two types", "make a new id")
		}
		types[unique.String()] = objectType
		if shape := shapeOf(objectType); shape == nil || shape.family != "SCO" {
			if families[id] == nil {
				families[id] = &family{created: tree["created"], createdBy: tree["created_by_ref"], versions: map[string]map[string]any{}}
			}
			check.version(families[id], tree)
		}
		check.leave()
	}
	for i, tree := range trees {
		id, _ := tree["id"].(string)
		family := families[id]
		if family == nil || family.revoked == nil {
			continue
		}
		if at, ok := timeOf(tree, "modified"); ok && at.After(*family.revoked) {
			check.enterIndex(i)
			check.mustAt("modified", "3.6", "there is no version after the one that revoked the object", "make a new object")
			check.leave()
		}
	}
	for i, tree := range trees {
		if tree["type"] == "language-content" {
			check.enterIndex(i)
			check.translation(tree, families)
			check.leave()
		}
	}
}

// translation checks language content against the object it translates, if that
// is there: the version it names, or else the latest. STIX 2.1 §7.1
func (check *checker) translation(content map[string]any, families map[string]*family) {
	id, _ := content["object_ref"].(string)
	family := families[id]
	if family == nil {
		return
	}
	target := family.latest
	if at, ok := timeOf(content, "object_modified"); ok {
		if target = family.versions[at.String()]; target == nil {
			check.mustAt("object_modified", "7.1", "this is the modified time of the object that is translated", "name a version that is there")
			return
		}
	}
	languages, _ := content["contents"].(map[string]any)
	for language, value := range languages {
		fields, _ := value.(map[string]any)
		for name, translated := range fields {
			if original, ok := target[name]; ok && !sameForm(original, translated) {
				check.enter("contents")
				check.enter(language)
				check.mustAt(name, "7.1", "a translation has the form of the original, and a list its length", "leave what is not translated as an empty string")
				check.leave()
				check.leave()
			}
		}
	}
}

// sameForm reports whether both are strings, lists of one length, or objects.
func sameForm(original, translated any) bool {
	switch original := original.(type) {
	case []any:
		list, ok := translated.([]any)
		return ok && len(list) == len(original)
	case map[string]any:
		_, ok := translated.(map[string]any)
		return ok
	}
	_, ok := translated.(string)
	return ok
}

// version checks one version against those of its id met before.
func (check *checker) version(family *family, tree map[string]any) {
	if tree["created"] != family.created {
		check.mustAt("created", "3.2", "all versions of an object have the same created", "")
	}
	if tree["created_by_ref"] != family.createdBy {
		check.mustAt("created_by_ref", "3.6", "all versions of an object have the same created_by_ref", "make a new object")
	}
	at, ok := timeOf(tree, "modified")
	if !ok {
		return
	}
	key := at.String()
	if before, ok := family.versions[key]; ok && !sameTree(before, tree) {
		check.mustAt("modified", "3.6", "objects with the same id and modified are the same", "give the newer one a later modified")
	}
	family.versions[key] = tree
	if family.latest == nil || at.After(family.latestAt) {
		family.latest, family.latestAt = tree, at
	}
	if tree["revoked"] == true && (family.revoked == nil || at.Before(*family.revoked)) {
		family.revoked = &at
	}
}

func timeOf(tree map[string]any, name string) (time.Time, bool) {
	text, _ := tree[name].(string)
	at, err := ParseTime(text)
	return at, err == nil
}

// sameTree compares by canonical form; what cannot be written is not the same.
func sameTree(a, b map[string]any) bool {
	first, err1 := FromMap(a)
	second, err2 := FromMap(b)
	return err1 == nil && err2 == nil && first.raw == second.raw
}
