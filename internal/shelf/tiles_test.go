// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file reads the log as tiles, and holds each against the signed root.

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// files are the files of a log, as a directory holds them.
type files map[string][]byte

func (f files) Height() int                        { return ledger.TileHeight }
func (f files) SaveTiles([]tlog.Tile, [][]byte)    {}
func (f files) take(path string, raw []byte) error { f[path] = raw; return nil }
func (f files) ReadTiles(tiles []tlog.Tile) (read [][]byte, err error) {
	for _, t := range tiles {
		raw, ok := f[ledger.TilePath(t)]
		if !ok {
			return nil, fmt.Errorf("no file %s", ledger.TilePath(t))
		}
		read = append(read, raw)
	}
	return read, nil
}

// head is the signed head that came with the files.
func (r *room) head(f files) tlog.Tree {
	r.Helper()
	head, err := receipt.OpenCheckpoint(string(f["checkpoint"]), r.card.Log)
	if err != nil {
		r.Fatal(err)
	}
	return head
}

// Tiles that are fetched bit by bit prove every leaf, in a log that is wide
// enough for two levels of them.
func TestTiles(t *testing.T) {
	r := newRoom(t)
	overseer := person(caller.Overseer)
	f, from := make(files), int64(0)
	for _, grown := range []int{3, 252, 1, 300} {
		for range grown {
			r.change(caller.Compose, func(*store.Tx) error { return nil })
		}
		if err := r.shelf.Tiles(t.Context(), overseer, from, true, f.take); err != nil {
			t.Fatal(err)
		}
		head := r.head(f)
		proved := tlog.TileHashReader(head, f)
		for n := from; n < head.N; n++ {
			hash, err := proved.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
			if err != nil {
				t.Fatalf("leaf %d of %d: %v", n, head.N, err)
			}
			bundle := ledger.Entries(tlog.Tile{H: ledger.TileHeight, N: n >> ledger.TileHeight, W: int(min(256, head.N-n>>ledger.TileHeight<<ledger.TileHeight))})
			leaves, err := ledger.ReadEntries(f[ledger.TilePath(bundle)])
			if err != nil || len(leaves) != bundle.W || tlog.RecordHash(leaves[n%256]) != hash[0] {
				t.Fatalf("leaf %d of %d is not in its bundle: %d leaves, %v", n, head.N, len(leaves), err)
			}
		}
		from = head.N
	}
	if from < 512 {
		t.Fatalf("%d leaves are too few for this test", from)
	}
	bare := make(files)
	if err := r.shelf.Tiles(t.Context(), overseer, 0, false, bare.take); err != nil {
		t.Fatal(err)
	}
	for path := range bare {
		if tile, err := ledger.ParseTilePath(path); err == nil && ledger.IsEntries(tile) {
			t.Errorf("the leaves came unasked: %s", path)
		}
	}
	if err := r.shelf.Tiles(t.Context(), overseer, from+100, false, bare.take); !problem.Is(err, problem.Conflict) {
		t.Errorf("a log that is shorter than what the reader has: got %v", err)
	}
	if err := r.shelf.Tiles(t.Context(), person(caller.Analyst), 0, false, bare.take); !problem.Is(err, problem.Denied) {
		t.Errorf("an analyst: got %v", err)
	}
	broken := errors.New("the line is cut")
	if err := r.shelf.Tiles(t.Context(), overseer, 0, false, func(string, []byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a reader that is gone: got %v", err)
	}
}
