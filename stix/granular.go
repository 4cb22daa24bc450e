// SPDX-License-Identifier: Apache-2.0

package stix

// This file says which markings and which language apply to a part of an object.

import (
	"maps"
	"slices"
	"strings"
)

// A GranularMarking is one marking, or one language, of parts of an object.
// STIX 2.1 §7.2.3
type GranularMarking struct {
	// Ref is the id of a marking definition, Lang a language: one of the two.
	Ref, Lang string
	// Selectors lead to the parts.
	Selectors []string
}

// GranularMarkings are the granular markings of the object, as written.
// STIX 2.1 §7.2.3
func (object Object) GranularMarkings() []GranularMarking {
	value, _ := object.Get("granular_markings")
	list, _ := value.([]any)
	var all []GranularMarking
	for _, item := range list {
		entry, ok := item.(map[string]any)
		if !ok {
			continue
		}
		var marking GranularMarking
		marking.Ref, _ = entry["marking_ref"].(string)
		marking.Lang, _ = entry["lang"].(string)
		selectors, _ := entry["selectors"].([]any)
		for _, selector := range selectors {
			if text, ok := selector.(string); ok {
				marking.Selectors = append(marking.Selectors, text)
			}
		}
		all = append(all, marking)
	}
	return all
}

// A Reach says how far around a part markings are looked for.
type Reach int

// Here is the part alone; the others can be added to one another.
const (
	Here   Reach = 0
	Around Reach = 1 // what the part lies in, and the whole object
	Inside Reach = 2 // what lies in the part
)

// MarkingsAt returns the ids of the marking definitions that apply to a part of
// the object, sorted: those given to just this part and, by reach, to what it
// lies in and what lies in it. It fails with [ErrSelector]. Which of several
// wins is a question for [Object.EffectiveMarkings]. STIX 2.1 §7.2
func (object Object) MarkingsAt(selector string, reach Reach) ([]string, error) {
	found, err := object.appliedAt(selector, reach)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, marking := range found {
		if marking.Ref != "" {
			ids[marking.Ref] = true
		}
	}
	if reach&Around != 0 {
		for _, id := range object.Markings() {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// appliedAt are the granular markings that apply to a part, by reach.
func (object Object) appliedAt(selector string, reach Reach) ([]GranularMarking, error) {
	if _, err := object.Select(selector); err != nil {
		return nil, err
	}
	var found []GranularMarking
	for _, marking := range object.GranularMarkings() {
		if slices.ContainsFunc(marking.Selectors, func(marked string) bool {
			return marked == selector || reach&Around != 0 && within(selector, marked) || reach&Inside != 0 && within(marked, selector)
		}) {
			found = append(found, marking)
		}
	}
	return found, nil
}

// EffectiveMarkings returns the ids of the marking definitions that a part of the
// object is to be handled by: those nearest to it. Markings given to the part
// itself override those of what it lies in, and any granular marking overrides
// the markings of the object. Several given to the same place all apply, in the
// order written; what they mean together is a matter of the markings, not of the
// standard. It fails with [ErrSelector]. STIX 2.1 §7.2
func (object Object) EffectiveMarkings(selector string) ([]string, error) {
	if _, err := object.Select(selector); err != nil {
		return nil, err
	}
	return nearestMarkings(object.GranularMarkings(), object.Markings(), selector), nil
}

// nearestMarkings are those of the longest selector that a part lies in, or else
// those of the whole object.
func nearestMarkings(parts []GranularMarking, whole []string, selector string) []string {
	var ids []string
	nearest := -1
	for _, marking := range parts {
		near := nearness(selector, marking)
		if near < 0 || marking.Ref == "" {
			continue
		}
		if near > nearest {
			nearest, ids = near, nil
		}
		if near == nearest && !slices.Contains(ids, marking.Ref) {
			ids = append(ids, marking.Ref)
		}
	}
	if nearest < 0 {
		return whole
	}
	return ids
}

// Language returns the language that a part of the object is written in: that of
// the nearest granular marking, or else the object's, or else English. It fails
// with [ErrSelector]. STIX 2.1 §3.2, §7.2.3
func (object Object) Language(selector string) (string, error) {
	found, err := object.appliedAt(selector, Around)
	if err != nil {
		return "", err
	}
	written, _ := object.Get("lang")
	lang, _ := written.(string)
	if lang == "" {
		lang = "en"
	}
	nearest := -1
	for _, marking := range found {
		if marking.Lang == "" {
			continue
		}
		if near := nearness(selector, marking); near > nearest {
			nearest, lang = near, marking.Lang
		}
	}
	return lang, nil
}

// nearness is the length of the longest selector of a marking that a part lies in.
func nearness(selector string, marking GranularMarking) int {
	near := -1
	for _, marked := range marking.Selectors {
		if within(selector, marked) {
			near = max(near, len(marked))
		}
	}
	return near
}

// isMarking tells the id of a marking definition from a language.
func isMarking(text string) bool { return strings.HasPrefix(text, "marking-definition--") }
