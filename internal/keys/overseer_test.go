// SPDX-License-Identifier: Apache-2.0

package keys_test

// This file holds an overseer's key to what it promises: it opens with its
// passphrase alone, signs, unseals, and prints as nothing.

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/internal/keys"
)

func TestAnOverseersKey(t *testing.T) {
	key, err := keys.GenerateOverseer("olga")
	check(t, err)
	sealed, err := key.EncodeSealed([]byte("six words that nobody guesses"))
	check(t, err)
	if !keys.IsSealed(sealed) || bytes.Contains(sealed, []byte("olga")) {
		t.Error("the file is not sealed")
	}
	_, err = key.EncodeSealed([]byte("short"))
	if !errors.Is(err, keys.ErrWeak) {
		t.Errorf("a short passphrase: %v", err)
	}
	_, err = keys.ParseOverseer(sealed, []byte("six words that are not those"))
	if !errors.Is(err, keys.ErrPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	read, err := keys.ParseOverseer(sealed, []byte("six words that nobody guesses"))
	check(t, err)
	sign, open := key.Public()
	if again, same := read.Public(); !bytes.Equal(sign, again) || open != same || read.Name() != "olga" {
		t.Error("another key was read than was written")
	}
	if !ed25519.Verify(sign, []byte("input"), read.Sign([]byte("input"))) {
		t.Error("it does not sign")
	}
	recipient, err := age.ParseHybridRecipient(open)
	check(t, err)
	var file bytes.Buffer
	w, err := age.Encrypt(&file, recipient)
	check(t, err)
	_, err = w.Write([]byte("a dossier"))
	check(t, err)
	check(t, w.Close())
	if plain, err := read.Unseal(file.Bytes()); err != nil || string(plain) != "a dossier" {
		t.Errorf("%q, %v", plain, err)
	}
	other, err := keys.GenerateOverseer("otto")
	check(t, err)
	for what, raw := range map[string][]byte{"sealed for another": file.Bytes(), "cut off": file.Bytes()[:file.Len()-1], "nothing": nil} {
		if plain, err := other.Unseal(raw); !errors.Is(err, keys.ErrNotForUs) || plain != nil {
			t.Errorf("%s: %q, %v", what, plain, err)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
		if printed := fmt.Sprintf(format, key); printed != "the key of olga" || strings.Contains(printed, "AGE-") {
			t.Errorf("%s prints %q", format, printed)
		}
	}
	// A node's own file is no overseer's key, whatever opens it.
	node, err := ring(t, "alpha").EncodeSealed([]byte("six words that nobody guesses"))
	check(t, err)
	for what, raw := range map[string][]byte{"a node's": node, "not sealed": []byte("{}"), "too large": append([]byte("age-encryption.org/v1\n"), make([]byte, 2<<20)...)} {
		if _, err := keys.ParseOverseer(raw, []byte("six words that nobody guesses")); !errors.Is(err, keys.ErrOverseer) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
