// SPDX-License-Identifier: Apache-2.0

// Package dossier is one file with everything a third person needs to judge what
// was sent, received and answered in one case, and when. docs/spec/dossier.md is
// the format in words.
//
// A node writes it of what it holds: the messages of both directions with their
// signatures, the receipts of both, the receipts of steps, what is missing and
// why, and proofs that its own log holds all of it under one signed checkpoint.
// Its parts prove themselves; the node signs the whole so that nobody can take
// one out. [Check] holds every part against keys one trusts and says in words
// what is proved, what is only said, what is missing and what is in doubt;
// [Compare] holds the dossiers of the two sides of a case against each other.
package dossier

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
)

// Format is what every dossier of this version says of itself.
const Format = "tocsin-dossier/v1"

// Limits of a dossier. Whoever has more writes it without the text, or says that
// the places of other cases are left out.
const (
	MaxSize     = 64 << 20 // of the file, in bytes
	MaxMessages = 10_000
	MaxPlaces   = 200_000 // of messages of other cases
	MaxStates   = 10_000
	MaxCosigned = 100
)

// Dossier is what a node says of one case, and the proof of it.
type Dossier struct {
	Format  string    `json:"format"`
	Case    string    `json:"case"`
	Channel string    `json:"channel"`
	By      string    `json:"by"` // the node that writes it
	To      string    `json:"to"` // the other node of the channel
	Person  Person    `json:"person"`
	Made    time.Time `json:"made"`
	// Purpose is what it was written for; empty if nobody said.
	Purpose handling.FilePurpose `json:"purpose,omitempty"`
	// Text is false where salts and payloads were left out: what was said is then
	// shown by commitments alone.
	Text  bool   `json:"text"`
	Nodes []Node `json:"nodes"` // the one that writes it first
	// Terms are the messages by which the two signed their terms, Messages those of
	// the case; both in the order of their times here.
	Terms    []Message `json:"terms"`
	Messages []Message `json:"messages"`
	// Beside are messages that are in no chain: a second one that was signed for a
	// place, one of the writer's that gave its place to another, and, by its header
	// alone, one of another case that has such a place.
	Beside []Message `json:"beside,omitempty"`
	States []State   `json:"states"`
	Gaps   []Gap     `json:"gaps"`
	// Elsewhere are the messages of the channel between those of the case that
	// belong to other cases or to none, by their hashes alone.
	Elsewhere []Run `json:"elsewhere"`
	// Unlisted says that there are too many of them to be listed: more than
	// MaxPlaces.
	Unlisted bool `json:"unlisted,omitzero"`
	// Checkpoint is a signed checkpoint of the log of the node that writes, to which
	// every leaf in the dossier is proved. Cosigned are checkpoints of the same log
	// that others cosigned, each with the proof that it leads there.
	Checkpoint string     `json:"checkpoint"`
	Cosigned   []Cosigned `json:"cosigned,omitempty"`
	// Seen is the newest checkpoint of the other node's log that the writer was
	// shown, if any, with its cosignatures.
	Seen string `json:"seen,omitempty"`
}

// Cosigned is an earlier checkpoint, or the same, with cosignatures.
type Cosigned struct {
	Checkpoint string    `json:"checkpoint"`
	Proof      []LogHash `json:"proof"` // of consistency. RFC 9162 §2.1.4
}

// Person is who had the dossier written.
type Person struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
}

// Node is one of the two nodes: its card, and how its keys changed.
type Node struct {
	Card envelope.Card `json:"card"`
	// History is the history of its keys as a file, if they ever changed.
	History jsontext.Value `json:"history,omitempty"`
}

