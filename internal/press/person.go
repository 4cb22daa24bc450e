// SPDX-License-Identifier: Apache-2.0

package press

// People, by their titles, given names and what is said beside their names.

import "strings"

// particles join the words of a name without a capital.
func isParticle(lower string) bool {
	switch lower {
	case "al", "bin", "ibn", "abu", "de", "del", "della", "di", "da", "dos", "du", "la", "el", "van", "von", "der", "den", "ten", "ter", "ben", "bint":
		return true
	}
	return false
}

// titleAt gives how many tokens at i make a title.
func (r *reading) titleAt(i int) (int, bool) {
	for _, words := range r.tables.titles[r.token(i).lower] {
		if r.wordsAt(i, words) {
			return len(words), true
		}
	}
	return 0, false
}

// titleBefore tells whether a title ends just before i.
func (r *reading) titleBefore(i int) bool {
	for size := 1; size <= 4 && i-size >= 0; size++ {
		if length, found := r.titleAt(i - size); found && length == size {
			return r.adjoins(i) || r.token(i).kind == mark
		}
	}
	return false
}

// afterTitles skips the titles at the start of a row of capital words, if a name
// is left after them.
func (r *reading) afterTitles(first, last int) int {
	for first < last {
		size, found := r.titleAt(first)
		if !found || first+size >= last || r.token(first+size).is("of", "for") {
			return first
		}
		first += size
	}
	return first
}

// beforeTitles ends a name that goes on after "of" before the next title, if
// there is one: Ministry of Health Director Jane Roe.
func (r *reading) beforeTitles(first, last int) int {
	for i := first + 1; i < last; i++ {
		if size, found := r.titleAt(i); found && i+size < last {
			return i
		}
	}
	return last
}

func (r *reading) findPersons() {
	for i := 0; i < len(r.tokens); i++ {
		if !r.mayName(i) || r.tokens[i].opens && r.tables.common[r.tokens[i].lower] && !r.tables.given[r.tokens[i].text] {
			continue
		}
		first := i
		for size, found := r.titleAt(first); found && first < i+8 && r.adjoins(first+size) && r.mayName(first+size); size, found = r.titleAt(first) {
			first += size
		}
		titled := first > i || r.titleBefore(i)
		last := r.nameEnd(first)
		switch {
		case r.isPerson(first, last, titled):
			r.notePerson(first, last)
			i = last - 1
		case last-first > 5:
			i = last - 1
		}
	}
	r.mergePersons()
}

func (r *reading) mayName(i int) bool {
	each := r.token(i)
	return each.kind == word && each.capital && each.mention == 0 && !r.isCalendar(i)
}

// nameEnd gives the end of the row of capital words and particles at i.
func (r *reading) nameEnd(i int) int {
	end := i + 1
	for end < len(r.tokens) && r.adjoins(end) {
		if r.mayName(end) {
			// Ostrel Mayor Ada Lund: the name begins after the title.
			if size, titled := r.titleAt(end); titled && end+size < len(r.tokens) && r.adjoins(end+size) && r.mayName(end+size) {
				break
			}
			end++
			continue
		}
		joined := end
		for joined < end+2 && joined < len(r.tokens) && isParticle(r.tokens[joined].lower) {
			joined++
		}
		if joined == end || joined >= len(r.tokens) || !r.mayName(joined) {
			break
		}
		end = joined + 1
	}
	return end
}

func (r *reading) isPerson(first, last int, titled bool) bool {
	if first >= last || last-first > 5 {
		return false
	}
	for i := first; i < last; i++ {
		each := r.token(i)
		if r.tables.keywords[each.text] != "" && !titled || each.caps && len(each.text) > 3 && !titled || strings.HasSuffix(each.lower, "-language") {
			return false
		}
		if digitIn(each.text) {
			return false
		}
	}
	given := r.tables.given[r.tokens[first].text]
	if last-first == 1 {
		_, isTitle := r.titleAt(first)
		return titled && !isTitle && !r.tables.common[r.tokens[first].lower] && !r.tokens[first].caps
	}
	if r.tables.common[r.tokens[first].lower] && !given {
		return false
	}
	return given || titled || r.speaksAt(last) || r.isIntroduced(last)
}

func digitIn(text string) bool { return strings.ContainsAny(text, "0123456789") }

