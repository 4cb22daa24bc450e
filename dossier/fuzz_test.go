// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file bends a dossier: what is still read must be the file that was
// written, and what still verifies must be the one that was signed.

import (
	"bytes"
	"os"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/dossier"
)

// FuzzParse begins with the smallest dossier of the vectors. No key is made: each
// process of a fuzzer would make its own, and no other's seeds would verify.
func FuzzParse(f *testing.F) {
	raw, err := os.ReadFile("../testvectors/dossier.json")
	must(f, err)
	var vectors struct {
		Good []struct {
			Dossier string `json:"dossier"`
		} `json:"good"`
	}
	must(f, json.Unmarshal(raw, &vectors))
	good := vectors.Good[0].Dossier
	for _, other := range vectors.Good {
		if len(other.Dossier) < len(good) {
			good = other.Dossier
		}
	}
	s, err := dossier.Parse([]byte(good))
	must(f, err)
	keys := make(trusted)
	for _, node := range s.Dossier.Nodes {
		keys[node.Card.ID()] = node.Card
	}
	if report := dossier.Check(s, keys); !report.OK() {
		f.Fatalf("a good one: %q", report.Wrong)
	}
	f.Add([]byte(good))
	f.Add([]byte(`{"dossier":{"format":"tocsin-dossier/v1"},"signature":""}` + "\n"))
	f.Fuzz(func(t *testing.T, bent []byte) {
		s, err := dossier.Parse(bent)
		if err != nil {
			return
		}
		again, err := s.Encode()
		if err != nil || !bytes.Equal(again, bent) {
			t.Fatalf("read, and written another way: %v", err)
		}
		if report := dossier.Check(s, keys); report.OK() && string(bent) != good {
			t.Fatal("a forgery")
		}
	})
}
