// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file has bravo show two logs: one honest, one with a leaf rewritten.

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/witness"
)

// branch is a log of bravo's at every size.
type branch struct {
	trees  []tlog.Tree
	signed []string // checkpoints
	hashes *ledger.Recent
}

// branch is bravo's log; the leaf at changed says something else.
func (w world) branch(t *testing.T, log logFile, changed int) branch {
	t.Helper()
	var tree ledger.Tree
	b := branch{trees: []tlog.Tree{tree.Head()}, signed: []string{""}, hashes: ledger.NewRecent(tree, nil)}
	for i, leaf := range log.Leaves {
		if i == changed {
			leaf.Hash = strings.Repeat("0", 64)
		}
		var kept []ledger.Kept
		tree, _, kept = tree.Append(leaf.Kind, leaf.Hash)
		b.hashes.Add(kept)
		checkpoint, err := w.bravo.ring.SignCheckpoint(tree.Head())
		if err != nil {
			t.Fatal(err)
		}
		b.trees, b.signed = append(b.trees, tree.Head()), append(b.signed, checkpoint)
	}
	return b
}

func (b branch) proof(t *testing.T, from, to int64) tlog.TreeProof {
	t.Helper()
	proof, err := tlog.ProveTree(to, from, b.hashes)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func (b branch) link(t *testing.T, from, to int64) witness.Consistency {
	t.Helper()
	return witness.NewConsistency(b.trees[from], b.trees[to], b.proof(t, from, to))
}

func consistencyVectors(t *testing.T, good, other branch) (vectors []consistencyVector) {
	t.Helper()
	add := func(what, holds string, older, newer string, proof witness.Consistency) {
		vectors = append(vectors, consistencyVector{What: what, Holds: holds, Older: witness.Text(older), Newer: witness.Text(newer), Proof: proof})
	}
	for to := int64(2); to < int64(len(good.trees)); to++ {
		for from := int64(1); from < to; from++ {
			add("bravo's log grew", "yes", good.signed[from], good.signed[to], good.link(t, from, to))
		}
	}
	add("the same log", "yes", good.signed[7], good.signed[7], good.link(t, 7, 7))
	add("a leaf was rewritten, and the proof says so", "fork", good.signed[5], other.signed[7], other.link(t, 5, 7))
	add("a leaf was rewritten, the older log a whole subtree", "fork", good.signed[4], other.signed[7], other.link(t, 4, 7))
	add("a leaf was rewritten, with the proof of the honest log", "no", good.signed[5], other.signed[7], good.link(t, 5, 7))
	cut := good.link(t, 5, 7)
	cut.Hashes = cut.Hashes[1:]
	add("a hash is missing", "no", good.signed[5], good.signed[7], cut)
	long := good.link(t, 5, 7)
	long.Hashes = append(long.Hashes, long.Hashes[0])
	add("a hash too many", "no", good.signed[5], good.signed[7], long)
	lying := good.link(t, 5, 7)
	lying.Root = other.trees[5].Hash[:]
	add("the root that stands beside the proof is another: the proof holds without it", "yes", good.signed[5], good.signed[7], lying)
	add("of other sizes", "no", good.signed[5], good.signed[7], good.link(t, 4, 7))
	return vectors
}

func requestVectors(t *testing.T, good branch) (vectors []requestVector) {
	t.Helper()
	body := func(old, size int64) string {
		var proof tlog.TreeProof
		if old > 0 {
			proof = good.proof(t, old, size)
		}
		return string(witness.Request{Old: old, Proof: proof, Checkpoint: good.signed[size]}.Encode())
	}
	add := func(what string, old, size int64) {
		vectors = append(vectors, requestVector{What: what, Body: body(old, size), Old: old, Size: size})
	}
	add("the first", 0, 5)
	add("a later one", 5, 7)
	add("the same again", 7, 7)
	whole := body(5, 7)
	bad := func(what, body string) {
		vectors = append(vectors, requestVector{What: what, Body: body, Bad: true})
	}
	first := strings.Split(whole, "\n")[1]
	bad("no old size", strings.Replace(whole, "old 5", "5", 1))
	bad("an old size written otherwise", strings.Replace(whole, "old 5", "old 05", 1))
	bad("an old size above the new one", strings.Replace(whole, "old 5", "old 8", 1))
	bad("a proof from nothing", strings.Replace(whole, "old 5", "old 0", 1))
	bad("no checkpoint", strings.Split(whole, "\n\n")[0]+"\n\n")
	bad("a checkpoint without a signature", strings.Join(strings.Split(whole, "\n\n")[:2], "\n\n")+"\n")
	bad("a hash of 31 bytes", strings.Replace(whole, first, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", 1))
	bad("more hashes than a proof can have", strings.Replace(whole, first, strings.Repeat(first+"\n", 63)+first, 1))
	bad("a size with a sign", strings.Replace(whole, "\n7\n", "\n+7\n", 1))
	return vectors
}

func (w world) forkVectors(t *testing.T, good, other branch) (vectors []forkVector) {
	t.Helper()
	add := func(what, finding string, file []byte) {
		vectors = append(vectors, forkVector{What: what, By: "bravo", File: string(file), Finding: finding})
	}
	past, past4, same, honest := other.link(t, 5, 7), other.link(t, 4, 7), good.link(t, 5, 7), good.link(t, 4, 7)
	two := witness.Fork{Older: good.signed[7], Newer: other.signed[7]}
	rewritten := witness.Fork{Older: good.signed[5], Newer: other.signed[7], Proof: &past}
	add("two logs of one size", string(witness.TwoRoots), two.Encode())
	add("the larger log has another past", string(witness.OtherPast), rewritten.Encode())
	add("the larger log has another past, the smaller a whole subtree", string(witness.OtherPast), witness.Fork{Older: good.signed[4], Newer: other.signed[7], Proof: &past4}.Encode())
	add("no proof", string(witness.Unexplained), witness.Fork{Older: good.signed[5], Newer: other.signed[7]}.Encode())
	add("a proof of another log", string(witness.Unexplained), witness.Fork{Older: good.signed[5], Newer: other.signed[7], Proof: &same}.Encode())
	add("one log that grew", "none", witness.Fork{Older: good.signed[5], Newer: good.signed[7], Proof: &same}.Encode())
	add("one log that grew, from a whole subtree", "none", witness.Fork{Older: good.signed[4], Newer: good.signed[7], Proof: &honest}.Encode())
	add("the same checkpoint twice", "none", witness.Fork{Older: good.signed[7], Newer: good.signed[7]}.Encode())
	forged := strings.Replace(other.signed[7], "\n7\n", "\n6\n", 1)
	add("a checkpoint that was changed", checkpoint, witness.Fork{Older: good.signed[5], Newer: forged}.Encode())
	byEve, err := w.eve.ring.SignCheckpoint(other.trees[7])
	if err != nil {
		t.Fatal(err)
	}
	add("a checkpoint of another log", checkpoint, witness.Fork{Older: good.signed[5], Newer: byEve}.Encode())
	file := string(rewritten.Encode())
	add("a later version", format, []byte(strings.Replace(file, "/v1", "/v2", 1)))
	add("the larger log first", format, witness.Fork{Older: other.signed[7], Newer: good.signed[5]}.Encode())
	add("one checkpoint alone", format, []byte(strings.Join(strings.Split(file, "\n\n")[:3], "\n\n")))
	add("a hash written otherwise", format, []byte(strings.Replace(file, "=\n", "\n", 1)))
	add("a line more", format, []byte(file+"\n"))
	return vectors
}

// judged is what evidence shows, in the word of the vector.
func (w world) judged(v forkVector) string {
	fork, err := witness.ParseFork([]byte(v.File))
	if err != nil {
		return format
	}
	switch finding, _, _, err := fork.Judge(w.named(v.By).card.Log); {
	case errors.Is(err, receipt.ErrCheckpoint):
		return checkpoint
	case errors.Is(err, witness.ErrNoFork):
		return "none"
	case err != nil:
		return format
	default:
		return string(finding)
	}
}
