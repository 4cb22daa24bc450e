// SPDX-License-Identifier: Apache-2.0

package stix

// This file turns the observables inside observed data of STIX 2.0 into objects
// of their own.

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// A container is the objects property of observed data, being taken apart.
// STIX 2.1 §2.13
type container struct {
	of    *upgrade
	parts map[string]*upgrade // by key
	keys  []string            // in the order of their numbers
	ids   map[string]string
	// images are the keys of files that are made of the names of processes, and the
	// keys of those.
	images map[string]string
	// parted and whole are the markings of the observed data.
	parted []GranularMarking
	whole  []string
	// own are the keys of those that get an id of their own, though one could be
	// computed: another object has it.
	own map[string]bool
}

// observed takes the observables out of observed data, and leaves references.
func (up *upgrader) observed(one *upgrade) []Upgraded {
	objects, ok := one.tree["objects"].(map[string]any)
	if !ok {
		return nil
	}
	box := &container{
		of: one, parts: map[string]*upgrade{}, own: map[string]bool{}, images: map[string]string{},
		parted: one.object.GranularMarkings(), whole: one.object.Markings(),
	}
	for _, key := range slices.SortedFunc(maps.Keys(objects), byNumber) {
		path := "objects." + key
		tree, ok := objects[key].(map[string]any)
		if objectType, named := tree["type"].(string); !ok || !named || !typeName(objectType) {
			one.note(Lost, path, "an observable without a type")
			continue
		}
		box.put(key, tree)
	}
	for _, key := range slices.Clone(box.keys) {
		box.rename(key)
	}
	results := up.settle(box)
	var refs []any
	at := map[string]int{}
	for i, result := range results {
		if result.Objects == nil {
			continue // it could not be written, and that is told
		}
		key := box.keys[i]
		id := box.ids[key]
		if _, twice := at[id]; !twice {
			at[id] = len(refs)
			refs = append(refs, id)
		}
		// Whatever was marked in an observable is what its id is made of.
		here := place{fmt.Sprintf("object_refs.[%d]", at[id]), true}
		path := box.path(key)
		one.moves[path] = append(one.moves[path], here)
		if process, image := box.images[key]; image {
			whole := "objects." + process
			one.moves[path] = append(one.moves[path], one.moves[whole]...)
			one.moves[whole] = append(one.moves[whole], here)
		}
		one.note(Changed, path, "is now %s", id)
		if up.given(result.Objects[0]) {
			results[i].Objects = nil
		}
	}
	if len(refs) == 0 {
		return nil
	}
	before, _ := one.tree["object_refs"].([]any)
	one.tree["object_refs"] = append(before, refs...)
	one.moves["objects"] = []place{{"object_refs", true}}
	delete(one.tree, "objects")
	return results
}

// given notes an object as given out, and reports whether it was already.
func (up *upgrader) given(object Object) bool {
	sum := saying(object)
	before, known := up.seen[object.ID()]
	up.seen[object.ID()] = sum
	return known && before == sum
}

// saying is a sum of what an object says, however it is written.
func saying(object Object) [sha256.Size]byte {
	tree := object.Map()
	delete(tree, "spec_version")
	written, err := json.Marshal(tree, json.Deterministic(true))
	if err != nil {
		written = object.Raw() // what was parsed can be written
	}
	return sha256.Sum256(written)
}

func byNumber(a, b string) int {
	first, _ := strconv.Atoi(a)
	second, _ := strconv.Atoi(b)
	return cmp.Or(cmp.Compare(first, second), strings.Compare(a, b))
}

func (box *container) put(key string, tree map[string]any) {
	box.keys = append(box.keys, key)
	box.parts[key] = &upgrade{tree: tree, moves: map[string][]place{}}
}

// path is a selector of a part in the observed data.
func (box *container) path(key string) string {
	if process, image := box.images[key]; image {
		return "objects." + process + ".name"
	}
	return "objects." + key
}

// placed gives the changes of a part their place in the observed data.
func (box *container) placed(part *upgrade, key string) {
	at := box.path(key)
	for i := range part.changes {
		part.changes[i].Object = part.id
		part.changes[i].Path = strings.TrimSuffix(at+"."+part.changes[i].Path, ".")
	}
}

// rename gives the properties of one observable their names of STIX 2.1.
func (box *container) rename(key string) {
	part := box.parts[key]
	objectType := part.tree["type"].(string)
	part.tree["spec_version"] = "2.1"
	for _, before := range slices.Sorted(maps.Keys(renamed[objectType])) {
		after := renamed[objectType][before]
		value, there := part.tree[before]
		if !there {
			continue
		}
		if _, taken := part.tree[after]; taken {
			part.aside(after, "a custom property whose name STIX 2.1 uses otherwise")
		}
		part.tree[after] = value
		delete(part.tree, before)
		part.moves[before] = places(after)
		part.note(Changed, before, "is now %s", after)
	}
	for _, name := range withdrawn[objectType] {
		if _, there := part.tree[name]; there {
			part.aside(name, "STIX 2.1 has no such property")
		}
	}
	extensions, _ := part.tree["extensions"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(extensions)) {
		fields, _ := extensions[name].(map[string]any)
		for field, to := range withdrawnInside[name] {
			if value, there := fields[field]; there {
				delete(fields, field)
				part.keep("extensions."+name+"."+field, to, value, "STIX 2.1 has no such property")
				part.emptied(extensions, name)
			}
		}
	}
	part.headers(extensions)
	renameHashes(part.tree, "", part)
	if name, named := part.tree["name"].(string); named && objectType == "process" {
		box.image(key, part, name)
	}
}

