// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds what repeats nothing and may still say too much: a day, a
// number of persons, words for a small circle. A person decides on it.

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	FlagDay   LeakRule = "day"   // a calendar day of a source-sensitive text
	FlagCount LeakRule = "count" // the number of persons that a source-sensitive text gives
	FlagFew   LeakRule = "few"   // words that say how few could know
)

// Flags finds in release what may let a partner infer a source, without
// repeating it:
//
//   - calendar days that a sensitive text names and no open text does, in figures
//     or with the month's name in one of twelve languages;
//   - an exact number of persons, in figures or words, that a sensitive text gives;
//   - words that say how few were there or could know.
//
// A flag stops nothing: it is shown to the people who release. It names the
// field of the release, and the sensitive one it is about.
func (g *Guard) Flags(release []NamedText) []Leak {
	var flags []Leak
	for _, field := range release {
		var found []Leak
		flat := fold(field.Text, false)
		add := func(rule LeakRule, start, end int, source string) {
			start, end = flat.original(start, end)
			found = append(found, Leak{Rule: rule, Field: field.Name, Start: start, End: end, Source: source})
		}
		if len(g.days) > 0 {
			eachDay(flat.text, func(start, end int, d day) {
				for sensitive, source := range g.days {
					if d.same(sensitive) {
						add(FlagDay, start, end, source)
					}
				}
			})
		}
		if len(g.counts) > 0 {
			eachCount(flat.text, func(start, end, n int) {
				if source := g.counts[n]; source != "" {
					add(FlagCount, start, end, source)
				}
			})
		}
		for _, at := range fewForm.FindAllStringIndex(flat.text, -1) {
			add(FlagFew, at[0], at[1], "")
		}
		flags = append(flags, merge(found, field.Text)...)
	}
	return flags
}

// inferences takes the days and numbers of persons of a field in.
func (g *Guard) inferences(source, flat string) {
	eachDay(flat, func(_, _ int, d day) { g.days[d] = source })
	eachCount(flat, func(_, _, n int) { g.counts[n] = source })
}

// openInferences lets the days and numbers go that a text names which may leave.
func (g *Guard) openInferences(text string) {
	flat := fold(text, false).text
	eachDay(flat, func(_, _ int, d day) {
		for sensitive := range g.days {
			if d.same(sensitive) {
				delete(g.days, sensitive)
			}
		}
	})
	eachCount(flat, func(_, _, n int) { delete(g.counts, n) })
}

// A day is a day of a month; the year is 0 if it is not said.
type day struct{ year, month, day int }

func (d day) same(other day) bool {
	return d.month == other.month && d.day == other.day && (d.year == other.year || d.year == 0 || other.year == 0)
}

var (
	isoDay     = regexp.MustCompile(`\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b`)
	figuredDay = regexp.MustCompile(`\b(\d{1,2})[-/.] ?(\d{1,2})[-/.] ?(\d{4}|\d\d)\b`)
	dayMonth   = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th|er|\.)?(?:[ -](?:of|de|di)\b)?[ -]?(\p{L}{3,})\.?(?:[ -](?:of|de|del)\b)?,?[ -]?(\d{4})?`)
	monthDay   = regexp.MustCompile(`(\p{L}{3,})\.?,? (?:the )?(\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4}))?`)
	fewForm    = regexp.MustCompile(`\b(?:only (?:one|two|three|four|five|a few|a handful|\d) (?:of (?:them|us) )?(?:people|persons|men|women|knew|know|were|could|others)|those (?:who were )?present|who (?:was|were) (?:there|present)|(?:was|were) in the (?:room|car|flat|house)|inner circle|close circle|his own circle|insiders?|eye-?witness(?:es)?|first-?hand|told us (?:himself|herself))\b`)
)

// months are the months' names as texts are compared, also those cut to three
// letters in English.
var months = numbered(
	"january february march april may june july august september october november december",
	"jan feb mar apr may jun jul aug sep oct nov dec",
	"januar februar märz april mai juni juli august september oktober november dezember",
	"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
	"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
	"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
	"janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
	"januari februari maart april mei juni juli augustus september oktober november december",
	"stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
	"января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
	"січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
	"ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου",
	"ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
)

// numbered gives words their places in each list, from 1, as texts are compared.
func numbered(lists ...string) map[string]int {
	all := make(map[string]int)
	for _, words := range lists {
		for i, word := range strings.Fields(words) {
			all[fold(word, false).text] = i + 1
		}
	}
	return all
}

// eachDay finds the calendar days in a folded text.
func eachDay(text string, hit func(start, end int, d day)) {
	if !hasDigit(text) {
		return
	}
	each := func(form *regexp.Regexp, year, month, dayOf int) {
		for _, at := range form.FindAllStringSubmatchIndex(text, -1) {
			part := func(i int) string {
				if at[2*i] < 0 {
					return ""
				}
				return text[at[2*i]:at[2*i+1]]
			}
			d := day{year: figure(part(year)), month: months[part(month)], day: figure(part(dayOf))}
			if d.month == 0 {
				d.month = figure(part(month))
			}
			if d.year > 0 && d.year < 100 {
				d.year += 2000
			}
			if d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31 {
				hit(at[0], at[1], d)
			}
		}
	}
	each(isoDay, 1, 2, 3)
	each(figuredDay, 3, 2, 1)
	each(dayMonth, 3, 2, 1)
	each(monthDay, 3, 1, 2)
}

func figure(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

var countForm = regexp.MustCompile(`(?:^|[^\p{L}\d])(\d{1,3}|\p{L}{2,9}) (?:\p{L}+ )?(\p{L}{3,})`)

// counted are words for persons, and countWords the numbers people write out.
var (
	counted = foldedSet(`people persons person men man women woman suspects suspect individuals members officers children students participants attendees passengers witnesses detainees
		personnes hommes femmes personen männer frauen menschen personas hombres mujeres persone uomini donne человек человека людей мужчин мужчины женщин женщины άτομα άνδρες γυναίκες kişi adam kadın osób mężczyzn`)
	countWords = numbered(
		"one two three four five six seven eight nine ten eleven twelve",
		"eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
		"un deux trois quatre cinq six sept huit neuf dix onze douze",
		"uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
		"один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
		"одного двух трёх четырёх пяти шести семи восьми девяти десяти одиннадцати двенадцати",
		"ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα δέκα έντεκα δώδεκα",
		"bir iki üç dört beş altı yedi sekiz dokuz on onbir oniki",
	)
)

func foldedSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		set[fold(word, false).text] = true
	}
	return set
}

// eachCount finds exact numbers of persons in a folded text. Numbers beyond a
// hundred are rarely what a few people know.
func eachCount(text string, hit func(start, end, n int)) {
	for offset := 0; offset < len(text); {
		at := countForm.FindStringSubmatchIndex(text[offset:])
		if at == nil {
			return
		}
		word := text[offset+at[2] : offset+at[3]]
		n := figure(word)
		if n == 0 {
			n = countWords[word]
		}
		first, last := offset+at[2], offset+at[5]
		rest := strings.Fields(text[first:last])
		for i := 1; n > 0 && i < len(rest); i++ {
			if counted[rest[i]] {
				hit(first, last, n)
				break
			}
		}
		offset += at[3] // the words behind may be a number themselves
	}
}
