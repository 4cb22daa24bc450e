// SPDX-License-Identifier: Apache-2.0

package stix

// This file follows the selectors of granular markings.

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrSelector says that a selector is malformed or leads to nothing in the object.
var ErrSelector = errors.New("stix: the selector leads to nothing in this object")

// indexOf reads the step of a list index, such as [0].
func indexOf(step string) (int, bool) {
	if len(step) < 3 || step[0] != '[' || step[len(step)-1] != ']' || !digits(step[1:len(step)-1]) {
		return 0, false
	}
	index, err := strconv.Atoi(step[1 : len(step)-1])
	return index, err == nil
}

// find follows a selector through a tree, and says which way it took: property
// names, and list indices in brackets. A dictionary key may hold a dot; where
// several readings lead somewhere the shortest keys win.
func find(value any, selector string) (path []string, found any, ok bool) {
	switch container := value.(type) {
	case map[string]any:
		for end := 1; end <= len(selector); end++ {
			if end < len(selector) && selector[end] != '.' {
				continue
			}
			member, ok := container[selector[:end]]
			switch {
			case !ok:
			case end == len(selector):
				return []string{selector}, member, true
			default:
				if rest, found, ok := find(member, selector[end+1:]); ok {
					return append([]string{selector[:end]}, rest...), found, true
				}
			}
		}
	case []any:
		step, rest, more := strings.Cut(selector, ".")
		index, ok := indexOf(step)
		if !ok || index >= len(container) {
			return nil, nil, false
		}
		if !more {
			return []string{step}, container[index], true
		}
		if path, found, ok := find(container[index], rest); ok {
			return append([]string{step}, path...), found, true
		}
	}
	return nil, nil, false
}

// Select returns a copy of what a selector leads to, in the values of
// [Object.Get]. It fails with [ErrSelector] where that is nothing.
// STIX 2.1 §7.2.3
func (object Object) Select(selector string) (any, error) {
	tree, _ := object.Get()
	_, value, ok := find(tree, selector)
	if !ok {
		return nil, fmt.Errorf("%w: %.80q", ErrSelector, selector)
	}
	return value, nil
}

// within reports whether a selector is another one or lies inside it.
func within(selector, outer string) bool {
	return selector == outer || strings.HasPrefix(selector, outer+".")
}
