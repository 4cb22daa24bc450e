// SPDX-License-Identifier: Apache-2.0

package press

// Who says it: attributions and whom they name.

import "strings"

// attribution is the part of a sentence that says who speaks.
type attribution struct {
	source   string
	named    *thing // of the source, where it is an entity
	verb     int    // token
	first    int    // token at which the subject begins
	judged   bool   // the verb is one of estimate or belief
	trailing bool   // stands behind what is said
}

// speakers remembers who spoke, for "it added" and "he said".
type speakers struct {
	last   string // whoever it was
	person string
	body   string // an organisation or another thing
}

func (s *speakers) remember(a attribution) {
	if a.source == "" {
		return
	}
	s.last = a.source
	if a.named != nil && a.named.kind == Person {
		s.person = a.source
		return
	}
	s.body = a.source
}

// speechVerb tells whether the token is a verb of saying in a place where a verb
// may stand, and its class in verbs.txt.
func (d *document) speechVerb(i int) (string, bool) {
	each := d.token(i)
	if each.kind != word || each.capital {
		return "", false
	}
	class, found := d.tables.verbs[each.lower]
	if !found {
		return "", false
	}
	previous, next := d.token(i-1), d.token(i+1)
	if previous.is("not", "never", "hasn’t", "haven’t", "hadn’t") {
		return "", false
	}
	if base, found := strings.CutPrefix(class, "base"); found {
		class = map[string]string{"": "say", "judge": "judge"}[base]
		if previous.is("not", "would", "will", "could", "can", "cannot", "may", "might", "must", "should", "did", "does", "do", "didn’t", "don’t", "won’t", "wouldn’t", "please", "let", "and", "or") {
			return "", false
		}
	}
	if previous.is("a", "an", "the", "to", "of", "his", "her", "its", "their", "no", "any", "some", "these", "those", "was", "were", "is", "are", "be", "been", "being", "who", "which", "that", "it’s", "what", "as", "such", "more", "in", "for", "by", "with", "on", "from", "all", "each", "little", "much", "without", "reasonable") || previous.kind == possessive || next.kind == possessive {
		return "", false
	}
	if strings.HasSuffix(each.lower, "s") && (next.is("of", "about", "by", "on", "from", "to", "were", "are", "have", "had", "could", "will", "would", "may", "and") || isAdjectival(previous.lower)) {
		return "", false // the noun: claims of, media reports were
	}
	if (each.is("reported", "alleged", "suspected", "feared", "expected", "confirmed", "estimated", "claimed", "promised", "announced") && next.kind == word && !isFunctionWord(next.lower) && !next.capital) && isFunctionWord(previous.lower) && !isPronoun(previous.lower) {
		return "", false // the participle: of suspected members
	}
	return class, true
}

func isAdjectival(lower string) bool {
	switch lower {
	case "media", "news", "recent", "several", "many", "such", "similar", "previous", "earlier", "conflicting", "early", "false", "unconfirmed", "intelligence", "press", "public":
		return true
	}
	return false
}

func isPronoun(lower string) bool {
	switch lower {
	case "it", "he", "she", "they", "we", "i":
		return true
	}
	return false
}

// attribute finds who speaks in a clause that is part of a sentence. What stands
// within quotation marks does not count: those are the speaker's words.
func (r *reading) attribute(clause, sentence span, memory *speakers) (attribution, bool) {
	if found, ok := r.accordingTo(clause, memory); ok {
		return found, true
	}
	var best attribution
	seen := false
	for i := clause.first; i < clause.last; i++ {
		if r.tokens[i].quoted {
			continue
		}
		class, ok := r.speechVerb(i)
		if !ok {
			continue
		}
		found, ok := r.speakerOf(i, class, clause, sentence, memory)
		if !ok {
			continue
		}
		if found.trailing {
			return found, true
		}
		if !seen {
			best, seen = found, true
		}
	}
	return best, seen
}

