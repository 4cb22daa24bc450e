// SPDX-License-Identifier: Apache-2.0

package stix

// This file turns objects of STIX 2.0 into objects of STIX 2.1, and reports how.

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A ChangeKind says what became of a part of a STIX 2.0 object.
type ChangeKind string

// What can become of a part.
const (
	// Changed is said in another way in STIX 2.1, and means the same.
	Changed ChangeKind = "changed"
	// Guessed is what STIX 2.1 asks for and STIX 2.0 does not say.
	Guessed ChangeKind = "guessed"
	// Kept has no place in STIX 2.1 and stands in a property of its own, whose name
	// begins with x_stix20_.
	Kept ChangeKind = "kept"
	// Lost could not be carried.
	Lost ChangeKind = "lost"
	// Invalid is carried, but breaks a MUST rule of STIX 2.1.
	Invalid ChangeKind = "invalid"
)

// Carried reports whether what is of the kind came over whole.
func (kind ChangeKind) Carried() bool { return kind != Lost && kind != Invalid }

// A Change is what became of one part of an object.
type Change struct {
	// Object is the id of the STIX 2.1 object that it is about.
	Object string `json:"object"`
	// Path is a selector of the part, as the STIX 2.0 object has it; where Kind is
	// Invalid, as the STIX 2.1 object has it. It is empty for the whole object.
	Path string     `json:"path"`
	Kind ChangeKind `json:"kind"`
	Text string     `json:"text"`
}

// An Upgraded object is what came of one object that was read.
type Upgraded struct {
	// From is the version it was written in, such as "2.0".
	From string
	// Objects are in STIX 2.1: the observables of observed data first, then the
	// object itself. One of 2.1 is the very object that was read. It is empty for
	// another version, and then a change says so.
	Objects []Object
	// Changes are in the order of the objects.
	Changes []Change
}

// Upgrade turns objects of STIX 2.0 into objects of STIX 2.1, one by one as they
// are read; it goes well with [ReadBundle]. Objects of 2.1 pass unchanged, byte
// for byte. Errors pass too, and the objects after them follow.
//
// Ids, creators and times stay, so that references to an object hold and the
// creator's next version is still a version of it. Observables in observed data
// become objects with deterministic ids, or ids made of the observed data's where
// §2.9 wants random ones: the same input always gives the same output. They are
// marked as they were inside the observed data. One that says other things than an
// observable of the same id before it gets an id of its own. An observable met
// again is not repeated; to know them, some hundred bytes are kept for each.
//
// What an upgrade cannot know it guesses, and says so; what has no place stays in a custom property; nothing is dropped without
// a [Change] of kind [Lost]. What comes out is checked, and each MUST rule that it
// breaks is a change of kind [Invalid]: none, for valid STIX 2.0. The bytes of
// upgraded objects are canonical. STIX 2.1 §1.6, RFC 8785
func Upgrade(objects iter.Seq2[Object, error]) iter.Seq2[Upgraded, error] {
	return func(yield func(Upgraded, error) bool) {
		up := upgrader{seen: map[string][sha256.Size]byte{}}
		for object, err := range objects {
			var upgraded Upgraded
			if err == nil {
				upgraded = up.object(object)
			}
			if !yield(upgraded, err) {
				return
			}
		}
	}
}

// An upgrader remembers the observables it has given out, by id.
type upgrader struct {
	seen map[string][sha256.Size]byte
}

// object upgrades one object, by the version it is written in.
func (up *upgrader) object(object Object) Upgraded {
	switch from := VersionOf(object); from {
	case "2.1":
		if observables[object.Type()] != nil {
			up.given(object)
		}
		return Upgraded{From: from, Objects: []Object{object}}
	case "2.0":
		one := &upgrade{object: object, tree: object.Map(), id: object.ID(), moves: map[string][]place{}}
		return up.upgrade(one)
	default:
		return Upgraded{From: from, Changes: []Change{{
			Object: object.ID(), Kind: Lost, Text: fmt.Sprintf("the object is of STIX %.20s, which is neither 2.0 nor 2.1", from),
		}}}
	}
}

