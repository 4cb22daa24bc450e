// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads JSON text strictly into a tree of plain values, and copies
// such trees. text.go reads its strings and numbers.

import (
	"fmt"
	"unicode/utf8"
)

// decode reads exactly one JSON value. Integers become int64, other numbers
// float64. The strings of the tree are parts of text, a copy of what is read.
func decode(raw []byte) (text string, value any, err error) {
	if !utf8.Valid(raw) {
		return "", nil, notUTF8(raw)
	}
	parser := parser{raw: raw, text: string(raw), members: make([]member, 0, 24), items: make([]any, 0, 16)}
	parser.space()
	if value, err = parser.value(0); err != nil {
		return "", nil, err
	}
	parser.space()
	if parser.at < len(raw) {
		return "", nil, fmt.Errorf("%w: something follows the value, at byte %d", ErrSyntax, parser.at)
	}
	return parser.text, value, nil
}

// A parser walks once over JSON text that is known to be UTF-8.
type parser struct {
	raw  []byte
	text string // the same bytes
	at   int
	// values counts those that were begun.
	values int
	// members and items are stacks of what is read of the containers that are
	// open, so that each is made in its final size.
	members []member
	items   []any
	scratch []byte
}

// A member is a property of an object that is being read.
type member struct {
	name  string
	value any
}

// peek is the next byte, or 0 at the end, which is no part of any JSON text.
func (p *parser) peek() byte {
	if p.at < len(p.raw) {
		return p.raw[p.at]
	}
	return 0
}

func (p *parser) space() {
	for p.at < len(p.raw) {
		switch p.raw[p.at] {
		case ' ', '\n', '\r', '\t':
			p.at++
		default:
			return
		}
	}
}

// value reads one value, from its first byte. It recurses no deeper than
// MaxDepth.
func (p *parser) value(depth int) (any, error) {
	if p.values++; p.values > MaxValues {
		return nil, fmt.Errorf("%w of %d, at byte %d", ErrTooMany, MaxValues, p.at)
	}
	switch b := p.peek(); {
	case b == '"':
		return p.string()
	case b == '{' || b == '[':
		if depth >= MaxDepth {
			return nil, fmt.Errorf("%w of %d, at byte %d", ErrTooDeep, MaxDepth, p.at)
		}
		if b == '{' {
			return p.object(depth + 1)
		}
		return p.list(depth + 1)
	case b == '-' || b >= '0' && b <= '9':
		return p.number()
	case b == 't':
		return true, p.word("true")
	case b == 'f':
		return false, p.word("false")
	case b == 'n':
		return nil, p.word("null")
	}
	return nil, p.wanted("a value")
}

func (p *parser) word(word string) error {
	if len(p.text)-p.at < len(word) || p.text[p.at:p.at+len(word)] != word {
		return p.wanted("a value")
	}
	p.at += len(word)
	return nil
}

func (p *parser) object(depth int) (any, error) {
	p.at++
	base := len(p.members)
	for p.space(); p.peek() != '}'; p.space() {
		if len(p.members) > base {
			if p.peek() != ',' {
				return nil, p.wanted("a comma or a closing brace")
			}
			p.at++
			p.space()
		}
		if p.peek() != '"' {
			return nil, p.wanted("the name of a property")
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.wanted("a colon")
		}
		p.at++
		p.space()
		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.members = append(p.members, member{name, value})
	}
	p.at++
	members := p.members[base:]
	p.members = p.members[:base]
	object := make(map[string]any, len(members))
	for i, member := range members {
		if object[member.name] = member.value; len(object) <= i {
			return nil, fmt.Errorf("%w: duplicate property %.40q in the object that ends at byte %d", ErrSyntax, member.name, p.at)
		}
	}
	return object, nil
}

func (p *parser) list(depth int) (any, error) {
	p.at++
	base := len(p.items)
	for p.space(); p.peek() != ']'; p.space() {
		if len(p.items) > base {
			if p.peek() != ',' {
				return nil, p.wanted("a comma or a closing bracket")
			}
			p.at++
			p.space()
		}
		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, value)
	}
	p.at++
	list := make([]any, len(p.items)-base)
	copy(list, p.items[base:])
	p.items = p.items[:base]
	return list, nil
}

// wanted says what should stand at this place.
func (p *parser) wanted(what string) error {
	if p.at >= len(p.raw) {
		return fmt.Errorf("%w: it ends too early, at byte %d", ErrSyntax, p.at)
	}
	return fmt.Errorf("%w: %s is missing at byte %d", ErrSyntax, what, p.at)
}

func notUTF8(raw []byte) error {
	at := 0
	for at < len(raw) {
		char, size := utf8.DecodeRune(raw[at:])
		if char == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return fmt.Errorf("%w: not UTF-8, at byte %d", ErrSyntax, at)
}

// copyValue copies a tree; no part of the copy is shared.
func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[name] = copyValue(member)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = copyValue(item)
		}
		return list
	}
	return value
}
