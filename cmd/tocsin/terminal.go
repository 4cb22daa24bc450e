// SPDX-License-Identifier: Apache-2.0

package main

// This file keeps what others wrote from steering the terminal: objects are
// printed as their bytes, and in JSON these may hold characters that a terminal
// obeys or that turn the direction of writing.

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// guarded is the output itself if it is a file or a pipe, which get the bytes
// unchanged; on a terminal C1 controls and directional characters are written as
// JSON escapes them. C0 controls cannot stand in JSON.
func guarded(out io.Writer) io.Writer {
	if terminal(out) {
		return &guard{out: out}
	}
	return out
}

// guard writes to a terminal.
type guard struct {
	out  io.Writer
	held []byte // of a character whose end has not come
}

// Write implements io.Writer.
func (g *guard) Write(text []byte) (int, error) {
	rest := append(g.held, text...)
	g.held = nil
	var safe bytes.Buffer
	for len(rest) > 0 {
		if !utf8.FullRune(rest) {
			g.held = bytes.Clone(rest)
			break
		}
		r, size := utf8.DecodeRune(rest)
		switch {
		case r >= 0x80 && r <= 0x9f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&safe, `\u%04x`, r)
		case r == utf8.RuneError && size == 1:
			safe.WriteRune(r) // a byte alone may be a control to a terminal that is not of UTF-8
		default:
			safe.Write(rest[:size])
		}
		rest = rest[size:]
	}
	_, err := g.out.Write(safe.Bytes())
	return len(text), err
}
