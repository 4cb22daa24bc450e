// SPDX-License-Identifier: Apache-2.0

package carry

// This file reads the inside of a carry file, record by record.

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxLine bounds the line before a record.
const maxLine = 120

// Reader reads one file. It keeps nothing but the record it is at.
type Reader struct {
	in    *bufio.Reader
	sum   hash.Hash
	count int
	place int // of the last record, among order
	ended bool
}

// order is the order in which kinds of record may stand; receipts and deliveries
// come as they come.
var order = [][]Kind{{KindHead}, {KindPair}, {KindQuestion}, {KindStanding}, {KindAnswer, KindDelivery}, {KindEnd}, {KindPadding}}

// repeats reports whether a kind of record may stand in a file more than once.
func repeats(kind Kind) bool {
	return kind == KindStanding || kind == KindAnswer || kind == KindDelivery
}

// NewReader begins to read what lay inside the seal. It answers the head, which
// nobody has verified yet: call Verify on the record.
func NewReader(inside io.Reader) (*Reader, Head, Record, error) {
	r := &Reader{in: bufio.NewReaderSize(inside, 64<<10), sum: sha256.New()}
	word, err := r.take(len(magic))
	if err != nil {
		return nil, Head{}, Record{}, err
	}
	if string(word) != magic {
		return nil, Head{}, Record{}, fmt.Errorf("%w: no carry file of version %d", ErrFormat, Version)
	}
	record, err := r.Next()
	if err != nil {
		return nil, Head{}, Record{}, err
	}
	head, err := parseHead(record.Content)
	if record.Kind != KindHead {
		err = fmt.Errorf("%w: no head", ErrFormat)
	}
	return r, head, record, err
}

// Next reads the next record: its checksum is right, and of an end also what it
// counts. ErrCut says that no whole record follows, io.EOF that the file ended as
// it should.
func (r *Reader) Next() (Record, error) {
	before := r.sum.Sum(nil)
	kind, body, err := r.record()
	if err != nil {
		return Record{}, err
	}
	place := slices.IndexFunc(order, func(kinds []Kind) bool { return slices.Contains(kinds, kind) })
	if place < 0 || place < r.place || place == r.place && !repeats(kind) && r.count > 0 || r.count == 0 && kind != KindHead {
		return Record{}, fmt.Errorf("%w: a record %q here", ErrFormat, kind)
	}
	r.place = place
	if kind == KindPadding {
		return Record{}, r.padding(body)
	}
	sender, content, found := bytes.Cut(body, []byte{'\n'})
	if !found || len(sender) > maxSender || len(content) > MaxContent {
		return Record{}, fmt.Errorf("%w: a record without its sender", ErrFormat)
	}
	if kind == KindEnd {
		var e end
		if err := json.Unmarshal(content, &e, json.RejectUnknownMembers(true)); err != nil || e.Records != r.count || e.Sum != hex.EncodeToString(before) {
			return Record{}, fmt.Errorf("%w: the end speaks of other records", ErrFormat)
		}
		r.ended = true
	}
	r.count++
	return Record{Kind: kind, Sender: string(sender), Content: content}, nil
}

// padding ends the file, if nothing follows.
func (r *Reader) padding(body []byte) error {
	if !r.ended || len(bytes.Trim(body, " ")) > 0 || len(body) > 2*Block {
		return fmt.Errorf("%w: padding", ErrFormat)
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the padding", ErrFormat)
	}
	return io.EOF
}

// record reads a line, and the body it speaks of.
func (r *Reader) record() (Kind, []byte, error) {
	line, err := r.line()
	if err != nil {
		return "", nil, err
	}
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return "", nil, fmt.Errorf("%w: the line before a record", ErrFormat)
	}
	length, err := strconv.ParseUint(words[1], 10, 31)
	if err != nil || length > MaxContent+maxSender+1 || strconv.FormatUint(length, 10) != words[1] {
		return "", nil, fmt.Errorf("%w: a record's length", ErrFormat)
	}
	body, err := r.take(int(length) + 1)
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(body[:length])
	if hex.EncodeToString(sum[:]) != words[2] || body[length] != '\n' {
		return "", nil, fmt.Errorf("%w: a record's checksum", ErrFormat)
	}
	return Kind(words[0]), body[:length], nil
}

func (r *Reader) line() (string, error) {
	var line []byte
	for len(line) <= maxLine {
		b, err := r.in.ReadByte()
		if err != nil {
			return "", cut(err)
		}
		if line = append(line, b); b == '\n' {
			r.sum.Write(line)
			return string(line[:len(line)-1]), nil
		}
	}
	return "", fmt.Errorf("%w: the line before a record", ErrFormat)
}

// take reads n bytes. What it keeps grows with what there is, not with what a
// length says there will be.
func (r *Reader) take(n int) ([]byte, error) {
	var taken bytes.Buffer
	if _, err := io.CopyN(&taken, r.in, int64(n)); err != nil {
		return nil, cut(err)
	}
	r.sum.Write(taken.Bytes())
	return taken.Bytes(), nil
}

// cut is the answer to a file that ends too early, or that cannot be read on:
// the seal does not tell the two apart.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}