// speaksAt tells whether a verb of saying follows.
func (r *reading) speaksAt(i int) bool {
	class, found := r.speechVerb(i)
	return found && class != "strict"
}

// isIntroduced tells whether what follows the name says what somebody is: an age,
// or "a spokesman for", "the minister of".
func (r *reading) isIntroduced(i int) bool {
	if !r.token(i).is(",", "(") {
		return false
	}
	next := r.token(i + 1)
	if next.kind == number && len(next.text) == 2 && r.token(i+2).is(",", ")") {
		return true
	}
	if next.is("a", "an", "the", "his", "her", "its", "who") {
		i++
	}
	for j := i + 1; j < i+5; j++ {
		if r.token(j).kind != word {
			return next.is("who") && r.token(i+1).kind == word
		}
		if _, found := r.titleAt(j); found && !r.token(j).capital {
			return true
		}
	}
	return false
}

func (r *reading) notePerson(first, last int) {
	r.note(first, last, Person, r.phrase(first, last), r.countryBefore(first), "")
}

// countryBefore gives the country of the nationality, place or organisation that
// stands before somebody's title: Russian President, CIA Director.
func (r *reading) countryBefore(first int) string {
	i := first - 1
	if r.token(i).is(",") && r.titleBefore(i) {
		i-- // Norvia's foreign minister, Lars Doe
	}
	for size := 3; size >= 1; size-- {
		for i-size+1 >= 0 {
			length, found := r.titleAt(i - size + 1)
			if !found || length != size {
				break
			}
			i -= size
		}
	}
	for i >= 0 && (r.tokens[i].kind == possessive || r.tokens[i].is("foreign", "interior", "security", "defence", "defense", "then", "former", "deputy", "state")) {
		i--
	}
	if i == first-1 || i < 0 {
		if each := r.thingAt(first - 1); each == nil || each.kind != Nationality {
			return ""
		}
	}
	if each := r.thingAt(i); each != nil && each.kind != Person {
		return each.country
	}
	return ""
}

// surname gives the last word of a name, or the first where that is the family's.
func (r *reading) surname(name string) string {
	first, rest, found := strings.Cut(name, " ")
	if found && r.tables.families[first] && (!r.tables.given[rest] || strings.Contains(rest, "-")) {
		return first
	}
	return name[strings.LastIndexByte(name, ' ')+1:]
}

// mergePersons joins a surname that stood alone behind a title with the full name
// found elsewhere, and a longer form of a name with a shorter one.
func (r *reading) mergePersons() {
	bySurname, byEnds, merged := map[string]*thing{}, map[string]*thing{}, map[*thing]*thing{}
	for _, each := range r.order {
		if each.kind != Person || !strings.Contains(each.name, " ") {
			continue
		}
		if _, known := bySurname[r.surname(each.name)]; !known {
			bySurname[r.surname(each.name)] = each
		}
		ends := firstWord(each.name) + " " + r.surname(each.name)
		if known := byEnds[ends]; known == nil || len(known.name) < len(each.name) {
			byEnds[ends] = each
		}
	}
	for _, each := range r.order {
		if each.kind != Person {
			continue
		}
		long := byEnds[firstWord(each.name)+" "+r.surname(each.name)]
		if !strings.Contains(each.name, " ") {
			long = bySurname[each.name]
		}
		if long != nil && long != each {
			merged[each] = long
		}
	}
	for i := range r.mentions {
		long, short := merged[r.mentions[i].thing]
		if !short {
			continue
		}
		if long.country == "" {
			long.country = r.mentions[i].country
		}
		r.mentions[i].thing.kind = ""
		r.mentions[i].thing = long
	}
}

func firstWord(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}

// findSurnames finds the people already named where only their surname stands.
func (r *reading) findSurnames() {
	known := map[string]*thing{}
	for _, each := range r.order {
		if each.kind != Person {
			continue
		}
		last := r.surname(each.name)
		known[last] = each
		if bare, found := articlePrefix(strings.ToLower(last), last); found {
			known[bare] = each
		}
	}
	for i := range r.tokens {
		each := r.token(i)
		if each.kind != word || !each.capital || each.mention > 0 {
			continue
		}
		text := each.text
		if each.caps && len(text) >= 4 {
			text = titleCase(text)
		}
		if found, ok := known[text]; ok {
			r.note(i, i+1, Person, found.name, found.country, "")
		}
	}
}
