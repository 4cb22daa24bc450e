// SPDX-License-Identifier: Apache-2.0

package press

// Names that stand in the tables: places, nationalities, organisations, epithets.

import "strings"

func (r *reading) findNames() {
	for i := 0; i < len(r.tokens); {
		if r.tokens[i].kind != word || !r.tokens[i].capital {
			i++
			continue
		}
		found, size := r.lookUp(i)
		if size == 0 {
			r.findHyphenated(i)
			i++
			continue
		}
		r.noteName(i, size, found)
		i += size
	}
	r.findEpithets()
}

func (r *reading) noteName(i, size int, found name) {
	if size == 1 && r.isSomebodysName(i, found) || size == 1 && r.isOrdinaryWord(i) {
		return
	}
	if found.role == "country" && isShort(r.tokens[i].text) && size == 1 && r.isAdjective(i) {
		if demonym, ok := r.demonymOf(found.country); ok {
			found = demonym
		}
	}
	r.note(i, i+size, found.kind, found.name, found.country, found.role)
}

// lookUp finds the longest name of the tables that begins at i. A word of four or
// more capitals is also read as if it had one, for datelines and headings.
func (r *reading) lookUp(i int) (name, int) {
	text := r.tokens[i].text
	if found, size := r.match(i, r.tables.names[text]); size > 0 {
		return found, size
	}
	if r.tokens[i].caps {
		if found, size := r.match(i, r.tables.names[titleCase(text)]); size > 1 || len(text) >= 4 {
			return found, size
		}
	}
	// Al-Qaeda or al-Qaeda: the article may be either.
	if strings.HasPrefix(text, "Al-") {
		return r.match(i, r.tables.names["al-"+text[3:]])
	}
	return name{}, 0
}

func (r *reading) match(i int, candidates []name) (name, int) {
	for _, candidate := range candidates {
		if i+len(candidate.words) > len(r.tokens) {
			continue
		}
		same := true
		for j := 1; j < len(candidate.words) && same; j++ {
			each := r.token(i + j)
			same = each.text == candidate.words[j] || each.caps && (len(each.text) >= 4 || r.tokens[i].caps) && strings.EqualFold(each.text, candidate.words[j])
		}
		if same {
			return candidate, len(candidate.words)
		}
	}
	return name{}, 0
}

// findHyphenated finds the name in pro-Russian, US-led, Kremlin-backed, but not
// in English-language.
func (r *reading) findHyphenated(i int) {
	first, rest, found := strings.Cut(r.tokens[i].text, "-")
	if !found || strings.HasPrefix(rest, "language") || strings.HasPrefix(rest, "speaking") {
		return
	}
	for _, candidate := range r.tables.names[first] {
		if len(candidate.words) != 1 || rest == "" || rest[0] >= 'A' && rest[0] <= 'Z' {
			continue
		}
		if candidate.role == "country" {
			if demonym, ok := r.demonymOf(candidate.country); ok && isShort(first) {
				candidate = demonym
			}
		}
		r.note(i, i+1, candidate.kind, candidate.name, candidate.country, candidate.role)
		return
	}
}

func (r *reading) demonymOf(country string) (name, bool) {
	demonym, ok := r.tables.demonyms[country]
	return name{kind: Nationality, name: demonym, country: country}, ok
}

// isShort tells US and UK, which serve as adjectives, from the names of countries
// that have one of their own.
func isShort(text string) bool {
	switch text {
	case "US", "U.S.", "UK", "U.K.", "UAE", "USA":
		return true
	}
	return false
}

// isAdjective tells "US troops" from "the US said".
func (r *reading) isAdjective(i int) bool {
	next := r.token(i + 1)
	if next.kind != word {
		return false
	}
	if next.capital {
		return true
	}
	if _, speaks := r.tables.verbs[next.lower]; speaks {
		return false
	}
	return !strings.HasSuffix(next.lower, "ed") && !isFunctionWord(next.lower)
}

