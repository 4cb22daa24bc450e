// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads and writes STIX timestamps.

import (
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/timestamp"
)

// ErrTime is what [ParseTime] wraps.
var ErrTime = errors.New("stix: not a timestamp")

// ParseTime reads a STIX timestamp: RFC 3339 in UTC, ended by Z, with any
// number of digits in the fraction (those past the nanosecond are dropped).
// Dates that no calendar has are refused; a leap second, :60, is read as the
// second after it. STIX 2.1 §2.16
func ParseTime(text string) (time.Time, error) {
	at, ok := timestamp.Parse(text)
	if !ok {
		return time.Time{}, fmt.Errorf("%w: %.40q", ErrTime, text)
	}
	return at, nil
}

// FormatTime writes a time as a STIX timestamp in UTC, cut to the millisecond.
// STIX 2.1 §3.2
func FormatTime(at time.Time) string { return timestamp.Format(at) }

// FormatTimeFull writes a time as a STIX timestamp in UTC with as many digits
// of the fraction as it needs, at least three.
func FormatTimeFull(at time.Time) string { return timestamp.FormatFull(at) }

func digits(text string) bool {
	for _, b := range []byte(text) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return text != ""
}
