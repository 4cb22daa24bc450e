// SPDX-License-Identifier: Apache-2.0

package stix

// This file writes an edited object with every byte that the edit leaves alone,
// and says who may edit.

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An Edit says who changes an object, and when.
type Edit struct {
	// By is the id of the identity that edits, the value of its created_by_ref.
	By string
	// At becomes the modified time, to the millisecond, or as exact as it must be
	// to be later than the version before, down to the microsecond.
	At time.Time
}

// Reasons for which an object cannot be edited so.
var (
	// ErrNotVersioned is for objects that have no versions: observables without
	// created and modified, marking definitions, bundles. STIX 2.1 §3.6, §7.2.1
	ErrNotVersioned = errors.New("stix: this object has no versions")
	// ErrNotCreator is for somebody else's object: make a new one, with an id of its
	// own. STIX 2.1 §3.6
	ErrNotCreator = errors.New("stix: only its creator may make a version of an object")
	// ErrRevoked is for a revoked object: revocation is final. STIX 2.1 §3.6
	ErrRevoked = errors.New("stix: the object is revoked, and revocation is final")
	// ErrNotLater is for a version that would not be later than the one before.
	// STIX 2.1 §3.6
	ErrNotLater = errors.New("stix: a version is later than the one before it")
	// ErrFixed is for a property that no version may change. STIX 2.1 §3.6
	ErrFixed = errors.New("stix: no version changes this property")
	// ErrBreaks is for an edit after which the object breaks a MUST rule that it
	// kept before.
	ErrBreaks = errors.New("stix: the edit breaks a rule")
)

// rewrite returns the object with some top-level properties changed: a value of
// nil takes the property out. Members that stay keep their order and their bytes,
// white space included; a new value is canonical JSON; new members come last, by
// name.
func (object Object) rewrite(changes map[string]any) (Object, error) {
	written := make(map[string][]byte, len(changes))
	for name, value := range changes {
		if value == nil {
			continue
		}
		raw, err := json.Marshal(value)
		if err == nil {
			raw, err = Canonical(raw)
		}
		if err != nil {
			return Object{}, fmt.Errorf("stix: cannot write %.60q: %w", name, err)
		}
		written[name] = raw
	}
	all, tail, err := textMembers(object.Raw())
	if err != nil {
		return Object{}, err
	}
	out := []byte{'{'}
	add := func(one textMember) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, one.lead...)
		out = append(out, one.name...)
		out = append(out, one.value...)
	}
	lead := []byte(nil)
	for _, one := range all {
		lead = one.lead
		if _, changed := changes[one.key]; changed {
			if written[one.key] == nil {
				continue
			}
			one.value = written[one.key]
			delete(written, one.key)
		}
		add(one)
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		quoted, err := jsontext.AppendQuote(nil, name)
		if err != nil {
			return Object{}, fmt.Errorf("stix: cannot write %.60q: %w", name, err)
		}
		colon := []byte{':'}
		if len(all) > 0 {
			colon = all[len(all)-1].colon
		}
		add(textMember{lead: lead, name: append(quoted, colon...), value: written[name]})
	}
	out = append(out, tail...)
	return Parse(append(out, '}'))
}

// A textMember is one top-level property as written: the white space before it, its
// name with the colon and what stands about that, and its value.
type textMember struct {
	key                      string
	lead, name, value, colon []byte
}

// textMembers takes the text of an object apart. tail is the white space before its
// closing brace.
func textMembers(raw []byte) (all []textMember, tail []byte, err error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, nil, ErrNotObject
	}
	end := int(decoder.InputOffset())
	for decoder.PeekKind() != '}' {
		name, err := decoder.ReadValue()
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrSyntax, err)
		}
		nameEnd := int(decoder.InputOffset())
		nameStart := nameEnd - len(name)
		key, err := jsontext.AppendUnquote(nil, name)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrSyntax, err)
		}
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrSyntax, err)
		}
		valueEnd := int(decoder.InputOffset())
		valueStart := valueEnd - len(value)
		lead := raw[end:nameStart]
		if at := bytes.IndexByte(lead, ','); at >= 0 {
			lead = lead[at+1:]
		}
		all = append(all, textMember{
			key: string(key), lead: lead, name: raw[nameStart:valueStart], value: raw[valueStart:valueEnd],
			colon: raw[nameEnd:valueStart],
		})
		end = valueEnd
	}
	return all, raw[end:bytes.LastIndexByte(raw, '}')], nil
}

// holdsRules refuses an edit that breaks a MUST rule which the object kept. What
// was broken before may be broken still, also at another place of its list.
func holdsRules(before, after Object) error {
	broken := map[Violation]int{}
	key := func(violation Violation) Violation {
		return Violation{Section: violation.Section, Rule: violation.Rule, Path: withoutIndices(violation.Path)}
	}
	for _, violation := range Check(before) {
		broken[key(violation)]++
	}
	var told []error
	for _, violation := range Check(after) {
		if violation.Level != Must {
			continue
		}
		if broken[key(violation)]--; broken[key(violation)] < 0 {
			told = append(told, fmt.Errorf("%w: %s: %s (STIX 2.1 §%s)", ErrBreaks, violation.Path, violation.Rule, violation.Section))
		}
	}
	return errors.Join(told...)
}

// withoutIndices is a path with empty brackets for its list indices.
func withoutIndices(path string) string {
	steps := strings.Split(path, ".")
	for i, step := range steps {
		if _, ok := indexOf(step); ok {
			steps[i] = "[]"
		}
	}
	return strings.Join(steps, ".")
}
