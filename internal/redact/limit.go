// SPDX-License-Identifier: Apache-2.0

package redact

// This file makes places and times of objects no more exact than a plan allows.

import (
	"math"
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

const limited = "more exact than this partner may be told"

// limit cuts from an object what is more exact than the plan allows.
func (w *work) limit(p *piece) {
	if p.object.Type() == "location" && (w.plan.Country || w.plan.Metres > 0) {
		w.place(p)
	}
	if w.plan.Time == "" || w.plan.Time == "second" {
		return
	}
	for _, name := range seen {
		text, _ := p.tree[name].(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			continue
		}
		if floor := Floor(at.UTC(), w.plan.Time); !floor.Equal(at) {
			p.tree[name] = stix.FormatTime(floor)
			w.cut(p, name, Blurred, limited)
		}
	}
}

// seen are the properties that say when something happened. Those of files and
// processes say what a machine wrote, and are matched exactly or not at all.
var seen = []string{"first_seen", "last_seen", "first_observed", "last_observed", "start_time", "stop_time", "start", "end", "date"}

// place cuts a location. STIX 2.1 §4.9
func (w *work) place(p *piece) {
	names := []string{"street_address", "postal_code"}
	if w.plan.Metres >= 100_000 || w.plan.Country {
		names = append(names, "city")
	}
	if w.plan.Country {
		names = append(names, "administrative_area", "latitude", "longitude", "precision")
	}
	for _, name := range names {
		if _, there := p.tree[name]; there {
			w.cut(p, name, Blurred, limited)
			delete(p.tree, name)
		}
	}
	if p.tree["latitude"] == nil || p.tree["longitude"] == nil {
		return
	}
	for _, name := range []string{"latitude", "longitude"} {
		exact := float(p.tree[name])
		if rounded := Round(exact, w.plan.Metres); rounded != exact {
			p.tree[name] = rounded
			w.cut(p, name, Blurred, limited)
		}
	}
	p.tree["precision"] = max(float(p.tree["precision"]), w.plan.Metres)
}

// Floor is the beginning of the minute, hour, day, month or year that t lies in,
// in the zone in which t is given: a day that somebody wrote as local midnight
// stays that day. Any other unit is a second.
func Floor(t time.Time, unit string) time.Time {
	if t.IsZero() {
		return t
	}
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	switch unit {
	case "year":
		month, day, hour, minute, second = 1, 1, 0, 0, 0
	case "month":
		day, hour, minute, second = 1, 0, 0, 0
	case "day":
		hour, minute, second = 0, 0, 0
	case "hour":
		minute, second = 0, 0
	case "minute":
		second = 0
	}
	return time.Date(year, month, day, hour, minute, second, 0, t.Location())
}

// metresPerDegree is the length of a degree of latitude.
const metresPerDegree = 111_320

// Round keeps as many decimals of a coordinate as a precision in metres allows.
func Round(degrees, metres float64) float64 {
	decimals := min(max(math.Floor(math.Log10(metresPerDegree/metres)), 0), 9)
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(degrees, 'f', int(decimals), 64), 64)
	if err != nil {
		return math.Round(degrees)
	}
	return rounded + 0 // no minus before a zero
}