// accordingTo reads "according to the ministry".
func (r *reading) accordingTo(clause span, memory *speakers) (attribution, bool) {
	for i := clause.first; i+2 < clause.last; i++ {
		if r.tokens[i].quoted || !r.tokens[i].is("according") || !r.tokens[i+1].is("to") {
			continue
		}
		end := i + 2
		for end < clause.last && !r.endsSource(end) {
			end++
		}
		found := attribution{verb: i, first: i, trailing: i > clause.first+1}
		found.source, found.named = r.resolve(i+2, end, memory)
		return found, found.source != ""
	}
	return attribution{}, false
}

func (r *reading) endsSource(i int) bool {
	each := r.token(i)
	return each.kind == mark && !each.is("-", "’") || each.is("who", "which", "that", "as", "but", "while", "after", "when", "where", "on") || each.date > 0 ||
		each.is("in") && r.thingAt(i+1) == nil || each.is("and") && r.token(i+1).is("the", "it", "he", "she", "they", "was", "were")
}

// speakerOf finds the subject of the verb of saying at i.
func (r *reading) speakerOf(i int, class string, clause, sentence span, memory *speakers) (attribution, bool) {
	if found, ok := r.inverted(i, clause, memory); ok {
		found.judged = class == "judge"
		return found, true
	}
	if strings.HasSuffix(r.tokens[i].lower, "ing") {
		return r.participle(i, class, clause, sentence, memory)
	}
	end := r.beforeAdverbs(i, clause.first)
	first := r.subjectStart(end, clause.first)
	if first >= end && r.token(end-1).is("and", "but") && end-1 > clause.first {
		if found, ok := r.subjectOf(clause.first, i); ok && (class != "strict" || r.introduces(i, clause.last, false)) {
			return attribution{source: found.name, named: found, verb: i, first: clause.first, judged: class == "judge"}, true
		}
	}
	if first >= end {
		first, end = r.acrossApposition(end, clause.first)
	}
	for first < end && (r.tokens[first].date > 0 || r.tokens[first].is("then", "but", "and", "also", "later", "meanwhile", "earlier", "both", "so", "now", "nonetheless", "however")) {
		first++
	}
	for end > first && r.tokens[end-1].date > 0 {
		end--
	}
	first = r.afterPreposition(first, end)
	if first >= end {
		return attribution{}, false
	}
	trailing := first > clause.first && r.followsStatement(first)
	if class == "strict" && !r.introduces(i, clause.last, trailing) {
		return attribution{}, false
	}
	found := attribution{verb: i, first: first, judged: class == "judge", trailing: trailing && r.nearEnd(i, clause.last)}
	found.source, found.named = r.resolve(first, end, memory)
	return found, found.source != "" && !r.isNoSpeaker(first, end)
}

// subjectOf gives the subject of a second verb, "… refused but told Doe": the
// first one named in the clause who is not only somebody's owner.
func (r *reading) subjectOf(first, verb int) (*thing, bool) {
	for i := first; i < min(verb, first+12); i++ {
		each := r.thingAt(i)
		if r.tokens[i].quoted || each == nil || each.kind == Nationality || each.kind == Place && each.role != "country" {
			continue
		}
		if end := r.mentions[r.tokens[i].mention-1].last; r.token(end).kind == possessive || end < verb && r.tokens[end].kind == word && r.isTitled(end) {
			continue
		}
		return each, true
	}
	return nil, false
}

// isNoSpeaker refuses subjects that are no more than a number, a date or a small
// word.
func (r *reading) isNoSpeaker(first, end int) bool {
	if end-first == 1 {
		each := r.token(first)
		return each.kind != word || !isPronoun(each.lower) && isFunctionWord(each.lower) || each.is("there", "this", "nothing", "something", "nobody", "none")
	}
	if r.tokens[first].is("no", "neither") {
		return true
	}
	return end-first > 14
}

// beforeAdverbs steps back over "also", "later", "has".
func (r *reading) beforeAdverbs(i, first int) int {
	for i > first {
		previous := r.token(i - 1)
		if previous.kind == word && (previous.is("also", "then", "later", "earlier", "has", "had", "have", "again", "further", "once", "first", "himself", "herself", "itself", "themselves", "only", "just", "long") || strings.HasSuffix(previous.lower, "ly") && !previous.capital && !previous.is("family", "assembly", "daily", "weekly")) {
			i--
			continue
		}
		break
	}
	return i
}

