// SPDX-License-Identifier: Apache-2.0

package node

// This file kills whoever checks a backup.

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a check leaves whose process was killed is removed by the next one; what
// another process works in is left alone.
func TestAKilledCheckLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Skip("there is no other process to kill: ", err)
	}
	left := filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-1", checkedIn, other.Process.Pid))
	for _, err := range []error{os.Mkdir(left, 0o700), os.WriteFile(filepath.Join(left, "tocsin.db"), []byte("a store"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		t.Helper()
		if _, _, err := CheckBackup(t.Context(), slog.New(slog.DiscardHandler), strings.NewReader("no backup"), Opener{Passphrase: []byte("six words")}); err == nil {
			t.Fatal("something was opened")
		}
	}
	check()
	if _, err := os.Stat(left); err != nil {
		t.Errorf("the directory of a process that works is gone: %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	check()
	if found, err := os.ReadDir(os.TempDir()); err != nil || len(found) > 0 {
		t.Errorf("there is left: %v, %v", found, err)
	}
}
