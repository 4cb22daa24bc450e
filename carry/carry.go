// SPDX-License-Identifier: Apache-2.0

// Package carry is the file in which deliveries and receipts are carried by
// hand between two nodes that no network joins. docs/spec/carry.md is the
// format in words.
//
// A file is sealed as a whole for its recipient: whoever finds it learns its
// size, to 64 KiB, and nothing else. Inside stand a word and then records, each
// with its length and checksum:
//
//	head → the answer to an invitation → a question and answers about a standing → receipts and deliveries → end → padding
//
// A delivery stands in it byte for byte as it would be posted, with its sender's
// signature, so that it is heard as if it had come by network; so does what a node
// that was restored asks, and what it is answered. A file that was cut off is good
// up to its last whole record.
package carry

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Version is the only version of the format.
const Version = 1

// The word at the beginning of a file's inside.
const magic = "tocsin-carry/v1\n"

// Kind says what a record holds.
type Kind string

// The kinds of record, in the order in which they may stand.
const (
	KindHead     Kind = "head"     // who carries what to whom: a Head, signed
	KindPair     Kind = "pair"     // the answer to an invitation, as it would be posted
	KindQuestion Kind = "question" // what the recipient holds of a sender that was restored: an envelope.StandingAsk, as it would be posted
	KindStanding Kind = "standing" // a page of the answer to one: an envelope.Standing, as it would be answered
	KindAnswer   Kind = "answer"   // receipts for deliveries that came by hand: an envelope.Answer, signed
	KindDelivery Kind = "delivery" // a delivery, as it would be posted
	KindEnd      Kind = "end"      // how many records there were, and their hash: signed
	KindPadding  Kind = "padding"
)

const (
	// MaxContent is the largest content of a record, in bytes.
	MaxContent = envelope.MaxDelivery
	// maxSender bounds the line before it that says who signed.
	maxSender = 4096
	// Block is what a file's inside is padded to a multiple of, in bytes.
	Block = 64 << 10
)

// What can be wrong with a file.
var (
	ErrFormat    = errors.New("carry: not in the format")
	ErrCut       = errors.New("carry: the file is cut off, or damaged from here on")
	ErrSignature = errors.New("carry: not signed by its sender")
)

// Head is what a file says of itself.
type Head struct {
	Version int       `json:"v"`
	File    string    `json:"file"`   // 16 random bytes, in hex
	From    string    `json:"from"`   // the sender's node id
	To      string    `json:"to"`     // the recipient's
	Number  uint64    `json:"number"` // of the file in this direction, from 1
	Made    time.Time `json:"made"`
	// OneWay says that nothing is carried back.
	OneWay bool `json:"one_way,omitzero"`
	// First is the place of the first message in it; absent if there is none.
	First uint64 `json:"first,omitzero"`
}

// NewFile is a name for a file.
func NewFile() string {
	raw := make([]byte, 16)
	rand.Read(raw) // crypto/rand.Read never fails
	return hex.EncodeToString(raw)
}

func (h Head) check() error {
	if h.Version != Version {
		return fmt.Errorf("%w: version %d", ErrFormat, h.Version)
	}
	for name, size := range map[string]int{h.File: 16, h.From: 32, h.To: 32} {
		if raw, err := hex.DecodeString(name); err != nil || len(raw) != size || strings.ToLower(name) != name {
			return fmt.Errorf("%w: a name in the head", ErrFormat)
		}
	}
	if h.Number == 0 || h.Number > 1<<53-1 || h.First > 1<<53-1 || h.Made.IsZero() {
		return fmt.Errorf("%w: number, first and made", ErrFormat)
	}
	return nil
}

// end is the content of the last record.
type end struct {
	Records int    `json:"records"` // before this one
	Sum     string `json:"sum"`     // SHA-256 of the file's inside before this record, in hex
}

// SigningInput is what the sender of a file signs of a head, an answer or an
// end: the kind, the recipient and the content. What is posted or answered by
// network, too, is signed as it is there, by envelope.DeliverySigningInput and
// envelope.StandingSigningInput.
func SigningInput(kind Kind, to string, content []byte) []byte {
	switch kind {
	case KindDelivery, KindPair, KindQuestion:
		return envelope.DeliverySigningInput(to, content)
	case KindStanding:
		return envelope.StandingSigningInput(to, content)
	}
	sum := sha256.Sum256(content)
	return append([]byte("tocsin-carry/v1\n"+string(kind)+"\n"+to+"\n"), sum[:]...)
}

// Record is one record as it was read. Its checksum is right; whether its
// sender signed it, Verify says.
type Record struct {
	Kind    Kind
	Sender  string // "<id> <base64 signature>", as envelope.SenderHeader has it
	Content []byte
}

// Verify checks that the record was signed for the node self, by the holder of
// that key or of one that links lead to from it.
func (r Record) Verify(public ed25519.PublicKey, self string) error {
	sender, err := envelope.ParseSender(r.Sender)
	if err != nil || len(public) != ed25519.PublicKeySize || !ed25519.Verify(sender.Key(public), SigningInput(r.Kind, self, r.Content), sender.Signature) {
		return ErrSignature
	}
	return nil
}

// parseHead reads the content of a head strictly.
func parseHead(content []byte) (h Head, err error) {
	if err := json.Unmarshal(content, &h, json.RejectUnknownMembers(true)); err != nil {
		return h, fmt.Errorf("%w: head: %w", ErrFormat, err)
	}
	return h, h.check()
}
