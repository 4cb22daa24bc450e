// SPDX-License-Identifier: Apache-2.0

package policy

// This file makes a partner's copy no more exact than that partner may be told.

import (
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

const limited = "more exact than this partner may be told"

// narrow takes out of a warning what is more exact than the limits, and returns
// what it took out as texts that the rest may not repeat.
func narrow(w *warning.Warning, limits partner.Limits) (cuts []redact.Cut, taken []redact.NamedText) {
	place := &w.Target.Place
	drop := func(name string, value *string) {
		if *value == "" {
			return
		}
		cuts = append(cuts, redact.Cut{Path: "target.place." + name, Rule: redact.Blurred, Reason: limited})
		taken = append(taken, redact.NamedText{Name: "target.place." + name, Text: *value})
		*value = ""
	}
	if limits.Within("city") {
		drop("detail", &place.Detail)
	}
	if limits.Within("region") {
		drop("city", &place.City)
	}
	if limits.Within("country") {
		drop("region", &place.Region)
	}
	if place.Latitude != nil && place.Longitude != nil && limits.Within("city") {
		taken = append(taken, redact.NamedText{Name: "target.place", Text: redact.Point(*place.Latitude, *place.Longitude)})
		if limits.Within("country") {
			place.Latitude, place.Longitude, place.Precision = nil, nil, 0
			cuts = append(cuts, redact.Cut{Path: "target.place", Rule: redact.Blurred, Reason: limited})
		} else {
			place.Precision = max(place.Precision, limits.Metres())
		}
	}
	window := &w.Window
	if !window.IsZero() && limits.Coarser(string(window.Fidelity)) {
		if limits.Coarser("minute") && (window.Fidelity == "minute" || window.Fidelity == "second") {
			taken = append(taken, moment("window.start", window.Start)...)
			taken = append(taken, moment("window.end", window.End)...)
		}
		window.Fidelity = warning.Fidelity(limits.Time)
		cuts = append(cuts, redact.Cut{Path: "window.fidelity", Rule: redact.Blurred, Reason: limited})
	}
	return cuts, taken
}

// Exceeds reports whether a copy says more exactly where or when than limits let a
// partner be told.
func Exceeds(w *warning.Warning, limits partner.Limits) bool {
	again := *w
	narrow(&again, limits)
	if again.Target.Place != w.Target.Place || again.Window != w.Window {
		return true
	}
	plan := redact.Plan{Metres: limits.Metres(), Country: limits.Within("country"), Time: limits.Time}
	return len(redact.Taken(plan, w.Objects)) > 0
}

// repeated is what the texts say of what was taken out: only words and times that
// are long enough to be found by what they are.
func repeated(release, taken []redact.NamedText) []redact.Leak {
	if len(taken) == 0 {
		return nil
	}
	var known []string
	for _, text := range taken {
		if len(strings.Join(redact.Words(text.Text), "")) >= 3 {
			known = append(known, text.Text)
		}
	}
	leaks := redact.Leaks(release, taken, known)
	for i := range leaks {
		leaks[i].Source = limited
	}
	return leaks
}

// windowDays are the days of a threat's window, which a warning says openly; at
// most a month of them.
func windowDays(w warning.Window) (days []string) {
	start, end := w.Start, w.End
	if start.IsZero() {
		start = end
	}
	if end.IsZero() {
		end = start
	}
	for day := start; !day.IsZero() && len(days) < 32 && !day.After(end.Add(24*time.Hour)); day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format(time.DateOnly))
	}
	return days
}
