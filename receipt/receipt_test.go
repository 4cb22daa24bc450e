// SPDX-License-Identifier: Apache-2.0

package receipt_test

// This file holds what a receipt withstands: every byte of it, every key, every
// other leaf.

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
)

// recipient is a node that receipts: its two keys and its log.
type recipient struct {
	tb     testing.TB
	sign   ed25519.PrivateKey
	signer note.Signer
	keys   receipt.Keys
	hashes []tlog.Hash
	size   int64
}

func newRecipient(tb testing.TB, name string, seed byte) *recipient {
	tb.Helper()
	private, verifier, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 64)), name)
	check(tb, err)
	signer, err := note.NewSigner(private)
	check(tb, err)
	sign := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed + 100}, ed25519.SeedSize))
	return &recipient{tb: tb, sign: sign, signer: signer, keys: receipt.Keys{Sign: sign.Public().(ed25519.PublicKey), Log: verifier}}
}

// ReadHashes implements tlog.HashReader.
func (r *recipient) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, index := range indexes {
		all = append(all, r.hashes[index])
	}
	return all, nil
}

// append logs a leaf of that kind.
func (r *recipient) append(kind, hash string) {
	hashes, err := tlog.StoredHashes(r.size, receipt.Leaf(kind, hash), r)
	check(r.tb, err)
	r.hashes = append(r.hashes, hashes...)
	r.size++
}

func (r *recipient) tree() tlog.Tree {
	hash, err := tlog.TreeHash(r.size, r)
	check(r.tb, err)
	return tlog.Tree{N: r.size, Hash: hash}
}

func (r *recipient) checkpoint(text string) string {
	signed, err := note.Sign(&note.Note{Text: text}, r.signer)
	check(r.tb, err)
	return string(signed)
}

func (r *recipient) statement(index int64, hash string) receipt.Statement {
	tree := r.tree()
	return receipt.Statement{
		Version: 1, Kind: "delivered", Channel: hashOf(90), By: hashOf(91), To: hashOf(92), Header: hash, Epoch: 1, Seq: 4,
		Received: time.Date(2031, 5, 8, 9, 30, 15, 120e6, time.UTC), Disposition: receipt.Kept,
		Index: index, Size: tree.N, Root: hex.EncodeToString(tree.Hash[:]),
	}
}

