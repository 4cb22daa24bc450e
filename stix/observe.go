// SPDX-License-Identifier: Apache-2.0

package stix

// This file hands observed data to patterns.

import (
	"iter"
	"maps"
	"slices"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// Observations yields each Observed Data object of a list, in its order, with
// what patterns see of it: the SCOs of the list that it refers to. Of several
// objects with one id the last counts. What is yielded shares the objects' values
// and must not be changed. STIX 2.1 §4.14, §9.7.4
func Observations(objects []Object) iter.Seq2[Object, pattern.ObservedData] {
	return func(yield func(Object, pattern.ObservedData) bool) {
		byID := make(map[string]Object, len(objects))
		for _, object := range objects {
			byID[object.ID()] = object
		}
		find := func(id string) (Object, bool) {
			object, found := byID[id]
			return object, found
		}
		for _, object := range objects {
			if observed, ok := Observe(object, find); ok && !yield(object, observed) {
				return
			}
		}
	}
}

// Observe reads one Observed Data object; ok is false if it is none. find looks
// up the objects that it refers to; those it does not find count as not observed,
// and so do those that are no SCOs. Objects of the deprecated objects property
// are taken from there. A time that is missing or cannot be read is left out, and
// a number that is missing or below 1 is 1: patterns that do not ask for them can
// still match. The result shares the objects' values and must not be changed.
// STIX 2.1 §4.14, §9.7.4
func Observe(data Object, find func(id string) (Object, bool)) (observed pattern.ObservedData, ok bool) {
	if data.Type() != "observed-data" {
		return observed, false
	}
	observed.First, observed.Last = data.time("first_observed"), data.time("last_observed")
	number, _ := data.tree["number_observed"].(int64)
	observed.Number = max(number, 1)
	refs, _ := data.tree["object_refs"].([]any)
	for _, ref := range refs {
		id, _ := ref.(string)
		if object, found := find(id); found && isObservable(object.Type()) {
			observed.Objects = append(observed.Objects, pattern.Object{ID: id, Properties: object.tree})
		}
	}
	container, _ := data.tree["objects"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(container)) {
		if properties, isObject := container[key].(map[string]any); isObject {
			observed.Objects = append(observed.Objects, pattern.Object{ID: key, Properties: properties})
		}
	}
	return observed, true
}

// isObservable reports whether objects of a type are SCOs: those of the standard
// that are, and all that it does not know.
func isObservable(objectType string) bool {
	shape := shapeOf(objectType)
	return shape == nil || shape.families&familySCO != 0
}
