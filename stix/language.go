// SPDX-License-Identifier: Apache-2.0

package stix

// This file shows an object in another language, by its language content.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrTranslation says that language content does not fit an object.
var ErrTranslation = errors.New("stix: the translation does not fit the object")

// Translate shows an object in a language, as a language-content object has it.
// What comes back is a view, in the values of [Object.Get], and no object: the
// object itself stays what its creator wrote.
//
// Language is looked for as RFC 4647 §3.4 says: for "pt-BR" also "pt" will do.
// Items of a list that are "" stay untranslated. What the object does not have,
// and what is no text of its own (identifiers, times, terms of a vocabulary), is
// ignored. It fails with [ErrTranslation] where the content is of another object
// or another version of it, lacks the language, or is of another form than the
// property: text for a list, or a list of another length. STIX 2.1 §7.1
func (object Object) Translate(content Object, language string) (map[string]any, error) {
	if content.Type() != "language-content" {
		return nil, fmt.Errorf("%w: it is a %.40q", ErrTranslation, content.Type())
	}
	if of, _ := content.Get("object_ref"); of != object.ID() || object.ID() == "" {
		return nil, fmt.Errorf("%w: it is of another object", ErrTranslation)
	}
	if of, dated := content.Get("object_modified"); dated && of != object.ModifiedText() {
		return nil, fmt.Errorf("%w: it is of another version of the object", ErrTranslation)
	}
	value, _ := content.Get("contents")
	contents, _ := value.(map[string]any)
	key, ok := lookUpLanguage(contents, language)
	if !ok {
		return nil, fmt.Errorf("%w: it has no %.40q", ErrTranslation, language)
	}
	translation, ok := contents[key].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: contents.%.40s is not an object", ErrTranslation, key)
	}
	view := object.Map()
	for name, text := range translation {
		if original, there := view[name]; there && translatable(object.Type(), name) {
			translated, err := translate(original, text, "contents."+key+"."+name)
			if err != nil {
				return nil, err
			}
			view[name] = translated
		}
	}
	return view, nil
}

// Languages are the languages that a language-content object has, sorted.
// STIX 2.1 §7.1
func (object Object) Languages() []string {
	value, _ := object.Get("contents")
	contents, _ := value.(map[string]any)
	return slices.Sorted(maps.Keys(contents))
}

// lookUpLanguage finds a language or else the nearest more general one. RFC 4647 §3.4
func lookUpLanguage(contents map[string]any, language string) (string, bool) {
	for wanted := language; wanted != ""; {
		for _, key := range slices.Sorted(maps.Keys(contents)) {
			if strings.EqualFold(key, wanted) {
				return key, true
			}
		}
		cut := strings.LastIndexByte(wanted, '-')
		if cut < 0 {
			break
		}
		wanted = wanted[:cut]
		if single := strings.LastIndexByte(wanted, '-'); single >= 0 && single == len(wanted)-2 {
			wanted = wanted[:single] // a single letter does not end a tag
		}
	}
	return "", false
}

// translatable reports whether a property can be text of an object's own. Of
// properties that the standard does not know, all can.
func translatable(objectType, name string) bool {
	switch name {
	case "type", "id", "spec_version", "lang", "definition_type":
		return false
	}
	shape := shapeOf(objectType)
	if shape == nil {
		shape = customDomain
	}
	rule, known := shape.rules[name]
	if !known {
		return true
	}
	for rule.kind == kindList {
		rule = rule.item
	}
	return rule.kind == kindString || rule.kind == kindObject || rule.kind == kindDictionary || rule.kind == kindValues || rule.kind == kindExtensions
}

// translate puts a translation in the place of what it mirrors.
func translate(original, text any, path string) (any, error) {
	switch original := original.(type) {
	case string:
		translated, ok := text.(string)
		if !ok {
			return nil, fmt.Errorf("%w: %.120s is not text, as the property is", ErrTranslation, path)
		}
		return translated, nil
	case []any:
		list, ok := text.([]any)
		if !ok || len(list) != len(original) {
			return nil, fmt.Errorf("%w: %.120s is not a list of %d, as the property is", ErrTranslation, path, len(original))
		}
		for i, item := range list {
			if item == "" {
				continue
			}
			translated, err := translate(original[i], item, fmt.Sprintf("%s.[%d]", path, i))
			if err != nil {
				return nil, err
			}
			original[i] = translated
		}
		return original, nil
	case map[string]any:
		object, ok := text.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%w: %.120s is not an object, as the property is", ErrTranslation, path)
		}
		for name, member := range object {
			before, there := original[name]
			if !there {
				continue
			}
			translated, err := translate(before, member, path+"."+name)
			if err != nil {
				return nil, err
			}
			original[name] = translated
		}
		return original, nil
	}
	return original, nil // numbers and truth are not translated
}
