// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks the selectors of granular markings.

import (
	"strconv"
	"strings"
)

// markings checks that the selectors of an object's granular markings lead to
// something. STIX 2.1 §7.2.3
func (check *checker) markings(object map[string]any) {
	list, _ := object["granular_markings"].([]any)
	for i, item := range list {
		marking, _ := item.(map[string]any)
		selectors, _ := marking["selectors"].([]any)
		for n, selector := range selectors {
			text, ok := selector.(string)
			if !ok || selects(object, text) {
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

// selects reports whether a selector is well formed and leads to something.
func selects(object map[string]any, selector string) bool {
	var value any = object
	for step := range strings.SplitSeq(selector, ".") {
		switch container := value.(type) {
		case map[string]any:
			member, ok := container[step]
			if !ok {
				return false
			}
			value = member
		case []any:
			index, ok := listIndex(step)
			if !ok || index >= len(container) {
				return false
			}
			value = container[index]
		default:
			return false
		}
	}
	return true
}

func listIndex(step string) (int, bool) {
	if len(step) < 3 || step[0] != '[' || step[len(step)-1] != ']' || !digits(step[1:len(step)-1]) {
		return 0, false
	}
	index, err := strconv.Atoi(step[1 : len(step)-1])
	return index, err == nil
}
