// SPDX-License-Identifier: Apache-2.0

package pattern

// This file holds LIKE against a plain reading of it, and against what makes
// that one slow.

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// plainLike tries every way.
func plainLike(pattern, text []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '%':
		return plainLike(pattern[1:], text) || len(text) > 0 && plainLike(pattern, text[1:])
	}
	return len(text) > 0 && (pattern[0] == '_' || pattern[0] == text[0]) && plainLike(pattern[1:], text[1:])
}

func FuzzLike(f *testing.F) {
	long := strings.Repeat("a_", 40)
	f.Add("%", "")
	f.Add("", "")
	f.Add("a%a", "a")
	f.Add("_%_", "é")
	f.Add("%a_c%e", "xabcabcde")
	f.Add("%"+long+"b%", strings.Repeat("a", 90)+"b")
	f.Add("%"+long+"é%"+long, strings.Repeat("aü", 40)+"é"+strings.Repeat("aa", 41))
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 300 || strings.Count(pattern, "%") > 4 || !utf8.ValidString(pattern) {
			t.Skip()
		}
		w, err := newWildcards(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.match(text); utf8.ValidString(text) && got != plainLike([]rune(pattern), []rune(text)) {
			t.Errorf("%q LIKE %q: got %v", text, pattern, got)
		}
	})
}

// BenchmarkLike looks for what is nowhere: each is beside a pattern of 3 code
// points over the same text.
func BenchmarkLike(b *testing.B) {
	text := strings.Repeat("a", 256<<10)
	for name, pattern := range map[string]string{"floor": "%a_b%", "text": "%" + strings.Repeat("a", 15000) + "b%", "wildcards": "%" + strings.Repeat("a_", 500) + "b%"} {
		w, err := newWildcards(pattern)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if w.match(text) {
					b.Fatal("it matches")
				}
			}
		})
	}
}
