// SPDX-License-Identifier: Apache-2.0

package shelf

// This file hands out the log in the form in which other tools read one.

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// CheckpointPath is where the signed checkpoint lies below a log's prefix. C2SP tlog-tiles
const CheckpointPath = "checkpoint"

// tilesAtOnce is how many tiles are read in one look into the store, so that
// whoever reads slowly holds nothing up.
const tilesAtOnce = 32

// Tiles hands out the log as files with their paths: the tiles that a log of
// size from had not, then the signed checkpoint, last. With entries come the
// leaves, too: they name no content and no person, but their kinds show how much
// the node sends, is sent, reads and refuses. A log that is shorter than from is
// a Conflict. It is logged, once.
func (s *Shelf) Tiles(ctx context.Context, who caller.Caller, from int64, entries bool, each func(path string, raw []byte) error) error {
	what := store.What{Act: caller.ExportLedger, Note: fmt.Sprintf("tiles from leaf %d on", from)}
	if entries {
		what.Note += ", with its leaves"
	}
	var head store.Head
	err := s.store.Show(ctx, who, what, func(tx *store.Tx) (err error) {
		if head, err = tx.Head(); err != nil {
			return err
		}
		if size := head.Tree.N; from < 0 || from > size {
			return problem.New(problem.Conflict, "keep both: the checkpoint you have and what tocsin ledger checkpoint prints prove it",
				"the log has %d leaves, and you have %d: it was put back to an earlier state", size, from)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// The log only grows, so a tile of that size is the same in every look.
	tiles := ledger.NewTiles(from, head.Tree.N)
	for len(tiles) > 0 {
		some := tiles[:min(tilesAtOnce, len(tiles))]
		tiles = tiles[len(some):]
		if err := s.someTiles(ctx, who, some, entries, each); err != nil {
			return err
		}
	}
	return each(CheckpointPath, []byte(head.Checkpoint))
}

func (s *Shelf) someTiles(ctx context.Context, who caller.Caller, tiles []tlog.Tile, entries bool, each func(path string, raw []byte) error) error {
	var wanted []tlog.Tile
	for _, t := range tiles {
		wanted = append(wanted, t)
		if entries && t.L == 0 {
			wanted = append(wanted, ledger.Entries(t))
		}
	}
	read := make([][]byte, len(wanted))
	err := s.store.Glance(ctx, who, store.What{Act: caller.ExportLedger}, func(tx *store.Tx) (err error) {
		for i, t := range wanted {
			if read[i], err = tx.Tile(t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, t := range wanted {
		if err := each(ledger.TilePath(t), read[i]); err != nil {
			return err
		}
	}
	return nil
}
