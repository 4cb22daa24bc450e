// SPDX-License-Identifier: Apache-2.0

package detect

// This file finds which of many words stand anywhere in a text: the literals of
// LIKE and MATCHES that are bound to neither end.

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// gramSize is how many bytes of a word are looked up; a shorter word is looked
// up whole.
const gramSize = 4

// grams are words, each found by the rarest run of gramSize bytes in it. Words
// and texts are folded, so that a case-sensitive word is found too often rather
// than never: what is found must be verified.
type grams struct {
	words  []word
	starts map[uint32]uint32 // by key: the first of the words that have it
	sizes  [gramSize + 1]bool
	filter [1 << 10]uint64
}

type word struct {
	text  string
	key   uint32
	at    uint32 // where in the word its key is
	rules []uint32
}

func (g *grams) add(text string, rule uint32) {
	g.words = append(g.words, word{text: string(fold(nil, []byte(text))), rules: []uint32{rule}})
}

// freeze chooses the keys; after it texts can be searched.
func (g *grams) freeze() {
	slices.SortStableFunc(g.words, func(a, b word) int { return cmp.Compare(a.text, b.text) })
	merged := g.words[:0]
	for _, w := range g.words {
		if last := len(merged) - 1; last >= 0 && merged[last].text == w.text {
			merged[last].rules = append(merged[last].rules, w.rules...)
			continue
		}
		merged = append(merged, w)
	}
	g.words = slices.Clip(merged)
	often := make(map[uint32]int)
	for _, w := range g.words {
		for at := range keysIn(w.text) {
			often[keyAt(w.text, at)]++
		}
	}
	for i := range g.words {
		w := &g.words[i]
		best := -1
		for at := range keysIn(w.text) {
			if n := often[keyAt(w.text, at)]; best < 0 || n < best {
				best, w.at, w.key = n, uint32(at), keyAt(w.text, at)
			}
		}
		g.sizes[min(len(w.text), gramSize)] = true
		g.filter[slotOf(w.key)>>6] |= 1 << (slotOf(w.key) & 63)
	}
	slices.SortStableFunc(g.words, func(a, b word) int { return cmp.Compare(a.key, b.key) })
	g.starts = make(map[uint32]uint32, len(often))
	for i := len(g.words) - 1; i >= 0; i-- {
		g.starts[g.words[i].key] = uint32(i)
	}
}

// each calls found with the rules of every word in a folded text, some of them
// more than once.
func (g *grams) each(text []byte, found func(rule uint32)) {
	for size := 1; size <= gramSize; size++ {
		if !g.sizes[size] {
			continue
		}
		for at := 0; at+size <= len(text); at++ {
			key := keyOf(text[at : at+size])
			if g.filter[slotOf(key)>>6]>>(slotOf(key)&63)&1 == 0 {
				continue
			}
			start, ok := g.starts[key]
			for ; ok && int(start) < len(g.words) && g.words[start].key == key; start++ {
				w := &g.words[start]
				from := at - int(w.at)
				if from >= 0 && from+len(w.text) <= len(text) && string(text[from:from+len(w.text)]) == w.text {
					for _, rule := range w.rules {
						found(rule)
					}
				}
			}
		}
	}
}

// keysIn is how many keys a word has.
func keysIn(text string) int { return max(len(text)-gramSize, 0) + 1 }

func keyAt(text string, at int) uint32 {
	var gram [gramSize]byte
	return keyOf(gram[:copy(gram[:], text[at:])])
}

// keyOf packs up to four bytes into a number; those of one size never meet those
// of another, since a shorter one leaves zeros, which no text of JSON needs.
func keyOf(gram []byte) uint32 {
	var key uint32
	for _, b := range gram {
		key = key<<8 | uint32(b)
	}
	return key
}

func slotOf(key uint32) uint32 { return key * 0x9e3779b1 >> 16 }

// fold writes a text so that two that differ by case alone are the same: each
// letter as the first of those it folds with.
func fold(to, text []byte) []byte {
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			if 'a' <= b && b <= 'z' {
				b -= 'a' - 'A'
			}
			to = append(to, b)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		to = utf8.AppendRune(to, least)
		i += size
	}
	return to
}
