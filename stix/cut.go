// SPDX-License-Identifier: Apache-2.0

package stix

// This file cuts an object to a tear line.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Cut says what does not go along with an object, and what the new object is.
type Cut struct {
	// Selectors lead to what is taken out.
	Selectors []string
	// At is the created and modified time of the new object, to the millisecond.
	At time.Time
	// By becomes created_by_ref; empty keeps the new object's creator unnamed.
	By string
	// ID becomes the id; empty gives a random one.
	ID string
}

// Cut makes a new object of what remains of an object once parts are taken out:
// what is left of a text above its tear line. Whoever changes another's object
// must give the result an id of its own, so the new object has nothing that says
// where it came from: another id, created and modified times of its own, no
// created_by_ref but the one given. An observable gets a random id, because one
// made of its properties would let everybody guess at what was taken out; it has
// no times. No derived-from relationship is made. Whatever else says where the
// object came from (external references, labels, a custom property) goes only if
// a selector says so.
//
// Items of a list move up, lists and objects that nothing is left of go, and the
// granular markings follow what they mark, or go with it. The bytes are canonical.
//
// Refused are selectors that lead to nothing ([ErrSelector]), one that leads to
// what makes it an object at all ([ErrFixed]), a revoked object ([ErrRevoked]), a
// marking definition or bundle ([ErrNotVersioned]), and a cut after which the
// object breaks a MUST rule that it kept ([ErrBreaks]), such as a required
// property that would be gone. STIX 2.1 §3.5, §3.6, RFC 8785
func (object Object) Cut(cut Cut) (Object, error) {
	switch {
	case object.Type() == "marking-definition" || object.Type() == "bundle" || object.IsZero():
		return Object{}, fmt.Errorf("%w: %.60s", ErrNotVersioned, object.Type())
	case object.Revoked():
		return Object{}, ErrRevoked
	}
	tree := object.Map()
	line := &branch{}
	for _, selector := range cut.Selectors {
		path, _, ok := find(tree, selector)
		if !ok {
			return Object{}, fmt.Errorf("%w: %.80q", ErrSelector, selector)
		}
		if len(path) == 1 && (slices.Contains(fixedProperties, path[0]) && path[0] != "created_by_ref" || path[0] == "modified") {
			return Object{}, fmt.Errorf("%w: %s", ErrFixed, path[0])
		}
		line.mark(path)
	}
	whole := object.Map()
	line.cut(tree)
	line.moveMarkings(whole, tree)
	delete(tree, "created_by_ref")
	if cut.By != "" {
		tree["created_by_ref"] = cut.By
	}
	tree["id"] = cut.ID
	if cut.ID == "" {
		tree["id"] = NewID(object.Type())
	}
	for _, name := range []string{"created", "modified"} {
		if _, dated := tree[name]; dated {
			tree[name] = FormatTime(cut.At)
		}
	}
	result, err := FromMap(tree)
	if err != nil {
		return Object{}, err
	}
	if err := holdsRules(object, result); err != nil {
		return Object{}, err
	}
	return result, nil
}

// A branch is a place in an object at or below which something is taken out.
type branch struct {
	gone  bool
	below map[string]*branch // by name, or by index in brackets
}

// mark notes that what a path leads to is taken out.
func (at *branch) mark(path []string) {
	if len(path) == 0 {
		at.gone = true
		return
	}
	if at.below == nil {
		at.below = map[string]*branch{}
	}
	next := at.below[path[0]]
	if next == nil {
		next = &branch{}
		at.below[path[0]] = next
	}
	next.mark(path[1:])
}

// cut takes out what is marked, and notes as gone what is empty after that.
func (at *branch) cut(value any) any {
	switch container := value.(type) {
	case map[string]any:
		for name, next := range at.below {
			container[name] = next.cut(container[name])
			if next.gone {
				delete(container, name)
			}
		}
		at.gone = at.gone || len(container) == 0 && len(at.below) > 0
	case []any:
		var left []any
		for i, item := range container {
			next := at.below["["+strconv.Itoa(i)+"]"]
			if next != nil {
				item = next.cut(item)
			}
			if next == nil || !next.gone {
				left = append(left, item)
			}
		}
		at.gone = at.gone || len(left) == 0 && len(at.below) > 0
		return left
	}
	return value
}

// moved is a path as it is after the cut; ok is false for what is gone.
func (at *branch) moved(path []string) (after []string, ok bool) {
	for _, step := range path {
		next := (*branch)(nil)
		if at != nil {
			next = at.below[step]
			if index, listed := indexOf(step); listed {
				before := 0
				for other, sibling := range at.below {
					if place, ok := indexOf(other); ok && place < index && sibling.gone {
						before++
					}
				}
				step = "[" + strconv.Itoa(index-before) + "]"
			}
		}
		if next != nil && next.gone {
			return nil, false
		}
		after, at = append(after, step), next
	}
	return after, true
}

// moveMarkings lets the granular markings that are left follow what they mark.
func (at *branch) moveMarkings(whole, tree map[string]any) {
	list, _ := tree["granular_markings"].([]any)
	var kept []any
	for _, item := range list {
		marking, _ := item.(map[string]any)
		selectors, _ := marking["selectors"].([]any)
		var left []any
		for _, selector := range selectors {
			text, _ := selector.(string)
			path, _, ok := find(whole, text)
			if !ok {
				continue
			}
			if after, ok := at.moved(path); ok {
				left = append(left, strings.Join(after, "."))
			}
		}
		if len(left) > 0 {
			marking["selectors"] = left
			kept = append(kept, marking)
		}
	}
	delete(tree, "granular_markings")
	if len(kept) > 0 {
		tree["granular_markings"] = kept
	}
}
