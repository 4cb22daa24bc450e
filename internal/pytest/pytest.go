// SPDX-License-Identifier: Apache-2.0

// Package pytest runs Python programs that are not ours in tests: clients to
// serve, and judges and readers to be held against. It is for tests alone.
package pytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Python is an interpreter that has the packages which the file requirements
// lists: the one that TOCSIN_PYTHON names, or one in an environment that is
// made once, from PyPI, in the user's cache directory. Where neither can be had
// the test is skipped, saying that what was not run; with CI=true it fails.
func Python(t testing.TB, what, requirements string) string {
	t.Helper()
	if named := os.Getenv("TOCSIN_PYTHON"); named != "" {
		return named
	}
	list, err := os.ReadFile(requirements)
	if err != nil {
		t.Fatal(err)
	}
	base, err := exec.LookPath("python3")
	if err != nil {
		skip(t, "NOT RUN: %s: it needs python3", what)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		skip(t, "NOT RUN: %s: it needs a cache directory: %v", what, err)
	}
	sum := sha256.Sum256(list)
	dir := filepath.Join(cache, "tocsin", "python-"+hex.EncodeToString(sum[:6]))
	if !usable(dir) {
		if err := environment(base, dir, requirements); err != nil {
			skip(t, "NOT RUN: %s: its packages cannot be had: %v", what, err)
		}
	}
	return interpreter(dir)
}

func interpreter(dir string) string { return filepath.Join(dir, "bin", "python") }

// usable is false for an environment whose Python has been taken away since.
func usable(dir string) bool {
	return exec.Command(interpreter(dir), "-c", "").Run() == nil
}

// environment makes a virtual environment beside where it shall be, and moves
// it there when it is whole, so that two tests at once do not meet half of one.
// It is run by its interpreter alone: scripts in it would name another place.
func environment(base, dir, requirements string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	made, err := os.MkdirTemp(filepath.Dir(dir), "making-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made)
	for _, step := range []*exec.Cmd{
		exec.Command(base, "-m", "venv", made),
		exec.Command(interpreter(made), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-virtualenv", "-r", requirements),
	} {
		if out, err := step.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err := os.Rename(made, dir); err == nil || usable(dir) {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(made, dir)
}

func skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
