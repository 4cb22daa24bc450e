// SPDX-License-Identifier: Apache-2.0

package stix

// This file hands the observed data of a bundle that was read whole to patterns.

import (
	"iter"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// ObserveBundle yields the id of each Observed Data object in a bundle that was
// parsed as one object, with what patterns see of it, as [Observations] does for
// a list of objects. It is for small bundles, read fast: [ReadBundle] is for those
// of any size. What is yielded must not be changed.
func ObserveBundle(bundle Object) iter.Seq2[string, pattern.ObservedData] {
	return func(yield func(string, pattern.ObservedData) bool) {
		list, _ := bundle.tree["objects"].([]any)
		objects := make([]Object, 0, len(list))
		for _, item := range list {
			if tree, ok := item.(map[string]any); ok {
				objects = append(objects, Object{tree: tree})
			}
		}
		for data, observed := range Observations(objects) {
			if !yield(data.ID(), observed) {
				return
			}
		}
	}
}
