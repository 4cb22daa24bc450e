// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
)

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(m)) {
			return nil, fmt.Errorf("no hash at %d", index)
		}
		hashes = append(hashes, m[index])
	}
	return hashes, nil
}

// Our tree and tlog's own functions must agree at every size, in the hashes
// kept, the root, the proofs, and after loading it back.
func TestTreeAgreesWithTlog(t *testing.T) {
	var tree Tree
	var kept, want memory
	for n := range int64(300) {
		name := fmt.Sprintf("%064x", n)
		recent := NewRecent(tree, kept)
		before := tree
		var index int64
		var fresh []Kept
		tree, index, fresh = tree.Append("act", name)
		if index != n || before.Size() != n {
			t.Fatalf("leaf %d was given index %d, and the tree before holds %d", n, index, before.Size())
		}
		recent.Add(fresh)
		for _, k := range fresh {
			if k.Index != int64(len(kept)) {
				t.Fatalf("hash %d kept at %d", len(kept), k.Index)
			}
			kept = append(kept, k.Hash)
		}
		hashes, err := tlog.StoredHashes(n, receipt.Leaf("act", name), want)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, hashes...)
		root, err := tlog.TreeHash(n+1, want)
		if err != nil {
			t.Fatal(err)
		}
		if head := tree.Head(); head.Hash != root || head.N != n+1 {
			t.Fatalf("at %d leaves the root is %v, want %v", n+1, head.Hash, root)
		}
		for _, leaf := range []int64{0, n / 2, n} {
			proof, err := Prove(n+1, leaf, recent)
			if err != nil {
				t.Fatal(err)
			}
			record := tlog.RecordHash(receipt.Leaf("act", fmt.Sprintf("%064x", leaf)))
			if err := tlog.CheckRecord(proof, n+1, root, leaf, record); err != nil {
				t.Fatalf("leaf %d of %d: %v", leaf, n+1, err)
			}
		}
		loaded, err := Load(n+1, kept)
		if err != nil || loaded.Head() != tree.Head() {
			t.Fatalf("loaded at %d: %v, %v", n+1, loaded.Head(), err)
		}
	}
}

// A log computed in blocks is the same log: root, edge and every hash to keep.
func TestBlocksAgreeWithAppending(t *testing.T) {
	for _, size := range []int64{0, 1, BlockSize - 1, BlockSize, BlockSize + 1, 3*BlockSize + 77, 4 * BlockSize} {
		var appended, joined Tree
		var want, got []tlog.Hash
		name := func(i int64) string { return fmt.Sprintf("%064x", i) }
		for i := range size {
			var kept []Kept
			appended, _, kept = appended.Append("sent", name(i))
			for _, k := range kept {
				want = append(want, k.Hash)
			}
		}
		for first := int64(0); first < size; first += BlockSize {
			block, err := NewBlock(first, int(min(BlockSize, size-first)), func(i int) tlog.Hash { return LeafHash("sent", name(first+int64(i))) })
			if err != nil {
				t.Fatal(err)
			}
			var more []tlog.Hash
			if joined, more, err = joined.Join(block); err != nil {
				t.Fatal(err)
			}
			got = append(append(got, block.Kept...), more...)
			if _, _, err := joined.Join(block); err == nil {
				t.Error("the same block was joined twice")
			}
		}
		if joined.Head() != appended.Head() || !slices.Equal(got, want) {
			t.Errorf("%d leaves: in blocks the log is another one", size)
		}
	}
	for _, bad := range [][2]int64{{1, 1}, {-BlockSize, 1}, {0, BlockSize + 1}, {0, -1}} {
		if _, err := NewBlock(bad[0], int(bad[1]), func(int) tlog.Hash { return tlog.Hash{} }); err == nil {
			t.Errorf("a block of %d leaves from %d on", bad[1], bad[0])
		}
	}
	if LeafHash("act", name64) != tlog.RecordHash(receipt.Leaf("act", name64)) {
		t.Error("the hash of a leaf is another one")
	}
}

const name64 = "00000000000000000000000000000000000000000000000000000000000000ff"
