// SPDX-License-Identifier: Apache-2.0

// Package inbox hears what partners say.
//
// A delivery passes these steps:
//
//	who sent it → open → verify → place in the chain → keep → log → receipt
//
// From keeping to the receipt it is one transaction: there is no message
// without its leaf and its receipt, and no receipt for a message that is not on
// the disk. A message is known by its header's hash; the same one again gets
// the same receipt.
//
// A stranger is told nothing. A partner is told that an envelope was refused,
// never which rule spoke.
package inbox

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Inbox is where messages are heard.
type Inbox struct {
	log   *slog.Logger
	store *store.Store
	ring  *keys.Ring
	// address is where we are reached; our card is the ring's, of this moment.
	address string
	meter   *meter

	policy  *witness.Policy
	origins origins
	books   *match.Books
	// judge is told, in the transaction that hears it, that a partner has changed
	// what we may do with what it gave under a case; nil tells nobody.
	judge func(tx *store.Tx, partner, id string) error
}

// New makes an inbox that opens with ring what is sent to the node of that card.
func New(log *slog.Logger, s *store.Store, ring *keys.Ring, card envelope.Card) *Inbox {
	return &Inbox{log: log, store: s, ring: ring, address: card.Address, meter: newMeter(DefaultQuota()), books: new(match.Books)}
}

// Bound gives each partner another quota than the default. Call it before
// anything is heard.
func (in *Inbox) Bound(q Quota) { in.meter = newMeter(q) }

// Share lets the inbox hold things against the pledges and watches in the same book
// as others do. Call it before anything is heard.
func (in *Inbox) Share(books *match.Books) { in.books = books }

// Judge lets what rests on what a partner gave under a case be decided anew when
// the partner grants or withdraws a permission, or corrects or recalls what it
// gave. Call it before anything is heard.
func (in *Inbox) Judge(anew func(tx *store.Tx, partner, id string) error) { in.judge = anew }

func (in *Inbox) card() envelope.Card { return in.ring.Card(in.address) }

// refused is the one answer to everything that is wrong with a delivery.
func refused(cause error) error {
	return problem.New(problem.Refused, "", "not accepted").Because(cause)
}

// Receive takes a delivery: body as posted, sender as its header says. The
// answer has a result for each message in order. A delivery that was not
// signed by a known partner is Refused as a whole and leaves nothing but a line
// in the log file.
func (in *Inbox) Receive(ctx context.Context, sender string, body []byte) (envelope.Answer, error) {
	return in.receive(ctx, sender, body, nil)
}

// heard is told, in the transaction that hears a delivery, what came of it.
type heard func(h *hearing, delivery envelope.Delivery, opened []*envelope.Message, results []envelope.Result) error

