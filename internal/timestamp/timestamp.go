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
	if len(text) < 20 || text[len(text)-1] != 'Z' || text[10] != 'T' || text[17] == ' ' {
		return time.Time{}, false
	}
	leap := text[17:19] == "60"
	written := text
	if leap {
		written = text[:17] + "59" + text[19:]
	}
	if fraction := text[19 : len(text)-1]; fraction != "" && (fraction[0] != '.' || !digits(fraction[1:])) {
		return time.Time{}, false
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", written)
	if err != nil {
		return time.Time{}, false
	}
	if leap {
		at = at.Add(time.Second)
	}
	return at, true
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

func digits(text string) bool {
	for _, b := range []byte(text) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return text != ""
}
