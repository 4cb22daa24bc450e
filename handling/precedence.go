// SPDX-License-Identifier: Apache-2.0

package handling

// This file holds precedence: how fast a thing must be answered.

import (
	"fmt"
	"strings"
	"time"
)

// Precedence says how fast a message must be carried and answered.
type Precedence string

const (
	Flash     Precedence = "FLASH"
	Immediate Precedence = "IMMEDIATE"
	Priority  Precedence = "PRIORITY"
	Routine   Precedence = "ROUTINE"
)

// precedences is ordered from the slowest to the most urgent. The clocks are
// those of Directive (EU) 2023/977 Art. 5, and half an hour where life is at risk.
var precedences = []struct {
	word   Precedence
	answer time.Duration
}{
	{Routine, 7 * 24 * time.Hour},
	{Priority, 3 * 24 * time.Hour},
	{Immediate, 8 * time.Hour},
	{Flash, 30 * time.Minute},
}

// Precedences lists the words from the most urgent to the slowest.
func Precedences() []Precedence { return []Precedence{Flash, Immediate, Priority, Routine} }

// ParsePrecedence reads a precedence in any case and refuses all else.
func ParsePrecedence(s string) (Precedence, error) {
	p := Precedence(strings.ToUpper(strings.TrimSpace(s)))
	if p.Rank() < 0 {
		return "", fmt.Errorf("handling: %q is not a precedence (FLASH, IMMEDIATE, PRIORITY, ROUTINE)", s)
	}
	return p, nil
}

// Rank is 0 for ROUTINE to 3 for FLASH, and -1 for an unknown word.
func (p Precedence) Rank() int {
	for i, row := range precedences {
		if row.word == p {
			return i
		}
	}
	return -1
}

// Raised is the next more urgent precedence; FLASH stays FLASH.
func (p Precedence) Raised() Precedence {
	return precedences[min(p.Rank()+1, len(precedences)-1)].word
}

// AnswerWithin is how long a recipient has to acknowledge when nobody named a
// time. An unknown word gets the shortest clock.
func (p Precedence) AnswerWithin() time.Duration {
	if i := p.Rank(); i >= 0 {
		return precedences[i].answer
	}
	return precedences[len(precedences)-1].answer
}
