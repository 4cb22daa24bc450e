// SPDX-License-Identifier: Apache-2.0

// Package timestamp reads and writes the timestamps of STIX, for package stix
// and for the patterns beneath it. STIX 2.1 §2.16
package timestamp

import "time"

// Parse reads a STIX timestamp: RFC 3339 in UTC, ended by Z, with any number of
// digits in the fraction (those past the nanosecond are dropped). Dates that no
// calendar has are refused; a leap second, :60, is read as the second after it.
// STIX 2.1 §2.16
func Parse(text string) (at time.Time, ok bool) {
	// 2006-01-02T15:04:05 is 19 bytes; a Z must follow.
	const form = "0000-00-00T00:00:00"
	end := len(text) - 1
	if end < len(form) || text[end] != 'Z' {
		return time.Time{}, false
	}
	for i := range len(form) {
		if form[i] != '0' && text[i] != form[i] || form[i] == '0' && !isDigit(text[i]) {
			return time.Time{}, false
		}
	}
	fraction, ok := nanoseconds(text[len(form):end])
	year, month, day := pair(text)*100+pair(text[2:]), time.Month(pair(text[5:])), pair(text[8:])
	hour, minute, second := pair(text[11:]), pair(text[14:]), pair(text[17:])
	if !ok || month < 1 || month > 12 || day < 1 || day > days(year, month) || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	return time.Date(year, month, day, hour, minute, second, fraction, time.UTC), true
}

// pair is the number that the first two digits of a text are.
func pair(text string) int { return int(text[0]-'0')*10 + int(text[1]-'0') }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// nanoseconds reads a fraction with its dot, or nothing.
func nanoseconds(text string) (count int, ok bool) {
	if text == "" {
		return 0, true
	}
	if text[0] != '.' || len(text) == 1 {
		return 0, false
	}
	unit := int(time.Second)
	for i := 1; i < len(text); i++ {
		if !isDigit(text[i]) {
			return 0, false
		}
		unit /= 10
		count += unit * int(text[i]-'0')
	}
	return count, true
}

// days is the number of days of a month.
func days(year int, month time.Month) int {
	switch month {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return 31
}

// Format writes a time in UTC, cut to the millisecond. STIX 2.1 §3.2
func Format(at time.Time) string {
	return at.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
}

// FormatFull writes a time in UTC with as many digits of the fraction as it
// needs, at least three.
func FormatFull(at time.Time) string {
	at = at.UTC()
	if at.Nanosecond()%int(time.Millisecond) == 0 {
		return Format(at)
	}
	return FormatShort(at)
}

// FormatShort writes a time in UTC with no more digits of the fraction than it
// needs, none if it can.
func FormatShort(at time.Time) string {
	return at.UTC().Format("2006-01-02T15:04:05.999999999Z")
}
