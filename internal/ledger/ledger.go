// SPDX-License-Identifier: Apache-2.0

// Package ledger is the node's Merkle log, computed. It does no I/O: the store
// keeps the hashes, in the same transaction as what they speak for.
//
// A leaf is receipt.Leaf(kind, hash). The tree is that of RFC 6962 as
// golang.org/x/mod/sumdb/tlog computes it, so any C2SP tool can check it.
package ledger

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
)

// Tree is the head of the log and the few hashes needed to go on from it: the
// root of each complete subtree along its right edge, about as many as the
// size has bits. The zero value is the empty tree. It is a value: a copy that
// is thrown away changes nothing.
type Tree struct {
	size int64
	edge []node // from the largest subtree to the smallest
}

type node struct {
	level int
	n     int64 // the subtree's place on its level
	hash  tlog.Hash
}

// Kept is one hash to be kept, under its index in tlog's order.
type Kept struct {
	Index int64
	Hash  tlog.Hash
}

// Load reads back the tree of that size.
func Load(size int64, reader tlog.HashReader) (Tree, error) {
	t := Tree{size: size}
	var indexes []int64
	start := int64(0)
	for level := bits.Len64(uint64(size)) - 1; level >= 0; level-- {
		if size&(1<<level) != 0 {
			t.edge = append(t.edge, node{level: level, n: start >> level})
			indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
			start += 1 << level
		}
	}
	if size == 0 {
		return t, nil
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return Tree{}, fmt.Errorf("ledger: reading the right edge of %d leaves: %w", size, err)
	}
	for i := range t.edge {
		t.edge[i].hash = hashes[i]
	}
	return t, nil
}

// Size is the number of leaves.
func (t Tree) Size() int64 { return t.size }

// Append returns the tree with one leaf more, the leaf's index, and the hashes
// to keep. t itself stays as it was.
func (t Tree) Append(kind, hash string) (Tree, int64, []Kept) {
	leaf := node{level: 0, n: t.size, hash: tlog.RecordHash(receipt.Leaf(kind, hash))}
	kept := []Kept{{tlog.StoredHashIndex(0, t.size), leaf.hash}}
	edge := append([]node(nil), t.edge...)
	for len(edge) > 0 && edge[len(edge)-1].level == leaf.level {
		left := edge[len(edge)-1]
		edge = edge[:len(edge)-1]
		leaf = node{leaf.level + 1, left.n / 2, tlog.NodeHash(left.hash, leaf.hash)}
		kept = append(kept, Kept{tlog.StoredHashIndex(leaf.level, leaf.n), leaf.hash})
	}
	return Tree{t.size + 1, append(edge, leaf)}, t.size, kept
}

// Head is the tree's size and root hash.
func (t Tree) Head() tlog.Tree {
	if t.size == 0 {
		empty, _ := tlog.TreeHash(0, nil)
		return tlog.Tree{N: 0, Hash: empty}
	}
	hash := t.edge[len(t.edge)-1].hash
	for i := len(t.edge) - 2; i >= 0; i-- {
		hash = tlog.NodeHash(t.edge[i].hash, hash)
	}
	return tlog.Tree{N: t.size, Hash: hash}
}

// Recent answers from hashes in memory and asks reader for the rest: the edge
// the batch began with, and what the batch appended.
type Recent struct {
	known  map[int64]tlog.Hash
	reader tlog.HashReader
}

// NewRecent knows t's edge and asks reader for the rest.
func NewRecent(t Tree, reader tlog.HashReader) *Recent {
	r := &Recent{known: make(map[int64]tlog.Hash), reader: reader}
	for _, n := range t.edge {
		r.known[tlog.StoredHashIndex(n.level, n.n)] = n.hash
	}
	return r
}

// Add remembers hashes that are being appended.
func (r *Recent) Add(kept []Kept) {
	for _, k := range kept {
		r.known[k.Index] = k.Hash
	}
}

// ReadHashes implements tlog.HashReader.
func (r *Recent) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	var missing, places = []int64(nil), []int(nil)
	for i, index := range indexes {
		hash, ok := r.known[index]
		if !ok {
			missing, places = append(missing, index), append(places, i)
		}
		hashes[i] = hash
	}
	if len(missing) == 0 {
		return hashes, nil
	}
	read, err := r.reader.ReadHashes(missing)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		hashes[place] = read[i]
	}
	return hashes, nil
}

// Prove proves that the leaf at index is in the tree of that size.
func Prove(size, index int64, reader tlog.HashReader) (tlog.RecordProof, error) {
	proof, err := tlog.ProveRecord(size, index, reader)
	if err != nil {
		return nil, fmt.Errorf("ledger: proving leaf %d of %d: %w", index, size, err)
	}
	return proof, nil
}
