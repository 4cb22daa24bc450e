// SPDX-License-Identifier: Apache-2.0

package detect

// This file is what a field map makes of one kind of events: objects, their
// properties, and where each comes from.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// kind is one kind of events.
type kind struct {
	name       string
	when       []condition
	has        []int
	time       []int
	objects    []templateObject
	properties []property
}

// condition asks that a field holds a text; "*" asks only that it is there.
type condition struct {
	field int
	text  string
}

// templateObject is an object that an event may hold. A parent comes before
// those it refers to.
type templateObject struct {
	label  string // as the map writes it, TYPE or TYPE#LABEL, with the way to it
	typ    string // or address, whose type the value decides
	parent int    // the object that refers to it, or none
	ref    string // the property of the parent
	many   bool   // one for each item of a list
}

// address is the type of an object that is an address of any kind or a name.
const address = "address"

// property is one property of an object: the first source that has a value gives
// it, or, for a list, all of them.
type property struct {
	object  int
	steps   []string
	list    bool // the last step is a list, and values are its items
	sources []source
}

// source is where a value comes from: constants, a field, or a text joined from
// several.
type source struct {
	fixed  []scalar
	field  int
	mapped bool // field is meant
	as     string
	parts  []part
	when   []condition
	unless []condition
}

type part struct {
	text  string
	field int
}

// conversions are what a value can be read as.
var conversions = []string{"integer", "text", "lower", "domain", "mac", "mailbox", "uri", "time"}

// referred are the types that reference properties lead to, where the standard
// knows but one that an event can mean. STIX 2.1 §6
var referred = map[string]string{
	"src_ref": address, "dst_ref": address, "resolves_to_refs": address,
	"from_ref": "email-addr", "sender_ref": "email-addr", "to_refs": "email-addr", "cc_refs": "email-addr", "bcc_refs": "email-addr",
	"belongs_to_ref": "user-account", "belongs_to_refs": "autonomous-system", "creator_user_ref": "user-account",
	"image_ref": "file", "parent_ref": "process", "child_refs": "process", "opened_connection_refs": "network-traffic",
	"parent_directory_ref": "directory", "content_ref": "artifact", "raw_email_ref": "artifact", "service_dll_refs": "file",
	"encapsulates_refs": "network-traffic", "encapsulated_by_ref": "network-traffic",
	"src_payload_ref": "artifact", "dst_payload_ref": "artifact", "message_body_data_ref": "artifact",
}

// add gives a property of an object one more source.
func (k *kind) add(to string, from source) error {
	object, steps, list, err := k.target(to)
	if err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	for i := range k.properties {
		p := &k.properties[i]
		if p.object == object && slices.Equal(p.steps, steps) {
			if p.list != list {
				return fmt.Errorf("%s: it is a list in one line and not in another", to)
			}
			p.sources = append(p.sources, from)
			return nil
		}
	}
	k.properties = append(k.properties, property{object: object, steps: steps, list: list, sources: []source{from}})
	return k.manyIsAlone(to, object)
}

// manyIsAlone holds the map to this: of an object that there is one of for each
// item of a list, nothing else can be said, since nothing says of which.
func (k *kind) manyIsAlone(to string, object int) error {
	for at := object; at != none; at = k.objects[at].parent {
		if !k.objects[at].many {
			continue
		}
		if n := len(slices.DeleteFunc(slices.Clone(k.properties), func(p property) bool { return p.object != at })); n > 1 || at != object {
			return fmt.Errorf("%s: there is one object for each item of a list, and a field alone makes it", to)
		}
	}
	return nil
}

// target reads TYPE[#LABEL][[]]:STEP.STEP[[]] and finds or makes its object.
func (k *kind) target(text string) (object int, steps []string, list bool, err error) {
	label, path, found := strings.Cut(text, ":")
	if !found {
		return 0, nil, false, errors.New("a target is TYPE:PROPERTY")
	}
	label, many := strings.CutSuffix(label, "[]")
	typ, _, _ := strings.Cut(label, "#")
	if typ == "" || strings.Trim(typ, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return 0, nil, false, fmt.Errorf("%q is not a type of objects", typ)
	}
	if object, err = k.object(templateObject{label: label, typ: typ, parent: none, many: many}); err != nil {
		return 0, nil, false, err
	}
	all, err := splitPath(path)
	if err != nil {
		return 0, nil, false, err
	}
	for len(all) > 1 {
		ref, many := strings.CutSuffix(all[0], "[]")
		if !strings.HasSuffix(ref, "_ref") && !strings.HasSuffix(ref, "_refs") {
			break
		}
		to, known := referred[ref]
		if !known || len(steps) > 0 {
			return 0, nil, false, fmt.Errorf("%s: what it refers to is not known", ref)
		}
		if err := k.unknown(object, []string{ref}); err != nil {
			return 0, nil, false, err
		}
		if many != strings.HasSuffix(ref, "_refs") {
			return 0, nil, false, fmt.Errorf("write %s[] if and only if it ends in _refs", strings.TrimSuffix(ref, "s"))
		}
		next := templateObject{label: k.objects[object].label + "." + ref, typ: to, parent: object, ref: ref, many: many}
		if object, err = k.object(next); err != nil {
			return 0, nil, false, err
		}
		all = all[1:]
	}
	last := len(all) - 1
	all[last], list = strings.CutSuffix(all[last], "[]")
	if slices.ContainsFunc(all, func(step string) bool { return strings.HasSuffix(step, "[]") }) {
		return 0, nil, false, errors.New("only a reference or the last step can be a list")
	}
	if list && k.objects[object].many {
		return 0, nil, false, errors.New("the object is one of many already: its property cannot be a list")
	}
	return object, all, list, k.unknown(object, all)
}

// unknown refuses a property that the type of an object does not have. An address
// has what one of its types has. STIX 2.1 §6
func (k *kind) unknown(object int, names []string) error {
	typ := k.objects[object].typ
	path := pattern.Path{Type: typ}
	if typ == address {
		path.Type = "domain-name"
	}
	for _, name := range names {
		path.Steps = append(path.Steps, pattern.Step{Kind: pattern.Property, Name: name})
	}
	step, known := stix.UnknownStep(path)
	switch {
	case step == "":
		return nil
	case len(known) > 0:
		return fmt.Errorf("%s has no property %s; it has %s", typ, step, strings.Join(known, ", "))
	}
	return fmt.Errorf("%s has no property %s", typ, step)
}

func (k *kind) object(want templateObject) (int, error) {
	for i, known := range k.objects {
		if known.label == want.label {
			if known.many != want.many {
				return 0, fmt.Errorf("%s is a list in one line and not in another", want.label)
			}
			return i, nil
		}
	}
	k.objects = append(k.objects, want)
	return len(k.objects) - 1, nil
}

// splitPath splits a path at its dots; a step in apostrophes may hold dots.
func splitPath(path string) (steps []string, err error) {
	for {
		step, rest, more := strings.Cut(path, ".")
		if inside, quoted := strings.CutPrefix(path, "'"); quoted {
			name, after, closed := strings.Cut(inside, "'")
			list := strings.HasPrefix(after, "[]")
			after = strings.TrimPrefix(after, "[]")
			if !closed || after != "" && after[0] != '.' {
				return nil, fmt.Errorf("%q: an apostrophe is missing", path)
			}
			step, rest, more = name, strings.TrimPrefix(after, "."), after != ""
			if list {
				step += "[]"
			}
		}
		if strings.TrimSuffix(step, "[]") == "" {
			return nil, errors.New("a step of the path is empty")
		}
		steps = append(steps, step)
		if !more {
			return steps, nil
		}
		path = rest
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
