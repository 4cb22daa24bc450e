// SPDX-License-Identifier: Apache-2.0

package press

// Events: gatherings and elections by their names, attacks by where they were.

import "strings"

func (r *reading) findEvents() {
	for i := range r.tokens {
		each := r.token(i)
		if each.kind != word {
			continue
		}
		switch {
		case r.tables.events["gathering"][each.lower] && !each.capital:
			r.noteGathering(i)
		case r.tables.events["attack"][each.lower] && !each.capital:
			r.noteAttack(i)
		}
	}
	r.findNamedEvents()
}

// noteGathering takes in what stands before the word: the G20 summit, the US
// presidential election, last year's election is left as it is.
func (r *reading) noteGathering(head int) {
	first := head
	for first > 0 && r.adjoins(first) {
		previous := r.token(first - 1)
		if previous.mention > 0 || r.tables.events["gathering-modifier"][previous.lower] || previous.capital && !r.tokens[first-1].opens && !r.isCalendar(first-1) {
			first--
			continue
		}
		break
	}
	for first < head && r.tokens[first].kind != word {
		first++
	}
	if first == head {
		return
	}
	country := r.countryIn(first, head)
	r.note(first, head+1, Event, r.phrase(first, head+1), country, "gathering")
}

// noteAttack wants a place: "a bombing on the Ostrel metro", "attack in Ostrel".
// Without one, "the foiled attack" is the last attack with that head word.
func (r *reading) noteAttack(head int) {
	first := head
	for first > 0 && r.adjoins(first) && r.tables.events["modifier"][r.tokens[first-1].lower] {
		first--
	}
	if last := r.sceneEnd(head + 1); last > 0 {
		country := r.countryIn(head+1, last)
		name := strings.ReplaceAll(r.phrase(first, last), " the ", " ")
		r.attacks[r.tokens[head].lower] = r.note(first, last, Event, name, country, "attack")
		return
	}
	if place := r.thingAt(first - 1); place != nil && place.kind == Place && r.adjoins(first) {
		from := r.mentions[r.tokens[first-1].mention-1].first
		r.attacks[r.tokens[head].lower] = r.note(from, head+1, Event, r.phrase(from, head+1), place.country, "attack")
		return
	}
	if !r.isDefinite(first) {
		return
	}
	if each := r.attacks[r.tokens[head].lower]; each != nil {
		r.note(first, head+1, Event, each.name, each.country, each.role)
	}
}

func (r *reading) isDefinite(first int) bool {
	for i := first - 1; i >= 0 && i > first-3; i-- {
		if r.tokens[i].is("the", "this", "that") {
			return true
		}
		if r.tokens[i].kind != word {
			return false
		}
	}
	return false
}

// sceneEnd gives the end of "on the Ostrel metro", "at a market in Ostrel", or 0.
func (r *reading) sceneEnd(i int) int {
	if !r.token(i).is("on", "in", "at", "near", "outside", "inside", "against", "of") {
		return 0
	}
	for j := i + 1; j < i+9 && j < len(r.tokens); j++ {
		each := r.token(j)
		if each.kind != word && each.kind != possessive || j > i+1 && !r.adjoins(j) && each.kind == word {
			return 0
		}
		if each.is("that", "which", "who", "after", "before", "when", "while", "said") {
			return 0
		}
		thing := r.thingAt(j)
		if thing == nil || thing.kind != Place && (thing.kind != Organization || r.token(i).is("of")) {
			continue
		}
		end := r.mentions[r.tokens[j].mention-1].last
		for end < len(r.tokens) && r.adjoins(end) && (r.tables.events["venue"][r.tokens[end].lower] || r.tables.events["venue"][r.token(end+1).lower] && r.tokens[end].kind == word && !isFunctionWord(r.tokens[end].lower)) {
			end++
		}
		return end
	}
	return 0
}

// findNamedEvents finds single names such as Olympics, and what the tables call
// an event with a capital, standing alone behind "the".
func (r *reading) findNamedEvents() {
	for i := range r.tokens {
		each := r.token(i)
		if each.mention > 0 || !each.capital || r.tables.keywords[each.text] != Event || !r.token(i-1).is("the", "winter", "summer") {
			continue
		}
		switch each.text {
		case "Olympics", "Games", "Summit", "Championships", "Carnival", "Expo":
			r.note(i, i+1, Event, each.text, "", "gathering")
		}
	}
}
