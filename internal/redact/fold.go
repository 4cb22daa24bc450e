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
	from []int32 // for each byte of text, where its character began in the original; nil if there
	to   []int32 // and where it ended; nil if every byte stands where it stood
}

// original translates a stretch of the folded text into one of the original.
func (f folded) original(start, end int) (int, int) {
	if start >= end || end > len(f.text) {
		return 0, 0
	}
	if f.from == nil {
		return start, end
	}
	return int(f.from[start]), int(f.to[end-1])
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldedASCII says what each ASCII character folds to, finely and coarsely; 0 is
// not seen.
var foldedASCII = func() (table [2][utf8.RuneSelf]byte) {
	for i, coarse := range []bool{false, true} {
		for r := range rune(utf8.RuneSelf) {
			var out strings.Builder
			if foldRune(&out, r, coarse); out.Len() == 1 {
				table[i][r] = out.String()[0]
			}
		}
	}
	return table
}()

// plainly folds a text of ASCII whose characters are all seen; most texts are such.
func plainly(text string, coarse bool) (folded, bool) {
	table := &foldedASCII[0]
	if coarse {
		table = &foldedASCII[1]
	}
	out := make([]byte, len(text))
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return folded{}, false
		}
		if out[i] = table[text[i]]; out[i] == 0 {
			return folded{}, false
		}
	}
	return folded{text: string(out)}, true
}

// fold folds text. With coarse, letters that share a look-alike are one letter:
// the small Greek ν looks like v and its capital like N, so v and n are the
// same. That is too coarse for short identifiers, and right for runs of words.
func fold(text string, coarse bool) folded {
	if f, ok := plainly(text, coarse); ok {
		return f
	}
	f := folded{from: make([]int32, 0, len(text)), to: make([]int32, 0, len(text))}
	var out strings.Builder
	out.Grow(len(text))
	for i := 0; i < len(text); {
		r, width := utf8.DecodeRuneInString(text[i:])
		before := out.Len()
		if r < utf8.RuneSelf {
			foldRune(&out, r, coarse)
		} else {
			for _, part := range norm.NFKD.String(text[i : i+width]) {
				foldRune(&out, part, coarse)
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

func foldRune(out *strings.Builder, r rune, coarse bool) {
	switch r {
	case '‘', '’', '‚', '‛', '′', 'ʹ', 'ʼ', 'ʻ', '`':
		r = '\''
	case '‐', '‑', '‒', '–', '—', '―', '−', '⁃', '﹣':
		r = '-'
	case '∶', 'ː', '꞉':
		r = ':'
	}
	switch {
	case r >= '0' && r <= '9':
		out.WriteByte(byte(r))
	case r >= 'a' && r <= 'z':
		out.WriteByte(latin(r, coarse))
	case r >= 'A' && r <= 'Z':
		out.WriteByte(latin(r+'a'-'A', coarse))
	case unicode.IsSpace(r):
		out.WriteByte(' ')
	case r < utf8.RuneSelf && r >= ' ' && r != 0x7f:
		out.WriteByte(byte(r))
	case invisible(r):
	case unicode.Is(unicode.Nd, r):
		out.WriteByte('0' + digit(r))
	default:
		foldLetter(out, r, coarse)
	}
}

func latin(r rune, coarse bool) byte {
	if coarse {
		if letter := alike(r); letter != 0 {
			return letter
		}
	}
	return byte(r)
}

func foldLetter(out *strings.Builder, r rune, coarse bool) {
	// Upper first: ς and σ, ı and i have a capital in common.
	lower := unicode.ToLower(unicode.ToUpper(r))
	if coarse {
		if letter := alike(lower); letter != 0 {
			out.WriteByte(letter)
			return
		}
	}
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

// alike maps a lower-case letter to the one that stands for all that share a
// look-alike with it; 0 for others.
func alike(r rune) byte {
	switch r {
	case 'n', 'v', 'h', 'ν', 'η', 'п', 'н', 'һ', 'հ', 'ħ', 'ʜ', 'ո', 'ɴ', 'ѵ', 'ᴠ':
		return 'n'
	case 'u', 'y', 'm', 'υ', 'γ', 'μ', 'и', 'у', 'ү', 'м', 'ս', 'ᴜ', 'ʏ', 'ᴍ':
		return 'u'
	case 'г':
		return 'r'
	case 'ω', 'ш':
		return 'w'
	case 'σ':
		return 'o'
	case 'з':
		return '3'
	}
	return 0
}

// Words are the words of a text in the form in which texts are compared, for
// whoever looks for words in it: folded, without punctuation.
func Words(text string) []string {
	form := foldText(text)
	words := make([]string, 0, len(form)/6+1)
	for _, piece := range chunks(form) {
		words = append(words, form[piece.start:piece.end])
	}
	return words
}

// Spelled tells how the text writes each of its words, by their places in [Words].
func Spelled(text string) func(word int) string {
	form := fold(text, false)
	pieces := chunks(form.text)
	return func(word int) string {
		if word < 0 || word >= len(pieces) {
			return ""
		}
		start, end := form.original(pieces[word].start, pieces[word].end)
		return text[start:end]
	}
}

// foldText is the text of fold, not coarse, without the way back.
func foldText(text string) string {
	var out strings.Builder
	out.Grow(len(text) + 8)
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if asciiFold[c] != 0 {
				out.WriteByte(asciiFold[c])
			}
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(text[i:])
		// Hangul syllables are taken apart by a rule, not by a table.
		if r < '가' || r > '힣' {
			if norm.NFKD.PropertiesString(text[i:]).Decomposition() == nil {
				foldRune(&out, r, false)
				i += width
				continue
			}
		}
		for _, part := range norm.NFKD.String(text[i : i+width]) {
			foldRune(&out, part, false)
		}
		i += width
	}
	return out.String()
}

// asciiFold is what each ASCII character becomes when it is folded; 0 for nothing.
var asciiFold = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		var out strings.Builder
		if foldRune(&out, rune(c), false); out.Len() > 0 {
			table[c] = out.String()[0]
		}
	}
	return table
}()
