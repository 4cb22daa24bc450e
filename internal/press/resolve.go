// SPDX-License-Identifier: Apache-2.0

package press

// Whom the words of a source mean.

import "strings"

// resolve gives the name that the tokens of a source stand for, and the entity,
// if they name one.
func (r *reading) resolve(first, last int, memory *speakers) (string, *thing) {
	for last > first && r.tokens[last-1].kind == mark && !r.tokens[last-1].is(")") {
		last--
	}
	definite := first < last && r.tokens[first].is("the", "this", "that")
	for first < last && r.tokens[first].is("the", "a", "an", "both", "this", "that", "but", "and") {
		first++
	}
	if first >= last {
		return "", nil
	}
	if last-first == 1 {
		if name, known := r.pronoun(first, memory); known {
			return name, nil
		}
	}
	if pair := r.pairIn(first, last); pair != "" {
		return pair, nil
	}
	if each := r.personIn(first, last); each != nil {
		return each.name, each
	}
	if last-first == 1 && memory.body != "" && r.tokens[first].is("spokesman", "spokeswoman", "spokesperson") {
		return memory.body + " " + r.tokens[first].lower, nil
	}
	if each := r.thingAt(first); each != nil && r.spans(first, last) && each.kind != Nationality {
		return each.name, each
	}
	if each := r.organizationAt(first, last); each != nil {
		return each.name, each
	}
	if definite && last-first <= 2 {
		if strings.Contains(" "+strings.ToLower(memory.last)+" ", " "+r.tokens[last-1].lower+" ") {
			return memory.last, nil // "the official", after "a port official"
		}
		if name, named := r.generic(first, last, memory); name != "" {
			return name, named
		}
	}
	if r.tokens[first].is("its", "his", "her", "their") {
		owner := ""
		switch {
		case r.tokens[first].is("his", "her"):
			owner, _ = r.pronounOf("he", first, memory)
		case r.tokens[first].is("its"):
			owner = memory.body
		}
		first++
		if first >= last {
			return "", nil
		}
		if owner != "" && last-first <= 3 {
			return owner + "’s " + r.phrase(first, last), nil
		}
	}
	text := r.phrase(first, min(last, first+10))
	if r.tokens[first].opens && r.thingAt(first) == nil && !r.tokens[first].caps && r.tables.common[r.tokens[first].lower] {
		text = r.tokens[first].lower + text[len(r.tokens[first].text):]
	}
	return text, nil
}

// organizationAt finds the organisation at the end of "Norvia's Harbour Board" or
// "the newspaper Port Times".
func (r *reading) organizationAt(first, last int) *thing {
	for last-1 > first && r.tokens[last-1].mention == 0 && r.tokens[last-1].is("agency", "news", "newspaper", "website", "group", "service", "network", "channel") {
		last--
	}
	at := r.tokens[last-1].mention
	if at == 0 || r.mentions[at-1].thing == nil || r.mentions[at-1].kind != Organization {
		return nil
	}
	for i := first; i < r.mentions[at-1].first; i++ {
		each := r.token(i)
		owner := r.thingAt(i)
		if each.kind == possessive || owner != nil && (owner.kind == Place || owner.kind == Nationality || r.token(r.mentions[each.mention-1].last).kind == possessive) {
			continue
		}
		if owner != nil ||
			!each.is("newspaper", "daily", "weekly", "magazine", "agency", "news", "broadcaster", "website", "network", "channel", "group", "operator", "company", "party", "state-run", "state", "national", "foreign", "domestic", "local", "security", "intelligence", "service") {
			return nil
		}
	}
	return r.mentions[at-1].thing
}

// pairIn joins the names of two who speak together.
func (r *reading) pairIn(first, last int) string {
	for i := first + 1; i+1 < last; i++ {
		left, right := r.thingAt(i-1), r.thingAt(last-1)
		if r.tokens[i].is("and") && left != nil && right != nil && left.kind == right.kind && left != right && (left.kind == Person || r.mentions[r.tokens[i-1].mention-1].first == first && r.mentions[r.tokens[last-1].mention-1].first == i+1) {
			return left.name + " and " + right.name
		}
	}
	return ""
}

func (r *reading) pronoun(i int, memory *speakers) (string, bool) {
	return r.pronounOf(r.tokens[i].lower, i, memory)
}

