// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps the overseers' own keys, and says what an overseer is not shown.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The states of an overseer's key.
const (
	KeyProposed = "proposed" // an administrator put it forward
	KeyInForce  = "in_force" // a releaser confirmed it
	KeyReplaced = "replaced" // another is in force, or was put forward in its place
)

// OverseerKeys are the overseers' keys by OverseerKeyID; all that ever were.
var OverseerKeys = Table[OverseerKey]{kind: "overseer key", name: "overseer's key", state: func(k *OverseerKey) string { return k.State }, at: func(k *OverseerKey) time.Time { return k.At }}

// OverseerKey is the public half of an overseer's own key, and who let it in.
type OverseerKey struct {
	Name        string    `json:"name"`
	Sign        []byte    `json:"sign"`
	Open        string    `json:"open"`
	Digits      string    `json:"digits"`
	State       string    `json:"state"`
	By          string    `json:"by"`
	At          time.Time `json:"at"`
	ConfirmedBy string    `json:"confirmed_by,omitempty"`
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
}

// OverseerKeyID names a key.
func OverseerKeyID(name, digits string) string { return name + "/" + digits }

// KeysDecide reports whether overseers sign in by their own keys alone: from the
// first that came in force on, no link opens an overseer's session.
func (tx *Tx) KeysDecide() (bool, error) {
	n, err := OverseerKeys.Count(tx, KeyInForce)
	return n > 0, err
}

// OverseerKeyOf is somebody's key of that state; ok is false if there is none.
func (tx *Tx) OverseerKeyOf(name, state string) (key OverseerKey, ok bool, err error) {
	keys, err := OverseerKeys.List(tx, 0, state)
	for _, k := range keys {
		if k.Name == name {
			return k, true, err
		}
	}
	return key, false, err
}

// ThirdParty reports whether somebody reads as an overseer alone, and the terms
// that both sides signed say that an overseer is a third party: what the partner
// said is then not the overseer's to read.
func (tx *Tx) ThirdParty(who caller.Caller, partner string) (bool, error) {
	if !who.Has(caller.Overseer) || who.Has(caller.Analyst, caller.Releaser, caller.DutyOfficer) {
		return false, nil
	}
	channel, ok, err := Channels.Find(tx, partner)
	if err != nil || !ok || len(channel.OurTerms) == 0 {
		return false, err
	}
	var terms warning.Terms
	if err := warning.Read(channel.OurTerms, &terms); err != nil {
		return true, nil // terms that cannot be read let nobody in
	}
	return terms.OverseerIsThirdParty, nil
}
