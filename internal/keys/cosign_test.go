// SPDX-License-Identifier: Apache-2.0

package keys_test

// This file holds what cosigning promises, and how a key file from before it is
// given the keys for it.

import (
	"errors"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Both keys of the card sign the text, and no other.
func TestCosign(t *testing.T) {
	alpha, bravo := ring(t, "alpha"), ring(t, "bravo")
	checkpoint, err := bravo.SignCheckpoint(tlog.Tree{N: 7, Hash: tlog.RecordHash([]byte("leaf"))})
	check(t, err)
	at := time.Date(2026, 3, 2, 7, 30, 0, 0, time.UTC)
	lines, err := alpha.Cosign(witness.Text(checkpoint), at)
	check(t, err)
	cosigners, err := alpha.Card("https://alpha.example.org").Cosigners()
	check(t, err)
	found := witness.Cosignatures(witness.Text(checkpoint), lines, cosigners...)
	if len(found) != 2 || !found[0].At.Equal(at) || found[0].By.Algorithm() != witness.Ed25519 || found[1].By.Algorithm() != witness.MLDSA44 {
		t.Fatalf("found %v", found)
	}
	other, err := bravo.SignCheckpoint(tlog.Tree{N: 8, Hash: tlog.RecordHash([]byte("leaf"))})
	check(t, err)
	if found := witness.Cosignatures(witness.Text(other), lines, cosigners...); len(found) != 0 {
		t.Errorf("they stand for another checkpoint: %v", found)
	}
	if again, err := alpha.Cosign(witness.Text(checkpoint), at); err != nil || again != lines {
		t.Error("the same text at the same second has two cosignatures")
	}
	for _, text := range []string{"", "tocsin/bravo\n7\n", witness.Text(checkpoint) + "more\n", checkpoint} {
		if _, err := alpha.Cosign(text, at); err == nil {
			t.Errorf("%q is cosigned", text)
		}
	}
}

// A key file of version 1 is the same node, with new keys to cosign with; once
// written it keeps them.
func TestAnOlderFile(t *testing.T) {
	alpha := ring(t, "alpha")
	var fields map[string]any
	check(t, json.Unmarshal(encoded(t, alpha), &fields))
	half := map[string]any{"v": 1, "witness_seed": fields["witness_seed"]}
	delete(fields, "witness_seed")
	delete(fields, "witness_pq_seed")
	fields["v"] = 1
	older, err := json.Marshal(fields)
	check(t, err)
	read, err := keys.Parse(older)
	check(t, err)
	before, after := alpha.Card("https://alpha.example.org"), read.Card("https://alpha.example.org")
	if !read.Fresh() || alpha.Fresh() || read.ID() != alpha.ID() || after.Log != before.Log || after.Seal != before.Seal || len(after.Witness) != 2 {
		t.Errorf("it is read as %+v", after)
	}
	again, err := keys.Parse(encoded(t, read))
	check(t, err)
	if again.Fresh() || !again.Card("https://alpha.example.org").SameKeys(after) {
		t.Error("once written it has other keys")
	}
	for name, value := range half {
		fields[name] = value
	}
	mixed, err := json.Marshal(fields)
	check(t, err)
	if _, err := keys.Parse(mixed); !errors.Is(err, keys.ErrRing) {
		t.Errorf("an older file with a newer member: %v", err)
	}
}

// BenchmarkCosign is what a cosignature costs, beside its Ed25519 half.
func BenchmarkCosign(b *testing.B) {
	alpha, bravo := ring(b, "alpha"), ring(b, "bravo")
	checkpoint, err := bravo.SignCheckpoint(tlog.Tree{N: 7, Hash: tlog.RecordHash([]byte("leaf"))})
	check(b, err)
	text, at := witness.Text(checkpoint), time.Date(2026, 3, 2, 7, 30, 0, 0, time.UTC)
	cosigners, err := alpha.Card("https://alpha.example.org").Cosigners()
	check(b, err)
	lines, err := alpha.Cosign(text, at)
	check(b, err)
	b.Run("floor: one checkpoint signed with Ed25519", func(b *testing.B) {
		for b.Loop() {
			if _, err := bravo.SignCheckpoint(tlog.Tree{N: 7}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("both keys sign", func(b *testing.B) {
		for b.Loop() {
			if _, err := alpha.Cosign(text, at); err != nil {
				b.Fatal(err)
			}
		}
	})
	for i, name := range []string{"Ed25519 checked", "ML-DSA-44 checked"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if len(witness.Cosignatures(text, lines, cosigners[i])) != 1 {
					b.Fatal("not taken")
				}
			}
		})
	}
}
