// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
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
