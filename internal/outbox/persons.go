// SPDX-License-Identifier: Apache-2.0

package outbox

// This file gathers what the rules about persons ask for, and counts who was named.

import (
	"fmt"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// naming is what is known of naming persons to each partner a draft names them to.
func naming(tx *store.Tx, draft *warning.Draft) (map[string]policy.Naming, error) {
	all := make(map[string]policy.Naming)
	for _, name := range draft.PersonsTo {
		sheets, err := store.Assurances.List(tx, 0, name)
		if err != nil {
			return nil, err
		}
		count, _, err := store.PersonCounts.Find(tx, store.PersonMonth(name, tx.Now))
		if err != nil {
			return nil, err
		}
		if draft.Stage == warning.Released {
			count.Persons = 0 // what has left is shown as it left
		}
		all[name] = policy.Naming{Sheets: sheets, Sent: count.Persons, Most: store.MostPersons}
	}
	return all, nil
}

// countNamed counts the persons that a draft's copy names to a partner, and rings for
// the overseer when four fifths of those were named who may be, by the program and by
// the policy. What was released before others took the last places does not leave.
func (o *Outbox) countNamed(tx *store.Tx, draft *warning.Draft, channel partner.Channel, w *warning.Warning) error {
	persons := policy.PersonsIn(w)
	if persons == 0 {
		return nil
	}
	id := store.PersonMonth(channel.Name, tx.Now)
	count, _, err := store.PersonCounts.Find(tx, id)
	if err != nil {
		return err
	}
	if count.Persons += persons; count.Persons > store.MostPersons {
		return problem.New(problem.Conflict, "leave the persons out, or wait until next month", "%d persons may be named to %s in a month", store.MostPersons, channel.Name)
	}
	if err := store.PersonCounts.Put(tx, id, count); err != nil {
		return err
	}
	use := warning.AssuranceUse{Case: w.ID, Persons: persons, At: tx.Now}
	if err := tx.UseSheets(channel.Name, use, channel.Card.Country, w.Target.Place.In()); err != nil {
		return err
	}
	most, err := o.mostPersons(tx, draft, channel)
	if err != nil || count.Persons*5 < most*4 {
		return err
	}
	return tx.Raise(warning.Alarm{Kind: warning.AlarmPersons, Partner: channel.Name, Subject: id, Level: handling.Priority,
		Text: fmt.Sprintf("for the overseer: %d persons or more were named to %s this month, and %d may be", (most*4+4)/5, channel.Name, most)})
}

// mostPersons is how many persons may be named to a partner in a month by warnings
// like this.
func (o *Outbox) mostPersons(tx *store.Tx, draft *warning.Draft, channel partner.Channel) (int, error) {
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return 0, err
	}
	facts, _, err := factsOf(tx, draft)
	if err != nil {
		return 0, err
	}
	to := policy.Partner{Name: channel.Name, Country: channel.Card.Country, State: channel.State}
	return rules.About(draft, facts, tx.Now).MostPersons(to, store.MostPersons), nil
}

// needed is how many different people must release a draft: one more where a
// copy says so.
func needed(p *warning.Preview) int {
	for _, copied := range p.Copies {
		if copied.Allowed && len(copied.Further) > 0 {
			return further
		}
	}
	return 2
}

// further is how many people release what needs a further one.
const further = 3
