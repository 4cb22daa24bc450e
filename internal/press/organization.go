// SPDX-License-Identifier: Apache-2.0

package press

// Organisations and places that stand in no table, by the words of their names.

import "strings"

// runEnd gives the end of the row of capital words that begins at i, taking in
// "of", "of the", "for" and the like between them.
func (r *reading) runEnd(i int) int {
	end := i + 1
	for end < len(r.tokens) && r.adjoins(end) {
		each := r.token(end)
		if each.kind == word && each.capital {
			end++
			continue
		}
		if r.isPartOfName(end) {
			end += 2
			continue
		}
		size := r.joinAt(end)
		if size == 0 {
			break
		}
		end += size
	}
	return end
}

// isPartOfName tells the ’s of St. Anne’s Cathedral from that of Norvia’s Parliament.
func (r *reading) isPartOfName(i int) bool {
	return r.tokens[i].kind == possessive && r.thingAt(i-1) == nil && r.token(i+1).capital && r.isKeyword(i+1) && !r.isCalendar(i-1)
}

// adjoins tells whether nothing but a space, or nothing, is before the token.
func (r *reading) adjoins(i int) bool {
	return i > 0 && i < len(r.tokens) && r.tokens[i].start-r.tokens[i-1].end <= 1 && !strings.Contains(r.text[r.tokens[i-1].end:r.tokens[i].start], "\n") &&
		r.tokens[i].quoted == r.tokens[i-1].quoted
}

// joinAt gives how many small words at i join two capital words of one name.
func (r *reading) joinAt(i int) int {
	if !r.tokens[i].is("of", "for", "and", "de", "du", "des", "di", "del") {
		return 0
	}
	if r.tokens[i].is("and") && !r.insideLongName(i) {
		return 0
	}
	if r.token(i+1).capital && r.token(i+1).kind == word {
		return 1
	}
	if r.token(i+1).is("the", "la") && r.token(i+2).capital && r.token(i+2).kind == word {
		return 2
	}
	return 0
}

// insideLongName tells whether "and" follows "Ministry of X", whose name may go on.
func (r *reading) insideLongName(i int) bool {
	return r.token(i-2).is("of", "for") && r.tables.keywords[r.token(i-3).text] == Organization
}

func (r *reading) findOrganizations() {
	for i := 0; i < len(r.tokens); i++ {
		if r.tokens[i].kind != word || !r.tokens[i].capital {
			continue
		}
		end := r.runEnd(i)
		r.nameRun(i, end)
		i = end - 1
	}
	r.findIntroduced()
	r.findAcronyms()
}

// findIntroduced finds what a common noun introduces: the newspaper Port Times,
// the airline Example Air.
func (r *reading) findIntroduced() {
	for i := 0; i+1 < len(r.tokens); i++ {
		next := r.token(i + 1)
		if !r.tables.introduces[r.tokens[i].lower] || r.tokens[i].capital || next.kind != word || !next.capital || next.mention > 0 || !r.adjoins(i+1) || r.isCalendar(i+1) {
			continue
		}
		end := i + 2
		for end < len(r.tokens) && r.tokens[end].kind == word && r.tokens[end].capital && r.tokens[end].mention == 0 && r.adjoins(end) {
			end++
		}
		if _, titled := r.titleAt(i + 1); !titled && !r.tables.given[next.text] {
			r.note(i+1, end, Organization, r.phrase(i+1, end), "", "")
		}
	}
}

