// SPDX-License-Identifier: Apache-2.0

package partner

// This file holds what is known of a partner's keys: which were in force for
// which place of its chain, and what is in doubt since when.

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Keys is what is known of a partner's keys beside its card. The zero value is
// that of a partner that never changed them.
type Keys struct {
	// First is the card before the first of Changes.
	First   envelope.Card     `json:"first,omitzero"`
	Changes []envelope.Change `json:"changes,omitempty"` // they lead from First to the channel's card
	// Places say where in its chain a change stands: what comes behind is signed
	// with the new key.
	Places []KeyPlace `json:"places,omitempty"`
	// Announced are changes that an answer showed before their message came; they
	// go on from the channel's card.
	Announced []envelope.Change `json:"announced,omitempty"`
	Reports   []envelope.Report `json:"reports,omitempty"`
	// Withdrawn are reports of somebody here that turned out to be mistaken: nothing
	// is in doubt by them.
	Withdrawn []Withdrawn `json:"withdrawn,omitempty"`
	// Changed is when the digits became others, until somebody compares them anew.
	Changed time.Time `json:"changed,omitzero"`
}

// Withdrawn is a report of stolen keys that was taken back.
type Withdrawn struct {
	Report envelope.Report `json:"report"`
	By     string          `json:"by"`
	At     time.Time       `json:"at"`
	Why    string          `json:"why"`
}

// KeyPlace is where in a chain a change of keys stands.
type KeyPlace struct {
	Number uint64 `json:"number"` // of the change
	Seq    uint64 `json:"seq"`    // of the message that brought it
}

// ErrKeyPast is the answer to a signature by a key that was replaced before the
// moment it claims.
var ErrKeyPast = errors.New("partner: signed with a key that was not in force any more")

// ErrTooMany is the answer to a change of keys beyond those a history holds.
var ErrTooMany = errors.New("partner: the keys were changed too often")

// History is what is known of the partner's keys, as a file holds it. It begins
// with the first card that this node knew.
func (c *Channel) History() envelope.History {
	h := envelope.History{Version: envelope.Version, First: c.Card, Reports: c.Keys.Reports}
	if len(c.Keys.Changes) > 0 {
		h.First = c.Keys.First
	}
	h.Changes = append(slices.Clone(c.Keys.Changes), c.Keys.Announced...)
	return h
}

// Eras are the cards of the partner with the time each was in force, oldest first.
func (c *Channel) Eras() []envelope.Era { return c.History().Eras() }

// CardAt is the card whose key signs what stands at that place of the partner's
// chain.
func (c *Channel) CardAt(seq uint64) envelope.Card {
	card := c.Card
	for _, change := range slices.Backward(c.Keys.Changes) {
		s, err := change.Peek()
		if err != nil {
			return card
		}
		place := slices.IndexFunc(c.Keys.Places, func(p KeyPlace) bool { return p.Number == s.Number })
		if place < 0 || seq > c.Keys.Places[place].Seq {
			return card // it was known before the first message, or this comes behind it
		}
		card = c.before(s)
	}
	return card
}

// Check verifies that a change goes on from the card that is known, and that
// there were not too many before it: each of them is kept for good.
func (c *Channel) Check(change envelope.Change) (envelope.ChangeStatement, error) {
	s, err := change.Check(c.Card)
	if err == nil && len(c.Keys.Changes) >= envelope.MaxChanges {
		err = ErrTooMany
	}
	return s, err
}

// before is the card that a change replaced.
func (c *Channel) before(s envelope.ChangeStatement) envelope.Card {
	card := c.Keys.First
	for _, change := range c.Keys.Changes {
		other, err := change.Peek()
		if err != nil || other.Number >= s.Number {
			break
		}
		card = other.New
	}
	return card
}

// Replace puts the card that a change brings in the place of the one that is
// known. seq is where in the chain the change stands, zero if it came otherwise.
// The change must have been checked against the card.
func (c *Channel) Replace(change envelope.Change, s envelope.ChangeStatement, seq uint64, now time.Time) {
	if len(c.Keys.Changes) == 0 {
		c.Keys.First = c.Card
	}
	c.Keys.Changes = append(c.Keys.Changes, change)
	if seq > 0 {
		c.Keys.Places = append(c.Keys.Places, KeyPlace{s.Number, seq})
	}
	c.Card, c.Keys.Changed = s.New, now
	// What was announced has come; what goes on from it may still come.
	if len(c.Keys.Announced) > 0 {
		c.Keys.Announced = c.Keys.Announced[1:]
	}
}

// Announce keeps the changes that an answer showed, those that go on from the
// card, and reports whether they are news. The first that is not right ends it
// with an error.
func (c *Channel) Announce(changes []envelope.Change) (news bool, err error) {
	card := c.Card
	var good []envelope.Change
	for _, change := range changes {
		s, err := change.Check(card)
		if err != nil && len(good) == 0 && c.knows(change) {
			continue // its message has come already
		}
		if err != nil {
			return false, err
		}
		good, card = append(good, change), s.New
		if len(c.Keys.Changes)+len(good) > envelope.MaxChanges {
			return false, ErrTooMany
		}
	}
	if len(good) <= len(c.Keys.Announced) {
		return false, nil
	}
	c.Keys.Announced = good
	return true, nil
}

func (c *Channel) knows(change envelope.Change) bool {
	return slices.ContainsFunc(c.Keys.Changes, func(known envelope.Change) bool { return string(known.Statement) == string(change.Statement) })
}

