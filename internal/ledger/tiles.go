// SPDX-License-Identifier: Apache-2.0

package ledger

// This file holds the log in the form in which other tools read one: tiles of
// 256 hashes, and bundles of leaves. C2SP tlog-tiles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of every tile: 256 hashes wide. C2SP tlog-tiles
const TileHeight = 8

// entriesLevel is how package tlog marks a tile that holds leaves.
const entriesLevel = -1

// NewTiles are the tiles that a log of size to has and one of size from had
// not, or not as wide; none if it has not grown.
func NewTiles(from, to int64) []tlog.Tile { return tlog.NewTiles(TileHeight, from, to) }

// Entries is the bundle of the leaves over which a tile of level 0 stands.
func Entries(t tlog.Tile) tlog.Tile { return tlog.Tile{H: t.H, L: entriesLevel, N: t.N, W: t.W} }

// IsEntries reports whether a tile is a bundle of leaves.
func IsEntries(t tlog.Tile) bool { return t.L == entriesLevel }

// TilePath is where a tile or a bundle lies below the log's prefix, such as
// tile/0/x001/234 or tile/entries/000.p/17. C2SP tlog-tiles
func TilePath(t tlog.Tile) string {
	// tlog writes tile/8/LEVEL/…, and data for the level of the leaves.
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", TileHeight))
	if rest, ok := strings.CutPrefix(path, "data/"); ok {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// ParseTilePath reads a path in the one form in which TilePath writes it.
func ParseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if bundle, isBundle := strings.CutPrefix(rest, "entries/"); isBundle {
		rest = "data/" + bundle
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", TileHeight, rest))
	if !ok || err != nil || TilePath(t) != path {
		return tlog.Tile{}, fmt.Errorf("ledger: %q is not the path of a tile", path)
	}
	return t, nil
}

// AppendEntry adds a leaf to a bundle. C2SP tlog-tiles
func AppendEntry(bundle, leaf []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))) // a leaf of ours has some 90 bytes
	return append(bundle, leaf...)
}

// ErrEntries says that a bundle is not a row of leaves, each behind its length.
var ErrEntries = errors.New("ledger: not a bundle of leaves")

// ReadEntries takes a bundle apart.
func ReadEntries(bundle []byte) (leaves [][]byte, err error) {
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, ErrEntries
		}
		size := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+size {
			return nil, ErrEntries
		}
		leaves = append(leaves, bundle[2:2+size])
		bundle = bundle[2+size:]
	}
	return leaves, nil
}