// emptied takes out an extension that nothing is left of.
func (part *upgrade) emptied(extensions map[string]any, name string) {
	if fields, _ := extensions[name].(map[string]any); len(fields) == 0 {
		delete(extensions, name)
	}
	if len(extensions) == 0 {
		delete(part.tree, "extensions")
	}
}

// headers makes lists of the fields of headers, which STIX 2.0 had as text.
// STIX 2.1 §6.6, §6.12.2
func (part *upgrade) headers(extensions map[string]any) {
	request, _ := extensions["http-request-ext"].(map[string]any)
	lists := func(path string, value any) {
		header, _ := value.(map[string]any)
		for _, field := range sortedNames(header) {
			if text, ok := header[field].(string); ok {
				header[field] = []any{text}
				part.note(Changed, path+field, "a list of one")
			}
		}
	}
	lists("extensions.http-request-ext.request_header.", request["request_header"])
	if part.tree["type"] == "email-message" {
		lists("additional_header_fields.", part.tree["additional_header_fields"])
	}
}

// image makes the name of a process, which STIX 2.1 has not, the name of its image,
// as the paths of patterns do.
func (box *container) image(key string, part *upgrade, name string) {
	_, imaged := part.tree["image_ref"]
	ref, _ := part.tree["image_ref"].(string)
	file := box.parts[ref]
	switch {
	case !imaged:
		image := key + ".image"
		for box.parts[image] != nil {
			image += "_"
		}
		box.images[image] = key
		box.put(image, map[string]any{"type": "file", "spec_version": "2.1", "name": name})
		part.tree["image_ref"] = image
		delete(part.tree, "name")
		part.moves["name"] = []place{{"image_ref", true}}
		part.note(Guessed, "name", "the name of its image, a file of its own")
	case file != nil && file.tree["name"] == name:
		delete(part.tree, "name")
		part.moves["name"] = []place{{"image_ref", true}}
		part.note(Changed, "name", "said by the file in image_ref")
	default:
		part.aside("name", "STIX 2.1 has no such property, and the image has another name")
	}
}

// renameHashes writes hash algorithms as STIX 2.1 does, wherever hashes are.
func renameHashes(value any, path string, one *upgrade) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range sortedNames(value) {
			here := strings.TrimPrefix(path+"."+name, ".")
			member, dictionary := value[name].(map[string]any)
			if !dictionary || name != "hashes" && !strings.HasSuffix(name, "_hashes") {
				if !strings.HasPrefix(name, "x_") && !strings.HasPrefix(name, "x-") {
					renameHashes(value[name], here, one)
				}
				continue
			}
			for _, before := range sortedNames(member) {
				after := hashName(before)
				if _, taken := member[after]; taken {
					continue
				}
				member[after] = member[before]
				delete(member, before)
				one.moves[here+"."+before] = places(here + "." + after)
				one.note(Changed, here+"."+before, "written %s", after)
			}
		}
	case []any:
		for i, item := range value {
			renameHashes(item, fmt.Sprintf("%s.[%d]", path, i), one)
		}
	}
}

// settle gives ids until no observable has the id of another that says other
// things, and writes them all. An id of one's own changes what refers to it, and so
// perhaps the ids of others; after some rounds all get their own.
func (up *upgrader) settle(box *container) []Upgraded {
	const rounds = 4
	for round := 0; ; round++ {
		box.ids = map[string]string{}
		for _, key := range box.keys {
			box.identify(key, map[string]bool{})
		}
		results := make([]Upgraded, len(box.keys))
		here := map[string][sha256.Size]byte{}
		clash := false
		for i, key := range box.keys {
			results[i] = box.write(key)
			if results[i].Objects == nil {
				continue
			}
			id, sum := box.ids[key], saying(results[i].Objects[0])
			before, known := here[id]
			if !known {
				before, known = up.seen[id]
			}
			here[id] = sum
			if known && before != sum && !box.own[key] {
				box.own[key], clash = true, true
			}
		}
		if !clash {
			return results
		}
		if round == rounds {
			for _, key := range box.keys {
				box.own[key] = true
			}
		}
	}
}

