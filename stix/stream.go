// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads bundles of any size as a stream of objects.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrBundle is wrapped by errors about the bundle itself, after which nothing
// more can be read from it.
var ErrBundle = errors.New("stix: cannot read the bundle")

// An ObjectError says which object of a stream could not be read. The stream
// goes on after it.
type ObjectError struct {
	// Index counts the objects of the stream from 0, readable or not.
	Index int
	// Line is the line, from 1, that [ReadFile] could not read and stepped over;
	// 0 where an object is damaged and the frame around it is not.
	Line int
	// Err is why; it wraps one of this package's errors.
	Err error
}

func (failure *ObjectError) Error() string {
	if failure.Line > 0 {
		return fmt.Sprintf("line %d: %v", failure.Line, failure.Err)
	}
	return fmt.Sprintf("object %d: %v", failure.Index, failure.Err)
}

func (failure *ObjectError) Unwrap() error { return failure.Err }

// ReadBundle reads the objects of a bundle one by one, never holding more than
// one of them. It also takes a TAXII envelope, a single object, and several of
// these one after another (JSON lines).
//
// An object that cannot be read is yielded as an [*ObjectError] in its place,
// and the next one follows: one that is too large, too deep, has duplicate
// keys, or is damaged inside but still has its braces. Where the frame around
// the objects is broken, the last thing yielded is an error that wraps
// [ErrBundle], or the reader's own error. STIX 2.1 §8.1
func ReadBundle(r io.Reader) iter.Seq2[Object, error] {
	return readStream(r, nil, nil)
}

// ReadGated is [ReadBundle], and calls gate with the size of each object, in
// bytes, just before that is read into memory as what it says: gate may wait.
func ReadGated(r io.Reader, gate func(size int)) iter.Seq2[Object, error] {
	return readStream(r, nil, gate)
}

// ReadFramed is [ReadBundle], and hands over what stands around the objects of
// each bundle or envelope, once they have been read: an object without the
// property objects, or with an empty list where that was empty. Where it is not
// a list, it stands as it is. What cannot be read, or is larger than
// [MaxObjectSize] without the objects, is handed over as the error.
// STIX 2.1 §8.1, TAXII 2.1 §3.7
func ReadFramed(r io.Reader, frame func(frame Object, err error)) iter.Seq2[Object, error] {
	return readStream(r, frame, nil)
}

func readStream(r io.Reader, frame func(frame Object, err error), gate func(size int)) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		stream := &stream{scan: scanner{in: bufio.NewReaderSize(r, 64<<10)}, yield: yield, around: frame, gate: gate}
		stream.documents()
	}
}

// documents reads one document after another.
func (stream *stream) documents() {
	for documents := 0; ; documents++ {
		b, err := stream.scan.next()
		if errors.Is(err, io.EOF) {
			if documents == 0 {
				stream.yield(Object{}, fmt.Errorf("%w: it is empty", ErrBundle))
			}
			return
		}
		stream.begun, stream.listed = stream.scan.breaks, false
		if err == nil && b != '{' {
			err = stream.noObject(b, documents == 0)
		}
		if err == nil {
			err = stream.document()
		}
		switch {
		case err != nil && stream.scan.lines && !errors.Is(err, errStopped):
			err = stream.stepOver(err)
		case err == nil:
			stream.onLines = stream.onLines || stream.begun == stream.scan.breaks
		}
		if errors.Is(err, errStopped) {
			return
		}
		if err != nil {
			stream.yield(Object{}, frameError(err))
			return
		}
	}
}

// errStopped says that the consumer of the sequence wants no more.
var errStopped = errors.New("stix: stopped")

// A stream is one walk over the documents of a reader.
type stream struct {
	scan   scanner
	yield  func(Object, error) bool
	around func(Object, error) // nil if nobody asks
	gate   func(size int)      // or nil
	index  int

	// begun is how many lines stand before the document that is read.
	begun int64
	// onLines says that a document stood whole on a line.
	onLines bool
	// listed says that the document lists objects on lines after its first.
	listed bool
}

