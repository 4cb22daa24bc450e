// SPDX-License-Identifier: Apache-2.0

package inbox

// This file takes files that were carried here by hand. What is in them is heard
// as if it had come by network.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// maxWaits bounds the reasons a report gives.
const maxWaits = 10

// taking is one file being taken.
type taking struct {
	in      *Inbox
	file    *carry.Reader
	head    carry.Head
	channel partner.Channel
	report  api.CarriedIn
	stopped bool // nothing but what the two hold of each other passes now
	lied    bool // what the partner says of that is not right
}

// CarryIn takes a carry file, record by record: each is kept before the next is
// read. The same file again changes nothing. A file that is cut off is taken up
// to its last whole record, and one that cannot be placed yet is not lost: the
// report says what to do. settle is given the receipts in it. While the node
// recovers, or is halted, a file is Busy, but for what the two hold of each other.
//
// A file that was not sealed for this node, or not signed by a partner, is
// refused, and nothing of it is kept.
func (in *Inbox) CarryIn(ctx context.Context, who caller.Caller, sealed io.Reader,
	settle func(ctx context.Context, partner string, content []byte) (int, error)) (api.CarriedIn, error) {
	t := &taking{in: in}
	if err := who.May(caller.CarryIn); err != nil {
		return t.report, err
	}
	if err := t.begin(ctx, sealed); err != nil {
		return t.report, err
	}
	t.report.Partner, t.report.File, t.report.Number = t.channel.Name, t.head.File, t.head.Number
	t.report.Made, t.report.OneWay = t.head.Made, t.head.OneWay
	for records := 0; ; records++ {
		record, err := t.file.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.mayTake(ctx, record.Kind)
		}
		if problem.Is(err, problem.Busy) {
			if !t.report.Asks && t.report.GivenBack == 0 && !t.report.Heard && len(t.report.Waits) == 0 {
				return t.report, err
			}
			t.because("what follows in this file is not taken before this node's recovery has ended: take the same file again then")
			break
		}
		if err == nil {
			err = t.take(ctx, record, settle)
		}
		if problem.Is(err, problem.Internal) || ctx.Err() != nil {
			return t.report, err
		}
		if err != nil && !t.report.Whole {
			in.log.Warn("carry file broke off", "partner", t.channel.Name, "file", t.head.File, "err", err)
			t.broke(records, err)
		}
		if err != nil {
			break // behind its end nothing is missed but padding
		}
	}
	return t.report, t.note(ctx, who)
}

// begin opens the seal and says whose file it is.
func (t *taking) begin(ctx context.Context, sealed io.Reader) error {
	inside, err := t.in.ring.Unseal(sealed)
	if err != nil {
		return problem.New(problem.Invalid, "see that it is the right file, whole, and meant for this node", "this is no carry file for this node").Because(err)
	}
	file, head, record, err := carry.NewReader(inside)
	if err != nil {
		return problem.New(problem.Invalid, "copy it again from where it was written", "the beginning of this file cannot be read").Because(err)
	}
	t.file, t.head = file, head
	if head.To != t.in.ring.ID() {
		return problem.New(problem.Invalid, "", "this file is for another node")
	}
	t.channel, err = t.known(ctx, record)
	switch {
	case err == nil:
		return t.ready(ctx)
	case problem.Is(err, problem.Missing):
		return t.pair(ctx, record)
	}
	return err
}

// ready finds out whether what is in a file would be receipted now; see mayTake.
func (t *taking) ready(ctx context.Context) error {
	return t.in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) (err error) {
		t.stopped, err = tx.Stopped(t.channel.Name)
		return err
	})
}

// known says which partner signed the head, or that none did.
func (t *taking) known(ctx context.Context, record carry.Record) (channel partner.Channel, err error) {
	err = t.in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) error {
		owner, err := store.Keys.Get(tx, t.head.From)
		if err != nil {
			return err
		}
		channel, err = store.Channels.Get(tx, owner.Partner)
		return err
	})
	if err == nil && (channel.Card.ID() != t.head.From || record.Verify(channel.Card.Public(), t.head.To) != nil) {
		err = problem.New(problem.Invalid, "nothing of it was kept; ask whom it is from", "this file was not signed by whom it names")
	}
	return channel, err
}

// pair takes the answer to our invitation, with which the first file of a new
// partner begins.
func (t *taking) pair(ctx context.Context, head carry.Record) error {
	stranger := problem.New(problem.Invalid, "a stranger's file begins with the answer to an invitation of ours; nothing of it was kept", "this file is from nobody who is known here")
	record, err := t.file.Next()
	if err != nil || record.Kind != carry.KindPair {
		return stranger.Because(err)
	}
	var request partner.PairRequest
	if err := json.Unmarshal(record.Content, &request, json.RejectUnknownMembers(true)); err != nil {
		return stranger.Because(err)
	}
	if request.Card.ID() != t.head.From || head.Verify(request.Card.Public(), t.head.To) != nil {
		return stranger.Because(carry.ErrSignature)
	}
	if err := t.in.Pair(ctx, record.Sender, record.Content); err != nil {
		return problem.New(problem.Conflict, "an invitation is good once, for seven days: make a new one; see also tocsin alarm list",
			"this file answers no invitation that is open here").Because(err)
	}
	t.report.Paired = true
	t.channel, err = t.known(ctx, head)
	return err
}

