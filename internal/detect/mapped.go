// SPDX-License-Identifier: Apache-2.0

package detect

// This file makes of one mapped event its values, and where they are needed its
// objects.

import (
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// mapped is one event of a tool, seen through a map. It is reused for the next.
type mapped struct {
	*fields
	kind     *kind
	convert  converter
	resolved [][]resolved // by property
	known    []bool
}

// resolved is one value of a property. Of an address, variant is its type.
type resolved struct {
	scalar
	variant int
}

func newMapped(m *Map) *mapped { return &mapped{fields: newFields(m)} }

// begin says which kind of event was read.
func (e *mapped) begin(k *kind) {
	e.kind = k
	e.convert.reset()
	if n := len(k.properties); cap(e.known) < n {
		e.known, e.resolved = make([]bool, n), append(e.resolved, make([][]resolved, n-len(e.resolved))...)
	}
	e.known = e.known[:len(k.properties)]
	clear(e.known)
}

// values are the values that a property has in this event.
func (e *mapped) values(property int) []resolved {
	if e.known[property] {
		return e.resolved[property]
	}
	p := &e.kind.properties[property]
	all := e.resolved[property][:0]
	one := !p.list && !e.kind.objects[p.object].many
	for i := range p.sources {
		all = e.source(all, p, &p.sources[i], one)
		if one && len(all) > 0 {
			all = all[:1]
			break
		}
	}
	e.known[property], e.resolved[property] = true, all
	return all
}

func (e *mapped) source(all []resolved, p *property, from *source, one bool) []resolved {
	switch {
	case from.fixed != nil:
		for _, value := range from.fixed {
			all = e.add(all, p, value, "")
		}
	case from.mapped:
		for at := e.slots[from.field].first; at != none; at = e.fields.values[at].next {
			all = e.add(all, p, e.fields.values[at].scalar, from.as)
			if one && len(all) > 0 {
				break
			}
		}
	default:
		if text, ok := e.join(from); ok {
			all = e.add(all, p, scalar{kindText, text}, "")
		}
	}
	return all
}

func (e *mapped) add(all []resolved, p *property, value scalar, as string) []resolved {
	value, ok := e.convert.convert(value, as)
	r := resolved{scalar: value, variant: none}
	if ok && e.kind.objects[p.object].typ == address && len(p.steps) == 1 && p.steps[0] == "value" {
		if ok = value.kind == kindText; ok {
			r.text, r.variant, ok = e.convert.address(value.text)
		}
	}
	if ok {
		all = append(all, r)
	}
	return all
}

// join makes one text of several fields, if each is there.
func (e *mapped) join(from *source) ([]byte, bool) {
	if met, _ := e.holds(from.when); !met {
		return nil, false
	}
	if met, _ := e.holds(from.unless); met && len(from.unless) > 0 {
		return nil, false
	}
	start := len(e.convert.texts)
	for _, part := range from.parts {
		if part.field == none {
			e.convert.texts = append(e.convert.texts, part.text...)
			continue
		}
		value, ok := e.first(part.field)
		if !ok {
			return nil, false
		}
		e.convert.texts = append(e.convert.texts, value.text...)
	}
	return e.convert.texts[start:len(e.convert.texts):len(e.convert.texts)], true
}

// variant is the type of an address object, or none if it has no address.
func (e *mapped) variant(object int) int {
	for i := range e.kind.properties {
		if p := &e.kind.properties[i]; p.object == object && len(p.steps) == 1 && p.steps[0] == "value" {
			if all := e.values(i); len(all) > 0 {
				return all[0].variant
			}
		}
	}
	return none
}

// there reports whether an object is in this event: it has a value that the
// event gave, or refers to an object that has.
func (e *mapped) there(object int) bool {
	for i := range e.kind.properties {
		p := &e.kind.properties[i]
		if p.object != object || len(e.values(i)) == 0 {
			continue
		}
		for _, source := range p.sources {
			if source.fixed == nil {
				return true
			}
		}
	}
	for i := object + 1; i < len(e.kind.objects); i++ {
		if e.kind.objects[i].parent == object && e.there(i) {
			return true
		}
	}
	return false
}

// when is the time of the event, or the zero time.
func (e *mapped) when() time.Time {
	for _, id := range e.kind.time {
		if value, ok := e.first(id); ok {
			if at, ok := timeOf(value); ok {
				return at
			}
		}
	}
	return time.Time{}
}

// builder makes the objects of an event.
type builder struct {
	*mapped
	made []pattern.Object
	// keys are what the objects of the template became.
	keys [][]int
}

// build makes the objects of the event, each with a key that references use.
func (e *mapped) build() []pattern.Object {
	b := &builder{mapped: e, keys: make([][]int, len(e.kind.objects))}
	for object := range e.kind.objects {
		b.object(object)
	}
	return b.made
}

// object makes an object, or those there are of it, and has its parent refer to it.
func (e *builder) object(object int) {
	t := &e.kind.objects[object]
	if !e.there(object) {
		return
	}
	if t.many {
		for i := range e.kind.properties {
			p := &e.kind.properties[i]
			for _, value := range e.properties(i, object) {
				properties := map[string]any{"type": typeOf(t.typ, value.variant)}
				put(properties, p.steps, value.plain())
				e.refer(t, object, properties)
			}
		}
		return
	}
	variant := none
	if t.typ == address {
		if variant = e.variant(object); variant == none {
			return
		}
	}
	properties := map[string]any{"type": typeOf(t.typ, variant)}
	for i := range e.kind.properties {
		values := e.properties(i, object)
		if p := &e.kind.properties[i]; p.list && len(values) > 0 {
			list := make([]any, len(values))
			for j, value := range values {
				list[j] = value.plain()
			}
			put(properties, p.steps, list)
		} else if len(values) > 0 {
			put(properties, p.steps, values[0].plain())
		}
	}
	e.refer(t, object, properties)
}

// properties are the values of a property if it is of an object.
func (e *mapped) properties(property, object int) []resolved {
	if e.kind.properties[property].object != object {
		return nil
	}
	return e.values(property)
}

// refer keeps an object under a key, and has its parent refer to it.
func (e *builder) refer(t *templateObject, object int, properties map[string]any) {
	at := len(e.made)
	key := strconv.Itoa(at)
	e.made, e.keys[object] = append(e.made, pattern.Object{ID: key, Properties: properties}), append(e.keys[object], at)
	if t.parent == none || len(e.keys[t.parent]) == 0 {
		return
	}
	parent := e.made[e.keys[t.parent][0]].Properties
	if !t.many {
		parent[t.ref] = key
		return
	}
	list, _ := parent[t.ref].([]any)
	parent[t.ref] = append(list, key)
}

func typeOf(typ string, variant int) string {
	if typ == address {
		return variantTypes[variant]
	}
	return typ
}

// put sets a property at a path, and makes the dictionaries on the way.
func put(properties map[string]any, steps []string, value any) {
	for _, step := range steps[:len(steps)-1] {
		inner, ok := properties[step].(map[string]any)
		if !ok {
			inner = make(map[string]any)
			properties[step] = inner
		}
		properties = inner
	}
	properties[steps[len(steps)-1]] = value
}

// given reports whether the event gives a property: one of constants alone is
// there only if something else of its object is.
func (e *mapped) given(property int) bool {
	p := &e.kind.properties[property]
	for _, source := range p.sources {
		if source.fixed != nil {
			return e.there(p.object)
		}
	}
	return true
}
