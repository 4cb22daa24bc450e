// SPDX-License-Identifier: Apache-2.0

package redact

// This file brings texts into the form in which they are compared.

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A folded text is lower-case, without accents and invisible characters, with
// every space a plain one, every digit a European one, every dash a hyphen, and
// look-alike letters of other scripts as the Latin letter they look like. Other
// punctuation stays. It is valid UTF-8.
type folded struct {
	text string
	from []int32 // for each byte of text, where its character began in the original
	to   []int32 // and where it ended
}

// original translates a stretch of the folded text into one of the original.
func (f folded) original(start, end int) (int, int) {
	if start >= end || end > len(f.text) {
		return 0, 0
	}
	return int(f.from[start]), int(f.to[end-1])
}

// forms are the one or two forms of a text that are compared. The first maps
// letters after folding case, so that a text in another script compares with
// itself in another case. The second, only where it differs, maps them as they
// look before: a lower-case Greek ν looks like v, its capital like N.
func forms(text string) []folded {
	first := fold(text, false)
	if ascii(text) {
		return []folded{first}
	}
	second := fold(text, true)
	if second.text == first.text {
		return []folded{first}
	}
	return []folded{first, second}
}

func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// fold folds text; asSeen maps look-alikes before case is folded.
func fold(text string, asSeen bool) folded {
	f := folded{from: make([]int32, 0, len(text)), to: make([]int32, 0, len(text))}
	var out strings.Builder
	out.Grow(len(text))
	for i := 0; i < len(text); {
		r, width := utf8.DecodeRuneInString(text[i:])
		before := out.Len()
		if r < utf8.RuneSelf {
			foldRune(&out, r, asSeen)
		} else {
			for _, part := range norm.NFKD.String(text[i : i+width]) {
				foldRune(&out, part, asSeen)
			}
		}
		for range out.Len() - before {
			f.from = append(f.from, int32(i))
			f.to = append(f.to, int32(i+width))
		}
		i += width
	}
	f.text = out.String()
	return f
}

func foldRune(out *strings.Builder, r rune, asSeen bool) {
	switch r {
	case '‘', '’', '‚', '‛', '′', 'ʹ', 'ʼ', 'ʻ', '`':
		r = '\''
	case '‐', '‑', '‒', '–', '—', '―', '−', '⁃', '﹣':
		r = '-'
	case '∶', 'ː', '꞉':
		r = ':'
	}
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		out.WriteByte(byte(r))
	case r >= 'A' && r <= 'Z':
		out.WriteByte(byte(r) + 'a' - 'A')
	case unicode.IsSpace(r):
		out.WriteByte(' ')
	case r < utf8.RuneSelf && r >= ' ' && r != 0x7f:
		out.WriteByte(byte(r))
	case invisible(r):
	case unicode.Is(unicode.Nd, r):
		out.WriteByte('0' + digit(r))
	default:
		foldLetter(out, r, asSeen)
	}
}

func foldLetter(out *strings.Builder, r rune, asSeen bool) {
	if asSeen {
		if latin := seen(r); latin != "" {
			out.WriteString(latin)
			return
		}
	}
	// Upper first: ς and σ, ı and i have a capital in common.
	lower := unicode.ToLower(unicode.ToUpper(r))
	if latin := lookalike(lower); latin != "" {
		out.WriteString(latin)
		return
	}
	out.WriteRune(lower)
}

// invisible reports whether a character shows nothing of its own: accents (once
// taken off their letter), soft hyphens, zero-width and direction characters.
func invisible(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0':
		return true // Hangul fillers
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc)
}

// digit is the value of a decimal digit of any script.
func digit(r rune) byte {
	for _, span := range unicode.Nd.R16 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return byte((r - rune(span.Lo)) % 10)
		}
	}
	for _, span := range unicode.Nd.R32 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return byte((r - rune(span.Lo)) % 10)
		}
	}
	return 0
}

// lookalike maps a lower-case letter to the Latin one that it or its capital
// looks like; empty for others.
func lookalike(r rune) string {
	switch r {
	case 'а', 'α', 'ɑ', 'ᴀ':
		return "a"
	case 'в', 'β', 'ь', 'ʙ':
		return "b"
	case 'с', 'ϲ', 'ᴄ', 'ⅽ':
		return "c"
	case 'ԁ', 'đ', 'ð', 'ᴅ':
		return "d"
	case 'е', 'ε', 'ᴇ', 'є':
		return "e"
	case 'ɡ', 'ց', 'ɢ', 'ԍ':
		return "g"
	case 'н', 'η', 'һ', 'հ', 'ħ', 'ʜ':
		return "h"
	case 'і', 'ι', 'ɩ', 'ɪ':
		return "i"
	case 'ј', 'ϳ', 'ᴊ':
		return "j"
	case 'к', 'κ', 'ᴋ':
		return "k"
	case 'ӏ', 'ł', 'ʟ', 'ⅼ':
		return "l"
	case 'м', 'μ', 'ᴍ':
		return "m"
	case 'ν', 'ո', 'ɴ':
		return "n"
	case 'о', 'ο', 'օ', 'ø', 'ᴏ':
		return "o"
	case 'р', 'ρ', 'ᴘ':
		return "p"
	case 'ԛ':
		return "q"
	case 'ʀ':
		return "r"
	case 'ѕ', 'ꜱ':
		return "s"
	case 'ß':
		return "ss"
	case 'т', 'τ', 'ᴛ':
		return "t"
	case 'ս', 'ᴜ':
		return "u"
	case 'ѵ', 'ᴠ':
		return "v"
	case 'ԝ', 'ᴡ':
		return "w"
	case 'х', 'χ':
		return "x"
	case 'у', 'υ', 'ү', 'ʏ':
		return "y"
	case 'ζ', 'ᴢ':
		return "z"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	}
	return ""
}

// seen maps letters whose small form looks like another Latin letter than their
// capital does.
func seen(r rune) string {
	switch r {
	case 'ν':
		return "v"
	case 'η', 'п':
		return "n"
	case 'υ', 'и', 'μ':
		return "u"
	case 'γ':
		return "y"
	case 'г':
		return "r"
	case 'ω', 'ш':
		return "w"
	case 'σ':
		return "o"
	case 'З', 'з':
		return "3"
	}
	return ""
}

// Words are the words of a text in the form in which texts are compared, for
// whoever looks for words in it: folded, without punctuation.
func Words(text string) []string {
	form := fold(text, false)
	var words []string
	for _, piece := range chunks(form.text) {
		words = append(words, form.text[piece.start:piece.end])
	}
	return words
}
