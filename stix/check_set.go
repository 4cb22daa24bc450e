// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the rules between the objects of a set. facts.go keeps what
// they need to know of objects that have gone by.

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// between checks an object of a set against those before it, and keeps what
// those after it need. waits says that a rule must wait for the rest.
// STIX 2.1 §2.9, §3.2, §3.6
func (check *checker) between(set *Set, tree map[string]any) (waits bool) {
	index := set.index
	set.index++
	objectType, unique, ok := splitRef(tree, "id")
	if !ok {
		return false
	}
	known := &set.facts
	this, reused := known.of(objectType, unique)
	// Two observables of different types whose contributing properties are the same
	// have one UUID by the standard's own method. STIX 2.1 §2.9
	if reused && unique.Version() != 5 {
		check.mustAt("id", "2.9", "one UUID is not used for objects of two types", "make a new id")
	}
	shape := shapeOf(objectType)
	if shape == nil || shape.families&familySCO == 0 {
		check.version(known, this, tree)
	}
	switch objectType {
	case "file", "artifact":
		known.keepHashes(this, tree)
	case "malware":
		this.family, _ = tree["is_family"].(bool)
		this.instance = tree["is_family"] == false
		if samples := sampleIDs(tree); this.instance && len(samples) > 1 {
			known.waiting = append(known.waiting, late{index: index, samples: samples})
			return true
		}
	case "relationship":
		if tree["relationship_type"] == "variant-of" {
			return check.variant(known, index, tree)
		}
	case "marking-definition":
		check.circle(known, unique, tree)
	case "language-content":
		if targetType, target, ok := splitRef(tree, "object_ref"); ok {
			waiting := late{index: index, targetType: strings.Clone(targetType), target: target, contents: contentsForm(tree)}
			if at, ok := timeOf(tree, "object_modified"); ok {
				waiting.dated, waiting.at = true, momentOf(at)
			}
			// Which version is the latest only the end shows, but not which is named.
			if before := known.find(targetType, target); waiting.dated && before != nil {
				if _, ok := known.version(before, waiting.at); ok {
					check.late(known, waiting)
					return false
				}
			}
			known.waiting = append(known.waiting, waiting)
			return true
		}
	}
	return false
}

// version checks one version against those of its id met before.
func (check *checker) version(known *facts, this *fact, tree map[string]any) {
	if at, ok := timeOf(tree, "created"); ok {
		if created := momentOf(at); !this.dated {
			this.dated, this.created = true, created
		} else if created != this.created {
			check.mustAt("created", "3.2", "all versions of an object have the same created", "write the created of the first version")
		}
	}
	// Who was not named before may be named now: an anonymous creator is one too.
	if _, unique, ok := splitRef(tree, "created_by_ref"); ok {
		if creator := known.creator(unique); this.creator == 0 {
			this.creator = creator
		} else if creator != this.creator {
			check.mustAt("created_by_ref", "3.6", "only the creator of an object makes new versions of it", "make a new object, derived-from this one")
		}
	}
	modified, ok := timeOf(tree, "modified")
	if !ok {
		return
	}
	at, said := momentOf(modified), state{sum: known.sum(tree)}
	if before, ok := known.version(this, at); !ok {
		said.form = known.form(tree)
		known.keepVersion(this, at, said)
	} else if before.sum != said.sum {
		check.mustAt("modified", "3.6", "objects with the same id and modified are the same", "give the newer one a later modified")
	}
	revoked, ended := known.revoked[this.number]
	if ended && at.after(revoked) {
		check.mustAt("modified", "3.6", "there is no version after the one that revoked the object", "make a new object")
	}
	if tree["revoked"] == true {
		if this.latest.after(at) {
			check.mustAt("revoked", "3.6", "there is no version after the one that revoked the object, and here a later one came before it", "revoke it in a version later than all")
		}
		if !ended || revoked.after(at) {
			known.revoked[this.number] = at
		}
	}
}

// circle: a marking does not mark itself, neither directly nor by way of others.
// STIX 2.1 §3.2
func (check *checker) circle(known *facts, unique uuid.UUID, tree map[string]any) {
	var by []uuid.UUID
	collect := func(id any) {
		text, _ := id.(string)
		if _, marking, ok := SplitID(text); ok && marking != unique {
			by = append(by, marking)
		}
	}
	list, _ := tree["object_marking_refs"].([]any)
	for _, id := range list {
		collect(id)
	}
	list, _ = tree["granular_markings"].([]any)
	for _, item := range list {
		marking, _ := item.(map[string]any)
		collect(marking["marking_ref"])
	}
	if len(by) == 0 {
		return
	}
	known.markedBy[unique] = by
	seen := map[uuid.UUID]bool{}
	todo := by
	for len(todo) > 0 {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if next == unique {
			check.mustAt("object_marking_refs", "3.2", "a marking definition does not mark itself, nor do those that mark it lead back to it", "break the circle")
			return
		}
		if !seen[next] {
			seen[next] = true
			todo = append(todo, known.markedBy[next]...)
		}
	}
}

