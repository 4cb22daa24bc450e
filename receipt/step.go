// SPDX-License-Identifier: Apache-2.0

package receipt

// This file holds the receipt of a step: what a node said, proved to stand in
// its own log.

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says what a receipt is of.
type Kind string

const (
	// Delivered is made by the recipient of a message. All others are steps, made
	// by the node that takes them.
	Delivered Kind = "delivered"

	Acknowledged   Kind = "acknowledged"  // a named human answered a warning
	Acted          Kind = "acted"         // a named human says what was done about it
	OutcomeOf      Kind = "outcome"       // what came of it
	Disputed       Kind = "dispute"       // another view was put on record
	Corrected      Kind = "corrected"     // a new version of a warning was sent
	Recalled       Kind = "recalled"      // the sender of a message asked for it back
	RecallAnswered Kind = "recall_answer" // what became of a message that was recalled
)

// Steps lists every kind of step.
func Steps() []Kind {
	return []Kind{Acknowledged, Acted, OutcomeOf, Disputed, Corrected, Recalled, RecallAnswered}
}

// IsStep reports whether it is the receipt of a step.
func (s *Statement) IsStep() bool { return slices.Contains(Steps(), s.Kind) }

// Time is the moment the statement claims: when the message was received, or when
// the step was said.
func (s *Statement) Time() time.Time {
	if s.IsStep() {
		return s.At
	}
	return s.Received
}

// VerifyStep checks the whole of a step's receipt: the statement's signature,
// the checkpoint's, and that the log of that checkpoint holds, as sent, the
// message that says the step. A receipt of delivery is ErrFormat. That the
// message says what the statement says is to be seen from the message.
func (r *Receipt) VerifyStep(keys Keys) error {
	s := r.Statement
	switch {
	case !s.IsStep() || s.At.IsZero():
		return fmt.Errorf("%w: not the receipt of a step", ErrFormat)
	case s.Disposition != "" || !s.Received.IsZero():
		return fmt.Errorf("%w: members of a delivery", ErrFormat)
	case s.Said == "" || len(s.Said) > maxSaid || strings.Trim(s.Said, letters+"_") != "":
		return fmt.Errorf("%w: said", ErrFormat)
	case s.About != "" && (len(s.About) != 64 || strings.Trim(s.About, "0123456789abcdef") != ""):
		return fmt.Errorf("%w: about", ErrFormat)
	}
	return r.verify(keys, KindSent)
}

const (
	maxSaid = 40
	letters = "abcdefghijklmnopqrstuvwxyz"
)
