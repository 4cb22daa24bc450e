// SPDX-License-Identifier: Apache-2.0

package witness_test

// This file holds which verifier keys are read, and that nobody is made to take
// a cosignature that is none.

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/mldsa"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/witness"
)

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// cosigner is one who cosigns, made of a seed.
type cosigner struct {
	classic ed25519.PrivateKey
	pq      *mldsa.PrivateKey
	keys    []*witness.Verifier
}

func newCosigner(tb testing.TB, name string, seed byte) cosigner {
	tb.Helper()
	raw := bytes.Repeat([]byte{seed}, 32)
	pq, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), raw)
	check(tb, err)
	c := cosigner{classic: ed25519.NewKeyFromSeed(raw), pq: pq}
	classic, err := witness.NewVerifier(name, witness.Ed25519, c.classic.Public().(ed25519.PublicKey))
	check(tb, err)
	post, err := witness.NewVerifier(name, witness.MLDSA44, pq.PublicKey().Bytes())
	check(tb, err)
	c.keys = []*witness.Verifier{classic, post}
	return c
}

// line cosigns with one of the two keys.
func (c cosigner) line(tb testing.TB, key int, text string, at int64) string {
	tb.Helper()
	v := c.keys[key]
	input, err := witness.SigningInput(v.Algorithm(), v.Name(), at, text)
	check(tb, err)
	if v.Algorithm() == witness.Ed25519 {
		return v.Line(at, ed25519.Sign(c.classic, input))
	}
	signature, err := c.pq.SignDeterministic(input, nil)
	check(tb, err)
	return v.Line(at, signature)
}

var (
	someTree = tlog.Tree{N: 7, Hash: tlog.RecordHash([]byte("leaf"))}
	someText = receipt.CheckpointText("tocsin/bravo", someTree)
)

const at = 1772436600 // 2026-03-02T07:30:00Z

// A false line of a name takes nothing from the good one behind it, and each
// cosigner counts once.
func TestCosignatures(t *testing.T) {
	w, other := newCosigner(t, "w.example.org", 1), newCosigner(t, "w.example.org", 2)
	good, post := w.line(t, 0, someText, at), w.line(t, 1, someText, at)
	false1 := w.line(t, 0, receipt.CheckpointText("tocsin/bravo", tlog.Tree{N: 8, Hash: someTree.Hash}), at)
	for name, test := range map[string]struct {
		lines string
		want  int
	}{
		"both":                         {good + post, 2},
		"one, twice":                   {good + w.line(t, 0, someText, at+1), 1},
		"a false one before":           {false1 + good, 1},
		"a false one alone":            {false1, 0},
		"another's of the same name":   {other.line(t, 0, someText, at) + good, 1},
		"lines that are none before":   {"\n— \n— x\n— x y\nhello\n" + good, 1},
		"without its end":              {strings.TrimSuffix(good, "\n"), 0},
		"without the dash":             {strings.TrimPrefix(good, "— "), 0},
		"behind a hundred others":      {strings.Repeat("— x AAAA\n", 100) + good, 0},
		"none":                         {"", 0},
		"its base64 written otherwise": {strings.Replace(good, "=\n", "\n", 1), 0},
	} {
		found := witness.Cosignatures(someText, test.lines, w.keys...)
		if len(found) != test.want {
			t.Errorf("%s: found %d, want %d", name, len(found), test.want)
		}
		for _, c := range found {
			if !c.At.Equal(time.Unix(at, 0)) || !strings.Contains(test.lines, c.Signature) {
				t.Errorf("%s: found %+v", name, c)
			}
		}
	}
}

// A cosigned checkpoint is a signed note, which the library of notes reads.
func TestASignedNote(t *testing.T) {
	w := newCosigner(t, "w.example.org", 1)
	opened, err := note.Open([]byte(someText+"\n"+w.line(t, 0, someText, at)+w.line(t, 1, someText, at)), note.VerifierList(w.keys[0], w.keys[1]))
	if err != nil || len(opened.Sigs) != 2 {
		t.Errorf("got %v, %v", opened, err)
	}
}

func TestKeys(t *testing.T) {
	w := newCosigner(t, "w.example.org", 1)
	for _, v := range w.keys {
		read, err := witness.ParseVerifier(v.String())
		check(t, err)
		if read.String() != v.String() || !read.SameKey(v) || read.Algorithm() != v.Algorithm() {
			t.Errorf("%s is read as %s", v, read)
		}
	}
	classic := w.keys[0].String()
	_, encoded, _ := strings.Cut(classic[strings.Index(classic, "+")+1:], "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	check(t, err)
	typed := func(kind byte) string {
		return "w.example.org+00000000+" + base64.StdEncoding.EncodeToString(append([]byte{kind}, raw[1:]...))
	}
	for name, key := range map[string]string{
		"empty": "", "a name alone": "w.example.org", "no key": "w.example.org+00000000+", "of the type of a log": typed(1), "of no type": typed(9),
		"of another hash": strings.Replace(classic, "+", "+0", 1), "with a space": "w " + classic, "without a name": classic[len("w.example.org"):],
		"in capitals": strings.ToUpper(classic), "three bytes short": classic[:len(classic)-4], "of a name that is too long": strings.Repeat("w", 256) + classic,
	} {
		if _, err := witness.ParseVerifier(key); !errors.Is(err, witness.ErrKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzCosignatures(f *testing.F) {
	// Of Ed25519 alone: a key of ML-DSA takes a fuzzer's process longer to make than
	// many inputs.
	w := cosigner{classic: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))}
	v, err := witness.NewVerifier("w.example.org", witness.Ed25519, w.classic.Public().(ed25519.PublicKey))
	check(f, err)
	w.keys = []*witness.Verifier{v}
	good := w.line(f, 0, someText, at)
	f.Add(someText, good)
	f.Add(someText, good+v.Line(at, make([]byte, 2420)))
	f.Add(someText+"more\n", good)
	f.Fuzz(func(t *testing.T, text, lines string) {
		for _, found := range witness.Cosignatures(text, lines, w.keys[0]) {
			if text != someText || found.Signature != good {
				t.Fatalf("a forgery over %q: %q", text, found.Signature)
			}
		}
	})
}

func FuzzParseVerifier(f *testing.F) {
	for _, algorithm := range []witness.Algorithm{witness.Ed25519, witness.MLDSA44} {
		size := map[witness.Algorithm]int{witness.Ed25519: ed25519.PublicKeySize, witness.MLDSA44: 1312}[algorithm]
		v, err := witness.NewVerifier("w.example.org", algorithm, bytes.Repeat([]byte{1}, size))
		check(f, err)
		f.Add(v.String())
	}
	f.Fuzz(func(t *testing.T, key string) {
		v, err := witness.ParseVerifier(key)
		if err == nil && v.String() != key {
			t.Fatalf("%q is read as %q", key, v)
		}
	})
}
