// SPDX-License-Identifier: Apache-2.0

package redact

// This file reads a release in the ways a text can be hidden in plain sight:
// written in another code, spread over several fields, or in characters that
// nobody sees.

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A view is what a stretch of a text says once it is decoded.
type view struct {
	start, end int // of the stretch, in the text
	text       string
}

var (
	percentForm = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	// RFC 2045 §6.7
	printableForm = regexp.MustCompile(`=[0-9A-Fa-f]{2}`)
	softBreak     = regexp.MustCompile(`=[ \t]*\r?\n`)
	escapePairs   = regexp.MustCompile(`\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}`)
	escapeForm    = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`)
	byteEscape    = regexp.MustCompile(`\\x[0-9A-Fa-f]{2}`)
	base64Form    = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)
	hexForms      = regexp.MustCompile(`\b(?:0x)?((?:[0-9A-Fa-f]{2}[ :-]?){7,}[0-9A-Fa-f]{2})\b`)
)

// views decodes a text, by each code that a person or program may have written
// it in: HTML entities, percent-encoding, quoted-printable, the escapes of JSON,
// base64, hexadecimal and UTF-16. What comes out is decoded once more, since one
// code is often wrapped in another.
func views(text string) []view {
	all := decode(text)
	for _, outer := range all {
		for _, inner := range decode(outer.text) {
			all = append(all, view{outer.start, outer.end, inner.text})
		}
	}
	return all
}

// decode decodes a text once.
func decode(text string) []view {
	var all []view
	whole := func(plain string) {
		if plain != text {
			all = append(all, view{0, len(text), plain})
		}
	}
	if strings.Contains(text, "&") {
		whole(html.UnescapeString(text))
	}
	if strings.Contains(text, "%") {
		whole(percentForm.ReplaceAllStringFunc(text, fromHex))
	}
	if strings.Contains(text, "=") {
		whole(printableForm.ReplaceAllStringFunc(softBreak.ReplaceAllString(text, ""), fromHex))
	}
	if strings.Contains(text, `\`) {
		whole(fromEscapes(text))
	}
	if plain := fromUTF16(text); plain != "" {
		whole(plain)
	}
	if !longWord(text, 12) {
		return append(all, spacedHex(text)...)
	}
	for _, at := range base64Form.FindAllStringIndex(text, -1) {
		if plain := fromBase64(text[at[0]:at[1]]); plain != "" {
			all = append(all, view{at[0], at[1], plain})
		}
	}
	return append(all, spacedHex(text)...)
}

// spacedHex decodes hexadecimal of eight bytes or more, also with its bytes apart.
func spacedHex(text string) []view {
	if !manyHex(text) {
		return nil
	}
	var all []view
	for _, at := range hexForms.FindAllStringSubmatchIndex(text, -1) {
		digits := strings.NewReplacer(" ", "", ":", "", "-", "").Replace(text[at[2]:at[3]])
		if raw, err := hex.DecodeString(digits); err == nil {
			all = append(all, view{at[0], at[1], string(raw)})
		}
	}
	return all
}

// longWord reports whether a text has n characters of base64 side by side.
func longWord(text string, n int) bool {
	run := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '+', b == '/', b == '_', b == '-':
			if run++; run >= n {
				return true
			}
		default:
			run = 0
		}
	}
	return false
}

// manyHex reports whether sixteen hexadecimal digits follow one another, with
// nothing but what may stand between bytes.
func manyHex(text string) bool {
	digits := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'f', b >= 'A' && b <= 'F':
			if digits++; digits >= 16 {
				return true
			}
		case b == ' ', b == ':', b == '-':
		default:
			digits = 0
		}
	}
	return false
}

// fromHex is the byte of a code such as %41 or =41.
func fromHex(code string) string {
	raw, err := hex.DecodeString(code[1:])
	if err != nil {
		return code
	}
	return string(raw)
}

// fromEscapes reads the escapes of JSON and of program text. RFC 8259 §7
func fromEscapes(text string) string {
	units := func(code string) []uint16 {
		n, _ := strconv.ParseUint(code[2:6], 16, 16)
		return []uint16{uint16(n)}
	}
	text = escapePairs.ReplaceAllStringFunc(text, func(pair string) string {
		return string(utf16.Decode(append(units(pair), units(pair[6:])...)))
	})
	text = escapeForm.ReplaceAllStringFunc(text, func(code string) string { return string(utf16.Decode(units(code))) })
	return byteEscape.ReplaceAllStringFunc(text, func(code string) string { return fromHex(code[1:]) })
}

// fromUTF16 reads bytes of UTF-16 of either order; empty if they are none: every
// other byte of what a person writes in one script is the same.
func fromUTF16(text string) string {
	if len(text) < 8 || utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 && text[0] != 4 && text[1] != 4 {
		return ""
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		var units []uint16
		high := make(map[byte]int)
		for i := 0; i+1 < len(text); i += 2 {
			unit := order.Uint16([]byte(text[i : i+2]))
			high[byte(unit>>8)]++
			units = append(units, unit)
		}
		common := high[0]
		for _, n := range high {
			common = max(common, n)
		}
		if (common+high[0])*10 >= len(units)*8 {
			return string(utf16.Decode(units))
		}
	}
	return ""
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
// of what is seen: tags, direction controls, selectors of variants but for the two
// of emoji, and three or more unseen characters in a row. One or two are written by
// honest keyboards: a joiner in a word, a selector and a joiner in an emoji.
// Unicode 17 §23.2, §23.4, §23.9
// The first one is enough to refuse the field.
func hidden(field NamedText) []Leak {
	run := 0
	for i, r := range field.Text {
		if r < utf8.RuneSelf {
			run = 0
			continue
		}
		if ignorable(r) {
			run++
		} else {
			run = 0
		}
		if run >= 3 || carries(r) {
			return []Leak{{Rule: LeakHidden, Field: field.Name, Words: fmt.Sprintf("U+%04X", r), Start: i, End: i + utf8.RuneLen(r), Source: Unseen}}
		}
	}
	return nil
}

// carries reports whether a character is refused wherever it stands.
func carries(r rune) bool {
	return r >= 0xE0000 && r <= 0xE0FFF || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r >= 0xFE00 && r <= 0xFE0D
}

// ignorable reports whether a character is one that nobody sees.
// Unicode 17 §5.21, Default_Ignorable_Code_Point
func ignorable(r rune) bool {
	switch r {
	case 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0:
		return true
	}
	return r >= 0x180B && r <= 0x180F || r >= 0x200B && r <= 0x200F || r >= 0x2060 && r <= 0x206F || r >= 0xFE00 && r <= 0xFE0F ||
		r >= 0xFFF0 && r <= 0xFFF8 || r >= 0x1BCA0 && r <= 0x1BCA3 || r >= 0x1D173 && r <= 0x1D17A || carries(r)
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
