// SPDX-License-Identifier: Apache-2.0

package shelf

// This file holds who may open a TLP:RED case: the persons it names, and the
// overseer.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

func mayOpen(who caller.Caller, c *store.Case) error { return c.OpensFor(who, policy.Named) }

// summaryFor is a case in a line, for who: what may not be opened is not named.
func summaryFor(who caller.Caller, c store.Case) api.CaseSummary {
	line := summary(c)
	if !c.Ours {
		line.For = c.Recipients
	}
	if mayOpen(who, &c) != nil {
		line.Title = "for named persons"
	}
	return line
}

// refused writes down that somebody tried to open what is for others.
func (s *Shelf) refused(ctx context.Context, who caller.Caller, what store.What, err error) error {
	if err != nil && problem.Is(err, problem.Denied) {
		return s.store.Deny(ctx, who, what, err)
	}
	return err
}

// mayOpenMessage is mayOpen for the case that a message is said in.
func mayOpenMessage(tx *store.Tx, who caller.Caller, m *store.Message) error {
	if m.Thread == "" {
		return nil
	}
	c, ok, err := store.Cases.Find(tx, m.Thread)
	if err != nil || !ok || c.Partner != m.Partner {
		return err
	}
	return mayOpen(who, &c)
}

// mayHandOver refuses to write what a partner sent into a file that leaves the
// house: unread under H3, or to be shown and not handed over. What an overseer
// takes is not passed on: the terms say that it is no third party.
func mayHandOver(tx *store.Tx, who caller.Caller, c *store.Case) error {
	if c.Ours || who.Has(caller.Overseer) {
		return nil
	}
	all, err := tx.Handlings(c)
	for _, h := range all {
		if h.HasCaveat(handling.DisplayOnly) {
			return problem.New(problem.Denied, "write it without the text: --without-text", "%s sent this to be shown, not handed over", c.Partner)
		}
		if note := h.NoteID(); note != "" {
			if _, read, err := tx.NoteRead(c.Partner, note); err != nil {
				return err
			} else if !read {
				return problem.New(problem.Denied, "read its note first: tocsin note "+c.ID, "%s sent this under H3, and nobody has read the note", c.Partner)
			}
		}
	}
	return err
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
