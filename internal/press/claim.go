// SPDX-License-Identifier: Apache-2.0

package press

// Sentences become claims: cut into clauses, each with its kind and its source.

import (
	"sort"
	"strings"
)

// claims reads the article from top to bottom; headings say nothing.
func (r *reading) claims() []Claim {
	result := []Claim{}
	memory := &speakers{}
	seek := seeker{reading: r}
	sort.SliceStable(r.mentions, func(i, j int) bool { return r.mentions[i].first < r.mentions[j].first })
	for i := range r.tokens {
		r.tokens[i].mention = 0
	}
	for i, each := range r.mentions {
		for j := each.first; j < each.last && each.thing != nil && each.kind != Event; j++ {
			if r.tokens[j].mention == 0 {
				r.tokens[j].mention = i + 1
			}
		}
	}
	for _, paragraph := range r.paragraphs {
		if paragraph.heading {
			continue
		}
		for i, sentence := range paragraph.sentences {
			result = append(result, seek.claimsOf(paragraph, i, sentence, memory)...)
		}
	}
	return result
}

// seeker walks the mentions, dates and counts beside the claims, which come in the
// order of the text.
type seeker struct {
	*reading
	mentionAt, dateAt, countAt int
}

func (s *seeker) claimsOf(paragraph paragraph, index int, sentence span, memory *speakers) []Claim {
	if !s.asserts(sentence) {
		return nil
	}
	clauses := s.clauses(sentence)
	said := make([]attribution, len(clauses))
	whole, spoken := attribution{}, false
	for i, clause := range clauses {
		if i > 0 && said[i-1].source != "" && s.isParticiple(clause.first) {
			said[i] = said[i-1] // "…, she said, adding that …"
			continue
		}
		found, ok := s.attribute(clause, sentence, memory)
		if !ok {
			continue
		}
		said[i] = found
		if found.trailing || !spoken {
			whole, spoken = found, true
		}
	}
	if !spoken && s.isQuotation(sentence) {
		whole, spoken = s.ofQuotation(paragraph, index, memory)
	}
	result := make([]Claim, 0, len(clauses))
	current := attribution{}
	for i, clause := range clauses {
		if said[i].source != "" {
			current = said[i]
		} else if whole.trailing || i == 0 && s.isQuotation(sentence) {
			current = whole
		} else if s.standsAlone(clause) {
			current = attribution{}
		}
		result = append(result, s.claim(clause, current))
	}
	if spoken {
		memory.remember(whole)
	}
	return result
}

// isParticiple tells whether a clause begins with "adding", "saying" and the like.
func (s *seeker) isParticiple(first int) bool {
	_, speaks := s.tables.verbs[s.token(first).lower]
	return speaks && strings.HasSuffix(s.token(first).lower, "ing")
}

// standsAlone tells whether a clause is set against the one before it, so that
// whoever said that one need not say this one.
func (s *seeker) standsAlone(clause span) bool {
	return s.token(clause.first-1).is(";", "but", "yet") || s.token(clause.first).is("while", "whereas", "although", "though")
}

// claim makes the claim of one clause.
func (s *seeker) claim(clause span, said attribution) Claim {
	this := Claim{
		Kind:     s.kindOf(clause, said),
		Source:   said.source,
		Evidence: [2]int{s.tokens[clause.first].start, s.tokens[clause.last-1].end},
		Entities: []string{},
		Counts:   []Count{},
	}
	for s.mentionAt < len(s.mentions) && s.mentions[s.mentionAt].first < clause.first {
		s.mentionAt++
	}
	seen := map[*thing]bool{}
	for i := s.mentionAt; i < len(s.mentions) && s.mentions[i].first < clause.last; i++ {
		each := s.mentions[i]
		if each.thing != nil && !seen[each.thing] {
			seen[each.thing] = true
			this.Entities = append(this.Entities, each.name)
		}
	}
	for ; s.dateAt < len(s.dates) && s.dates[s.dateAt].first < clause.last; s.dateAt++ {
		if s.dates[s.dateAt].first >= clause.first && this.When == nil {
			when := s.dates[s.dateAt].When
			this.When = &when
		}
	}
	for ; s.countAt < len(s.counts) && s.counts[s.countAt].first < clause.last; s.countAt++ {
		if s.counts[s.countAt].first >= clause.first {
			count := s.counts[s.countAt].Count
			count.Estimate = count.Estimate || said.judged
			this.Counts = append(this.Counts, count)
		}
	}
	return this
}

func (r *reading) kindOf(clause span, said attribution) string {
	switch {
	case said.judged:
		return Assessment
	case said.source != "":
		return ClaimOfSource
	case r.isHedged(clause):
		return Assessment
	}
	return Fact
}

// isHedged looks for the words of hedges.txt outside quotation marks.
func (r *reading) isHedged(clause span) bool {
	for i := clause.first; i < clause.last; i++ {
		if r.tokens[i].quoted || r.isCalendar(i) {
			continue
		}
		for _, words := range r.tables.hedges[r.tokens[i].lower] {
			if r.hedgeAt(i, clause.last, words) {
				return true
			}
		}
	}
	return false
}

func (r *reading) hedgeAt(i, last int, words []string) bool {
	if len(words) < 3 || words[1] != "+" {
		return i+len(words) <= last && r.wordsAt(i, words)
	}
	for j := i + 1; j < last && j <= i+8; j++ {
		if r.tokens[j].lower == words[2] {
			return true
		}
	}
	return false
}

// asserts refuses questions and scraps of a single word.
func (r *reading) asserts(sentence span) bool {
	words := 0
	for i := sentence.first; i < sentence.last; i++ {
		if r.tokens[i].kind == word || r.tokens[i].kind == number {
			words++
		}
	}
	last := r.token(sentence.last - 1)
	return words >= 2 && !(last.is("?") && !last.quoted)
}

// isQuotation tells whether all of a sentence stands within quotation marks.
func (r *reading) isQuotation(sentence span) bool {
	for i := sentence.first; i < sentence.last; i++ {
		if r.tokens[i].kind != mark && !r.tokens[i].quoted {
			return false
		}
	}
	return true
}

// ofQuotation finds who says a quotation that fills its sentence: the speaker
// named where it ends, in the same paragraph, or else whoever spoke last.
func (r *reading) ofQuotation(paragraph paragraph, index int, memory *speakers) (attribution, bool) {
	for _, next := range paragraph.sentences[index+1 : min(index+13, len(paragraph.sentences))] {
		if found, ok := r.attribute(next, next, memory); ok && r.tokens[next.first].quoted {
			return attribution{source: found.source, named: found.named}, true
		}
		if !r.tokens[next.first].quoted || !r.isQuotation(next) {
			break
		}
	}
	found := attribution{source: memory.last}
	if memory.last != "" && memory.last == memory.person {
		found.named = r.named[Person+"\x00"+strings.ToLower(memory.person)]
	}
	return found, memory.last != ""
}
