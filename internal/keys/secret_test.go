// SPDX-License-Identifier: Apache-2.0

package keys_test

// This file tests that a secret is locked for this node alone.

import (
	"bytes"
	"errors"
	"testing"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/internal/keys"
)

func TestLock(t *testing.T) {
	ring, err := keys.Generate("alpha", "NO")
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.Generate("alpha", "NO")
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ring.Lock([]byte("secret"))
	if err != nil || bytes.Contains(locked, []byte("secret")) {
		t.Fatalf("locked as %q, %v", locked, err)
	}
	if again, err := ring.Lock([]byte("secret")); err != nil || bytes.Equal(again, locked) {
		t.Errorf("locked twice the same, or %v", err)
	}
	if plain, err := ring.Unlock(locked); err != nil || string(plain) != "secret" {
		t.Errorf("unlocked as %q, %v", plain, err)
	}
	// What anybody seals for the node is no secret that it locked.
	var sealed bytes.Buffer
	recipient, err := age.ParseHybridRecipient(ring.Card("https://alpha.example.org").Seal)
	if err != nil {
		t.Fatal(err)
	}
	w, err := age.Encrypt(&sealed, recipient)
	if err == nil {
		_, err = w.Write([]byte("a message"))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(locked)
	changed[len(changed)-1] ^= 1
	for name, raw := range map[string][]byte{"nothing": nil, "changed": changed, "cut": locked[:len(locked)-1], "a message": sealed.Bytes()} {
		if plain, err := ring.Unlock(raw); !errors.Is(err, keys.ErrLocked) {
			t.Errorf("%s: unlocked as %q, %v", name, plain, err)
		}
	}
	if plain, err := other.Unlock(locked); !errors.Is(err, keys.ErrLocked) {
		t.Errorf("another node unlocked %q, %v", plain, err)
	}
	if _, err := ring.Lock(make([]byte, 2<<20)); err == nil {
		t.Error("locked two mebibytes")
	}
}
