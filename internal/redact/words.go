// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds runs of words and identifiers in a stream of letters, so that
// it does not matter how a release spaces, breaks or punctuates them.

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// runLength is how many consecutive words make a leak.
const runLength = 5

// A chunk is a word: letters and digits, with no apostrophe counted as a break.
type chunk struct {
	start, end int
	dense      bool // one character of a script that writes no spaces
}

// chunks cuts a folded text into words.
func chunks(text string) []chunk {
	all := make([]chunk, 0, len(text)/6+1)
	start := -1
	flush := func(end int) {
		if start >= 0 {
			all = append(all, chunk{start: start, end: end})
			start = -1
		}
	}
	for i, r := range text {
		width := utf8.RuneLen(r) // folded text is valid UTF-8
		switch {
		case r >= utf8.RuneSelf && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			flush(i)
			all = append(all, chunk{start: i, end: i + width, dense: true})
		case wordRune(r):
			if start < 0 {
				start = i
			}
		case r == '\'' && start >= 0 && wordFollows(text[i+width:]):
			// don't is one word
		default:
			flush(i)
		}
	}
	flush(len(text))
	return all
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r)
}

func wordFollows(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return wordRune(r)
}

// letters are the letters and digits of a word, without an apostrophe.
func letters(word string) string { return strings.ReplaceAll(word, "'", "") }

// runs are the shortest runs of words of the text that count as a leak, each as
// its letters.
func runs(form folded) []pattern { return runsOf(form, runLength) }

// runsOf are the runs of so many words.
func runsOf(form folded, length int) []pattern {
	words := chunks(form.text)
	var all []pattern
	for first := range words {
		var run strings.Builder
		for weight, i := 0, first; i < len(words); i++ {
			run.WriteString(letters(form.text[words[i].start:words[i].end]))
			if weight += 2; words[i].dense {
				weight--
			}
			if weight >= 2*length {
				all = append(all, pattern{letters: run.String(), loose: true, anywhere: true})
				break
			}
		}
	}
	return all
}

// phrase is a whole text as one identifier.
func phrase(form folded) pattern {
	var all strings.Builder
	for _, word := range chunks(form.text) {
		all.WriteString(letters(form.text[word.start:word.end]))
	}
	return newIdentifier(all.String(), true)
}

// A pattern is something to find in a stream.
type pattern struct {
	letters string
	// loose lets any punctuation stand between its parts, not only separators.
	loose bool
	// anywhere lets it begin and end inside words, if it is long enough.
	anywhere bool
}

// A stream is a text as its letters alone, with the way back.
type stream struct {
	letters string
	at      []int32 // for each byte of letters, where it stands in the folded text
	words   []streamWord
}

type streamWord struct {
	start, end int  // in letters
	joined     bool // to the word before it, by separators only
}

func newStream(form folded) stream {
	s := stream{at: make([]int32, 0, len(form.text))}
	var all strings.Builder
	previous := 0
	for _, word := range chunks(form.text) {
		start := all.Len()
		for i := word.start; i < word.end; i++ {
			if form.text[i] != '\'' {
				all.WriteByte(form.text[i])
				s.at = append(s.at, int32(i))
			}
		}
		gap := form.text[previous:word.start]
		s.words = append(s.words, streamWord{start: start, end: all.Len(), joined: separators(gap)})
		previous = word.end
	}
	s.letters = all.String()
	return s
}

// separators reports whether a gap is one that people put inside an identifier:
// not the end of a sentence, not a comma with a space.
func separators(gap string) bool {
	if len(gap) > 6 {
		return false
	}
	for i := range len(gap) {
		switch gap[i] {
		case ',', '.', ';', '!', '?':
			if i+1 < len(gap) && gap[i+1] == ' ' {
				return false
			}
		}
	}
	return true
}

// span is a stretch of letters as a stretch of the folded text.
func (s stream) span(start, end int) (int, int) { return int(s.at[start]), int(s.at[end-1]) + 1 }

// A finder finds many patterns at once. Those shorter than head letters, and
// those that may not stand anywhere, are looked for at the bounds of words.
type finder struct {
	head    int
	whole   map[string]found
	lengths map[int]bool
	longest int
	heads   map[string][]found
}

type found struct {
	pattern
	source string
}

func newFinder(head int) *finder {
	return &finder{head: head, whole: make(map[string]found), lengths: make(map[int]bool), heads: make(map[string][]found)}
}

func (f *finder) empty() bool { return len(f.whole) == 0 && len(f.heads) == 0 }

func (f *finder) add(p pattern, source string) {
	n := len(p.letters)
	if n == 0 {
		return
	}
	if !p.anywhere || n < f.head {
		if old, known := f.whole[p.letters]; known && (old.loose || !p.loose) {
			return
		}
		f.whole[p.letters] = found{p, source}
		f.lengths[n] = true
		f.longest = max(f.longest, n)
		return
	}
	head := p.letters[:f.head]
	for _, other := range f.heads[head] {
		if strings.HasPrefix(p.letters, other.letters) {
			return // the shorter one is found wherever this is
		}
	}
	f.heads[head] = append(f.heads[head], found{p, source})
}

// find calls hit for every pattern in the stream, with its place in the folded text.
func (f *finder) find(s stream, hit func(start, end int, source string)) {
	for first := range s.words {
		loose := false
		start := s.words[first].start
		for i := first; i < len(s.words) && s.words[i].end-start <= f.longest; i++ {
			loose = loose || i > first && !s.words[i].joined
			end := s.words[i].end
			if !f.lengths[end-start] {
				continue
			}
			if p, ok := f.whole[s.letters[start:end]]; ok && (p.loose || !loose) {
				from, to := s.span(start, end)
				hit(from, to, p.source)
			}
		}
	}
	if len(f.heads) == 0 {
		return
	}
	for start := 0; start+f.head <= len(s.letters); start++ {
		for _, p := range f.heads[s.letters[start:start+f.head]] {
			if strings.HasPrefix(s.letters[start:], p.letters) {
				from, to := s.span(start, start+len(p.letters))
				hit(from, to, p.source)
			}
		}
	}
}
