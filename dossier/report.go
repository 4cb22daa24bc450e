// SPDX-License-Identifier: Apache-2.0

package dossier

// This file holds what a check finds, in words.

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
)

// Keys are the public keys that whoever checks trusts, and what is known against
// some of them.
type Keys interface {
	// Knows reports whether there are keys of the node.
	Knows(node string) bool
	// Name is the node as it is shown.
	Name(node string) string
	// Try calls check with each card whose keys the node has or had, the newest
	// first, until one passes. doubt says why what that card's keys signed at these
	// moments is in doubt; empty if nothing is known against it.
	Try(node string, moments []time.Time, check func(envelope.Card) error) (doubt string, err error)
}

// Report is what [Check] found.
type Report struct {
	Case   string    `json:"case"`
	By     string    `json:"by"` // the node that wrote the dossier, as it is shown
	To     string    `json:"to"` // the other
	Person Person    `json:"person"`
	Made   time.Time `json:"made"`
	// Purpose is what it was written for, if anybody said.
	Purpose handling.FilePurpose `json:"purpose,omitempty"`
	Text    bool                 `json:"text"`

	// Wrong is what does not verify. If there is anything, the dossier is not to be
	// relied on.
	Wrong []string `json:"wrong,omitempty"`
	// Timeline is what happened, in the order of the times that the nodes say.
	Timeline []Event  `json:"timeline"`
	Proved   []string `json:"proved,omitempty"`
	// Said is what the node that wrote the dossier says, and nobody else.
	Said    []string `json:"said,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Doubt   []string `json:"doubt,omitempty"`
	// NotProved is what the whole of it does not prove.
	NotProved []string `json:"not_proved,omitempty"`

	checked *checking // what Compare looks at
}

// Event is one line of the timeline.
type Event struct {
	At    time.Time `json:"at"`
	Clock string    `json:"clock"` // whose word the time is
	What  string    `json:"what"`
	// Signed names the node whose signature stands behind it; empty for what the
	// writer of the dossier says alone.
	Signed  string `json:"signed,omitempty"`
	Message string `json:"message,omitempty"` // its hash
	Text    []byte `json:"-"`                 // the payload, if it is there and verified
	Kind    string `json:"kind,omitempty"`
	// Permitted is what whoever gave a version of a warning permits of it, by messages
	// that are here; it stands above the text.
	Permitted []string `json:"permitted,omitempty"`
}

// OK reports whether every part verifies.
func (r *Report) OK() bool { return len(r.Wrong) == 0 }

func (r *Report) wrong(format string, args ...any) {
	r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
}
func (r *Report) proves(format string, args ...any) {
	r.Proved = append(r.Proved, fmt.Sprintf(format, args...))
}
func (r *Report) says(format string, args ...any) {
	r.Said = append(r.Said, fmt.Sprintf(format, args...))
}
func (r *Report) misses(format string, args ...any) {
	r.Missing = append(r.Missing, fmt.Sprintf(format, args...))
}
func (r *Report) doubts(format string, args ...any) {
	r.Doubt = append(r.Doubt, fmt.Sprintf(format, args...))
}

// sort orders the timeline by time; what is of one moment stays as it was found.
func (r *Report) sort() {
	slices.SortStableFunc(r.Timeline, func(a, b Event) int { return a.At.Compare(b.At) })
}
