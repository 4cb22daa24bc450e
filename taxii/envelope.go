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

// AppendEnvelope writes an envelope to the end of a buffer, the bytes of each
// object unchanged. Without objects, and nothing more, it is "{}". The objects
// must be JSON; they are not looked at. TAXII 2.1 §3.7
func AppendEnvelope(buffer []byte, more bool, next string, objects [][]byte) ([]byte, error) {
	separator := ""
	buffer = append(buffer, '{')
	if more {
		buffer = append(buffer, `"more":true`...)
		separator = ","
	}
	if next != "" {
		buffer = append(buffer, separator+`"next":`...)
		var err error
		if buffer, err = jsontext.AppendQuote(buffer, next); err != nil {
			return nil, fmt.Errorf("taxii: next is not text: %w", err)
		}
		separator = ","
	}
	for i, object := range objects {
		if i == 0 {
			buffer = append(buffer, separator+`"objects":[`...)
		} else {
			buffer = append(buffer, ',')
		}
		buffer = append(buffer, object...)
	}
	if len(objects) > 0 {
		buffer = append(buffer, ']')
	}
	return append(buffer, '}'), nil
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