// identify finds the id of an observable, after those that its own is made of.
// open are the keys on the way: where they form a ring, or go on and on, one gets
// a random id.
func (box *container) identify(key string, open map[string]bool) string {
	if id, known := box.ids[key]; known {
		return id
	}
	part := box.parts[key]
	objectType := part.tree["type"].(string)
	if open[key] || len(open) > MaxDepth || box.own[key] {
		box.ids[key] = objectType + "--" + box.random(key)
		return box.ids[key]
	}
	open[key] = true
	defer delete(open, key)
	made := map[string]any{}
	for _, name := range ContributingProperties(objectType) {
		if value, there := part.tree[name]; there {
			made[name] = box.refer(name, copyValue(value), func(target string) string { return box.identify(target, open) })
		}
	}
	id, err := deterministicID(objectType, made)
	if err != nil {
		id = objectType + "--" + box.random(key)
	}
	if earlier, known := box.ids[key]; known {
		return earlier // it was met again on the way round
	}
	box.ids[key] = id
	return id
}

// random is a UUID of version 4 that is made of what there is, so that the same
// input always gives the same.
func (box *container) random(key string) string {
	seed := box.of.id + "\n" + box.of.object.ModifiedText() + "\n" + key
	sum := sha256.Sum256([]byte(seed))
	unique := uuid.UUID(sum[:16])
	unique[6] = unique[6]&0x0f | 0x40
	unique[8] = unique[8]&0x3f | 0x80
	return unique.String()
}

// refer replaces the keys that references hold, in a value that has a name. Those
// that lead nowhere stay.
func (box *container) refer(name string, value any, id func(key string) string) any {
	switch value := value.(type) {
	case string:
		if strings.HasSuffix(name, "_ref") && box.parts[value] != nil {
			return id(value)
		}
	case []any:
		if strings.HasSuffix(name, "_refs") {
			name = strings.TrimSuffix(name, "s") // each item is one
		}
		for i, item := range value {
			value[i] = box.refer(name, item, id)
		}
	case map[string]any:
		for _, inner := range sortedNames(value) {
			value[inner] = box.refer(inner, value[inner], id)
		}
	}
	return value
}

// write makes the object of an observable.
func (box *container) write(key string) Upgraded {
	part := box.parts[key]
	one := &upgrade{
		object: box.of.object, tree: copyValue(part.tree).(map[string]any), id: box.ids[key],
		changes: slices.Clone(part.changes), moves: part.moves,
	}
	for _, name := range sortedNames(one.tree) {
		one.tree[name] = box.refer(name, one.tree[name], func(target string) string { return box.ids[target] })
	}
	one.tree["id"] = one.id
	if box.own[key] {
		one.note(Guessed, "", "an id of its own: another object with the deterministic id says other things")
	}
	box.mark(key, one)
	one.dangling(one.tree, "")
	object, err := FromMap(one.tree)
	if err != nil {
		one.note(Lost, "", "it cannot be written: %v", err)
		box.placed(one, key)
		return Upgraded{Changes: one.changes}
	}
	box.placed(one, key)
	return Upgraded{Objects: []Object{object}, Changes: append(one.changes, broken21(object)...)}
}

// dangling takes out references of STIX 2.0 that lead nowhere.
func (one *upgrade) dangling(tree map[string]any, path string) {
	lost := func(here string, id any) bool {
		text, ok := id.(string)
		if _, _, identifies := SplitID(text); !ok || identifies {
			return false
		}
		one.note(Lost, here, "a reference to %.40q, which is not there", text)
		return true
	}
	for _, name := range sortedNames(tree) {
		here := strings.TrimPrefix(path+"."+name, ".")
		switch value := tree[name].(type) {
		case string:
			if strings.HasSuffix(name, "_ref") && lost(here, value) {
				delete(tree, name)
			}
		case []any:
			left := value[:0:0]
			for i, item := range value {
				inner, nested := item.(map[string]any)
				if nested {
					one.dangling(inner, fmt.Sprintf("%s.[%d]", here, i))
				}
				if nested || !strings.HasSuffix(name, "_refs") || !lost(fmt.Sprintf("%s.[%d]", here, i), item) {
					left = append(left, item)
				}
			}
			tree[name] = left
			if len(left) == 0 && len(value) > 0 {
				delete(tree, name)
			}
		case map[string]any:
			one.dangling(value, here)
		}
	}
}

// mark marks an observable as it was marked inside the observed data. The file made
// of the name of a process is marked as the name was.
func (box *container) mark(key string, one *upgrade) {
	at := box.path(key)
	if whole := nearestMarkings(box.parted, box.whole, at); len(whole) > 0 {
		list, _ := one.tree["object_marking_refs"].([]any)
		for _, id := range whole {
			if !slices.Contains(list, any(id)) {
				list = append(list, id)
			}
		}
		one.tree["object_marking_refs"] = list
		one.note(Changed, "", "marked as the observed data was here")
	}
	list, _ := one.tree["granular_markings"].([]any)
	marked := len(list)
	for _, marking := range box.parted {
		var inside []string
		for _, selector := range marking.Selectors {
			if rest, ok := strings.CutPrefix(selector, at+"."); ok {
				inside = append(inside, one.movedTo(rest)...)
			}
		}
		if len(inside) > 0 && marking.Ref != "" {
			list = append(list, map[string]any{"marking_ref": marking.Ref, "selectors": inside})
		}
	}
	if len(list) > marked {
		one.tree["granular_markings"] = list
		one.note(Changed, "", "parts marked as they were in the observed data")
	}
}