func (in *Inbox) receive(ctx context.Context, sender string, body []byte, then heard) (envelope.Answer, error) {
	channel, err := in.sender(ctx, sender, body)
	if err != nil {
		in.log.Warn("delivery refused", "err", err)
		return envelope.Answer{}, refused(err)
	}
	delivery, err := envelope.ParseDelivery(body)
	if err == nil && (delivery.From != channel.Card.ID() || delivery.To != in.ring.ID()) {
		err = envelope.ErrAddress
	}
	if err != nil {
		in.log.Warn("delivery refused", "partner", channel.Name, "err", err)
		return envelope.Answer{}, refused(err)
	}
	// Whatever was carried here by hand, people of ours chose to take: it has no quota.
	metered, again := then == nil, time.Duration(0)
	if metered {
		again = in.meter.take(&channel, delivery.Messages(), len(body), time.Now())
	}
	var opened []*envelope.Message
	if again == 0 {
		opened = in.openAll(channel, delivery)
	} else if opened, err = in.despite(ctx, channel, delivery, again); err != nil {
		return envelope.Answer{}, problem.New(problem.Busy, "", "not now").Because(err)
	}
	steps := in.steps(channel, delivery.Proofs, opened)
	answer := envelope.Answer{Results: make([]envelope.Result, len(opened))}
	what := store.What{Act: caller.Receive, Subject: channel.Name}
	repeats := 0
	in.books.Ready(in.store.Promises(context.WithoutCancel(ctx)))
	err = in.store.Change(ctx, caller.FromPartner(channel.Name), what, func(tx *store.Tx) error {
		h, err := in.hearing(tx, channel.Name, delivery.Missing)
		if err != nil {
			return err
		}
		h.steps = steps
		own, err := in.ownSeen(tx, channel.Name, delivery.Seen)
		if err != nil {
			return err
		}
		if answer.Keys, err = changesFor(tx, channel.Name); err != nil {
			return err
		}
		// Verified anew, if the keys changed between there and here.
		h.anew = len(h.channel.Keys.Changes) != len(channel.Keys.Changes) || slices.ContainsFunc(opened, changesKeys)
		for i, message := range opened {
			if message == nil {
				answer.Results[i].Refused = true
				continue
			}
			if err := h.hear(message, &answer.Results[i]); err != nil {
				return err
			}
		}
		repeats = h.repeats
		h.link(own, &answer)
		tx.Exchanged(channel.Name)
		if then != nil {
			return then(h, delivery, opened, answer.Results)
		}
		return nil
	})
	if lost := (*lostError)(nil); errors.As(err, &lost) {
		return envelope.Answer{}, in.lost(ctx, channel.Name, lost.checkpoint)
	}
	if err != nil {
		if metered && again == 0 {
			in.meter.giveBack(&channel, len(opened), len(body))
		}
		in.log.Error("delivery failed", "partner", channel.Name, "err", err)
		return envelope.Answer{}, err
	}
	if metered && again == 0 && repeats > 1 { // one is the price of coming
		in.meter.giveBack(&channel, repeats-1, len(body)*(repeats-1)/len(opened))
	}
	for i, result := range answer.Results {
		if opened[i] != nil {
			in.log.Info("heard", "partner", channel.Name, "envelope", opened[i].Hash(), "kind", string(opened[i].Header.Kind), "refused", result.Refused)
		}
	}
	return answer, nil
}

// sender finds whose key signed the body. Somebody who shows a known name with
// another key is not a partner.
func (in *Inbox) sender(ctx context.Context, header string, body []byte) (channel partner.Channel, err error) {
	said, err := envelope.ParseSender(header)
	if err != nil {
		return channel, err
	}
	if len(body) > envelope.MaxDelivery {
		return channel, envelope.ErrTooLarge
	}
	err = in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) error {
		owner, err := store.Keys.Get(tx, said.ID)
		if err != nil {
			return err
		}
		channel, err = store.Channels.Get(tx, owner.Partner)
		return err
	})
	if err != nil {
		return channel, err
	}
	if channel.Card.ID() != said.ID || !said.Signed(channel.Card.Public(), in.ring.ID(), body) {
		return channel, envelope.ErrSender
	}
	return channel, nil
}

// openAll opens every envelope and verifies every message, outside of any
// transaction; one that is not right is nil.
func (in *Inbox) openAll(channel partner.Channel, delivery envelope.Delivery) []*envelope.Message {
	opened, errs := make([]*envelope.Message, delivery.Messages()), make([]error, delivery.Messages())
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	place := 0
	for i, sealed := range delivery.Envelopes {
		from, n := place, delivery.HeldBy(i)
		place += n
		group.Go(func() error {
			messages, failures := in.ring.OpenAll(sealed, n)
			for j, message := range messages {
				if failures[j] == nil {
					failures[j] = in.verify(&channel, message)
				}
				opened[from+j], errs[from+j] = message, failures[j]
			}
			return nil
		})
	}
	_ = group.Wait() // it collects no errors: what is wrong with one message is no reason to leave the others
	in.verifyAll(channel, opened, errs)
	for i, err := range errs {
		if err != nil {
			in.log.Warn("envelope refused", "partner", channel.Name, "err", err)
			opened[i] = nil
		}
	}
	return opened
}