// isFunctionWord holds the small words after which or before which a name ends.
func isFunctionWord(lower string) bool {
	switch lower {
	case "a", "an", "the", "and", "or", "but", "to", "in", "on", "of", "for", "is", "was", "are", "were", "has", "have", "had",
		"will", "would", "can", "could", "may", "might", "must", "should", "do", "does", "did", "be", "been", "with", "from", "by",
		"at", "as", "who", "which", "that", "also", "after", "before", "since", "when", "while", "over", "against", "into", "about",
		"not", "where", "if", "than", "then", "because", "through", "during", "without", "under", "between", "amid", "near", "until",
		"ahead", "only", "still", "so", "it", "its", "he", "she", "they", "this", "those", "these", "there", "now", "too", "says",
		"took", "made", "gave", "went", "came", "met", "sent", "began", "held", "left", "put", "saw", "knew", "withdrew", "nor",
		"alone", "itself", "out", "up", "off", "down", "all", "last", "next", "again", "however", "on-", "via", "along", "among",
		"toward", "towards", "despite", "like", "per", "whose", "whom", "led", "got", "ran", "fell", "rose", "lost", "won", "paid":
		return true
	}
	return false
}

// isSomebodysName keeps Jordan in Jordan Smith from being a country, and Wagner in
// Richard Wagner from being an army.
func (r *reading) isSomebodysName(i int, found name) bool {
	if found.kind == Nationality {
		return false
	}
	next, previous := r.token(i+1), r.token(i-1)
	if r.tables.given[r.tokens[i].text] && next.kind == word && next.capital && !next.caps {
		_, size := r.lookUp(i + 1)
		_, titled := r.titleAt(i + 1)
		return size == 0 && !titled && r.tables.keywords[next.text] == ""
	}
	return previous.kind == word && r.tables.given[previous.text] && previous.capital && found.role != "country" && !r.tokens[i].caps &&
		r.token(i-1).mention == 0
}

// isOrdinaryWord keeps Nice or Male at the start of a sentence from being a city,
// where the article also has the word in small letters.
func (r *reading) isOrdinaryWord(i int) bool {
	lower := r.tokens[i].lower
	if !r.tokens[i].opens || r.tokens[i].caps {
		return false
	}
	switch lower {
	case "nice", "male", "apple", "guardian", "amnesty", "bath", "reading", "post", "bild", "palma", "tyre", "wagner", "western":
		next := r.token(i + 1)
		return next.kind == word && !next.capital && !isFunctionWord(next.lower)
	}
	return false
}

// findEpithets finds the likes of "Russia's second city".
func (r *reading) findEpithets() {
	for _, each := range r.mentions {
		if each.thing == nil || each.kind != Place || each.role != "country" {
			continue
		}
		at := each.last
		if r.token(at).kind != possessive {
			continue
		}
		for _, epithet := range r.tables.epithets {
			if epithet.country != each.country || !r.wordsAt(at+1, epithet.words) {
				continue
			}
			for _, place := range r.tables.names[strings.Fields(epithet.place)[0]] {
				if place.name == epithet.place && strings.Join(place.words, " ") == epithet.place {
					r.noteInside(each.first, at+1+len(epithet.words), place)
					break
				}
			}
			break
		}
	}
}

// noteInside records a mention around others, without covering their tokens.
func (r *reading) noteInside(first, last int, found name) {
	covers := make([]int, last-first)
	for i := range covers {
		covers[i] = r.tokens[first+i].mention
	}
	r.note(first, last, found.kind, found.name, found.country, found.role)
	for i, cover := range covers {
		if cover > 0 {
			r.tokens[first+i].mention = cover
		}
	}
}

func (r *reading) wordsAt(i int, words []string) bool {
	for j, each := range words {
		if r.token(i+j).lower != each {
			return false
		}
	}
	return true
}

// titleCase writes MOSCOW as Moscow.
func titleCase(text string) string {
	runes := []rune(strings.ToLower(text))
	if len(runes) > 0 {
		runes[0] = []rune(strings.ToUpper(string(runes[0])))[0]
	}
	return string(runes)
}
