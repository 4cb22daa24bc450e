// SPDX-License-Identifier: Apache-2.0

package envelope_test

// This file holds what is sealed together, and what is too large to be sealed.

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/envelope"
)

func TestSealAll(t *testing.T) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	var messages []*envelope.Message
	for seq := range uint64(10) {
		h := header()
		h.Seq = seq + 1
		m := signed(t, h, alpha)
		m.Header = envelope.Header{} // only the bytes are needed
		messages = append(messages, m)
	}
	sealed, err := envelope.SealAll(messages, identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	for i, raw := range sealed {
		m, err := envelope.Open(raw, identity)
		if err != nil || m.Header.Seq != uint64(i)+1 {
			t.Fatalf("envelope %d: %v", i, err)
		}
		if about := messages[i].SealedSize(); len(raw) > about || len(raw) < about/2 {
			t.Errorf("%d bytes, said to be about %d", len(raw), about)
		}
	}
	if sealed, err := envelope.SealAll(nil, identity.Recipient()); err != nil || len(sealed) != 0 {
		t.Errorf("nothing sealed is %v, %v", sealed, err)
	}
	large := &envelope.Message{Payload: bytes.Repeat([]byte{'x'}, envelope.MaxPacked)}
	if _, err := envelope.SealAll([]*envelope.Message{messages[0], large, messages[1]}, identity.Recipient()); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("one that is too large: %v", err)
	}
}

// Fits says what Seal will say, to the byte.
func TestFits(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	fits, tooLarge := 0, 0
	for size := envelope.MaxPacked/4*3 - 148; size < envelope.MaxPacked/4*3-134; size++ {
		m := &envelope.Message{HeaderBytes: []byte(`{}`), Signature: make([]byte, ed25519.SignatureSize), Salt: make([]byte, 32), Payload: []byte(strings.Repeat("x", size))}
		_, sealErr := envelope.Seal(m, identity.Recipient())
		if err := m.Fits(); errors.Is(err, envelope.ErrTooLarge) != errors.Is(sealErr, envelope.ErrTooLarge) || (err == nil) != (sealErr == nil) {
			t.Fatalf("%d bytes: Fits says %v, Seal %v", size, err, sealErr)
		} else if err == nil {
			fits++
		} else {
			tooLarge++
		}
	}
	if fits == 0 || tooLarge == 0 {
		t.Errorf("%d fit and %d are too large: the edge is elsewhere", fits, tooLarge)
	}
}
