// SPDX-License-Identifier: Apache-2.0

// Package spoken is the short form of a warning that one person reads to
// another over a telephone when nothing else works: groups of five digits, in
// lines that each carry their own check. docs/spec/carry.md §9 is the format in
// words.
//
// What is said is sealed with a key that the two nodes agreed on while they
// could exchange messages. It holds the first 80 bits of the hash of the full
// signed message, so that the message, when it comes, is tied to what was said.
// The key is shared: to a third person the digits prove nothing.
package spoken

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

const (
	// SecretSize is how many random bytes each side gives.
	SecretSize = 32
	// PrefixSize is how much of a message's hash is said, in bytes.
	PrefixSize = 10
	// MaxText is the longest text, in characters.
	MaxText  = 100
	tagSize  = 10
	maxBytes = 128
)

// What can be wrong with what was heard or is to be said.
var (
	ErrFormat = errors.New("spoken: not in the format")
	ErrKey    = errors.New("spoken: not said with the key of this channel")
)

// Key is the key of one direction of a channel.
type Key struct{ tag, stream, back []byte }

// NewKey makes the key of what the node from says to the node to, from the
// secrets of both: low is of the node with the smaller id. RFC 5869
func NewKey(low, high []byte, channel, from, to string) (Key, error) {
	if len(low) != SecretSize || len(high) != SecretSize {
		return Key{}, fmt.Errorf("%w: a secret has %d bytes", ErrKey, SecretSize)
	}
	raw, err := hkdf.Key(sha256.New, append(bytes.Clone(low), high...), nil, "tocsin-voice/v1\n"+channel+"\n"+from+"\n"+to+"\n", 96)
	if err != nil {
		return Key{}, fmt.Errorf("spoken: %w", err)
	}
	return Key{raw[:32], raw[32:64], raw[64:]}, nil
}

// Content is what is said. The numbers are places in the lists of the format.
type Content struct {
	Prefix     [PrefixSize]byte // of the hash of the full message
	Sent       time.Time        // of the full message, in minutes
	Precedence int
	TLP        int
	// PAP is a place from 1, and 0 says none; in Codes the lowest bit is H1, and in
	// Caveats that of the first caveat.
	PAP, Codes, Caveats int

	Threat   int
	Target   int
	Country  string    // two letters, or none
	Start    time.Time // in minutes; zero if nothing is said of it
	End      time.Time
	AnswerBy time.Time
	Text     string // of the letters of Alphabet, at most MaxText
}

// Equal reports whether two contents say the same; it is false if one cannot be
// said.
func (c Content) Equal(other Content) bool {
	one, err := c.pack()
	two, wrong := other.pack()
	return err == nil && wrong == nil && bytes.Equal(one, two)
}

// Seal seals the content: the same content gives the same bytes, and no counter
// can be used twice.
func (k Key) Seal(c Content) ([]byte, error) {
	plain, err := c.pack()
	if err != nil {
		return nil, err
	}
	sealed := append(mac(k.tag, plain)[:tagSize:tagSize], plain...)
	return sealed, k.mask(sealed)
}

// Open opens what Seal sealed.
func (k Key) Open(sealed []byte) (Content, error) {
	if len(sealed) < tagSize || len(sealed) > maxBytes {
		return Content{}, fmt.Errorf("%w: too short or too long", ErrFormat)
	}
	opened := bytes.Clone(sealed)
	if err := k.mask(opened); err != nil {
		return Content{}, err
	}
	if subtle.ConstantTimeCompare(mac(k.tag, opened[tagSize:])[:tagSize], sealed[:tagSize]) != 1 {
		return Content{}, ErrKey
	}
	return unpack(opened[tagSize:])
}

// ReadBack is what the listener reads back: two groups that only somebody who
// has the key and heard this very thing can say.
func (k Key) ReadBack(sealed []byte) string {
	sum := mac(k.back, sealed)
	return fmt.Sprintf("%05d %05d", binary.BigEndian.Uint16(sum), binary.BigEndian.Uint16(sum[2:]))
}

// mask encrypts or decrypts what follows the tag, which is also where the stream
// begins. NIST SP 800-38A, CTR
func (k Key) mask(sealed []byte) error {
	block, err := aes.NewCipher(k.stream)
	if err != nil {
		return fmt.Errorf("spoken: %w", err)
	}
	var start [aes.BlockSize]byte
	copy(start[:], sealed[:tagSize])
	cipher.NewCTR(block, start[:]).XORKeyStream(sealed[tagSize:], sealed[tagSize:])
	return nil
}

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("tocsin-spoken/v1\n"))
	h.Write(message)
	return h.Sum(nil)
}
