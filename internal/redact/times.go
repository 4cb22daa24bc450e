// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds clock times in a text, in whatever notation.

import (
	"regexp"
	"strconv"
	"strings"
)

// A clock is one time of day found in a text.
type clock struct {
	start, end int
	minute     int  // of the day, 0 to 1439
	half       bool // whether morning or afternoon is not said
	zoned      bool
	offset     int // minutes east of UTC, if zoned
}

// same reports whether both are the same minute: on the wall, or in the world
// where both say their zone.
func (c clock) same(other clock) bool {
	day := 24 * 60
	if c.half || other.half {
		day = 12 * 60
	}
	if c.minute%day == other.minute%day {
		return true
	}
	return c.zoned && other.zoned && mod(c.minute-c.offset, day) == mod(other.minute-other.offset, day)
}

func mod(n, m int) int { return (n%m + m) % m }

const (
	halfDay = `(am|pm|a\.m|p\.m|in the morning|in the afternoon|in the evening|at night)\b`
	zone    = `(zulu|z|utc|gmt|msk|moscow time|cest|cet|eest|eet|bst|est|edt|pst|pdt|[+-]\d\d:?\d\d\b)`
	// plainZone is zone, but for what follows four digits as in a range or a number.
	plainZone = `(zulu|z|utc|gmt|msk|moscow time|cest|cet|eest|eet|bst|est|edt|pst|pdt|\+\d\d:?\d\d\b|-\d\d:\d\d\b)`
	mark      = `(hrs|hours|hour|h|uhr|o'clock|local|l)\b`
)

var (
	stampTime = regexp.MustCompile(`\d{4}-?\d\d-?\d\d[t ]+(\d\d):?(\d\d)(?::?\d\d(?:[.,]\d+)?)? ?` + zone + `?`)
	groupTime = regexp.MustCompile(`\d\d(\d\d)(\d\d) ?([a-z]) ?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)`)
	clockTime = regexp.MustCompile(`(\d{1,2})( ?: ?|\.| ?h ?| uhr )(\d\d)(?:[:.]\d\d(?:[.,]\d+)?)?(?: ?` + halfDay + `)?(?: ?` + zone + `)?(?: ?` + mark + `)?`)
	plainTime = regexp.MustCompile(`(\d\d)(\d\d)(?: ?` + plainZone + `)?(?: ?` + mark + `)?`)
	hourTime  = regexp.MustCompile(`(\d{1,2}) ?(?:o'clock )?` + halfDay + `(?: ?` + zone + `)?`)
	fullHour  = regexp.MustCompile(`(\d{1,2}) ?(h|uhr|o'clock)\b`)
	wordTime  = regexp.MustCompile(`\b(half|a quarter|quarter|five|ten|twenty five|twenty-five|twenty|\d{1,2})(?: minutes)? (past|after|to|before) (one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})\b(?: ?` + halfDay + `)?`)
	namedTime = regexp.MustCompile(`\b(noon|midday|midnight)\b`)
	said      = regexp.MustCompile(`(?:\b(?:at|by|from|until|till|after|before|around|about|and|to|um|kl)\.?|@|(?:^|\s)-) ?$`)
	// until is a time and the hyphen that leads to another.
	until      = regexp.MustCompile(`(?:^|[^\w-])\d{1,2}(?: ?[:.h] ?)?\d\d ?(?:z|utc|h|hrs|uhr)? ?- ?$`)
	restOfDate = regexp.MustCompile(`^-\d\d-\d\d(?:\D|$)`)
)

// clocks finds the times of day in a folded text.
func clocks(text string) []clock {
	var all []clock
	each := func(form *regexp.Regexp, read func(at []int, part func(i int) string) (clock, bool)) {
		for _, at := range form.FindAllStringSubmatchIndex(text, -1) {
			part := func(i int) string {
				if at[2*i] < 0 {
					return ""
				}
				return text[at[2*i]:at[2*i+1]]
			}
			if c, ok := read(at, part); ok && c.minute >= 0 {
				c.start, c.end = at[0], at[1]
				all = append(all, c)
			}
		}
	}
	each(namedTime, func(at []int, part func(int) string) (clock, bool) {
		if part(1) == "midnight" {
			return clock{}, true
		}
		return clock{minute: 12 * 60}, true
	})
	if strings.Contains(text, " past ") || strings.Contains(text, " to ") || strings.Contains(text, " after ") || strings.Contains(text, " before ") {
		each(wordTime, func(at []int, part func(int) string) (clock, bool) {
			return spoken(part(1), part(2), part(3), part(4))
		})
	}
	if !hasDigit(text) {
		return all
	}
	each(stampTime, func(at []int, part func(int) string) (clock, bool) {
		return newClock(part(1), part(2), "", part(3))
	})
	each(groupTime, func(at []int, part func(int) string) (clock, bool) {
		return newClock(part(1), part(2), "", part(3))
	})
	each(clockTime, func(at []int, part func(int) string) (clock, bool) {
		if inNumber(text, at[0], at[1]) {
			return clock{}, false
		}
		// A full stop is the decimal point of a number unless something says otherwise.
		if part(2) == "." && part(4)+part(5)+part(6) == "" && !saidBefore(text, at[0]) {
			return clock{}, false
		}
		c, ok := newClock(part(1), part(3), part(4), part(5))
		c.half = part(4) == "" && part(5)+part(6) == "" && len(part(1)) == 1 && part(1) != "0"
		return c, ok
	})
	each(plainTime, func(at []int, part func(int) string) (clock, bool) {
		if inNumber(text, at[0], at[1]) || part(3)+part(4) == "" && (!saidBefore(text, at[0]) || inDate(text, at[1])) {
			return clock{}, false
		}
		return newClock(part(1), part(2), "", part(3))
	})
	each(hourTime, func(at []int, part func(int) string) (clock, bool) {
		if inNumber(text, at[0], at[1]) {
			return clock{}, false
		}
		return newClock(part(1), "00", part(2), part(3))
	})
	each(fullHour, func(at []int, part func(int) string) (clock, bool) {
		if inNumber(text, at[0], at[1]) {
			return clock{}, false
		}
		c, ok := newClock(part(1), "00", "", "")
		c.half = part(2) == "o'clock"
		return c, ok
	})
	return all
}