// Message is one message with its proof. Header, Signature, Salt and Payload
// are as envelope.Message has them; an erased text is left out.
type Message struct {
	Header    []byte `json:"header"`
	Signature []byte `json:"signature"`
	Salt      []byte `json:"salt,omitempty"`
	Payload   []byte `json:"payload,omitempty"`
	// Digest is the SHA-256 of the payload of terms whose text was left out, in
	// hex: both sides signed the same terms if theirs are equal.
	Digest string    `json:"digest,omitempty"`
	State  string    `json:"state"` // as the node that writes has it
	At     time.Time `json:"at"`    // when it was written here, or came here
	Erased bool      `json:"erased,omitzero"`
	// Receipt is the recipient's, Step the sender's receipt of the step that the
	// message says; both as files.
	Receipt string `json:"receipt,omitempty"`
	Step    string `json:"step,omitempty"`
	// Leaf is the message's leaf in the log of the node that writes. ReceiptLeaf
	// and StepLeaf are those of receipts that it was given.
	Leaf        *Leaf `json:"leaf,omitempty"`
	ReceiptLeaf *Leaf `json:"receipt_leaf,omitempty"`
	StepLeaf    *Leaf `json:"step_leaf,omitempty"`
}

// Leaf is the place of a leaf and the hashes that lead from it to the root.
type Leaf struct {
	Index int64     `json:"index"`
	Proof []LogHash `json:"proof"`
}

// LogHash is a hash of a log; base64 in JSON.
type LogHash tlog.Hash

// MarshalText implements encoding.TextMarshaler.
func (h LogHash) MarshalText() ([]byte, error) { return []byte(tlog.Hash(h).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *LogHash) UnmarshalText(text []byte) error {
	hash, err := tlog.ParseHash(string(text))
	*h = LogHash(hash)
	return err
}

// State is a state of the channel as the node that writes set it.
type State struct {
	State string    `json:"state"`
	At    time.Time `json:"at"`
}

// Gap is a place of a chain whose message never came.
type Gap struct {
	Ours  bool      `json:"ours"` // the other node has not got it
	Seq   uint64    `json:"seq"`
	Hash  string    `json:"hash,omitempty"`
	Why   string    `json:"why"`
	Found time.Time `json:"found"`
}

// Run is a row of places in one direction.
type Run struct {
	Ours   bool     `json:"ours"`
	Seq    uint64   `json:"seq"` // of the first
	Hashes []string `json:"hashes"`
}

// What can be wrong with a dossier as a file.
var (
	ErrFormat    = errors.New("dossier: not in the format")
	ErrTooLarge  = errors.New("dossier: too large")
	ErrSignature = errors.New("dossier: not signed by the node that says it wrote it")
)

// Signed is a dossier with the signature of the node that wrote it. It keeps
// the bytes that were signed.
type Signed struct {
	Dossier   Dossier
	Bytes     []byte
	Signature []byte // Ed25519 over SigningInput(Bytes)
}

type file struct {
	Dossier   jsontext.Value `json:"dossier"`
	Signature []byte         `json:"signature"`
}

// SigningInput is what the node that writes a dossier signs.
func SigningInput(raw []byte) []byte { return append([]byte(Format+"\n"), raw...) }

// Sign writes the dossier as canonical JSON and lets sign sign it.
func (d *Dossier) Sign(sign func(input []byte) []byte) (*Signed, error) {
	raw, err := canonical(d)
	if err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return &Signed{Dossier: *d, Bytes: raw, Signature: sign(SigningInput(raw))}, nil
}

// Encode writes the file: one line of canonical JSON.
func (s *Signed) Encode() ([]byte, error) {
	raw, err := canonical(file{s.Bytes, s.Signature})
	if err == nil && len(raw) >= MaxSize {
		err = fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(raw), MaxSize)
	}
	return append(raw, '\n'), err
}

// Looks reports whether a file may be a dossier.
func Looks(raw []byte) bool { return bytes.HasPrefix(raw, []byte(`{"dossier":{"`)) }