// document reads one top-level object whose opening brace has been read. Until
// its objects property is met it may be a single object, so its bytes are kept.
func (stream *stream) document() error {
	scan := &stream.scan
	scan.forget()
	scan.keep('{')
	var frame frame
	for first := true; ; first = false {
		before := len(scan.kept)
		name, done, err := scan.memberName(first)
		if err != nil {
			return err
		}
		if done {
			break
		}
		b, err := scan.next()
		if err != nil {
			return err
		}
		start := len(scan.kept)
		if name == "objects" {
			frame.named = true
		}
		if name == "objects" && b == '[' && (frame.objectType == "" || frame.objectType == "bundle") {
			if frame.streamed {
				return fmt.Errorf("%w: objects stands twice", ErrBundle)
			}
			frame.streamed = true
			frame.keep(scan.kept[:before], scan.overflow)
			if err := stream.list(&frame); err != nil {
				return err
			}
			continue
		}
		if err := scan.value(b); err != nil {
			return err
		}
		if name == "type" && !scan.overflow {
			frame.objectType = stringValue(scan.kept[start:])
		}
		if frame.streamed {
			frame.keep(scan.kept, scan.overflow)
			scan.forget()
		}
	}
	return stream.finish(&frame)
}

// A frame is what a document has said of itself so far.
type frame struct {
	objectType string
	named      bool // there was a property named objects
	streamed   bool // and it was a list, whose objects were yielded
	empty      bool // and there were none
	text       []byte
	overflow   bool
}

// keep adds members as they are written, but for the comma between the first of
// them and what was left out before it.
func (frame *frame) keep(text []byte, overflow bool) {
	if frame.overflow = frame.overflow || overflow || len(frame.text)+len(text) > MaxObjectSize; frame.overflow {
		return
	}
	if len(bytes.TrimSpace(frame.text)) == 1 {
		text = bytes.TrimPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte{','})
	}
	frame.text = append(frame.text, text...)
}

// object is what was kept, as an object.
func (frame *frame) object() (Object, error) {
	if frame.overflow {
		return Object{}, fmt.Errorf("%w of %d bytes, without its objects", ErrTooLarge, MaxObjectSize)
	}
	if frame.empty {
		frame.keep([]byte(`,"objects":[]`), false)
	}
	return Parse(append(frame.text, '}'))
}

// finish ends a document: a bundle needs nothing more, a single object is
// yielded now.
func (stream *stream) finish(frame *frame) error {
	switch {
	case frame.streamed:
		if stream.around != nil {
			stream.around(frame.object())
		}
		if frame.objectType != "" && frame.objectType != "bundle" {
			return fmt.Errorf("%w: its type is %.40q", ErrBundle, frame.objectType)
		}
		return nil
	case frame.objectType != "bundle":
		return stream.emit()
	}
	switch {
	case stream.around == nil:
	case stream.scan.overflow:
		stream.around(Object{}, fmt.Errorf("%w of %d bytes", ErrTooLarge, MaxObjectSize))
	default:
		stream.around(Parse(stream.scan.kept))
	}
	if frame.named {
		return fmt.Errorf("%w: its objects are not a list", ErrBundle)
	}
	return nil
}

// list reads the objects, after the opening bracket.
func (stream *stream) list(frame *frame) error {
	scan := &stream.scan
	for first := true; ; first = false {
		b, err := scan.next()
		if err != nil {
			return err
		}
		scan.forget()
		stream.listed = scan.breaks != stream.begun
		if b == ']' && first {
			frame.empty = true
			return nil
		}
		if err := scan.value(b); err != nil {
			return err
		}
		if err := stream.emit(); err != nil {
			return err
		}
		b, err = scan.next()
		if err != nil {
			return err
		}
		if b == ']' {
			scan.forget()
			return nil
		}
		if b != ',' {
			return fmt.Errorf("%w: a comma is missing at byte %d", ErrBundle, scan.offset-1)
		}
	}
}

// emit yields what the scanner has kept, as an object or as the reason why it
// is none.
func (stream *stream) emit() error {
	index := stream.index
	stream.index++
	var object Object
	err := fmt.Errorf("%w of %d bytes", ErrTooLarge, MaxObjectSize)
	if !stream.scan.overflow {
		if stream.gate != nil {
			stream.gate(len(stream.scan.kept))
		}
		object, err = Parse(stream.scan.kept)
	}
	if err != nil {
		err = &ObjectError{Index: index, Err: err}
	}
	if !stream.yield(object, err) {
		return errStopped
	}
	return nil
}

func frameError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrBundle)
	}
	return err
}

// stringValue is what a JSON string says, or "" if it is none or damaged.
func stringValue(text []byte) string {
	value, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return ""
	}
	return string(value)
}
