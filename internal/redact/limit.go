// SPDX-License-Identifier: Apache-2.0

package redact

// This file makes places and times of objects no more exact than a plan allows.

import (
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

const limited = "more exact than this partner may be told"

// limit cuts from an object what is more exact than the plan allows.
func (w *work) limit(p *piece) {
	if p.object.Type() == "location" && (w.plan.Country || w.plan.Metres > 0) {
		w.place(p)
	}
	for _, name := range seen {
		at, floor, exact := w.plan.later(name, p.tree)
		if exact && !floor.Equal(at) {
			p.tree[name] = stix.FormatTime(floor)
			w.cut(p, name, Blurred, limited)
		}
	}
}

// later is a time that a property gives, and the one that may be said of it; exact
// is false if it is none, or may be said as it is. An indicator is valid until the
// end of the unit, so that it is valid at all.
func (plan Plan) later(name string, tree map[string]any) (at, floor time.Time, exact bool) {
	if plan.Time == "" || plan.Time == "second" {
		return at, floor, false
	}
	text, _ := tree[name].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, floor, false
	}
	floor = Floor(at.UTC(), plan.Time)
	if name == "valid_until" && !floor.Equal(at) {
		floor = after(floor, plan.Time)
	}
	return at, floor, true
}

// after is the beginning of the unit after the one that begins at floor.
func after(floor time.Time, unit string) time.Time {
	switch unit {
	case "year":
		return floor.AddDate(1, 0, 0)
	case "month":
		return floor.AddDate(0, 1, 0)
	case "day":
		return floor.AddDate(0, 0, 1)
	case "hour":
		return floor.Add(time.Hour)
	}
	return floor.Add(time.Minute)
}

// Taken are the texts that the limits of a plan take out of objects: what is left
// may not repeat them. A whole day is no exact time.
func Taken(plan Plan, objects []jsontext.Value) (taken []NamedText) {
	if plan.Metres == 0 && !plan.Country && (plan.Time == "" || plan.Time == "second") {
		return nil
	}
	for i, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			continue // nothing leaves then
		}
		field, tree := "objects."+strconv.Itoa(i)+".", object.Map()
		if object.Type() == "location" && (plan.Country || plan.Metres > 0) {
			for _, name := range plan.narrower() {
				if text, ok := tree[name].(string); ok {
					taken = append(taken, NamedText{field + name, text})
				}
			}
			if tree["latitude"] != nil && tree["longitude"] != nil {
				taken = append(taken, NamedText{field + "latitude", Point(float(tree["latitude"]), float(tree["longitude"]))})
			}
		}
		for _, name := range seen {
			if at, floor, exact := plan.later(name, tree); exact && plan.Time != "minute" && !floor.Equal(at) && !at.Equal(Floor(at.UTC(), "day")) {
				taken = append(taken, NamedText{field + name, at.UTC().Format(time.RFC3339)})
			}
		}
	}
	return taken
}

// seen are the properties that say when something happened. Those of files and
// processes say what a machine wrote, and are matched exactly or not at all.
var seen = []string{"first_seen", "last_seen", "first_observed", "last_observed", "start_time", "stop_time", "start", "end", "date", "valid_from", "valid_until"}

// place cuts a location. STIX 2.1 §4.9
func (w *work) place(p *piece) {
	for _, name := range w.plan.narrower() {
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

// narrower are the properties of a location that say more than the plan allows.
func (plan Plan) narrower() []string {
	names := []string{"street_address", "postal_code"}
	if plan.Metres >= 100_000 || plan.Country {
		names = append(names, "city")
	}
	if plan.Country {
		names = append(names, "administrative_area", "latitude", "longitude", "precision")
	}
	return names
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
