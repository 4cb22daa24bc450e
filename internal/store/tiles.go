// SPDX-License-Identifier: Apache-2.0

package store

// This file reads the log as tiles of hashes and bundles of leaves.

import (
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// Tile is the content of a tile or a bundle of leaves. The log must have as
// many leaves as it stands over. C2SP tlog-tiles
func (tx *Tx) Tile(t tlog.Tile) ([]byte, error) {
	if !ledger.IsEntries(t) {
		return tlog.ReadTileData(t, rangeReader{tx})
	}
	var bundle []byte
	first, n := t.N<<t.H, 0
	err := tx.each(`SELECT kind, hash FROM log WHERE idx >= $1 AND idx < $2 ORDER BY idx`, []any{first, first + int64(t.W)}, func(stmt *sqlite3.Stmt) (bool, error) {
		bundle, n = ledger.AppendEntry(bundle, receipt.Leaf(stmt.ColumnText(0), stmt.ColumnText(1))), n+1
		return true, nil
	})
	if err == nil && n != t.W {
		err = fmt.Errorf("store: %d leaves from %d on, and not %d", n, first, t.W)
	}
	return bundle, err
}

// rangeReader reads hashes that lie close together in one query. The hashes of
// a tile of the lowest level are about every second one of a row.
type rangeReader struct{ tx *Tx }

// ReadHashes implements tlog.HashReader.
func (r rangeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	low, high := slices.Min(indexes), slices.Max(indexes)
	if high-low >= int64(4*len(indexes)) {
		return hashReader(r).ReadHashes(indexes)
	}
	places := make(map[int64]int, len(indexes))
	for place, index := range indexes {
		places[index] = place
	}
	hashes, found := make([]tlog.Hash, len(indexes)), 0
	err := r.tx.each(`SELECT idx, hash FROM hashes WHERE idx >= $1 AND idx <= $2`, []any{low, high}, func(stmt *sqlite3.Stmt) (bool, error) {
		place, wanted := places[stmt.ColumnInt64(0)]
		if !wanted {
			return true, nil
		}
		raw := stmt.ColumnRawBlob(1)
		if len(raw) != tlog.HashSize {
			return false, fmt.Errorf("store: hash %d of the log has %d bytes", stmt.ColumnInt64(0), len(raw))
		}
		hashes[place], found = tlog.Hash(raw), found+1
		return true, nil
	})
	if err == nil && found != len(places) {
		err = fmt.Errorf("store: %d hashes of the log are missing", len(places)-found)
	}
	return hashes, err
}
