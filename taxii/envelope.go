// SPDX-License-Identifier: Apache-2.0

package taxii

// This file writes and reads envelopes, the wrapping of objects.

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrEnvelope is wrapped by the errors of [ParseEnvelope].
var ErrEnvelope = errors.New("taxii: not an envelope")

// An Envelope is one page of objects, each as its bytes. TAXII 2.1 §3.7
type Envelope struct {
	More    bool             `json:"more,omitzero"`
	Next    string           `json:"next,omitzero"`
	Objects []jsontext.Value `json:"objects,omitzero"`
}

// An EnvelopeWriter writes an envelope, object by object. The zero
// EnvelopeWriter has none. TAXII 2.1 §3.7
type EnvelopeWriter struct {
	buffer []byte
	begun  bool
}

// NewEnvelopeWriter makes one that writes to the end of a buffer.
func NewEnvelopeWriter(buffer []byte) EnvelopeWriter { return EnvelopeWriter{buffer: buffer} }

// Add adds the bytes of an object, unchanged. They must be JSON; they are not
// looked at.
func (w *EnvelopeWriter) Add(object []byte) {
	if w.begun {
		w.buffer = append(w.buffer, ',')
	} else {
		w.buffer = append(w.buffer, `{"objects":[`...)
		w.begun = true
	}
	w.buffer = append(w.buffer, object...)
}

// End ends the envelope and returns the buffer. Without objects, and nothing
// more, it is "{}". more and next stand behind the objects, since only then it
// is known how many there are.
func (w *EnvelopeWriter) End(more bool, next string) ([]byte, error) {
	separator, buffer := "", w.buffer
	if w.begun {
		buffer, separator = append(buffer, ']'), ","
	} else {
		buffer = append(buffer, '{')
	}
	if more {
		buffer, separator = append(buffer, separator+`"more":true`...), ","
	}
	if next != "" {
		var err error
		if buffer, err = jsontext.AppendQuote(append(buffer, separator+`"next":`...), next); err != nil {
			return nil, fmt.Errorf("taxii: next is not text: %w", err)
		}
	}
	return append(buffer, '}'), nil
}

// AppendEnvelope writes an envelope to the end of a buffer as an
// [EnvelopeWriter] does. TAXII 2.1 §3.7
func AppendEnvelope(buffer []byte, more bool, next string, objects [][]byte) ([]byte, error) {
	w := NewEnvelopeWriter(buffer)
	for _, object := range objects {
		w.Add(object)
	}
	return w.End(more, next)
}

// ParseEnvelope reads a whole envelope, strictly, with the bytes of each object
// as they stand. For one of unknown size use stix.ReadBundle, which reads
// objects one by one. Properties it does not know are passed over.
// TAXII 2.1 §3.7
func ParseEnvelope(raw []byte) (Envelope, error) {
	var envelope Envelope
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return Envelope{}, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	for i, object := range envelope.Objects {
		if object.Kind() != '{' {
			return Envelope{}, fmt.Errorf("%w: item %d of objects is no object", ErrEnvelope, i)
		}
	}
	return envelope, nil
}
