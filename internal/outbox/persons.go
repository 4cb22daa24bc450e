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

// named counts the persons that a warning names to a partner, and rings for the
// overseer when as many were named as may be. What was released before others
// took the last places does not leave.
func named(tx *store.Tx, channel partner.Channel, w *warning.Warning) error {
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
	if count.Persons < store.MostPersons*4/5 {
		return nil
	}
	return tx.Raise(warning.Alarm{Kind: warning.AlarmPersons, Partner: channel.Name, Subject: id, Level: handling.Priority,
		Text: fmt.Sprintf("for the overseer: %d persons or more were named to %s this month, and %d may be", store.MostPersons*4/5, channel.Name, store.MostPersons)})
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
