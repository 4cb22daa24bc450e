// SPDX-License-Identifier: Apache-2.0

package inbox

// This file answers a partner that was restored from a backup: what this node
// holds of it.

import (
	"context"
	"fmt"
	"runtime"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Signed is an answer whose bytes this node has signed; By is the sender header
// that says so.
type Signed struct {
	Body []byte
	By   string
}

// heldBytes bounds the texts of one answer before they are sealed.
const heldBytes = 3 << 20

// Standing answers a partner that asks what we hold of it: the checkpoints of its
// log that we follow, its messages behind a place of its chain, and those of ours
// that it receipted. Its own signature is on all of it. People are told: whoever
// has the partner's keys could ask. Nobody but a partner that is not expelled is
// answered.
func (in *Inbox) Standing(ctx context.Context, sender string, body []byte) (Signed, error) {
	channel, ask, err := in.asked(ctx, sender, body)
	if err != nil {
		return Signed{}, refused(err)
	}
	var told telling
	what := store.What{Act: caller.Receive, Subject: channel.Name, Note: fmt.Sprintf("asks for what came behind %d and %d", ask.Ours, ask.Theirs)}
	err = in.store.Change(ctx, caller.FromPartner(channel.Name), what, func(tx *store.Tx) (err error) {
		if told, err = in.tell(tx, channel.Name, ask, body); err != nil {
			return err
		}
		return tx.Raise(askedAlarm(channel.Name, "was told: the messages between the two since then"))
	})
	var signed Signed
	if err == nil {
		signed.Body, err = told.sealed()
	}
	if err != nil {
		in.log.Error("a standing could not be told", "partner", channel.Name, "err", err)
		return signed, err
	}
	in.log.Warn("a partner was restored, and asked what we hold of it", "partner", channel.Name, "messages", len(told.given))
	signed.By = envelope.Sender{ID: in.ring.ID(), Signature: in.ring.SignDelivery(envelope.StandingSigningInput(ask.From, signed.Body))}.Value()
	return signed, nil
}

// asked says who asks what about its standing, if it may.
func (in *Inbox) asked(ctx context.Context, sender string, body []byte) (channel partner.Channel, ask envelope.StandingAsk, err error) {
	if channel, err = in.sender(ctx, sender, body); err == nil {
		ask, err = envelope.ParseStandingAsk(body)
	}
	if err == nil && (ask.From != channel.Card.ID() || ask.To != in.ring.ID()) {
		err = envelope.ErrAddress
	}
	if err == nil && channel.State == partner.Expelled {
		err = fmt.Errorf("inbox: %s is expelled", channel.Name)
	}
	if err != nil {
		in.log.Warn("question about a standing refused", "partner", channel.Name, "err", err)
	}
	return channel, ask, err
}

func askedAlarm(name, told string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmRestored, Partner: name, Subject: "standing", Level: handling.Immediate,
		Text: name + " says that it was restored from a backup, asked what this node holds of it, and " + told + ". Whoever has its keys could ask: call them on a number you know"}
}

// telling is one page of an answer, before its messages are sealed.
type telling struct {
	channel partner.Channel
	answer  envelope.Standing
	given   []*envelope.Message
	// ours and theirs are the places up to which everything is told.
	ours, theirs uint64
}

// tell reads a page of what we hold of a partner, behind the places that it asks
// for. body is the question that is answered.
func (in *Inbox) tell(tx *store.Tx, name string, ask envelope.StandingAsk, body []byte) (t telling, err error) {
	t.answer = envelope.Standing{Version: envelope.Version, From: in.ring.ID(), To: ask.From, Ask: envelope.StandingID(body)}
	if t.channel, err = store.Channels.Get(tx, name); err != nil {
		return t, err
	}
	if t.answer.Seq, t.answer.Hash, err = tx.Tip(t.channel.ID, store.In); err != nil {
		return t, err
	}
	history, err := tx.OwnHistory(in.card())
	if err != nil {
		return t, err
	}
	t.answer.Keys = history.Changes[min(ask.Keys, uint64(len(history.Changes))):]
	t.ours, t.theirs = ask.Ours, ask.Theirs
	return t, t.giveBack(tx)
}

