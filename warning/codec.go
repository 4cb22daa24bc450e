// SPDX-License-Identifier: Apache-2.0

package warning

// This file writes and reads what travels.

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// A Payload is one of the nouns that travel.
type Payload interface{ Validate() error }

// ErrKind is the answer to a kind this package does not know.
var ErrKind = errors.New("warning: unknown kind of message")

// Encode writes v as canonical JSON. RFC 8785
func Encode(v any) ([]byte, error) {
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("warning: writing: %w", err)
	}
	value := jsontext.Value(raw)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("warning: writing: %w", err)
	}
	return value, nil
}

// Decode reads the payload of a message of the given kind and validates it.
// Unknown members, duplicate names and invalid UTF-8 are refused.
func Decode(kind envelope.Kind, raw []byte) (Payload, error) {
	payload, err := blank(kind)
	if err != nil {
		return nil, err
	}
	if err := Read(raw, payload); err != nil {
		return nil, err
	}
	if err := payload.Validate(); err != nil {
		return nil, fmt.Errorf("warning: %s: %w", kind, err)
	}
	return payload, nil
}

// Read reads raw strictly into v.
func Read(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("warning: reading: %w", err)
	}
	return nil
}

func blank(kind envelope.Kind) (Payload, error) {
	switch kind {
	case envelope.Warning:
		return &Warning{}, nil
	case envelope.Acknowledgement:
		return &Acknowledgement{}, nil
	case envelope.Request:
		return &Request{}, nil
	case envelope.Reply:
		return &Reply{}, nil
	case envelope.Outcome:
		return &Outcome{}, nil
	case envelope.Thanks:
		return &Thanks{}, nil
	case envelope.Dispute:
		return &Dispute{}, nil
	case envelope.Update:
		return &Update{}, nil
	case envelope.Recall:
		return &Recall{}, nil
	case envelope.RecallAnswer:
		return &RecallAnswer{}, nil
	case envelope.Pledge:
		return &Pledge{}, nil
	case envelope.PledgeEnd:
		return &PledgeEnd{}, nil
	case envelope.Terms:
		return &Terms{}, nil
	case envelope.State:
		return &StateNotice{}, nil
	case envelope.KeyChange:
		return &KeyChange{}, nil
	case envelope.Voice:
		return &Voice{}, nil
	case envelope.Inquiry:
		return &Inquiry{}, nil
	case envelope.InquiryAnswer:
		return &InquiryAnswer{}, nil
	case envelope.Destruction:
		return &Destruction{}, nil
	case envelope.PermissionRequest:
		return &PermissionRequest{}, nil
	case envelope.Permission:
		return &Permission{}, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrKind, kind)
}
