// SPDX-License-Identifier: Apache-2.0

package press

// Counts of people and things, with the bounds that the words set.

import (
	"strconv"
	"strings"
)

// counted is a count found, and where.
type counted struct {
	span
	Count
}

// quantity is a number as read, before the words around it set its bounds.
type quantity struct {
	low, high int64
	size      int  // in tokens
	vague     bool // several, dozens, thousands
	open      bool // a large number: no bounds at all
}

// smallNumber reads one to ninety-nine, or gives 0.
func (r *reading) smallNumber(lower string) int {
	if tens, ones, found := strings.Cut(lower, "-"); found {
		ten, one := r.smallNumber(tens), r.smallNumber(ones)
		if ten >= 20 && ten%10 == 0 && one >= 1 && one <= 9 {
			return ten + one
		}
		return 0
	}
	return int(r.tables.numbers[lower])
}

func (r *reading) unit(lower string) int64 { return r.tables.units[lower] }

// findCounts finds counts and bounds them by these conventions:
//
//	seven, 2,900             that number
//	as many as, up to N      0 to N, an estimate
//	at least N, N or more    N and up
//	more than, over N        N+1 and up
//	fewer than, under N      0 to N-1
//	between N and M, N to M  N to M
//	about, some, N or so     N less and more a tenth, an estimate
//	nearly, almost N         N less a tenth to N-1, an estimate
//	an estimated N           that number, an estimate
//	a couple                 2 · several, a few: 3 to 9 · a handful: 3 to 9, estimates
//	several thousand         3,000 to 9,999: each bound by its unit, an estimate
//	dozens                   24 to 99 · scores: 40 to 99 · hundreds: 200 to 999 and so on, estimates
//	a large number           no bounds, an estimate
//
// Years, dates, times, ages, ordinals, shares, money, distances, spans of time
// and the numbers of names (Flight 370) are not counts.
func (r *reading) findCounts() {
	for i := 0; i < len(r.tokens); i++ {
		if r.tokens[i].date > 0 || r.thingAt(i) != nil && r.tokens[i].kind == number {
			continue
		}
		found, size := r.countAt(i)
		if size == 0 {
			continue
		}
		r.counts = append(r.counts, found)
		i = found.last - 1
	}
}

func (r *reading) countAt(i int) (counted, int) {
	amount := r.quantityAt(i)
	if amount.size == 0 || r.isNumbered(i) {
		return counted{}, 0
	}
	first, last := i, i+amount.size
	amount, last = r.rangeAfter(amount, last)
	this := counted{Count: Count{Estimate: amount.vague || amount.open}}
	low, high := amount.low, amount.high
	if !amount.open {
		this.Low, this.High = &low, &high
	}
	if !amount.open {
		first = r.bound(first, &this.Count)
		last = r.boundAfter(last, &this.Count)
	}
	end, of := r.countedNoun(first, last)
	if of == "" {
		return counted{}, 0
	}
	this.span = span{first, end}
	this.Of = of
	this.Text = r.phrase(first, end)
	return this, end - i
}

// quantityAt reads the number that begins at i.
func (r *reading) quantityAt(i int) quantity {
	each, next := r.token(i), r.token(i+1)
	if each.kind == number {
		return r.digitsAt(i)
	}
	if each.kind != word || each.quoted && each.capital {
		return quantity{}
	}
	switch {
	case each.is("a", "an", "the") && next.is("large", "small", "great", "huge", "growing", "unknown", "significant", "considerable", "unspecified") && r.token(i+2).is("number", "quantity", "amount", "cache", "haul") && r.token(i+3).is("of"):
		return quantity{size: 4, open: true}
	case each.is("large", "great", "huge", "growing", "significant", "unknown") && next.is("numbers", "quantities", "amounts") && r.token(i+2).is("of"):
		return quantity{size: 3, open: true}
	case each.is("a") && next.is("couple") && r.token(i+2).is("of"):
		return quantity{low: 2, high: 2, size: 3, vague: true}
	case each.is("a") && next.is("handful") && r.token(i+2).is("of"):
		return quantity{low: 3, high: 9, size: 3, vague: true}
	case each.is("half") && next.is("a") && r.token(i+2).is("dozen"):
		return quantity{low: 6, high: 6, size: 3}
	case each.is("a") && r.unit(next.lower) > 0:
		return quantity{low: r.unit(next.lower), high: r.unit(next.lower), size: 2}
	case each.is("several"):
		return r.scaled(3, 9, 1, next.lower)
	case each.is("a") && next.is("few"):
		return r.scaled(3, 9, 2, r.token(i+2).lower)
	case each.is("dozens", "scores", "hundreds", "thousands", "millions", "tens"):
		return r.pluralsAt(i)
	}
	return r.wordsNumber(i)
}

