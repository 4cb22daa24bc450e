// SPDX-License-Identifier: Apache-2.0

package inbox

// This file asks, and answers, in files that are carried by hand, what partners
// hold of a node that was restored: for those whom no network reaches.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Question is what a file of that number asks a partner about our standing. It is
// kept, since its answer comes days later, after other questions perhaps, and each
// is good while the recovery lasts. Whoever is not asked is a Conflict.
func (in *Inbox) Question(ctx context.Context, who caller.Caller, name string, file uint64) (body []byte, err error) {
	what := store.What{Act: caller.CarryOut, Subject: name, Note: "asks what it holds of this node"}
	err = in.store.Change(ctx, who, what, func(tx *store.Tx) error {
		r, open, err := tx.Recovery()
		if err != nil {
			return err
		}
		if !open || !r.Asks(name) {
			return problem.New(problem.Conflict, "see tocsin recover", "%s is not asked what it holds of this node", name)
		}
		p := r.Of(name)
		_, ask, err := in.question(tx, name, p.Further)
		if err != nil {
			return err
		}
		if body, err = json.Marshal(ask); err != nil {
			return err
		}
		p.Asked, p.File = tx.Now, file
		if err := store.Recoveries.Put(tx, r.ID, r); err != nil {
			return err
		}
		kept := store.Question{Recovery: r.ID, Partner: name, Body: body, File: file, Made: tx.Now, Further: p.Further}
		return store.Questions.Put(tx, envelope.StandingID(body), kept)
	})
	return body, err
}

// Page is a page of the answer to what a partner asked in a file: what we hold
// behind those places of the two chains, or, if both are zero, behind those that
// it asked for.
func (in *Inbox) Page(ctx context.Context, who caller.Caller, name string, body []byte, ours, theirs uint64) (page envelope.StandingPage, err error) {
	ask, err := envelope.ParseStandingAsk(body)
	if err != nil {
		return page, err
	}
	if ours > 0 || theirs > 0 {
		ask.Ours, ask.Theirs = ours, theirs
	}
	var told telling
	err = in.store.Glance(ctx, who, store.What{Act: caller.CarryOut, Subject: name}, func(tx *store.Tx) (err error) {
		told, err = in.tell(tx, name, ask, body)
		return err
	})
	if err != nil {
		return page, err
	}
	page = envelope.StandingPage{Messages: len(told.given), Ours: told.ours, Theirs: told.theirs, More: told.answer.More}
	page.Body, err = told.sealed()
	return page, err
}

// asked keeps what a partner asks that was restored, until the next file for it is
// written, and tells people.
func (t *taking) asked(ctx context.Context, record carry.Record) error {
	name := t.channel.Name
	if t.channel.State == partner.Expelled {
		t.because(name + " asks what this node holds of it, and is expelled: it is not answered")
		return nil
	}
	_, ask, err := t.in.asked(ctx, record.Sender, record.Content)
	if err != nil {
		return err
	}
	what := store.What{Act: caller.Receive, Subject: name, Note: fmt.Sprintf("asks in a file for what came behind %d and %d", ask.Ours, ask.Theirs)}
	err = t.in.store.Change(ctx, caller.FromPartner(name), what, func(tx *store.Tx) error {
		state, _, err := store.Carryings.Find(tx, name)
		if err != nil {
			return err
		}
		state.Asked = &store.Asked{Body: record.Content, File: t.head.Number, At: tx.Now}
		if err := store.Carryings.Put(tx, name, state); err != nil {
			return err
		}
		return tx.Raise(askedAlarm(name, "is told in the next file that is written for it: the messages between the two since then"))
	})
	if err != nil {
		return problem.Of(err)
	}
	t.report.Asks = true
	return nil
}

