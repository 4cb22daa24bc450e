// SPDX-License-Identifier: Apache-2.0

package policy

// This file makes times and coordinates no more exact than they claim to be.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

// blur makes the window no more exact than its fidelity and the place no more
// exact than its precision, and says so.
func blur(w *warning.Warning) []redact.Cut {
	var cuts []redact.Cut
	start, end := w.Window.Start, w.Window.End
	if floor := floorOf(start, w.Window.Fidelity); !floor.Equal(start) {
		w.Window.Start = floor
		cuts = append(cuts, redact.Cut{Path: "window.start", Rule: redact.Blurred, Reason: "no more exact than its fidelity"})
	}
	floor := floorOf(end, w.Window.Fidelity)
	if last := next(floor, w.Window.Fidelity).Add(-time.Millisecond); !end.IsZero() && !floor.Equal(end) && !last.Equal(end) {
		w.Window.End = last
		cuts = append(cuts, redact.Cut{Path: "window.end", Rule: redact.Blurred, Reason: "no more exact than its fidelity"})
	}
	place := &w.Target.Place
	for _, axis := range []struct {
		name   string
		degree **float64
	}{{"latitude", &place.Latitude}, {"longitude", &place.Longitude}} {
		if *axis.degree == nil || place.Precision <= 0 {
			continue
		}
		if rounded := redact.Round(**axis.degree, place.Precision); rounded != **axis.degree {
			*axis.degree = &rounded
			cuts = append(cuts, redact.Cut{Path: "target.place." + axis.name, Rule: redact.Blurred, Reason: "no more exact than its precision"})
		}
	}
	return cuts
}

// floorOf is the beginning of the unit that t lies in.
func floorOf(t time.Time, fidelity warning.Fidelity) time.Time {
	return redact.Floor(t, string(fidelity))
}

// next is the beginning of the unit after the one that begins at floor.
func next(floor time.Time, fidelity warning.Fidelity) time.Time {
	switch fidelity {
	case "year":
		return floor.AddDate(1, 0, 0)
	case "month":
		return floor.AddDate(0, 1, 0)
	case "day":
		return floor.AddDate(0, 0, 1)
	case "hour":
		return floor.Add(time.Hour)
	case "minute":
		return floor.Add(time.Minute)
	}
	return floor.Add(time.Second)
}
