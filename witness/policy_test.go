// SPDX-License-Identifier: Apache-2.0

package witness_test

// This file holds which policies, requests and evidence are read, and when a
// quorum is reached.

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-exchange/tocsin/witness"
)

func TestPolicy(t *testing.T) {
	var w []cosigner
	var keys []any
	for i := range 3 {
		c := newCosigner(t, fmt.Sprintf("w%d.example.org", i), byte(i+1))
		w, keys = append(w, c), append(keys, c.keys[0].String())
	}
	_, log, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{9}, 64)), "tocsin/bravo")
	check(t, err)
	three := fmt.Sprintf("witness A %s https://a.example.org/\n\twitness  B %s\nwitness C %s\n", keys...)
	good := "# ours\n\nlog " + log + "\n" + three + "group AB any A B\ngroup all all AB C\nquorum all\n"
	p, err := witness.ParsePolicy([]byte(good))
	check(t, err)
	if !p.Wants(log) || p.Wants("x") || p.Witnesses[0].URL != "https://a.example.org" || len(p.Keys()) != 3 {
		t.Errorf("read as %+v", p)
	}
	for _, test := range []struct {
		by   []int
		want bool
	}{{nil, false}, {[]int{0}, false}, {[]int{0, 1}, false}, {[]int{2}, false}, {[]int{0, 2}, true}, {[]int{1, 2}, true}, {[]int{0, 1, 2}, true}} {
		lines := ""
		for _, i := range test.by {
			lines += w[i].line(t, 0, someText, at)
		}
		if p.Quorum(witness.Cosignatures(someText, lines, p.Keys()...)) != test.want {
			t.Errorf("cosigned by %v: want %t", test.by, test.want)
		}
	}
	if none, err := witness.ParsePolicy([]byte("log " + log + "\nquorum none\n")); err != nil || !none.Quorum(nil) || none.Wants(log) {
		t.Errorf("the quorum none: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "no quorum": three, "two quorums": three + "quorum A\nquorum B\n", "a quorum nobody defined": three + "quorum D\n",
		"a witness twice": three + fmt.Sprintf("witness D %s\nquorum A\n", keys[0]), "a name twice": three + "group A any B\nquorum A\n",
		"a member of two groups": three + "group G any A B\ngroup H any A C\nquorum G\n", "a group that needs more than it has": three + "group G 3 A B\nquorum G\n",
		"a group that needs nobody": three + "group G 0 A\nquorum G\n", "none as a member": three + "group G any none\nquorum G\n", "a member defined below": three + "group G any H\ngroup H any A\nquorum G\n",
		"a log's key as a witness": "witness A " + log + "\nquorum A\n", "a witness's key as a log": fmt.Sprintf("log %s\nquorum none\n", keys[0]), "a log twice": "log " + log + "\nlog " + log + "\nquorum none\n",
		"an unknown word": "witnesses\nquorum none\n", "a carriage return": "quorum none\r\n",
	} {
		if _, err := witness.ParsePolicy([]byte(text)); !errors.Is(err, witness.ErrPolicy) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte("quorum none\n"))
	v, err := witness.NewVerifier("w.example.org", witness.Ed25519, make([]byte, ed25519.PublicKeySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("witness A " + v.String() + "\ngroup G 1 A\nquorum G\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := witness.ParsePolicy(raw); err == nil {
			p.Quorum(nil)
		} else if !errors.Is(err, witness.ErrPolicy) {
			t.Fatal(err)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("old 0\n\n" + someText + "\n— tocsin/bravo AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := witness.ParseRequest(raw)
		if err == nil && !bytes.Equal(r.Encode(), raw) {
			t.Fatalf("%q is read as %+v", raw, r)
		}
	})
}

func FuzzParseFork(f *testing.F) {
	signed := someText + "\n— tocsin/bravo AAAAAAA=\n"
	f.Add(witness.Fork{Older: signed, Newer: signed}.Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if fork, err := witness.ParseFork(raw); err == nil && !bytes.Equal(fork.Encode(), raw) {
			t.Fatalf("%q is written otherwise", raw)
		}
	})
}

// The example in the specification is a policy, and means what stands beside it.
func TestPolicyOfTheSpecification(t *testing.T) {
	page, err := os.ReadFile("../docs/spec/log.md")
	check(t, err)
	_, behind, _ := strings.Cut(string(page), "```tlog-policy\n")
	example, _, found := strings.Cut(behind, "```")
	if !found {
		t.Fatal("there is no example")
	}
	p, err := witness.ParsePolicy([]byte(example))
	check(t, err)
	if len(p.Logs) != 1 || !p.Wants(p.Logs[0].Key) || len(p.Witnesses) != 2 || p.Witnesses[0].URL == "" || p.Witnesses[1].URL == "" {
		t.Errorf("read as %+v", p)
	}
}
