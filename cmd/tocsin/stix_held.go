// SPDX-License-Identifier: Apache-2.0

package main

// This file holds back lines of tocsin stix check, so that they come in the order
// of the file though one of them waits for its end.

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// heldInMemory is how many bytes of lines are held in memory; more go to a
// temporary file.
const heldInMemory = 1 << 20

// heldLines is a list of lines that can be longer than memory. The zero value is
// empty.
type heldLines struct {
	wanted bool // lines are to be held
	memory []byte
	file   *os.File
}

// add keeps a line, but for the name of its file, which all share.
func (held *heldLines) add(line checked) error {
	line.File = ""
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	held.memory = append(held.memory, raw...)
	if len(held.memory) < heldInMemory {
		return nil
	}
	if held.file == nil {
		if held.file, err = os.CreateTemp("", "tocsin-check-*"); err != nil {
			return err
		}
	}
	_, err = held.file.Write(held.memory)
	held.memory = held.memory[:0]
	return err
}

// all yields the lines in the order they came; an error is the last.
func (held *heldLines) all() iter.Seq2[checked, error] {
	return func(yield func(checked, error) bool) {
		var lines io.Reader = bytes.NewReader(held.memory)
		if held.file != nil {
			if _, err := held.file.Seek(0, io.SeekStart); err != nil {
				yield(checked{}, err)
				return
			}
			lines = io.MultiReader(held.file, lines)
		}
		decoder := jsontext.NewDecoder(lines)
		for {
			var line checked
			err := json.UnmarshalDecode(decoder, &line)
			if errors.Is(err, io.EOF) || !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// close removes the temporary file.
func (held *heldLines) close() {
	if held.file != nil {
		_ = held.file.Close()
		_ = os.Remove(held.file.Name())
	}
}
