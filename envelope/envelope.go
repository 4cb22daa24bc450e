// SPDX-License-Identifier: Apache-2.0

// Package envelope is one message between two nodes: signed by the sender,
// then sealed for one recipient. docs/spec/envelope.md is the format in words.
//
// The journey of a message is
//
//	payload → Commit → Header → sign → Pack → seal (age)
//	open (age) → Unpack → Verify → payload
//
// The signature covers the recipient, so a message cannot be forwarded as if
// it were meant for another; it covers the payload through a salted
// commitment, so that text and salt can be erased and the signature stays
// checkable. Nothing about a message can be read from outside the seal but its
// size class.
package envelope

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
)

// Version is the only version of the format.
const Version = 1

// Kind says what a message is.
type Kind string

const (
	Warning         Kind = "warning"
	Update          Kind = "update"
	Recall          Kind = "recall"
	RecallAnswer    Kind = "recall_answer"
	Request         Kind = "request"
	Reply           Kind = "reply"
	Acknowledgement Kind = "acknowledgement"
	Outcome         Kind = "outcome"
	Thanks          Kind = "thanks"
	Pledge          Kind = "pledge"
	Dispute         Kind = "dispute"
	Terms           Kind = "terms"
	State           Kind = "state"
	KeyChange       Kind = "keys"
	Objects         Kind = "objects"
	Voice           Kind = "voice"
	Inquiry         Kind = "inquiry"
	InquiryAnswer   Kind = "inquiry_answer"
	Destruction     Kind = "destroyed"

	PermissionRequest Kind = "permission_request"
	Permission        Kind = "permission"

	PledgeEnd Kind = "pledge_ended"
)

// Header is what the signature covers. It is written as canonical JSON
// (RFC 8785); times are UTC with milliseconds.
type Header struct {
	Version int    `json:"v"`
	Channel string `json:"channel"` // see Channel
	From    string `json:"from"`    // id of the sending node, see Card.ID
	To      string `json:"to"`      // id of the node it is for
	Epoch   uint64 `json:"epoch"`   // of the sender's side of the channel, from 1
	Seq     uint64 `json:"seq"`     // in this direction, from 1, without gaps
	Prev    string `json:"prev"`    // hash of the header before it in this direction; 64 zeros for the first
	Kind    Kind   `json:"kind"`
	// Commitment is SHA-256(salt ‖ payload), in hex.
	Commitment string              `json:"commitment"`
	Sent       time.Time           `json:"sent"`
	Precedence handling.Precedence `json:"precedence"`
	Handling   handling.Handling   `json:"handling"`
	Expires    time.Time           `json:"expires,omitzero"` // after this it is not delivered any more
}

// Message is an opened envelope. HeaderBytes are the bytes that were signed;
// Header is a view of them.
type Message struct {
	Header      Header
	HeaderBytes []byte
	Signature   []byte // Ed25519 over SigningInput(HeaderBytes)
	Salt        []byte // 32 bytes; nil once erased
	Payload     []byte // canonical JSON; nil once erased
}

// FirstPrev is the Prev of the first message in a direction.
const FirstPrev = "0000000000000000000000000000000000000000000000000000000000000000"

// What can be wrong with an envelope. A node tells its peer none of this.
var (
	ErrFormat    = errors.New("envelope: not in the format")
	ErrTooLarge  = errors.New("envelope: too large")
	ErrSignature = errors.New("envelope: the signature is not the sender's")
	ErrAddress   = errors.New("envelope: not for this channel or this recipient")
	ErrPayload   = errors.New("envelope: the payload is not the one committed to")
	ErrErased    = errors.New("envelope: the payload was erased")
)

// KeyID names a signing key: the SHA-256 of a domain word and the key, in hex.
func KeyID(public ed25519.PublicKey) string {
	return hash("tocsin-key/v1\n", public)
}

// Channel names the pair of two nodes by their ids, the same from both sides.
func Channel(one, other string) string {
	if other < one {
		one, other = other, one
	}
	return hash("tocsin-channel/v1\n", []byte(one+"\n"+other+"\n"))
}

// NewSalt is 32 random bytes.
func NewSalt() []byte {
	salt := make([]byte, 32)
	rand.Read(salt) // crypto/rand.Read never fails
	return salt
}

// Commit is SHA-256(salt ‖ payload), in hex.
func Commit(salt, payload []byte) string {
	return hash(string(salt), payload)
}

// Encode writes the header as canonical JSON: the bytes to sign.
func (h Header) Encode() ([]byte, error) { return encode("the header", h) }

// encode writes v as canonical JSON. RFC 8785
func encode(what string, v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("envelope: writing %s: %w", what, err)
	}
	value := jsontext.Value(raw)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("envelope: writing %s: %w", what, err)
	}
	return value, nil
}

// SigningInput is what the sender's Ed25519 key signs.
func SigningInput(headerBytes []byte) []byte {
	return append([]byte("tocsin-envelope/v1\n"), headerBytes...)
}

// Hash names a message for good: the SHA-256 of a domain word and the header's
// bytes, in hex. Logs and receipts hold it and nothing else of the message.
func Hash(headerBytes []byte) string {
	return hash("tocsin-header/v1\n", headerBytes)
}

// Hash names the message.
func (m *Message) Hash() string { return Hash(m.HeaderBytes) }

// Verify checks that the message was signed by public, is addressed from the
// node from to the node to in their channel, and holds the payload it commits
// to. Which key was the node's when it signed is for the caller to know.
func (m *Message) Verify(public ed25519.PublicKey, from, to string) error {
	if err := m.VerifyHeader(public, from, to); err != nil {
		return err
	}
	if m.Payload == nil || m.Salt == nil {
		return ErrErased
	}
	if Commit(m.Salt, m.Payload) != m.Header.Commitment {
		return ErrPayload
	}
	return nil
}

// VerifyHeader is Verify for a message whose text is not there.
func (m *Message) VerifyHeader(public ed25519.PublicKey, from, to string) error {
	if m.Header.From != from || m.Header.To != to || m.Header.Channel != Channel(from, to) {
		return ErrAddress
	}
	if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, SigningInput(m.HeaderBytes), m.Signature) {
		return ErrSignature
	}
	return nil
}

// Seal packs the messages, pads them to a size class and seals them for
// recipient, as one envelope.
func Seal(recipient age.Recipient, messages ...*Message) ([]byte, error) {
	plain, err := pack(messages)
	if err != nil {
		return nil, err
	}
	var sealed bytes.Buffer
	sealed.Grow(len(plain) + 4096)
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return nil, fmt.Errorf("envelope: sealing: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("envelope: sealing: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("envelope: sealing: %w", err)
	}
	return sealed.Bytes(), nil
}

func hash(domain string, rest []byte) string {
	h := sha256.New()
	h.Write([]byte(domain))
	h.Write(rest)
	return hex.EncodeToString(h.Sum(nil))
}