// pronounOf gives whom a pronoun at i means; known is false for other words.
func (r *reading) pronounOf(lower string, i int, memory *speakers) (name string, known bool) {
	each := &token{lower: lower}
	switch {
	case each.is("it"):
		if memory.body != "" {
			return memory.body, true
		}
		return r.lastNamed(i, Organization, ""), true
	case each.is("he", "she"):
		if memory.person != "" && memory.person == memory.last {
			return memory.person, true
		}
		if name := r.lastNamed(i, Person, ""); name != "" {
			return name, true
		}
		return memory.person, true
	case each.is("they"):
		return memory.last, true
	case each.is("we", "i", "who", "which", "there", "what", "you"):
		return "", true
	}
	return "", false
}

// lastNamed gives the last thing of a kind named before i; for an organisation, if
// word is not empty, one with that word in its name or its role.
func (r *reading) lastNamed(i int, kind, word string) string {
	for j := i - 1; j >= 0 && j > i-600; j-- {
		each := r.thingAt(j)
		if each == nil || each.kind != kind {
			continue
		}
		if word == "" || strings.Contains(strings.ToLower(each.name), word) || each.role == word {
			return each.name
		}
	}
	return ""
}

// personIn finds the person that a source names: at its start, before what says
// who that is, or at its end, after a title.
func (r *reading) personIn(first, last int) *thing {
	at := r.tokens[last-1].mention
	if at > 0 && r.mentions[at-1].thing != nil && r.mentions[at-1].kind == Person {
		if head := r.mentions[at-1].first; head <= first || !r.token(head-1).is("of", "to", "for", "and", "with", "by") {
			return r.mentions[at-1].thing
		}
	}
	head := r.afterTitles(first, last)
	for head < last && head < first+8 && r.thingAt(head) != nil && r.thingAt(head).kind != Person {
		head = r.afterTitles(r.mentions[r.tokens[head].mention-1].last, last)
	}
	if head >= last {
		return nil
	}
	at = r.tokens[head].mention
	if at > 0 && r.mentions[at-1].thing != nil && r.mentions[at-1].kind == Person {
		if end := r.mentions[at-1].last; r.token(end).kind != possessive && !r.token(end).is("and") {
			return r.mentions[at-1].thing
		}
	}
	return nil
}

// spans tells whether one mention takes up the whole source, or all of it but a
// short name in brackets or a common noun such as "agency".
func (r *reading) spans(first, last int) bool {
	end := r.mentions[r.tokens[first].mention-1].last
	if end >= last {
		return true
	}
	if r.tokens[end].is("(") && r.tokens[last-1].is(")") {
		return true
	}
	return end+1 == last && r.tokens[end].is("agency", "service", "group", "channel", "network", "newspaper", "website") ||
		end+2 == last && r.tokens[end].is("news", "security", "intelligence", "jihadist", "militant") && r.tokens[end+1].is("agency", "service", "group", "channel")
}

// generic resolves "the statement", "the ministry", "the minister".
func (r *reading) generic(first, last int, memory *speakers) (string, *thing) {
	head := r.token(last - 1)
	switch {
	case head.is("statement", "communique", "communiqué", "report", "release", "message", "post", "document", "letter", "note", "readout"):
		return memory.last, nil
	case head.is("group", "organisation", "organization", "militants", "movement"):
		if name := r.lastNamed(first, Organization, "militant"); name != "" {
			return name, r.named[Organization+"\x00"+strings.ToLower(name)]
		}
	case head.is("ministry", "agency", "office", "company", "service", "court", "bank", "party", "union", "university", "embassy", "commission", "committee", "department", "council", "bureau", "authority", "board", "police", "parliament", "institute", "operator", "airline", "newspaper", "network", "channel"):
		if last-first > 1 {
			return "", nil
		}
		if name := r.lastNamed(first, Organization, head.lower); name != "" {
			return name, r.named[Organization+"\x00"+strings.ToLower(name)]
		}
		if memory.body != "" && head.is("agency", "service", "office", "company", "operator") {
			return memory.body, nil
		}
	case head.is("minister", "president", "mayor", "spokesman", "spokeswoman", "spokesperson", "director", "leader", "governor", "chancellor", "premier", "ambassador", "general", "judge", "analyst", "commissioner", "secretary", "prosecutor", "captain", "chief", "professor"):
		if memory.person != "" {
			return memory.person, r.named[Person+"\x00"+strings.ToLower(memory.person)]
		}
	}
	return "", nil
}
