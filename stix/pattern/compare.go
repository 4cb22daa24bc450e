// SPDX-License-Identifier: Apache-2.0

package pattern

// This file compares values with constants.

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/tocsin-exchange/tocsin/internal/timestamp"
)

// An encoding is how a property holds octets: its name tells. STIX 2.1 §3.1, §9.6.4
type encoding int

const (
	noEncoding encoding = iota
	base64Encoding
	hexEncoding
)

func encodingOf(name string) encoding {
	switch {
	case strings.HasSuffix(name, "_bin"):
		return base64Encoding
	case strings.HasSuffix(name, "_hex"):
		return hexEncoding
	}
	return noEncoding
}

// octets decodes the value of a property that holds octets.
func (e encoding) octets(text string) ([]byte, bool) {
	var decoded []byte
	var err error
	if e == base64Encoding {
		decoded, err = base64.StdEncoding.DecodeString(text)
	} else {
		decoded, err = hex.DecodeString(text)
	}
	return decoded, err == nil
}

// latin turns a text into octets, code point by code point; ok is false if one
// is past U+00FF. STIX 2.1 §9.2, §9.6.4
func latin(text string) (octets []byte, ok bool) {
	octets = make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xFF {
			return nil, false
		}
		octets = append(octets, byte(r))
	}
	return octets, true
}

// text is the reverse of latin.
func text(octets []byte) string {
	runes := make([]rune, len(octets))
	for i, octet := range octets {
		runes[i] = rune(octet)
	}
	return string(runes)
}

// predicate is a comparison of values, without NOT. STIX 2.1 §9.6.1
func predicate(c *Comparison, held encoding) (func(value any) bool, error) {
	switch c.Operator {
	case Exists:
		return func(any) bool { return true }, nil
	case In:
		return in(c.Constants, held), nil
	}
	if len(c.Constants) != 1 {
		return nil, fmt.Errorf("%w: %s with %d constants", ErrUnsupported, c.Operator, len(c.Constants))
	}
	constant := c.Constants[0]
	switch c.Operator {
	case Like:
		wildcards, err := newWildcards(norm.NFC.String(constant.Text))
		if err != nil {
			return nil, err
		}
		return onText(held, wildcards.match), nil
	case Matches:
		expression, err := compileRegex(norm.NFC.String(constant.Text))
		if err != nil {
			return nil, err
		}
		return onText(held, expression.MatchString), nil
	case IsSubset, IsSuperset:
		return subset(constant.Text, c.Operator == IsSuperset), nil
	}
	order := orderOf(constant, held)
	accepts := acceptance[c.Operator]
	return func(value any) bool {
		sign, comparable := order(value)
		if !comparable {
			return c.Operator == NotEqual
		}
		return accepts[sign+1]
	}, nil
}

// acceptance tells for each operator whether it holds of what is less, equal and
// greater.
var acceptance = map[Comparator][3]bool{
	Equal:          {false, true, false},
	NotEqual:       {true, false, true},
	Less:           {true, false, false},
	LessOrEqual:    {true, true, false},
	Greater:        {false, false, true},
	GreaterOrEqual: {false, true, true},
}

// An order compares a value with a constant; of what is not comparable no
// operator holds but !=. STIX 2.1 §9.2, §9.6.1
type order func(value any) (sign int, comparable bool)

func orderOf(constant Constant, held encoding) order {
	switch constant.Kind {
	case Integer:
		return numbers(float64(constant.Integer))
	case Float:
		return numbers(constant.Float)
	case Boolean:
		return func(value any) (int, bool) {
			truth, ok := value.(bool)
			if truth == constant.Truth {
				return 0, ok
			}
			return 1, ok
		}
	case Timestamp:
		return moments(constant.Time)
	case Binary, Hex:
		return octets(constant.Octets, held)
	}
	if held == noEncoding {
		return func(value any) (int, bool) {
			text, ok := value.(string)
			return strings.Compare(text, constant.Text), ok
		}
	}
	raw, ok := latin(constant.Text)
	if !ok {
		return func(any) (int, bool) { return 0, false }
	}
	return octets(raw, held)
}

// numbers compares by value: within 2^53 a double holds every integer.
func numbers(want float64) order {
	return func(value any) (int, bool) {
		switch value := value.(type) {
		case int64:
			return cmp.Compare(float64(value), want), true
		case float64:
			return cmp.Compare(value, want), true
		}
		return 0, false
	}
}

func moments(want time.Time) order {
	return func(value any) (int, bool) {
		text, _ := value.(string)
		at, ok := timestamp.Parse(text)
		return at.Compare(want), ok
	}
}

// octets compares as unsigned octets. A text is octets too, if all its code
// points are below U+0100. STIX 2.1 §9.2, §9.6.3, §9.6.4
func octets(want []byte, held encoding) order {
	return func(value any) (int, bool) {
		text, ok := value.(string)
		if !ok {
			return 0, false
		}
		var raw []byte
		if held == noEncoding {
			raw, ok = latin(text)
		} else {
			raw, ok = held.octets(text)
		}
		return bytes.Compare(raw, want), ok
	}
}

// in looks texts up and compares the rest one by one.
func in(constants []Constant, held encoding) func(value any) bool {
	texts := make(map[string]bool)
	var orders []order
	for _, constant := range constants {
		if constant.Kind == String && held == noEncoding {
			texts[constant.Text] = true
		} else {
			orders = append(orders, orderOf(constant, held))
		}
	}
	return func(value any) bool {
		if text, isText := value.(string); isText && texts[text] {
			return true
		}
		for _, order := range orders {
			if sign, comparable := order(value); comparable && sign == 0 {
				return true
			}
		}
		return false
	}
}

// onText hands a text to match: in NFC, or octets as code points up to U+00FF.
// STIX 2.1 §9.6.1, §9.6.2
func onText(held encoding, match func(string) bool) func(value any) bool {
	return func(value any) bool {
		is, ok := value.(string)
		if !ok {
			return false
		}
		if held == noEncoding {
			return match(norm.NFC.String(is))
		}
		octets, ok := held.octets(is)
		return ok && match(text(octets))
	}
}

// subset compares networks of one address family. STIX 2.1 §9.6.1
func subset(text string, reverse bool) func(value any) bool {
	want, known := network(text)
	return func(value any) bool {
		text, isText := value.(string)
		if !isText || !known {
			return false
		}
		inner, ok := network(text)
		outer := want
		if reverse {
			inner, outer = outer, inner
		}
		return ok && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
	}
}
