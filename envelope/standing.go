// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds what a node that was restored from a backup asks its partners,
// and what they answer. docs/spec/recovery.md is the format in words.

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/witness"
)

// StandingAsk asks a partner what it holds of the node that asks. It is posted
// and signed as a delivery is.
type StandingAsk struct {
	Version int    `json:"v"`
	From    string `json:"from"`  // id of the node that asks
	To      string `json:"to"`    // id of the node it asks
	Nonce   string `json:"nonce"` // 64 hex digits, never the same twice
	// Ours is the newest place of the asking node's own chain that it has, Theirs
	// that of the partner's: what comes behind them is asked for.
	Ours   uint64 `json:"ours"`
	Theirs uint64 `json:"theirs"`
	// Keys is how many changes of the partner's keys the asking node knows.
	Keys uint64 `json:"keys"`
}

// Standing is what a partner holds of the node that asked.
type Standing struct {
	Version int    `json:"v"`
	From    string `json:"from"`
	To      string `json:"to"`
	Ask     string `json:"ask"` // SHA-256 of the body that asked, hex
	// Seq and Hash are the newest message of the asking node that was taken; 0 and
	// FirstPrev if none was.
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
	// Held are the next messages of both chains, in the order in which the partner
	// came by them: those of the asking node with the receipts it was given, and the
	// partner's own with those that the asking node gave.
	Held []Held `json:"held,omitempty"`
	// The places before and between them that do not come.
	OursMissing   []Missing `json:"ours_missing,omitempty"`
	TheirsMissing []Missing `json:"theirs_missing,omitempty"`
	// Keys are the changes of the answering node's keys that the asking one does not
	// know: the answer, and receipts in it, may be signed with the newest.
	Keys []Change `json:"keys,omitempty"`
	// Checkpoints are those of the asking node's log that the partner holds: the
	// newest it has followed first.
	Checkpoints []string `json:"checkpoints,omitempty"`
	// More says that the same question from further on has more answers.
	More bool `json:"more,omitzero"`
}

// Held is a message that a partner gives back, sealed for whoever asked.
type Held struct {
	Envelope []byte `json:"envelope"`
	Receipt  string `json:"receipt"`
	Step     string `json:"step,omitempty"` // the receipt of the step that it says, if there is one
}

// StandingPage is one page of an answer, and where the next begins.
type StandingPage struct {
	Body     []byte // a Standing, to be signed
	Messages int    // in it
	// Ours and Theirs are the places of the two chains, of the node that asks and of
	// its partner, up to which everything was told.
	Ours, Theirs uint64
	More         bool
}

const (
	// StandingType is the media type of the question.
	StandingType = "application/vnd.tocsin.standing+json"
	// MaxStandingAsk is the largest question, in bytes.
	MaxStandingAsk = 4 << 10
	// MaxHeld is the largest number of messages in one answer, of both directions.
	MaxHeld = 64
)

// StandingSigningInput is what the answering node signs: for whom the answer is,
// and the answer.
func StandingSigningInput(to string, body []byte) []byte {
	sum := sha256.Sum256(body)
	return append([]byte("tocsin-standing/v1\n"+to+"\n"), sum[:]...)
}

// StandingID names a question by its body.
func StandingID(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// ParseStandingAsk reads a question, after its signature was checked.
func ParseStandingAsk(body []byte) (StandingAsk, error) {
	var a StandingAsk
	if len(body) > MaxStandingAsk {
		return a, ErrTooLarge
	}
	if err := json.Unmarshal(body, &a, json.RejectUnknownMembers(true)); err != nil {
		return a, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if a.Version != Version || !validID(a.From) || !validID(a.To) || !validID(a.Nonce) || max(a.Ours, a.Theirs, a.Keys) > 1<<53-1 {
		return a, fmt.Errorf("%w: a question about a standing", ErrFormat)
	}
	return a, nil
}

// ParseStanding reads an answer, after its signature was checked.
func ParseStanding(body []byte) (Standing, error) {
	var s Standing
	if err := json.Unmarshal(body, &s, json.RejectUnknownMembers(true)); err != nil {
		return s, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if s.Version != Version || !validID(s.From) || !validID(s.To) || !validID(s.Ask) || !validID(s.Hash) || s.Seq > 1<<53-1 {
		return s, fmt.Errorf("%w: a standing", ErrFormat)
	}
	if len(s.Held) > MaxHeld || len(s.OursMissing)+len(s.TheirsMissing) > MaxMissing || len(s.Checkpoints) > MaxSeen || len(s.Keys) > MaxChanges {
		return s, fmt.Errorf("%w: too much in a standing", ErrFormat)
	}
	for _, missing := range [][]Missing{s.OursMissing, s.TheirsMissing} {
		for _, m := range missing {
			if err := m.Check(); err != nil {
				return s, err
			}
		}
	}
	for _, checkpoint := range s.Checkpoints {
		if _, _, err := witness.ParseText(witness.Text(checkpoint)); err != nil || len(checkpoint) > MaxCheckpoint {
			return s, fmt.Errorf("%w: a checkpoint in a standing", ErrFormat)
		}
	}
	return s, nil
}

// SignedStanding reports whether the sender signed the answer to the node to.
func (s Sender) SignedStanding(known ed25519.PublicKey, to string, body []byte) bool {
	return s.signed(known, StandingSigningInput(to, body))
}
