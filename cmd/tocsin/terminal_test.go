// SPDX-License-Identifier: Apache-2.0

package main

// This file has Eve put what steers a terminal into an object.

import (
	"bytes"
	"os"
	"testing"
)

func TestGuard(t *testing.T) {
	tests := []struct{ text, want string }{
		{"{\"name\":\"é€😀\"}\n", "{\"name\":\"é€😀\"}\n"},
		{"a\u009b31mb", `a\u009b31mb`},
		{"a\u202eb\u2066c\u2069", `a\u202eb\u2066c\u2069`},
		{"a\x9bb", "a\ufffdb"},
		{"\u2065\u202f\u00a0", "\u2065\u202f\u00a0"},
	}
	for _, test := range tests {
		for cut := range len(test.text) + 1 { // wherever a buffer ends
			var out bytes.Buffer
			g := &guard{out: &out}
			for _, part := range []string{test.text[:cut], test.text[cut:]} {
				if n, err := g.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatal(n, err)
				}
			}
			if out.String() != test.want {
				t.Errorf("%q cut at %d: got %q", test.text, cut, out.String())
			}
		}
	}
}

// A file gets the bytes as they are.
func TestGuardLeavesFiles(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if guarded(file) != file {
		t.Error("a file is guarded")
	}
}
