// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads files as people have them: lines of which one is broken, and
// what is no STIX at all.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// ReadFile is [ReadFramed] for a file: it passes over a byte order mark of UTF-8,
// says what a file is that is no STIX, and in JSON lines goes on after a line that
// is broken. That line is yielded as an [*ObjectError] that names it. A broken
// frame that is not on a line of its own still ends the sequence. frame may be nil.
func ReadFile(r io.Reader, frame func(frame Object, err error)) iter.Seq2[Object, error] {
	if frame == nil {
		frame = func(Object, error) {}
	}
	return func(yield func(Object, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		if mark, err := in.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
			_, _ = in.Discard(len(mark)) // what was peeked at is there
		}
		stream := &stream{scan: scanner{in: in, lines: true}, yield: yield, around: frame}
		stream.documents()
	}
}

// errCutOff says that a line ends before the document on it does.
var errCutOff = fmt.Errorf("%w: it ends too early", ErrBundle)

// newLine reports whether an object that comes after before stands first on a
// line, where the value before it cannot hold one: that line is a document.
func (scan *scanner) newLine(before []byte, quoted bool) bool {
	if len(before) == 0 {
		before = scan.kept
	}
	if scan.overflow || len(before) == 0 || before[len(before)-1] != '\n' {
		return false
	}
	last := lastOf(before)
	if last == 0 {
		last = lastOf(scan.kept)
	}
	return quoted || !opens(last)
}

// lastOf is the last byte that is no white space, or 0.
func lastOf(text []byte) byte {
	text = bytes.TrimRight(text, " \t\r\n")
	if len(text) == 0 {
		return 0
	}
	return text[len(text)-1]
}

// opens reports whether a value may follow a byte.
func opens(b byte) bool { return b == ',' || b == '[' || b == ':' }

// stepOver goes to the next line, if the document that failed stands on a line of
// its own: then the failure is yielded as that of one object.
func (stream *stream) stepOver(failed error) error {
	if !errors.Is(failed, ErrBundle) || errors.Is(failed, errNoLines) {
		if errors.Is(failed, io.EOF) && stream.begun > 0 {
			return fmt.Errorf("%w: the object that begins on line %d does not end", ErrBundle, stream.begun+1)
		}
		return failed
	}
	next, more, err := stream.nextLine(failed)
	switch {
	case err != nil:
		return err
	case !next && more:
		return fmt.Errorf("%w, on line %d; what comes after it was not read", failed, stream.scan.breaks+1)
	case !next:
		return failed
	}
	if last := stream.scan.breaks; last > stream.begun+1 {
		failed = fmt.Errorf("%w; the lines up to %d are lost with it", failed, last)
	}
	index := stream.index
	stream.index++
	if !stream.yield(Object{}, &ObjectError{Index: index, Line: int(stream.begun) + 1, Err: failed}) {
		return errStopped
	}
	return nil
}

// nextLine moves to the line after a broken one. It reports false if lines are
// not documents here, and whether there is more to read.
func (stream *stream) nextLine(failed error) (next, more bool, err error) {
	scan := &stream.scan
	if scan.breaks != stream.begun {
		next := stream.onLines || scan.breaks == stream.begun+1 && !stream.listed
		return next && (errors.Is(failed, errCutOff) || scan.unreadLine()), true, nil
	}
	last := byte(0)
	for {
		part, err := scan.in.ReadSlice('\n')
		scan.offset += int64(len(part))
		if b := lastOf(part); b != 0 {
			last = b
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return stream.onLines, false, nil
		case err != nil:
			return false, true, err
		}
		first, err := scan.in.Peek(1)
		if next = stream.onLines || err == nil && first[0] == '{' && !opens(last); next {
			scan.breaks++
		}
		return next, err == nil, nil
	}
}

// unreadLine takes back the byte that was read, if it begins an object and a line.
func (scan *scanner) unreadLine() bool {
	if len(scan.kept) == 0 || scan.kept[len(scan.kept)-1] != '\n' || scan.in.UnreadByte() != nil {
		return false
	}
	scan.offset--
	return true
}

// errNoLines is wrapped where there are no lines to step over.
var errNoLines = fmt.Errorf("%w: it is", ErrBundle)

// noObject says what stands where an object should begin.
func (stream *stream) noObject(b byte, first bool) error {
	scan := &stream.scan
	if !scan.lines {
		return fmt.Errorf("%w: byte %d does not begin an object", ErrBundle, scan.offset-1)
	}
	if err := scan.in.UnreadByte(); err != nil {
		return err
	}
	ahead, _ := scan.in.Peek(64) // as much as there is
	_, _ = scan.in.Discard(1)
	if first {
		switch {
		case bytes.HasPrefix(ahead, []byte{0x1f, 0x8b}):
			return fmt.Errorf("%w compressed by gzip; unpack it first", errNoLines)
		case bytes.HasPrefix(ahead, []byte("PK\x03\x04")):
			return fmt.Errorf("%w a zip archive; unpack it first", errNoLines)
		case bytes.HasPrefix(ahead, []byte{0xff, 0xfe}), bytes.HasPrefix(ahead, []byte{0xfe, 0xff}):
			return fmt.Errorf("%w UTF-16; write it as UTF-8", errNoLines)
		}
	}
	if first && b == '[' {
		return fmt.Errorf("%w a list; put the objects into a bundle, or each on a line of its own", errNoLines)
	}
	word, _, _ := strings.Cut(string(ahead), "\n")
	if b < ' ' || !utf8.RuneStart(b) || bytes.IndexByte(ahead, 0) >= 0 {
		return fmt.Errorf("%w no text", errNoLines)
	}
	if len(word) > 20 {
		word = strings.ToValidUTF8(word[:20], "") + "…"
	}
	return fmt.Errorf("%w: no JSON object begins at %q", ErrBundle, strings.TrimSpace(word))
}
