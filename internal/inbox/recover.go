// SPDX-License-Identifier: Apache-2.0

package inbox

// This file asks partners, after the node was restored from a backup, what they
// hold of it, until all have said.

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Ask posts a question about our standing to a partner, and returns what it
// answered, and the sender header of the answer.
type Ask func(ctx context.Context, to envelope.Card, body []byte) (answer []byte, by string, err error)

// How often partners are asked that did not answer, or not rightly.
const (
	askFirst = time.Second
	askMost  = 30 * time.Second
)

// wrongStanding is an answer that is not right: it shows what this node did not
// sign, or hides what it says there is. People are told.
type wrongStanding struct {
	what string
	// further says that the partner may hold another message at a place where ours
	// has no receipt: it is asked once more, from further back.
	further bool
	twin    *store.Twin // what it proves
}

func (w *wrongStanding) Error() string { return "inbox: a wrong answer about our standing: " + w.what }

func wrongly(format string, args ...any) error {
	return &wrongStanding{what: fmt.Sprintf(format, args...)}
}

// Recover asks until every partner has said what it holds of us, or ctx ends.
// Each page of an answer is kept in one transaction, so that a crash loses
// nothing: the question after it goes on behind what is kept. While there is no
// recovery it waits for one.
func (in *Inbox) Recover(ctx context.Context, ask Ask) error {
	pause := askFirst
	for ctx.Err() == nil {
		names, err := in.unheard(ctx)
		var asking sync.WaitGroup
		for _, name := range names {
			asking.Go(func() {
				if err := in.askOne(ctx, name, ask); err != nil && ctx.Err() == nil {
					in.log.Warn("a partner did not say what it holds of us", "partner", name, "err", err)
					if err := in.failed(ctx, name, err); err != nil {
						in.log.Error("a recovery could not be noted", "partner", name, "err", err)
					}
				}
			})
		}
		asking.Wait()
		woken := in.store.Wait(store.RowRecovery)
		names, again := in.unheard(ctx)
		if err = errors.Join(err, again); err != nil && ctx.Err() == nil {
			in.log.Error("reading the recovery failed", "err", err)
		}
		var tick <-chan time.Time
		if pause = min(2*pause, askMost); len(names) == 0 && err == nil {
			pause = askFirst
		} else {
			tick = time.After(pause)
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-tick:
		}
	}
	return nil
}

// unheard lists whom to ask.
func (in *Inbox) unheard(ctx context.Context) (names []string, err error) {
	err = in.store.Glance(ctx, caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
		r, ok, err := tx.Recovery()
		if ok {
			names = r.Unheard()
		}
		return err
	})
	return names, err
}

// askOne asks one partner page by page, to the end. If it holds another message
// where one of ours waits, it is asked from the newest place that has a receipt.
func (in *Inbox) askOne(ctx context.Context, name string, ask Ask) error {
	further, from := false, uint64(0)
	for {
		var question envelope.StandingAsk
		var channel partner.Channel
		var own []envelope.Era
		err := in.store.Glance(ctx, caller.Self(), store.What{Act: caller.Recover, Subject: name}, func(tx *store.Tx) (err error) {
			if channel, question, err = in.question(tx, name, further); err != nil {
				return err
			}
			own, err = in.ownEras(tx)
			return err
		})
		if err != nil {
			return err
		}
		if further {
			question.Ours = max(question.Ours, from)
		}
		body, err := json.Marshal(question)
		if err != nil {
			return err
		}
		raw, by, err := ask(ctx, channel.Card, body)
		if err != nil {
			return err
		}
		page, err := in.openStanding(channel, own, body, raw, by)
		if err != nil {
			return err
		}
		page.asked = question.Ours
		err = in.keepStanding(ctx, name, page)
		var wrong *wrongStanding
		if errors.As(err, &wrong) && wrong.further && !further {
			further = true
			continue
		}
		if err != nil || !page.More {
			return err
		}
		from = page.newest()
	}
}

// question is what a partner is asked now: what came behind the newest that is
// here, or, if it asks further back, behind the newest of ours that has a receipt.
func (in *Inbox) question(tx *store.Tx, name string, further bool) (channel partner.Channel, ask envelope.StandingAsk, err error) {
	ask = envelope.StandingAsk{Version: envelope.Version, From: in.ring.ID(), Nonce: nonce()}
	if channel, err = store.Channels.Get(tx, name); err != nil {
		return channel, ask, err
	}
	ask.To, ask.Keys = channel.Card.ID(), changesKnown(&channel)
	if further {
		ask.Ours, err = tx.LastReceipted(channel.ID)
	} else {
		ask.Ours, _, err = tx.Tip(channel.ID, store.Out)
	}
	if err == nil {
		ask.Theirs, _, err = tx.Tip(channel.ID, store.In)
	}
	return channel, ask, err
}

// ownEras are the cards that this node has and had.
func (in *Inbox) ownEras(tx *store.Tx) ([]envelope.Era, error) {
	history, err := tx.OwnHistory(in.card())
	return history.Eras(), err
}

// changesKnown is the number of the newest change of a partner's keys that its
// card has.
func changesKnown(channel *partner.Channel) uint64 {
	changes := channel.Keys.Changes
	if len(changes) == 0 {
		return 0
	}
	s, err := changes[len(changes)-1].Peek()
	if err != nil {
		return 0
	}
	return s.Number
}

func nonce() string {
	raw := make([]byte, 32)
	rand.Read(raw) // crypto/rand.Read never fails
	return hex.EncodeToString(raw)
}

// failed notes why a partner did not say it, and tells people if its answer was
// wrong.
func (in *Inbox) failed(ctx context.Context, name string, cause error) error {
	var wrong *wrongStanding
	words := "it does not answer, or refuses"
	if errors.As(cause, &wrong) {
		words = "its answer is wrong: " + wrong.what
	}
	if err := in.keepProof(ctx, name, wrong); err != nil {
		return err
	}
	return in.store.Change(ctx, caller.Self(), store.What{Act: caller.Recover, Subject: name, Note: "not heard"}, func(tx *store.Tx) error {
		r, ok, err := tx.Recovery()
		if err != nil || !ok {
			return err
		}
		p := r.Of(name)
		if p == nil || !p.Heard.IsZero() || p.Failure == words {
			return nil // said already: the log need not grow with each try
		}
		p.Tried, p.Failure, p.Wrong = tx.Now, words, wrong != nil
		if err := store.Recoveries.Put(tx, r.ID, r); err != nil || wrong == nil {
			return err
		}
		return tx.Raise(warning.Alarm{Kind: warning.AlarmStanding, Partner: name, Subject: "standing", Level: handling.Flash,
			Text: "asked what it holds of this node, which was restored, " + name + " does not answer rightly: " + wrong.what + ". Nothing of it was taken. Call them on a number you know"})
	})
}
