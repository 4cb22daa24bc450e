// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds who posts a delivery: the header beside it, by which a node's
// door knows a partner before it reads anything.

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
)

// Sender is what the sender header says: whose the body is, a signature over
// it, and, while the recipient has not read of a change of keys yet, the links
// that lead from the key it knows to the one that signed.
type Sender struct {
	ID        string // of the node
	Signature []byte
	Links     []Link
}

// Link is one step from a signing key to its successor.
type Link struct {
	Public    ed25519.PublicKey // the successor
	Signature []byte            // by the key before it over LinkInput
}

// MaxLinks bounds the links of a sender header.
const MaxLinks = 16

// Value writes the sender header: "<node id> <signature>", and for each link
// " <public key>:<signature>", all base64 but the id.
func (s Sender) Value() string {
	parts := []string{s.ID, base64.StdEncoding.EncodeToString(s.Signature)}
	for _, link := range s.Links {
		parts = append(parts, base64.StdEncoding.EncodeToString(link.Public)+":"+base64.StdEncoding.EncodeToString(link.Signature))
	}
	return strings.Join(parts, " ")
}

// ParseSender reads a sender header.
func ParseSender(value string) (Sender, error) {
	parts := strings.Split(value, " ")
	if len(parts) < 2 || len(parts) > 2+MaxLinks || len(parts[0]) != 64 {
		return Sender{}, ErrSender
	}
	s := Sender{ID: parts[0]}
	var ok bool
	if s.Signature, ok = decoded(parts[1], ed25519.SignatureSize); !ok {
		return Sender{}, ErrSender
	}
	for _, part := range parts[2:] {
		public, signature, _ := strings.Cut(part, ":")
		link := Link{}
		var isKey, isSignature bool
		link.Public, isKey = decoded(public, ed25519.PublicKeySize)
		link.Signature, isSignature = decoded(signature, ed25519.SignatureSize)
		if !isKey || !isSignature {
			return Sender{}, ErrSender
		}
		s.Links = append(s.Links, link)
	}
	return s, nil
}

func decoded(text string, size int) ([]byte, bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	return raw, err == nil && len(raw) == size
}

// Key is the key that must have signed, for a reader that knows the node's key
// known: known itself, or the one that the links lead to from it.
func (s Sender) Key(known ed25519.PublicKey) ed25519.PublicKey {
	for _, link := range s.Links {
		if ed25519.Verify(known, LinkInput(s.ID, link.Public), link.Signature) {
			known = link.Public
		}
	}
	return known
}

// Signed reports whether the sender signed the delivery to the node to.
func (s Sender) Signed(known ed25519.PublicKey, to string, body []byte) bool {
	return s.signed(known, DeliverySigningInput(to, body))
}

func (s Sender) signed(known ed25519.PublicKey, input []byte) bool {
	return len(known) == ed25519.PublicKeySize && ed25519.Verify(s.Key(known), input, s.Signature)
}

// SenderValue writes the sender header of a node whose key is known.
func SenderValue(id string, signature []byte) string {
	return Sender{ID: id, Signature: signature}.Value()
}
