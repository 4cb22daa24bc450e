// SPDX-License-Identifier: Apache-2.0

package keys_test

// This file changes keys, and seals their file with a passphrase.

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
)

var passphrase = []byte("six words that nobody would guess")

// Each part is changed alone and leaves the others, and the node stays the node.
func TestNext(t *testing.T) {
	const address = "https://alpha.example.org"
	for _, part := range keys.Parts() {
		alpha := ring(t, "alpha")
		before := alpha.Card(address)
		next, err := alpha.Next(time.Now(), part)
		check(t, err)
		after := next.Card(address)
		changed := map[keys.Part]bool{
			keys.Sign: !bytes.Equal(before.Sign, after.Sign), keys.Log: before.Log != after.Log,
			keys.Seal: before.Seal != after.Seal, keys.Witness: before.Witness[0] != after.Witness[0] && before.Witness[1] != after.Witness[1],
		}
		for other, is := range changed {
			if is != (other == part) {
				t.Errorf("%s is changed: %s is another: %t", part, other, is)
			}
		}
		if after.ID() != before.ID() || after.Origin() != before.Origin() || next.Number() != 1 {
			t.Errorf("%s is changed: the node is %s, its log %s, number %d", part, after.ID(), after.Origin(), next.Number())
		}
		again, err := keys.Parse(encoded(t, next))
		check(t, err)
		if !again.Card(address).SameKeys(after) || again.ID() != alpha.ID() || again.Number() != 1 || len(again.Retired()) != len(next.Retired()) {
			t.Errorf("%s is changed: written and read it is another node", part)
		}
		check(t, alpha.Prepare(next))
		change, err := alpha.SignChange(envelope.ChangeStatement{At: time.Now().UTC().Truncate(time.Millisecond), Why: envelope.Rotation}, address)
		check(t, err)
		if s, err := change.Check(before); err != nil || !s.New.SameKeys(after) {
			t.Errorf("%s is changed: %v", part, err)
		}
	}
	if _, err := ring(t, "alpha").Next(time.Now(), "shoe"); err == nil {
		t.Error("a shoe is a key")
	}
}

// What was sealed and locked before a change opens after it, until the old
// opening key is destroyed.
func TestOldOpeningKeys(t *testing.T) {
	alpha := ring(t, "alpha")
	locked, err := alpha.Lock([]byte("secret"))
	check(t, err)
	at := time.Date(2031, 5, 8, 9, 0, 0, 0, time.UTC)
	next, err := alpha.Next(at, keys.Parts()...)
	check(t, err)
	check(t, alpha.Prepare(next))
	relocked, err := alpha.Relock(locked)
	check(t, err)
	if _, err := alpha.SignMessageAt(0, []byte("{}")); err != nil {
		t.Error(err)
	}
	alpha.Adopt()
	if _, err := alpha.SignMessageAt(0, []byte("{}")); !errors.Is(err, keys.ErrNumber) {
		t.Errorf("the old key still signs: %v", err)
	}
	if secret, err := alpha.Unlock(locked); err != nil || string(secret) != "secret" {
		t.Errorf("what was locked before: %v", err)
	}
	if _, gone := alpha.Without(at.Add(-time.Second)); gone != 0 {
		t.Error("a key that was replaced later is destroyed")
	}
	if left, gone := alpha.Without(at); gone != 1 || len(left.Retired()) != 0 {
		t.Errorf("%d are destroyed", gone)
	}
	alpha.Forget(at)
	if _, err := alpha.Unlock(locked); !errors.Is(err, keys.ErrLocked) {
		t.Errorf("a destroyed key opens: %v", err)
	}
	if secret, err := alpha.Unlock(relocked); err != nil || string(secret) != "secret" {
		t.Errorf("what was locked anew: %v", err)
	}
}

// Only a ring that comes next to this one is prepared.
func TestNotTheNext(t *testing.T) {
	alpha, bravo := ring(t, "alpha"), ring(t, "bravo")
	next, err := bravo.Next(time.Now(), keys.Sign)
	check(t, err)
	second, err := next.Next(time.Now(), keys.Sign)
	check(t, err)
	for name, wrong := range map[string]*keys.Ring{"another node's": next, "the same": alpha} {
		if err := alpha.Prepare(wrong); !errors.Is(err, keys.ErrNext) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := bravo.Prepare(second); !errors.Is(err, keys.ErrNext) {
		t.Errorf("the one after the next: %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	alpha := ring(t, "alpha")
	sealed, err := alpha.EncodeSealed(passphrase)
	check(t, err)
	if !keys.IsSealed(sealed) || keys.IsSealed(encoded(t, alpha)) {
		t.Error("it cannot be told whether a file is sealed")
	}
	again, err := keys.ParseSealed(sealed, passphrase)
	check(t, err)
	if !bytes.Equal(encoded(t, alpha), encoded(t, again)) {
		t.Error("sealed and opened it is another node")
	}
	for _, wrong := range [][]byte{[]byte("another passphrase"), bytes.ToUpper(passphrase), nil} {
		if _, err := keys.ParseSealed(sealed, wrong); !errors.Is(err, keys.ErrPassphrase) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := keys.ParseSealed(sealed[:len(sealed)-1], passphrase); !errors.Is(err, keys.ErrRing) {
		t.Errorf("a torn file: %v", err)
	}
	for _, weak := range []string{"", "too short", "two\nlines of it"} {
		if _, err := alpha.EncodeSealed([]byte(weak)); !errors.Is(err, keys.ErrWeak) {
			t.Errorf("%q: %v", weak, err)
		}
	}
}

// BenchmarkPassphrase is one guess.
func BenchmarkPassphrase(b *testing.B) {
	sealed, err := ring(b, "alpha").EncodeSealed(passphrase)
	check(b, err)
	for b.Loop() {
		_, err := keys.ParseSealed(sealed, passphrase)
		check(b, err)
	}
}
