// SPDX-License-Identifier: Apache-2.0

// Package receipt is proof that a message was received and logged, or that a
// step was taken and logged: answered, acted, reported, disputed, recalled. It
// verifies offline, with nothing but two public keys of the node that made it,
// and needs no node. docs/spec/receipt.md is the format in words.
//
// A receipt is a tlog-proof file (C2SP tlog-proof): the signed checkpoint of the
// node that made it, the place of the message's leaf in that log, and the hashes
// that lead from the one to the other. Its "extra" line, which the format leaves
// unauthenticated, holds the node's own signed statement: of what it received
// and when, or of what it said.
package receipt

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Disposition says what the recipient did with the message.
type Disposition string

const (
	Kept        Disposition = "kept"
	Quarantined Disposition = "quarantined" // received whole, from a partner whose channel is suspended
)

// Statement is what the node that makes the receipt signs. Times are UTC with
// milliseconds. Received and Disposition are of a receipt of delivery alone;
// About, Said and At of the receipt of a step, see step.go.
type Statement struct {
	Version     int         `json:"v"`
	Kind        Kind        `json:"kind"`
	Channel     string      `json:"channel"`
	By          string      `json:"by"`     // the node that signs: the recipient, or who took the step
	To          string      `json:"to"`     // the other node of the channel
	Header      string      `json:"header"` // hash of the message's header
	Epoch       uint64      `json:"epoch"`
	Seq         uint64      `json:"seq"`
	Received    time.Time   `json:"received,omitzero"`
	Disposition Disposition `json:"disposition,omitempty"`
	About       string      `json:"about,omitempty"` // hash of the header of the message it answers
	Said        string      `json:"said,omitempty"`  // the word of the step
	At          time.Time   `json:"at,omitzero"`     // when it was said: the header's sent time
	Index       int64       `json:"index"`           // of the leaf, from 0
	Size        int64       `json:"size"`            // of the tree the checkpoint speaks of
	Root        string      `json:"root"`            // hex
}

// Receipt is a statement with its proof.
type Receipt struct {
	Statement      Statement
	statementBytes []byte
	Signature      []byte // Ed25519 over "tocsin-receipt/v1\n" and the statement
	Proof          tlog.RecordProof
	Checkpoint     string // signed note
}

// Keys are the public keys of the node that made the receipt: all that a check needs.
type Keys struct {
	Sign ed25519.PublicKey
	Log  string // verifier key. C2SP signed-note

	known *remembered
}

// What can be wrong with a receipt.
var (
	ErrFormat     = errors.New("receipt: not in the format")
	ErrSignature  = errors.New("receipt: the statement was not signed by this key")
	ErrCheckpoint = errors.New("receipt: the checkpoint was not signed by this log")
	ErrProof      = errors.New("receipt: the proof does not lead to the checkpoint")
	ErrMismatch   = errors.New("receipt: statement and proof speak of different things")
)

const (
	firstLine = "c2sp.org/tlog-proof@v1"
	// MaxSize is the largest receipt, in bytes.
	MaxSize = 32 << 10
)

// Leaf is what a log hashes for a thing of the given kind ("received", "sent",
// "receipt", "act") named by a hash in hex. It names no content and no person.
func Leaf(kind, hash string) []byte {
	return []byte("tocsin-leaf/v1\n" + kind + "\n" + hash + "\n")
}

// The kinds of leaf a receipt proves: that of a message that was received, and
// that of one that says a step.
const (
	KindReceived = "received"
	KindSent     = "sent"
)

// SigningInput encodes the statement and returns what the node signs.
func (s Statement) SigningInput() ([]byte, error) {
	raw, err := s.encode()
	if err != nil {
		return nil, err
	}
	return signingInput(raw), nil
}

func signingInput(statement []byte) []byte {
	return append([]byte("tocsin-receipt/v1\n"), statement...)
}

func (s Statement) encode() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("receipt: writing: %w", err)
	}
	value := jsontext.Value(raw)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("receipt: writing: %w", err)
	}
	return value, nil
}

// extra is the content of the file's extra line.
type extra struct {
	Signature []byte         `json:"signature"`
	Statement jsontext.Value `json:"statement"`
}

// New puts a receipt together. The signature is over s.SigningInput.
func New(s Statement, signature []byte, proof tlog.RecordProof, checkpoint string) (*Receipt, error) {
	raw, err := s.encode()
	if err != nil {
		return nil, err
	}
	return &Receipt{Statement: s, statementBytes: raw, Signature: signature, Proof: proof, Checkpoint: checkpoint}, nil
}

