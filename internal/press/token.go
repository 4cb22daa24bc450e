// SPDX-License-Identifier: Apache-2.0

package press

// Words, numbers and marks, with where they stand.

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	word tokenKind = iota
	number
	mark
	possessive // ’s
)

type token struct {
	kind       tokenKind
	start, end int
	text       string
	lower      string
	quoted     bool // within quotation marks; the marks themselves are not
	capital    bool // a word that begins with a capital, or with al- and one
	caps       bool // a word of two or more letters, all capitals
	opens      bool // the first word of a sentence, a quotation or a heading
	loud       bool // in a heading set in capitals
	mention    int  // index of the mention that covers it, plus one
	date       int  // index of the date that covers it, plus one
}

// is tells whether a token is one of some words, compared in small letters.
func (t *token) is(words ...string) bool {
	for _, each := range words {
		if t.lower == each {
			return true
		}
	}
	return false
}

// abbreviations end in a stop that ends no sentence.
const abbreviations = " mr mrs ms dr st gen lt col sgt capt sen rep gov prof rev jr sr maj cmdr adm mt vs jan feb aug sept sep oct nov dec "

// tokenize splits text[from:to].
func tokenize(tokens []token, text string, from, to int) []token {
	for i := from; i < to; {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
			continue
		case isLetter(r):
			end := wordEnd(text, i, to)
			tokens = append(tokens, newToken(word, text, i, end))
			i = end
		case isDigit(r):
			end, kind := numberEnd(text, i, to)
			tokens = append(tokens, newToken(kind, text, i, end))
			i = end
		case (r == '’' || r == '\'') && isPossessive(text, i, size, to):
			tokens = append(tokens, newToken(possessive, text, i, i+size+1))
			i += size + 1
		default:
			tokens = append(tokens, newToken(mark, text, i, i+size))
			i += size
		}
	}
	return tokens
}

func newToken(kind tokenKind, text string, start, end int) token {
	this := token{kind: kind, start: start, end: end, text: text[start:end]}
	this.lower = strings.ToLower(this.text)
	if kind != word {
		return this
	}
	first, size := utf8.DecodeRuneInString(this.text)
	this.capital = unicode.IsUpper(first)
	if !this.capital {
		if name, found := articlePrefix(this.lower, this.text); found {
			next, _ := utf8.DecodeRuneInString(name)
			this.capital = unicode.IsUpper(next)
		}
	}
	this.caps = this.capital && len(this.text) > size && strings.ToUpper(this.text) == this.text
	return this
}

// articlePrefix cuts the Arabic article off a name: al-Assad, el-Sisi.
func articlePrefix(lower, text string) (string, bool) {
	for _, prefix := range []string{"al-", "el-", "ad-", "ar-", "as-", "ash-", "ul-"} {
		if strings.HasPrefix(lower, prefix) {
			return text[len(prefix):], true
		}
	}
	return text, false
}

func isPossessive(text string, at, size, to int) bool {
	at += size
	if at >= to || text[at] != 's' && text[at] != 'S' {
		return false
	}
	if at+1 >= to {
		return true
	}
	next, _ := utf8.DecodeRuneInString(text[at+1:])
	return !unicode.IsLetter(next) && !unicode.IsDigit(next)
}

// wordEnd takes in hyphens, apostrophes within a word, and the stops of U.S., Mr.
// and J.
func wordEnd(text string, start, to int) int {
	i := start
	for i < to {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			i += size
			continue
		}
		next, _ := utf8.DecodeRuneInString(text[min(i+size, to):to])
		inner := (r == '-' || r == '‐' || r == '‑' || r == '’' || r == '\'') && (isLetter(next) || r != '’' && r != '\'' && isDigit(next))
		if !inner || (r == '’' || r == '\'') && isPossessive(text, i, size, to) {
			break
		}
		i += size
	}
	if i >= to || text[i] != '.' {
		return i
	}
	letters := utf8.RuneCountInString(text[start:i])
	switch {
	case letters == 1 && i+2 < to && isASCIILetter(text[i+1]) && text[i+2] == '.':
		for i+1 < to && text[i] == '.' && isASCIILetter(text[i+1]) && (i+2 >= to || text[i+2] == '.') {
			i += 2
		}
		if i < to && text[i] == '.' {
			i++
		}
		return i
	case letters == 1 && text[start] >= 'A' && text[start] <= 'Z' && i+2 < to && text[i+1] == ' ' && text[i+2] >= 'A' && text[i+2] <= 'Z' && start >= 2 && text[start-1] == ' ' && isASCIILetter(text[start-2]):
		return i + 1
	case strings.Contains(abbreviations, " "+strings.ToLower(text[start:i])+" ") && i+1 < to && text[i+1] == ' ' && unicode.IsUpper(rune(text[start])):
		return i + 1
	case i+1 < to && text[i+1] == ',' && letters <= 6 && unicode.IsUpper(rune(text[start])):
		return i + 1
	case strings.ToLower(text[start:i]) == "no" && i+2 < to && text[i+1] == ' ' && isDigit(rune(text[i+2])):
		return i + 1
	}
	return i
}

func isASCIILetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// numberEnd takes 40,000 and 2.5 whole; 21st and 34-year-old are words.
func numberEnd(text string, start, to int) (int, tokenKind) {
	i := start
	for i < to {
		switch b := text[i]; {
		case isDigit(rune(b)):
		case (b == ',' || b == '.') && i+1 < to && isDigit(rune(text[i+1])):
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			next, _ := utf8.DecodeRuneInString(text[min(i+size, to):to])
			if isLetter(r) || (r == '-' || r == '‑') && isLetter(next) {
				return wordEnd(text, i+size, to), word
			}
			return i, number
		}
		i++
	}
	return i, number
}
