// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks extensions, and the deprecated container of observables.

import (
	"slices"
	"strings"
)

// extensions checks the extensions property. STIX 2.1 §3.2, §7.3
func (check *checker) extensions(shape *shape, value any) {
	extensions, ok := value.(map[string]any)
	if !ok || len(extensions) == 0 {
		check.must("3.2", "extensions are an object of extensions, and not empty", "leave the property out")
		return
	}
	for key, value := range extensions {
		check.enter(key)
		fields, ok := value.(map[string]any)
		switch predefined := shape.extensions[key]; {
		case !ok:
			check.must("3.2", "an extension is an object", "write its properties in braces")
		case predefined != nil:
			check.members(predefined, fields, false)
		default:
			check.extension(shape, key, fields)
		}
		check.leave()
	}
}

func (check *checker) extension(shape *shape, key string, fields map[string]any) {
	objectType, unique, ok := SplitID(key)
	defined := ok && objectType == "extension-definition" && isUUID(unique)
	kind, declared := fields["extension_type"]
	text, _ := kind.(string)
	switch {
	case !defined && strings.HasPrefix(key, "extension-definition-"):
		check.must("2.9", "the key of an extension is the id of its definition", "extension-definition-- and a UUID")
	case !defined:
		check.customExtension(shape, key, fields)
	case !declared:
		check.mustAt("extension_type", "7.3", "an extension by a definition says its extension_type", "add it")
	case strings.HasPrefix(text, "new-") && !shape.custom:
		check.mustAt("extension_type", "7.3", "an extension does not define a type of the standard anew", "use property-extension")
	}
	if declared && !slices.Contains(extensionTypes.terms, text) {
		check.mustAt("extension_type", "10.5", "this value comes from its enumeration", extensionTypes.hint)
	}
	if known := knownExtensions[key]; known != nil && text == "property-extension" {
		check.members(known, fields, false)
		return
	}
	for name, member := range fields {
		check.enter(name)
		// The standard itself has a property named id, which is too short.
		if broken := propertyNameBroken(name); broken != "" && defined && name != "id" {
			check.must("7.3.2", broken, "use a–z, 0–9 and underscores")
		}
		check.anything(member)
		check.leave()
	}
}

// customExtension checks an extension without a definition, which only
// observables have, and which is deprecated. STIX 2.1 §11.3
func (check *checker) customExtension(shape *shape, key string, fields map[string]any) {
	check.should("3.2", "the key of an extension is the id of its definition, or predefined", "define it by an extension-definition, and use its id")
	if shape.families&familySCO == 0 || check.container != nil {
		return
	}
	if !strings.HasSuffix(key, "-ext") || len(key) > 250 || !onlyOf(key, typeNameBytes) {
		check.must("11.3.1", "the name of a custom extension is made of a–z, 0–9 and hyphens, and ends in -ext", "name it like x-example-ext")
	}
	if len(fields) == 0 {
		check.must("11.3.1", "a custom extension has at least one property", "leave it out")
	}
	for name := range fields {
		if broken := propertyNameBroken(name); broken != "" {
			check.mustAt(name, "11.3.1", broken, "use a–z, 0–9 and underscores")
		}
	}
}

// observableContainer checks the deprecated objects property of observed data.
// Its members may also be those of STIX 2.0. STIX 2.1 §2.13
func (check *checker) observableContainer(value any) {
	container, ok := value.(map[string]any)
	if !ok || len(container) == 0 {
		check.must("2.13", "this is an object of observables, and not empty", "use object_refs, or put the observables in braces")
		return
	}
	check.container = container
	for key, value := range container {
		check.enter(key)
		member, ok := value.(map[string]any)
		memberType, _ := member["type"].(string)
		shape := shapeOf(memberType)
		switch {
		case !ok || memberType == "" || shape != nil && shape.families&familySCO == 0:
			check.must("2.13", "a member of a container is a cyber-observable object", "leave it out, and relate it to the observed data")
		case shape == nil:
			check.anything(member)
		default:
			defanged, undeclared := check.defanged, check.undeclared
			check.defanged, check.undeclared = member["defanged"] == true, !declaresProperties(member)
			check.members(shape, member, true)
			check.defanged, check.undeclared = defanged, undeclared
		}
		check.leave()
	}
	check.container = nil
	if !connected(container) {
		check.must("4.14", "objects that are not related to each other are not in one observation", "make an observed-data of each")
	}
}

// connected reports whether the members of a container are related to each
// other, by references in either direction.
func connected(container map[string]any) bool {
	neighbours := map[string][]string{}
	for key, member := range container {
		references(member, func(target string) {
			if _, ok := container[target]; ok {
				neighbours[key] = append(neighbours[key], target)
				neighbours[target] = append(neighbours[target], key)
			}
		})
	}
	reached := map[string]bool{}
	var todo []string
	for key := range container {
		reached[key], todo = true, append(todo, key)
		break
	}
	for len(todo) > 0 {
		key := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, next := range neighbours[key] {
			if !reached[next] {
				reached[next], todo = true, append(todo, next)
			}
		}
	}
	return len(reached) == len(container)
}

// references yields each string of a _ref or _refs property, at any depth.
func references(value any, yield func(target string)) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			text, single := member.(string)
			list, _ := member.([]any)
			switch {
			case single && strings.HasSuffix(name, "_ref"):
				yield(text)
			case strings.HasSuffix(name, "_refs"):
				for _, item := range list {
					if text, ok := item.(string); ok {
						yield(text)
					}
				}
			default:
				references(member, yield)
			}
		}
	case []any:
		for _, item := range value {
			references(item, yield)
		}
	}
}