// Parse reads what Encode wrote, and refuses every other form of it. It checks
// the form alone: call Check.
func Parse(raw []byte) (*Signed, error) {
	if len(raw) > MaxSize {
		return nil, ErrTooLarge
	}
	var f file
	if err := json.Unmarshal(raw, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	s := &Signed{Bytes: f.Dossier, Signature: f.Signature}
	if err := json.Unmarshal(f.Dossier, &s.Dossier, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	inner, err := canonical(&s.Dossier)
	if err != nil || !bytes.Equal(inner, f.Dossier) || len(f.Signature) != ed25519.SignatureSize {
		return nil, fmt.Errorf("%w: not written as it would be", ErrFormat)
	}
	if whole, err := s.Encode(); err != nil || !bytes.Equal(whole, raw) {
		return nil, fmt.Errorf("%w: not written as it would be", ErrFormat)
	}
	return s, s.Dossier.check()
}

// check refuses what cannot be right whoever wrote it.
func (d *Dossier) check() error {
	switch {
	case d.Format != Format:
		return fmt.Errorf("%w: format %q", ErrFormat, d.Format)
	case len(d.Nodes) != 2 || d.Nodes[0].Card.ID() != d.By || d.Nodes[1].Card.ID() != d.To || d.By == d.To:
		return fmt.Errorf("%w: not the cards of two nodes, the writer's first", ErrFormat)
	case d.Channel != envelope.Channel(d.By, d.To):
		return fmt.Errorf("%w: not the channel of the two nodes", ErrFormat)
	case d.Case == "" || len(d.Case) > 100 || d.Person.Name == "" || len(d.Person.Name) > 100 || len(d.Person.Title) > 600 || d.Made.IsZero():
		return fmt.Errorf("%w: case, person or time", ErrFormat)
	case len(d.Messages)+len(d.Beside) == 0 || len(d.Messages)+len(d.Terms)+len(d.Beside) > MaxMessages || len(d.States) > MaxStates || len(d.Gaps) > MaxPlaces || len(d.Cosigned) > MaxCosigned:
		return fmt.Errorf("%w: no message, or too much", ErrFormat)
	}
	if d.Purpose != "" && !slices.Contains(handling.FilePurposes(), string(d.Purpose)) {
		return fmt.Errorf("%w: purpose %q", ErrFormat, d.Purpose)
	}
	if d.Unlisted && len(d.Elsewhere) > 0 {
		return fmt.Errorf("%w: places that are listed and are not", ErrFormat)
	}
	places := 0
	for _, run := range d.Elsewhere {
		if places += len(run.Hashes); places > MaxPlaces || len(run.Hashes) == 0 || run.Seq == 0 || run.Seq > 1<<52 {
			return fmt.Errorf("%w: the places elsewhere", ErrFormat)
		}
	}
	for _, node := range d.Nodes {
		if err := node.Card.Check(); err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if node.History == nil {
			continue
		}
		h, err := envelope.ParseHistory(node.History)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if h.First.ID() != node.Card.ID() {
			return fmt.Errorf("%w: the history of another node's keys", ErrFormat)
		}
	}
	for _, m := range d.all() {
		for _, leaf := range []*Leaf{m.Leaf, m.ReceiptLeaf, m.StepLeaf} {
			if leaf != nil && (leaf.Index < 0 || len(leaf.Proof) > 63) {
				return fmt.Errorf("%w: a leaf", ErrFormat)
			}
		}
	}
	return nil
}

// all are the messages, those of the terms first.
func (d *Dossier) all() []Message { return slices.Concat(d.Terms, d.Messages, d.Beside) }

// Opened is the message as an envelope holds it. It refuses what is not in the
// form of one.
func (m *Message) Opened() (*envelope.Message, error) {
	opened := &envelope.Message{HeaderBytes: m.Header, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload}
	raw, err := opened.Export()
	if err != nil {
		return nil, err
	}
	return envelope.Unpack(raw)
}

// canonical writes v as canonical JSON. RFC 8785
func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v, json.FormatNilSliceAsNull(false))
	if err != nil {
		return nil, fmt.Errorf("dossier: writing: %w", err)
	}
	value := jsontext.Value(raw)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("dossier: writing: %w", err)
	}
	return value, nil
}
