// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds what is said about a log by those who watch it: cosignatures,
// requests for one, proofs that it grew, and evidence that it was forked.

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/witness"
)

// cosignatureVector is one line beside a checkpoint.
type cosignatureVector struct {
	What      string `json:"what"`
	By        string `json:"by"`        // whose key it is checked with
	Algorithm string `json:"algorithm"` // which of its two keys
	Text      string `json:"text"`      // of the checkpoint
	Line      string `json:"line"`
	Time      int64  `json:"time,omitempty"` // of a good one, in seconds since 1970
}

type witnessFile struct {
	Cosignatures []cosignatureVector `json:"cosignatures"`
	// Invalid are lines that are no cosignatures of that text by that key.
	Invalid     []cosignatureVector `json:"invalid_cosignatures"`
	Consistency []consistencyVector `json:"consistency"`
	Requests    []requestVector     `json:"requests"`
	Forks       []forkVector        `json:"forks"`
}

// consistencyVector is what a log says to show that it grew.
type consistencyVector struct {
	What  string              `json:"what"`
	Older string              `json:"older"` // text of a checkpoint
	Newer string              `json:"newer"`
	Proof witness.Consistency `json:"proof"`
	Holds string              `json:"holds"` // yes; no, which shows nothing; or fork, which proves one
}

// requestVector is a request for a cosignature, or what is none.
type requestVector struct {
	What string `json:"what"`
	Body string `json:"body"`
	Old  int64  `json:"old,omitempty"` // of a good one
	Size int64  `json:"size,omitempty"`
	Bad  bool   `json:"bad,omitempty"`
}

// forkVector is a file of evidence against the log of By.
type forkVector struct {
	What    string `json:"what"`
	By      string `json:"by"`
	File    string `json:"file"`
	Finding string `json:"finding"` // two_roots, other_past, unexplained; or why it is none: format, checkpoint, none
}

// witness has alpha cosign bravo's checkpoint, and bravo fork its log.
func (w world) witness(t *testing.T, log logFile) (f witnessFile) {
	t.Helper()
	text := witness.Text(log.Checkpoint)
	lines, eves := w.cosigned(t, w.alpha, text), w.cosigned(t, w.eve, text)
	algorithms := []string{witness.Ed25519.String(), witness.MLDSA44.String()}
	for i, algorithm := range algorithms {
		f.Cosignatures = append(f.Cosignatures, cosignatureVector{What: "alpha cosigns bravo's log", By: "alpha", Algorithm: algorithm, Text: text, Line: lines[i], Time: when.Unix()})
		for _, bad := range []cosignatureVector{
			{What: "of another checkpoint", By: "alpha", Text: strings.Replace(text, "\n7\n", "\n6\n", 1), Line: lines[i]},
			{What: "of another log", By: "alpha", Text: strings.Replace(text, "bravo", "bravx", 1), Line: lines[i]},
			{What: "by another node", By: "bravo", Text: text, Line: lines[i]},
			{What: "by another node, under the name of this", By: "alpha", Text: text, Line: remade(t, lines[i], eves[i], func(raw, eve []byte) { copy(raw[4:], eve[4:]) })},
			{What: "cut off", By: "alpha", Text: text, Line: lines[i][:len(lines[i])-9] + "\n"},
			{What: "of a checkpoint with a line more, which it does not cover", By: "alpha", Text: text + "more\n", Line: lines[i]},
			{What: "with another time", By: "alpha", Text: text, Line: remade(t, lines[i], eves[i], func(raw, _ []byte) { raw[11]++ })},
		} {
			if bad.Algorithm = algorithm; bad.Text == text && bad.Line == lines[i] && bad.By == "alpha" {
				t.Fatalf("%s: nothing was changed", bad.What)
			}
			f.Invalid = append(f.Invalid, bad)
		}
	}
	good, other := w.branch(t, log, -1), w.branch(t, log, 3)
	f.Consistency = consistencyVectors(t, good, other)
	f.Requests = requestVectors(t, good)
	f.Forks = w.forkVectors(t, good, other)
	return f
}

// cosigned are the two lines of a node.
func (w world) cosigned(t *testing.T, by *node, text string) []string {
	t.Helper()
	both, err := by.ring.Cosign(text, when)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(both, "\n")
	return lines[:2]
}

// remade is a line with other bytes in it, which may be those of another line.
func remade(t *testing.T, line, other string, change func(raw, other []byte)) string {
	t.Helper()
	head, encoded, _ := strings.Cut(strings.TrimSuffix(line, "\n")[len("— "):], " ")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	_, encoded, _ = strings.Cut(strings.TrimSuffix(other, "\n")[len("— "):], " ")
	its, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	change(raw, its)
	return "— " + head + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// key is the key of a node that a vector speaks of.
func (v cosignatureVector) key(t *testing.T, w world) *witness.Verifier {
	t.Helper()
	keys, err := w.named(v.By).card.Cosigners()
	if err != nil {
		t.Fatal(err)
	}
	if v.Algorithm == witness.MLDSA44.String() {
		return keys[1]
	}
	return keys[0]
}

// TestCosignatures takes every good line and refuses every bad one.
func TestCosignatures(t *testing.T) {
	w := load(t)
	var f witnessFile
	read(t, "witness.json", &f)
	for _, v := range f.Cosignatures {
		found := witness.Cosignatures(v.Text, v.Line, v.key(t, w))
		if len(found) != 1 || found[0].At.Unix() != v.Time {
			t.Errorf("%s, %s: %v", v.What, v.Algorithm, found)
		}
	}
	for _, v := range f.Consistency {
		_, older, err := witness.ParseText(v.Older)
		_, newer, err2 := witness.ParseText(v.Newer)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		got := "no"
		switch err := v.Proof.Check(older, newer); {
		case err == nil:
			got = "yes"
		case errors.Is(err, witness.ErrFork):
			got = "fork"
		}
		if got != v.Holds {
			t.Errorf("%s: got %s", v.What, got)
		}
	}
	for _, v := range f.Requests {
		r, err := witness.ParseRequest([]byte(v.Body))
		if (err != nil) != v.Bad || err == nil && (r.Old != v.Old || r.Tree.N != v.Size || string(r.Encode()) != v.Body) {
			t.Errorf("%s: got %+v, %v", v.What, r, err)
		}
	}
	for _, v := range f.Forks {
		if got := w.judged(v); got != v.Finding {
			t.Errorf("%s: got %s", v.What, got)
		}
	}
	for _, v := range f.Invalid {
		if found := witness.Cosignatures(v.Text, v.Line, v.key(t, w)); len(found) != 0 {
			t.Errorf("%s, %s: it is taken", v.What, v.Algorithm)
		}
	}
}
