// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file bends the vectors: whatever is still accepted must say exactly what
// was signed.

import (
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// jsonOf reads a vector file into v.
func jsonOf(f *testing.F, name string, v any) {
	f.Helper()
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		f.Fatal(err)
	}
}

// FuzzReceipt bends receipts of bravo's.
func FuzzReceipt(f *testing.F) {
	good, err := os.ReadFile("receipt.tlog-proof")
	if err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile("bravo.card")
	if err != nil {
		f.Fatal(err)
	}
	card, err := envelope.ParseCard(raw)
	if err != nil {
		f.Fatal(err)
	}
	keys := receipt.Keys{Sign: card.Public(), Log: card.Log}
	signed, err := receipt.Parse(good)
	if err != nil {
		f.Fatal(err)
	}
	var bad invalidFile
	jsonOf(f, "invalid.json", &bad)
	for _, v := range bad.Receipts {
		f.Add([]byte(v.Receipt))
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, bent []byte) {
		r, err := receipt.Parse(bent)
		if err != nil || r.Verify(keys) != nil {
			return
		}
		if diff := cmp.Diff(signed.Statement, r.Statement); diff != "" {
			t.Errorf("a receipt verifies that bravo never signed (-signed +verified):\n%s", diff)
		}
	})
}

// FuzzMessage bends messages of alpha's to bravo.
func FuzzMessage(f *testing.F) {
	var messages []messageVector
	jsonOf(f, "messages.json", &messages)
	signed := make(map[string]bool)
	for _, v := range messages {
		signed[v.Hash] = true
		f.Add([]byte(v.Packed))
	}
	var bad invalidFile
	jsonOf(f, "invalid.json", &bad)
	for _, v := range bad.Messages {
		f.Add([]byte(v.Packed))
	}
	var cards cardFile
	jsonOf(f, "cards.json", &cards)
	card, err := envelope.ParseCard([]byte(cards.Cards["alpha"].Card))
	if err != nil {
		f.Fatal(err)
	}
	self := cards.Cards["bravo"].KeyID
	f.Fuzz(func(t *testing.T, bent []byte) {
		m, err := envelope.Unpack(bent)
		if err != nil || m.Verify(card.Public(), card.ID(), self) != nil {
			return
		}
		if !signed[m.Hash()] {
			t.Errorf("a message verifies that alpha never signed: %s", m.HeaderBytes)
		}
	})
}

// FuzzInvitation bends invitations: one that is accepted is written and read
// back the same.
func FuzzInvitation(f *testing.F) {
	var vector inviteVector
	jsonOf(f, "invitation.json", &vector)
	f.Add(vector.Text)
	f.Fuzz(func(t *testing.T, bent string) {
		invite, err := partner.ParseInvite(bent)
		if err != nil {
			return
		}
		text, err := invite.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := partner.ParseInvite(text); err != nil {
			t.Errorf("written and read back it is refused: %v", err)
		}
	})
}
