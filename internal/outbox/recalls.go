// SPDX-License-Identifier: Apache-2.0

package outbox

// This file asks a partner for a message back, and answers when a partner asks.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Recall asks the partner of a case to destroy, or to stop using, a message of
// ours, named by its hash; or with the id of the case every version of our
// warning. What is asked for already is passed over. Nothing here is erased.
func (o *Outbox) Recall(ctx context.Context, who caller.Caller, of string, ask warning.Ask, reason string, answerBy time.Time) (made []store.Recall, err error) {
	id := of
	if !strings.HasPrefix(of, "warning--") {
		err := o.store.Glance(ctx, who, store.What{Act: caller.Recall, Subject: of}, func(tx *store.Tx) error {
			m, err := tx.Message(of)
			id = m.Thread
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	partner, messages, err := o.recallable(ctx, who, id, of)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		recall := store.Recall{Partner: partner, Ours: true, Kind: string(m.Kind)}
		err := o.answer(ctx, who, caller.Recall, id, &warning.Recall{Reason: reason}, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
			by := warning.Millis(answerBy)
			if by.IsZero() {
				by = tx.Now.Add(handling.Precedence(c.Precedence).AnswerWithin())
			}
			if !by.After(tx.Now) {
				return "", nil, problem.New(problem.Invalid, "give a time to come", "the answer cannot be due before it is asked for")
			}
			recall.Recall = warning.Recall{
				ID: newID("recall"), Case: id, About: m.Hash, Ask: ask, Reason: reason, AnswerBy: by, By: officer(who, caller.Recall), At: tx.Now,
			}
			return envelope.Recall, &recall.Recall, nil
		}, func(tx *store.Tx, hash string) error {
			recall.Hash = hash
			return store.Recalls.Put(tx, store.RecallID(partner, true, recall.Recall.ID), recall)
		})
		if err != nil {
			return made, err
		}
		made = append(made, recall)
	}
	return made, nil
}

// recallable are the messages that are asked for: one, or every version of the
// warning of a case.
func (o *Outbox) recallable(ctx context.Context, who caller.Caller, id, of string) (partner string, messages []store.Entry, err error) {
	err = o.store.Glance(ctx, who, store.What{Act: caller.Recall, Subject: of}, func(tx *store.Tx) error {
		c, err := store.Cases.Get(tx, id)
		if err != nil {
			return err
		}
		open, err := store.Recalls.List(tx, 0, store.RecallOpen)
		if err != nil {
			return err
		}
		asked := make(map[string]bool)
		for _, r := range open {
			asked[r.Recall.About] = asked[r.Recall.About] || r.Ours
		}
		partner, messages = c.Partner, nil
		err = tx.EachEntry(c.ID, c.Partner, func(e store.Entry) (bool, error) {
			whole := of == id && (e.Kind == envelope.Warning || e.Kind == envelope.Update)
			if (whole || e.Hash == of) && e.Direction == store.Out && store.Recallable(e.Kind) && !asked[e.Hash] {
				messages = append(messages, e)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		switch {
		case len(messages) > 0:
			return nil
		case asked[of] || of == id && c.Ours:
			return problem.New(problem.Conflict, "see tocsin recalls", "it is recalled already, and not answered yet")
		}
		return problem.New(problem.Conflict, "a warning, a correction, a question or a reply that we sent can be recalled; answers, outcomes and disputes stay",
			"there is nothing of ours here to recall")
	})
	return partner, messages, err
}

// AnswerRecall says what became of a message that a partner recalled. Who says
// that it is destroyed has it destroyed: text and salt are erased in the same
// transaction, with the objects that nothing else holds and the drafts that were
// made of it and have not left.
func (o *Outbox) AnswerRecall(ctx context.Context, who caller.Caller, id string, a warning.RecallAnswer) (recall store.Recall, err error) {
	var key string
	err = o.store.Glance(ctx, who, store.What{Act: caller.AnswerRecall, Subject: id}, func(tx *store.Tx) error {
		key, recall, err = openRecall(tx, id)
		return err
	})
	if err != nil {
		return recall, err
	}
	err = o.answer(ctx, who, caller.AnswerRecall, recall.Recall.Case, &a, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		if key, recall, err = openRecall(tx, id); err != nil {
			return "", nil, err
		}
		channel, err := store.Channels.Get(tx, c.Partner)
		if err != nil {
			return "", nil, err
		}
		if a.Answer == warning.Destroyed && channel.Preserves() {
			return "", nil, problem.New(problem.Conflict, "answer cannot, with the reason, or wait until the channel is no longer frozen",
				"the channel to %s is frozen: nothing of it is erased", c.Partner)
		}
		a.Case, a.Recall, a.About, a.By, a.At = c.ID, recall.Recall.ID, recall.Hash, officer(who, caller.AnswerRecall), tx.Now
		return envelope.RecallAnswer, &a, nil
	}, func(tx *store.Tx, hash string) error {
		recall.Answer, recall.AnswerHash = &a, hash
		if err := store.Recalls.Put(tx, key, recall); err != nil {
			return err
		}
		if err := tx.Settle(warning.RecallAlarm(recall.Partner, recall.Recall.ID, false), who.Name, "the recall was answered"); err != nil {
			return err
		}
		if a.Answer != warning.Destroyed {
			return nil
		}
		if err := tx.DestroyRecalled(recall.Recall.About); err != nil {
			return err
		}
		rules, err := o.rules.Rules(tx)
		if err != nil {
			return err
		}
		_, err = rejudgeAll(tx, rules) // what waits with an object of it does not leave
		return err
	})
	return recall, err
}

// openRecall finds a partner's recall that waits for us by its id, or by the
// hash of its message where several have one id.
func openRecall(tx *store.Tx, id string) (key string, found store.Recall, err error) {
	open, err := store.Recalls.List(tx, 0, store.RecallOpen)
	if err != nil {
		return "", found, err
	}
	var several []string
	for _, r := range open {
		if !r.Ours && (r.Recall.ID == id || r.Hash == id) {
			found = r
			several = append(several, r.Hash+" of "+r.Partner)
		}
	}
	switch len(several) {
	case 0:
		return "", found, problem.New(problem.Missing, "see tocsin recalls", "no recall of this id waits for our answer")
	case 1:
		return store.RecallID(found.Partner, false, found.Recall.ID), found, nil
	}
	return "", found, problem.New(problem.Conflict, "give the hash in place of the id", "several recalls have this id").With(several...)
}
