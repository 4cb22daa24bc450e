// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a directory that holds an export of a log.

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// looksLikeLog knows a directory in which a log was exported.
func looksLikeLog(path string) bool {
	info, err := os.Stat(filepath.Join(path, checkpointFile))
	return err == nil && info.Mode().IsRegular()
}

// judgeLog verifies an export of a log, as tocsin ledger export writes it: its
// checkpoint, and that all that lies below leads to it.
func judgeLog(ctx context.Context, dir string, keys cards) (*verdict, error) {
	raw, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil {
		return nil, err
	}
	v := judgeCheckpoint(evidence{raw: raw, keys: keys})
	v.What = "export of a log"
	if !v.OK {
		return v, nil
	}
	head, err := receipt.CheckpointTree(string(raw)) // its signature was verified
	if err != nil {
		return nil, err
	}
	tiles, leaves, without := exportedTiles(dir, head)
	err = (&logCopy{dir: dir}).verify(ctx, head, tiles)
	var missing *fs.PathError
	switch {
	case errors.As(err, &missing):
		return v.fails("export it again into another directory: tocsin ledger export DIR", "the export is not whole: %s: %v", missing.Path, missing.Err), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return v.fails("change nothing in "+dir+", and export the log into another directory: tocsin ledger export DIR", "what lies in the directory does not lead to its checkpoint: %v", err), nil
	}
	v.proves("the directory holds the hashes of all %d leaves: they lead to that root", head.N)
	if leaves > 0 {
		v.proves("it holds %d leaves themselves, each the one whose hash the log has", leaves)
	}
	if without > 0 {
		v.provesNot("what %d of the leaves are: they are not in this export (tocsin ledger export DIR --entries)", without)
	}
	if _, err := os.Stat(filepath.Join(dir, conflictFile)); err == nil {
		v.Doubt = append(v.Doubt, "beside it lies "+conflictFile+", a checkpoint that did not go with this log: verify it, too")
	}
	return v, nil
}

// exportedTiles are the tiles that a directory with a log of that size must hold,
// and the bundles of leaves that it does hold; and how many leaves are in them,
// and how many are not.
func exportedTiles(dir string, head tlog.Tree) (tiles []tlog.Tile, leaves, without int64) {
	for _, t := range ledger.NewTiles(0, head.N) {
		tiles = append(tiles, t)
		if t.L != 0 {
			continue
		}
		bundle := ledger.Entries(t)
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(ledger.TilePath(bundle)))); err != nil {
			without += int64(t.W)
			continue
		}
		tiles, leaves = append(tiles, bundle), leaves+int64(t.W)
	}
	return tiles, leaves, without
}
