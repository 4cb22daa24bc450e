// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads and writes STIX timestamps.

import (
	"errors"
	"fmt"
	"time"
)

// ErrTime is what [ParseTime] wraps.
var ErrTime = errors.New("stix: not a timestamp")

// ParseTime reads a STIX timestamp: RFC 3339 in UTC, ended by Z, with any
// number of digits in the fraction (those past the nanosecond are dropped).
// Dates that no calendar has are refused; a leap second, :60, is read as the
// second after it. STIX 2.1 §2.16
func ParseTime(text string) (time.Time, error) {
	// 2006-01-02T15:04:05 is 19 bytes; a Z must follow.
	if len(text) < 20 || text[len(text)-1] != 'Z' || text[10] != 'T' || text[17] == ' ' {
		return time.Time{}, timeError(text)
	}
	leap := text[17:19] == "60"
	written := text
	if leap {
		written = text[:17] + "59" + text[19:]
	}
	if fraction := text[19 : len(text)-1]; fraction != "" && (fraction[0] != '.' || !digits(fraction[1:])) {
		return time.Time{}, timeError(text)
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", written)
	if err != nil {
		return time.Time{}, timeError(text)
	}
	if leap {
		at = at.Add(time.Second)
	}
	return at, nil
}

// FormatTime writes a time as a STIX timestamp in UTC, cut to the millisecond.
// STIX 2.1 §3.2
func FormatTime(at time.Time) string {
	return at.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
}

// FormatTimeFull writes a time as a STIX timestamp in UTC with as many digits
// of the fraction as it needs, at least three.
func FormatTimeFull(at time.Time) string {
	at = at.UTC()
	if at.Nanosecond()%int(time.Millisecond) == 0 {
		return FormatTime(at)
	}
	return at.Format("2006-01-02T15:04:05.999999999Z")
}

func digits(text string) bool {
	for _, b := range []byte(text) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return text != ""
}

func timeError(text string) error {
	return fmt.Errorf("%w: %.40q", ErrTime, text)
}
