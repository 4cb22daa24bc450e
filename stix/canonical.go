// SPDX-License-Identifier: Apache-2.0

package stix

// This file writes canonical JSON, and makes objects out of edited maps.

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Canonical returns the canonical form of one JSON value: no white space, keys
// in the order of their UTF-16 code units, numbers as ECMAScript prints them.
// It refuses what [Parse] refuses, but takes any kind of value. RFC 8785
func Canonical(raw []byte) ([]byte, error) {
	if len(raw) > MaxObjectSize {
		return nil, fmt.Errorf("%w (%d bytes, limit %d)", ErrTooLarge, len(raw), MaxObjectSize)
	}
	if _, _, err := decode(raw); err != nil {
		return nil, err
	}
	return canonicalize(raw)
}

// canonicalize is Canonical for bytes that decode has accepted, or will be asked.
func canonicalize(raw []byte) ([]byte, error) {
	value := jsontext.Value(raw).Clone()
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return value, nil
}

// FromMap makes an object out of a map, with canonical JSON as its bytes. It
// takes the values that [Object.Map] gives, and what encodes to them ([]string,
// int, …); it refuses strings that are not UTF-8 and whatever [Parse] refuses.
// The map is not kept.
func FromMap(properties map[string]any) (Object, error) {
	if properties == nil {
		return Object{}, ErrNotObject
	}
	written, err := json.Marshal(properties)
	if err != nil {
		return Object{}, fmt.Errorf("stix: cannot write the object: %w", err)
	}
	raw, err := canonicalize(written)
	if err != nil {
		return Object{}, err
	}
	return Parse(raw)
}
