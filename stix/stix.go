// SPDX-License-Identifier: Apache-2.0

// Package stix holds STIX 2.1 objects: the bytes as received, views of what
// they say, and the rules of the standard.
//
// An object is its bytes. [Parse] reads them strictly and keeps them; [Object.Raw]
// gives back the very same. A view ([Object.ID], [Object.Get], [Object.Refs]…)
// looks into them and changes nothing. Verbs make another object of one, and know
// who may and when: [Object.NewVersion], [Object.Revoke], [Object.AddMarkings] and
// its like, [Object.Cut]. [FromMap] makes an object of a map: its bytes are
// canonical JSON (RFC 8785). [Check] says which rules of the standard an object
// breaks, and a [Set] which those of a bundle break with each other; that is a
// separate question from whether they can be read. [Upgrade] turns STIX 2.0 into
// 2.1.
//
// The package does no I/O beyond the readers it is handed, and reads no clock.
package stix

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Limits of one object. A reader that meets more refuses the object.
const (
	// MaxObjectSize is the largest object read, in bytes. It leaves room for an
	// artifact with some megabytes of payload in base64.
	MaxObjectSize = 16 << 20
	// MaxDepth is the deepest nesting read; the object itself is at depth 1.
	MaxDepth = 100
	// MaxValues is the largest number of values in an object, at every depth; the
	// object itself is one. In memory a value takes many times its text.
	MaxValues = 1_000_000
	// MaxInteger is the largest magnitude of a number.
	// STIX 2.1 §2.10
	MaxInteger = 1<<53 - 1
)

// Reasons for which bytes are not a STIX object. The error returned wraps one
// of them and says where.
var (
	ErrSyntax    = errors.New("stix: not well-formed JSON")
	ErrNotObject = errors.New("stix: not a JSON object")
	ErrTooLarge  = errors.New("stix: object larger than the limit")
	ErrTooDeep   = errors.New("stix: nested deeper than the limit")
	ErrTooMany   = errors.New("stix: more values than the limit")
	ErrNumber    = errors.New("stix: number out of range")
)

// An Object is one STIX object: its bytes as received, with views. It cannot be
// changed. The zero Object has no bytes, and its views are empty.
type Object struct {
	raw  string // the bytes
	tree map[string]any
}

// Parse reads one STIX object and keeps a copy of its bytes.
//
// It refuses what two readers could understand differently or what a reader
// could choke on: anything but one JSON object, duplicate keys, invalid UTF-8,
// lone surrogates, numbers past 2^53-1, nesting past [MaxDepth], more than
// [MaxValues] values or [MaxObjectSize] bytes. It does not ask whether the
// standard's rules are kept, not even whether there is an id: that is [Check]. STIX 2.1 §2.10, RFC 7493
func Parse(raw []byte) (Object, error) {
	if len(raw) > MaxObjectSize {
		return Object{}, fmt.Errorf("%w (%d bytes, limit %d)", ErrTooLarge, len(raw), MaxObjectSize)
	}
	text, value, err := decode(raw)
	if err != nil {
		return Object{}, err
	}
	tree, ok := value.(map[string]any)
	if !ok {
		return Object{}, ErrNotObject
	}
	return Object{raw: text, tree: tree}, nil
}

// Raw returns a copy of the bytes the object was parsed from, unchanged.
func (object Object) Raw() []byte {
	if object.IsZero() {
		return nil
	}
	return []byte(object.raw)
}

// Size is the number of bytes of the object.
func (object Object) Size() int { return len(object.raw) }

// IsZero reports whether the object holds nothing.
func (object Object) IsZero() bool { return object.tree == nil }

// Equal reports whether both objects have the same bytes.
func (object Object) Equal(other Object) bool { return object.raw == other.raw }

// ID is the object's id as written, or "" if it has none. STIX 2.1 §2.9
func (object Object) ID() string { return object.text("id") }

// Type is the object's type as written, or "". STIX 2.1 §3.2
func (object Object) Type() string { return object.text("type") }

// SpecVersion is the object's spec_version as written, or "". STIX 2.1 §3.2
func (object Object) SpecVersion() string { return object.text("spec_version") }

// CreatedBy is the id of the identity in created_by_ref, or "". STIX 2.1 §3.2
func (object Object) CreatedBy() string { return object.text("created_by_ref") }

// CreatedText is the created time as written, or "".
func (object Object) CreatedText() string { return object.text("created") }

// ModifiedText is the modified time as written, or "".
func (object Object) ModifiedText() string { return object.text("modified") }

// Created is the created time in UTC, or the zero time if there is none or it
// is no STIX timestamp. STIX 2.1 §3.2
func (object Object) Created() time.Time { return object.time("created") }

// Modified is the modified time in UTC, or the zero time if there is none or
// it is no STIX timestamp. STIX 2.1 §3.2
func (object Object) Modified() time.Time { return object.time("modified") }

// Revoked reports whether the object says of itself that it was revoked.
// STIX 2.1 §3.6
func (object Object) Revoked() bool {
	revoked, _ := object.tree["revoked"].(bool)
	return revoked
}

// Markings are the ids in object_marking_refs, in the order written.
// STIX 2.1 §7.2.2
func (object Object) Markings() []string {
	list, _ := object.tree["object_marking_refs"].([]any)
	var ids []string
	for _, item := range list {
		if id, ok := item.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// Get follows a path of property names and list indices (as decimal numbers)
// and returns a copy of what it finds: string, bool, nil, int64 (a number
// written as an integer), float64, []any or map[string]any. ok is false if the
// path leads nowhere. Without a path it returns the whole object.
func (object Object) Get(path ...string) (value any, ok bool) {
	if object.tree == nil {
		return nil, false
	}
	value = object.tree
	for _, step := range path {
		switch container := value.(type) {
		case map[string]any:
			if value, ok = container[step]; !ok {
				return nil, false
			}
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(container) {
				return nil, false
			}
			value = container[index]
		default:
			return nil, false
		}
	}
	return copyValue(value), true
}

// Map returns a deep copy of the object for editing. Its values are those of
// [Object.Get]; hand it to [FromMap] when done.
func (object Object) Map() map[string]any {
	if object.tree == nil {
		return nil
	}
	return copyValue(object.tree).(map[string]any)
}

func (object Object) text(name string) string {
	text, _ := object.tree[name].(string)
	return text
}

func (object Object) time(name string) time.Time {
	at, err := ParseTime(object.text(name))
	if err != nil {
		return time.Time{}
	}
	return at
}
