// SPDX-License-Identifier: Apache-2.0

package press

// Where a sentence says more than one thing.

import "strings"

// clauses cuts a sentence where another claim begins, never within quotation
// marks. The cuts are few and safe: a sentence that is not understood stays whole.
func (r *reading) clauses(sentence span) []span {
	var result []span
	start := sentence.first
	for i := sentence.first + 3; i+2 < sentence.last; i++ {
		if r.tokens[i].quoted {
			continue
		}
		if r.beginsReport(i, sentence.last) && i-start >= 3 {
			if cut := r.beforeMeasure(i); cut-start >= 3 {
				result = append(result, span{start, cut})
				start = cut
			}
			continue
		}
		if r.tokens[i].kind != mark {
			continue
		}
		if next := r.cutAfter(i, sentence.last); next > 0 && i-start >= 3 {
			end := i
			if !r.tokens[i].is(",", ";") {
				end++ // the quotation mark behind the comma
			}
			result = append(result, span{start, end})
			start = next
		}
	}
	result = append(result, span{start, sentence.last})
	var cut []span
	for _, each := range result {
		cut = append(cut, r.cutByDate(each)...)
	}
	return cut
}

// cutAfter gives where the next claim begins behind the mark at i, or 0.
func (r *reading) cutAfter(i, last int) int {
	if r.tokens[i].is(";") {
		return i + 1
	}
	next := r.token(i + 1)
	comma := r.tokens[i].is(",") || r.tokens[i].is("”", "\"") && r.tokens[i-1].is(",")
	if !comma || next.quoted {
		return 0
	}
	switch {
	case next.is("including"):
		if r.hasFact(i+1, last) {
			return i + 1
		}
	case next.is("making", "raising", "fuelling", "fueling", "suggesting", "prompting"):
		return i + 1
	case next.is("saying", "adding", "warning", "claiming", "insisting", "arguing", "alleging", "telling", "stressing"):
		return i + 1
	case next.is("with"):
		for j := i + 2; j < i+7 && j < last; j++ {
			if strings.HasSuffix(r.tokens[j].lower, "ing") && r.tokens[j].kind == word && len(r.tokens[j].lower) > 5 {
				return i + 1
			}
		}
	case next.is("after", "during", "upon") && r.token(i+2).is("which"):
		return i + 1
	case next.is("while", "whereas", "although", "though"):
		if r.hasSubjectAndVerb(i+2, last) {
			return i + 1
		}
	case next.is("and", "but", "yet"):
		if r.hasSubjectAndVerb(i+2, last) {
			return i + 2
		}
	}
	return 0
}

// beginsReport recognises "after a report estimated that", which tells of somebody
// else's words within a sentence that is the article's own.
func (r *reading) beginsReport(i, last int) bool {
	if !r.tokens[i].is("after", "before", "since", "when", "although", "though") || r.tokens[i-1].kind == mark {
		return false
	}
	for j := i + 2; j < i+8 && j < last; j++ {
		if r.tokens[j].kind == mark || r.tokens[j].quoted || r.tokens[j].date > 0 {
			return false
		}
		if class, speaks := r.speechVerb(j); speaks {
			return class != "strict" && (r.token(j+1).is("that") || isPronoun(r.token(j+1).lower) || r.token(j+1).is("“", "\""))
		}
	}
	return false
}

// beforeMeasure steps back over "two weeks" or "shortly" before "after".
func (r *reading) beforeMeasure(i int) int {
	if r.tokens[i-1].is("shortly", "soon", "just", "immediately", "long") {
		return i - 1
	}
	if r.isMeasure(r.tokens[i-1].lower) {
		i--
		for r.tokens[i-1].kind == number || r.smallNumber(r.tokens[i-1].lower) > 0 || r.tokens[i-1].is("a", "few", "several", "some", "about") {
			i--
		}
	}
	return i
}

// hasFact tells whether what is included holds a date of its own, before the next
// comma shows it to be an aside.
func (r *reading) hasFact(first, last int) bool {
	for i := first; i < last && !r.tokens[i].is(","); i++ {
		if r.tokens[i].date > 0 {
			return true
		}
	}
	return false
}

// hasSubjectAndVerb tells a clause from the last item of a list.
func (r *reading) hasSubjectAndVerb(first, last int) bool {
	start := r.token(first)
	if !start.capital && !isPronoun(start.lower) && !start.is("the", "a", "an", "its", "his", "her", "their", "both", "there", "this", "that", "police", "officials", "no", "some", "many") {
		return false
	}
	for i := first + 1; i < first+9 && i < last; i++ {
		each := r.token(i)
		if each.kind == mark || each.quoted {
			return false
		}
		if isFiniteVerb(each.lower) && !r.token(i-1).is("the", "a", "an", "of") {
			return true
		}
		if each.is("of", "for", "who", "which", "that", "to") {
			return false
		}
	}
	return false
}

func isFiniteVerb(lower string) bool {
	switch lower {
	case "is", "are", "was", "were", "has", "have", "had", "will", "would", "can", "could", "may", "might", "must", "should", "did", "does", "do",
		"took", "made", "gave", "went", "came", "met", "sent", "began", "held", "left", "saw", "knew", "withdrew", "led", "got", "ran", "fell",
		"rose", "lost", "won", "paid", "said", "told", "broke", "brought", "fled", "found", "shot", "struck", "spoke", "wrote", "built", "became", "remains", "says":
		return true
	}
	return len(lower) > 4 && strings.HasSuffix(lower, "ed")
}

// cutByDate parts a clause that tells of two days: the second one belongs to the
// part that begins at the last "that", "which" or "who" before it, or, behind
// "with", at the last "and the".
func (r *reading) cutByDate(clause span) []span {
	first, second := 0, 0
	for i := clause.first; i < clause.last; i++ {
		at := r.tokens[i].date
		if at == 0 || r.tokens[i].quoted {
			continue
		}
		if first == 0 {
			first = at
		} else if at != first {
			second = i
			break
		}
	}
	if second == 0 {
		return []span{clause}
	}
	after := r.dates[first-1].last
	for i := second - 2; i > after+2; i-- {
		each := r.token(i)
		if each.quoted {
			continue
		}
		if each.is("that", "which", "who") && isFiniteVerb(r.token(i+1).lower) {
			return []span{{clause.first, i}, {i, clause.last}}
		}
	}
	for i := second - 2; i >= after; i-- {
		if r.tokens[clause.first].is("with") && r.tokens[i].is("and") && r.token(i+1).is("the") && !r.tokens[i].quoted {
			return []span{{clause.first, i}, {i + 1, clause.last}}
		}
	}
	return []span{clause}
}
