// SPDX-License-Identifier: Apache-2.0

package ledger_test

// This file holds the paths of tiles and the form of bundles.

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

func TestTilePaths(t *testing.T) {
	tile := func(level int, n int64, width int) tlog.Tile { return tlog.Tile{H: 8, L: level, N: n, W: width} }
	for path, want := range map[string]tlog.Tile{
		"tile/0/000":                     tile(0, 0, 256),
		"tile/0/000.p/1":                 tile(0, 0, 1),
		"tile/1/x001/234":                tile(1, 1234, 256),
		"tile/2/x001/x234/067.p/255":     tile(2, 1234067, 255),
		"tile/entries/x001/234":          ledger.Entries(tile(0, 1234, 256)),
		"tile/entries/x001/x234/067.p/8": ledger.Entries(tile(0, 1234067, 8)),
	} {
		read, err := ledger.ParseTilePath(path)
		if err != nil || read != want || ledger.TilePath(want) != path {
			t.Errorf("%s: read as %+v, %v; written as %s", path, read, err, ledger.TilePath(want))
		}
	}
	for _, path := range []string{"", "checkpoint", "tile/0/0", "tile/0/000.p/256", "tile/0/000.p/0", "tile/8/0/000", "tile/data/000", "tile/-1/000", "tile/00/000", "tile/0/../../etc/passwd", "/tile/0/000", "tile/0/000.p/01", "../tile/0/000", "tile/0/x000/001"} {
		if read, err := ledger.ParseTilePath(path); err == nil {
			t.Errorf("%q is read as %+v", path, read)
		}
	}
}

func TestEntries(t *testing.T) {
	leaves := [][]byte{[]byte("tocsin-leaf/v1\nact\n00\n"), {}, []byte("x")}
	var bundle []byte
	for _, leaf := range leaves {
		bundle = ledger.AppendEntry(bundle, leaf)
	}
	read, err := ledger.ReadEntries(bundle)
	if err != nil || !cmp.Equal(read, leaves) {
		t.Errorf("read %q, %v", read, err)
	}
	for cut := 1; cut < len(bundle); cut++ {
		if read, err := ledger.ReadEntries(bundle[:cut]); err == nil && cut != 24 && cut != 26 {
			t.Errorf("cut to %d bytes it is read as %q", cut, read)
		}
	}
}