// variant checks whether a family is said to be a variant of one instance, or
// waits until both malwares are known. STIX 2.1 §4.11.2
func (check *checker) variant(known *facts, index int, tree map[string]any) (waits bool) {
	sourceType, source, ok1 := splitRef(tree, "source_ref")
	targetType, target, ok2 := splitRef(tree, "target_ref")
	if !ok1 || !ok2 || sourceType != "malware" || targetType != "malware" {
		return false
	}
	waiting := late{index: index, variant: source, target: target}
	if known.find("malware", source) == nil || known.find("malware", target) == nil {
		known.waiting = append(known.waiting, waiting)
		return true
	}
	check.late(known, waiting)
	return false
}

// A late is a rule that waits for other objects of its set: what it needs of its
// own object, and not the object.
type late struct {
	index      int
	targetType string
	target     uuid.UUID
	variant    uuid.UUID // the malware said to be a variant of the target
	samples    []string  // or the ids of the samples of an instance
	contents   []byte    // or the form of the translations of the target,
	dated      bool      // and of which version
	at         moment
}

func (check *checker) late(known *facts, late late) {
	switch {
	case late.contents != nil:
		check.translation(known, late)
	case late.samples != nil:
		check.oneBinary(known, late)
	default:
		source, target := known.find("malware", late.variant), known.find("malware", late.target)
		if source != nil && target != nil && source.family && target.instance {
			check.mustAt("relationship_type", "4.11.2", "a family of malware is no variant of one instance", "turn the relationship round")
		}
	}
}

// oneBinary: all samples of one instance are the same bytes, so that no two have
// different hashes of one algorithm. STIX 2.1 §4.11.1
func (check *checker) oneBinary(known *facts, late late) {
	hashes := map[string]uint64{}
	for i, id := range late.samples {
		objectType, unique, _ := SplitID(id)
		sample := known.find(objectType, unique)
		if sample == nil {
			continue
		}
		for _, hash := range known.hashes[sample.number] {
			before, ok := hashes[hash.algorithm]
			if !ok {
				hashes[hash.algorithm] = hash.sum
			} else if before != hash.sum {
				check.enter("sample_refs")
				check.enterIndex(i)
				check.must("4.11.1", "the samples of one instance are the same binary data", "set is_family to true, or leave the others out")
				check.leave()
				check.leave()
				return
			}
		}
	}
}

// translation checks language content against the object it translates, if that
// is there: the version it names, or else the latest. STIX 2.1 §7.1
func (check *checker) translation(known *facts, late late) {
	target := known.find(late.targetType, late.target)
	if target == nil || target.state.form == 0 {
		return
	}
	translated := target.state
	if late.dated {
		named, ok := known.version(target, late.at)
		if !ok {
			check.mustAt("object_modified", "7.1", "this is the modified time of the object that is translated", "name a version that is there")
			return
		}
		translated = named
	}
	_, value, err := decode(late.contents)
	contents, ok := value.(map[string]any)
	if err != nil || !ok {
		return
	}
	for language, value := range contents {
		check.enter("contents")
		check.enter(language)
		check.translated(newOutline(known.outlines[translated.form]), value)
		check.leave()
		check.leave()
	}
}

// contentsForm is the contents of language content as JSON text, whose strings
// say only whether there is something in them.
func contentsForm(tree map[string]any) []byte {
	written, err := json.Marshal(withoutText(tree["contents"]))
	if err != nil {
		return []byte("null") // what was parsed can be written
	}
	return written
}

func withoutText(value any) any {
	switch value := value.(type) {
	case string:
		if value != "" {
			return "x"
		}
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = withoutText(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[name] = withoutText(member)
		}
		return object
	}
	return value
}

// translated checks one value against the form of what it translates.
func (check *checker) translated(original outline, value any) {
	const sentence = "a translation has the form of the original, and a list its length"
	switch original.kind {
	case formText:
		if !isText(value) {
			check.must("7.1", sentence, "write text, as the original is")
		}
	case formObject:
		fields, ok := value.(map[string]any)
		if !ok {
			check.must("7.1", sentence, "write an object, as the original is")
			return
		}
		for name, member := range fields {
			if original, ok := original.members[nameSum(name)]; ok {
				check.enter(name)
				check.translated(original, member)
				check.leave()
			}
		}
	case formList:
		list, ok := value.([]any)
		if !ok || len(list) != len(original.items) {
			check.must("7.1", sentence, "leave what is not translated as an empty string")
			return
		}
		for i, item := range list {
			if item == "" {
				continue
			}
			check.enterIndex(i)
			check.translated(original.items[i], item)
			check.leave()
		}
	}
}

// sampleIDs are the ids in sample_refs.
func sampleIDs(tree map[string]any) (ids []string) {
	list, _ := tree["sample_refs"].([]any)
	for _, item := range list {
		if id, ok := item.(string); ok {
			ids = append(ids, strings.Clone(id)) // and not the object it stands in
		}
	}
	return ids
}
