// SPDX-License-Identifier: Apache-2.0

package main

// This file tells what tocsin detect finds: hits on the standard output, all
// else on the other.

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/internal/detect"
	"github.com/tocsin-exchange/tocsin/stix"
)

// toldHit is a hit as it is printed for programs.
type toldHit struct {
	Time      string        `json:"time,omitempty"`
	Until     string        `json:"until,omitempty"`
	Event     toldPlace     `json:"event"`
	With      []toldPlace   `json:"with,omitempty"`
	Indicator string        `json:"indicator"`
	Name      string        `json:"name,omitempty"`
	Matched   []toldMatched `json:"matched"`
	Number    int           `json:"number,omitzero"`
}

type toldPlace struct {
	File string `json:"file"`
	Line int    `json:"line,omitzero"`
	ID   string `json:"id,omitempty"`
}

type toldMatched struct {
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// hit tells a hit at once, and keeps it for the sightings.
func (d *detection) hit(hit detect.Hit) error {
	if d.file != "" {
		d.sightings.Add(hit)
		d.unwritten = true
	}
	d.watch.clear()
	if d.json {
		told := toldHit{Event: toldPlace(hit.Event), Indicator: hit.Indicator, Name: hit.Name, Time: stamp(hit.First)}
		if hit.Last.After(hit.First) {
			told.Until = stamp(hit.Last)
		}
		if hit.Number > 1 {
			told.Number = hit.Number
		}
		for _, place := range hit.With {
			told.With = append(told.With, toldPlace(place))
		}
		for _, m := range hit.Matched {
			told.Matched = append(told.Matched, toldMatched(m))
		}
		raw, err := json.Marshal(told)
		if err == nil {
			_, err = fmt.Fprintf(d.out, "%s\n", raw)
		}
		return err
	}
	var p page
	var matched []string
	for _, m := range hit.Matched {
		matched = append(matched, m.String())
	}
	name := hit.Name
	if name != "" {
		name = " (" + name + ")"
	}
	at := stamp(hit.First)
	if at == "" {
		at = "no time"
	}
	p.line("%s  %s  %s%s  %s", at, placeText(hit), hit.Indicator, name, strings.Join(matched, ", "))
	_, err := fmt.Fprint(d.out, p.text())
	return err
}

func placeText(hit detect.Hit) string {
	text := hit.Event.String()
	if len(hit.With) > 0 {
		text += fmt.Sprintf(" and %d before", len(hit.With))
	}
	return text
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return stix.FormatTimeFull(at)
}

// bad tells of an event that could not be read.
func (d *detection) bad(problem detect.Problem) error {
	d.problem(problem.Event.String(), problem.Reason)
	return nil
}

// skipped tells of what was read and is no event.
func (d *detection) skipped(skipped detect.Problem) error {
	d.watch.clear()
	d.note(aside{Where: skipped.Event.String(), Skipped: skipped.Reason})
	return nil
}

// problem tells what is passed over; after the first few only their number.
func (d *detection) problem(where, reason string) {
	d.say(aside{Where: where, Problem: reason})
}

// say tells a problem or a warning unless there were too many.
func (d *detection) say(n aside) {
	d.problems++
	if d.verbose || d.problems <= shownProblems {
		d.watch.clear()
		d.note(n)
	}
}

// untold is how many problems were only counted.
func (d *detection) untold() int {
	if d.verbose {
		return 0
	}
	return max(d.problems-shownProblems, 0)
}

// nothingRead warns where there was no event: no hits then say nothing.
func (d *detection) nothingRead(totals detect.Totals) {
	switch {
	case totals.Events > totals.Unmapped:
	case totals.Events > 0:
		d.note(aside{Warning: "no event is of a kind that the map knows: is it the right map?"})
	case totals.Beside+totals.Others > 0:
		d.note(aside{Warning: "no event was read: of STIX only observed data is an event, and there is none"})
	default:
		d.note(aside{Warning: "no event was read"})
	}
}

// summary ends a run on the standard error.
func (d *detection) summary() error {
	totals, indicators := d.detector.Totals(), d.set.Counts()
	if d.json {
		raw, err := json.Marshal(struct {
			Events     int64 `json:"events"`
			Hits       int64 `json:"hits"`
			Seen       int   `json:"indicators_seen"`
			Bad        int64 `json:"unreadable"`
			Sloppy     int64 `json:"sloppy,omitzero"`
			Given      int64 `json:"given_up,omitzero"`
			Unmapped   int64 `json:"unmapped"`
			Others     int64 `json:"not_observed_data"`
			Timeless   int64 `json:"without_time"`
			Outside    int64 `json:"outside_validity"`
			Dropped    int64 `json:"dropped"`
			Indicators int   `json:"indicators"`
			Unusable   int   `json:"unusable"`
			Revoked    int   `json:"revoked"`
			Superseded int   `json:"superseded"`
			Untold     int   `json:"problems_untold,omitzero"`
		}{
			totals.Events, totals.Hits, totals.Seen, totals.Bad, totals.Sloppy, totals.Given, totals.Unmapped, d.others(totals), totals.Timeless, totals.Outside, totals.Dropped,
			indicators.Used, indicators.Unusable, indicators.Revoked, indicators.Superseded, d.untold(),
		})
		if err == nil {
			_, err = fmt.Fprintf(d.errs, "%s\n", raw)
		}
		return err
	}
	text := fmt.Sprintf("%s, %s; looked for %s, saw %d", count(totals.Events, "event"), count(totals.Hits, "hit"), count(int64(indicators.Used), "indicator"), totals.Seen)
	for _, part := range []struct {
		n    int64
		what string
	}{
		{totals.Bad, "could not be read"},
		{totals.Sloppy, "with a name twice or not in UTF-8, looked at all the same"},
		{totals.Given, "indicators given up, since matching them took too long"},
		{totals.Unmapped, "of no kind that the map knows"},
		{d.others(totals), "no observed data"},
		{totals.Outside, "met an indicator outside its validity"},
		{totals.Timeless, "without a time, so that validity was not asked"},
		{totals.Dropped, "dropped from patterns over several events, whose memory was full"},
		{int64(indicators.Unusable), "indicators of no use"},
		{int64(indicators.Revoked), "indicators revoked"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf("; %s: %d", part.what, part.n)
		}
	}
	if more := d.untold(); more > 0 {
		text += fmt.Sprintf("; %d more problems (--verbose tells each)", more)
	}
	_, err := fmt.Fprintln(d.errs, text)
	return err
}

// others is how many objects were no observed data; observables beside it are
// no news.
func (d *detection) others(totals detect.Totals) int64 {
	if totals.Events > 0 {
		return totals.Others
	}
	return totals.Others + totals.Beside
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// watch shows how far a run is, on a line of a terminal that it writes over.
type watch struct {
	file  *os.File // nil where nobody watches
	began time.Time
	last  time.Time
	shown bool
}

func (t *tool) watcher() *watch {
	w := &watch{began: time.Now()}
	if file, ok := t.errs.(*os.File); ok && !t.json {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			w.file = file
		}
	}
	return w
}

func (w *watch) running() time.Duration { return max(time.Since(w.began), time.Millisecond) }

// show writes the line anew, a few times a second.
func (w *watch) show(text func() string) {
	if w.file == nil || time.Since(w.last) < 250*time.Millisecond {
		return
	}
	w.last, w.shown = time.Now(), true
	fmt.Fprintf(w.file, "\r\x1b[K%s", text())
}

// clear makes room for a line that stays.
func (w *watch) clear() {
	if w.shown {
		fmt.Fprint(w.file, "\r\x1b[K")
		w.shown = false
	}
}

func (w *watch) end() { w.clear() }
