// SPDX-License-Identifier: Apache-2.0

package redact

// This file brings a name into the forms in which it is the same in Latin,
// Cyrillic and Greek letters, by whichever table it was transliterated.

import (
	"strings"
	"unicode"
)

// A spelling is a word in two forms. Different tables for the same name differ
// above all in its vowels, so that its consonants are compared alone if there
// are enough of them.
type spelling struct {
	soft       string // with its vowels
	consonants string
}

// Fewer consonants than these say too little without the vowels.
const (
	pairConsonants   = 5
	singleConsonants = 4
	shortestName     = 5 // letters of the soft form
)

func pairKeys(a, b spelling) []string {
	var keys []string
	if len(a.consonants)+len(b.consonants) >= pairConsonants && a.consonants != "" && b.consonants != "" {
		keys = append(keys, ordered(a.consonants, b.consonants))
	}
	if len(a.soft)+len(b.soft) >= shortestName && a.soft != "" && b.soft != "" {
		keys = append(keys, "="+ordered(a.soft, b.soft))
	}
	return keys
}

func (s spelling) singleKeys() []string {
	var keys []string
	if len(s.consonants) >= singleConsonants {
		keys = append(keys, s.consonants)
	}
	if len(s.soft) >= shortestName {
		keys = append(keys, "="+s.soft)
	}
	return keys
}

func ordered(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return a + " " + b
}

// spellings are the forms of a word, one for each way in which the letters that
// tables disagree about can be meant: ch is tsch or kh, h is kh or silent, j is
// y or zh. Words of other scripts have none.
func spellings(word string) []spelling {
	latin := strings.ToLower(word)
	if !ascii(latin) {
		latin = transliterate(latin)
	}
	if latin == "" || !ascii(latin) || len(latin) > 64 {
		return nil
	}
	all := []string{latin}
	for _, doubt := range doubts {
		if !strings.Contains(latin, doubt.letters) {
			continue
		}
		for _, form := range all {
			for _, meant := range doubt.meant {
				all = append(all, strings.ReplaceAll(form, doubt.letters, meant))
			}
		}
	}
	var forms []spelling
	seen := make(map[spelling]bool, len(all))
	for _, form := range all {
		s := newSpelling(form)
		if !seen[s] {
			seen[s] = true
			forms = append(forms, s)
		}
	}
	return forms
}

// doubts are letters that are read in several ways; as they stand is one more.
var doubts = []struct {
	letters string
	meant   []string
}{
	{"kh", []string{"h", "k"}},
	{"ch", []string{"k"}},
	{"h", []string{"k"}},
	{"j", []string{"zh"}},
	{"c", []string{"ch"}}, // č without its hook
}

// clusters are written for one sound, the longest first. S is any hissing
// sound, which the tables write in the most ways.
var clusters = strings.NewReplacer(
	"shch", "S", "schtsch", "S", "chtch", "S", "szcz", "S", "stsch", "S", "tsch", "S", "tch", "S", "sch", "S", "cz", "S", "sz", "S",
	"dzh", "dS", "zh", "S", "sh", "S", "ch", "S", "ts", "S", "tz", "S", "z", "S", "s", "S",
	"kh", "k", "ph", "v", "th", "t", "ck", "k", "c", "k", "q", "k", "g", "k", "x", "kS", "w", "v", "f", "v",
	"ou", "u", "oo", "u", "ye", "i", "yo", "i", "yu", "u", "ya", "a", "iu", "u", "ju", "u", "ja", "a", "ia", "a", "je", "i", "jo", "i", "io", "i", "yi", "i", "ii", "i", "ij", "i", "iy", "i", "ei", "i", "ey", "i",
	"e", "i", "y", "i", "j", "i", "h", "",
)

func newSpelling(latin string) spelling {
	sounds := clusters.Replace(latin)
	var soft, consonants strings.Builder
	var last, lastConsonant byte
	for i := range len(sounds) {
		b := sounds[i]
		if b == last {
			continue
		}
		last = b
		soft.WriteByte(b)
		switch b {
		case 'a', 'i', 'o', 'u':
			lastConsonant = 0
		default:
			if b != lastConsonant {
				consonants.WriteByte(b)
			}
			lastConsonant = b
		}
	}
	return spelling{soft: soft.String(), consonants: consonants.String()}
}

// transliterate writes a lower-case word in Latin letters. In a word of mixed
// scripts, letters that look like Latin ones are read as those. What has no
// Latin form stays as it is.
func transliterate(word string) string {
	latin, other := false, false
	for _, r := range word {
		latin = latin || r >= 'a' && r <= 'z'
		other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek)
	}
	var out strings.Builder
	for _, r := range word {
		switch {
		case r >= 'a' && r <= 'z':
			out.WriteRune(r)
		case latin && lookalike(r) != "":
			out.WriteString(lookalike(r))
		case other && letterOf[r] != "":
			out.WriteString(strings.TrimPrefix(letterOf[r], "-"))
		default:
			if form := lookalike(r); form != "" {
				out.WriteString(form)
			} else {
				out.WriteRune(r)
			}
		}
	}
	return greekPairs.Replace(out.String())
}

// greekPairs mark where two Greek letters write one sound.
var greekPairs = strings.NewReplacer("\x01p", "b", "\x02t", "d", "\x01", "m", "\x02", "n")

// letterOf says how a letter is written in Latin; "-" is not written. ISO 9,
// GOST 7.79, ELOT 743, simplified
var letterOf = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "zh", 'з': "z", 'и': "i", 'к': "k", 'л': "l", 'м': "m", 'н': "n",
	'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch",
	'ъ': "-", 'ы': "y", 'ь': "-", 'э': "e", 'ю': "yu", 'я': "ya", 'і': "i", 'є': "e", 'ґ': "g", 'ђ': "dj", 'ћ': "ch", 'љ': "l", 'њ': "n", 'џ': "dzh", 'ј': "y",
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l", 'μ': "\x01", 'ν': "\x02", 'ξ': "x",
	'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps", 'ω': "o",
}
