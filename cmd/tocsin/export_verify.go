// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a log in a directory against its checkpoint.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

// verifyAtOnce is how many tiles are held in memory while they are verified.
const verifyAtOnce = 512

// verify checks that the tiles, and the leaves in them, lead to the head, and
// that the log that was here before is the beginning of that of the head.
func (l *logCopy) verify(ctx context.Context, head tlog.Tree, tiles []tlog.Tile) error {
	if head.N == 0 {
		return nil
	}
	// It hands out no hash before it was proved against the head.
	proved := tlog.TileHashReader(head, tileFiles{l.dir})
	if l.head.N > 0 {
		before, err := tlog.TreeHash(l.head.N, proved)
		if err != nil {
			return err
		}
		if before != l.head.Hash {
			return fmt.Errorf("the first %d leaves are others than before", l.head.N)
		}
	}
	for len(tiles) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := tiles[:min(verifyAtOnce, len(tiles))]
		tiles = tiles[len(some):]
		if err := l.verifySome(some, proved); err != nil {
			return err
		}
	}
	return nil
}

func (l *logCopy) verifySome(tiles []tlog.Tile, proved tlog.HashReader) error {
	var indexes []int64
	for _, t := range tiles {
		if !ledger.IsEntries(t) {
			// One hash of a tile proves all of it.
			indexes = append(indexes, tlog.StoredHashIndex(t.L*t.H, t.N<<t.H))
			continue
		}
		if err := l.verifyEntries(t, proved); err != nil {
			return err
		}
	}
	_, err := proved.ReadHashes(indexes)
	return err
}

// verifyEntries checks that a bundle holds the leaves whose hashes the log has.
func (l *logCopy) verifyEntries(t tlog.Tile, proved tlog.HashReader) error {
	path := ledger.TilePath(t)
	raw, err := os.ReadFile(filepath.Join(l.dir, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	leaves, err := ledger.ReadEntries(raw)
	if err != nil || len(leaves) != t.W {
		return errors.Join(fmt.Errorf("%s does not hold %d leaves", path, t.W), err)
	}
	indexes := make([]int64, len(leaves))
	for i := range leaves {
		indexes[i] = tlog.StoredHashIndex(0, t.N<<t.H+int64(i))
	}
	hashes, err := proved.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		if tlog.RecordHash(leaf) != hashes[i] {
			return fmt.Errorf("leaf %d is not the one whose hash the log has", t.N<<t.H+int64(i))
		}
	}
	return nil
}

// tileFiles reads tiles from a directory.
type tileFiles struct{ dir string }

// Height implements tlog.TileReader.
func (f tileFiles) Height() int { return ledger.TileHeight }

// SaveTiles implements tlog.TileReader.
func (f tileFiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements tlog.TileReader.
func (f tileFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, t := range tiles {
		raw, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(ledger.TilePath(t))))
		if err != nil {
			return nil, err
		}
		read[i] = raw
	}
	return read, nil
}
