// SPDX-License-Identifier: Apache-2.0

package stix

// This file gives objects and their parts other markings.

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Reasons for which markings cannot be changed so.
var (
	// ErrMarking is for a text that is neither the id of a marking definition nor,
	// for parts of an object, a language.
	ErrMarking = errors.New("stix: neither a marking definition nor a language")
	// ErrUnmarked is for a marking that is to be taken away and is not there.
	ErrUnmarked = errors.New("stix: not marked so")
)

// AddMarkings gives markings to an object or, with selectors, to parts of it,
// beside those it has. A marking is the id of a marking definition or, for parts,
// a language.
//
// An object that can have versions gets a new one, as by [Object.NewVersion], with
// its refusals; an observable without versions keeps its id. What is marked so
// already is returned unchanged. Refused are other markings ([ErrMarking]),
// selectors that lead to nothing ([ErrSelector]), and marking definitions and
// bundles ([ErrNotVersioned]). STIX 2.1 §7.2.2, §7.2.3
func (object Object) AddMarkings(edit Edit, markings []string, selectors ...string) (Object, error) {
	return object.mark(edit, markings, selectors, func(now *markingSet) error {
		now.add(markings, selectors)
		return nil
	})
}

// RemoveMarkings takes markings away from an object or, with selectors, from just
// these parts of it. An object that has no marking of the kind is returned
// unchanged; one that is marked otherwise is an error, [ErrUnmarked]. Otherwise
// it is as [Object.AddMarkings]. STIX 2.1 §7.2.2, §7.2.3
func (object Object) RemoveMarkings(edit Edit, markings []string, selectors ...string) (Object, error) {
	return object.mark(edit, markings, selectors, func(now *markingSet) error {
		return now.remove(selectors, func(marking string) bool { return slices.Contains(markings, marking) })
	})
}

// SetMarkings puts markings in the place of all that an object has or, with
// selectors, of all that just these parts have; languages of the parts too.
// Otherwise it is as [Object.AddMarkings]. STIX 2.1 §7.2.2, §7.2.3
func (object Object) SetMarkings(edit Edit, markings []string, selectors ...string) (Object, error) {
	return object.mark(edit, markings, selectors, func(now *markingSet) error {
		err := now.remove(selectors, func(string) bool { return true })
		if errors.Is(err, ErrUnmarked) {
			err = nil
		}
		now.add(markings, selectors)
		return err
	})
}

// ClearMarkings takes all markings away from an object or, with selectors, from
// just these parts, languages too. Otherwise it is as [Object.RemoveMarkings].
// STIX 2.1 §7.2.2, §7.2.3
func (object Object) ClearMarkings(edit Edit, selectors ...string) (Object, error) {
	return object.mark(edit, nil, selectors, func(now *markingSet) error {
		return now.remove(selectors, func(string) bool { return true })
	})
}

// mark checks what is asked, lets change do it, and writes what has changed.
func (object Object) mark(edit Edit, markings, selectors []string, change func(*markingSet) error) (Object, error) {
	for _, marking := range markings {
		_, _, identifies := SplitID(marking)
		if isMarking(marking) && identifies || len(selectors) > 0 && !isMarking(marking) && language(marking) == "" {
			continue
		}
		return Object{}, fmt.Errorf("%w: %.80q", ErrMarking, marking)
	}
	for _, selector := range selectors {
		if _, err := object.Select(selector); err != nil {
			return Object{}, err
		}
	}
	before := markingSet{object: object.Markings(), parts: object.GranularMarkings()}
	now := markingSet{object: object.Markings(), parts: object.GranularMarkings()}
	if err := change(&now); err != nil {
		return Object{}, err
	}
	changes := map[string]any{}
	if !slices.Equal(now.object, before.object) {
		changes["object_marking_refs"] = orNothing(now.object)
	}
	if !reflect.DeepEqual(now.parts, before.parts) {
		changes["granular_markings"] = orNothing(now.written())
	}
	switch {
	case len(changes) == 0:
		return object, nil
	case object.Versioned():
		return object.version(edit, changes)
	case object.Type() == "marking-definition" || object.Type() == "bundle":
		return Object{}, fmt.Errorf("%w: %s", ErrNotVersioned, object.Type())
	}
	marked, err := object.rewrite(changes)
	if err != nil {
		return Object{}, err
	}
	if err := holdsRules(object, marked); err != nil {
		return Object{}, err
	}
	return marked, nil
}

// A markingSet is all markings of one object.
type markingSet struct {
	object []string
	parts  []GranularMarking
}

func (set *markingSet) add(markings, selectors []string) {
	for _, marking := range markings {
		if len(selectors) == 0 {
			if !slices.Contains(set.object, marking) {
				set.object = append(set.object, marking)
			}
			continue
		}
		part := GranularMarking{Lang: marking}
		if isMarking(marking) {
			part = GranularMarking{Ref: marking}
		}
		at := slices.IndexFunc(set.parts, func(other GranularMarking) bool { return other.Ref == part.Ref && other.Lang == part.Lang })
		if at < 0 {
			at = len(set.parts)
			set.parts = append(set.parts, part)
		}
		for _, selector := range selectors {
			if !set.has(part, selector) {
				set.parts[at].Selectors = append(set.parts[at].Selectors, selector)
			}
		}
	}
}

// has reports whether a part has just this marking already, in any entry.
func (set *markingSet) has(part GranularMarking, selector string) bool {
	return slices.ContainsFunc(set.parts, func(other GranularMarking) bool {
		return other.Ref == part.Ref && other.Lang == part.Lang && slices.Contains(other.Selectors, selector)
	})
}

// remove takes away what which says. It fails if there are markings and none of
// them is meant.
func (set *markingSet) remove(selectors []string, which func(marking string) bool) error {
	if len(selectors) == 0 {
		kept := slices.DeleteFunc(slices.Clone(set.object), which)
		if len(kept) == len(set.object) && len(set.object) > 0 {
			return ErrUnmarked
		}
		set.object = kept
		return nil
	}
	removed := false
	var kept []GranularMarking
	for _, part := range set.parts {
		if !which(part.Ref + part.Lang) {
			kept = append(kept, part)
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(part.Selectors), func(selector string) bool { return slices.Contains(selectors, selector) })
		removed = removed || len(rest) < len(part.Selectors)
		if len(rest) > 0 {
			kept = append(kept, GranularMarking{Ref: part.Ref, Lang: part.Lang, Selectors: rest})
		}
	}
	if !removed && len(set.parts) > 0 {
		return fmt.Errorf("%w: %.80q", ErrUnmarked, selectors)
	}
	set.parts = kept
	return nil
}

// written is the granular markings as a property.
func (set *markingSet) written() []any {
	var list []any
	for _, part := range set.parts {
		entry := map[string]any{"selectors": part.Selectors}
		if part.Ref != "" {
			entry["marking_ref"] = part.Ref
		}
		if part.Lang != "" {
			entry["lang"] = part.Lang
		}
		list = append(list, entry)
	}
	return list
}

// orNothing is a list as a property: an empty one is left out. STIX 2.1 §2.12
func orNothing[T any](list []T) any {
	if len(list) == 0 {
		return nil
	}
	return list
}
