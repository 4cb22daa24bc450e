// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks bundles: the frame, and its objects with each other.

// CheckBundle returns every rule broken by the objects of one bundle, or of any
// other set that came from one place: each on its own, as [Check] finds them,
// and the rules between them, as a [Set] does. Paths begin with the object's
// place, as in "objects.[3].name". [MaxViolations] for each object are listed.
// STIX 2.1 §8.1
func CheckBundle(objects []Object) []Violation {
	check := newChecker()
	check.most *= max(1, len(objects))
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
	switch objectType, unique, ok := SplitID(id); {
	case !ok || objectType != "bundle":
		check.mustAt("id", "8.1", "a bundle has an id of its own, bundle-- and a UUID", "add it")
	case unique.Version() != 4:
		check.shouldAt("id", "2.9", "the UUID of a bundle is random (version 4)", "make new ids at random")
	}
	for name, value := range bundle {
		switch name {
		case "type", "id", "objects":
		case "spec_version":
			if value != "2.0" {
				check.shouldAt(name, "8.1", "a bundle of STIX 2.1 has no spec_version", "remove it; each object has its own")
			}
		default:
			check.enter(name)
			check.undeclared = true
			check.customProperty(customDomain, name, value, true)
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
	set := NewSet()
	for i, tree := range trees {
		check.enterIndex(i)
		if notInBundle(tree) {
			check.must("8.1", memberSentence, "put its objects here, and not the bundle")
		} else {
			check.object(tree)
		}
		check.between(set, tree)
		check.leave()
	}
	for _, late := range set.facts.waiting {
		check.enterIndex(late.index)
		check.late(&set.facts, late)
		check.leave()
	}
}

const memberSentence = "a member of a bundle is a STIX object, and no bundle"

func notInBundle(tree map[string]any) bool { return tree == nil || tree["type"] == "bundle" }

// A Set is what came from one place, such as the objects of a bundle, checked
// one after another. It keeps about 100 bytes of each (150 at most, in a set of
// relationships for the most part) and not the object, so that bundles of any size
// can be checked as they are read; of one that waits for others it keeps what the
// rule needs, for translations their form. It is not for use by several at once.
type Set struct {
	facts facts
	index int
}

// NewSet returns a set without objects.
func NewSet() *Set { return &Set{facts: newFacts()} }

// Add checks the next object: on its own, as [Check] does, and against those
// added before. A rule between two objects is reported at the later of them;
// but where an object depends on one that it names and that has not come yet
// (the translation of an object, a variant of a malware, a sample of one), waits
// is true and [Set.Rest] reports it.
func (set *Set) Add(object Object) (violations []Violation, waits bool) {
	check := newChecker()
	if notInBundle(object.tree) {
		check.must("8.1", memberSentence, "put its objects here, and not the bundle")
	} else {
		check.object(object.tree)
	}
	waits = check.between(set, object.tree)
	return check.sorted(), waits
}

// Rest returns, after the last object, what the objects that waited turn out to
// break, by their place in the order of [Set.Add], counted from 0.
func (set *Set) Rest() map[int][]Violation {
	found := map[int][]Violation{}
	for _, late := range set.facts.waiting {
		check := newChecker()
		check.late(&set.facts, late)
		if violations := check.sorted(); len(violations) > 0 {
			found[late.index] = append(found[late.index], violations...)
		}
	}
	return found
}
