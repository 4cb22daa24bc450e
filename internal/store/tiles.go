// SPDX-License-Identifier: Apache-2.0

package store

// This file reads the log as tiles of hashes and bundles of leaves.

import (
	"database/sql"
	"fmt"
	"slices"

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
	err := tx.list(`SELECT kind, hash FROM log WHERE idx >= $1 AND idx < $2 ORDER BY idx`, []any{first, first + int64(t.W)}, func(rows *sql.Rows) error {
		var kind, hash string
		if err := rows.Scan(&kind, &hash); err != nil {
			return err
		}
		bundle, n = ledger.AppendEntry(bundle, receipt.Leaf(kind, hash)), n+1
		return nil
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
	err := r.tx.list(`SELECT idx, hash FROM hashes WHERE idx >= $1 AND idx <= $2`, []any{low, high}, func(rows *sql.Rows) error {
		var index int64
		var raw []byte
		if err := rows.Scan(&index, &raw); err != nil {
			return err
		}
		place, wanted := places[index]
		if !wanted {
			return nil
		}
		if len(raw) != tlog.HashSize {
			return fmt.Errorf("hash %d of the log has %d bytes", index, len(raw))
		}
		hashes[place], found = tlog.Hash(raw), found+1
		return nil
	})
	if err == nil && found != len(places) {
		err = fmt.Errorf("store: %d hashes of the log are missing", len(places)-found)
	}
	return hashes, err
}
