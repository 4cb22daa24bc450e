// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds what the caveat "sanitised" means for what leaves. It is the
// sender's word that what could identify a source was removed; what a program can
// see to, it sees to. It stands in Go: no text that people sign makes it less.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RuleSanitised is the rule about what is called sanitised.
const RuleSanitised Rule = "sanitised"

const sanitised = "the copy is called sanitised"

// withinSanitised are the limits of a sanitised copy: a place by its city, a time
// by its hour, or as the partner's own limits say if these are wider.
func withinSanitised(limits partner.Limits) partner.Limits {
	if !limits.Within("city") {
		limits.Place = "city"
	}
	if !limits.Coarser("minute") {
		limits.Time = "hour"
	}
	return limits
}

// sanitise takes out of a copy how its source is rated and whom it names, and
// returns what it took out as texts that the rest may not repeat.
func sanitise(w *warning.Warning) (cuts []redact.Cut, taken []redact.NamedText) {
	if w.Grade != "" {
		cuts = append(cuts, redact.Cut{Path: "grade", Rule: redact.Blurred, Reason: sanitised})
		w.Grade = ""
	}
	for _, p := range w.Persons {
		taken = append(taken, redact.NamedText{Name: "persons", Text: p.Name})
	}
	w.Persons = nil
	return cuts, taken
}

func (e *evaluation) sanitised() bool {
	return e.of.draft.Warning.Handling.HasCaveat(handling.Sanitised)
}
