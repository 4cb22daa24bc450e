// SPDX-License-Identifier: Apache-2.0

package outbox

// This file asks partners to do what was decided on a request for redress.

import (
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// recallWished says a recall that two releasers decided on. It is wished for until
// something may be said in the channel: an expelled partner is asked when it is
// restored.
func (o *Outbox) recallWished(tx *store.Tx, wish store.Wish) error {
	channel, recall, now, err := wished[*warning.Recall](tx, wish)
	if err != nil || !now {
		return err
	}
	c, err := store.Cases.Get(tx, recall.Case)
	if err != nil {
		return err
	}
	m, err := tx.Message(recall.About)
	if err != nil {
		return err
	}
	switch err := o.maySay(tx, &channel, &c, envelope.Recall, handling.TLP(c.TLP)); {
	case problem.Is(err, problem.Denied):
		return nil // wished for until the policy lets it be said; the request says that it waits
	case err != nil:
		return err
	}
	err = o.say(tx, letter{
		channel: channel, kind: envelope.Recall, payload: recall, thread: recall.Case,
		precedence: handling.Precedence(c.Precedence), handling: handling.Handling{TLP: handling.TLP(c.TLP)},
	})
	if err != nil {
		return err
	}
	_, hash, err := tx.Tip(channel.ID, store.Out) // what was said last
	if err != nil {
		return err
	}
	kept := store.Recall{Recall: *recall, Partner: channel.Name, Ours: true, Kind: string(m.Kind), Hash: hash, Redress: wish.Redress}
	if err := store.Recalls.Put(tx, store.RecallID(channel.Name, true, recall.ID), kept); err != nil {
		return err
	}
	return store.Wishes.Delete(tx, wish.ID)
}

// restricted says whether one of these things is restricted, as a reason for which
// what is said of it stays.
func restricted(tx *store.Tx, ids ...string) (policy.Reason, bool, error) {
	id, err := anyRestricted(tx, ids...)
	if err != nil || id == "" {
		return policy.Reason{}, false, err
	}
	return policy.Reason{Rule: policy.RuleHome, Text: "it is restricted: the overseer sees why"}, true, nil
}

// tells reports whether a message of that kind says of a case what is in it: in one
// that is restricted nothing more is told, but that it was received, recalled or erased.
func tells(kind envelope.Kind) bool {
	switch kind {
	case envelope.Request, envelope.Reply, envelope.Outcome, envelope.Dispute, envelope.Thanks:
		return true
	}
	return false
}

// unrestricted refuses to let out what is restricted by a request for redress.
func unrestricted(tx *store.Tx, ids ...string) error {
	id, err := anyRestricted(tx, ids...)
	if err == nil && id != "" {
		err = problem.New(problem.Conflict, "the overseer sees why", "%s is restricted: it does not leave", id)
	}
	return err
}

// anyRestricted is the first of these things that is restricted; empty if none is.
func anyRestricted(tx *store.Tx, ids ...string) (string, error) {
	for _, id := range ids {
		if is, err := tx.Restricted(id); err != nil || is {
			return id, err
		}
	}
	return "", nil
}
