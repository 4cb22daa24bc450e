// SPDX-License-Identifier: Apache-2.0

package timestamp

// This file tests what is read as a timestamp and how one is written.

import (
	"fmt"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		want time.Time // zero: refused
	}{
		{"2026-03-01T08:00:00Z", time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)},
		{"2026-03-01T08:00:00.5Z", time.Date(2026, 3, 1, 8, 0, 0, 500_000_000, time.UTC)},
		{"2026-03-01T08:00:00.1234567899Z", time.Date(2026, 3, 1, 8, 0, 0, 123_456_789, time.UTC)},
		{"2016-12-31T23:59:60Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2024-02-29T00:00:00Z", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{text: "2023-02-29T00:00:00Z"},
		{text: "2026-03-01T08:00:00"},
		{text: "2026-03-01t08:00:00Z"},
		{text: "2026-03-01T08:00:00z"},
		{text: "2026-03-01T08:00Z"},
		{text: "2026-03-01T08:00:61Z"},
		{text: "2026-03-01T24:00:00Z"},
		{text: "2026-03-01T08:00:00.Z"},
		{text: "2026-03-01T08:00:00,5Z"},
		{text: "2026-03-01T08:00:00+00:00"},
		{text: ""},
	}
	for _, test := range tests {
		got, ok := Parse(test.text)
		if ok != !test.want.IsZero() || !got.Equal(test.want) {
			t.Errorf("%q is read as %v, %v; want %v", test.text, got, ok, test.want)
		}
	}
}

func TestFormat(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 120_000_000, time.FixedZone("east", 3600))
	for want, got := range map[string]string{
		"2026-03-01T07:00:00.120Z":     Format(at),
		"2026-03-01T07:00:00.120001Z":  FormatFull(at.Add(time.Microsecond)),
		"2026-03-01T07:00:00.12Z":      FormatShort(at),
		"2026-03-01T07:00:01.000Z":     FormatFull(at.Add(880 * time.Millisecond)),
		"2026-03-01T07:00:00.1200001Z": FormatShort(at.Add(100)),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Every day of some years, and every moment near the ends of its parts, is read
// as package time reads it.
func TestParseAgainstPackageTime(t *testing.T) {
	for _, year := range []string{"0000", "1600", "1900", "2000", "2023", "2024", "9999"} {
		for month := range 14 {
			for day := range 33 {
				for _, clock := range []string{"00:00:00", "23:59:59", "24:00:00", "12:60:00", "12:00:59.25"} {
					text := fmt.Sprintf("%s-%02d-%02dT%sZ", year, month, day, clock)
					want, err := time.Parse("2006-01-02T15:04:05Z", text)
					if got, ok := Parse(text); ok != (err == nil) || !got.Equal(want) {
						t.Fatalf("%s is read as %v, %v; want %v, %v", text, got, ok, want, err)
					}
				}
			}
		}
	}
}
