// SPDX-License-Identifier: Apache-2.0

package desk

// This file records that a person has read the handling note of a case.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// releaseMany is how many objects are judged anew at once when a note was read;
// if more wait for it, the node sees to them when it starts.
const releaseMany = 1000

// ReadNote records that who has read the notes that H3 demands in a case. Until
// then nothing that works by itself is given what came in it: no tool, no feed,
// no draft for another partner, no file. Council 6243/18
func (d *Desk) ReadNote(ctx context.Context, who caller.Caller, id string) error {
	return d.store.Change(ctx, who, store.What{Act: caller.ReadNote, Subject: id}, func(tx *store.Tx) error {
		c, err := store.Cases.Get(tx, id)
		if err != nil {
			return err
		}
		// Whoever may not open the case has not read the note in it.
		if err := c.OpensFor(who, policy.Named); err != nil {
			return err
		}
		handlings, err := tx.Handlings(&c)
		if err != nil {
			return err
		}
		there := false
		for _, h := range handlings {
			note := h.NoteID()
			if note == "" || c.Ours {
				continue
			}
			there = true
			if _, err := tx.ReadNote(c.Partner, note, who.Name, policy.Audience, releaseMany); err != nil {
				return err
			}
		}
		if !there {
			return problem.New(problem.Conflict, "", "nothing in this case came under H3")
		}
		return nil
	})
}