// Encode writes the receipt as a tlog-proof file. C2SP tlog-proof
func (r *Receipt) Encode() ([]byte, error) {
	signed, err := json.Marshal(extra{r.Signature, r.statementBytes})
	if err != nil {
		return nil, fmt.Errorf("receipt: writing: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", firstLine, base64.StdEncoding.EncodeToString(signed), r.Statement.Index)
	for _, hash := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	b.WriteString("\n" + r.Checkpoint)
	return []byte(b.String()), nil
}

// Parse reads a tlog-proof file with a statement in its extra line, and refuses
// every file but the one that Encode writes. It checks the form alone: call
// Verify.
func Parse(raw []byte) (*Receipt, error) {
	if len(raw) > MaxSize {
		return nil, fmt.Errorf("%w: over %d bytes", ErrFormat, MaxSize)
	}
	head, checkpoint, found := strings.Cut(string(raw), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != firstLine {
		return nil, ErrFormat
	}
	r := &Receipt{Checkpoint: checkpoint}
	if err := r.parseExtra(lines[1]); err != nil {
		return nil, err
	}
	digits, isIndex := strings.CutPrefix(lines[2], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if !isIndex || err != nil || index < 0 || strconv.FormatInt(index, 10) != digits {
		return nil, fmt.Errorf("%w: index", ErrFormat)
	}
	if index != r.Statement.Index {
		return nil, ErrMismatch
	}
	for _, line := range lines[3:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize || len(r.Proof) >= 63 {
			return nil, fmt.Errorf("%w: proof", ErrFormat)
		}
		r.Proof = append(r.Proof, tlog.Hash(hash))
	}
	// Base64 lets spare bits and line ends pass: a receipt has one form alone.
	if written, err := r.Encode(); err != nil || string(written) != string(raw) {
		return nil, fmt.Errorf("%w: not written as it would be", ErrFormat)
	}
	return r, nil
}

func (r *Receipt) parseExtra(line string) error {
	encoded, isExtra := strings.CutPrefix(line, "extra ")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !isExtra || err != nil {
		return fmt.Errorf("%w: no statement in it", ErrFormat)
	}
	var e extra
	if err := json.Unmarshal(raw, &e, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: statement: %w", ErrFormat, err)
	}
	if err := json.Unmarshal(e.Statement, &r.Statement, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: statement: %w", ErrFormat, err)
	}
	canonical, err := r.Statement.encode()
	if err != nil || string(canonical) != string(e.Statement) {
		return fmt.Errorf("%w: statement is not canonical", ErrFormat)
	}
	r.statementBytes, r.Signature = canonical, e.Signature
	return nil
}

// Verify checks the whole of a receipt of delivery: the statement's signature,
// the checkpoint's, and that the log of that checkpoint holds the message's
// leaf. The receipt of a step is ErrFormat.
func (r *Receipt) Verify(keys Keys) error {
	s := r.Statement
	switch {
	case s.Kind != Delivered || s.Received.IsZero():
		return fmt.Errorf("%w: not a receipt of delivery", ErrFormat)
	case s.Disposition != Kept && s.Disposition != Quarantined:
		return fmt.Errorf("%w: disposition", ErrFormat)
	case s.About != "" || s.Said != "" || !s.At.IsZero():
		return fmt.Errorf("%w: members of a step", ErrFormat)
	}
	return r.verify(keys, KindReceived)
}

// verify checks what is the same for every kind.
func (r *Receipt) verify(keys Keys, leafKind string) error {
	s := r.Statement
	if s.Version != 1 || len(keys.Sign) != ed25519.PublicKeySize {
		return ErrFormat
	}
	if !ed25519.Verify(keys.Sign, signingInput(r.statementBytes), r.Signature) {
		return ErrSignature
	}
	tree, err := keys.open(r.Checkpoint)
	if err != nil {
		return err
	}
	if tree.N != s.Size || hex.EncodeToString(tree.Hash[:]) != s.Root || s.Index < 0 || s.Index >= tree.N {
		return ErrMismatch
	}
	leaf := tlog.RecordHash(Leaf(leafKind, s.Header))
	if err := tlog.CheckRecord(r.Proof, tree.N, tree.Hash, s.Index, leaf); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}

// OpenCheckpoint verifies a signed checkpoint with the log's verifier key, and
// that the log's name is its origin. C2SP tlog-checkpoint
func OpenCheckpoint(checkpoint, verifierKey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	origin, tree, err := checkpointText(opened.Text)
	if err == nil && origin != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("%w: origin", ErrCheckpoint)
	}
	return tree, err
}

// CheckpointTree is the tree a checkpoint speaks of, whoever signed it.
func CheckpointTree(checkpoint string) (tlog.Tree, error) {
	text, _, found := strings.Cut(checkpoint, "\n\n")
	if !found {
		return tlog.Tree{}, fmt.Errorf("%w: text", ErrCheckpoint)
	}
	_, tree, err := checkpointText(text + "\n")
	return tree, err
}

// checkpointText reads the three lines of a checkpoint. C2SP tlog-checkpoint
func checkpointText(text string) (origin string, tree tlog.Tree, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return "", tlog.Tree{}, fmt.Errorf("%w: text", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || err2 != nil || size < 0 || len(root) != tlog.HashSize || size == 0 && tlog.Hash(root) != sha256.Sum256(nil) {
		return "", tlog.Tree{}, fmt.Errorf("%w: text", ErrCheckpoint)
	}
	tree = tlog.Tree{N: size, Hash: tlog.Hash(root)}
	if CheckpointText(lines[0], tree) != text {
		return "", tlog.Tree{}, fmt.Errorf("%w: text", ErrCheckpoint)
	}
	return lines[0], tree, nil
}

// CheckpointText is the text a log signs. C2SP tlog-checkpoint
func CheckpointText(origin string, tree tlog.Tree) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
}
