// SPDX-License-Identifier: Apache-2.0

package web

// This file tests how watches lie in a month.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestMonths(t *testing.T) {
	now := time.Date(2031, 5, 8, 23, 30, 0, 0, time.UTC)
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2031, month, day, hour, 0, 0, 0, time.UTC)
	}
	cup := warning.Watch{Event: "the cup", Raise: handling.Priority, Window: warning.Window{Start: at(5, 7, 12), End: at(5, 9, 0)}}
	vote := warning.Watch{Event: "the vote", Raise: handling.Flash, Window: warning.Window{Start: at(4, 30, 0), End: at(5, 8, 1)}}
	m := monthOf("", []warning.Watch{cup, vote}, now)
	if m.first.Format(asMonth) != "2031-05" || m.previous != "2031-04" || m.next != "2031-06" {
		t.Errorf("the month is %v, between %s and %s", m.first, m.previous, m.next)
	}
	held, todays := make(map[string]string), 0
	for _, week := range m.weeks {
		if len(week) != 7 || week[0].at.Weekday() != time.Monday {
			t.Fatalf("a week begins on %v and has %d days", week[0].at.Weekday(), len(week))
		}
		for _, d := range week {
			for _, w := range d.watches {
				held[d.at.Format("01-02")] += w.Event + ";"
			}
			if d.today {
				todays++
			}
		}
	}
	// A watch that ends at midnight does not hold on the day that begins then; the
	// most urgent stands first.
	for day, want := range map[string]string{
		"04-29": "", "04-30": "the vote;", "05-06": "the vote;", "05-07": "the vote;the cup;", "05-08": "the vote;the cup;", "05-09": "", "05-31": "",
	} {
		if held[day] != want {
			t.Errorf("%s holds %q, want %q", day, held[day], want)
		}
	}
	if todays != 1 {
		t.Errorf("%d days are today", todays)
	}
	// February that begins on a Monday and has 28 days takes four weeks; nonsense is this month.
	if got := len(monthOf("2027-02", nil, now).weeks); got != 4 {
		t.Errorf("February 2027 has %d weeks", got)
	}
	for _, asked := range []string{"x", "2031-13", "0000-01", "9999-12"} {
		if got := monthOf(asked, nil, now).first; got.Format(asMonth) != "2031-05" {
			t.Errorf("%q shows %v", asked, got)
		}
	}
}