// saidBefore reports whether a word that goes before a time stands right before
// start, or another time and a hyphen: behind anything else a hyphen joins the parts
// of a name or a number.
func saidBefore(text string, start int) bool {
	before := text[max(0, start-16):start]
	return said.MatchString(before) || until.MatchString(before)
}

// inDate reports whether what ends there is the year of a date.
func inDate(text string, end int) bool {
	return restOfDate.MatchString(text[end:min(len(text), end+7)])
}

// inNumber reports whether a match is only part of a longer number or address.
func inNumber(text string, start, end int) bool {
	if start > 0 {
		if b := text[start-1]; b >= '0' && b <= '9' || b >= 'a' && b <= 'z' && b != 't' {
			return true
		}
		if b := text[start-1]; start > 1 && (b == '.' || b == ':' || b == ',') && text[start-2] >= '0' && text[start-2] <= '9' {
			return true
		}
	}
	if end < len(text) {
		if b := text[end]; b >= '0' && b <= '9' || b >= 'a' && b <= 'z' {
			return true
		}
		if b := text[end]; end+1 < len(text) && (b == '.' && text[end+1] >= '0' && text[end+1] <= '9' || b == ':' && wordRune(rune(text[end+1]))) {
			return true
		}
	}
	return false
}

func newClock(hourText, minuteText, half, zone string) (clock, bool) {
	hour, _ := strconv.Atoi(hourText)
	minute, _ := strconv.Atoi(minuteText)
	hour, ok := onDay(hour, half)
	if !ok || hour > 24 || minute > 59 {
		return clock{}, false
	}
	c := clock{minute: (hour%24)*60 + minute}
	c.offset, c.zoned = zoneOffset(zone)
	return c, true
}

// onDay is the hour of the day that an hour of a half day means.
func onDay(hour int, half string) (int, bool) {
	switch {
	case half == "":
		return hour, true
	case hour < 1 || hour > 12 && half[0] != 'i':
		return 0, false
	case hour > 12:
		return hour, true // 14:35 in the afternoon
	case half[0] == 'a' && half != "at night" || half == "in the morning":
		return hour % 12, true
	case half == "at night" && (hour < 6 || hour == 12):
		return hour % 12, true
	}
	return hour%12 + 12, true
}

var numbers = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve")

// spoken reads words such as half past two, or twenty-five to three in the afternoon.
func spoken(minutes, side, hourText, half string) (clock, bool) {
	number := func(word string) int {
		for i, name := range numbers {
			if word == name {
				return i
			}
		}
		n, err := strconv.Atoi(word)
		if err != nil {
			return -1
		}
		return n
	}
	minute := number(minutes)
	switch minutes {
	case "half":
		minute = 30
	case "quarter", "a quarter":
		minute = 15
	case "twenty":
		minute = 20
	case "twenty five", "twenty-five":
		minute = 25
	}
	hour, ok := onDay(number(hourText), half)
	if !ok || minute < 0 || minute > 59 || hour < 0 || hour > 24 {
		return clock{}, false
	}
	if side == "to" || side == "before" {
		minute = -minute
	}
	return clock{minute: mod(hour*60+minute, 24*60), half: half == "" && hour <= 12}, true
}

// zoneOffset is a zone's distance from UTC in minutes east.
func zoneOffset(zone string) (int, bool) {
	switch zone {
	case "z", "zulu", "utc", "gmt":
		return 0, true
	case "cet", "bst":
		return 60, true
	case "cest", "eet":
		return 120, true
	case "msk", "moscow time", "eest":
		return 180, true
	case "edt":
		return -240, true
	case "est":
		return -300, true
	case "pdt":
		return -420, true
	case "pst":
		return -480, true
	}
	if len(zone) == 1 {
		return militaryZone(zone[0])
	}
	digits := strings.ReplaceAll(zone, ":", "")
	if len(digits) != 5 {
		return 0, false
	}
	hours, _ := strconv.Atoi(digits[1:3])
	minutes, _ := strconv.Atoi(digits[3:])
	if digits[0] == '-' {
		return -(hours*60 + minutes), true
	}
	return hours*60 + minutes, true
}

// militaryZone reads the letters of date-time groups; J is the local time, which
// says no zone.
func militaryZone(letter byte) (int, bool) {
	switch {
	case letter >= 'a' && letter <= 'i':
		return int(letter-'a'+1) * 60, true
	case letter >= 'k' && letter <= 'm':
		return int(letter-'a') * 60, true
	case letter >= 'n' && letter <= 'y':
		return -int(letter-'n'+1) * 60, true
	}
	return 0, false
}