// take takes one record. Whoever else signed it has no part in this file: what one
// partner was given by another is not taken for its own, nor told as its own.
func (t *taking) take(ctx context.Context, record carry.Record, settle func(context.Context, string, []byte) (int, error)) error {
	if by, err := envelope.ParseSender(record.Sender); err != nil || by.ID != t.channel.Card.ID() {
		return carry.ErrSignature
	}
	switch record.Kind {
	case carry.KindDelivery:
		before := t.report // a transaction that is run again counts anew
		_, err := t.in.receive(ctx, record.Sender, record.Content, func(h *hearing, delivery envelope.Delivery, opened []*envelope.Message, results []envelope.Result) error {
			t.report = before
			t.report.Waits = slices.Clone(before.Waits)
			return t.heard(h, delivery, opened, results)
		})
		return err
	case carry.KindPair: // known here already: the same card is welcome again
		return t.in.Pair(ctx, record.Sender, record.Content)
	case carry.KindQuestion:
		return t.asked(ctx, record)
	case carry.KindStanding:
		return t.told(ctx, record)
	}
	if err := record.Verify(t.channel.Card.Public(), t.head.To); err != nil {
		return err
	}
	if record.Kind == carry.KindEnd {
		t.report.Whole = true
		return nil
	}
	n, err := settle(ctx, t.channel.Name, record.Content)
	t.report.Receipts += n
	return err
}

// heard notes, in the transaction that hears a delivery, whose receipts are to be
// carried back, and why something was not taken.
func (t *taking) heard(h *hearing, delivery envelope.Delivery, opened []*envelope.Message, results []envelope.Result) error {
	state, _, err := store.Carryings.Find(h.tx, h.channel.Name)
	if err != nil {
		return err
	}
	if len(delivery.Seen) > 0 {
		state.Seen = delivery.Seen
	}
	for i, m := range opened {
		if m == nil || results[i].Refused {
			t.report.Refused++
			t.wait(h, m)
			continue
		}
		kept, err := h.tx.Message(m.Hash())
		if err != nil {
			return err
		}
		if kept.At.Equal(h.tx.Now) {
			t.report.New++
		} else {
			t.report.Known++
		}
		if !t.head.OneWay {
			state.Back = store.AddSpan(state.Back, m.Header.Seq)
		}
	}
	return store.Carryings.Put(h.tx, h.channel.Name, state)
}

// wait says, once for each reason, why a message was not taken. The partner is
// told nothing of it.
func (t *taking) wait(h *hearing, m *envelope.Message) {
	name := h.channel.Name
	var why string
	switch {
	case m == nil:
		why = "a message cannot be opened, or is not signed by " + name + ": ask for a new file"
	case h.channel.State == partner.Pending && m.Header.Kind != envelope.Terms:
		why = "the channel to " + name + " is not open yet: finish the pairing, then take this file again"
	case !m.Header.Expires.IsZero() && h.tx.Now.After(m.Header.Expires.Add(expiryGrace)):
		why = "a message expired before it came: number " + strconv.FormatUint(m.Header.Seq, 10)
	case m.Header.Seq > h.seq+1:
		why = t.earlier(h)
	default:
		why = "message " + strconv.FormatUint(m.Header.Seq, 10) + " does not fit what came before it: ask for a new file; one of the two nodes may have been put back to an earlier state"
	}
	t.because(why)
}

// because says why something was not taken, once.
func (t *taking) because(why string) {
	if !slices.Contains(t.report.Waits, why) && len(t.report.Waits) < maxWaits {
		t.report.Waits = append(t.report.Waits, why)
	}
}

// earlier says which file must be taken first.
func (t *taking) earlier(h *hearing) string {
	missing := "message " + strconv.FormatUint(h.seq+1, 10) + " has not come yet: "
	state, _, err := store.Carryings.Find(h.tx, h.channel.Name)
	if err != nil {
		return missing + "ask for a new file"
	}
	first := uint64(1) // the one behind the newest that was taken to its end
	for _, file := range state.Taken {
		if file.Whole && file.Number < t.head.Number {
			first = file.Number + 1
		}
	}
	if first == t.head.Number {
		return missing + "ask for a new file"
	}
	return fmt.Sprintf("%stake file %d of %s first, then this one again, or ask for a new file", missing, first, h.channel.Name)
}

// broke says how far a file came.
func (t *taking) broke(records int, err error) {
	t.report.Cut = fmt.Sprintf("the file is cut off or damaged after %d whole records: what stood in them was taken; copy it again and take it again, which changes nothing of that", records)
	if !errors.Is(err, carry.ErrCut) {
		t.report.Cut = fmt.Sprintf("the record after %d whole ones is not right: what stood before it was taken; ask %s for a new file", records, t.channel.Name)
	}
}

// note keeps that the file was taken. Whoever sends a file has had our card.
func (t *taking) note(ctx context.Context, who caller.Caller) error {
	what := store.What{Act: caller.CarryIn, Subject: t.channel.Name, Note: "file " + strconv.FormatUint(t.head.Number, 10) + " " + t.head.File}
	return t.in.store.Change(ctx, who, what, func(tx *store.Tx) error {
		state, _, err := store.Carryings.Find(tx, t.channel.Name)
		if err != nil {
			return err
		}
		state.Took(store.TakenFile{Number: t.head.Number, File: t.head.File, At: tx.Now, Whole: t.report.OK()})
		t.report.Carry = store.CountSpans(state.Back)
		if err := store.Carryings.Put(tx, t.channel.Name, state); err != nil {
			return err
		}
		channel, err := store.Channels.Get(tx, t.channel.Name)
		if err != nil {
			return err
		}
		t.report.Channel = string(channel.State)
		pairing, waits, err := store.Pairings.Find(tx, t.channel.Name)
		if err != nil || !waits || pairing.State != partner.PairingWaiting {
			return err
		}
		pairing.State = partner.PairingDone
		return store.Pairings.Put(tx, t.channel.Name, pairing)
	})
}
