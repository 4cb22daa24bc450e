// SPDX-License-Identifier: Apache-2.0

package redact

// This file reads a release in the ways a text can be hidden in plain sight:
// written in another code, spread over several fields, or in characters that
// nobody sees.

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A view is what a stretch of a text says once it is decoded.
type view struct {
	start, end int // of the stretch, in the text
	text       string
}

var (
	percentForm = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	base64Form  = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)
	hexForms    = regexp.MustCompile(`\b(?:0x)?((?:[0-9A-Fa-f]{2}[ :-]?){7,}[0-9A-Fa-f]{2})\b`)
)

// views decodes a text once, by each code that a person or program may have
// written it in: HTML entities, percent-encoding, base64 and hexadecimal.
func views(text string) []view {
	var all []view
	if plain := html.UnescapeString(text); plain != text {
		all = append(all, view{0, len(text), plain})
	}
	if percentForm.MatchString(text) {
		plain := percentForm.ReplaceAllStringFunc(text, func(code string) string {
			raw, err := hex.DecodeString(code[1:])
			if err != nil {
				return code
			}
			return string(raw)
		})
		all = append(all, view{0, len(text), plain})
	}
	for _, at := range base64Form.FindAllStringIndex(text, -1) {
		if plain := fromBase64(text[at[0]:at[1]]); plain != "" {
			all = append(all, view{at[0], at[1], plain})
		}
	}
	for _, at := range hexForms.FindAllStringSubmatchIndex(text, -1) {
		digits := strings.NewReplacer(" ", "", ":", "", "-", "").Replace(text[at[2]:at[3]])
		if raw, err := hex.DecodeString(digits); err == nil {
			all = append(all, view{at[0], at[1], string(raw)})
		}
	}
	return all
}

// fromBase64 decodes either alphabet, with or without padding; empty if the
// word is in neither. RFC 4648 §4, §5
func fromBase64(word string) string {
	if len(word)%4 == 1 {
		word = word[:len(word)-1] // a letter too many at its end hides nothing
	}
	word = strings.NewReplacer("-", "+", "_", "/").Replace(word)
	raw, err := base64.RawStdEncoding.DecodeString(word)
	if err != nil {
		return ""
	}
	return string(raw)
}

// hidden finds characters that say something no reader sees, or turn the order
// of what is seen: tags and direction controls. Unicode 17 §23.2, §23.9
// The first one is enough to refuse the field.
func hidden(field NamedText) []Leak {
	for i, r := range field.Text {
		if r >= 0xE0000 && r <= 0xE007F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return []Leak{{Rule: LeakHidden, Field: field.Name, Words: fmt.Sprintf("U+%04X", r), Start: i, End: i + utf8.RuneLen(r), Source: Unseen}}
		}
	}
	return nil
}

// decoded finds what a text repeats in another code. The leak is the whole
// stretch that was decoded.
func (g *Guard) decoded(field NamedText) []Leak {
	var all []Leak
	for _, view := range views(field.Text) {
		for _, leak := range g.plain(NamedText{field.Name, view.text}) {
			leak.Start, leak.End = view.start, view.end
			leak.Words = field.Text[view.start:view.end]
			all = append(all, leak)
		}
	}
	return all
}

// across finds what is spread over several fields that follow one another. Each
// leak begins in the field it names first, and ends in the one it names last.
func (g *Guard) across(release []NamedText) []Leak {
	if len(release) < 2 {
		return nil
	}
	var joined strings.Builder
	starts := make([]int, len(release))
	for i, field := range release {
		starts[i] = joined.Len()
		joined.WriteString(field.Text)
		joined.WriteByte('\n')
	}
	whole := joined.String()
	var found []Leak
	add := func(rule LeakRule, form folded, start, end int, source string) {
		start, end = form.original(start, end)
		first, last := fieldAt(starts, start), fieldAt(starts, end-1)
		if first == last {
			return // found in the field itself
		}
		found = append(found, Leak{Rule: rule, Field: release[first].Name + " to " + release[last].Name, Start: start, End: end, Source: source})
	}
	g.fine.find(fold(whole, false), add)
	if g.foreign || !ascii(whole) {
		g.coarse.find(fold(whole, true), add)
	}
	found = merge(found, whole)
	for i := range found {
		found[i].Start -= starts[fieldAt(starts, found[i].Start)]
		found[i].End -= starts[fieldAt(starts, found[i].End-1)]
	}
	return found
}

// fieldAt is the field in which a byte of the joined text stands.
func fieldAt(starts []int, at int) int {
	i, exact := slices.BinarySearch(starts, at)
	if exact {
		return i
	}
	return i - 1
}
