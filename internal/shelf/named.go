// SPDX-License-Identifier: Apache-2.0

package shelf

// This file holds who may open a TLP:RED case: the persons it names, and the
// overseer; and what an overseer is not shown, where the terms say so.

import (
	"context"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func mayOpen(who caller.Caller, c *store.Case) error { return c.OpensFor(who, policy.Named) }

// untold stands for the title of what may not be opened.
const untold = "for named persons"

// hiding is what a list does not name to somebody, found out once for the list.
type hiding struct {
	tx         *store.Tx
	who        caller.Caller
	restricted map[string]bool   // empty for an overseer
	third      map[string]bool   // by partner, as far as it was asked
	cases      map[string]string // by case, as far as it was asked: see ofCase
}

func newHiding(tx *store.Tx, who caller.Caller) (*hiding, error) {
	h := &hiding{tx: tx, who: who, third: make(map[string]bool), cases: make(map[string]string)}
	if who.Has(caller.Overseer) {
		return h, nil
	}
	var err error
	h.restricted, err = tx.AllRestricted()
	return h, err
}

// summary is a case in a line: what may not be opened is not named.
func (h *hiding) summary(c store.Case) (api.CaseSummary, error) {
	handled, err := h.tx.HandlingOf(&c)
	if err != nil {
		return api.CaseSummary{}, err
	}
	c.Handling = handled
	line := summary(c)
	if !c.Ours {
		line.For = c.Recipients
	}
	third, err := h.isThird(c.Partner)
	if err != nil {
		return line, err
	}
	switch {
	case h.restricted[c.ID]:
		line.Title = restrictedTitle
	case third && !c.Ours:
		line.Title = thirdParty
	case mayOpen(h.who, &c) != nil:
		line.Title = untold
	}
	if line.Title != c.Title {
		line.Handling.Note = "" // it may say what the title must not
	}
	return line, nil
}

// isThird reports whether the words of a partner are kept from whoever asks.
func (h *hiding) isThird(partner string) (third bool, err error) {
	third, known := h.third[partner]
	if !known {
		if third, err = h.tx.ThirdParty(h.who, partner); err != nil {
			return false, err
		}
		h.third[partner] = third
	}
	return third, nil
}

// restrictedTitle stands where a title was of what only the overseer is shown.
const restrictedTitle = "restricted"

// knowsRedress leaves a recall that serves a request for redress to those who
// decide them: it would show who opened the request what was found.
func knowsRedress(who caller.Caller, r *store.Recall) bool {
	return r.Redress == "" || who.Has(caller.Releaser, caller.Overseer)
}

// bareAlarms leaves of an alarm about such a recall, to whoever is not shown that, the
// bare fact that something was not answered in time: not by whom, nor what.
func bareAlarms(tx *store.Tx, who caller.Caller, alarms []warning.Alarm) error {
	for i := range alarms {
		a := &alarms[i]
		if a.Kind != warning.AlarmRecallDue {
			continue
		}
		r, ok, err := store.Recalls.Find(tx, store.RecallID(a.Partner, true, a.Subject))
		if err != nil {
			return err
		}
		if ok && !knowsRedress(who, &r) {
			a.Partner, a.Subject, a.Text = "", "", "something that was asked of a partner was not answered in time: a releaser sees what"
		}
	}
	return nil
}

// thirdParty stands where a partner's words are that the terms keep from overseers.
const thirdParty = "not for an overseer, by the terms with the partner"

// withholdBeside takes out of a case what it shows of the partner's words beside the
// messages themselves, which withhold sees to.
func withholdBeside(c *api.Case) {
	c.Disputes, c.Notes = nil, nil
	for i := range c.Recalls {
		if r := &c.Recalls[i]; r.Ours && r.Answer != nil {
			answer := *r.Answer
			answer.Reason, answer.PassedOn = "", nil
			r.Answer = &answer
		} else if !r.Ours {
			r.Recall.Reason = thirdParty
		}
	}
	c.Statements = slices.DeleteFunc(c.Statements, func(s warning.Statement) bool { return s.Theirs != "" })
}

// notThird refuses an overseer the words of a partner whose terms say so.
func notThird(tx *store.Tx, who caller.Caller, partner string) error {
	third, err := tx.ThirdParty(who, partner)
	if err == nil && third {
		err = problem.New(problem.Denied, "what it says without text can be read: --header-only, or --without-text", "the terms with %s keep its words from overseers", partner)
	}
	return err
}

// refused writes down that somebody tried to open what is for others.
func (s *Shelf) refused(ctx context.Context, who caller.Caller, what store.What, err error) error {
	if err != nil && problem.Is(err, problem.Denied) {
		return s.store.Deny(ctx, who, what, err)
	}
	return err
}

// mayOpenMessage refuses a message to whoever may not open its case, and to whom
// its own signed header closes it. Neither opens what the other closes.
func mayOpenMessage(tx *store.Tx, who caller.Caller, m *store.Message, header *envelope.Header) error {
	if m.Direction == store.In {
		if err := notThird(tx, who, m.Partner); err != nil {
			return err
		}
	}
	c, is, err := caseOf(tx, m.Thread, m.Partner)
	if err != nil {
		return err
	}
	if is {
		if err := mayOpen(who, c); err != nil {
			return err
		}
	}
	if m.Direction != store.In {
		return nil
	}
	return mayRead(tx, who, m, c, header)
}

// caseOf is the case that a message is said in, if that is its partner's.
func caseOf(tx *store.Tx, id, partner string) (*store.Case, bool, error) {
	if id == "" {
		return nil, false, nil
	}
	c, ok, err := store.Cases.Find(tx, id)
	if err != nil || !ok || c.Partner != partner {
		return nil, false, err
	}
	return &c, true, nil
}

// mayRead judges a partner's message by itself. Under TLP:RED it is for the
// persons it names, or those that its case names; a reply is also for whoever
// asked. c is nil where the message has no case.
func mayRead(tx *store.Tx, who caller.Caller, m *store.Message, c *store.Case, header *envelope.Header) error {
	handled := store.HandlingOf(m, header)
	if rank := handled.TLP.Rank(); rank >= 0 && rank < handling.Red.Rank() {
		return nil
	}
	alone := store.Case{ID: m.Thread, Partner: m.Partner, TLP: string(handled.TLP), LifeSaving: handled.HasCaveat(handling.LifeSavingException)}
	if c != nil {
		alone.Recipients, alone.ToLife = c.Recipients, c.ToLife
	}
	payload, err := warning.Decode(header.Kind, m.Payload)
	if err != nil {
		return mayOpen(who, &alone) // unreadable: its label counts
	}
	switch said := payload.(type) {
	case *warning.Warning:
		alone.Recipients, alone.ToLife = said.Recipients, said.ThreatToLife()
	case *warning.Update:
		alone.Recipients, alone.ToLife = said.Warning.Recipients, said.Warning.ThreatToLife()
	case *warning.Reply:
		asked, err := whoAsked(tx, c, said.Request)
		if err != nil {
			return err
		}
		alone.Recipients = append(slices.Clone(alone.Recipients), asked...)
	}
	return mayOpen(who, &alone)
}

// withhold takes the text, and the note, out of a message that is shown in its
// case, where its own label is narrower than the case's and who asks is not named.
func withhold(tx *store.Tx, who caller.Caller, m *store.Message, c *store.Case, shown *api.Message) error {
	if m.Direction != store.In || m.Payload == nil {
		return nil
	}
	opened, err := m.Opened()
	if err != nil {
		return err
	}
	if err = notThird(tx, who, m.Partner); err == nil {
		err = mayRead(tx, who, m, c, &opened.Header)
	}
	if problem.Is(err, problem.Denied) {
		shown.Payload, shown.Withheld, shown.Handling = nil, problem.Of(err).Text, opened.Header.Handling.Line()
		return nil
	}
	return err
}

// whoAsked is the name of whoever of ours asked a question in a case.
func whoAsked(tx *store.Tx, c *store.Case, id string) ([]string, error) {
	if c == nil {
		return nil, nil
	}
	var names []string
	ours := func(e store.Entry) bool { return e.Kind == envelope.Request && e.Direction == store.Out }
	err := tx.EachText(c.ID, c.Partner, ours, func(m *store.Message) (bool, error) {
		payload, err := warning.Decode(m.Kind, m.Payload)
		if request, ok := payload.(*warning.Request); err == nil && ok && request.ID == id {
			names = []string{request.By.Name}
		}
		return names == nil, nil
	})
	return names, err
}

// mayHandOver refuses to write what a partner sent into a file that leaves the
// house: unread under H3, or to be shown and not handed over. What an overseer
// takes is not passed on: the terms say that it is no third party.
func mayHandOver(tx *store.Tx, who caller.Caller, c *store.Case) error {
	if c.Ours || who.Has(caller.Overseer) {
		return nil
	}
	all, err := tx.Handlings(c)
	if err != nil {
		return err
	}
	return mayTakeOut(tx, c.Partner, c.ID, all...)
}

// mayTakeOut is mayHandOver for what came under some handlings.
func mayTakeOut(tx *store.Tx, partner, id string, all ...handling.Handling) error {
	for _, h := range all {
		if h.HasCaveat(handling.DisplayOnly) {
			return problem.New(problem.Denied, "write it without the text: --without-text", "%s sent this to be shown, not handed over", partner)
		}
		if note := h.NoteID(); note != "" {
			if _, read, err := tx.NoteRead(partner, note); err != nil {
				return err
			} else if !read {
				return problem.New(problem.Denied, "read its note first: tocsin note "+id, "%s sent this under H3, and nobody has read the note", partner)
			}
		}
	}
	return nil
}

// notes are the H3 notes of a case that a partner sent, and who read them.
func notes(tx *store.Tx, c *store.Case) (all []api.HandlingNote, err error) {
	if c.Ours {
		return nil, nil
	}
	handlings, err := tx.Handlings(c)
	seen := make(map[string]bool)
	for _, h := range handlings {
		note := h.NoteID()
		if note == "" || seen[note] {
			continue
		}
		seen[note] = true
		kept, _, err := tx.NoteRead(c.Partner, note)
		if err != nil {
			return nil, err
		}
		all = append(all, api.HandlingNote{Text: h.Note, ReadBy: kept.By, ReadAt: kept.At})
	}
	return all, err
}
