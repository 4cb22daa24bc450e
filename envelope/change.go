// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds a change of keys: the statement that the old and the new keys
// sign. docs/spec/keys.md is the format in words.

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
)

// Why says what a change of keys is for.
type Why string

const (
	Rotation   Why = "rotation"   // in good order: nobody else had the old keys
	Compromise Why = "compromise" // somebody else may have had them since a date
	// Put back to an earlier copy: the log goes on under another name and key.
	Restoration Why = "restored"
)

// MaxReason bounds the words that a change of keys is given, in bytes.
const MaxReason = 1000

// ChangeStatement says which keys a node had and which it has from now on. It is
// written as canonical JSON; times are UTC with milliseconds.
type ChangeStatement struct {
	Version int       `json:"v"`
	Number  uint64    `json:"number"` // of the node's changes of keys, from 1
	Old     string    `json:"old"`    // the card before it, as Card.Hash names it
	New     Card      `json:"new"`
	At      time.Time `json:"at"`
	Why     Why       `json:"why"`
	// Since is from when on others may have had the old keys; of a compromise alone.
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"` // in words
	// Restored is of a restoration alone: the head of the log in the copy. What the
	// old log key signed beyond it, the node does not have.
	Restored *LogEnd `json:"restored,omitempty"`
}

// LogEnd is where a log ended for the node that was restored, and where the one
// under its new name goes on: its first leaves are the old log's.
type LogEnd struct {
	Size int64  `json:"size"`
	Root string `json:"root"` // base64
}

// Change is a change of keys, signed by the old signing key and by every new key
// that can sign. It proves itself: the same one goes to every partner, and
// stands in the node's history for good.
type Change struct {
	Statement []byte `json:"statement"` // canonical JSON of a ChangeStatement
	Old       []byte `json:"old"`       // Ed25519, by the old signing key
	New       []byte `json:"new"`       // Ed25519, by the new signing key
	// Link is by the old signing key over the new one alone: short enough to be
	// shown with every delivery. Empty if the signing key stays.
	Link []byte `json:"link,omitempty"`
	// Log is a signed note by the new log key. C2SP signed-note
	Log string `json:"log"`
}

// What can be wrong with a change of keys.
var (
	ErrChange    = errors.New("envelope: not a usable change of keys")
	ErrChangeOld = errors.New("envelope: the change of keys is not signed with the old key")
	ErrChangeNew = errors.New("envelope: the change of keys is not signed with the new keys")
)

// Encode writes the statement as canonical JSON: the bytes to sign.
func (s ChangeStatement) Encode() ([]byte, error) { return encode("a change of keys", s) }

// ChangeOldInput is what the old signing key signs.
func ChangeOldInput(statement []byte) []byte {
	return append([]byte("tocsin-keys-old/v1\n"), statement...)
}

// ChangeNewInput is what the new signing key signs.
func ChangeNewInput(statement []byte) []byte {
	return append([]byte("tocsin-keys-new/v1\n"), statement...)
}

// ChangeLogText is the text that the new log key signs as a note. Its first line
// is the origin of no log, so it is no checkpoint.
func ChangeLogText(statement []byte) string {
	sum := sha256.Sum256(statement)
	return "tocsin-keys-log/v1\n" + hex.EncodeToString(sum[:]) + "\n"
}

// LinkInput is what the old signing key signs so that deliveries signed with
// the new one are let in before the change itself was read.
func LinkInput(node string, public ed25519.PublicKey) []byte {
	return append([]byte("tocsin-keys-link/v1\n"+node+"\n"), public...)
}

// Check reads the statement and verifies that it goes on from the card that is
// known, and every signature of it.
func (c Change) Check(known Card) (ChangeStatement, error) {
	s, err := c.Peek()
	if err != nil {
		return s, err
	}
	if err := s.follows(known); err != nil {
		return s, err
	}
	if !ed25519.Verify(known.Public(), ChangeOldInput(c.Statement), c.Old) {
		return s, ErrChangeOld
	}
	same := bytes.Equal(known.Sign, s.New.Sign)
	if same != (len(c.Link) == 0) || !same && !ed25519.Verify(known.Public(), LinkInput(known.ID(), s.New.Public()), c.Link) {
		return s, ErrChangeOld
	}
	if !ed25519.Verify(s.New.Public(), ChangeNewInput(c.Statement), c.New) {
		return s, ErrChangeNew
	}
	verifier, err := note.NewVerifier(s.New.Log)
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrChange, err)
	}
	opened, err := note.Open([]byte(c.Log), note.VerifierList(verifier))
	if err != nil || opened.Text != ChangeLogText(c.Statement) || len(opened.UnverifiedSigs) > 0 {
		return s, ErrChangeNew
	}
	return s, nil
}

