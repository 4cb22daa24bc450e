// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests the words that others look for.

import "testing"

// Every character folds the same whether or not the way back is kept.
func TestFoldingWithoutTheWayBack(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		text := "a" + string(r) + "\u0301b"
		if want, got := fold(text, false).text, foldText(text); want != got {
			t.Fatalf("%q folds to %q, without the way back to %q", text, want, got)
		}
	}
	for _, text := range []string{"\xff", "a\xc3", "각\u1100\u1161", "DON’T `x`", "ß\u00e9ﬁ"} {
		if want, got := fold(text, false).text, foldText(text); want != got {
			t.Errorf("%q folds to %q, without the way back to %q", text, want, got)
		}
	}
}
