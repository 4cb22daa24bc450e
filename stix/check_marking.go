// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks the selectors of granular markings.

// markings checks that the selectors of an object's granular markings lead to
// something. STIX 2.1 §7.2.3
func (check *checker) markings(object map[string]any) {
	list, _ := object["granular_markings"].([]any)
	for i, item := range list {
		marking, _ := item.(map[string]any)
		selectors, _ := marking["selectors"].([]any)
		for n, selector := range selectors {
			text, ok := selector.(string)
			if !ok {
				continue
			}
			if _, _, found := find(object, text); found {
				continue
			}
			check.enter("granular_markings")
			check.enterIndex(i)
			check.enter("selectors")
			check.enterIndex(n)
			check.must("7.2.3", "a selector names a property of its object, or an item of a list in it", "write it like external_references.[0].url")
			check.path = check.path[:len(check.path)-4]
		}
	}
}