// receipt signs the statement and proves the leaf at its index in the log as it is.
func (r *recipient) receipt(s receipt.Statement) *receipt.Receipt {
	input, err := s.SigningInput()
	check(r.tb, err)
	proof, err := tlog.ProveRecord(r.size, s.Index, r)
	check(r.tb, err)
	made, err := receipt.New(s, ed25519.Sign(r.sign, input), proof, r.checkpoint(receipt.CheckpointText(r.signer.Name(), r.tree())))
	check(r.tb, err)
	return made
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func hexOf(h tlog.Hash) string { return hex.EncodeToString(h[:]) }

func hashOf(n byte) string { return strings.Repeat(fmt.Sprintf("%02x", n), 32) }

// bravo has received six messages; the fourth is receipted.
func bravo(tb testing.TB) (*recipient, receipt.Statement) {
	r := newRecipient(tb, "tocsin/bravo", 1)
	for i := range byte(6) {
		r.append(receipt.KindReceived, hashOf(i))
	}
	return r, r.statement(3, hashOf(3))
}

func encoded(tb testing.TB, r *receipt.Receipt) []byte {
	tb.Helper()
	raw, err := r.Encode()
	check(tb, err)
	return raw
}

// verify reads and checks a receipt's file.
func verify(raw []byte, keys receipt.Keys) error {
	r, err := receipt.Parse(raw)
	if err != nil {
		return err
	}
	return r.Verify(keys)
}

// A receipt holds in a log of any size, at any place.
func TestEveryPlaceInEveryLog(t *testing.T) {
	r := newRecipient(t, "tocsin/bravo", 1)
	for size := range byte(20) {
		r.append(receipt.KindReceived, hashOf(size))
		for index := range int64(size) + 1 {
			raw := encoded(t, r.receipt(r.statement(index, hashOf(byte(index)))))
			if err := verify(raw, r.keys); err != nil {
				t.Errorf("leaf %d of %d: %v", index, size+1, err)
			}
		}
	}
}

// Every bit of a receipt's file is needed: with any one changed it is refused.
func TestEveryBitFlipped(t *testing.T) {
	r, s := bravo(t)
	raw := encoded(t, r.receipt(s))
	check(t, verify(raw, r.keys))
	for i := range raw {
		for bit := range 8 {
			flipped := bytes.Clone(raw)
			flipped[i] ^= 1 << bit
			if verify(flipped, r.keys) == nil {
				t.Errorf("byte %d, %q turned into %q, is not noticed: in the line %q", i, raw[i], flipped[i], lineAt(raw, i))
			}
		}
		for _, other := range []byte("\r\n \x00=Aa0") {
			changed := bytes.Clone(raw)
			if changed[i] = other; other != raw[i] && verify(changed, r.keys) == nil {
				t.Errorf("byte %d, %q turned into %q, is not noticed: in the line %q", i, raw[i], other, lineAt(raw, i))
			}
		}
	}
}

func lineAt(raw []byte, i int) string {
	start := bytes.LastIndexByte(raw[:i], '\n') + 1
	line, _, _ := bytes.Cut(raw[start:], []byte("\n"))
	return string(line[:min(len(line), 30)])
}

// Whatever is cut off or put in, anywhere, is noticed.
func TestTruncatedAndStretched(t *testing.T) {
	r, s := bravo(t)
	raw := encoded(t, r.receipt(s))
	for i := range raw {
		if verify(raw[:i], r.keys) == nil {
			t.Errorf("the first %d of %d bytes are taken for the whole", i, len(raw))
		}
		if verify(raw[i+1:], r.keys) == nil {
			t.Errorf("without the first %d bytes it is taken for the whole", i+1)
		}
		for _, more := range []string{"\n", "\r", " ", "A", "=", "\x00"} {
			if stretched := slices.Concat(raw[:i], []byte(more), raw[i:]); verify(stretched, r.keys) == nil {
				t.Errorf("%q put in at byte %d is not noticed: in the line %q", more, i, lineAt(raw, i))
			}
		}
	}
	if err := verify(make([]byte, receipt.MaxSize+1), r.keys); !errors.Is(err, receipt.ErrFormat) {
		t.Errorf("over the limit: %v", err)
	}
}

// Each thing that can be wrong has its own error.
func TestVerifyRefuses(t *testing.T) {
	r, good := bravo(t)
	other := newRecipient(t, "tocsin/bravo", 2) // of the same name
	with := func(change func(*receipt.Statement)) *receipt.Receipt {
		s := good
		change(&s)
		return r.receipt(s)
	}
	rebuilt := func(s receipt.Statement, proof tlog.RecordProof, checkpoint string) *receipt.Receipt {
		input, err := s.SigningInput()
		check(t, err)
		made, err := receipt.New(s, ed25519.Sign(r.sign, input), proof, checkpoint)
		check(t, err)
		return made
	}
	whole := r.receipt(good)
	smaller := newRecipient(t, "tocsin/bravo", 1)
	for i := range byte(4) {
		smaller.append(receipt.KindReceived, hashOf(i))
	}
	sent := newRecipient(t, "tocsin/bravo", 1)
	for i := range byte(6) {
		sent.append("sent", hashOf(i))
	}
	origin := r.signer.Name()
	for _, test := range []struct {
		name    string
		receipt *receipt.Receipt
		keys    receipt.Keys
		want    error
	}{
		{"nothing wrong", whole, r.keys, nil},
		{"quarantined", with(func(s *receipt.Statement) { s.Disposition = receipt.Quarantined }), r.keys, nil},
		{"wrong signing key", whole, receipt.Keys{Sign: other.keys.Sign, Log: r.keys.Log}, receipt.ErrSignature},
		{"wrong log key", whole, receipt.Keys{Sign: r.keys.Sign, Log: other.keys.Log}, receipt.ErrCheckpoint},
		{"a log key that is none", whole, receipt.Keys{Sign: r.keys.Sign, Log: "tocsin/bravo+1+A"}, receipt.ErrCheckpoint},
		{"no keys", whole, receipt.Keys{}, receipt.ErrFormat},
		{"version 2", with(func(s *receipt.Statement) { s.Version = 2 }), r.keys, receipt.ErrFormat},
		{"another kind", with(func(s *receipt.Statement) { s.Kind = "acknowledged" }), r.keys, receipt.ErrFormat},
		{"another disposition", with(func(s *receipt.Statement) { s.Disposition = "lost" }), r.keys, receipt.ErrFormat},
		{"another message", with(func(s *receipt.Statement) { s.Header = hashOf(4) }), r.keys, receipt.ErrProof},
		{"a message that is not there", with(func(s *receipt.Statement) { s.Header = hashOf(99) }), r.keys, receipt.ErrProof},
		{"the proof of another leaf", rebuilt(good, with(func(s *receipt.Statement) { s.Index = 4 }).Proof, whole.Checkpoint), r.keys, receipt.ErrProof},
		{"no proof", rebuilt(good, nil, whole.Checkpoint), r.keys, receipt.ErrProof},
		{"a leaf of another kind", sent.receipt(sent.statement(3, hashOf(3))), sent.keys, receipt.ErrProof},
		{"an index beyond the log", rebuilt(func() receipt.Statement { s := good; s.Index = 6; return s }(), whole.Proof, whole.Checkpoint), r.keys, receipt.ErrMismatch},
		{"a negative index", rebuilt(func() receipt.Statement { s := good; s.Index = -1; return s }(), whole.Proof, whole.Checkpoint), r.keys, receipt.ErrMismatch},
		{"another size", with(func(s *receipt.Statement) { s.Size = 7 }), r.keys, receipt.ErrMismatch},
		{"another root", with(func(s *receipt.Statement) { s.Root = hashOf(0) }), r.keys, receipt.ErrMismatch},
		{"the checkpoint of a smaller log", rebuilt(good, whole.Proof, smaller.receipt(smaller.statement(3, hashOf(3))).Checkpoint), r.keys, receipt.ErrMismatch},
		{"a checkpoint nobody signed", rebuilt(good, whole.Proof, receipt.CheckpointText(origin, r.tree())+"\n"), r.keys, receipt.ErrCheckpoint},
		{"of another origin", rebuilt(good, whole.Proof, r.checkpoint(receipt.CheckpointText("tocsin/eve", r.tree()))), r.keys, receipt.ErrCheckpoint},
		{"with more text than three lines", rebuilt(good, whole.Proof, r.checkpoint(receipt.CheckpointText(origin, r.tree())+"more\n")), r.keys, receipt.ErrCheckpoint},
		{"with a size that is no number", rebuilt(good, whole.Proof, r.checkpoint(origin+"\nsix\nAAAA\n")), r.keys, receipt.ErrCheckpoint},
		{"with a size written otherwise", rebuilt(good, whole.Proof, r.checkpoint(strings.Replace(receipt.CheckpointText(origin, r.tree()), "\n6\n", "\n+6\n", 1))), r.keys, receipt.ErrCheckpoint},
	} {
		if err := test.receipt.Verify(test.keys); !errors.Is(err, test.want) || test.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// A file that only looks like a receipt.
func TestParseRefuses(t *testing.T) {
	r, s := bravo(t)
	whole := string(encoded(t, r.receipt(s)))
	lines := strings.SplitAfter(whole, "\n")
	extra := func(text string) string {
		return lines[0] + "extra " + base64.StdEncoding.EncodeToString([]byte(text)) + "\n" + strings.Join(lines[2:], "")
	}
	for _, test := range []struct {
		name, in string
		want     error
	}{
		{"empty", "", receipt.ErrFormat},
		{"a text", "I have it.\n", receipt.ErrFormat},
		{"a later version", strings.Replace(whole, "@v1", "@v2", 1), receipt.ErrFormat},
		{"an older proof without a statement", lines[0] + strings.Join(lines[2:], ""), receipt.ErrFormat},
		{"no statement in it", extra(`{}`), receipt.ErrFormat},
		{"null as a statement", extra(`{"signature":"","statement":null}`), receipt.ErrFormat},
		{"a statement with a member more", extra(`{"signature":"","statement":{"a":1}}`), receipt.ErrFormat},
		{"no index", strings.Replace(whole, lines[2], "", 1), receipt.ErrFormat},
		{"another index", strings.Replace(whole, lines[2], "index 4\n", 1), receipt.ErrMismatch},
		{"an index written otherwise", strings.Replace(whole, lines[2], "index 03\n", 1), receipt.ErrFormat},
		{"a negative index", strings.Replace(whole, lines[2], "index -3\n", 1), receipt.ErrFormat},
		{"a hash of 31 bytes", strings.Replace(whole, lines[3], base64.StdEncoding.EncodeToString(make([]byte, 31))+"\n", 1), receipt.ErrFormat},
		{"more hashes than a log can need", strings.Replace(whole, lines[3], strings.Repeat(lines[3], 64), 1), receipt.ErrFormat},
		{"no checkpoint", strings.Join(lines[:6], ""), receipt.ErrFormat},
	} {
		if _, err := receipt.Parse([]byte(test.in)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// A witness may sign the checkpoint beside the log.
func TestASignatureMore(t *testing.T) {
	r, s := bravo(t)
	witness := newRecipient(t, "witness.example.org", 9)
	text := receipt.CheckpointText(r.signer.Name(), r.tree())
	signed, err := note.Sign(&note.Note{Text: text}, r.signer, witness.signer)
	check(t, err)
	made := r.receipt(s)
	made.Checkpoint = string(signed)
	check(t, verify(encoded(t, made), r.keys))
}

// Whatever is parsed is written as it was, and checking it does no harm.
func FuzzParse(f *testing.F) {
	r, s := bravo(f)
	whole := encoded(f, r.receipt(s))
	f.Add(whole)
	f.Add(whole[:len(whole)-40])
	f.Add(bytes.Replace(whole, []byte("index 3"), []byte("index 4"), 1))
	huge := s
	huge.Index, huge.Size = 1<<53, 1<<53+2
	made, err := receipt.New(huge, nil, nil, "")
	check(f, err)
	f.Add(encoded(f, made))
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := receipt.Parse(raw)
		if err != nil {
			if !errors.Is(err, receipt.ErrFormat) && !errors.Is(err, receipt.ErrMismatch) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		if err := parsed.Verify(r.keys); err == nil && !bytes.Equal(raw, whole) {
			t.Fatal("a forgery")
		}
		_ = parsed.Verify(receipt.Keys{Sign: r.keys.Sign[:5], Log: "x"})
		written, err := parsed.Encode()
		if err != nil || !bytes.Equal(written, raw) {
			t.Fatalf("written it is another file: %v\n%s\n%s", err, raw, written)
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	r, s := bravo(f)
	good := r.receipt(s).Checkpoint
	f.Add(good)
	f.Add(r.checkpoint("tocsin/bravo\n-1\nAAAA\n"))
	head := r.tree()
	f.Fuzz(func(t *testing.T, checkpoint string) {
		tree, err := receipt.OpenCheckpoint(checkpoint, r.keys.Log)
		if err != nil && !errors.Is(err, receipt.ErrCheckpoint) {
			t.Fatalf("an error of its own: %v", err)
		}
		if err == nil && tree != head {
			t.Fatalf("a forged tree of %d leaves", tree.N)
		}
	})
}
