// SPDX-License-Identifier: Apache-2.0

package courier

// This file says which messages go into a carry file, and settles the receipts
// that came in one.

import (
	"context"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// again says which messages that were carried before are carried once more.
type again struct {
	all bool
	seq uint64
}

func parseAgain(ask api.CarryOut) (a again, err error) {
	switch ask.Again {
	case "":
		return a, nil
	case "all":
		a.all = true
	default:
		if a.seq, err = strconv.ParseUint(ask.Again, 10, 53); err != nil || a.seq == 0 {
			return a, problem.New(problem.Invalid, "give the number of a message, or all", "%q is not the number of a message", ask.Again)
		}
	}
	if !ask.OneWay {
		return a, problem.New(problem.Invalid, "say one way, too", "only what was carried one way is carried again: anything else is in each file until its receipt is here")
	}
	return a, nil
}

// load takes the next messages that may leave: nil if there are none.
func (t *trip) load(ctx context.Context) (*load, error) {
	for {
		var l load
		before, scanned := t.after, 0
		footing := t.c.footing()
		err := t.c.store.Glance(ctx, t.who, t.what, func(tx *store.Tx) (err error) {
			if l.channel, err = store.Channels.Get(tx, t.channel.Name); err != nil {
				return err
			}
			t.channel = l.channel
			if l.heads, err = tx.Heads(t.channel.Name); err != nil {
				return err
			}
			other := store.Queued
			if t.again != (again{}) {
				other = store.Carried
			}
			messages, err := tx.OutAfter(t.channel.Name, t.after, store.Queued, other, envelope.MaxBatch)
			if err != nil {
				return err
			}
			size := 0
			for _, place := range messages {
				parcel, message, leaves, err := t.parcel(tx, footing, place, &l)
				if err != nil {
					return err
				}
				if leaves {
					if size += message.SealedSize(); size > maxRecord && len(l.parcels) > 0 {
						break
					}
					l.parcels, l.headers, l.messages = append(l.parcels, parcel), append(l.headers, message.Header), append(l.messages, message)
				}
				scanned, t.after = scanned+1, place.Seq
			}
			if len(l.parcels) == 0 {
				return nil
			}
			if l.missing, err = missing(tx, t.channel.Name, before, l.parcels); err == nil {
				l.missing = l.missing[max(0, len(l.missing)-maxTold):]
				l.proofs, err = t.c.proofs(tx, l)
			}
			return err
		})
		if err == nil && len(l.forbidden) > 0 {
			_, err = t.c.withhold(ctx, l)
		}
		if err != nil || scanned == 0 {
			return nil, err
		}
		if len(l.parcels) > 0 {
			return &l, l.seal()
		}
	}
}

// parcel is a message as it would leave now; leaves is false if it may not, or
// is not wanted. What may not leave any more, and is queued, it notes in the load.
func (t *trip) parcel(tx *store.Tx, at footing, place store.Message, l *load) (p store.Parcel, opened *envelope.Message, leaves bool, err error) {
	if place.State == store.Carried && !t.again.all && t.again.seq != place.Seq {
		return p, nil, false, nil
	}
	message, err := tx.Message(place.Hash)
	if err != nil {
		return p, nil, false, err
	}
	if opened, err = message.Opened(); err != nil {
		return p, nil, false, err
	}
	p, queued, err := tx.FindParcel(place.Hash)
	if err == nil && !queued {
		p, err = parcelAgain(tx, message, opened)
	}
	switch {
	case err != nil:
		return p, nil, false, err
	case !p.Expires.IsZero() && p.Expires.Before(t.made.Made):
		if !queued {
			t.made.Expired++
		}
		return p, nil, false, nil
	case !t.channel.Lets(message.Kind, p.Life):
		t.made.Held++
		return p, nil, false, nil
	}
	why := ""
	if queued {
		why, err = t.c.forbids(tx, at, &t.channel, p, &message)
	} else if t.c.judge != nil { // it left long ago: nobody has judged it since
		why, err = t.c.judge.Forbids(tx, &message)
	}
	if err != nil || why == "" {
		return p, opened, err == nil, err
	}
	t.made.Withheld = append(t.made.Withheld, store.WithheldWords(p.Seq, why))
	if queued {
		l.forbidden = append(l.forbidden, p.Hash)
	}
	return p, nil, false, nil
}

// parcelAgain is the parcel of a message that has left the queue.
func parcelAgain(tx *store.Tx, message store.Message, opened *envelope.Message) (store.Parcel, error) {
	life, err := tx.Life(message.Kind, message.Thread)
	return store.Parcel{Hash: message.Hash, Partner: message.Partner, Seq: message.Seq, Expires: opened.Header.Expires, Life: life}, err
}

// TakeReceipts settles receipts that came by hand, as if the partner had
// answered with them. It says how many there were.
func (c *Courier) TakeReceipts(ctx context.Context, name string, content []byte) (int, error) {
	var answer envelope.Answer
	if err := json.Unmarshal(content, &answer); err != nil || len(answer.Results) > envelope.MaxBatch {
		return 0, problem.New(problem.Invalid, "ask the other side for a new file", "the receipts in this file cannot be read").Because(err)
	}
	var l load
	fresh, results := false, answer.Results
	answer.Results = nil
	if err := c.announcedByHand(ctx, name, answer.Keys); err != nil {
		return 0, err
	}
	err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) (err error) {
		if l.channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		for _, result := range results {
			parsed, err := receipt.Parse([]byte(result.Receipt))
			if err != nil {
				continue
			}
			message, known, err := tx.FindMessage(parsed.Statement.Header)
			if err != nil {
				return err
			}
			if !known || message.Direction != store.Out || message.Partner != name {
				continue
			}
			fresh = fresh || message.State != store.Delivered
			opened, err := message.Opened()
			if err != nil {
				return err
			}
			// It may have been posted before: a log that is shorter than one seen
			// later is an older file, no fork.
			l.parcels = append(l.parcels, store.Parcel{Hash: message.Hash, Seq: message.Seq, Tries: 1})
			l.headers, answer.Results = append(l.headers, opened.Header), append(answer.Results, result)
		}
		held, err := tx.Heads(name)
		if err == nil {
			l.heads = heldHeads(held, answer)
			l.proofs, err = c.proofs(tx, l)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if strange := len(results) - len(l.parcels); strange > 0 {
		err = c.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name, Note: "receipts by hand"}, func(tx *store.Tx) error {
			return tx.Raise(badReceipt(name))
		})
	}
	if err != nil || !fresh {
		return len(l.parcels), err // what is here already says nothing new
	}
	receipts, failure := checkAll(l, answer)
	_, err = c.settle(ctx, l, answer, receipts, failure)
	return len(l.parcels), err
}
