// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds what lies inside the seal: for each message four values as
// JSON, padded with spaces to a size class.

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// sizeClasses are the lengths, in bytes, to which what lies inside a seal is
// padded. The last is the largest message there is.
var sizeClasses = [...]int{4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20}

// MaxPacked is the largest packed message, in bytes.
const MaxPacked = 4 << 20

// MaxSealed is the largest sealed envelope, in bytes: the largest packed
// message and what age adds.
const MaxSealed = MaxPacked + 16<<10

// packed is the plaintext inside the seal. Header and payload stand in it as
// base64 so that their bytes arrive as they were signed.
type packed struct {
	Header    []byte `json:"header"`
	Signature []byte `json:"signature"`
	Salt      []byte `json:"salt"`
	Payload   []byte `json:"payload"`
}

// pack writes messages one behind the other, and pads them.
func pack(messages []*Message) ([]byte, error) {
	var raw []byte
	for _, m := range messages {
		one, err := m.Export()
		if err != nil {
			return nil, err
		}
		raw = append(raw, one...)
	}
	for _, class := range sizeClasses {
		if len(raw) <= class {
			padding := bytes.Repeat([]byte{' '}, class-len(raw))
			return append(raw, padding...), nil
		}
	}
	return nil, fmt.Errorf("%w: %d bytes packed, at most %d", ErrTooLarge, len(raw), MaxPacked)
}

// Fits refuses a message that is too large to be sealed.
func (m *Message) Fits() error {
	if size := m.packedSize(); size > MaxPacked {
		return fmt.Errorf("%w: %d bytes packed, at most %d", ErrTooLarge, size, MaxPacked)
	}
	return nil
}

// SealedSize is about how large the envelope will be, in bytes.
func (m *Message) SealedSize() int {
	size := m.packedSize()
	for _, class := range sizeClasses {
		if size <= class {
			return class + 4<<10
		}
	}
	return size
}

func (m *Message) packedSize() int {
	size := len(`{"header":"","signature":"","salt":"","payload":""}`)
	for _, part := range [][]byte{m.HeaderBytes, m.Signature, m.Salt, m.Payload} {
		size += base64.StdEncoding.EncodedLen(len(part))
	}
	return size
}

// Export writes the opened message as JSON: what the seal held, without
// padding. A third person can check it with Verify and the sender's public
// key; with Salt and Payload left out it proves the header alone.
func (m *Message) Export() ([]byte, error) {
	raw, err := json.Marshal(packed{m.HeaderBytes, m.Signature, m.Salt, m.Payload})
	if err != nil {
		return nil, fmt.Errorf("envelope: packing: %w", err)
	}
	return raw, nil
}

// Unpack reads what Export wrote, padded or not. It checks the form alone, not
// who signed it: call Verify.
func Unpack(plain []byte) (*Message, error) {
	if len(plain) > MaxPacked {
		return nil, ErrTooLarge
	}
	var p packed
	if err := json.Unmarshal(plain, &p, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	m := &Message{HeaderBytes: p.Header, Signature: p.Signature, Salt: p.Salt, Payload: p.Payload}
	if len(p.Salt) == 0 && len(p.Payload) == 0 {
		m.Salt, m.Payload = nil, nil // erased
	} else if len(p.Salt) != 32 || !canonical(p.Payload) {
		return nil, fmt.Errorf("%w: salt or payload", ErrFormat)
	}
	if err := json.Unmarshal(p.Header, &m.Header, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	// The one way to write these values: no other spelling of a time or a hash passes.
	if written, err := m.Header.Encode(); err != nil || !bytes.Equal(written, p.Header) || len(p.Signature) != ed25519.SignatureSize {
		return nil, fmt.Errorf("%w: header or signature", ErrFormat)
	}
	return m, m.Header.check()
}

// check refuses a header whose values cannot be right whoever sent it.
func (h Header) check() error {
	if h.Version != Version {
		return fmt.Errorf("%w: version %d", ErrFormat, h.Version)
	}
	for _, name := range []string{h.Channel, h.From, h.To, h.Prev, h.Commitment} {
		if raw, err := hex.DecodeString(name); err != nil || len(raw) != 32 || strings.ToLower(name) != name {
			return fmt.Errorf("%w: a hash in the header", ErrFormat)
		}
	}
	if h.Epoch == 0 || h.Seq == 0 || h.Kind == "" || len(h.Kind) > 40 || h.Sent.IsZero() || h.Precedence.Rank() < 0 {
		return fmt.Errorf("%w: epoch, seq, kind, sent and precedence must be said", ErrFormat)
	}
	for _, at := range []time.Time{h.Sent, h.Expires} {
		if !at.Equal(at.Truncate(time.Millisecond)) || at.Location() != time.UTC {
			return fmt.Errorf("%w: times are UTC with milliseconds", ErrFormat)
		}
	}
	if err := h.Handling.ValidateHeader(); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return nil
}

// Open opens a sealed envelope that holds one message, with one of the
// recipient's identities, and unpacks it.
func Open(sealed []byte, identities ...age.Identity) (*Message, error) {
	plain, err := unseal(sealed, identities)
	if err != nil {
		return nil, err
	}
	return Unpack(plain)
}

// OpenAll opens a sealed envelope that holds n messages, and unpacks each. One
// that is not in the format is nil, with an error of its own; if the envelope
// cannot be opened or holds another number of them, all are.
func OpenAll(sealed []byte, n int, identities ...age.Identity) ([]*Message, []error) {
	messages, errs := make([]*Message, n), make([]error, n)
	plain, err := unseal(sealed, identities)
	var each [][]byte
	if err == nil {
		each, err = apart(plain, n)
	}
	for i := range messages {
		if errs[i] = err; err == nil {
			messages[i], errs[i] = Unpack(each[i])
		}
		if errs[i] != nil {
			messages[i] = nil
		}
	}
	return messages, errs
}

func unseal(sealed []byte, identities []age.Identity) ([]byte, error) {
	if len(sealed) > MaxSealed {
		return nil, ErrTooLarge
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, MaxPacked+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(plain) > MaxPacked {
		return nil, ErrTooLarge
	}
	return plain, nil
}

// apart finds n packed messages that stand one behind the other.
func apart(plain []byte, n int) ([][]byte, error) {
	if n == 1 {
		return [][]byte{plain}, nil
	}
	var each [][]byte
	decoder := jsontext.NewDecoder(bytes.NewBuffer(plain))
	for {
		value, err := decoder.ReadValue()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(each) == n {
			return nil, fmt.Errorf("%w: not %d messages", ErrFormat, n)
		}
		each = append(each, bytes.Clone(value))
	}
	if len(each) != n {
		return nil, fmt.Errorf("%w: not %d messages", ErrFormat, n)
	}
	return each, nil
}

func canonical(raw []byte) bool {
	value := jsontext.Value(bytes.Clone(raw))
	return value.Canonicalize() == nil && bytes.Equal(value, raw)
}
