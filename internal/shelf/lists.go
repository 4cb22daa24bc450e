// SPDX-License-Identifier: Apache-2.0

package shelf

// This file finds out what a list says no word of: for a list nobody is asked for a
// reason, and no line is left of it.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// ofCase says why a list says no word of what was said in a case: of one that is
// restricted, that who asks may not open, or that asks for a reason. It is empty if
// the list may.
func (h *hiding) ofCase(c *store.Case) (why string, err error) {
	why, known := h.cases[c.ID]
	switch {
	case known:
		return why, nil
	case h.restricted[c.ID]:
		why = restrictedTitle
	case mayOpen(h.who, c) != nil:
		why = untold
	default:
		if why, err = h.tx.CaseAsks(c.ID); why != "" {
			why += ": open the case"
		}
	}
	h.cases[c.ID] = why
	return why, err
}

// source takes out of a report what a list does not say of it.
func (h *hiding) source(s *warning.Source) {
	why := h.tx.SourceAsks(s)
	if why != "" {
		why += ": open the report"
	}
	if h.restricted[s.ID] {
		why = restrictedTitle
	}
	if why != "" {
		s.Title, s.Handling.Note = why, ""
	}
}

// statement takes out of a statement what a list does not say of it: one that was
// cleared is public, and what somebody wrote asks nothing of who wrote it.
func (h *hiding) statement(s *warning.Statement) error {
	if s.Public() || s.Case == "" {
		return nil
	}
	c, is, err := store.Cases.Find(h.tx, s.Case)
	if err != nil || !is {
		return err
	}
	why, err := h.ofCase(&c)
	if err != nil {
		return err
	}
	if s.WrittenBy == h.who.Name && why != restrictedTitle {
		why = ""
	}
	third, err := h.isThird(c.Partner)
	if err != nil {
		return err
	}
	if third && s.Theirs != "" {
		why = thirdParty
	}
	if why != "" {
		s.Event, s.Headline, s.Text, s.Instruction, s.Areas, s.Links, s.As = why, why, "", "", nil, nil, ""
	}
	return nil
}

// recall takes out of a recall what a list does not say of it: why it was asked, and
// what was answered. What is of no case here is as its message is.
func (h *hiding) recall(r *api.Recall) error {
	c, is, err := caseOf(h.tx, r.Case, r.Partner)
	if err != nil {
		return err
	}
	var why string
	if is {
		why, err = h.ofCase(c)
	} else if why, err = h.tx.CaseAsks(r.Hash); why != "" {
		why += ": open its message"
	}
	if err != nil {
		return err
	}
	third, err := h.isThird(r.Partner)
	if err != nil {
		return err
	}
	if why != "" {
		r.Handling.Note = "" // it may say what the reason must not
	}
	asked, answered := why, why
	if third && r.Ours {
		answered = thirdParty
	} else if third {
		asked = thirdParty
	}
	if asked != "" {
		r.Reason = asked
	}
	if answered != "" && r.Answer != nil {
		answer := *r.Answer
		answer.Reason, answer.PassedOn = "", nil
		r.Answer = &answer
	}
	return nil
}