// giveBack fills in what an answer says, as much as fits: both chains, in the
// order in which this node came by them.
func (t *telling) giveBack(tx *store.Tx) error {
	channel, answer := t.channel, &t.answer
	seen, _, err := store.Seen.Find(tx, channel.Name)
	if err != nil {
		return err
	}
	for _, head := range append([]store.LogHead{seen.LogHead}, seen.Loose...) {
		if head.Checkpoint != "" && len(head.Checkpoint) <= envelope.MaxCheckpoint && len(answer.Checkpoints) < envelope.MaxSeen {
			answer.Checkpoints = append(answer.Checkpoints, head.Checkpoint)
		}
	}
	bytes := 0
	for {
		m, found, err := nextOf(tx, channel.ID, t.ours, t.theirs)
		if err != nil || !found {
			return err
		}
		bytes += len(m.Payload) + len(m.Receipt)
		if n := len(t.given); n > 0 && (n == envelope.MaxHeld || bytes > heldBytes) {
			answer.More = true
			return nil
		}
		if m.Direction == store.In {
			t.ours, err = gapsBefore(tx, channel.ID, t.ours, m.Seq, answer)
		} else {
			t.theirs, err = withheldBefore(tx, channel.ID, t.theirs, m.Seq, answer)
		}
		if err != nil {
			return err
		}
		step, _, err := tx.FindStep(m.Hash)
		if err != nil {
			return err
		}
		// One that was recalled and destroyed here goes back without its text: its
		// header and signature hold its place.
		t.given = append(t.given, m.Sealable())
		answer.Held = append(answer.Held, envelope.Held{Receipt: string(m.Receipt), Step: string(step.Receipt)})
	}
}

// nextOf is the next message of the two chains behind those places, in the order
// in which this node came by them. One of each is read at a time: a text may have
// four megabytes.
func nextOf(tx *store.Tx, channel string, ours, theirs uint64) (next store.Message, found bool, err error) {
	inbound, err := tx.Behind(channel, store.In, ours, 1)
	if err != nil {
		return next, false, err
	}
	outbound, err := tx.Behind(channel, store.Out, theirs, 1)
	if err != nil {
		return next, false, err
	}
	switch {
	case len(inbound)+len(outbound) == 0:
		return next, false, nil
	case len(outbound) == 0 || len(inbound) > 0 && !inbound[0].At.After(outbound[0].At):
		return inbound[0], true, nil
	}
	return outbound[0], true, nil
}

// withheldBefore names the places of our own chain between two that the other has
// not receipted.
func withheldBefore(tx *store.Tx, channel string, after, before uint64, answer *envelope.Standing) (uint64, error) {
	for place := after + 1; place < before && len(answer.TheirsMissing) < envelope.MaxMissing/2; place++ {
		m, known, err := tx.AtSeq(channel, store.Out, place)
		if err != nil {
			return after, err
		}
		if known {
			answer.TheirsMissing = append(answer.TheirsMissing, envelope.Missing{Seq: m.Seq, Hash: m.Hash, Why: whyMissing(m.State)})
		}
	}
	return before, nil
}

// gapsBefore names the places of the other's chain between two that never came.
func gapsBefore(tx *store.Tx, channel string, after, before uint64, answer *envelope.Standing) (uint64, error) {
	for place := after + 1; place < before && len(answer.OursMissing) < envelope.MaxMissing/2; place++ {
		gap, known, err := store.Gaps.Find(tx, gapID(channel, place))
		if err != nil {
			return after, err
		}
		if known {
			answer.OursMissing = append(answer.OursMissing, envelope.Missing{Seq: place, Hash: gap.Hash, Why: gap.Why})
		}
	}
	return before, nil
}

func whyMissing(state store.MessageState) string {
	switch state {
	case store.Expired, store.Dropped, store.Carried:
		return string(state)
	}
	return "held"
}

// sealed is the page as it is signed, with its messages sealed for the key that
// the partner has.
func (t *telling) sealed() ([]byte, error) {
	recipient, err := t.channel.Card.Recipient()
	if err != nil {
		return nil, err
	}
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, m := range t.given {
		all.Go(func() (err error) {
			t.answer.Held[i].Envelope, err = envelope.Seal(recipient, m)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return json.Marshal(t.answer)
}
