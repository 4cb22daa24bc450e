// SPDX-License-Identifier: Apache-2.0

package store

// This file holds messages that wait because somebody else may have signed them.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// RowDoubted is the kind of rows that are messages in doubt.
const RowDoubted = "doubted"

// Doubteds are the messages that had no effect when they came, or when their
// channel was opened, because whoever had the partner's keys may have signed
// them; by their hashes.
var Doubteds = Table[Doubted]{kind: RowDoubted, name: "message in doubt", state: func(d *Doubted) string { return d.state() }, at: func(d *Doubted) time.Time { return d.Found }}

// The states by which messages in doubt are listed.
const (
	DoubtWaits    = "waits"
	DoubtAffirmed = "affirmed" // by a person; the message took effect
	DoubtCleared  = "cleared"  // the report of stolen keys was withdrawn
)

// Doubted is one message in doubt.
type Doubted struct {
	Hash    string        `json:"hash"`
	Partner string        `json:"partner"`
	Kind    envelope.Kind `json:"kind"`
	Case    string        `json:"case,omitempty"`
	Sent    time.Time     `json:"sent"` // as it says
	Found   time.Time     `json:"found"`

	By      string    `json:"by,omitempty"` // who affirmed it
	At      time.Time `json:"at,omitzero"`
	Why     string    `json:"why,omitempty"`
	Cleared time.Time `json:"cleared,omitzero"`
}

func (d *Doubted) state() string {
	switch {
	case d.By != "":
		return DoubtAffirmed
	case !d.Cleared.IsZero():
		return DoubtCleared
	}
	return DoubtWaits
}