// KeysValue writes the keys header; empty if there is nothing to say.
func KeysValue(changes []Change) (string, error) {
	if len(changes) == 0 {
		return "", nil
	}
	raw, err := encode("changes of keys", changes)
	return base64.StdEncoding.EncodeToString(raw), err
}

// ParseKeys reads a keys header. Whether the changes are right, Check says.
func ParseKeys(value string) (changes []Change, err error) {
	if value == "" {
		return nil, nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err == nil {
		err = json.Unmarshal(raw, &changes, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChange, err)
	}
	return changes, nil
}

// Peek reads the statement without verifying who signed it.
func (c Change) Peek() (ChangeStatement, error) {
	var s ChangeStatement
	if err := json.Unmarshal(c.Statement, &s, json.RejectUnknownMembers(true)); err != nil {
		return s, fmt.Errorf("%w: %w", ErrChange, err)
	}
	if written, err := s.Encode(); err != nil || !bytes.Equal(written, c.Statement) {
		return s, fmt.Errorf("%w: not canonical", ErrChange)
	}
	return s, s.check()
}

// check refuses a statement whose parts cannot be right whoever signed it.
func (s ChangeStatement) check() error {
	if s.Version != Version || s.Number == 0 || s.Number > 1<<53-1 || len(s.Reason) > MaxReason {
		return fmt.Errorf("%w: version, number or reason", ErrChange)
	}
	if err := s.New.Check(); err != nil {
		return fmt.Errorf("%w: the new card: %w", ErrChange, err)
	}
	if !validID(s.Old) {
		return fmt.Errorf("%w: the old card", ErrChange)
	}
	for _, at := range []time.Time{s.At, s.Since} {
		if !at.Equal(at.Truncate(time.Millisecond)) || at.Location() != time.UTC {
			return fmt.Errorf("%w: times are UTC with milliseconds", ErrChange)
		}
	}
	switch {
	case s.At.IsZero():
		return fmt.Errorf("%w: it does not say when", ErrChange)
	case (s.Why == Restoration) != (s.Restored != nil):
		return fmt.Errorf("%w: a restoration, and no other, says where the log ended", ErrChange)
	case s.Why == Restoration && s.Since.IsZero():
		return s.Restored.check()
	case s.Why == Rotation && s.Since.IsZero():
		return nil
	case s.Why == Compromise && !s.Since.IsZero() && !s.Since.After(s.At):
		return nil
	}
	return fmt.Errorf("%w: why, and since when", ErrChange)
}

// restoredMark stands in the name of a log between the name it had at first and
// 16 hex digits, once it was restored.
const restoredMark = "/restored/"

// RestoredOrigin is the name under which a log goes on that was restored; mark is
// 8 bytes that were never used.
func RestoredOrigin(origin string, mark [8]byte) string {
	first, _, _ := strings.Cut(origin, restoredMark)
	return first + restoredMark + hex.EncodeToString(mark[:])
}

func restoredFrom(known, origin string) bool {
	_, mark, _ := strings.Cut(origin, restoredMark)
	raw, err := hex.DecodeString(mark)
	return err == nil && len(raw) == 8 && known != origin && RestoredOrigin(known, [8]byte(raw)) == origin
}

func (e *LogEnd) check() error {
	root, err := base64.StdEncoding.Strict().DecodeString(e.Root)
	if err != nil || len(root) != sha256.Size || e.Size < 0 || e.Size > 1<<53-1 {
		return fmt.Errorf("%w: where the log ended", ErrChange)
	}
	return nil
}

// follows refuses a statement that does not go on from that card: of another
// node, from other keys, or without a new key.
func (s ChangeStatement) follows(known Card) error {
	hash, err := known.Hash()
	if err != nil {
		return err
	}
	switch {
	case s.Old != hash:
		return fmt.Errorf("%w: it goes on from another card", ErrChange)
	case known.Name != s.New.Name || known.Country != s.New.Country || known.ID() != s.New.ID() || known.SameKeys(s.New):
		return fmt.Errorf("%w: the two cards are not of one node with other keys", ErrChange)
	case (known.Origin() != s.New.Origin()) != (s.Why == Restoration):
		return fmt.Errorf("%w: a log keeps its origin, but for a restoration", ErrChange)
	case s.Why == Restoration && !restoredFrom(known.Origin(), s.New.Origin()):
		return fmt.Errorf("%w: a restored log has another name than it may", ErrChange)
	case s.Why == Restoration && (known.Log == s.New.Log || !bytes.Equal(known.Sign, s.New.Sign)):
		return fmt.Errorf("%w: a restoration replaces the log's key and not the signing key", ErrChange)
	case s.Why == Compromise && (bytes.Equal(known.Sign, s.New.Sign) || known.Log == s.New.Log || known.Seal == s.New.Seal || len(s.New.Witness) > 0 && slices.Equal(known.Witness, s.New.Witness)):
		return fmt.Errorf("%w: after a theft every key is another", ErrChange)
	}
	return nil
}
