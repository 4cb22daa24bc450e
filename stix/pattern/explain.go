// SPDX-License-Identifier: Apache-2.0

package pattern

// This file says why an observation expression holds.

// Explain walks the comparisons of an observation expression that the given SCO
// of an observation passes, from left to right, and yields for each its path and
// a value for which it holds: the first, or under NOT any.
func Explain(o *Observation, observed *ObservedData, object Object) func(yield func(Path, any) bool) {
	return func(yield func(Path, any) bool) {
		for comparison := range Comparisons(o.Test) {
			comparer, err := newComparer(comparison)
			if err != nil || !comparer.passes(observed, object.Properties) {
				continue
			}
			for _, value := range comparer.values(observed, object.Properties) {
				if comparer.holds(value) != comparer.negated {
					if !yield(comparison.Path, value) {
						return
					}
					break
				}
			}
		}
	}
}
