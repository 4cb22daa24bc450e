// SPDX-License-Identifier: Apache-2.0

package pattern

// This file holds what may be wrong with a pattern, and how it is told.

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Fault is one thing wrong with a pattern: it cannot be parsed further, or it
// breaks a MUST of the text.
type Fault struct {
	Section string // of STIX 2.1
	Offset  int    // in bytes, from 0
	Line    int    // from 1
	Column  int    // in code points, from 1
	Rule    string // what is asked, or what was expected and what was found
	Hint    string // what to do; may be empty
}

// Error tells the place, the rule and its section.
func (f Fault) Error() string {
	return fmt.Sprintf("line %d, column %d: %s (STIX 2.1 §%s)", f.Line, f.Column, f.Rule, f.Section)
}

// An Error is why a pattern is invalid: at least one fault, in the order of
// their places.
type Error struct {
	Faults []Fault
}

// Error tells the first fault and the number of others.
func (e *Error) Error() string {
	text := "pattern: " + e.Faults[0].Error()
	switch more := len(e.Faults) - 1; more {
	case 0:
		return text
	case 1:
		return text + ", and another fault"
	default:
		return fmt.Sprintf("%s, and %d other faults", text, more)
	}
}

// maxFaults is how many faults are listed.
const maxFaults = 100

// place fills in line and column, from the offset.
func place(text string, faults []Fault) {
	for i := range faults {
		before := text[:faults[i].Offset]
		line := strings.LastIndexByte(before, '\n') + 1
		faults[i].Line = strings.Count(before, "\n") + 1
		faults[i].Column = utf8.RuneCountInString(before[line:]) + 1
	}
}
