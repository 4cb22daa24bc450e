// SPDX-License-Identifier: Apache-2.0

package detect

// This file reads the fields that a map needs out of one event, and skips the
// rest without keeping it.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// scalar is a value of JSON that is no container: its kind and its text, a
// string without quotation marks and escapes, or as written.
type scalar struct {
	kind byte // kindText, kindNumber or kindTruth
	text []byte
}

// fields are what was read of one event. They are reused for the next.
type fields struct {
	m       *Map
	decoder *jsontext.Decoder
	loose   bool // the decoder takes what is not strict JSON
	buffer  bytes.Buffer
	slots   []chain // by field
	values  []linked
	texts   []byte // of strings that had escapes
}

// chain is the values of one field, linked from the first to the last.
type chain struct{ first, last int32 }

type linked struct {
	scalar
	next int32
}

func newFields(m *Map) *fields {
	return &fields{m: m, decoder: jsontext.NewDecoder(bytes.NewReader(nil)), slots: make([]chain, len(m.names))}
}

var errNotEvent = errors.New("it is not a JSON object")

// read takes in one event. What it returned before is void. An event is not lost
// for a name that stands twice or for what is not UTF-8, which may come from
// whoever is observed: both values count, and what is no character is U+FFFD.
// sloppy then says what was found.
func (f *fields) read(line []byte) (sloppy, err error) {
	if sloppy = f.readAs(line, false); sloppy == nil {
		return nil, nil
	}
	if err = f.readAs(line, true); err != nil {
		return nil, err
	}
	return sloppy, nil
}

func (f *fields) readAs(line []byte, loose bool) error {
	for i := range f.slots {
		f.slots[i] = chain{none, none}
	}
	f.values, f.texts = f.values[:0], f.texts[:0]
	f.buffer = *bytes.NewBuffer(line)
	if f.loose = loose; loose {
		f.decoder.Reset(&f.buffer, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	} else {
		f.decoder.Reset(&f.buffer)
	}
	if f.decoder.PeekKind() != '{' {
		if _, err := f.decoder.ReadToken(); err != nil {
			return plainError(err)
		}
		return errNotEvent
	}
	if err := f.object(f.m.fields); err != nil {
		return plainError(err)
	}
	if _, err := f.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object on its line")
	}
	return nil
}

// object reads an object whose members are under a node.
func (f *fields) object(at *field) error {
	if _, err := f.decoder.ReadToken(); err != nil {
		return err
	}
	for f.decoder.PeekKind() != '}' {
		raw, err := f.decoder.ReadValue()
		if err != nil {
			return err
		}
		name, err := f.text(raw)
		if err != nil {
			return err
		}
		next := at.find(name)
		if next == nil {
			err = f.decoder.SkipValue()
		} else {
			err = f.value(next, true)
		}
		if err != nil {
			return err
		}
	}
	_, err := f.decoder.ReadToken()
	return err
}

// value reads a value of a field: a scalar, a list of them, or what holds the
// fields under it. Lists in lists are skipped.
func (f *fields) value(at *field, lists bool) error {
	switch kind := f.decoder.PeekKind(); {
	case kind == '{' && at.under != nil:
		return f.object(at)
	case kind == '[' && lists:
		if _, err := f.decoder.ReadToken(); err != nil {
			return err
		}
		for f.decoder.PeekKind() != ']' {
			if err := f.value(at, false); err != nil {
				return err
			}
		}
		_, err := f.decoder.ReadToken()
		return err
	case at.id == none || kind == '{' || kind == '[' || kind == 'n':
		return f.decoder.SkipValue()
	}
	raw, err := f.decoder.ReadValue()
	if err != nil {
		return err
	}
	value := scalar{kind: kindNumber, text: raw}
	switch raw[0] {
	case '"':
		value.kind = kindText
		if value.text, err = f.text(raw); err != nil || len(value.text) == 0 {
			return err // an empty string says nothing
		}
	case 't', 'f':
		value.kind = kindTruth
	}
	f.keep(at.id, value)
	return nil
}

func (f *fields) keep(id int, value scalar) {
	at := int32(len(f.values))
	f.values = append(f.values, linked{scalar: value, next: none})
	slot := &f.slots[id]
	if slot.first == none {
		slot.first = at
	} else {
		f.values[slot.last].next = at
	}
	slot.last = at
}

// text is what a JSON string says; it points into the line if nothing is escaped.
func (f *fields) text(raw []byte) ([]byte, error) {
	if bytes.IndexByte(raw, '\\') < 0 && (!f.loose || utf8.Valid(raw)) {
		return raw[1 : len(raw)-1], nil
	}
	start := len(f.texts)
	var err error
	if f.texts, err = jsontext.AppendUnquote(f.texts, raw); f.loose {
		err = nil // it stands as U+FFFD
	}
	return f.texts[start:len(f.texts):len(f.texts)], err
}

// first returns the first value of a field.
func (f *fields) first(id int) (scalar, bool) {
	if at := f.slots[id].first; at != none {
		return f.values[at].scalar, true
	}
	return scalar{}, false
}

// holds reports whether conditions are met, and whether each has its field.
func (f *fields) holds(conditions []condition) (met, all bool) {
	met, all = true, true
	for _, c := range conditions {
		value, there := f.first(c.field)
		all = all && there
		met = met && there && (c.text == "*" || string(value.text) == c.text)
	}
	return met, all
}

// kindOf says which kind of event was read.
func (f *fields) kindOf() *kind {
	for _, k := range f.m.kinds {
		met, all := f.holds(k.when)
		if len(k.when) > 0 && all {
			if met {
				return k
			}
			continue
		}
		there := len(k.has) > 0
		for _, id := range k.has {
			there = there && f.slots[id].first != none
		}
		if there {
			return k
		}
	}
	return nil
}

// plainError keeps of a syntax error what a person needs.
func plainError(err error) error {
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early")
	case errors.As(err, &syntactic) && syntactic.Err != nil:
		return fmt.Errorf("it is not JSON: %w, at byte %d", syntactic.Err, syntactic.ByteOffset)
	}
	return fmt.Errorf("it is not JSON: %w", err)
}
