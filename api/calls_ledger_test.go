// SPDX-License-Identifier: Apache-2.0

package api_test

// This file holds what the client makes of a log's files that break off.

import (
	"archive/tar"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
)

func TestTilesThatBreakOff(t *testing.T) {
	for name, answer := range map[string]func(*tar.Writer){
		"nothing at all":        func(*tar.Writer) {},
		"without a checkpoint":  func(a *tar.Writer) { put(a, "tile/0/000", 8192, 8192); _ = a.Close() },
		"cut off in a file":     func(a *tar.Writer) { put(a, "tile/0/000", 8192, 100) },
		"a file without an end": func(a *tar.Writer) { put(a, "checkpoint", 1<<40, 10) },
		"something after the checkpoint that breaks off": func(a *tar.Writer) {
			put(a, "checkpoint", 3, 3)
			put(a, "tile/0/000", 8192, 100)
		},
		"a link": func(a *tar.Writer) {
			_ = a.WriteHeader(&tar.Header{Name: "checkpoint", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})
			_ = a.Close()
		},
	} {
		node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(tar.NewWriter(w))
		}))
		err := api.NewClient(node.URL, "", nil).Tiles(t.Context(), 0, false, func(string, []byte) error { return nil })
		node.Close()
		if !errors.Is(err, api.ErrAnswer) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func put(a *tar.Writer, name string, size int64, bytes int) {
	_ = a.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size})
	_, _ = a.Write(make([]byte, bytes))
	_ = a.Flush()
}
