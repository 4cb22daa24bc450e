// SPDX-License-Identifier: Apache-2.0

package main

// This file types what is heard by voice, line by line, as a person at a terminal
// does.

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/spoken"
)

func TestEachLineIsCheckedAsItIsTyped(t *testing.T) {
	lines := spoken.Lines([]byte("twenty-two bytes it is"))
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	misheard := lines[1][:3] + "!" + lines[1][4:]
	for name, test := range map[string]struct {
		typed []string
		told  string
		want  []string
	}{
		"all at once":   {typed: lines, want: lines, told: "line 1: line 2: line 3: "},
		"more is typed": {typed: append(slices.Clone(lines), "exit"), want: lines, told: "line 1: line 2: line 3: "},
		"misheard": {
			typed: []string{lines[0], misheard, "", lines[1], lines[2]}, want: lines,
			told: "line 1: line 2: line 2 does not fit: ask for it again\nline 2: line 2: line 3: ",
		},
		"once more": {
			typed: []string{lines[0], lines[0], lines[1], lines[2]}, want: lines,
			told: "line 1: line 2: this is line 1; line 2 is to be heard next\nline 2: line 3: ",
		},
		"too early": {
			typed: []string{lines[2], lines[0], lines[1]}, want: lines,
			told: "line 1: this is line 3; line 1 is to be heard next\nline 1: line 2: ",
		},
		"cut off": {typed: []string{lines[0], lines[2]}, told: "line 1: line 2: this is line 3; line 2 is to be heard next\nline 2: \n"},
	} {
		var told bytes.Buffer
		heard, err := newTool(strings.NewReader(strings.Join(test.typed, "\n")+"\n"), nil, &told).listen(true)
		if test.want != nil {
			if diff := cmp.Diff(strings.Join(test.want, "\n"), heard); diff != "" || err != nil {
				t.Errorf("%s: %v, %s", name, err, diff)
			}
		} else if cut := new(failure); !errors.As(err, &cut) || !slices.Equal(cut.Details, test.typed) {
			t.Errorf("%s: %v loses what was heard: %q", name, err, heard)
		}
		if diff := cmp.Diff(test.told, told.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