// told takes a page of what a partner says that it holds of us. Once everything
// was heard, or if nobody waits for it, it changes nothing.
func (t *taking) told(ctx context.Context, record carry.Record) error {
	in, name := t.in, t.channel.Name
	if err := record.Verify(t.channel.Card.Public(), t.head.To); err != nil {
		return err
	}
	said, err := envelope.ParseStanding(record.Content)
	if err != nil || t.lied {
		return err
	}
	var asked store.Question
	var channel partner.Channel
	var own []envelope.Era
	waited, known := false, false
	err = in.store.Glance(ctx, caller.Self(), store.What{Act: caller.Recover, Subject: name}, func(tx *store.Tx) error {
		r, open, err := tx.Recovery()
		if waited = open && r.Asks(name); err != nil || !waited {
			return err
		}
		if asked, known, err = store.Questions.Find(tx, said.Ask); err != nil {
			return err
		}
		known = known && asked.Recovery == r.ID && asked.Partner == name
		if channel, err = store.Channels.Get(tx, name); err == nil {
			own, err = in.ownEras(tx)
		}
		return err
	})
	switch {
	case err != nil:
		return problem.Of(err)
	case !waited:
		return nil
	case !known:
		t.because("the answer in this file is to a question that this node does not wait for: ask anew with tocsin carry out " + name + " FILE, and have that answered")
		return nil
	}
	page, err := in.openStanding(channel, own, asked.Body, record.Content, record.Sender)
	if err == nil {
		page.carried = true
		err = in.keepStanding(ctx, name, page)
	}
	if err != nil {
		return t.wrong(ctx, asked, err)
	}
	t.report.Heard = !page.More
	t.report.GivenBack += len(page.held)
	return nil
}

// wrong notes that an answer is not right. Where one of our messages waits that has
// no receipt, the partner may hold another: the next file asks from further back.
func (t *taking) wrong(ctx context.Context, asked store.Question, cause error) error {
	name := t.channel.Name
	var wrong *wrongStanding
	if !errors.As(cause, &wrong) {
		return problem.Of(cause)
	}
	t.lied = true
	if !wrong.further || asked.Further {
		t.because("what " + name + " says that it holds of this node is not right: " + wrong.what + ". Call them on a number you know")
		if err := t.in.failed(ctx, name, cause); err != nil {
			return problem.Of(err)
		}
		return nil
	}
	t.because(wrong.what + ": ask anew with tocsin carry out " + name + " FILE, which asks from further back")
	err := t.in.store.Change(ctx, caller.Self(), store.What{Act: caller.Recover, Subject: name, Note: "asked further back"}, func(tx *store.Tx) error {
		r, open, err := tx.Recovery()
		if err != nil || !open || !r.Asks(name) {
			return err
		}
		r.Of(name).Further = true
		return store.Recoveries.Put(tx, r.ID, r)
	})
	if err != nil {
		return problem.Of(err)
	}
	return nil
}

// standingRecord reports whether a record is about what one of the two holds of the other.
func standingRecord(kind carry.Kind) bool {
	return kind == carry.KindQuestion || kind == carry.KindStanding
}

// endsSoon is how long the rest of a file waits for the end of a recovery that
// the partner's answer brought about.
const endsSoon = 10 * time.Second

// mayTake refuses what would not be receipted while the node recovers, or is
// halted: nothing is wrong with it, and the same file is taken later. What the two
// hold of each other is asked and told all the same.
func (t *taking) mayTake(ctx context.Context, kind carry.Kind) error {
	if !t.stopped || standingRecord(kind) || kind == carry.KindEnd {
		return nil
	}
	if t.report.Heard {
		if err := t.recovered(ctx); err != nil || !t.stopped {
			return err
		}
	}
	return problem.New(problem.Busy, "keep the file; see tocsin recover, and tocsin alarm list", "nothing is taken from %s now: the node recovers, or is halted", t.channel.Name)
}

// recovered waits for the end of a recovery that waits for nobody any more.
func (t *taking) recovered(ctx context.Context) error {
	late := time.NewTimer(endsSoon)
	defer late.Stop()
	for {
		woken := t.in.store.Wait(store.RowRecovery, store.RowQueue)
		waits := false
		err := t.in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) (err error) {
			if t.stopped, err = tx.Stopped(t.channel.Name); err != nil || !t.stopped {
				return err
			}
			r, open, err := tx.Recovery()
			_, halted, again := tx.Halted()
			waits = halted || open && len(r.Waits()) > 0
			return errors.Join(err, again)
		})
		if err != nil {
			return problem.Of(err)
		}
		if waits || !t.stopped {
			return nil
		}
		select {
		case <-woken:
		case <-late.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
