// SPDX-License-Identifier: Apache-2.0

package ledger

// This file recomputes a log block by block, so that the blocks can be computed
// at once.

import (
	"crypto/sha256"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// BlockSize is how many leaves a block has, but for the last: a power of two.
const BlockSize = 1 << 12

// Block is a stretch of a log, computed by itself: leaves from a multiple of
// BlockSize on, at most that many.
type Block struct {
	first, n int64
	edge     []node
	// Kept are the hashes to keep, in the order of their indexes, which go on
	// from tlog.StoredHashIndex(0, first) without a gap.
	Kept []tlog.Hash
}

// NewBlock computes the block of leaves that begins at place first. leaf must
// hash them as LeafHash does.
func NewBlock(first int64, n int, leaf func(i int) tlog.Hash) (*Block, error) {
	if first < 0 || first%BlockSize != 0 || n < 0 || n > BlockSize {
		return nil, fmt.Errorf("ledger: no block of %d leaves begins at leaf %d", n, first)
	}
	b := &Block{first: first, n: int64(n), Kept: make([]tlog.Hash, 0, 2*n)}
	for i := range n {
		b.edge, b.Kept = push(b.edge, node{level: 0, n: first + int64(i), hash: leaf(i)}, b.Kept)
	}
	return b, nil
}

// push adds a subtree at the right, joins what is complete, and notes the hashes.
func push(edge []node, right node, kept []tlog.Hash) ([]node, []tlog.Hash) {
	kept = append(kept, right.hash)
	for len(edge) > 0 && edge[len(edge)-1].level == right.level {
		left := edge[len(edge)-1]
		edge = edge[:len(edge)-1]
		right = node{right.level + 1, left.n / 2, tlog.NodeHash(left.hash, right.hash)}
		kept = append(kept, right.hash)
	}
	return append(edge, right), kept
}

// LeafHash is the hash of a leaf: that of receipt.Leaf(kind, hash) as a record.
// RFC 6962 §2.1
func LeafHash(kind, hash string) tlog.Hash {
	var room [192]byte
	leaf := append(room[:0], 0)
	leaf = append(leaf, "tocsin-leaf/v1\n"...)
	leaf = append(leaf, kind...)
	leaf = append(leaf, '\n')
	leaf = append(leaf, hash...)
	leaf = append(leaf, '\n')
	return sha256.Sum256(leaf)
}

// Join returns the tree with a block at its right end, and the hashes to keep
// beyond those of the block. It refuses a block that does not begin where the
// tree ends. t itself stays as it was.
func (t Tree) Join(b *Block) (Tree, []tlog.Hash, error) {
	if b.first != t.size {
		return t, nil, fmt.Errorf("ledger: a block from leaf %d on does not continue a log of %d", b.first, t.size)
	}
	edge := append([]node(nil), t.edge...)
	var more []tlog.Hash
	for _, right := range b.edge {
		var kept []tlog.Hash
		edge, kept = push(edge, right, nil)
		more = append(more, kept[1:]...)
	}
	return Tree{t.size + b.n, edge}, more, nil
}
