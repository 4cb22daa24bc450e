// SPDX-License-Identifier: Apache-2.0

package web

// This file lays watches out over a month.

import (
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// month is one month of the calendar, in whole weeks from Monday. ISO 8601 §4.3
type month struct {
	first    time.Time
	weeks    [][]day
	previous string // as a query
	next     string
}

// day is one day of the calendar with the watches that hold on it.
type day struct {
	at      time.Time
	inMonth bool
	today   bool
	watches []warning.Watch
}

// asMonth is how a month is named in a query.
const asMonth = "2006-01"

// monthOf lays out the month that is asked for; this one, if none or nonsense is.
func monthOf(asked string, watches []warning.Watch, now time.Time) month {
	first, err := time.Parse(asMonth, asked)
	if err != nil || first.Year() < 1970 || first.Year() > 9000 {
		first = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	m := month{first: first, previous: first.AddDate(0, -1, 0).Format(asMonth), next: first.AddDate(0, 1, 0).Format(asMonth)}
	after := first.AddDate(0, 1, 0)
	for at := first.AddDate(0, 0, -(int(first.Weekday())+6)%7); at.Before(after); at = at.AddDate(0, 0, 7) {
		week := make([]day, 7)
		for i := range week {
			one := at.AddDate(0, 0, i)
			week[i] = day{at: one, inMonth: one.Month() == first.Month(), today: one.Format(time.DateOnly) == now.UTC().Format(time.DateOnly), watches: on(one, watches)}
		}
		m.weeks = append(m.weeks, week)
	}
	return m
}

// on are the watches that hold at some moment of a day, the most urgent first.
func on(at time.Time, watches []warning.Watch) (held []warning.Watch) {
	for _, w := range watches {
		if w.Window.Start.Before(at.AddDate(0, 0, 1)) && w.Until().After(at) {
			held = append(held, w)
		}
	}
	slices.SortStableFunc(held, func(a, b warning.Watch) int { return b.Raise.Rank() - a.Raise.Rank() })
	return held
}

// raised are the duties that a watch was a reason of, the newest first.
func raised(w warning.Watch, duties []warning.Duty) (all []warning.Duty) {
	for i := range duties {
		if duties[i].RaisedBy(&w) {
			all = append(all, duties[i])
		}
	}
	return all
}
