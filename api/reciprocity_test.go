// SPDX-License-Identifier: Apache-2.0

package api

// This file tests periods of whole days.

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2031, 5, n, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		first, last string
		want        Period
		good        bool
	}{
		{"", "", Period{}, true},
		{"2031-05-01", "", Period{From: day(1)}, true},
		{"", "2031-05-09", Period{Until: day(10)}, true},
		{"2031-05-09", "2031-05-09", Period{From: day(9), Until: day(10)}, true},
		{"2031-05-10", "2031-05-09", Period{}, false},
		{"10.5.2031", "", Period{}, false},
		{"", "2031-02-30", Period{}, false},
	} {
		got, err := Days(test.first, test.last)
		if (err == nil) != test.good || test.good && got != test.want {
			t.Errorf("%q to %q: %+v, %v", test.first, test.last, got, err)
		}
	}
	if p := (Period{From: day(9), Until: day(10)}); !p.Holds(day(9)) || p.Holds(day(10)) || p.Holds(day(8)) {
		t.Error("a period holds its first moment and not its end")
	}
}
