// SPDX-License-Identifier: Apache-2.0

package partner

// This file holds how two nodes meet: the text of an invitation, and the
// answer to it.

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Invite is an invitation as its maker keeps it, under the SHA-256 of its secret.
type Invite struct {
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
	By      string    `json:"by"`
	Terms   []byte    `json:"terms"`
	// Used is the partner who accepted it. An invitation is good for one.
	Used string `json:"used,omitempty"`
}

// InviteFor is how long an invitation is good.
const InviteFor = 7 * 24 * time.Hour

// InviteText is what stands in the text that is handed over.
type InviteText struct {
	Card    envelope.Card  `json:"card"`
	Secret  string         `json:"secret"`
	Expires time.Time      `json:"expires"`
	Terms   jsontext.Value `json:"terms"`
}

const invitePrefix = "tocsin-invite-1:"

// Encode writes the invitation as one word without spaces.
func (i InviteText) Encode() (string, error) {
	raw, err := json.Marshal(i)
	if err != nil {
		return "", err
	}
	return invitePrefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// ParseInvite reads an invitation; white space and line breaks that a mail
// program put in do not matter.
func ParseInvite(text string) (InviteText, error) {
	var i InviteText
	bad := problem.New(problem.Invalid, "copy the whole text that 'tocsin invite' printed", "this is not an invitation")
	encoded, found := strings.CutPrefix(strings.Join(strings.Fields(text), ""), invitePrefix)
	if !found || len(encoded) > 64<<10 {
		return i, bad
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return i, bad.Because(err)
	}
	if err := json.Unmarshal(raw, &i, json.RejectUnknownMembers(true)); err != nil {
		return i, bad.Because(err)
	}
	if err := i.Card.Check(); err != nil {
		return i, bad.Because(err)
	}
	return i, nil
}

// Pairing is an accepted invitation on its way back to the one who made it.
type Pairing struct {
	Partner string    `json:"partner"`
	Secret  string    `json:"secret"`
	State   string    `json:"state"` // waiting, done or refused
	Until   time.Time `json:"until"` // when the invitation is good no more
	Due     time.Time `json:"due"`
	Tries   int       `json:"tries"`
}

// The states of a pairing.
const (
	PairingWaiting = "waiting"
	PairingDone    = "done"
	PairingRefused = "refused"
)

// PairRequest is the body of a pairing, posted to the inviting node's door and
// signed like a delivery.
type PairRequest struct {
	Card   envelope.Card `json:"card"`
	Secret string        `json:"secret"`
}
