// SPDX-License-Identifier: Apache-2.0

package spoken_test

// This file hears lines as people type them: misheard, said once more, in
// another order.

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/spoken"
)

// TestALineOnceMore says lines again, in every way that a call brings with it.
// Each word is a line: its number, with ! for a digit that was misheard.
func TestALineOnceMore(t *testing.T) {
	short := content()
	short.Text, short.AnswerBy = "BERGEN", time.Time{}
	sealed, err := key(t, "alpha", "bravo").Seal(short)
	if err != nil {
		t.Fatal(err)
	}
	lines := spoken.Lines(sealed)
	if len(lines) != 5 {
		t.Fatalf("%d lines", len(lines))
	}
	other := content()
	other.Text = "OSLO"
	elsewhere, err := key(t, "alpha", "bravo").Seal(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		typed   string
		wrong   []int
		missing int
		heard   bool
	}{
		{"1 2 3 4 5", nil, 0, true},
		{"1 2 3! 3 4 5", nil, 0, true},
		{"1 2! 2! 2 3 3 4! 4 5", nil, 0, true},
		{"1 2 3! 4 5 3", nil, 0, true},
		{"1! 2 3! 4 5! 1 3 5", nil, 0, true},
		{"2 1 5 3 4", nil, 0, true},
		{"1 2 3 1 2 3 4 5 1", nil, 0, true},
		{"1 2 3! 4 5", []int{3}, 0, false},
		{"1! 2 3 4 5", []int{1}, 0, false},
		{"1! 2! 3 4 5", []int{1, 2}, 0, false},
		{"1 2 3 4 5!", []int{5}, 0, false},
		{"1 2 3 4! 5!", []int{4, 5}, 0, false},
		{"1 2 4!", []int{3}, 2, false},
		{"1 2 5", []int{3, 4}, 0, false},
		{"1 2", nil, 3, false},
		{"1!", []int{1}, 0, false},
		{"2", []int{1}, 0, false},
		{"1 2 3 4 5 other", nil, 0, false},
		{"1 2 other 3 4 5", nil, 0, true},
		{"1 2 3 4 5 4!", nil, 0, false},
		{"", nil, 0, false},
	} {
		var typed []string
		for _, word := range strings.Fields(test.typed) {
			if word == "other" {
				typed = append(typed, spoken.Lines(elsewhere)[0])
				continue
			}
			line := lines[word[0]-'1']
			if strings.HasSuffix(word, "!") {
				line = line[:4] + string('0'+(line[4]-'0'+3)%10) + line[5:]
			}
			typed = append(typed, line, "")
		}
		heard, wrong, missing, err := spoken.Parse(strings.Join(typed, "\n"))
		if diff := cmp.Diff(test.wrong, wrong); diff != "" || missing != test.missing || (err == nil) != test.heard || test.heard != bytes.Equal(heard, sealed) {
			t.Errorf("%q: wrong %v, missing %d, %v", test.typed, wrong, missing, err)
		}
	}
}

// TestEachLineAsItIsTyped asks after each line what is to be said next.
func TestEachLineAsItIsTyped(t *testing.T) {
	sealed, err := key(t, "alpha", "bravo").Seal(content())
	if err != nil {
		t.Fatal(err)
	}
	lines := spoken.Lines(sealed)
	var h spoken.Hearing
	if h.Next() != 1 || h.Total() != 0 {
		t.Errorf("before anything is heard: line %d of %d", h.Next(), h.Total())
	}
	for i, line := range lines {
		if _, err := h.Take(line[1:]); !errors.Is(err, spoken.ErrFormat) || h.Next() != i+1 {
			t.Errorf("line %d without its first digit: next is %d, %v", i+1, h.Next(), err)
		}
		if n, err := h.Take(line); n != i+1 || err != nil || h.Total() != len(lines) {
			t.Errorf("line %d of %d is heard as %d of %d, %v", i+1, len(lines), n, h.Total(), err)
		}
	}
	if h.Next() != 0 || !slices.Equal(h.Lines(), lines) {
		t.Errorf("next is %d, heard are %q", h.Next(), h.Lines())
	}
}

// A digit of a line may be misheard so that it fits the place of the next; the
// next then takes it back, and the misheard one is asked for.
func TestALineThatLooksLikeTheNext(t *testing.T) {
	found := 0
	for text := range strings.FieldsSeq("BERGEN OSLO TROMSO STAVANGER NARVIK") {
		c := content()
		c.Text = text
		sealed, err := key(t, "alpha", "bravo").Seal(c)
		if err != nil {
			t.Fatal(err)
		}
		lines := spoken.Lines(sealed)
		for i, line := range lines[:len(lines)-2] {
			for j := range line {
				for digit := '0'; digit <= '9'; digit++ {
					bent := line[:j] + string(digit) + line[j+1:]
					var h spoken.Hearing
					for _, before := range lines[:i] {
						if _, err := h.Take(before); err != nil {
							t.Fatal(err)
						}
					}
					if n, err := h.Take(bent); line[j] == ' ' || bent == line || err != nil || n != i+2 {
						continue
					}
					found++
					all := slices.Clone(lines)
					all[i] = bent
					if _, wrong, _, err := spoken.Parse(strings.Join(all, "\n")); err == nil || !slices.Equal(wrong, []int{i + 1}) {
						t.Errorf("line %d as %q: wrong are %v", i+1, bent, wrong)
					}
					if heard, _, _, err := spoken.Parse(strings.Join(append(all, line), "\n")); err != nil || !bytes.Equal(heard, sealed) {
						t.Errorf("line %d as %q, and once more: %v", i+1, bent, err)
					}
				}
			}
		}
	}
	if found == 0 {
		t.Error("no line looks like the next")
	}
}
