// SPDX-License-Identifier: Apache-2.0

package detect

// This file tells what kind of events a text holds, where nobody said.

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

// GuessSize is the most that [First] looks at.
const GuessSize = 64 << 10

// First looks at how a source begins, as far as its first line goes and no
// further, so that it does not wait for what may never come. The reader must
// have a buffer of at least GuessSize.
func First(in *bufio.Reader) ([]byte, error) {
	for size := 1; ; size = in.Buffered() + 1 {
		first, err := in.Peek(min(size, GuessSize))
		if err == nil {
			first, err = in.Peek(in.Buffered())
		}
		if err != nil || len(first) >= GuessSize || bytes.IndexByte(bytes.TrimLeft(first, space), '\n') >= 0 {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return first, err
		}
	}
}

const space = " \t\r\n"

// Guess says what events a source begins with, from its first bytes: STIX (m is
// nil), or those of a shipped map. ok is false if it is not clear.
func Guess(first []byte) (m *Map, ok bool) {
	text := bytes.TrimLeft(first, space)
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	if !jsontext.Value(line).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		// Over several lines, or longer than what there is to see.
		return nil, startsSTIX(text)
	}
	if startsSTIX(line) {
		return nil, true
	}
	for _, name := range []string{"zeek", "ecs"} {
		m, shipped := ShippedMap(name)
		if !shipped {
			continue
		}
		f := newFields(m)
		if _, err := f.read(bytes.TrimRight(line, " \t\r")); err == nil && f.kindOf() != nil {
			return m, true
		}
	}
	return nil, false
}

// startsSTIX reports whether a text begins with an object that has a type of
// STIX before anything nested, or an id of one.
func startsSTIX(text []byte) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(text))
	if decoder.PeekKind() != '{' {
		return false
	}
	if _, err := decoder.ReadToken(); err != nil {
		return false
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return false
		}
		member := name.String()
		value, err := decoder.ReadValue()
		if err != nil {
			return false
		}
		if value.Kind() != '"' {
			continue
		}
		unquoted, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return false
		}
		objectType, _, identified := stix.SplitID(string(unquoted))
		switch {
		case member == "type" && (string(unquoted) == "bundle" || string(unquoted) == "observed-data"):
			return true
		case member == "id" && identified && objectType != "":
			return true
		}
	}
	return false
}
