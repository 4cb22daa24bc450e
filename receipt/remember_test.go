// SPDX-License-Identifier: Apache-2.0

package receipt

// This file holds that a memory of checkpoints lets nothing pass that would not
// pass without.

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestRemembering(t *testing.T) {
	secret, public, err := note.GenerateKey(rand.Reader, "example.org/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(n int64) string {
		raw, err := note.Sign(&note.Note{Text: CheckpointText("example.org/log", tlog.Tree{N: n})}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	keys := Keys{Log: public}.Remembering()
	for n := int64(1); n <= 3*maxRemembered; n++ { // more than are remembered
		for range 2 {
			if tree, err := keys.open(signed(n)); err != nil || tree.N != n {
				t.Fatalf("checkpoint %d: %v, %v", n, tree, err)
			}
		}
		if len(keys.known.trees) > maxRemembered {
			t.Fatalf("%d checkpoints are remembered", len(keys.known.trees))
		}
	}
	// One that differs in a byte was not seen before, and is not signed.
	forged := signed(7)
	forged = fmt.Sprintf("%s8%s", forged[:len("example.org/log\n")], forged[len("example.org/log\n")+1:])
	for range 2 {
		if _, err := keys.open(forged); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("a forged checkpoint: %v", err)
		}
	}
	// Another log's keys do not share the memory.
	_, other, err := note.GenerateKey(rand.Reader, "example.org/log")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Keys{Log: other}).Remembering().open(signed(7)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("with another log's key: %v", err)
	}
}
