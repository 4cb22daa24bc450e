// SPDX-License-Identifier: Apache-2.0

package match

// This file finds many phrases at once in the words of a subject.

import (
	"strings"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/internal/redact"
)

// A sentence is one text of a subject, or a part of one: no phrase runs from one to
// the next.
type sentence struct {
	words []string // as redact.Words reads it
	of    []int32  // which word of the text each is; nil if they are those of the text
	spell *spelling
}

// spelling is a text, for how its words are written in it.
type spelling struct {
	text string
	at   func(word int) string // once it was asked for
}

func newSentence(text string) sentence {
	return sentence{words: redact.Words(text), spell: &spelling{text: text}}
}

// sentences are the texts of the subject as words, and then again what an
// apostrophe joins in them.
func (s *Subject) sentences() []sentence {
	if s.read == nil {
		s.read = make([]sentence, 0, 1+len(s.Organisations))
		for _, text := range append([]string{s.Text}, s.Organisations...) {
			s.read = append(s.read, newSentence(text))
		}
		for _, one := range s.read {
			s.read = append(append(s.read, one.again(parts)...), one.again(owner)...)
		}
	}
	return s.read
}

// reach is how many words before and after an apostrophe are read again.
const reach = 16

// again is what stands around each word that reads otherwise, too, read so: Bergen
// is found in "Bergen's harbour", and Oran in "d'Oran".
func (in sentence) again(otherwise func(word string) []string) (all []sentence) {
	end := 0 // of what was read again
	for i, word := range in.words {
		if strings.IndexByte(word, '\'') < 0 || otherwise(word) == nil {
			continue
		}
		if from := max(i-reach, 0); len(all) == 0 || from > end {
			all, end = append(all, sentence{spell: in.spell}), from
		}
		last := &all[len(all)-1]
		for ; end < min(i+reach+1, len(in.words)); end++ {
			read := otherwise(in.words[end])
			if read == nil {
				read = in.words[end : end+1]
			}
			for _, part := range read {
				last.words, last.of = append(last.words, part), append(last.of, int32(end))
			}
		}
	}
	return all
}

// parts are the words that apostrophes join, without an s that only says whose.
func parts(word string) []string {
	if strings.IndexByte(word, '\'') < 0 {
		return nil
	}
	all := strings.Split(word, "'")
	if last := len(all) - 1; all[last] == "s" {
		all = all[:last]
	}
	return all
}

// owner is a word with an apostrophe of its own, without the s that says whose.
func owner(word string) []string {
	if name, ok := strings.CutSuffix(word, "'s"); ok && strings.IndexByte(name, '\'') >= 0 {
		return []string{name}
	}
	return nil
}

// Read finds the words of the subject's text now, so that it costs nothing later.
func (s *Subject) Read() { s.sentences() }

// A kind says what a phrase stands for.
type kind uint8

const (
	organisation kind = iota
	city
	event
	free
)

// A phrase is words that stand side by side, for one pledge or watch.
type phrase struct {
	of    int32 // the pledge or watch
	id    int32
	kind  kind
	words []stem
	at    int    // the word by which it is found
	text  string // as people wrote it
	place string // of a city: the code it lies in; empty if unsaid
}

// A stem is a word, or, if it is open, the beginning of one.
type stem struct {
	word string
	open bool
}

func (s stem) fits(word string) bool {
	return s.word == word || s.open && strings.HasPrefix(word, s.word)
}

// minStem is how many letters a word is looked for by at least, if it is open.
const minStem = 3

// stems are the words of a phrase as it is looked for. With stars, a word that
// ends in one is open.
func stems(text string, stars bool) []stem {
	var all []stem
	for _, part := range strings.Fields(text) {
		open := stars && strings.HasSuffix(part, "*")
		words := redact.Words(part)
		for _, word := range words {
			all = append(all, stem{word: word})
		}
		if last := len(all) - 1; open && len(words) > 0 && utf8.RuneCountInString(all[last].word) >= minStem {
			all[last].open = true
		}
	}
	return all
}

// standsAt reports whether the phrase stands in the words, its first at i.
func standsAt(phrase []stem, words []string, i int) bool {
	if i < 0 || i+len(phrase) > len(words) {
		return false
	}
	for n, s := range phrase {
		if !s.fits(words[i+n]) {
			return false
		}
	}
	return true
}

// A lexicon is many phrases, each under its rarest word.
type lexicon struct {
	phrases []phrase
	closed  map[string][]int32
	open    map[string][]int32
	heads   map[string]uint64 // of open words, by their first bytes: a bit for each length
	longest int               // open word, in bytes
}

// head is how many bytes of an open word are looked up first. It has three
// letters at least, so it has these.
const head = 3

// add adds a phrase, unless it has no words.
func (l *lexicon) add(p phrase) {
	if len(p.words) == 0 {
		return
	}
	p.id = int32(len(l.phrases))
	l.phrases = append(l.phrases, p)
}

// index puts each phrase under its rarest word: many begin with "the".
func (l *lexicon) index() {
	often := make(map[string]int)
	for _, p := range l.phrases {
		for _, s := range p.words {
			often[s.word]++
		}
	}
	l.closed, l.open, l.heads = make(map[string][]int32), make(map[string][]int32), make(map[string]uint64)
	for i := range l.phrases {
		p := &l.phrases[i]
		for n, s := range p.words {
			best := p.words[p.at]
			if best.open && !s.open || best.open == s.open && often[s.word] < often[best.word] {
				p.at = n
			}
		}
		under := p.words[p.at]
		if !under.open {
			l.closed[under.word] = append(l.closed[under.word], p.id)
			continue
		}
		l.open[under.word] = append(l.open[under.word], p.id)
		l.heads[under.word[:head]] |= 1 << min(len(under.word), 63)
		l.longest = max(l.longest, len(under.word))
	}
}

// find calls hit for each phrase that stands in the sentences, once, with the
// place of its first word where it stands first.
func (l *lexicon) find(sentences []sentence, hit func(p *phrase, in sentence, at int)) {
	if len(l.phrases) == 0 {
		return
	}
	var found map[int32]bool // most subjects meet nothing
	look := func(under []int32, in sentence, at int) {
		for _, id := range under {
			p := &l.phrases[id]
			if first := at - p.at; !found[id] && standsAt(p.words, in.words, first) {
				if found == nil {
					found = make(map[int32]bool)
				}
				found[id] = true
				hit(p, in, first)
			}
		}
	}
	for _, in := range sentences {
		for at, word := range in.words {
			look(l.closed[word], in, at)
			if len(l.heads) == 0 || len(word) < head {
				continue
			}
			for lengths, n := l.heads[word[:head]], head; n <= min(len(word), l.longest) && lengths>>min(n, 63) != 0; n++ {
				if lengths>>min(n, 63)&1 != 0 {
					look(l.open[word[:n]], in, at)
				}
			}
		}
	}
}

// shown is a phrase as it stands in the text, in the letters of the text: for
// the reason, where an open word could be any.
func shown(p *phrase, in sentence, at int) string {
	return in.spelled(at, len(p.words))
}

// spelled are words as the text writes them.
func (in sentence) spelled(at, count int) string {
	var all []string
	last := -1
	for i := at; i < at+count; i++ {
		word := i
		if in.of != nil {
			word = int(in.of[i])
		}
		if word != last {
			all, last = append(all, in.spell.word(word)), word
		}
	}
	return strings.Join(all, " ")
}

func (s *spelling) word(i int) string {
	if s.at == nil {
		s.at = redact.Spelled(s.text)
	}
	return s.at(i)
}
