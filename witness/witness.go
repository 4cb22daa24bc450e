// SPDX-License-Identifier: Apache-2.0

// Package witness is the words of those who watch a log: cosignatures on its
// checkpoints, the request for one, the policy that says whose are wanted, and
// the evidence that a log was forked. docs/spec/log.md is all of it in words.
//
// It holds no key and remembers nothing: internal/keys signs, the store keeps.
//
// A cosignature says that the cosigner has seen the log grow, without a leaf
// lost or rewritten, to that checkpoint, and that it has seen none that is
// larger. It is a line beside the log's own signature. C2SP tlog-cosignature
package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"filippo.io/mldsa"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
)

// Algorithm is the signature type of a cosigner's key. C2SP signed-note
type Algorithm byte

const (
	Ed25519 Algorithm = 0x04
	MLDSA44 Algorithm = 0x06 // secure against quantum computers, too
)

// String is the algorithm's name.
func (a Algorithm) String() string {
	if a == MLDSA44 {
		return "ML-DSA-44"
	}
	return "Ed25519"
}

// size is the length of a signature, without its time.
func (a Algorithm) size() int {
	if a == MLDSA44 {
		return mldsa.MLDSA44SignatureSize
	}
	return ed25519.SignatureSize
}

// What can be wrong with a cosigner's key and a cosignature.
var (
	ErrKey         = errors.New("witness: not a cosigner's verifier key")
	ErrCosignature = errors.New("witness: not a cosignature of this checkpoint")
)

// Verifier is the public key of a cosigner. It implements note.Verifier.
type Verifier struct {
	algorithm Algorithm
	name      string
	hash      uint32
	public    []byte
	pq        *mldsa.PublicKey // for MLDSA44
}

var _ note.Verifier = (*Verifier)(nil)

// ParseVerifier reads a verifier key, "NAME+HASH+BASE64", of type 0x04 or 0x06,
// and refuses every form of it but the one that String writes.
// C2SP tlog-cosignature
func ParseVerifier(key string) (*Verifier, error) {
	name, rest, _ := strings.Cut(key, "+")
	_, encoded, found := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !found || err != nil || len(raw) == 0 {
		return nil, ErrKey
	}
	v, err := NewVerifier(name, Algorithm(raw[0]), raw[1:])
	if err != nil || v.String() != key {
		return nil, ErrKey
	}
	return v, nil
}

// NewVerifier is the cosigner of that name with that public key: 32 bytes of
// Ed25519, or 1,312 of ML-DSA-44.
func NewVerifier(name string, algorithm Algorithm, public []byte) (*Verifier, error) {
	v := &Verifier{algorithm: algorithm, name: name, public: public}
	switch {
	case !validName(name):
		return nil, ErrKey
	case algorithm == Ed25519 && len(public) == ed25519.PublicKeySize:
	case algorithm == MLDSA44:
		pq, err := mldsa.NewPublicKey(mldsa.MLDSA44(), public)
		if err != nil {
			return nil, ErrKey
		}
		v.pq = pq
	default:
		return nil, ErrKey
	}
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{byte(algorithm)})
	h.Write(public)
	v.hash = binary.BigEndian.Uint32(h.Sum(nil))
	return v, nil
}

// validName is what signed-note lets be a key's name; a cosigner's has at most
// 255 bytes, since ML-DSA-44 signs the name with its length in one byte.
func validName(name string) bool {
	return name != "" && len(name) <= 255 && utf8.ValidString(name) && !strings.Contains(name, "+") &&
		strings.IndexFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}

// String writes the verifier key.
func (v *Verifier) String() string {
	return fmt.Sprintf("%s+%08x+%s", v.name, v.hash, base64.StdEncoding.EncodeToString(append([]byte{byte(v.algorithm)}, v.public...)))
}

// Name implements note.Verifier.
func (v *Verifier) Name() string { return v.name }

// KeyHash implements note.Verifier.
func (v *Verifier) KeyHash() uint32 { return v.hash }

// Algorithm is the type of the key.
func (v *Verifier) Algorithm() Algorithm { return v.algorithm }

// SameKey reports whether the two wrap one public key, whatever their names.
func (v *Verifier) SameKey(other *Verifier) bool { return string(v.public) == string(other.public) }

