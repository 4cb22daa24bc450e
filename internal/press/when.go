// SPDX-License-Identifier: Apache-2.0

package press

// Dates, resolved against the day of publication.

import (
	"strconv"
	"strings"
	"time"
)

// date is a date found: where, and the days it means.
type date struct {
	span
	When
}

// calendar resolves dates. Its day is zero where the publication is not known.
type calendar struct{ day time.Time }

// isCalendar tells months and weekdays from names; May and March need company.
func (d *document) isCalendar(i int) bool {
	each := d.token(i)
	if !each.capital {
		return false
	}
	if _, found := d.tables.weekdays[each.lower]; found {
		return true
	}
	if _, found := d.tables.months[each.lower]; !found {
		return false
	}
	if !each.is("may", "march", "august", "april", "june") {
		return true
	}
	previous, next := d.token(i-1), d.token(i+1)
	return next.kind == number || previous.kind == number || ordinal(previous.lower) > 0 ||
		previous.is("in", "last", "next", "this", "since", "of", "until", "by", "early", "late", "mid", "from", "during", "through", "to", "every", "before", "after", "and")
}

// findDates finds the dates of an article. A bare weekday or month is the last one
// up to the day of publication; behind "will" or "due", the next one after it. A
// day of a month without a year is the one nearest to the publication. "This week"
// and "last week" are the seven days up to the publication and the seven before
// them, for an article's week is seldom the calendar's.
func (r *reading) findDates(published time.Time) {
	var this calendar
	if !published.IsZero() {
		this.day = time.Date(published.Year(), published.Month(), published.Day(), 0, 0, 0, 0, time.UTC)
	}
	for _, paragraph := range r.paragraphs {
		for _, sentence := range paragraph.sentences {
			ahead := false
			for i := sentence.first; i < sentence.last; i++ {
				ahead = r.looksAhead(i, ahead)
				found, size := r.dateAt(i, sentence.last, this, ahead)
				if size == 0 {
					continue
				}
				found.span = span{i, i + size}
				for found.first > sentence.first && r.token(found.first-1).is("on", "in", "since", "by", "during", "until", "from", "before", "after", "early", "late", "through", "of", "earlier", "later", "mid") && !r.isOfCount(found.first-1) {
					found.first--
				}
				found = r.throughMonth(found, sentence.last, this)
				found.Text = r.phrase(found.first, found.last)
				r.dates = append(r.dates, found)
				for j := found.first; j < found.last; j++ {
					r.tokens[j].date = len(r.dates)
				}
				i = found.last - 1
			}
		}
	}
}

// throughMonth reads the second month of "between January and March".
func (r *reading) throughMonth(found date, last int, this calendar) date {
	if found.Fidelity != "month" || !r.token(found.last).is("and", "to", "until", "through") || found.last+1 >= last || !r.isCalendar(found.last+1) {
		return found
	}
	if r.token(found.first - 1).is("between") {
		found.first--
	}
	if !r.token(found.first).is("between", "from") {
		return found
	}
	end, size := r.monthAlone(found.last+1, this, false)
	found.last += 1 + size
	if end.Start >= found.Start {
		found.End = end.End
	}
	return found
}

// looksAhead tells whether what is said from here on lies in the future: after
// "will", up to the next verb of saying.
func (r *reading) looksAhead(i int, ahead bool) bool {
	each := r.token(i)
	if _, speaks := r.speechVerb(i); speaks && !each.quoted {
		return false
	}
	return ahead || each.is("will", "due", "scheduled", "upcoming", "forthcoming", "won’t", "won't") ||
		each.is("likely", "expected", "set", "planned", "planning", "plans", "plan", "intends") && r.token(i+1).is("to") ||
		strings.HasSuffix(each.lower, "’ll") || strings.HasSuffix(each.lower, "'ll")
}

// isOfCount keeps "of" out of the date in "the attack of last week" only where it
// follows a number.
func (r *reading) isOfCount(i int) bool {
	return r.tokens[i].is("of") && (i == 0 || r.token(i-1).kind != number)
}

// dateAt reads the date that begins at i, and its length in tokens.
func (r *reading) dateAt(i, last int, this calendar, ahead bool) (date, int) {
	each, next := r.token(i), r.token(i+1)
	switch {
	case each.kind == number:
		return r.dateAtNumber(i, last, this, ahead)
	case each.is("yesterday"):
		return this.days(-1, 0), 1
	case each.is("today", "tonight"):
		return this.days(0, 0), 1
	case each.is("tomorrow"):
		return this.days(1, 0), 1
	case each.is("last", "this", "next", "past", "previous", "coming"):
		return r.dateAtRelation(i, this)
	case each.kind != word:
		return date{}, 0
	}
	if weekday, found := r.tables.weekdays[each.lower]; found && each.capital {
		size := 1
		if next.is("morning", "afternoon", "evening", "night") {
			size = 2
		}
		if day, more, found := r.monthDay(i+1, this, ahead); found && r.tokens[i].end < r.token(i+1).start {
			return day, 1 + more
		}
		if r.token(i + 1).is(",") {
			if day, more, found := r.monthDay(i+2, this, ahead); found {
				return day, 2 + more
			}
		}
		return this.weekday(weekday, ahead || r.token(i-1).is("for")), size
	}
	if r.isCalendar(i) {
		if day, size, found := r.monthDay(i, this, ahead); found {
			return day, size
		}
		return r.monthAlone(i, this, ahead)
	}
	if count := r.smallNumber(each.lower); count > 0 || each.is("a", "an") {
		return r.ago(i, max(count, 1), this)
	}
	if size := ordinal(each.lower); size > 0 && next.is("of") && r.isCalendar(i+2) {
		day, more := r.dayOf(size, i+2, this, ahead)
		return day, more + 2
	}
	return date{}, 0
}

