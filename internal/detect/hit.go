// SPDX-License-Identifier: Apache-2.0

package detect

// This file holds what is told: hits, and what was not as it should be.

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Place is where an event stands.
type Place struct {
	File string
	Line int    // from 1; 0 where there are no lines
	ID   string // of the observed data, if the event is one
}

// String is file:line, or the id where there are no lines.
func (p Place) String() string {
	switch {
	case p.Line > 0:
		return p.File + ":" + strconv.Itoa(p.Line)
	case p.ID != "":
		return p.File + ": " + p.ID
	}
	return p.File
}

// A Hit says that an event, or the last of several, met an indicator.
type Hit struct {
	Indicator string
	Name      string
	Event     Place
	// First and Last are when it was observed; zero if the event does not say.
	First, Last time.Time
	// Number is how often the event says that it was observed, at least 1.
	Number  int
	Matched []Matched
	// With are the earlier events that belong to it, for a pattern over several.
	With []Place

	events []*observed
	number uint32 // of the indicator
}

// Matched is a value that a comparison of the pattern asked for.
type Matched struct {
	Path  string // as the pattern writes it
	Value any    // string, bool, int64 or float64; nil for a container
}

// String is the path and the value, a string as a pattern writes it.
func (m Matched) String() string {
	switch value := m.Value.(type) {
	case nil:
		return m.Path + " is there"
	case string:
		return m.Path + " = '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
	default:
		return fmt.Sprintf("%s = %v", m.Path, value)
	}
}

// A Problem is an event that could not be read, or not wholly.
type Problem struct {
	Event  Place
	Reason string
}

// A SourceError says that a source could not be read to its end.
type SourceError struct {
	Name string
	Err  error
}

func (s *SourceError) Error() string { return s.Name + ": " + plainSTIX(s.Err) }

func (s *SourceError) Unwrap() error { return s.Err }

// Totals count what was looked at.
type Totals struct {
	Events int64
	Bad    int64 // lines that are no event
	Sloppy int64 // of the events, those whose JSON has a name twice or is not UTF-8
	// Beside are STIX observables that stand beside observed data or alone, and
	// Others STIX objects that are neither observed data nor observables.
	Beside, Others int64
	Unmapped       int64 // events of no kind that the map knows
	Timeless       int64 // events that do not say when
	Hits           int64
	Seen           int   // indicators that were hit
	Outside        int64 // events that met an indicator outside its validity
	Given          int64 // patterns over several events that were given up: to match them took too long
	Dropped        int64 // matches of patterns over several events that were given up
}