// Verify implements note.Verifier: whether signature, with its time before it,
// is a cosignature of the checkpoint text. A checkpoint with extension lines is
// not taken: no node's log has any, and ML-DSA-44 would not cover them.
func (v *Verifier) Verify(text, signature []byte) bool {
	if len(signature) != 8+v.algorithm.size() {
		return false
	}
	at := binary.BigEndian.Uint64(signature)
	if at > math.MaxInt64 {
		return false
	}
	input, err := SigningInput(v.algorithm, v.name, int64(at), string(text))
	if err != nil {
		return false
	}
	if v.algorithm == MLDSA44 {
		return mldsa.Verify(v.pq, input, signature[8:], nil) == nil
	}
	return ed25519.Verify(v.public, input, signature[8:])
}

// SigningInput is what a cosigner of that name signs at that time, in seconds
// since 1970, for a checkpoint's text. C2SP tlog-cosignature
func SigningInput(algorithm Algorithm, name string, at int64, text string) ([]byte, error) {
	origin, tree, err := ParseText(text)
	if err != nil {
		return nil, err
	}
	if at < 0 || !validName(name) || len(origin) > 255 {
		return nil, ErrCosignature
	}
	if algorithm == Ed25519 {
		return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text), nil
	}
	b := []byte("subtree/v1\n\x00")
	b = append(append(b, byte(len(name))), name...)
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	b = append(append(b, byte(len(origin))), origin...)
	b = binary.BigEndian.AppendUint64(b, 0) // the subtree begins with the first leaf
	b = binary.BigEndian.AppendUint64(b, uint64(tree.N))
	return append(b, tree.Hash[:]...), nil
}

// Line is a cosignature as a line of a signed note.
func (v *Verifier) Line(at int64, signature []byte) string {
	raw := binary.BigEndian.AppendUint32(nil, v.hash)
	raw = binary.BigEndian.AppendUint64(raw, uint64(at))
	return "— " + v.name + " " + base64.StdEncoding.EncodeToString(append(raw, signature...)) + "\n"
}

// ParseText reads the text of a checkpoint without checking who signed it:
// origin, size, root, and no line more. There is one log of no leaves: its root
// is the hash of nothing. C2SP tlog-checkpoint
func ParseText(text string) (origin string, tree tlog.Tree, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return "", tlog.Tree{}, fmt.Errorf("%w: text", receipt.ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || err2 != nil || size < 0 || len(root) != tlog.HashSize || size == 0 && tlog.Hash(root) != sha256.Sum256(nil) {
		return "", tlog.Tree{}, fmt.Errorf("%w: text", receipt.ErrCheckpoint)
	}
	tree = tlog.Tree{N: size, Hash: tlog.Hash(root)}
	if receipt.CheckpointText(lines[0], tree) != text {
		return "", tlog.Tree{}, fmt.Errorf("%w: text", receipt.ErrCheckpoint)
	}
	return lines[0], tree, nil
}

// Text is what a signed checkpoint's signatures are over: all before the blank line.
func Text(checkpoint string) string {
	text, _, _ := strings.Cut(checkpoint, "\n\n")
	return text + "\n"
}

// Cosignature is one that was checked.
type Cosignature struct {
	By        *Verifier
	At        time.Time // as the cosigner says
	Signature string    // its line in the note
}

// maxLines is how many signatures of one checkpoint are looked at.
const maxLines = 100

// Cosignatures finds, among the signature lines of a checkpoint with that text,
// the first good one of each of the cosigners. Lines of others, damaged lines
// and false ones are passed over: a false line takes nothing from a good one.
func Cosignatures(text, lines string, by ...*Verifier) (found []Cosignature) {
	good := make(map[*Verifier]bool)
	for i, line := range strings.SplitAfter(lines, "\n") {
		name, encoded, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		if i >= maxLines || !ok || !strings.HasPrefix(line, "— ") || !strings.HasSuffix(line, "\n") {
			continue
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(raw) < 12 {
			continue
		}
		for _, v := range by {
			if good[v] || v.name != name || v.hash != binary.BigEndian.Uint32(raw) || !v.Verify([]byte(text), raw[4:]) {
				continue
			}
			good[v] = true
			found = append(found, Cosignature{By: v, At: time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(), Signature: line})
		}
	}
	return found
}

// Lines are the signature lines of a signed checkpoint, the log's own among them.
func Lines(checkpoint string) string {
	_, lines, _ := strings.Cut(checkpoint, "\n\n")
	return lines
}
