// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds the history of a node's keys: which were in force when, and
// from when on one is in doubt. It is a file that proves itself, beside a card.

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// History is a node's keys from the first card to the newest.
type History struct {
	Version int      `json:"v"`
	First   Card     `json:"first"`
	Changes []Change `json:"changes"`
	// Reports say of keys that they were stolen, without the node's signature:
	// whoever wrote the file was told so.
	Reports []Report `json:"reports,omitempty"`
}

// Report says that a key is in doubt.
type Report struct {
	Key   string    `json:"key"`   // key id of the signing key; every key of that card is meant
	Since time.Time `json:"since"` // what it signed from then on may be somebody else's
	Told  time.Time `json:"told"`  // when it was learned
	By    string    `json:"by"`    // who says so: the name of a node, or of a person
	Why   string    `json:"why,omitempty"`
}

// Era is the time in which one card's keys were in force.
type Era struct {
	Card  Card
	From  time.Time // zero for the first
	Until time.Time // zero for the newest
	Doubt []Report
	// Past says that something is signed with these keys, and claims to be of after
	// their time.
	Past bool
}

// MaxChanges bounds a history that is read.
const MaxChanges = 256

// Late is how long after a change the old key is still taken for a signature
// that says when it was made: what was under way when the keys changed.
const Late = time.Minute

// ErrHistory is the answer to a history that does not hold together.
var ErrHistory = errors.New("envelope: not a usable history of keys")

// ParseHistory reads a history and verifies it: every change goes on from the
// card before it, and is signed by the old keys and the new. The first card's
// signing key is what the node's id is made of.
func ParseHistory(raw []byte) (History, error) {
	var h History
	if err := json.Unmarshal(raw, &h, json.RejectUnknownMembers(true)); err != nil {
		return h, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	return h, h.Check()
}

// Check verifies the history from end to end.
func (h History) Check() error {
	if h.Version != Version || len(h.Changes) > MaxChanges {
		return fmt.Errorf("%w: version, or too long", ErrHistory)
	}
	if err := h.First.Check(); err != nil {
		return fmt.Errorf("%w: the first card: %w", ErrHistory, err)
	}
	if h.First.Node != "" {
		return fmt.Errorf("%w: the first card is not the first", ErrHistory)
	}
	known, number := h.First, uint64(0)
	for i, change := range h.Changes {
		s, err := change.Check(known)
		if err != nil {
			return fmt.Errorf("%w: change %d: %w", ErrHistory, i+1, err)
		}
		if s.Number != number+1 {
			return fmt.Errorf("%w: change %d says that it is number %d", ErrHistory, i+1, s.Number)
		}
		known, number = s.New, s.Number
	}
	return nil
}

// Encode writes the history as JSON.
func (h History) Encode() ([]byte, error) { return encode("a history of keys", h) }

// Card is the newest card.
func (h History) Card() Card {
	if len(h.Changes) > 0 {
		if s, err := h.Changes[len(h.Changes)-1].Peek(); err == nil {
			return s.New
		}
	}
	return h.First
}

// Eras are the cards with the time each was in force, oldest first. What is in
// doubt of an era is said with it: by the node itself when it changed stolen
// keys, or by a report.
func (h History) Eras() []Era {
	eras := []Era{{Card: h.First}}
	for _, change := range h.Changes {
		s, err := change.Peek()
		if err != nil {
			break // a history that was checked has none
		}
		last := &eras[len(eras)-1]
		last.Until = s.At
		if s.Why == Compromise {
			doubt(eras, Report{Key: last.Card.KeyID(), Since: s.Since, Told: s.At, By: s.New.Name, Why: s.Reason})
		}
		eras = append(eras, Era{Card: s.New, From: s.At})
	}
	for _, report := range h.Reports {
		for i := range eras {
			if eras[i].Card.KeyID() == report.Key {
				doubt(eras[:i+1], report)
			}
		}
	}
	return eras
}

// doubt marks the last of eras, and those before it whose keys were in force at
// or after the moment: whoever had the one could have had the other.
func doubt(eras []Era, report Report) {
	for i := range slices.Backward(eras) {
		if i < len(eras)-1 && eras[i].Until.Before(report.Since) {
			return
		}
		eras[i].Doubt = append(eras[i].Doubt, report)
	}
}

// InForce reports whether the era's keys could sign at that moment.
func (e Era) InForce(at time.Time) bool {
	return e.Until.IsZero() || !at.After(e.Until.Add(Late))
}

// InDoubt returns the report by which something that the era's keys signed is in
// doubt: it says, or we know, that it is of that moment or later. ok is false if
// there is none.
func (e Era) InDoubt(moments ...time.Time) (report Report, ok bool) {
	for _, report := range e.Doubt {
		for _, at := range moments {
			if !at.Before(report.Since) {
				return report, true
			}
		}
	}
	return Report{}, false
}