// nameRun looks for the name of an organisation, a place or an event in a row of
// capital words.
func (r *reading) nameRun(first, last int) {
	for first < last && r.isNoPartOfName(first) {
		first++
	}
	first = r.afterTitles(first, last)
	if last-first < 2 || r.allCaps(first, last) {
		return
	}
	head := -1
	for i := first; i < last; i++ {
		if r.isKeyword(i) {
			if _, titled := r.titleAt(i); titled && i+1 < last || r.titleBefore(i) {
				continue
			}
			// Red Square, but not Park in Park Min-jun
			if r.tables.keywords[r.tokens[i].text] == Place && i+1 < last && !r.token(i+1).is("of") {
				continue
			}
			head = i
			if r.token(i+1).is("of", "for") {
				break // Ministry of …: the name goes on from here
			}
		}
	}
	if head < 0 {
		return
	}
	for i := first + 1; i < head; i++ {
		if r.tokens[i].is("of", "for") && !r.anyKeyword(first, i) {
			first = i + 1 // Jane Roe of the Institute for …
		}
	}
	if r.tokens[first].is("the") {
		first++
	}
	end := head + 1
	kind := r.tables.keywords[r.tokens[head].text]
	if end < last && (r.token(end).is("of") || r.token(end).is("for") && kind == Organization) {
		end = r.beforeTitles(end, last)
	}
	if end-first < 2 || r.covered(first, end) {
		return
	}
	country := r.countryIn(first, end)
	if kind == Organization || kind == Place || kind == Event {
		r.drop(first, end)
		r.note(first, end, kind, r.phrase(first, end), country, r.roleOf(head))
	}
}

func (r *reading) anyKeyword(first, last int) bool {
	for i := first; i < last; i++ {
		if r.isKeyword(i) {
			return true
		}
	}
	return false
}

// isNoPartOfName tells a word that has its capital only from the sentence: The
// Ministry, but Foreign Ministry.
func (r *reading) isNoPartOfName(i int) bool {
	each := r.token(i)
	if each.is("the") || each.opens && (isFunctionWord(each.lower) || each.is("our", "my", "your", "both", "some", "every", "no", "according", "meanwhile", "however")) {
		return true
	}
	return each.opens && r.tables.common[each.lower] && r.thingAt(i) == nil && !r.isKeyword(i+1)
}

func (r *reading) isKeyword(i int) bool { return r.tables.keywords[r.token(i).text] != "" }

// covered tells whether one mention of the tables already spans the range.
func (r *reading) covered(first, last int) bool {
	at := r.tokens[first].mention
	return at > 0 && r.tokens[last-1].mention == at && r.mentions[at-1].kind != Nationality
}

func (r *reading) countryIn(first, last int) string {
	for i := first; i < last; i++ {
		if each := r.thingAt(i); each != nil && each.country != "" {
			return each.country
		}
	}
	if r.token(first-1).kind == possessive {
		if each := r.thingAt(first - 2); each != nil {
			return each.country
		}
	}
	return ""
}

func (r *reading) roleOf(head int) string {
	switch r.tokens[head].lower {
	case "front", "brigade", "brigades", "movement", "militia", "battalion", "cartel":
		return "militant"
	case "times", "post", "tribune", "herald", "gazette", "news":
		return "media"
	case "ministry", "department", "office", "parliament", "senate", "assembly", "council", "court":
		return "government"
	case "police", "service", "services", "guard", "constabulary", "bureau":
		return "service"
	case "company", "corp", "corp.", "inc", "inc.", "ltd", "ltd.", "airlines", "airways", "bank", "corporation":
		return "company"
	}
	return ""
}

func (r *reading) allCaps(first, last int) bool {
	for i := first; i < last; i++ {
		if !r.tokens[i].caps && !r.tokens[i].is("of", "for", "and") {
			return false
		}
	}
	return true
}

