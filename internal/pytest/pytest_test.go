// SPDX-License-Identifier: Apache-2.0

package pytest_test

// This file makes an environment that needs nothing from outside, and meets
// machines that have not what is needed.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/pytest"
)

func requirements(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "requirements.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Tests that ask at once are given the same environment, and it is whole.
func TestEnvironmentIsMadeOnce(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("NOT RUN: there is no python3")
	}
	cache := t.TempDir()
	t.Setenv("TOCSIN_PYTHON", "")
	t.Setenv("XDG_CACHE_HOME", cache)
	empty := requirements(t, "# nothing\n")
	var all sync.WaitGroup
	given := make([]string, 2)
	for i := range given {
		all.Go(func() { given[i] = pytest.Python(t, "a test", empty) })
	}
	all.Wait()
	for _, python := range given {
		out, err := exec.Command(python, "-c", "import sys; print(sys.prefix != sys.base_prefix)").CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "True" || python != given[0] {
			t.Errorf("%s: %v %s", python, err, out)
		}
	}
	if left, err := os.ReadDir(filepath.Join(cache, "tocsin")); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What cannot be had skips a test, and fails it where everything must be run.
func TestWhatCannotBeHad(t *testing.T) {
	t.Setenv("TOCSIN_PYTHON", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	none, broken := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "python3"), []byte("#!/bin/sh\necho no module named venv\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, says string }{
		{"no python", none, "it needs python3"},
		{"no venv", broken, "its packages cannot be had: exit status 1\nno module named venv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			list := requirements(t, "")
			for ci, want := range map[string]string{"": "skipped", "true": "failed"} {
				t.Setenv("CI", ci)
				got := outcome(t, list)
				if !strings.HasPrefix(got, want+": NOT RUN: a test: ") || !strings.Contains(got, c.says) {
					t.Errorf("CI=%q: %s", ci, got)
				}
			}
		})
	}
}

// outcome is how a test ends that asks for a Python.
func outcome(t *testing.T, list string) string {
	t.Helper()
	ended := &ending{TB: t, how: "went on"}
	var done sync.WaitGroup
	done.Go(func() { pytest.Python(ended, "a test", list) })
	done.Wait()
	return ended.how
}

// ending is a test that notes how it ends.
type ending struct {
	testing.TB
	how string
}

func (e *ending) end(how, words string) {
	e.how = how + ": " + words
	runtime.Goexit()
}

func (e *ending) Skipf(format string, args ...any)  { e.end("skipped", fmt.Sprintf(format, args...)) }
func (e *ending) Fatalf(format string, args ...any) { e.end("failed", fmt.Sprintf(format, args...)) }