func (r *reading) dateAtNumber(i, last int, this calendar, ahead bool) (date, int) {
	each := r.token(i)
	value, err := strconv.Atoi(each.text)
	if err != nil {
		return date{}, 0
	}
	if value >= 1 && value <= 31 && r.isCalendar(i+1) && r.adjoins(i+1) {
		if _, month := r.tables.months[r.token(i+1).lower]; month {
			day, size := r.dayOf(value, i+1, this, ahead)
			return day, size + 1
		}
	}
	if len(each.text) == 4 && value >= 1800 && value <= 2199 {
		if day, found := r.isoDay(i, value); found {
			return day, 5
		}
		if i+1 <= last && r.isYear(i) {
			return year(value), 1
		}
	}
	return r.ago(i, value, this)
}

// isoDay reads 2017-12-16.
func (r *reading) isoDay(i, value int) (date, bool) {
	if !r.token(i+1).is("-") || !r.token(i+3).is("-") {
		return date{}, false
	}
	month, err := strconv.Atoi(r.token(i + 2).text)
	day, other := strconv.Atoi(r.token(i + 4).text)
	if err != nil || other != nil || month < 1 || month > 12 || day < 1 || day > 31 {
		return date{}, false
	}
	return oneDay(time.Date(value, time.Month(month), day, 0, 0, 0, 0, time.UTC)), true
}

// isYear tells a year from a count: by the word before it, or by standing between
// "the" and a noun.
func (r *reading) isYear(i int) bool {
	previous, next := r.token(i-1), r.token(i+1)
	switch {
	case previous.is("in", "since", "until", "by", "before", "after", "during", "from", "early", "late", "mid", "of", "year"):
		return next.kind != word || isFunctionWord(next.lower) || previous.is("in", "since", "during", "year", "early", "late")
	case previous.is("the", "(", "a", "his", "her", "its", "their") || previous.kind == possessive:
		return next.kind == word || next.is(")")
	case previous.is("and", "to", "–", "-") && r.token(i-2).date > 0:
		return true
	}
	return next.capital && r.thingAt(i+1) != nil
}

// dateAtRelation reads last week, this year, next Friday, the past month.
func (r *reading) dateAtRelation(i int, this calendar) (date, int) {
	relation, next := r.token(i), r.token(i+1)
	step := 0
	switch {
	case relation.is("last", "past", "previous"):
		step = -1
	case relation.is("next", "coming"):
		step = 1
	}
	switch {
	case next.is("week"):
		return this.week(step, relation.is("past")), 2
	case next.is("month"):
		return this.month(step), 2
	case next.is("year"):
		if this.day.IsZero() {
			return date{When: When{Fidelity: "year"}}, 2
		}
		return year(this.day.Year() + step), 2
	}
	if weekday, found := r.tables.weekdays[next.lower]; found && next.capital {
		return this.weekday(weekday, step > 0), 2
	}
	if month, found := r.tables.months[next.lower]; found && next.capital && !relation.is("past") {
		if this.day.IsZero() {
			return date{When: When{Fidelity: "month"}}, 2
		}
		year := this.day.Year()
		switch {
		case step < 0 && month >= this.day.Month():
			year--
		case step > 0 && month <= this.day.Month():
			year++
		}
		return oneMonth(year, month), 2
	}
	return date{}, 0
}

// monthDay reads December 16, Dec. 16, 2017, 16 December 2017.
func (r *reading) monthDay(i int, this calendar, ahead bool) (date, int, bool) {
	each, next := r.token(i), r.token(i+1)
	if each.kind == number {
		value, err := strconv.Atoi(each.text)
		if err != nil || value < 1 || value > 31 || !r.isCalendar(i+1) {
			return date{}, 0, false
		}
		day, size := r.dayOf(value, i+1, this, ahead)
		return day, size + 1, size > 0
	}
	month, found := r.tables.months[each.lower]
	if !found || !each.capital {
		return date{}, 0, false
	}
	value := ordinal(next.lower)
	if next.kind == number {
		value, _ = strconv.Atoi(next.text)
	}
	if value < 1 || value > 31 {
		return date{}, 0, false
	}
	at := i + 2
	if r.token(at).is(",") && isYearNumber(r.token(at+1)) {
		at++
	}
	if isYearNumber(r.token(at)) {
		year, _ := strconv.Atoi(r.token(at).text)
		return oneDay(time.Date(year, month, value, 0, 0, 0, 0, time.UTC)), at + 1 - i, true
	}
	return this.nearest(month, value, ahead), 2, true
}