// VersionOf tells the version of an object. One that does not name it is of 2.0 if
// it has the times that 2.0 asked of all objects; an observable on its own is of
// 2.1, which alone has such.
func VersionOf(object Object) string {
	if version, named := object.Get("spec_version"); named {
		if text, ok := version.(string); ok && text != "" {
			return text
		}
		return "2.0" // a property of the object's own, for 2.0 had no such
	}
	if _, created := object.Get("created"); created && observables[object.Type()] == nil && object.Type() != "bundle" {
		return "2.0"
	}
	return "2.1"
}

// An upgrade is the work on one object.
type upgrade struct {
	object  Object
	tree    map[string]any
	id      string
	changes []Change
	// moves are where parts went, by selectors: from one place to one or more.
	moves map[string][]place
}

// A place is where a part went. whole says that what lay in the part is no longer
// told apart from it.
type place struct {
	selector string
	whole    bool
}

func places(selectors ...string) (all []place) {
	for _, selector := range selectors {
		all = append(all, place{selector: selector})
	}
	return all
}

func (one *upgrade) note(kind ChangeKind, path, format string, args ...any) {
	one.changes = append(one.changes, Change{Object: one.id, Path: path, Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// upgrade does the work on an object of STIX 2.0.
func (up *upgrader) upgrade(one *upgrade) Upgraded {
	objectType := one.object.Type()
	if fixed, ok := fixedTLP(one.id); ok {
		one.note(Changed, "", "the marking definition as STIX 2.1 fixes it")
		for _, name := range sortedNames(one.tree) {
			if !fixed.has(name) {
				one.note(Lost, name, "a marking definition of TLP has no such property")
			}
		}
		return one.finish(fixed, nil)
	}
	one.note(Changed, "spec_version", "2.1")
	one.tree["spec_version"] = "2.1"
	one.times()
	one.labels(objectType)
	renameHashes(one.tree["external_references"], "external_references", one)
	one.spell("sectors", "defence", "defense")
	switch objectType {
	case "malware":
		one.guess("is_family", true, "a family, as STIX 2.0 names malware and has no samples of it")
	case "indicator":
		one.pattern()
	}
	var observed []Upgraded
	if objectType == "observed-data" {
		observed = up.observed(one)
	}
	if sortOf := addedTypes[objectType]; sortOf {
		one.note(Guessed, "type", "an object of STIX 2.1 that does not name its version: STIX 2.0 has no %s", objectType)
	} else {
		one.setAside(names20(objectType))
	}
	one.selectors()
	object, err := FromMap(one.tree)
	if err != nil {
		one.note(Lost, "", "it cannot be written: %v", err)
	}
	return one.finish(object, observed)
}

// finish checks the result, if there is one, and puts everything in order.
func (one *upgrade) finish(object Object, observed []Upgraded) Upgraded {
	result := Upgraded{From: "2.0"}
	for _, each := range observed {
		result.Objects = append(result.Objects, each.Objects...)
		result.Changes = append(result.Changes, each.Changes...)
	}
	result.Changes = append(result.Changes, one.changes...)
	if !object.IsZero() {
		result.Objects = append(result.Objects, object)
		result.Changes = append(result.Changes, broken21(object)...)
	}
	return result
}

// broken21 are the MUST rules that a result breaks.
func broken21(object Object) (changes []Change) {
	for _, violation := range Check(object) {
		if violation.Level == Must {
			changes = append(changes, Change{
				Object: object.ID(), Path: violation.Path, Kind: Invalid,
				Text: fmt.Sprintf("%s (STIX 2.1 §%s)", violation.Rule, violation.Section),
			})
		}
	}
	return changes
}

// times gives created and modified the milliseconds that STIX 2.1 asks for.
func (one *upgrade) times() {
	for _, name := range []string{"created", "modified"} {
		text, _ := one.tree[name].(string)
		at, err := ParseTime(text)
		if err == nil && len(text) < len("2006-01-02T15:04:05.000Z") {
			one.tree[name] = FormatTime(at)
			one.note(Changed, name, "written to the millisecond")
		}
	}
}

// labels moves the terms of a type's vocabulary, which STIX 2.0 kept in labels, to
// the property that STIX 2.1 has for them.
func (one *upgrade) labels(objectType string) {
	target, moved := labelled[objectType]
	labels, ok := one.tree["labels"].([]any)
	if _, taken := one.tree[target.property]; !moved || !ok || taken {
		return
	}
	var terms, rest []any
	for i, label := range labels {
		from := fmt.Sprintf("labels.[%d]", i)
		text, _ := label.(string)
		if target.terms == nil || slices.Contains(target.terms.terms, text) {
			one.moves[from] = places(fmt.Sprintf("%s.[%d]", target.property, len(terms)))
			one.note(Changed, from, "moved to %s", target.property)
			terms = append(terms, label)
			continue
		}
		one.moves[from] = places(fmt.Sprintf("labels.[%d]", len(rest)))
		one.note(Guessed, from, "left among the labels: no term of %s in the vocabulary", target.property)
		rest = append(rest, label)
	}
	delete(one.tree, "labels")
	if len(terms) > 0 {
		one.tree[target.property] = terms
		one.moves["labels"] = places(target.property)
	}
	if len(rest) > 0 {
		one.tree["labels"] = rest
		one.moves["labels"] = append(one.moves["labels"], places("labels")...)
	}
}

// spell writes a term of a list as STIX 2.1 spells it.
func (one *upgrade) spell(name, before, after string) {
	list, _ := one.tree[name].([]any)
	for i, item := range list {
		if item == before {
			list[i] = after
			one.note(Changed, fmt.Sprintf("%s.[%d]", name, i), "spelt %s", after)
		}
	}
}

// guess adds what STIX 2.1 asks for, if it is not there.
func (one *upgrade) guess(name string, value any, why string) {
	if _, there := one.tree[name]; !there {
		one.tree[name] = value
		one.note(Guessed, name, "%v: %s", value, why)
	}
}

// setAside moves custom properties that STIX 2.1 gives another meaning to, or
// reserves, out of its way. known are the properties of STIX 2.0.
func (one *upgrade) setAside(known []string) {
	custom := func(name string) bool { return !slices.Contains(known, name) && one.object.has(name) }
	if !slices.ContainsFunc(sortedNames(one.tree), custom) {
		return
	}
	for _, violation := range Check(Object{tree: one.tree}) {
		name, _, _ := strings.Cut(violation.Path, ".")
		if _, there := one.tree[name]; violation.Level == Must && there && custom(name) {
			one.aside(name, "a custom property whose name STIX 2.1 uses otherwise")
		}
	}
}

func (object Object) has(name string) bool {
	_, there := object.tree[name]
	return there
}

// setAsidePrefix begins the names of properties that STIX 2.1 has no place for.
const setAsidePrefix = "x_stix20_"

// aside renames a top-level property so that it stays.
func (one *upgrade) aside(name, why string) {
	value := one.tree[name]
	delete(one.tree, name)
	one.keep(name, name, value, why)
}

// keep puts a value that stood at a path into a property of its own.
func (one *upgrade) keep(path, name string, value any, why string) {
	to := setAsidePrefix + name
	for one.tree[to] != nil {
		to += "_"
	}
	one.tree[to] = value
	one.moves[path] = places(to)
	one.note(Kept, path, "as %s: %s", to, why)
}

// selectors lets granular markings follow the parts that have moved.
func (one *upgrade) selectors() {
	list, _ := one.tree["granular_markings"].([]any)
	for i, item := range list {
		marking, _ := item.(map[string]any)
		selectors, _ := marking["selectors"].([]any)
		var after []any
		for n, selector := range selectors {
			text, _ := selector.(string)
			went := one.movedTo(text)
			for _, to := range went {
				if !slices.Contains(after, any(to)) {
					after = append(after, to)
				}
			}
			if len(went) != 1 || went[0] != text {
				one.note(Changed, fmt.Sprintf("granular_markings.[%d].selectors.[%d]", i, n), "follows what it marks, to %s", strings.Join(went, " and "))
			}
		}
		if len(after) > 0 {
			marking["selectors"] = after
		}
	}
}

// movedTo are the places where a part went: those of the longest selector that it
// lies in, or else its own.
func (one *upgrade) movedTo(selector string) []string {
	for end := len(selector); end > 0; end = strings.LastIndexByte(selector[:end], '.') {
		went, found := one.moves[selector[:end]]
		if !found {
			continue
		}
		var to []string
		for _, place := range went {
			if place.whole {
				to = append(to, place.selector)
				continue
			}
			to = append(to, place.selector+selector[end:])
		}
		return to
	}
	return []string{selector}
}
