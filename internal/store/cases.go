// SPDX-License-Identifier: Apache-2.0

package store

// This file holds how a case moves with what is said in it: one table for both
// directions, whoever said it; and who may open one.

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Move moves the case on by what was said in it, by us or by the partner. Only
// the side that was warned answers and says what came of it; an answer to an
// older version of the warning moves nothing. A dispute stays for good.
// Corrections are for [Case.Correct].
func (c *Case) Move(payload warning.Payload, ours bool) {
	warned := c.Ours != ours // who speaks is who was warned
	switch p := payload.(type) {
	case *warning.Acknowledgement:
		if !warned || p.About != "" && c.Newest != "" && p.About != c.Newest {
			return
		}
		switch {
		case p.Answer == warning.ActedOn && c.State != CaseOutcome:
			c.State = CaseActed
		case c.State == CaseOpen || c.State == CaseQuarantined:
			c.State = CaseAcknowledged
		}
	case *warning.Outcome:
		if warned {
			c.State, c.Result = CaseOutcome, string(p.Result)
		}
	case *warning.Dispute:
		c.Disputed = true
	case *warning.Request:
		if !ours && len(c.Questions) < maxQuestions && !slices.Contains(c.Questions, p.ID) {
			c.Questions = append(c.Questions, p.ID)
		}
	case *warning.Reply:
		if ours {
			c.settle(p.Request)
		}
	}
}

// Waits reports whether a case waits for an answer to its warning: not when its texts
// were erased, whatever state it had reached.
func (c *Case) Waits() bool {
	return (c.State == CaseOpen || c.State == CaseQuarantined) && c.Erased.IsZero()
}

// listed is the state by which a case is listed.
func (c *Case) listed() string {
	if (c.State == CaseOpen || c.State == CaseQuarantined) && !c.Waits() {
		return string(CaseUnanswered)
	}
	return string(c.State)
}

// maxQuestions bounds what a partner can make a case remember of its questions; all
// of them stand in the thread.
const maxQuestions = 100

// settle takes a question off those that wait for a reply.
func (c *Case) settle(id string) {
	c.Questions = slices.DeleteFunc(c.Questions, func(asked string) bool { return asked == id })
}

// Correct makes the warning of an update the one that holds: it is to be
// acknowledged anew, by its own time. A case in quarantine stays there. A threat
// to life stays one, and what nobody has answered yet keeps the more urgent
// precedence: a correction makes nothing pass unseen.
func (c *Case) Correct(u *warning.Update, hash string) {
	w := &u.Warning
	c.Newest, c.Version = hash, u.Version
	c.Dated(u)
	c.Title, c.TLP, c.AnswerBy, c.ToLife = Title(w), string(w.Handling.TLP), w.AnswerBy, c.ToLife || w.ThreatToLife()
	c.Handling = w.Handling
	c.For(w)
	unread := c.State == CaseOpen || c.State == CaseQuarantined || c.State == CaseDestroyed
	if !unread || w.Precedence.Rank() > handling.Precedence(c.Precedence).Rank() {
		c.Precedence = string(w.Precedence)
	}
	c.Overdue, c.Result, c.Erased, c.Destroyed = false, "", time.Time{}, time.Time{}
	if c.State != CaseQuarantined {
		c.State = CaseOpen
	}
}

// For takes over for whom a warning is, and whether it may be acted on at once.
func (c *Case) For(w *warning.Warning) {
	c.Recipients, c.LifeSaving = nil, w.Handling.HasCaveat(handling.LifeSavingException)
	if w.Handling.TLP == handling.Red {
		c.Recipients = w.Recipients
	}
}

// OpensFor refuses a TLP:RED case that a partner sent to whoever it does not name;
// named says whether one of somebody's names is among the recipients. The overseer
// reads it; and where its sender allowed to act at once to save life, so do those
// who act. TLP 2.0
func (c *Case) OpensFor(who caller.Caller, named func(recipients []string, names ...string) bool) error {
	if label := handling.TLP(c.TLP).Rank(); c.Ours || label >= 0 && label < handling.Red.Rank() {
		return nil
	}
	if who.Has(caller.Overseer) || who.Kind == caller.Person && named(c.Recipients, who.Name, who.Title) {
		return nil
	}
	if c.LifeSaving && c.ToLife && who.Has(caller.DutyOfficer, caller.Releaser) {
		return nil
	}
	return problem.New(problem.Denied, "fetch one of them, or ask "+c.Partner+" to send it to somebody who is here: tocsin ask "+c.ID+" TEXT",
		"this is TLP:RED, for %s alone", strings.Join(c.Recipients, ", "))
}

// Title is a warning in a few words.
func Title(w *warning.Warning) string {
	if w.Target.Name != "" {
		return w.Target.Name
	}
	return w.Target.Place.String()
}

// HandlingOf is how the newest version of a case's warning is handled: as the case
// says, or, of one that an older program kept, as the message's header does. What
// cannot be found has the label alone.
func (tx *Tx) HandlingOf(c *Case) (handling.Handling, error) {
	if c.Handling.TLP != "" {
		return c.Handling, nil
	}
	hash, _, err := tx.NewestOf(c)
	if err != nil {
		return handling.Handling{}, err
	}
	h, err := tx.HandlingOfMessage(hash)
	if h.TLP == "" {
		h.TLP = handling.TLP(c.TLP)
	}
	return h, err
}

// HandlingOfMessage is [HandlingOf] a message by its hash; none if it is not here.
func (tx *Tx) HandlingOfMessage(hash string) (h handling.Handling, err error) {
	m, found, err := tx.FindMessage(hash)
	if err != nil || !found {
		return h, err
	}
	opened, err := m.Opened()
	if err != nil {
		return h, err
	}
	return HandlingOf(&m, &opened.Header), nil
}

// NewestOf is the hash of the newest version of the warning of a case, and its
// number; empty if it is not here.
func (tx *Tx) NewestOf(c *Case) (hash string, version int64, err error) {
	if c.Newest != "" {
		return c.Newest, max(c.Version, 1), nil
	}
	direction := In
	if c.Ours {
		direction = Out
	}
	_, err = tx.get(`SELECT hash FROM messages WHERE thread = $1 AND partner = $2 AND direction = $3 AND kind = $4 ORDER BY seq LIMIT 1`,
		[]any{c.ID, c.Partner, string(direction), string(envelope.Warning)}, &hash)
	return hash, 1, err
}
