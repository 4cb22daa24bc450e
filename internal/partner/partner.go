// SPDX-License-Identifier: Apache-2.0

// Package partner is whom we exchange with: another node's card, the channel
// between us and its state, and how the two are paired.
//
// A channel goes from pending to active when both have compared the digits by
// voice and both have signed the same terms. From then on people decide its
// state; each change begins a new epoch.
package partner

import (
	"bytes"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// State is what may pass a channel.
type State string

const (
	Pending   State = "pending"   // not paired to the end: nothing passes but terms
	Active    State = "active"    // everything passes
	Limited   State = "limited"   // only threats to life leave
	Suspended State = "suspended" // nothing leaves; what arrives is quarantined
	Frozen    State = "frozen"    // as suspended, and nothing is dropped, expired or erased
	Expelled  State = "expelled"  // as suspended, and the keys are not trusted any more
)

// States lists every state of a channel.
func States() []State { return []State{Pending, Active, Limited, Suspended, Frozen, Expelled} }

// ParseState reads a state that people can set.
func ParseState(s string) (State, error) {
	switch state := State(s); state {
	case Active, Limited, Suspended, Frozen, Expelled:
		return state, nil
	}
	return "", problem.New(problem.Invalid, "use active, limited, suspended, frozen or expelled", "%q is not a state of a channel", s)
}

// Channel is a partner and what is between us.
type Channel struct {
	Name  string        `json:"name"` // the partner's name
	ID    string        `json:"id"`   // the channel's
	Card  envelope.Card `json:"card"`
	State State         `json:"state"`
	Since time.Time     `json:"since"` // of the state
	// Why is the reason the last change of state was given, By the person here who
	// made it; By is empty where what the partner sent did it.
	Why string `json:"why,omitempty"`
	By  string `json:"by,omitempty"`
	// Past are the states before, the oldest first.
	Past []Past `json:"past,omitempty"`
	// Before is the state a frozen channel had, and returns to.
	Before State `json:"before,omitempty"`
	// Revoked is since when the keys that were compared are not trusted any more;
	// zero while they are. A fresh check of the digits ends it.
	Revoked time.Time `json:"revoked,omitzero"`
	// Epoch counts our changes of state, from 1; TheirEpoch is the newest the
	// partner has named.
	Epoch      uint64 `json:"epoch"`
	TheirEpoch uint64 `json:"their_epoch,omitzero"`

	ConfirmedBy string    `json:"confirmed_by,omitempty"`
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`

	// Proposed are the terms on the table, OurTerms what we signed, TheirTerms
	// what the partner signed; all canonical JSON.
	Proposed   []byte    `json:"proposed,omitempty"`
	OurTerms   []byte    `json:"our_terms,omitempty"`
	SignedBy   string    `json:"signed_by,omitempty"`
	SignedAt   time.Time `json:"signed_at,omitzero"`
	TheirTerms []byte    `json:"their_terms,omitempty"`
	// Keys is what is known of the partner's keys beside its card.
	Keys Keys `json:"keys,omitzero"`

	// Limits are how exactly the partner may be told where and when.
	Limits Limits `json:"limits,omitzero"`
	// LimitsAsked are looser ones that somebody wants: they hold once another
	// releaser wants the same.
	LimitsAsked Limits `json:"limits_asked,omitzero"`

	// Dropped are messages of ours that were taken out of the queue and that the
	// partner has not been told of.
	Dropped []envelope.Missing `json:"dropped,omitempty"`
}

// NewChannel is a pending channel between the two cards.
func NewChannel(own, other envelope.Card, terms []byte, now time.Time) Channel {
	return Channel{
		Name: other.Name, ID: envelope.Channel(own.ID(), other.ID()), Card: other,
		State: Pending, Since: now, Epoch: 1, Proposed: terms,
	}
}

// With is the channel with the history of the partner's keys that came with its
// card; nil if it has none.
func (c Channel) With(keys *envelope.History) Channel {
	if keys != nil {
		c.Keys.First, c.Keys.Changes = keys.First, keys.Changes
	}
	return c
}

// Confirmed reports whether somebody here has compared the digits.
func (c *Channel) Confirmed() bool { return c.ConfirmedBy != "" }

// Paired reports whether nothing is missing any more: somebody here has compared
// the digits, and both sides have signed the same terms.
func (c *Channel) Paired() bool {
	return c.Confirmed() && len(c.OurTerms) > 0 && bytes.Equal(c.OurTerms, c.TheirTerms)
}

// Turn puts the channel in a state, by a person's decision and in a new epoch,
// or says why it cannot be. To leave expulsion, by whatever way, takes a fresh
// check of the digits; and only a paired channel is open: what is asked to be
// open and is not paired is pending.
func (c *Channel) Turn(to State, by, why string, now time.Time) error {
	if c.State == to {
		return problem.New(problem.Conflict, "", "%s is %s already", c.Name, to)
	}
	opens := to == Active || to == Limited
	if c.State == Pending && opens {
		return problem.New(problem.Conflict, strings.Join(c.Missing(), "; "), "%s is not paired to the end", c.Name)
	}
	if opens && !c.Opens() {
		if err := c.Trustable(); err != nil {
			return err
		}
	}
	if opens && c.State != Expelled && c.Distrusted() {
		return problem.New(problem.Conflict, "compare the digits by voice, then: tocsin partner confirm "+c.Name+` --digits "DIGITS"`, "the keys of %s are in doubt, and nobody has compared the new digits", c.Name)
	}
	if c.State == Expelled {
		c.ConfirmedBy, c.ConfirmedAt = "", time.Time{}
	}
	before := c.State
	if c.Before = ""; to == Frozen {
		c.Before = before
	}
	if to == Expelled && c.Revoked.IsZero() {
		c.Revoked = now
	}
	if opens && !c.Paired() {
		to = Pending
	}
	c.turn(to, by, why, now)
	c.Epoch++
	return nil
}

// Thaw returns a frozen channel to the state it had, in a new epoch.
func (c *Channel) Thaw(by, why string, now time.Time) error {
	if c.State != Frozen {
		return problem.New(problem.Conflict, "", "%s is not frozen: it is %s", c.Name, c.State)
	}
	to := c.Before
	if (to == Active || to == Limited) && !c.Paired() {
		to = Pending
	}
	c.turn(to, by, why, now)
	c.Before = ""
	c.Epoch++
	return nil
}

// Settle makes a pending channel active if nothing is missing any more, and
// reports whether it did. The reason stays that of what made it pending.
func (c *Channel) Settle(by string, now time.Time) bool {
	if c.State != Pending || !c.Paired() {
		return false
	}
	c.turn(Active, by, c.Why, now)
	return true
}

// Opens reports whether the channel carries messages of every kind, or at least
// those of a threat to life.
func (c *Channel) Opens() bool { return c.State == Active || c.State == Limited }

// Lets reports whether a message of that kind may leave in the channel's state.
// Of a limited channel whatever belongs to a threat to life may: the warning, and
// all that is said in its case.
func (c *Channel) Lets(kind envelope.Kind, threatToLife bool) bool {
	switch c.State {
	case Active:
		return true
	case Limited:
		return threatToLife || kind == envelope.State || kind == envelope.KeyChange
	case Pending:
		return kind == envelope.Terms && c.Confirmed() || kind == envelope.KeyChange
	}
	return false
}

// Quarantines reports whether what arrives is kept apart.
func (c *Channel) Quarantines() bool {
	return c.State == Suspended || c.State == Frozen || c.State == Expelled
}

// Preserves reports whether nothing of the channel may be dropped, expired or
// erased, and everything stays readable.
func (c *Channel) Preserves() bool { return c.State == Frozen }

// Missing is what a pending channel still needs, in words.
func (c *Channel) Missing() []string {
	var missing []string
	if c.State != Pending {
		return nil
	}
	if !c.Confirmed() {
		missing = append(missing, "compare the 60 digits by voice and confirm them")
	}
	if len(c.OurTerms) == 0 {
		missing = append(missing, "sign the terms")
	}
	if len(c.TheirTerms) == 0 {
		missing = append(missing, "the partner has not signed the terms")
	}
	if len(c.OurTerms) > 0 && len(c.TheirTerms) > 0 && !bytes.Equal(c.OurTerms, c.TheirTerms) {
		missing = append(missing, "the two sides signed different terms")
	}
	return missing
}