// dayOf reads the month, and the year, that follow a day.
func (r *reading) dayOf(value, i int, this calendar, ahead bool) (date, int) {
	month, found := r.tables.months[r.token(i).lower]
	if !found {
		return date{}, 0
	}
	if isYearNumber(r.token(i + 1)) {
		year, _ := strconv.Atoi(r.token(i + 1).text)
		return oneDay(time.Date(year, month, value, 0, 0, 0, 0, time.UTC)), 2
	}
	return this.nearest(month, value, ahead), 1
}

func isYearNumber(each *token) bool {
	return each.kind == number && len(each.text) == 4 && (strings.HasPrefix(each.text, "19") || strings.HasPrefix(each.text, "20"))
}

func (r *reading) monthAlone(i int, this calendar, ahead bool) (date, int) {
	month := r.tables.months[r.token(i).lower]
	at := i + 1
	if r.token(at).is(",") && isYearNumber(r.token(at+1)) || r.token(at).is("of") && isYearNumber(r.token(at+1)) {
		at++
	}
	if isYearNumber(r.token(at)) {
		year, _ := strconv.Atoi(r.token(at).text)
		return oneMonth(year, month), at + 1 - i
	}
	if this.day.IsZero() {
		return date{When: When{Fidelity: "month"}}, 1
	}
	if next := r.token(i + 1); next.is("last", "this", "next") && r.token(i+2).is("year") {
		step := map[string]int{"last": -1, "this": 0, "next": 1}[next.lower]
		return oneMonth(this.day.Year()+step, month), 3
	}
	year := this.day.Year()
	switch {
	case ahead && month < this.day.Month():
		year++
	case !ahead && month > this.day.Month():
		year--
	}
	return oneMonth(year, month), 1
}

// ago reads two days ago, three weeks earlier.
func (r *reading) ago(i, count int, this calendar) (date, int) {
	if !r.token(i + 2).is("ago") {
		return date{}, 0
	}
	unit := strings.TrimSuffix(r.token(i+1).lower, "s")
	if count > 1000 {
		return date{}, 0
	}
	switch unit {
	case "day":
		return this.days(-count, 0), 3
	case "week":
		return this.week(-count, false), 3
	case "month":
		return this.month(-count), 3
	case "year":
		if this.day.IsZero() {
			return date{When: When{Fidelity: "year"}}, 3
		}
		return year(this.day.Year() - count), 3
	}
	return date{}, 0
}

func between(start, end time.Time, fidelity string) date {
	return date{When: When{Start: start.Format(time.DateOnly), End: end.Format(time.DateOnly), Fidelity: fidelity}}
}

func oneDay(day time.Time) date { return between(day, day, "day") }

func oneMonth(year int, month time.Month) date {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return between(first, first.AddDate(0, 1, -1), "month")
}

func year(value int) date {
	return between(time.Date(value, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(value, 12, 31, 0, 0, 0, 0, time.UTC), "year")
}

func (c calendar) days(from, more int) date {
	if c.day.IsZero() {
		return date{When: When{Fidelity: "day"}}
	}
	return between(c.day.AddDate(0, 0, from), c.day.AddDate(0, 0, from+more), "day")
}

func (c calendar) weekday(weekday time.Weekday, ahead bool) date {
	back := (int(c.day.Weekday()) - int(weekday) + 7) % 7
	if ahead {
		back -= 7
	}
	return c.days(-back, 0)
}

func (c calendar) week(step int, past bool) date {
	if c.day.IsZero() {
		return date{When: When{Fidelity: "week"}}
	}
	if past {
		step = 0
	}
	last := c.day.AddDate(0, 0, 7*step)
	return between(last.AddDate(0, 0, -6), last, "week")
}

func (c calendar) month(step int) date {
	if c.day.IsZero() {
		return date{When: When{Fidelity: "month"}}
	}
	first := time.Date(c.day.Year(), c.day.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, step, 0)
	return oneMonth(first.Year(), first.Month())
}

func (c calendar) nearest(month time.Month, day int, ahead bool) date {
	if c.day.IsZero() {
		return date{When: When{Fidelity: "day"}}
	}
	best := time.Time{}
	for year := c.day.Year() - 1; year <= c.day.Year()+1; year++ {
		candidate := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if ahead && candidate.Before(c.day) {
			continue
		}
		if best.IsZero() || candidate.Sub(c.day).Abs() < best.Sub(c.day).Abs() {
			best = candidate
		}
	}
	return oneDay(best)
}

// ordinal reads 1st to 31st.
func ordinal(lower string) int {
	for _, ending := range []string{"st", "nd", "rd", "th"} {
		if digits, found := strings.CutSuffix(lower, ending); found {
			if value, err := strconv.Atoi(digits); err == nil && value >= 1 && value <= 31 {
				return value
			}
		}
	}
	return 0
}
