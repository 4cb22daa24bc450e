// SPDX-License-Identifier: Apache-2.0

package stix

// This file finds the references an object makes to others.

import (
	"sort"
	"strconv"
	"strings"
)

// A Ref is one reference to another object.
type Ref struct {
	// Path leads to the reference, as [Object.Get] follows it.
	Path []string
	// ID is the identifier referred to, as written.
	ID string
}

// Refs returns every reference the object makes, in the order of their paths:
// each string in a property whose name ends in _ref or in a list whose name
// ends in _refs, at any depth, and the object_ref of a granular marking too.
// STIX 2.1 §3.3
func (object Object) Refs() []Ref {
	var refs []Ref
	collectRefs(object.tree, nil, &refs)
	return refs
}

func collectRefs(value any, path []string, refs *[]Ref) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range sortedNames(value) {
			member, here := value[name], extend(path, name)
			if id, ok := member.(string); ok && strings.HasSuffix(name, "_ref") {
				*refs = append(*refs, Ref{Path: here, ID: id})
				continue
			}
			if list, ok := member.([]any); ok && strings.HasSuffix(name, "_refs") {
				collectRefList(list, here, refs)
				continue
			}
			collectRefs(member, here, refs)
		}
	case []any:
		for i, item := range value {
			collectRefs(item, extend(path, strconv.Itoa(i)), refs)
		}
	}
}

func collectRefList(list []any, path []string, refs *[]Ref) {
	for i, item := range list {
		if id, ok := item.(string); ok {
			*refs = append(*refs, Ref{Path: extend(path, strconv.Itoa(i)), ID: id})
		}
	}
}

// extend never writes into the array of the path it is given.
func extend(path []string, step string) []string {
	return append(path[:len(path):len(path)], step)
}

func sortedNames(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