// scaled gives 3 to 9, or 3,000 to 9,999 where a unit follows.
func (r *reading) scaled(low, high int64, size int, following string) quantity {
	if scale := r.unit(following); scale > 0 {
		return quantity{low: low * scale, high: (high+1)*scale - 1, size: size + 1, vague: true}
	}
	return quantity{low: low, high: high, size: size, vague: true}
}

func (r *reading) pluralsAt(i int) quantity {
	each := r.token(i)
	if r.token(i + 1).is("of") {
		tail := strings.TrimSuffix(r.token(i+2).lower, "s")
		if scale := r.unit(tail); scale > 0 && tail != r.token(i+2).lower {
			switch {
			case each.is("tens"):
				return quantity{low: 20 * scale, high: 100*scale - 1, size: 3 + r.ofSize(i+3), vague: true}
			case each.is("hundreds"):
				return quantity{low: 200 * scale, high: 1000*scale - 1, size: 3 + r.ofSize(i+3), vague: true}
			}
		}
	}
	low, high := int64(0), int64(0)
	switch {
	case each.is("dozens"):
		low, high = 24, 99
	case each.is("scores") && r.token(i+1).is("of"):
		low, high = 40, 99
	case each.is("hundreds"):
		low, high = 200, 999
	case each.is("thousands"):
		low, high = 2000, 9999
	case each.is("millions"):
		low, high = 2_000_000, 9_999_999
	default:
		return quantity{}
	}
	return quantity{low: low, high: high, size: 1 + r.ofSize(i+1), vague: true}
}

func (r *reading) ofSize(i int) int {
	if r.token(i).is("of") {
		return 1
	}
	return 0
}