// subjectStart gives where the words before end that may be its subject begin.
func (r *reading) subjectStart(end, first int) int {
	i := end
	for i > first {
		previous := r.token(i - 1)
		switch {
		case previous.is(")"):
			open := i - 1
			for open > first && !r.tokens[open].is("(") {
				open--
			}
			if open == first {
				return i
			}
			i = open
			continue
		case previous.kind == mark && !previous.is("-", "&"):
			return i
		case previous.is("that", "which", "who", "after", "while", "as", "because", "but", "when", "where", "before", "since", "although", "though", "if", "whether", "than"):
			return i
		case previous.is("and", "or") && !r.joinsSubjects(i-1, first):
			return i
		}
		if _, speaks := r.speechVerb(i - 1); speaks && !previous.is("forecast") {
			return i
		}
		i--
	}
	return i
}

// joinsSubjects tells "Roe and Doe said" from "he left and Doe said".
func (r *reading) joinsSubjects(and, first int) bool {
	left, right := r.thingAt(and-1), r.thingAt(and+1)
	if left != nil && right != nil {
		return and-1 == first || r.mentions[r.tokens[and-1].mention-1].first <= first+4
	}
	return right == nil && left == nil && !r.token(and+1).is("the", "a", "an", "it", "he", "she", "they", "his", "her", "its", "their") && and-first <= 3
}

// acrossApposition goes back over "Jane Roe, a spokeswoman for the port, said".
func (r *reading) acrossApposition(end, first int) (int, int) {
	if end <= first || !r.tokens[end-1].is(",", "—", "–") {
		return end, end
	}
	best, bestEnd := end, end
	for range 4 {
		last := end - 1
		if last <= first || !r.tokens[last].is(",", "—", "–") {
			break
		}
		comma := last - 1
		for comma > first && !r.tokens[comma].is(",") && last-comma < 20 {
			comma--
		}
		if r.tokens[comma].is(",") && r.token(comma+1).is("who", "which", "whose", "where", "whom") {
			end = comma + 1 // "…, who asked not to be named, said": not the speaker
			continue
		}
		start := r.subjectStart(last, first)
		if start >= last {
			break
		}
		best, bestEnd = start, last
		if each := r.personIn(start, last); each != nil && (r.tokens[start].mention > 0 || r.tokens[start].capital || r.isTitled(start)) {
			break
		}
		end = start
	}
	return best, bestEnd
}

func (r *reading) isTitled(i int) bool {
	_, found := r.titleAt(i)
	return found
}

// afterPreposition finds the subject in "In 2015 security services estimated",
// where no comma parts the two.
func (r *reading) afterPreposition(first, end int) int {
	if first >= end || !r.tokens[first].is("in", "at", "on", "during", "after", "with", "from", "by", "for", "near", "outside", "following", "despite") {
		return first
	}
	if at := r.tokens[end-1].mention; at > 0 && r.mentions[at-1].first > first {
		return r.mentions[at-1].first
	}
	for i := end - 1; i > first; i-- {
		if r.tokens[i].is("the", "a", "an", "its", "their", "his", "her") || isPronoun(r.tokens[i].lower) {
			return i
		}
	}
	return end
}

// followsStatement tells whether a subject stands behind what was said: after a
// comma or a closing quotation mark.
func (r *reading) followsStatement(first int) bool {
	previous := r.token(first - 1)
	return previous.is("”", "’", "\"") || previous.is(",", "—", "–") && !r.isLeadIn(first-1)
}

// isLeadIn tells whether the comma only parts an introduction from the sentence:
// "On Tuesday, Doe said".
func (r *reading) isLeadIn(comma int) bool {
	for i := comma - 1; i >= max(0, comma-40); i-- {
		each := r.token(i)
		if each.quoted || each.is("”", "\"") {
			return false
		}
		if each.opens {
			return each.is("in", "on", "at", "after", "before", "during", "since", "by", "for", "with", "following", "despite", "amid", "nonetheless", "meanwhile", "however", "earlier", "later", "last", "but", "and", "still", "separately", "also", "speaking", "asked", "when", "as", "while", "if", "to") || each.date > 0 || comma-i <= 2
		}
	}
	return false
}

