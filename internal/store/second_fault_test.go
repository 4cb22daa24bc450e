// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that one process alone has a store open, and that a store
// that cannot be opened says why and is not touched.

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// A second opening is refused, also when somebody removed the file that is
// locked, and when the directory was moved meanwhile.
func TestASecondOpening(t *testing.T) {
	k := newKit(t)
	k.must(k.put(t.Context(), "one", "one"))
	refused := func(when, dir string) {
		t.Helper()
		second, err := Open(slog.New(slog.DiscardHandler), dir, k.ring.SignCheckpoint)
		if err == nil {
			k.must(second.Close())
			t.Fatalf("%s: two have the store open", when)
		}
		if p := problem.Of(err); p.Code != problem.Busy || !strings.Contains(p.Text, "another process") || p.Hint == "" {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("while it is open", k.dir)
	k.must(os.Remove(filepath.Join(k.dir, "lock")))
	refused("after its lock was removed", k.dir)
	moved := k.dir + "-moved"
	k.must(os.Rename(k.dir, moved))
	refused("after it was moved", moved)
	k.must(os.Rename(moved, k.dir))
	k.must(k.put(t.Context(), "two", "two"))
	k.close()
	k.must(k.open())
	k.sound(2)
}
