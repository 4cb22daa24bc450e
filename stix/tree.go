// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads JSON text strictly into a tree of plain values, and copies such trees.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// decode reads exactly one JSON value. Integers become int64, other numbers
// float64.
func decode(raw []byte) (any, error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(raw))
	value, err := decodeValue(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the value, at byte %d", ErrSyntax, decoder.InputOffset())
	}
	return value, nil
}

// decodeValue recurses no deeper than MaxDepth.
func decodeValue(decoder *jsontext.Decoder, depth int) (any, error) {
	token, err := decoder.ReadToken()
	if err != nil {
		return nil, syntaxError(decoder, err)
	}
	switch token.Kind() {
	case 'n':
		return nil, nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case '"':
		return token.String(), nil
	case '0':
		return decodeNumber(decoder, token.String())
	}
	if depth >= MaxDepth {
		return nil, fmt.Errorf("%w of %d, at byte %d", ErrTooDeep, MaxDepth, decoder.InputOffset())
	}
	if token.Kind() == '[' {
		return decodeList(decoder, depth+1)
	}
	return decodeObject(decoder, depth+1)
}

func decodeObject(decoder *jsontext.Decoder, depth int) (any, error) {
	object := make(map[string]any, 8)
	for decoder.PeekKind() != '}' {
		name, err := decoder.ReadToken()
		if err != nil {
			return nil, syntaxError(decoder, err)
		}
		key := name.String()
		if object[key], err = decodeValue(decoder, depth); err != nil {
			return nil, err
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, syntaxError(decoder, err)
	}
	return object, nil
}

func decodeList(decoder *jsontext.Decoder, depth int) (any, error) {
	list := []any{}
	for decoder.PeekKind() != ']' {
		value, err := decodeValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, syntaxError(decoder, err)
	}
	return list, nil
}

// decodeNumber refuses every number past 2^53-1, however it is written: there a
// double no longer tells neighbours apart, and canonical JSON writes 1e20 out as
// an integer. STIX 2.1 §2.10, RFC 7493 §2.2
func decodeNumber(decoder *jsontext.Decoder, text string) (any, error) {
	if integer, err := strconv.ParseInt(text, 10, 64); err == nil {
		if integer > MaxInteger || integer < -MaxInteger {
			return nil, numberError(decoder)
		}
		return integer, nil
	}
	float, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(float) > MaxInteger {
		return nil, numberError(decoder)
	}
	return float, nil
}

func numberError(decoder *jsontext.Decoder) error {
	return fmt.Errorf("%w: past 2^53-1, at %s", ErrNumber, place(decoder))
}

func syntaxError(decoder *jsontext.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early, at byte %d", ErrSyntax, decoder.InputOffset())
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) && syntactic.Err != nil {
		return fmt.Errorf("%w: %w, at byte %d", ErrSyntax, syntactic.Err, syntactic.ByteOffset)
	}
	return fmt.Errorf("%w: %w", ErrSyntax, err)
}

func place(decoder *jsontext.Decoder) string {
	if pointer := string(decoder.StackPointer()); pointer != "" {
		return pointer
	}
	return fmt.Sprintf("byte %d", decoder.InputOffset())
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