// findAcronyms joins "Harbour Safety Board (HSB)" with its short name, and takes a
// word of three to six capitals for an organisation.
func (r *reading) findAcronyms() {
	aliases := map[string]*thing{}
	for i := 1; i+1 < len(r.tokens); i++ {
		short := r.token(i)
		if !short.caps || !r.tokens[i-1].is("(") || !r.tokens[i+1].is(")") || r.tables.acronyms[short.text] {
			continue
		}
		if long := r.thingAt(i - 2); long != nil && (long.kind == Organization || long.kind == Event) {
			if own := r.thingAt(i); own == nil || own != long && !strings.EqualFold(own.name, long.name) && own.role == "" {
				r.drop(i, i+1)
				r.noteThing(i, long)
			}
			aliases[short.text] = long
			continue
		}
		if first := r.expansion(i-1, short.text); first >= 0 {
			long := r.thingAt(i)
			if long == nil {
				r.drop(first, i-1)
				long = r.note(first, i-1, Organization, r.phrase(first, i-1), r.countryIn(first, i-1), "")
				r.noteThing(i, long)
			}
			aliases[short.text] = long
		}
	}
	for i := range r.tokens {
		each := r.token(i)
		if each.kind != word || !each.caps || each.mention > 0 {
			continue
		}
		if known, ok := aliases[each.text]; ok {
			r.noteThing(i, known)
			continue
		}
		if r.looksLikeAcronym(i) {
			r.note(i, i+1, Organization, each.text, "", "")
		}
	}
}

func (r *reading) noteThing(i int, known *thing) {
	r.note(i, i+1, known.kind, known.name, known.country, known.role)
}

func (r *reading) looksLikeAcronym(i int) bool {
	each := r.token(i)
	if each.loud || len(each.text) < 3 || len(each.text) > 6 || r.tables.acronyms[each.text] || r.token(i-1).kind == number {
		return false
	}
	for _, char := range each.text {
		if char < 'A' || char > 'Z' {
			return false
		}
	}
	// In a heading or a dateline of capitals, capitals say nothing.
	return !(r.token(i-1).caps && len(r.token(i-1).text) > 3) && !(r.token(i+1).caps && len(r.token(i+1).text) > 3) &&
		!(r.tokens[i].opens && r.token(i+1).is(",", "(", "—", "–", "-", ":"))
}

// expansion finds the capital words before a bracket whose first letters make the
// short name, and gives where they begin, or -1.
func (r *reading) expansion(bracket int, short string) int {
	at := len(short) - 1
	for i := bracket - 1; i >= 0 && i > bracket-12; i-- {
		each := r.token(i)
		if each.kind != word {
			return -1
		}
		switch {
		case each.capital && strings.HasPrefix(each.text, short[at:at+1]):
			if at == 0 {
				return i
			}
			at--
		case each.is("of", "for", "and", "the", "on", "in", "de"):
		case each.capital:
		default:
			return -1
		}
	}
	return -1
}

// isPlaceCue tells whether a place may begin at i: after "in" or "near", or after
// "the town of".
func (r *reading) isPlaceCue(i int) bool {
	previous := r.token(i - 1)
	return previous.is("in", "near", "outside", "from", "at") ||
		previous.is("of") && r.token(i-2).is("city", "town", "village", "port", "district", "province", "region", "island", "suburb", "state", "capital", "outskirts", "south", "north", "east", "west")
}

// findPlaces takes a capital word behind such a cue for a place, if nothing else
// is known of it.
func (r *reading) findPlaces() {
	for i := 1; i < len(r.tokens); i++ {
		each := r.token(i)
		if each.kind != word || !each.capital || each.caps || each.mention > 0 || !r.isPlaceCue(i) || r.isCalendar(i) || r.tables.common[each.lower] {
			continue
		}
		end := i + 1
		for end < len(r.tokens) && end < i+3 && r.tokens[end].kind == word && r.tokens[end].capital && r.tokens[end].mention == 0 && r.adjoins(end) {
			end++
		}
		if _, titled := r.titleAt(i); titled || strings.Contains(each.text, "-") && !strings.Contains(each.text, "-on-") || r.token(end).kind == number {
			continue
		}
		if r.token(i-1).is("from", "at") && r.token(end).kind == possessive {
			continue
		}
		country := ""
		if next := r.thingAt(end + 1); r.token(end).is(",") && next != nil && next.kind == Place {
			country = next.country
		}
		r.note(i, end, Place, r.phrase(i, end), country, "city")
	}
}
