// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the rules between the properties of meta objects: markings,
// translations, definitions of extensions.

import "slices"

// markingDefines: a marking says what it means, in the old way or by an
// extension. STIX 2.1 §7.2.1
func markingDefines(check *checker, object map[string]any) {
	kind, hasKind := object["definition_type"]
	definition, hasDefinition := object["definition"]
	_, extended := object["extensions"]
	if hasKind != hasDefinition || !hasKind && !extended {
		check.must("7.2.1", "there are definition_type and definition, or extensions", "add what is missing")
		return
	}
	fields, _ := definition.(map[string]any)
	switch kind {
	case "statement":
		if text, ok := fields["statement"].(string); !ok || text == "" {
			check.mustAt("definition", "7.2.1", "a statement marking has a statement", "add the text of it")
		}
	case "tlp":
		id, _ := object["id"].(string)
		marking, ok := findTLP(id)
		if !ok || marking.version != 1 || fields["tlp"] != marking.level || len(fields) != 1 || object["created"] != "2017-01-20T00:00:00.000Z" {
			check.mustAt("definition", "7.2.1", "a TLP marking is one of the four that the standard prints", "use TLP 2.0")
		}
	}
}

// markingFixed: a marking definition does not mark itself, and has no versions.
// STIX 2.1 §3.2, §7.2.1
func markingFixed(check *checker, object map[string]any) {
	own := object["id"]
	if list, ok := object["object_marking_refs"].([]any); ok && own != nil && slices.Contains(list, own) {
		check.mustAt("object_marking_refs", "3.2", "a marking definition does not mark itself", "take its own id out")
	}
	list, _ := object["granular_markings"].([]any)
	for _, item := range list {
		if marking, ok := item.(map[string]any); ok && own != nil && marking["marking_ref"] == own {
			check.mustAt("granular_markings", "3.2", "a marking definition does not mark itself", "take its own id out")
		}
	}
	for _, name := range []string{"modified", "revoked"} {
		if _, ok := object[name]; ok {
			check.mustAt(name, "7.2.1", "a marking definition has no versions", "make a new one instead")
		}
	}
}

// translations: keys are languages, and below them names of properties.
// STIX 2.1 §7.1
func translations(check *checker, object map[string]any) {
	contents, _ := object["contents"].(map[string]any)
	check.enter("contents")
	defer check.leave()
	for key, value := range contents {
		check.enter(key)
		if broken := language(key); broken != "" {
			check.must("7.1", broken, "write the tag of the language")
		}
		fields, ok := value.(map[string]any)
		if !ok || len(fields) == 0 {
			check.must("7.1", "a language holds an object of translated properties, and not empty", "leave the language out")
		}
		for name := range fields {
			if broken := propertyNameBroken(name); broken != "" {
				check.mustAt(name, "7.1", broken, "use the name of the property that is translated")
			}
		}
		check.leave()
	}
}

// definesExtension: what an extension defines, and what it must not define anew.
// STIX 2.1 §7.3
func definesExtension(check *checker, object map[string]any) {
	types, _ := object["extension_types"].([]any)
	topLevel := slices.Contains(types, any("toplevel-property-extension"))
	_, listed := object["extension_properties"]
	switch {
	case listed && !topLevel:
		check.mustAt("extension_properties", "7.3", "only a toplevel-property-extension lists its properties", "remove it, or add that to extension_types")
	case !listed && topLevel:
		check.shouldAt("extension_properties", "7.3.1", "a toplevel-property-extension lists the properties it adds", "add them")
	}
	if _, ok := object["description"]; !ok {
		check.shouldAt("description", "7.3.1", "an extension is described", "add a description")
	}
	list, _ := object["extension_properties"].([]any)
	for i, item := range list {
		name, ok := item.(string)
		if !ok {
			continue
		}
		check.enter("extension_properties")
		check.enterIndex(i)
		if _, common := commonRules[name]; common {
			check.must("7.3", "an extension does not define a property of the standard anew", "choose another name than "+name)
		} else if broken := propertyNameBroken(name); broken != "" {
			check.must("7.3.2", broken, "use a–z, 0–9 and underscores")
		}
		check.leave()
		check.leave()
	}
}

// tlp2Fixed: a marking of TLP 2.0 is one of the five that FIRST and OASIS print.
func tlp2Fixed(check *checker, object map[string]any) {
	extensions, _ := object["extensions"].(map[string]any)
	fields, ok := extensions[TLP2Extension].(map[string]any)
	if !ok {
		return
	}
	id, _ := object["id"].(string)
	if marking, known := findTLP(id); !known || marking.version != 2 || fields["tlp_2_0"] != marking.level {
		check.mustAt("extensions", "7.3", "a marking of TLP 2.0 is one of the five that its extension prints", "refer to the one you mean")
	}
}
