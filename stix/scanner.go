// SPDX-License-Identifier: Apache-2.0

package stix

// This file finds where JSON values end without understanding them, so that a
// damaged one can be stepped over.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
)

// A scanner walks over JSON text. It keeps the bytes of what it walks over, up
// to the size of one object; past that it sets overflow and walks on.
type scanner struct {
	in       *bufio.Reader
	kept     []byte
	overflow bool
	offset   int64
	breaks   int64 // the line ends before offset
	// lines says that a line may be stepped over: then no value goes on into a
	// line that begins an object where none can stand.
	lines bool
}

func (scan *scanner) forget() {
	scan.kept = scan.kept[:0]
	scan.overflow = false
}

func (scan *scanner) keep(b byte) {
	if len(scan.kept) >= MaxObjectSize {
		scan.overflow = true
		return
	}
	scan.kept = append(scan.kept, b)
}

func (scan *scanner) read() (byte, error) {
	b, err := scan.in.ReadByte()
	if err == nil {
		scan.offset++
	}
	if b == '\n' {
		scan.breaks++
	}
	return b, err
}

// next returns the next byte that is not white space. The byte is not kept, the
// white space before it is.
func (scan *scanner) next() (byte, error) {
	for {
		b, err := scan.read()
		if err != nil {
			return 0, err
		}
		switch b {
		case ' ', '\t', '\r', '\n':
			scan.keep(b)
		default:
			return b, nil
		}
	}
}

// memberName reads up to and with the colon after the next member's name.
// done is true where the object ends instead.
func (scan *scanner) memberName(first bool) (name string, done bool, err error) {
	b, err := scan.next()
	if err != nil {
		return "", false, err
	}
	if b == '}' {
		scan.keep(b)
		return "", true, nil
	}
	if !first {
		if b != ',' {
			return "", false, fmt.Errorf("%w: a comma is missing at byte %d", ErrBundle, scan.offset-1)
		}
		scan.keep(b)
		if b, err = scan.next(); err != nil {
			return "", false, err
		}
	}
	if b != '"' {
		return "", false, fmt.Errorf("%w: a property name is missing at byte %d", ErrBundle, scan.offset-1)
	}
	start := len(scan.kept)
	if err := scan.value(b); err != nil {
		return "", false, err
	}
	if !scan.overflow {
		name = stringValue(scan.kept[start:])
	}
	if b, err = scan.next(); err != nil {
		return "", false, err
	}
	if b != ':' {
		return "", false, fmt.Errorf("%w: a colon is missing at byte %d", ErrBundle, scan.offset-1)
	}
	scan.keep(b)
	return name, false, nil
}

// value walks over one value whose first byte has been read, and keeps its
// bytes. It looks only at quotes, brackets and what ends a bare word.
func (scan *scanner) value(b byte) error {
	if b == ',' || b == ']' || b == '}' || b == ':' {
		return fmt.Errorf("%w: a value is missing at byte %d", ErrBundle, scan.offset-1)
	}
	scan.keep(b)
	switch b {
	case '"':
		return scan.rest(0, true)
	case '{', '[':
		return scan.rest(1, false)
	}
	return scan.restOfWord()
}

// rest walks to the end of a container or a string that has begun, a buffer at
// a time: depth brackets are open, and quoted says that a string is.
func (scan *scanner) rest(depth int, quoted bool) error {
	for escaped := false; ; {
		if _, err := scan.in.Peek(1); err != nil {
			return err
		}
		chunk, err := scan.in.Peek(scan.in.Buffered())
		if err != nil {
			return err
		}
		for i, b := range chunk {
			if b == '{' && scan.lines && !escaped && scan.newLine(chunk[:i], quoted) {
				return errors.Join(scan.take(chunk[:i]), errCutOff)
			}
			switch {
			case escaped:
				escaped = false
			case quoted && b == '\\':
				escaped = true
			case b == '"':
				quoted = !quoted
			case quoted:
			case b == '{' || b == '[':
				depth++
			case b == '}' || b == ']':
				depth--
			}
			if depth == 0 && !quoted {
				return scan.take(chunk[:i+1])
			}
		}
		if err := scan.take(chunk); err != nil {
			return err
		}
	}
}

// take keeps a part of the buffer and moves past it.
func (scan *scanner) take(chunk []byte) error {
	if len(scan.kept)+len(chunk) > MaxObjectSize {
		scan.overflow = true
	} else {
		scan.kept = append(scan.kept, chunk...)
	}
	scan.breaks += int64(bytes.Count(chunk, []byte{'\n'}))
	n, err := scan.in.Discard(len(chunk))
	scan.offset += int64(n)
	return err
}

func (scan *scanner) restOfWord() error {
	for {
		next, err := scan.in.Peek(1)
		if err != nil {
			return err
		}
		switch next[0] {
		case ',', ']', '}', ' ', '\t', '\r', '\n':
			return nil
		}
		b, err := scan.read()
		if err != nil {
			return err
		}
		scan.keep(b)
	}
}
