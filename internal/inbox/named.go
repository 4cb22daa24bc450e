// SPDX-License-Identifier: Apache-2.0

package inbox

// This file says so when a warning is for persons whom nobody here is.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// nobodyNamed raises an alarm if no person of this node may open a TLP:RED case
// but the overseer: it must not lie unread.
func (h *hearing) nobodyNamed(c *store.Case) error {
	if handling.TLP(c.TLP) != handling.Red || c.LifeSaving && c.ToLife {
		return nil
	}
	persons, err := store.Persons.List(h.tx, 0)
	if err != nil {
		return err
	}
	for _, person := range persons {
		if person.Left.IsZero() && policy.Named(c.Recipients, person.Name, person.Title) {
			return nil
		}
	}
	return h.tx.Raise(warning.Alarm{Kind: warning.AlarmNamed, Partner: c.Partner, Subject: c.ID, Level: handling.Precedence(c.Precedence),
		Text: "a TLP:RED warning of " + c.Partner + " names persons it is for, and nobody here goes by those names: tocsin case list shows them; ask " + c.Partner + " whom it is for; the overseer can read it"})
}
