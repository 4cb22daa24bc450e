// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds the actionable minimum of a tear line.

import (
	"strings"
	"time"
)

// Point is one thing that a warning should say for its recipient to act on it.
type Point struct {
	What string `json:"what"`
	// Said is what the warning says of it; empty if it says nothing.
	Said string `json:"said,omitempty"`
}

// Minimum are the seven points of the actionable minimum, in their order, with
// what the warning says of each. What is not known cannot be said, and a life is
// not to wait for it: what is missing is shown to the people who release, and
// they decide. ICD 209
func (w *Warning) Minimum() []Point {
	who := []string{string(w.Target.Kind), w.Target.Name, strings.Join(w.Target.Nationalities, ", ")}
	where := w.Target.Place.String()
	if where == "" && w.Target.Place.Latitude != nil {
		where = "coordinates"
	}
	var when []string
	for _, at := range []string{moment(w.Window.Start), moment(w.Window.End), string(w.Window.Fidelity)} {
		if at != "" {
			when = append(when, at)
		}
	}
	answer := ""
	if !w.AnswerBy.IsZero() {
		answer = w.AnswerBy.UTC().Format("2006-01-02 15:04 UTC")
	}
	return []Point{
		{"who", phrase(who)},
		{"what", phrase([]string{string(w.ThreatType), w.Method})},
		{"where", where},
		{"when", phrase(when)},
		{"how sure", phrase([]string{string(w.Probability), string(w.Confidence)})},
		{"what to do", w.Action},
		{"answer by", answer},
	}
}

func phrase(words []string) string {
	var said []string
	for _, word := range words {
		if word != "" {
			said = append(said, word)
		}
	}
	return strings.Join(said, ", ")
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format("2006-01-02 15:04 -0700")
}