func (r *reading) digitsAt(i int) quantity {
	text := strings.ReplaceAll(r.token(i).text, ",", "")
	scale, size := r.unit(r.token(i+1).lower), 1
	if scale > 0 {
		size = 2
	}
	if whole, fraction, found := strings.Cut(text, "."); found {
		value, err := strconv.ParseFloat(whole+"."+fraction, 64)
		if err != nil || scale < 1000 || value > 1e6 {
			return quantity{}
		}
		total := int64(value*float64(scale) + 0.5)
		return quantity{low: total, high: total, size: size}
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value > 1e12 {
		return quantity{}
	}
	value *= max(scale, 1)
	return quantity{low: value, high: value, size: size}
}

// wordsNumber reads twenty-five, two hundred and six, three thousand.
func (r *reading) wordsNumber(i int) quantity {
	total, group, size := int64(0), int64(0), 0
	for size < 10 {
		each := r.token(i + size)
		if value := r.smallNumber(each.lower); value > 0 && (size == 0 || group%100 == 0) {
			group += int64(value)
			size++
			continue
		}
		scale := r.unit(each.lower)
		if scale > 0 && size > 0 && group > 0 {
			if scale <= 100 {
				group *= scale
			} else {
				total += group * scale
				group = 0
			}
			size++
			continue
		}
		if each.is("and") && size > 0 && r.smallNumber(r.token(i+size+1).lower) > 0 && (group >= 100 || total > 0 && group == 0) {
			size++
			continue
		}
		break
	}
	return quantity{low: total + group, high: total + group, size: size}
}

// rangeAfter reads the second number of 5-7, 5 to 7, between 5 and 7.
func (r *reading) rangeAfter(amount quantity, at int) (quantity, int) {
	joint := r.token(at)
	paired := joint.is("and") && r.token(at-amount.size-1).is("between")
	if amount.vague || amount.open || !joint.is("-", "–", "to", "or") && !paired {
		return amount, at
	}
	second := r.quantityAt(at + 1)
	if second.size == 0 || second.vague || second.open || second.low <= amount.low {
		return amount, at
	}
	if joint.is("-", "–") && (joint.start != r.token(at-1).end || r.token(at+1+second.size).is("-", "–")) {
		return amount, at
	}
	// 5 to 7 thousand
	if scale := r.unit(r.token(at + second.size).lower); scale > 0 && amount.low < scale && second.low >= scale && amount.size == 1 {
		amount.low *= scale
	}
	amount.high = second.high
	return amount, at + 1 + second.size
}

// bound applies the words before a number and gives where they begin.
func (r *reading) bound(first int, count *Count) int {
	for _, each := range []struct {
		words string
		apply func(low, high int64) (*int64, *int64, bool)
	}{
		{"as many as", upTo}, {"as much as", upTo}, {"up to", upTo}, {"a maximum of", upTo}, {"at most", upTo}, {"no more than", upTo}, {"not more than", upTo},
		{"at least", atLeast}, {"no fewer than", atLeast}, {"no less than", atLeast}, {"a minimum of", atLeast},
		{"more than", moreThan}, {"well over", moreThan}, {"just over", moreThan}, {"over", moreThan}, {"upwards of", moreThan}, {"in excess of", moreThan},
		{"fewer than", fewerThan}, {"less than", fewerThan}, {"under", fewerThan},
		{"nearly", nearly}, {"almost", nearly}, {"just under", nearly}, {"close to", nearly},
		{"about", about}, {"around", about}, {"some", about}, {"roughly", about}, {"approximately", about},
		{"an estimated", estimated}, {"estimated", estimated}, {"between", exactly},
	} {
		if !strings.HasSuffix(each.words, r.token(first-1).lower) {
			continue
		}
		if each.words == "between" && *count.Low == *count.High {
			continue // between two allies
		}
		words := strings.Fields(each.words)
		if first-len(words) < 0 || !r.wordsAt(first-len(words), words) {
			continue
		}
		low, high, estimate := each.apply(*count.Low, *count.High)
		count.Low, count.High = low, high
		count.Estimate = count.Estimate || estimate
		return first - len(words)
	}
	return first
}

func upTo(_, high int64) (*int64, *int64, bool)        { return new(int64), &high, true }
func atLeast(low, _ int64) (*int64, *int64, bool)      { return &low, nil, false }
func estimated(low, high int64) (*int64, *int64, bool) { return &low, &high, true }
func exactly(low, high int64) (*int64, *int64, bool)   { return &low, &high, false }
func moreThan(low, _ int64) (*int64, *int64, bool)     { low++; return &low, nil, false }
func fewerThan(_, high int64) (*int64, *int64, bool) {
	high = max(high-1, 0)
	return new(int64), &high, false
}
func nearly(low, high int64) (*int64, *int64, bool) {
	low -= low / 10
	high = max(high-1, low)
	return &low, &high, true
}
func about(low, high int64) (*int64, *int64, bool) {
	low, high = low-low/10, high+high/10
	return &low, &high, true
}

// boundAfter applies "or more", "or fewer", "or so".
func (r *reading) boundAfter(last int, count *Count) int {
	if !r.token(last).is("or") || count.Low == nil || count.High == nil {
		return last
	}
	switch next := r.token(last + 1); {
	case next.is("more"):
		count.High = nil
	case next.is("fewer", "less"):
		count.Low = new(int64)
	case next.is("so"):
		count.Low, count.High, count.Estimate = about(*count.Low, *count.High)
	default:
		return last
	}
	return last + 2
}

// isNumbered tells numbers that count nothing: money, shares, times, ages, and
// the numbers of flights, rooms and resolutions.
func (r *reading) isNumbered(i int) bool {
	previous, next := r.token(i-1), r.token(i+1)
	switch {
	case previous.is("$", "€", "£", "¥", "#", "+", ":", "/", "."), next.is("%", ":", "/", "°", "percent", "pc", "am", "pm", "a.m.", "p.m.", "o’clock", "o'clock", "gmt", "utc"):
		return true
	case next.is("per") && r.token(i+2).is("cent"):
		return true
	case previous.is("-", "–") && previous.start == r.token(i-2).end && r.token(i-2).kind == number:
		return true
	case previous.is("aged", "age"), previous.is("in") && r.token(i-2).is("one"):
		return true
	case previous.kind == word && r.tables.measures["named"][previous.lower] && r.token(i).kind == number:
		return true
	case previous.is(",", "(") && next.is(",", ")") && r.token(i).kind == number && len(r.token(i).text) <= 2:
		return true
	case previous.kind == word && previous.capital && !previous.opens && r.thingAt(i-1) == nil && !previous.caps && previous.date == 0 && r.token(i).kind == number && !r.tables.common[previous.lower]:
		return true
	case r.token(i).is("one"):
		return !next.capital && (previous.is("no", "any", "every", "each", "the", "this", "that", "another", "which") || next.is("another", "day", "time", "thing", "other", "who", "that", "of", "in", "way", "side", "hand", "more", "another's", "step", "point") || next.kind != word)
	}
	return false
}

// countedNoun reads what is counted: up to three words from last. It gives the end
// of the count and the words, or none where nothing is counted.
func (r *reading) countedNoun(first, last int) (int, string) {
	if r.token(last).is("of") && r.token(last+1).is("the", "them", "those", "these", "its", "his", "her", "their") {
		if r.token(last + 1).is("them") {
			return last + 2, "them"
		}
		last += 2
	}
	if r.token(last).is("more", "other", "others", "new", "additional") && r.token(last+1).kind == word && !isFunctionWord(r.token(last+1).lower) && !r.isState(r.token(last+1).lower) {
		last++
	}
	start, end := last, last
	for end < len(r.tokens) && end < start+3 && r.nounAt(end, start) {
		end++
		if isPlural(r.tokens[end-1].lower) {
			break
		}
	}
	if end > start {
		of := r.phrase(start, end)
		if r.isMeasure(r.tokens[end-1].lower) || r.isMeasure(r.tokens[start].lower) {
			return 0, ""
		}
		if r.isWeight(r.tokens[start].lower) && r.token(end).is("of") && r.token(end+1).kind == word {
			end += 2
			of = r.phrase(start, end)
		}
		return end, of
	}
	// "left 14 dead", "14 were killed", "killing 14 and wounding 30"
	after := start
	if r.token(after).is("were", "was", "are", "others") {
		after++
	}
	if r.isState(r.token(after).lower) {
		return start, r.token(after).lower
	}
	if r.isHarm(r.token(first - 1).lower) {
		return start, "people"
	}
	return 0, ""
}

func (r *reading) nounAt(i, start int) bool {
	each := r.token(i)
	if each.kind != word || each.date > 0 || r.isCalendar(i) || isFunctionWord(each.lower) || r.isState(each.lower) || i > start && !r.adjoins(i) || each.quoted != r.token(start-1).quoted {
		return false
	}
	if digitIn(each.text) && each.lower[0] < 'a' {
		return false
	}
	if each.capital {
		named := r.thingAt(i)
		return named != nil && named.kind == Nationality || each.caps || strings.HasSuffix(each.lower, "s")
	}
	if i == start {
		if _, verb := r.tables.verbs[each.lower]; verb && !isPlural(each.lower) {
			return false
		}
		return !strings.HasSuffix(each.lower, "ed") || r.nounAt(i+1, i+1)
	}
	_, verb := r.tables.verbs[each.lower]
	return (!verb || isPlural(each.lower)) && !strings.HasSuffix(each.lower, "ed") && !strings.HasSuffix(each.lower, "ly") && !strings.HasSuffix(each.lower, "ing")
}

func isPlural(lower string) bool {
	switch lower {
	case "people", "men", "women", "children", "personnel", "troops", "policemen", "fishermen", "gunmen", "servicemen", "firemen":
		return true
	}
	return len(lower) > 3 && strings.HasSuffix(lower, "s") && !strings.HasSuffix(lower, "ss") && !strings.HasSuffix(lower, "ous")
}

func (r *reading) isState(lower string) bool { return r.tables.measures["state"][lower] }
func (r *reading) isHarm(lower string) bool  { return r.tables.measures["harm"][lower] }

func (r *reading) isMeasure(lower string) bool {
	return r.tables.measures["measure"][lower] || r.tables.measures["measure"][strings.TrimSuffix(lower, "s")]
}

func (r *reading) isWeight(lower string) bool {
	return r.tables.measures["weight"][lower] || r.tables.measures["weight"][strings.TrimSuffix(lower, "s")]
}
