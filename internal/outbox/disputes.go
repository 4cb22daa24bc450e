// SPDX-License-Identifier: Apache-2.0

package outbox

// This file says what a dispute is about: which messages, and which view it
// answers.

import (
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// disputed completes a dispute: one that names no message is about the one it
// answers, or about the newest version of the warning. What is not of this case
// is refused.
func disputed(tx *store.Tx, c *store.Case, d *warning.Dispute) error {
	for _, hash := range d.Messages {
		if _, is, err := tx.Entry(c.ID, c.Partner, hash); err != nil {
			return err
		} else if !is {
			return problem.New(problem.Invalid, "copy the hash from tocsin case show "+c.ID, "message %s is not of this case", hash)
		}
	}
	if d.To == "" {
		if len(d.Messages) == 0 {
			return aboutNewest(tx, c, d)
		}
		return nil
	}
	found := false
	var open []string
	views := func(e store.Entry) bool { return e.Kind == envelope.Dispute && !e.Gone }
	err := tx.EachText(c.ID, c.Partner, views, func(m *store.Message) (bool, error) {
		var other warning.Dispute
		if warning.Read(m.Payload, &other) != nil {
			return true, nil
		}
		if found = other.ID == d.To; found && len(d.Messages) == 0 {
			d.Messages = []string{m.Hash}
		}
		open = append(open, other.ID+" "+other.About)
		open = open[max(0, len(open)-maxNamed):]
		return !found, nil
	})
	if err != nil || found {
		return err
	}
	return problem.New(problem.Invalid, "give the id of a dispute of this case", "there is no such dispute in this case").With(open...)
}

// aboutNewest lets a dispute be about the newest version of the warning, if it is here.
func aboutNewest(tx *store.Tx, c *store.Case, d *warning.Dispute) error {
	hash, _, err := tx.NewestOf(c)
	if err == nil && hash != "" {
		d.Messages = []string{hash}
	}
	return err
}
