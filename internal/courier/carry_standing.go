// SPDX-License-Identifier: Apache-2.0

package courier

// This file writes into carry files what a node that was restored asks its
// partners, and what they answer.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Standings makes what files ask and answer of what two nodes hold of each other.
type Standings interface {
	// Question is what the file of that number asks a partner about our standing.
	Question(ctx context.Context, who caller.Caller, name string, file uint64) ([]byte, error)
	// Page is a page of the answer to what a partner asked, behind those places of
	// the two chains; zero: from where it asked.
	Page(ctx context.Context, who caller.Caller, name string, body []byte, ours, theirs uint64) (envelope.StandingPage, error)
}

// Standing lets files carry what by makes. Call it before the first is written.
func (c *Courier) Standing(by Standings) { c.standings = by }

// standing finds out what the two have to ask and to tell each other, and whether
// anything else may leave. If nothing may, it says why.
func (t *trip) standing(tx *store.Tx, state store.Carrying) error {
	refused := mayCarry(tx, t.channel.Name)
	if refused != nil && !problem.Is(refused, problem.Busy) && !problem.Is(refused, problem.Conflict) {
		return refused
	}
	t.alone = refused != nil
	if t.c.standings == nil {
		return refused
	}
	if !t.ask.Told {
		t.asked = state.Asked
	}
	r, open, err := tx.Recovery()
	if err != nil {
		return err
	}
	if t.asks = open && r.Asks(t.channel.Name) && t.ask.Ours == 0 && t.ask.Theirs == 0 && !t.ask.Told; t.asks && t.ask.OneWay {
		return problem.New(problem.Conflict, "leave --one-way out, and have the answer brought by hand, once",
			"the node was restored from a backup, and asks %s what it holds of it: something must come back", t.channel.Name)
	}
	if t.alone && !t.asks && t.asked == nil {
		return refused
	}
	return nil
}

// links lead the partner from the key that it knows to the one that signs the file.
func (t *trip) links(ctx context.Context) ([]envelope.Link, error) {
	if t.asked == nil {
		return t.c.links(ctx, t.channel.Name)
	}
	ask, err := envelope.ParseStandingAsk(t.asked.Body)
	if err != nil {
		return nil, err
	}
	return t.c.linksSince(ctx, t.channel.Name, ask.Keys)
}

// changes are those of our keys that the partner may not know, and needs to verify
// the receipts in the file.
func (t *trip) changes(tx *store.Tx) ([]envelope.Change, error) {
	if t.asked == nil {
		return unread(tx, t.channel.Name)
	}
	ask, err := envelope.ParseStandingAsk(t.asked.Body)
	if err != nil {
		return nil, err
	}
	return changesSince(tx, ask.Keys, t.c.ring.Number())
}

// writeStanding writes the question, and the answer page by page.
func (t *trip) writeStanding(ctx context.Context, file *carry.Writer) error {
	by, name := t.c.standings, t.channel.Name
	if t.asks {
		body, err := by.Question(ctx, t.who, name, t.made.Number)
		if err != nil {
			return err
		}
		if err := file.Add(carry.KindQuestion, body); err != nil {
			return err
		}
		t.made.Asks = true
	}
	if t.asked == nil {
		return nil
	}
	ours, theirs := t.ask.Ours, t.ask.Theirs
	for {
		page, err := by.Page(ctx, t.who, name, t.asked.Body, ours, theirs)
		if err != nil {
			return err
		}
		if !t.fits(file, len(page.Body)) {
			t.made.Ours, t.made.Theirs = ours, theirs
			return nil
		}
		if err := file.Add(carry.KindStanding, page.Body); err != nil {
			return err
		}
		t.made.GivenBack += page.Messages
		if ours, theirs = page.Ours, page.Theirs; !page.More {
			t.made.Answers, t.tells = true, envelope.StandingID(t.asked.Body)
			return nil
		}
	}
}