// Distrust shuts the channel until somebody has compared the digits anew: the
// partner's keys are or were in other hands.
func (c *Channel) Distrust(by, why string, now time.Time) {
	c.ConfirmedBy, c.ConfirmedAt, c.Keys.Changed = "", time.Time{}, now
	if c.Before == Active || c.Before == Limited {
		c.Before = Suspended
	}
	if c.Opens() {
		c.turn(Suspended, by, "keys in other hands: "+why, now)
		c.Epoch++
	}
}

// Distrusted reports whether the keys that were compared are in doubt, and
// nobody has compared the new ones.
func (c *Channel) Distrusted() bool {
	return !c.Confirmed() && !c.Keys.Changed.IsZero() && c.State != Pending
}

// Report keeps that the key in force is in doubt, on the word of somebody here.
func (c *Channel) Report(report envelope.Report) {
	report.Key = c.Card.KeyID()
	c.Keys.Reports = append(c.Keys.Reports, report)
}

// Stolen returns why the key in force is in doubt, and since when at the earliest: its digits prove nothing, since
// whoever has it can speak as the partner. ok is false if it is not.
func (c *Channel) Stolen() (report envelope.Report, ok bool) {
	for _, era := range c.Eras() {
		if era.Card.KeyID() == c.Card.KeyID() && len(era.Doubt) > 0 {
			return slices.MinFunc(era.Doubt, func(a, b envelope.Report) int { return a.Since.Compare(b.Since) }), true
		}
	}
	return envelope.Report{}, false
}

// Trustable refuses what relies on the key in force while it is in doubt.
func (c *Channel) Trustable() error {
	report, stolen := c.Stolen()
	if !stolen {
		return nil
	}
	return problem.New(problem.Conflict,
		"ask "+c.Name+" for new keys (there: tocsin keys compromised --since DATE --why TEXT) and compare the digits of those; if the report is mistaken: tocsin partner key-stolen "+c.Name+" --withdraw --why TEXT",
		"the keys of %s are still those that were in other hands since %s: whoever has them can speak as %s", c.Name, report.Since.Format(time.RFC3339), c.Name)
}

// Withdraw takes back the reports of somebody here that the key in force is in
// doubt. The channel stays shut until the digits were compared.
func (c *Channel) Withdraw(by, why string, now time.Time) error {
	var kept []envelope.Report
	withdrawn := slices.Clone(c.Keys.Withdrawn)
	for _, report := range c.Keys.Reports {
		if report.Key != c.Card.KeyID() {
			kept = append(kept, report)
			continue
		}
		withdrawn = append(withdrawn, Withdrawn{report, by, now, why})
	}
	if len(kept) == len(c.Keys.Reports) {
		return problem.New(problem.Conflict, "see tocsin partner show "+c.Name+"; what was signed with keys that were replaced since stays in doubt", "nobody here has reported the keys that %s has now", c.Name)
	}
	c.Keys.Reports, c.Keys.Withdrawn = kept, withdrawn
	return nil
}

// Doubted returns why something is in doubt that the partner signed with the key
// of that id: it says, or we know, that it is of one of the moments. ok is false
// if it is not.
func (c *Channel) Doubted(key string, moments ...time.Time) (report envelope.Report, ok bool) {
	for _, era := range c.Eras() {
		if era.Card.KeyID() != key {
			continue
		}
		if report, ok := era.InDoubt(moments...); ok {
			return report, true
		}
	}
	return envelope.Report{}, false
}

// DoubtedAt is Doubted for what stands at that place of the partner's chain.
func (c *Channel) DoubtedAt(seq uint64, moments ...time.Time) (report envelope.Report, ok bool) {
	return c.Doubted(c.CardAt(seq).KeyID(), moments...)
}

// VerifyBy verifies something that a node signed whose keys may have changed, by
// the card of the newest era that holds, which must have been in force at the
// moment it claims: what arrives is held against it. The error is that of the
// newest card.
func VerifyBy(eras []envelope.Era, claims time.Time, verify func(envelope.Card) error) (envelope.Era, error) {
	var first error
	for _, era := range slices.Backward(eras) {
		err := verify(era.Card)
		if err == nil && !era.InForce(claims) {
			err = fmt.Errorf("%w: until %s", ErrKeyPast, era.Until.Format(time.RFC3339))
		}
		if err == nil {
			return era, nil
		}
		if first == nil || errors.Is(err, ErrKeyPast) {
			first = err
		}
	}
	return envelope.Era{}, first
}

// VerifyHeld is VerifyBy for what is here already, or is shown to a third person.
// A signature by a key that its node says it had replaced by then holds all the
// same, and the era says that it is past: a node that dates a change of keys back
// denies nothing by it.
func VerifyHeld(eras []envelope.Era, claims time.Time, verify func(envelope.Card) error) (envelope.Era, error) {
	era, err := VerifyBy(eras, claims, verify)
	if !errors.Is(err, ErrKeyPast) {
		return era, err
	}
	for _, era := range slices.Backward(eras) {
		if verify(era.Card) == nil {
			era.Past = true
			return era, nil
		}
	}
	return era, err
}

// PastText says in words why what is signed with the keys of a past era is in
// doubt.
func PastText(era envelope.Era) string {
	return era.Card.Name + " says that it had replaced this key by " + era.Until.Format(time.RFC3339) +
		", and this claims to be of later: it dated one of the two wrongly, or somebody else had the old key"
}
