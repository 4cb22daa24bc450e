// SPDX-License-Identifier: Apache-2.0

package carry

// This file writes a carry file, record by record.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
)

// Writer writes one file. It keeps nothing but the record it is given.
type Writer struct {
	head   Head
	sender func(input []byte) string
	seal   io.WriteCloser
	sum    hash.Hash
	size   int64
	count  int
}

// NewWriter begins a file for recipient. sender signs an input and answers it
// as envelope.SenderValue writes it.
func NewWriter(w io.Writer, recipient age.Recipient, head Head, sender func(input []byte) string) (*Writer, error) {
	if err := head.check(); err != nil {
		return nil, err
	}
	seal, err := age.Encrypt(w, recipient)
	if err != nil {
		return nil, fmt.Errorf("carry: sealing: %w", err)
	}
	out := &Writer{head: head, sender: sender, seal: seal, sum: sha256.New()}
	if err := out.write([]byte(magic)); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("carry: writing the head: %w", err)
	}
	return out, out.Add(KindHead, raw)
}

// Add writes a record of that content and signs it.
func (w *Writer) Add(kind Kind, content []byte) error {
	if len(content) > MaxContent {
		return fmt.Errorf("carry: a record of %d bytes, at most %d", len(content), MaxContent)
	}
	sender := w.sender(SigningInput(kind, w.head.To, content))
	w.count++
	return w.record(kind, append([]byte(sender+"\n"), content...))
}

// Size is how long the file's inside is so far, in bytes. The file itself will
// be longer by less than two blocks.
func (w *Writer) Size() int64 { return w.size }

// Close writes the end and the padding. Without it the file is one that was cut
// off.
func (w *Writer) Close() error {
	raw, err := json.Marshal(end{Records: w.count, Sum: hex.EncodeToString(w.sum.Sum(nil))})
	if err != nil {
		return fmt.Errorf("carry: writing the end: %w", err)
	}
	if err := w.Add(KindEnd, raw); err != nil {
		return err
	}
	if err := w.record(KindPadding, bytes.Repeat([]byte{' '}, w.padding())); err != nil {
		return err
	}
	if err := w.seal.Close(); err != nil {
		return fmt.Errorf("carry: sealing: %w", err)
	}
	return nil
}

// padding is how many bytes fill the last block.
func (w *Writer) padding() int {
	for n := range 2 * Block {
		whole := w.size + int64(len(KindPadding)+1+len(strconv.Itoa(n))+1+2*sha256.Size+1+n+1)
		if whole%Block == 0 {
			return n
		}
	}
	return 0
}

func (w *Writer) record(kind Kind, body []byte) error {
	sum := sha256.Sum256(body)
	line := fmt.Sprintf("%s %d %x\n", kind, len(body), sum)
	return errors.Join(w.write([]byte(line)), w.write(body), w.write([]byte{'\n'}))
}

func (w *Writer) write(raw []byte) error {
	n, err := w.seal.Write(raw)
	w.size += int64(n)
	w.sum.Write(raw[:n])
	if err != nil {
		return fmt.Errorf("carry: writing: %w", err)
	}
	return nil
}
