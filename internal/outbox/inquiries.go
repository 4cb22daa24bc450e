// SPDX-License-Identifier: Apache-2.0

package outbox

// This file asks partners what they hold, and answers what they ask.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// inquiryHandling is how an inquiry and its answer are handled.
var inquiryHandling = handling.Handling{TLP: handling.AmberStrict}

// Inquire asks a partner whether it holds anything that we should be warned of.
// Without a time, the answer is due when the precedence says. The question leaves at
// once: it is held against everything that is held here.
func (o *Outbox) Inquire(ctx context.Context, who caller.Caller, name string, q warning.Inquiry) (kept warning.KeptInquiry, err error) {
	what := store.What{Act: caller.Inquire, Subject: name}
	if err := o.aside(ctx, who, what, func(*store.Tx) (policy.Aside, error) { return inquired(name, &q), nil }); err != nil {
		return kept, err
	}
	err = o.store.Change(ctx, who, what, func(tx *store.Tx) error {
		q := q
		q.ID, q.By, q.At, q.AnswerBy = newID("inquiry"), officer(who, caller.Inquire), tx.Now, warning.Millis(q.AnswerBy)
		q.Precedence = handling.Spelled(q.Precedence, handling.ParsePrecedence)
		if q.AnswerBy.IsZero() {
			q.AnswerBy = tx.Now.Add(q.Precedence.AnswerWithin())
		}
		if err := q.Validate(); err != nil {
			return problem.Incomplete("the question is not complete", err)
		}
		channel, err := open(tx, name)
		if err != nil {
			return err
		}
		if err := o.mayTell(tx, &channel, envelope.Inquiry, inquiryHandling.TLP); err != nil {
			return err
		}
		kept = warning.KeptInquiry{Inquiry: q, Partner: name, Ours: true, AskedBy: who.Name}
		if err := store.Inquiries.Put(tx, store.InquiryID(name, true, q.ID), kept); err != nil {
			return err
		}
		return o.say(tx, letter{channel: channel, kind: envelope.Inquiry, payload: &q, precedence: q.Precedence, handling: inquiryHandling})
	})
	return kept, err
}

// inquired are the texts of an inquiry. Whom it asks about it may name.
func inquired(to string, q *warning.Inquiry) policy.Aside {
	a := policy.Aside{To: to, Texts: said(q), Names: true}
	if q.About != nil {
		for _, text := range []string{q.About.Name, q.About.Place.City, q.About.Place.Detail} {
			a.Texts = append(a.Texts, redact.NamedText{Name: "about", Text: text})
			a.Open = append(a.Open, text)
		}
	}
	return a
}

// AnswerInquiry answers what a partner asked, in a word, once the duty that it
// opened has been decided: that a warning follows, if that was decided; and
// otherwise that there is nothing to share, whatever the reason. A duty that was
// closed by a warning, or without one, is answered so, too. It is answered once.
func (o *Outbox) AnswerInquiry(ctx context.Context, who caller.Caller, duty string) (kept warning.KeptInquiry, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.AnswerInquiry, Subject: duty}, func(tx *store.Tx) error {
		d, err := store.Duties.Get(tx, duty)
		if err != nil {
			return err
		}
		id := store.InquiryID(d.Partner, false, d.Subject)
		kept, err = store.Inquiries.Get(tx, id)
		switch {
		case err != nil:
			return problem.New(problem.Conflict, "", "no partner's question opened this duty")
		case kept.Answer != nil:
			return problem.New(problem.Conflict, "", "it was answered: %s", kept.Answer.Answer)
		}
		answer := warning.InquiryAnswer{Inquiry: kept.Inquiry.ID, Answer: warning.NothingToShare, By: officer(who, caller.AnswerInquiry), At: tx.Now}
		switch {
		case d.State == warning.DutyWarn || d.State == warning.DutyWarned:
			answer.Answer = warning.WarningFollows
		case !d.State.Closed():
			return problem.New(problem.Conflict, "tocsin duty decide "+duty+" --choice …", "the duty has not been decided")
		}
		channel, err := open(tx, d.Partner)
		if err != nil {
			return err
		}
		if err := o.mayTell(tx, &channel, envelope.InquiryAnswer, inquiryHandling.TLP); err != nil {
			return err
		}
		kept.Answer = &answer
		if err := store.Inquiries.Put(tx, id, kept); err != nil {
			return err
		}
		return o.say(tx, letter{channel: channel, kind: envelope.InquiryAnswer, payload: &answer, precedence: kept.Inquiry.Precedence, handling: inquiryHandling})
	})
	return kept, err
}
