// SPDX-License-Identifier: Apache-2.0

package c2sp_test

// This file lets stock code read our log, and check our proofs.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// policyOf wants the log's own signature under its own origin.
func policyOf(t *testing.T, vkey string) torchwood.Policy {
	t.Helper()
	verifier, err := torchwood.NewLogVerifier(vkey)
	must(t, err)
	return torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(verifier.Name()), torchwood.SingleVerifierPolicy(verifier))
}

// exported is a log as tocsin ledger export wrote it, opened by torchwood.
type exported struct {
	root *torchwood.TileFS
	tree tlog.Tree
	raw  []byte // the checkpoint
}

func export(t *testing.T, node, dir string) exported {
	t.Helper()
	shared.as(t, node, "ledger", "export", dir, "--entries")
	tiles, err := torchwood.NewTileFS(os.DirFS(dir))
	must(t, err)
	raw, err := tiles.ReadEndpoint(t.Context(), "checkpoint")
	must(t, err)
	checkpoint, _, err := torchwood.VerifyCheckpoint(raw, policyOf(t, shared.card(t, node).Log))
	must(t, err)
	return exported{tiles, checkpoint.Tree, raw}
}

func (e exported) hashes(t *testing.T) tlog.HashReader {
	return torchwood.TileHashReaderWithContext(t.Context(), e.tree, e.root)
}

// Torchwood's client reads every leaf of the exported log, and proves each
// against the checkpoint.
func TestClientReadsTheLog(t *testing.T) {
	e := export(t, "alpha", filepath.Join(t.TempDir(), "log"))
	client, err := torchwood.NewClient(e.root)
	must(t, err)
	kinds := make(map[string]int)
	n := int64(0)
	for index, entry := range client.AllEntries(t.Context(), e.tree, 0) {
		if index != n {
			t.Fatalf("leaf %d came as %d", n, index)
		}
		n++
		lines := strings.Split(string(entry), "\n")
		if len(lines) != 4 || lines[0] != "tocsin-leaf/v1" || len(lines[2]) != 64 || lines[3] != "" {
			t.Fatalf("leaf %d says %q", index, entry)
		}
		kinds[lines[1]]++
	}
	must(t, client.Err())
	if n != e.tree.N {
		t.Fatalf("%d leaves of %d", n, e.tree.N)
	}
	if kinds["sent"] == 0 || kinds["received"] == 0 || kinds["receipt"] == 0 || kinds["act"] == 0 || kinds["read"] == 0 {
		t.Errorf("kinds of leaf: %v", kinds)
	}
	last := e.tree.N - 1
	entry, path, err := client.Entry(t.Context(), e.tree, last)
	must(t, err)
	must(t, tlog.CheckRecord(path, e.tree.N, e.tree.Hash, last, tlog.RecordHash(entry)))
}

// What is not of this very log is not handed out.
func TestTilesOfAnotherLogAreRefused(t *testing.T) {
	alpha := export(t, "alpha", filepath.Join(t.TempDir(), "log"))
	bravo := export(t, "bravo", filepath.Join(t.TempDir(), "log"))
	client, err := torchwood.NewClient(bravo.root)
	must(t, err)
	for range client.AllEntries(t.Context(), alpha.tree, 0) {
		t.Fatal("a leaf of bravo's passes as one of alpha's")
	}
	if client.Err() == nil {
		t.Error("bravo's tiles were taken for alpha's")
	}
}

// A receipt is a tlog-proof that torchwood verifies, for the very leaf that the
// specification names and no other.
func TestReceiptIsATlogProof(t *testing.T) {
	raw := shared.file(t, "receipt")
	policy := policyOf(t, shared.card(t, "bravo").Log)
	leaf := func(kind, hash string) tlog.Hash {
		return tlog.RecordHash([]byte("tocsin-leaf/v1\n" + kind + "\n" + hash + "\n"))
	}
	must(t, torchwood.VerifyProof(policy, leaf("received", shared.message), raw))
	if torchwood.VerifyProof(policy, leaf("sent", shared.message), raw) == nil {
		t.Error("it proves another kind of leaf, too")
	}
	if torchwood.VerifyProof(policy, leaf("received", strings.Repeat("0", 64)), raw) == nil {
		t.Error("it proves another message, too")
	}
	if torchwood.VerifyProof(policyOf(t, shared.card(t, "alpha").Log), leaf("received", shared.message), raw) == nil {
		t.Error("it is a proof in another node's log, too")
	}
	statement, err := torchwood.ProofExtraData(raw)
	must(t, err)
	if !strings.Contains(string(statement), `"header":"`+shared.message+`"`) {
		t.Errorf("its statement is %s", statement)
	}
}

// The libraries of transparency-dev read our checkpoints and agree with our
// proofs of inclusion and consistency.
func TestTransparencyDev(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	before := export(t, "alpha", dir)
	after := export(t, "alpha", dir)
	if after.tree.N <= before.tree.N {
		t.Fatalf("the log did not grow from %d leaves", before.tree.N)
	}
	verifier, err := note.NewVerifier(shared.card(t, "alpha").Log)
	must(t, err)
	for _, e := range []exported{before, after} {
		checkpoint, rest, _, err := log.ParseCheckpoint(e.raw, verifier.Name(), verifier)
		must(t, err)
		if checkpoint.Size != uint64(e.tree.N) || string(checkpoint.Hash) != string(e.tree.Hash[:]) || len(rest) > 0 {
			t.Errorf("a checkpoint of %d leaves is read as %+v", e.tree.N, checkpoint)
		}
	}
	grown, err := tlog.ProveTree(after.tree.N, before.tree.N, after.hashes(t))
	must(t, err)
	must(t, proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(before.tree.N), uint64(after.tree.N), slices(grown), before.tree.Hash[:], after.tree.Hash[:]))
	for index := range after.tree.N {
		path, err := tlog.ProveRecord(after.tree.N, index, after.hashes(t))
		must(t, err)
		hash, err := after.hashes(t).ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		must(t, err)
		must(t, proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(after.tree.N), hash[0][:], slices(path), after.tree.Hash[:]))
	}
}

func slices[P ~[]tlog.Hash](path P) (raw [][]byte) {
	for _, hash := range path {
		raw = append(raw, hash[:])
	}
	return raw
}

// The name of a node's log begins with the node's, and its checkpoints have no
// lines but the three that every tool knows.
func TestOriginNamesTheNode(t *testing.T) {
	for _, name := range []string{"alpha", "bravo"} {
		text, _, _ := strings.Cut(shared.as(t, name, "ledger", "checkpoint"), "\n\n")
		checkpoint, err := torchwood.ParseCheckpoint(text + "\n")
		must(t, err)
		if !strings.HasPrefix(checkpoint.Origin, "tocsin/"+name+"/") || checkpoint.Extension != "" {
			t.Errorf("origin %q, extension %q", checkpoint.Origin, checkpoint.Extension)
		}
	}
}
