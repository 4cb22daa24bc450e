// SPDX-License-Identifier: Apache-2.0

package outbox

// This file gives partners our promises.

import (
	"context"
	"errors"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Pledge gives a partner our promise. It belongs to no case: what it says is held
// against everything that is held here.
func (o *Outbox) Pledge(ctx context.Context, who caller.Caller, name string, p warning.Pledge) (warning.Pledge, error) {
	what := store.What{Act: caller.Pledge, Subject: name}
	if err := o.aside(ctx, who, what, func(*store.Tx) (policy.Aside, error) { return promised(name, &p), nil }); err != nil {
		return p, err
	}
	err := o.store.Change(ctx, who, what, func(tx *store.Tx) error {
		p.ID, p.By, p.At = newID("pledge"), officer(who, caller.Pledge), tx.Now
		if err := errors.Join(p.Validate(), warning.KnownPlaces(p.Codes()...)); err != nil {
			return problem.Incomplete("the pledge is not complete", err)
		}
		channel, err := open(tx, name)
		if err != nil {
			return err
		}
		if err := o.mayTell(tx, &channel, envelope.Pledge, handling.AmberStrict); err != nil {
			return err
		}
		if err := store.Pledges.Put(tx, p.ID, warning.KeptPledge{Pledge: p, Partner: name, Ours: true}); err != nil {
			return err
		}
		return o.say(tx, letter{
			channel: channel, kind: envelope.Pledge, payload: &p,
			precedence: handling.Routine, handling: handling.Handling{TLP: handling.AmberStrict},
		})
	})
	return p, err
}

// promised are the texts of a pledge. Whom and what it names it may name.
func promised(to string, p *warning.Pledge) policy.Aside {
	a := policy.Aside{To: to, Names: true, Texts: []redact.NamedText{{Name: "text", Text: p.Text}}}
	add := func(field string, names ...string) {
		for _, name := range names {
			a.Texts = append(a.Texts, redact.NamedText{Name: field, Text: name})
			a.Open = append(a.Open, name)
		}
	}
	add("organisations", p.Organisations...)
	add("events", p.Events...)
	add("words", p.Words...)
	for _, city := range p.Cities {
		add("cities", city.String())
	}
	for _, area := range p.Areas {
		add("areas", area.Name)
	}
	return a
}
