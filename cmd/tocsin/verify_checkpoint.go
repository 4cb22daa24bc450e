// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a checkpoint of a log.

import (
	"bytes"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/witness"
)

// looksLikeCheckpoint knows a signed note that begins with the origin of a log.
// C2SP tlog-checkpoint
func looksLikeCheckpoint(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte("tocsin/")) && bytes.Contains(raw, []byte("\n\n\u2014 "))
}

// judgeCheckpoint verifies a checkpoint with the card of the node whose log it is.
func judgeCheckpoint(e evidence) *verdict {
	v := &verdict{What: "checkpoint"}
	origin, _, _ := strings.Cut(string(e.raw), "\n")
	card, known := e.keys.byOrigin(origin)
	if !known {
		return v.fails("give the card of the node whose log it is by --key", "this is a checkpoint of the log %s, and no card with that log was given", origin)
	}
	v.From = e.keys.name(card.ID())
	// A checkpoint says no time: any key that the log had will do.
	tree, err := receipt.OpenCheckpoint(string(e.raw), card.Log)
	for _, era := range slices.Backward(card.eras) {
		if err == nil {
			break
		}
		if older, wrong := receipt.OpenCheckpoint(string(e.raw), era.Card.Log); wrong == nil {
			tree, err = older, nil
			v.says("it was signed with a log key that was replaced on %s: whoever still has that key could have signed it since", era.Until.Format(time.RFC3339))
		}
	}
	if err != nil {
		return v.fails(card.older(err, "do not rely on it; ask for the checkpoint again"), "this checkpoint does not verify: %s", inWords(err))
	}
	v.OK = true
	v.proves("%s signed that its log had %d leaves, with the root %s", v.From, tree.N, hex.EncodeToString(tree.Hash[:]))
	cosigned(v, e, card.ID())
	v.provesNot("that its log was not shown to others in another form: compare it with theirs of that size")
	v.provesNot("what stands in the log: each receipt proves one leaf of it")
	return v
}

// cosigned says which of the other nodes whose cards were given cosigned the
// checkpoint, and when.
func cosigned(v *verdict, e evidence, owner string) {
	text, lines := witness.Text(string(e.raw)), witness.Lines(string(e.raw))
	others := strings.Count(lines, "\n— ")
	for _, id := range slices.Sorted(maps.Keys(e.keys)) {
		if id == owner {
			continue
		}
		for _, era := range slices.Backward(e.keys[id].eras) {
			cosigners, err := era.Card.Cosigners()
			if err != nil {
				continue // a card that names no key to cosign with
			}
			found := witness.Cosignatures(text, lines, cosigners...)
			for _, cosignature := range found {
				v.proves("%s cosigned it at %s (%s), by its own clock: it saw the log grow to this from all it had seen before", e.keys.name(id), cosignature.At.Format(time.RFC3339), cosignature.By.Algorithm())
			}
			if others -= len(found); len(found) > 0 {
				break
			}
		}
	}
	if others > 0 {
		v.provesNot("who else cosigned it: give the cards of others by --key")
	}
}

// byOrigin finds the card whose log has that name.
func (c cards) byOrigin(origin string) (known, bool) {
	for _, id := range slices.Sorted(maps.Keys(c)) {
		card := c[id]
		if verifier, err := note.NewVerifier(card.Log); err == nil && verifier.Name() == origin {
			return card, true
		}
	}
	return known{}, false
}
