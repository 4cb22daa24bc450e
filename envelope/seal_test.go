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
	"github.com/google/go-cmp/cmp"

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
	// What is small shares an envelope, as long as it fits; what is large has one.
	large := signed(t, header(), alpha)
	large.Payload = []byte(`"` + strings.Repeat("x", 70<<10) + `"`)
	messages = append(messages[:7:7], append([]*envelope.Message{large}, messages[7:]...)...)
	sealed, holds, err := envelope.SealAll(messages, identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{7, 1, 3}, holds); diff != "" {
		t.Fatal(diff)
	}
	place := 0
	for i, raw := range sealed {
		opened, errs := envelope.OpenAll(raw, holds[i], identity)
		for j, m := range opened {
			if errs[j] != nil || !bytes.Equal(m.HeaderBytes, messages[place].HeaderBytes) || !bytes.Equal(m.Payload, messages[place].Payload) {
				t.Fatalf("message %d: %v", place, errs[j])
			}
			place++
		}
	}
	if about := messages[0].SealedSize(); len(sealed[0]) > 7*about || len(sealed[2]) > 3*about {
		t.Errorf("%d and %d bytes, each of their messages said to need about %d by itself", len(sealed[0]), len(sealed[2]), about)
	}
	if sealed, holds, err := envelope.SealAll(messages[:1], identity.Recipient()); err != nil || len(sealed) != 1 || holds != nil {
		t.Errorf("one sealed is %d, %v, %v", len(sealed), holds, err)
	}
	if sealed, _, err := envelope.SealAll(nil, identity.Recipient()); err != nil || len(sealed) != 0 {
		t.Errorf("nothing sealed is %v, %v", sealed, err)
	}
	tooLarge := &envelope.Message{Payload: bytes.Repeat([]byte{'x'}, envelope.MaxPacked)}
	if _, _, err := envelope.SealAll([]*envelope.Message{messages[0], tooLarge, messages[1]}, identity.Recipient()); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("one that is too large: %v", err)
	}
}

// An envelope that holds another number of messages than is said gives none of
// them; of one that holds a message out of the format the others are there.
func TestOpenAll(t *testing.T) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	one, two := signed(t, header(), alpha), signed(t, header(), alpha)
	bent := signed(t, header(), alpha)
	bent.Signature = bent.Signature[1:]
	for _, test := range []struct {
		what     string
		messages []*envelope.Message
		n        int
		right    string
	}{
		{"two", []*envelope.Message{one, two}, 2, "++"},
		{"more than is said", []*envelope.Message{one, two}, 1, "-"},
		{"fewer than is said", []*envelope.Message{one, two}, 3, "---"},
		{"one out of the format", []*envelope.Message{one, bent, two}, 3, "+-+"},
	} {
		sealed, err := envelope.Seal(identity.Recipient(), test.messages...)
		if err != nil {
			t.Fatal(err)
		}
		right := ""
		messages, errs := envelope.OpenAll(sealed, test.n, identity)
		for i, m := range messages {
			if (m == nil) != errors.Is(errs[i], envelope.ErrFormat) {
				t.Errorf("%s: message %d is %v, %v", test.what, i, m, errs[i])
			}
			right += map[bool]string{true: "+", false: "-"}[m != nil]
		}
		if right != test.right {
			t.Errorf("%s: %s, want %s", test.what, right, test.right)
		}
	}
	other, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := envelope.Seal(identity.Recipient(), one, two)
	if err != nil {
		t.Fatal(err)
	}
	if messages, errs := envelope.OpenAll(sealed, 2, other); messages[0] != nil || messages[1] != nil || errs[0] == nil || errs[1] == nil {
		t.Errorf("sealed for another: %v, %v", messages, errs)
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
		_, sealErr := envelope.Seal(identity.Recipient(), m)
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
