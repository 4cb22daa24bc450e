// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what was said and heard by voice.

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
)

// What is kept of it: Voices under a partner's name, Saids under the hash of the
// message that was said, Heards under what HeardID says.
var (
	Voices = Table[Voice]{kind: "voice", name: "agreement on the voice"}
	Saids  = Table[Said]{kind: "said", name: "warning that was said"}
	Heards = Table[Heard]{kind: "heard", name: "warning that was heard", state: func(h *Heard) string { return HeardOpen(h.Partner, h.Message == "") },
		at: func(h *Heard) time.Time { return h.At }, kept: keepHeard}
)

// HeardOpen is the state by which what was heard from a partner is listed:
// whether its message is still to come.
func HeardOpen(partner string, open bool) string {
	if open {
		return "open " + partner
	}
	return "joined " + partner
}

// HeardID names what was heard from a partner of the message whose hash begins so.
// Whoever speaks chooses that beginning: two partners may say the same.
func HeardID(partner, prefix string) string { return prefix + "-" + partner }

// HeardBeside names what was heard from a partner of the same message, and is not what
// was heard of it first. No partner's name has a dot.
func HeardBeside(first *Heard, sealed []byte) string {
	sum := sha256.Sum256(sealed)
	return HeardID(first.Partner, first.Prefix) + "." + hex.EncodeToString(sum[:8])
}

// Voice is the two secrets of a channel, locked with the node's keys.
type Voice struct {
	Ours   []byte `json:"ours,omitempty"`
	Theirs []byte `json:"theirs,omitempty"`
	// Message brought ours to the partner; Confirmed is when the digits were
	// compared that it was made after.
	Message   string    `json:"message,omitempty"`
	Confirmed time.Time `json:"confirmed,omitzero"`
}

// Agreed reports whether both have given theirs.
func (v Voice) Agreed() bool { return len(v.Ours) > 0 && len(v.Theirs) > 0 }

// Said is a warning of ours that was put into groups of digits. Sealed is what
// they say: it opens with the secrets alone.
type Said struct {
	Partner string    `json:"partner"`
	Case    string    `json:"case"`
	Message string    `json:"message"`
	Sealed  []byte    `json:"sealed"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	// Somebody at the other end read back what only the key and these digits give.
	ReadBackAt time.Time `json:"read_back_at,omitzero"`
	ReadBackBy string    `json:"read_back_by,omitempty"`
}

// Heard is a warning of a partner's that was heard by voice.
type Heard struct {
	ID      string    `json:"id,omitempty"` // see Key
	Partner string    `json:"partner"`
	Prefix  string    `json:"prefix"` // of the hash of its message, in hex
	Sealed  []byte    `json:"sealed"`
	Sent    time.Time `json:"sent"` // of the message, in minutes
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	// Label, OfPerson and ToLife are what asks for a reason before it is shown. An
	// older program kept none of them.
	Label    handling.TLP `json:"label,omitempty"`
	OfPerson bool         `json:"of_person,omitzero"`
	ToLife   bool         `json:"to_life,omitzero"`
	// Message and Case are where its message is, once it has come.
	Message string `json:"message,omitempty"`
	Case    string `json:"case,omitempty"`
}

// Key is under what it is kept: what an older program kept has no ID, and stands
// under its prefix alone.
func (h *Heard) Key() string {
	if h.ID == "" {
		return h.Prefix
	}
	return h.ID
}

// HeardOf finds what was heard from a partner of the message whose hash begins so.
func (tx *Tx) HeardOf(partner, prefix string) (heard Heard, ok bool, err error) {
	if heard, ok, err = Heards.Find(tx, HeardID(partner, prefix)); ok || err != nil {
		return heard, ok, err
	}
	heard, ok, err = Heards.Find(tx, prefix)
	if err != nil || heard.Partner != partner {
		return Heard{}, false, err
	}
	return heard, ok, nil
}

// HeardBesides are what was heard from a partner of the message whose hash begins so,
// and is not what was heard first.
func (tx *Tx) HeardBesides(partner, prefix string) (all []Heard, err error) {
	id := HeardID(partner, prefix)
	err = Heards.each(tx, `kind = ? AND id > ? AND id < ?`, math.MaxInt32, func(_ int64, _ string, h Heard) { all = append(all, h) }, Heards.kind, id+".", id+"/")
	return all, err
}

// ByPrefix finds a partner's warnings whose messages' hashes begin so, the earliest
// first, at most two. There are two if the partner took great pains to make them.
func (tx *Tx) ByPrefix(partner, prefix string) ([]Message, error) {
	return tx.messages(`WHERE hash >= ? AND hash < ? AND partner = ? AND direction = ? AND kind IN (?, ?) ORDER BY at, seq LIMIT 2`,
		prefix, prefix+"g", partner, string(In), string(envelope.Warning), string(envelope.Update))
}
