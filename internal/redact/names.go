// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds the names of persons in a source-sensitive text, and the same
// names in a release: in another case, order or alphabet.

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A token is one word of a text as it is written.
type token struct {
	start, end int
	word       string // without accents and characters that nobody sees
	gap        string // between the token before and this one
}

// tokens are the words of a text, made of letters, inner hyphens and apostrophes.
func tokens(text string) []token {
	var all []token
	start, previous := -1, 0
	flush := func(end int) {
		if start < 0 {
			return
		}
		all = append(all, token{start: start, end: end, word: bareLetters(text[start:end]), gap: text[previous:start]})
		start, previous = -1, end
	}
	for i, r := range text {
		if unicode.IsLetter(r) || start >= 0 && (unicode.IsMark(r) || unicode.Is(unicode.Cf, r)) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && (r == '-' || r == '\'' || r == '’') {
			if next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):]); unicode.IsLetter(next) {
				continue
			}
		}
		flush(i)
	}
	flush(len(text))
	return all
}

func bareLetters(word string) string {
	if !ascii(word) {
		word = norm.NFKD.String(hooks.Replace(word))
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, word)
}

// hooks are letters that are another sound without what stands above them.
var hooks = strings.NewReplacer("č", "ch", "ć", "ch", "š", "sh", "ś", "sh", "ž", "zh", "ź", "zh", "ż", "zh", "Č", "Ch", "Ć", "Ch", "Š", "Sh", "Ś", "Sh", "Ž", "Zh", "Ź", "Zh", "Ż", "Zh", "ş", "sh", "Ş", "Sh", "ç", "ch", "Ç", "Ch")

// generic are words with a capital that stand in names of places, bodies and
// days: what holds one is no person's name. The second line opens sentences.
var generic = wordSet(`street avenue road square bridge station airport port harbour harbor cathedral church mosque synagogue temple bank ministry minister service council police department university school college hospital clinic market hotel embassy consulate state states republic federal federation national international united kingdom union north south east west northern southern eastern western central new old saint san st santa great islamic army force forces front party group office bureau agency centre center city district region county province island islands river lake sea mountain palace museum theatre theater stadium arena park tower house prospekt platz strasse straße gare place rue boulevard metro line terminal company limited ltd inc gmbh corporation security intelligence defence defense foreign interior justice
 the a an this that these those he she it we they i you his her its our their my your one two three four five six seven eight nine ten in on at by of to from for with after before during since until as if when while where who what which and or but not no yes also only both each every all some many most more there here then now today tomorrow yesterday according told said says asked later earlier source informant agent mr mrs ms dr
 monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december christmas easter ramadan world cup olympic games euro`)

// titles go before one name.
var titles = wordSet(`mr mrs ms miss dr prof professor colonel captain major general lieutenant sergeant inspector officer agent informant source asset contact handler courier sir madame monsieur herr frau señor señora don sheikh imam comrade господин госпожа товарищ агент источник информатор майор полковник капитан генерал κύριος κυρία πράκτορας`)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// maxNames is how many different names are guarded. Where there are more, nothing
// leaves: see [TooMany].
const maxNames = 3000

// A nameSet are names to find: of two words in either order, and single ones,
// each under every spelling that counts as the same.
type nameSet struct {
	pairs, singles map[string]string // to the field it stands in
	known          map[string]bool   // names as they are written
	full           string            // the field in which there were too many
}

func newNameSet() nameSet {
	return nameSet{pairs: make(map[string]string), singles: make(map[string]string), known: make(map[string]bool)}
}

func (n *nameSet) empty() bool { return len(n.pairs) == 0 && len(n.singles) == 0 }

// takes reports whether a name is new, and there is room for it.
func (n *nameSet) takes(name, field string) bool {
	name = strings.ToLower(name)
	switch {
	case n.known[name]:
		return false
	case len(n.known) >= maxNames:
		n.full = field
		return false
	}
	n.known[name] = true
	return true
}

