// SPDX-License-Identifier: Apache-2.0

package main

// This file tests that lines held back come out as they went in, from memory and
// from the temporary file.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
)

func TestHeldLines(t *testing.T) {
	for _, test := range []struct{ lines, files int }{{0, 0}, {3, 0}, {5000, 1}} {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		t.Setenv("TMP", dir)
		var held heldLines
		var want []checked
		for i := range test.lines {
			line := checked{File: "a.json", Index: i, ID: strings.Repeat("x", 300), Violations: []stix.Violation{{Section: "3.2", Path: "name", Level: stix.Must, Rule: "r", Hint: "\"h\"\n"}}}
			if err := held.add(line); err != nil {
				t.Fatal(err)
			}
			line.File = ""
			want = append(want, line)
		}
		if files := inside(t, dir); files != test.files {
			t.Errorf("%d lines are held in %d files, not %d", test.lines, files, test.files)
		}
		var found []checked
		for line, err := range held.all() {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, line)
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%d lines (-want +got):\n%s", test.lines, diff)
		}
		if held.close(); inside(t, dir) != 0 {
			t.Error("the temporary file stays")
		}
	}
}

// The directory for temporary files may be gone.
func TestHeldLinesNowhere(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "gone")
	t.Setenv("TMPDIR", nowhere)
	t.Setenv("TMP", nowhere)
	var held heldLines
	if err := held.add(checked{ID: strings.Repeat("x", heldInMemory)}); err == nil {
		t.Error("it is held nowhere")
	}
	held.close()
}

func inside(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
