// SPDX-License-Identifier: Apache-2.0

package outbox

// This file says what a dispute is about: which messages, and which view it
// answers.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// disputed completes a dispute: one that names no message is about the one it
// answers, or about the newest version of the warning. What is not of this case
// is refused.
func disputed(tx *store.Tx, c *store.Case, d *warning.Dispute) error {
	messages, err := tx.Thread(c.ID, c.Partner)
	if err != nil {
		return err
	}
	for _, hash := range d.Messages {
		if !slices.ContainsFunc(messages, func(m store.Message) bool { return m.Hash == hash }) {
			return problem.New(problem.Invalid, "copy the hash from tocsin case show "+c.ID, "message %s is not of this case", hash)
		}
	}
	if d.To == "" {
		if len(d.Messages) == 0 {
			return aboutNewest(tx, c, d)
		}
		return nil
	}
	var open []string
	for _, m := range messages {
		var other warning.Dispute
		if m.Kind != envelope.Dispute || m.Payload == nil || warning.Read(m.Payload, &other) != nil {
			continue
		}
		if other.ID == d.To {
			if len(d.Messages) == 0 {
				d.Messages = []string{m.Hash}
			}
			return nil
		}
		open = append(open, other.ID+" "+other.About)
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