// add takes in the names of persons that stand in a field: two or more words
// with capitals side by side, and the word behind a title. A text in which most
// words have capitals says nothing by them.
func (n *nameSet) add(field NamedText) {
	all := tokens(field.Text)
	shouting := shouts(all)
	for i := 0; i < len(all) && n.full == ""; i++ {
		if i > 0 && titled(all[i-1], all[i]) {
			n.single(all[i].word, field.Name)
		}
		if shouting || !capital(all[i].word) || generic[strings.ToLower(all[i].word)] {
			continue
		}
		last := i
		for last+1 < len(all) && last-i < 3 && all[last+1].gap == " " && capital(all[last+1].word) {
			last++
		}
		for a := i; a <= last; a++ {
			for b := a + 1; b <= last; b++ {
				n.pair(all[a].word, all[b].word, field.Name)
			}
		}
		// A name holds no generic word; the words after it may begin another.
	}
}

// person takes in a text that is a name of a person, and nothing else.
func (n *nameSet) person(field NamedText) {
	all := tokens(field.Text)
	for i, t := range all {
		if lower := strings.ToLower(t.word); !generic[lower] && !titles[lower] {
			n.single(t.word, field.Name)
		}
		for _, other := range all[i+1:] {
			n.pair(t.word, other.word, field.Name)
		}
	}
}

func titled(before, word token) bool {
	gap := word.gap == " " || word.gap == ". "
	lower := strings.ToLower(word.word)
	return gap && titles[strings.ToLower(before.word)] && capital(word.word) && !generic[lower] && !titles[lower]
}

// capital reports whether a word begins like a name: with a capital, and no
// abbreviation.
func capital(word string) bool {
	first, width := utf8.DecodeRuneInString(word)
	letters := utf8.RuneCountInString(word)
	return unicode.IsUpper(first) && letters >= 2 && (letters >= 4 || strings.IndexFunc(word[width:], unicode.IsLower) >= 0)
}

func (n *nameSet) pair(a, b, source string) {
	if generic[strings.ToLower(a)] || generic[strings.ToLower(b)] || !n.takes(ordered(strings.ToLower(a), strings.ToLower(b)), source) {
		return
	}
	for _, first := range spellings(a) {
		for _, second := range spellings(b) {
			for _, key := range pairKeys(first, second) {
				n.pairs[key] = source
			}
		}
	}
}

func (n *nameSet) single(word, source string) {
	if !n.takes(word, source) {
		return
	}
	for _, s := range spellings(word) {
		for _, key := range s.singleKeys() {
			n.singles[key] = source
		}
	}
}

// open takes out of the set what stands in a text that may leave.
func (n *nameSet) open(text string) {
	n.each(text, func(_, _ int, key string, single bool) {
		if single {
			delete(n.singles, key)
		} else {
			delete(n.pairs, key)
		}
	})
}

// each calls hit for every spelling of a name of the set that stands in text.
func (n *nameSet) each(text string, hit func(start, end int, key string, single bool)) {
	if n.empty() {
		return
	}
	var before []spelling
	all := tokens(text)
	for i, t := range all {
		here := spellings(t.word)
		if len(n.singles) > 0 && capital(t.word) {
			for _, s := range here {
				for _, key := range s.singleKeys() {
					if n.singles[key] != "" {
						hit(t.start, t.end, key, true)
					}
				}
			}
		}
		if i > 0 && beside(t.gap) {
			for _, first := range before {
				for _, second := range here {
					for _, key := range pairKeys(first, second) {
						if n.pairs[key] != "" {
							hit(all[i-1].start, t.end, key, false)
						}
					}
				}
			}
		}
		before = here
	}
}

// beside reports whether two words with such a gap may be one name.
func beside(gap string) bool {
	return len(gap) <= 4 && strings.Trim(gap, " ,.-_\t\r\n/") == ""
}

// find reports what stands in text of the names of the set.
func (n *nameSet) find(text string, add func(start, end int, source string)) {
	n.each(text, func(start, end int, key string, single bool) {
		if single {
			add(start, end, n.singles[key])
		} else {
			add(start, end, n.pairs[key])
		}
	})
}