// nearEnd tells whether little but a place, a date or an addressee follows.
func (r *reading) nearEnd(verb, last int) bool {
	for i := verb + 1; i < last; i++ {
		each := r.token(i)
		if each.quoted || each.is("that") {
			return false
		}
		if each.kind == mark && !each.is("(", ")", "-") {
			return true
		}
		if i > verb+14 {
			return false
		}
	}
	return true
}

// introduces tells whether a verb that does not always speak does so here.
func (r *reading) introduces(i, last int, trailing bool) bool {
	next := r.token(i + 1)
	switch {
	case trailing && (next.kind == mark || next.is("in", "on", "at", "to", "during", "when", "after")):
		return true
	case next.is("that", "how", "why", "whether", "“", "\"", "‘", ":"):
		return true
	case r.tokens[i].is("called", "calls", "calling") && next.is("it", "him", "her", "them", "this"):
		return true
	case next.is("in", "on", "at", "to"):
		for j := i + 2; j < i+7 && j < last && r.tokens[j].kind == word; j++ {
			if r.tokens[j].is("that") {
				return true
			}
		}
		return false
	case isPronoun(next.lower) && !r.tokens[i].is("called", "asked", "found", "showed"):
		return true
	case r.tokens[i].is("called", "calls", "calling", "described", "describes", "describing"):
		for j := i + 1; j < last; j++ {
			if r.tokens[j].quoted {
				return true
			}
			if r.tokens[j].is("to", ",") {
				return false
			}
		}
		return r.tokens[i].is("describing", "described")
	case next.is(",") && r.token(i+2).is("“", "\""):
		return true
	}
	return false
}

// inverted reads “…,” said Jane Roe, head of the port.
func (r *reading) inverted(i int, clause span, memory *speakers) (attribution, bool) {
	previous := r.token(i - 1)
	if i == clause.first || !previous.is("”", "’", "\"", ",") || !r.tokens[i].is("said", "says", "added", "adds", "wrote", "asked", "warned", "explained", "tweeted", "insisted", "noted", "announced", "continued", "recalled") {
		return attribution{}, false
	}
	if previous.is(",") && !r.token(i-2).is("”", "\"", "’") && !r.token(i+1).capital && !r.token(i+1).is("the", "a", "an", "one") {
		return attribution{}, false
	}
	end := i + 1
	for end < clause.last && !r.endsSource(end) && !r.tokens[end].is("of") {
		end++
	}
	if end == i+1 {
		return attribution{}, false
	}
	if each := r.thingAt(end - 1); previous.is(",") && !r.token(i-2).is("”", "\"", "’") && (each == nil || end < clause.last && !r.tokens[end].is(",", ".")) {
		return attribution{}, false
	}
	found := attribution{verb: i, first: i, trailing: true}
	found.source, found.named = r.resolve(i+1, end, memory)
	return found, found.source != ""
}

// participle reads "…, saying that" (its subject is the sentence's), "with experts
// describing" and "was quoted as saying".
func (r *reading) participle(i int, class string, clause, sentence span, memory *speakers) (attribution, bool) {
	previous := r.token(i - 1)
	if class == "strict" && !r.introduces(i, clause.last, false) {
		return attribution{}, false
	}
	if previous.is(",") {
		first := sentence.first
		for j := sentence.first; j < i; j++ {
			each := r.thingAt(j)
			if each == nil || each.kind == Nationality || each.kind == Event || each.kind == Place && each.role != "country" {
				continue
			}
			if j > first+8 {
				break
			}
			return attribution{source: each.name, named: each, verb: i, first: i, judged: class == "judge"}, true
		}
		return attribution{source: memory.last, verb: i, first: i, judged: class == "judge"}, memory.last != ""
	}
	for j := i - 1; j >= clause.first && j > i-8; j-- {
		if r.tokens[j].is("with") && j+1 < i {
			found := attribution{verb: i, first: j, judged: class == "judge"}
			found.source, found.named = r.resolve(j+1, i, memory)
			return found, found.source != ""
		}
		if r.tokens[j].kind == mark {
			break
		}
	}
	return attribution{}, false
}
