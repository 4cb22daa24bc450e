// SPDX-License-Identifier: Apache-2.0

package pattern

// This file matches LIKE in a time that grows with the text alone.

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxWildcards is how many code points may stand between two % of LIKE if one
// of them is _: more of them cannot be looked for in linear time, and are
// [ErrUnsupported].
const MaxWildcards = 1024

// shortPart is how long a part is compared at each place.
const shortPart = 16

// wildcards are the parts of a LIKE pattern between its %.
type wildcards []part

// part is what stands between two %.
type part struct {
	text  string
	runes []rune // only if one is _
	// Of a long one with _, by code point at which places it fits, a bit each.
	masks map[rune][]uint64
	any   []uint64 // of what stands nowhere in it: the places of _
}

func newWildcards(pattern string) (parts wildcards, err error) {
	for text := range strings.SplitSeq(pattern, "%") {
		p := part{text: text}
		if strings.Contains(text, "_") {
			p.runes = []rune(text)
		}
		parts = append(parts, p)
	}
	for i := 1; i < len(parts)-1; i++ {
		if p := &parts[i]; len(p.runes) > MaxWildcards {
			return nil, fmt.Errorf("%w: LIKE with _ among %d code points between two %%, of at most %d", ErrUnsupported, len(p.runes), MaxWildcards)
		} else if len(p.runes) > shortPart {
			p.prepare()
		}
	}
	return parts, nil
}

// prepare makes the masks.
func (p *part) prepare() {
	words := (len(p.runes) + 63) / 64
	p.masks, p.any = make(map[rune][]uint64), make([]uint64, words)
	for i, r := range p.runes {
		if r == '_' {
			p.any[i/64] |= 1 << (i % 64)
		}
	}
	for i, r := range p.runes {
		if r == '_' {
			continue
		}
		if p.masks[r] == nil {
			p.masks[r] = append([]uint64(nil), p.any...)
		}
		p.masks[r][i/64] |= 1 << (i % 64)
	}
}

// match reports whether all of a text matches: % is any number of code points,
// _ is one. The first fit of each part is as good as any. STIX 2.1 §9.6.1
func (w wildcards) match(text string) bool {
	rest, ok := w[0].first(text)
	if len(w) == 1 {
		return ok && rest == ""
	}
	if ok {
		rest, ok = w[len(w)-1].last(rest)
	}
	for i := 1; ok && i < len(w)-1; i++ {
		rest, ok = w[i].find(rest)
	}
	return ok
}

// first cuts a part from the beginning of a text.
func (p *part) first(text string) (rest string, ok bool) {
	if p.runes == nil {
		return strings.CutPrefix(text, p.text)
	}
	for _, want := range p.runes {
		r, size := utf8.DecodeRuneInString(text)
		if size == 0 || want != '_' && want != r {
			return text, false
		}
		text = text[size:]
	}
	return text, true
}

// last cuts a part from the end of a text.
func (p *part) last(text string) (rest string, ok bool) {
	if p.runes == nil {
		return strings.CutSuffix(text, p.text)
	}
	for i := len(p.runes) - 1; i >= 0; i-- {
		r, size := utf8.DecodeLastRuneInString(text)
		if size == 0 || p.runes[i] != '_' && p.runes[i] != r {
			return text, false
		}
		text = text[:len(text)-size]
	}
	return text, true
}

// find returns what stands behind the first fit of a part in a text.
func (p *part) find(text string) (rest string, ok bool) {
	if p.runes == nil {
		_, rest, ok = strings.Cut(text, p.text)
		return rest, ok
	}
	if p.masks == nil && p.any == nil {
		for text != "" {
			if rest, ok := p.first(text); ok {
				return rest, true
			}
			_, size := utf8.DecodeRuneInString(text)
			text = text[size:]
		}
		return "", false
	}
	return p.shift(text)
}

// shift looks for all places of a part at once: after each code point, bit i of
// fits says that the part up to its place i ends there.
func (p *part) shift(text string) (rest string, ok bool) {
	var all [MaxWildcards / 64]uint64
	fits := all[:len(p.any)]
	end := len(p.runes) - 1
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		masks := p.masks[r]
		if masks == nil {
			masks = p.any
		}
		carry := uint64(1)
		for j := range fits {
			next := fits[j] >> 63
			fits[j] = (fits[j]<<1 | carry) & masks[j]
			carry = next
		}
		if fits[end/64]>>(end%64)&1 == 1 {
			return text, true
		}
	}
	return "", false
}
