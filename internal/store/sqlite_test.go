// SPDX-License-Identifier: Apache-2.0

package store

// This file shows how the store lies in its directory.

import (
	"os"
	"syscall"
	"testing"
)

// What the store keeps beside its file while it is open is its owner's alone, too.
func TestAnOpenStoreIsItsOwnersAlone(t *testing.T) {
	before := syscall.Umask(0o022)
	t.Cleanup(func() { syscall.Umask(before) })
	k := newKit(t)
	for _, name := range []string{File, File + "-wal", File + "-shm", "lock"} {
		info, err := os.Stat(k.dir + "/" + name)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %s", name, info.Mode())
		}
	}
}
