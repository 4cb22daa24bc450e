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
	// Keys lead from the node's first card to Card, if its keys changed.
	Keys *envelope.History `json:"keys,omitempty"`
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
	bad := problem.New(problem.Invalid, "copy the whole of it, from tocsin-invite-1: to its end, as the partner handed it over", "this is not an invitation")
	encoded, found := strings.CutPrefix(strings.Join(strings.Fields(text), ""), invitePrefix)
	if !found || len(encoded) > maxInvite {
		return i, bad
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return i, bad.Because(err)
	}
	if err := json.Unmarshal(raw, &i, json.RejectUnknownMembers(true)); err != nil {
		return i, bad.Because(err)
	}
	if err := CheckCard(i.Card, i.Keys); err != nil {
		return i, bad.Because(err)
	}
	return i, nil
}

// maxInvite bounds the text of an invitation, in bytes.
const maxInvite = 512 << 10

// CheckCard checks a card that is shown for the first time. One that names
// another id than its own key's must come with the history that leads to it:
// nobody claims the id of another node.
func CheckCard(card envelope.Card, keys *envelope.History) error {
	if err := card.Check(); err != nil || card.Node == "" && keys == nil {
		return err
	}
	if keys == nil {
		return envelope.ErrHistory
	}
	if err := keys.Check(); err != nil {
		return err
	}
	if len(keys.Reports) > 0 || !keys.Card().SameKeys(card) {
		return envelope.ErrHistory
	}
	return nil
}

// Pairing is an accepted invitation on its way back to the one who made it.
type Pairing struct {
	Partner string    `json:"partner"`
	Secret  string    `json:"secret"`
	State   string    `json:"state"` // waiting, done or refused
	Until   time.Time `json:"until"` // when the invitation is good no more
	Due     time.Time `json:"due"`
	Tries   int       `json:"tries"`
	// Body and Sender are what is posted if our keys changed meanwhile: it was
	// signed with the old ones, and the change of keys comes as a message.
	Body   []byte `json:"body,omitempty"`
	Sender string `json:"sender,omitempty"`
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
	Card   envelope.Card     `json:"card"`
	Secret string            `json:"secret"`
	Keys   *envelope.History `json:"keys,omitempty"` // see CheckCard
}
