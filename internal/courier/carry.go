// SPDX-License-Identifier: Apache-2.0

package courier

// This file writes what waits for a partner into a file that is carried by hand.

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

const (
	// maxRecord bounds the envelopes of one record, in bytes: a file that is cut
	// off loses no more.
	maxRecord = 256 << 10
	// maxReceipts bounds the receipts in one record, in bytes.
	maxReceipts = 256 << 10
	// maxTold is how many messages behind the first of a file are told to be
	// missing: what lies further back, earlier files have told.
	maxTold = 1000
	// maxWithheld is how many reasons are kept of a file why a message is not in it.
	maxWithheld = 100
	// spare is what a file needs beyond its records: end, padding, seal.
	spare = 2*carry.Block + 16<<10
)

// trip is one file being filled.
type trip struct {
	c     *Courier
	who   caller.Caller
	what  store.What
	ask   api.CarryOut
	again again
	made  api.CarriedOut

	channel  partner.Channel
	pairing  *partner.Pairing
	back     []store.Span // places of theirs whose receipts wait
	after    uint64       // our place up to which everything is in a file, or not for one
	from     uint64       // the partner's
	messages []store.Span
	receipts []store.Span
	bases    []string // checkpoints of our log that the partner may hold
	shown    string   // the newest in the file

	follows string // the file whose rest it is

	alone bool         // nothing may leave but what follows
	asks  bool         // what the partner holds of this node, which was restored
	asked *store.Asked // what the partner asks, and waits to be answered
	tells string       // the question that the file answers to the end
}

// CarryOut writes a file for a partner to w: the answer to its invitation, what it
// asks of its standing, receipts for what it carried here, and messages, as the
// channel lets them leave at that moment. While this node recovers, or is halted,
// the file holds alone what the two ask and tell each other of that. Nothing that
// waits changes by it until CarryWritten says that the file is on a disk. begin is
// called before the first byte: after it, an error leaves a file that is cut off.
func (c *Courier) CarryOut(ctx context.Context, who caller.Caller, name string, ask api.CarryOut, begin func(), w io.Writer) (api.CarriedOut, error) {
	return c.carryOut(ctx, who, name, ask, "", begin, w)
}

// CarryRest writes what did not fit a file for a partner into one that follows it,
// bounded as it was, as [Courier.CarryOut] does. It is a Conflict if everything fitted.
func (c *Courier) CarryRest(ctx context.Context, who caller.Caller, name, id string, begin func(), w io.Writer) (api.CarriedOut, error) {
	var file store.CarryFile
	err := c.store.Glance(ctx, who, store.What{Act: caller.CarryOut, Subject: name}, func(tx *store.Tx) (err error) {
		file, err = store.CarryFiles.Get(tx, id)
		return err
	})
	switch {
	case err != nil:
		return api.CarriedOut{}, err
	case file.Partner != name:
		return api.CarriedOut{}, problem.New(problem.Missing, "", "there is no such carry file for %s", name)
	case file.Rest == nil:
		return api.CarriedOut{}, problem.New(problem.Conflict, "", "everything that waited for %s is in file %d", name, file.Number)
	}
	rest := file.Rest
	ask := api.CarryOut{MaxSize: rest.MaxSize, After: rest.After, Back: rest.Back, OneWay: file.OneWay, Again: rest.Again, Ours: rest.Ours, Theirs: rest.Theirs, Told: rest.Told}
	return c.carryOut(ctx, who, name, ask, id, begin, w)
}

func (c *Courier) carryOut(ctx context.Context, who caller.Caller, name string, ask api.CarryOut, follows string, begin func(), w io.Writer) (api.CarriedOut, error) {
	t := &trip{c: c, who: who, what: store.What{Act: caller.CarryOut, Subject: name}, ask: ask, after: ask.After, from: ask.Back, follows: follows}
	var err error
	if t.again, err = parseAgain(ask); err != nil {
		return t.made, err
	}
	if err := t.open(ctx, name); err != nil {
		return t.made, err
	}
	var first *load
	if !t.alone {
		if first, err = t.load(ctx); err != nil {
			return t.made, err
		}
	}
	if first == nil && !t.asks && t.asked == nil && t.pairing == nil && len(store.TakeSpans(t.back, []store.Span{{From: 0, To: t.from}})) == 0 {
		return t.made, t.nothing()
	}
	begin()
	if err := t.write(ctx, w, first); err != nil {
		return t.made, err
	}
	return t.made, t.note(ctx)
}

// open reads how things stand with the partner, after what has expired was
// given up.
func (t *trip) open(ctx context.Context, name string) error {
	for {
		l := load{}
		err := t.c.store.Glance(ctx, t.who, t.what, func(tx *store.Tx) (err error) {
			if l.channel, err = store.Channels.Get(tx, name); err != nil {
				return err
			}
			state, _, err := store.Carryings.Find(tx, name)
			if err != nil {
				return err
			}
			t.made = api.CarriedOut{Partner: name, File: carry.NewFile(), Number: state.Files + 1, Made: tx.Now, OneWay: t.ask.OneWay}
			t.channel = l.channel
			if err := t.standing(tx, state); err != nil || t.alone {
				return err
			}
			if _, jumped := t.c.store.Jumped(clockGrace); !jumped && !l.channel.Preserves() {
				if l.expired, err = tx.ExpiredParcels(name, envelope.MaxBatch); err != nil || len(l.expired) > 0 {
					return err
				}
			}
			pairing, waits, err := store.Pairings.Find(tx, name)
			if err != nil {
				return err
			}
			if waits && pairing.State == partner.PairingWaiting {
				t.pairing = &pairing
			}
			t.back, t.bases = state.Back, append(slices.Clone(state.Seen), state.Shown)
			return nil
		})
		if err != nil {
			return err
		}
		if len(l.expired) == 0 {
			break
		}
		if err := t.c.expire(ctx, l); err != nil {
			return err
		}
	}
	if t.channel.State == partner.Expelled {
		return problem.New(problem.Conflict, "restore the partner first, with a fresh check of the digits", "%s is expelled: nothing is carried to it", name)
	}
	return nil
}

// mayCarry says why nothing leaves: nobody has decided on a fork of our own log,
// or the node was restored and does not know yet what the partner holds of it.
func mayCarry(tx *store.Tx, name string) error {
	if _, halted, err := tx.Halted(); err != nil || halted {
		if err == nil {
			err = problem.New(problem.Conflict, "see tocsin alarm list, then tocsin ledger resume", "this node's log is not what others saw of it: nothing leaves until somebody decides")
		}
		return err
	}
	stopped, err := tx.Stopped(name)
	if err == nil && stopped {
		err = problem.New(problem.Busy, "see tocsin recover", "the node was restored from a backup, and has not heard yet what %s holds of it: nothing is carried to it", name)
	}
	return err
}

// nothing says why there is no file.
func (t *trip) nothing() error {
	name := t.channel.Name
	if t.made.Held > 0 {
		return problem.New(problem.Conflict, "see tocsin partner show "+name, "nothing may leave for %s now: its channel is %s, and %d messages are held", name, t.channel.State, t.made.Held)
	}
	if len(t.made.Withheld) > 0 {
		return problem.New(problem.Conflict, "compose what is to be said anew", "nothing is carried to %s: what waited may not leave any more", name).With(t.made.Withheld...)
	}
	if t.made.Expired > 0 {
		return problem.New(problem.Conflict, "", "nothing waits to be carried to %s: %d messages that were carried before have expired", name, t.made.Expired)
	}
	hint := ""
	if t.channel.State == partner.Pending {
		hint = "the channel is not open yet: tocsin partner show " + name
	}
	return problem.New(problem.Conflict, hint, "nothing waits to be carried to %s", name)
}

func (t *trip) write(ctx context.Context, w io.Writer, first *load) error {
	recipient, err := t.channel.Card.Recipient()
	if err != nil {
		return err
	}
	head := carry.Head{
		Version: carry.Version, File: t.made.File, From: t.c.ring.ID(), To: t.channel.Card.ID(), Number: t.made.Number, Made: t.made.Made, OneWay: t.ask.OneWay,
	}
	if first != nil {
		head.First = first.parcels[0].Seq
	}
	links, err := t.links(ctx)
	if err != nil {
		return err
	}
	file, err := carry.NewWriter(w, recipient, head, t.c.signedBy(links))
	if err != nil {
		return err
	}
	if t.pairing != nil {
		body, err := t.c.pairing(ctx, *t.pairing)
		if err != nil {
			return err
		}
		if err := file.Add(carry.KindPair, body); err != nil {
			return err
		}
		t.made.Pairing = true
	}
	if err := t.writeStanding(ctx, file); err != nil {
		return err
	}
	if !t.made.More {
		if err := t.writeReceipts(ctx, file); err != nil {
			return err
		}
	}
	if err := t.writeMessages(ctx, file, first); err != nil {
		return err
	}
	return file.Close()
}

// fits reports whether a record of that many bytes still fits the file, and
// notes that there is more if not.
func (t *trip) fits(file *carry.Writer, size int) bool {
	if t.ask.MaxSize == 0 || file.Size()+int64(size)+spare <= t.ask.MaxSize {
		return true
	}
	t.made.More = true
	return false
}

// writeReceipts writes the receipts of what came by hand, a record for some at
// a time.
func (t *trip) writeReceipts(ctx context.Context, file *carry.Writer) error {
	for {
		var answer envelope.Answer
		var places []uint64
		err := t.c.store.Glance(ctx, t.who, t.what, func(tx *store.Tx) (err error) {
			if answer.Keys, err = t.changes(tx); err != nil {
				return err
			}
			size := 0
			for _, span := range store.TakeSpans(t.back, []store.Span{{From: 0, To: t.from}}) {
				for seq := span.From; seq <= span.To; seq++ {
					if len(places) == envelope.MaxBatch || size > maxReceipts {
						return t.link(tx, &answer)
					}
					message, ok, err := tx.AtSeq(t.channel.ID, store.In, seq)
					if err != nil {
						return err
					}
					places = append(places, seq)
					if ok && len(message.Receipt) > 0 {
						size += len(message.Receipt)
						answer.Results = append(answer.Results, envelope.Result{Receipt: string(message.Receipt)})
					}
				}
			}
			return t.link(tx, &answer)
		})
		if err != nil || len(places) == 0 {
			return err
		}
		raw, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if !t.fits(file, len(raw)) {
			return nil
		}
		if err := file.Add(carry.KindAnswer, raw); err != nil {
			return err
		}
		for _, seq := range places {
			t.receipts = store.AddSpan(t.receipts, seq)
		}
		t.made.Receipts += len(answer.Results)
		if t.shown != "" {
			t.bases = []string{t.shown}
		}
		t.from = places[len(places)-1]
	}
}

// writeMessages writes what waits, a delivery at a time.
func (t *trip) writeMessages(ctx context.Context, file *carry.Writer, l *load) (err error) {
	for l != nil {
		body, err := t.c.delivery(*l)
		if err != nil {
			return err
		}
		if t.made.More || !t.fits(file, len(body)) {
			t.after = t.before(l)
			return nil
		}
		if err := file.Add(carry.KindDelivery, body); err != nil {
			return err
		}
		for _, parcel := range l.parcels {
			t.messages = store.AddSpan(t.messages, parcel.Seq)
			if t.made.First == 0 {
				t.made.First = parcel.Seq
			}
			t.made.Last = parcel.Seq
		}
		t.made.Messages += len(l.parcels)
		if l, err = t.load(ctx); err != nil {
			return err
		}
	}
	return nil
}

// before is where a following file begins if the load did not fit this one.
func (t *trip) before(l *load) uint64 {
	if t.made.Last > 0 {
		return t.made.Last
	}
	return l.parcels[0].Seq - 1
}

// note keeps what is in the file, so that CarryWritten knows it.
func (t *trip) note(ctx context.Context) error {
	var rest *store.CarryRest
	if t.made.More {
		t.made.After, t.made.Back = t.after, t.from
		next := t.ask.Next(t.made)
		rest = &store.CarryRest{MaxSize: next.MaxSize, After: next.After, Back: next.Back, Ours: next.Ours, Theirs: next.Theirs, Told: next.Told, Again: next.Again}
	}
	withheld := t.made.Withheld
	if over := len(withheld) - maxWithheld; over > 0 {
		withheld = append(slices.Clone(withheld[:maxWithheld]), fmt.Sprintf("and %d more", over))
	}
	return t.c.store.Change(ctx, t.who, t.what, func(tx *store.Tx) error {
		state, _, err := store.Carryings.Find(tx, t.channel.Name)
		if err != nil {
			return err
		}
		state.Files = max(state.Files, t.made.Number)
		if err := store.Carryings.Put(tx, t.channel.Name, state); err != nil {
			return err
		}
		return store.CarryFiles.Put(tx, t.made.File, store.CarryFile{
			File: t.made.File, Partner: t.channel.Name, Number: t.made.Number, Epoch: t.channel.Epoch, Made: t.made.Made, By: t.who.Name, OneWay: t.ask.OneWay,
			Messages: t.messages, Receipts: t.receipts, Shown: t.shown, Tells: t.tells, Alone: t.alone,
			Held: t.made.Held, Withheld: withheld, Rest: rest, Follows: t.follows,
		})
	})
}

// CarryWritten is told that a file is on a disk. Its receipts are carried; its
// messages too, if nothing comes back. Before it is told, the next file holds
// the same again. If people changed the channel's state while the file was being
// written, or something in it may not leave any more, it is a Conflict: the file must
// not leave.
func (c *Courier) CarryWritten(ctx context.Context, who caller.Caller, id string) error {
	what := store.What{Act: caller.CarryOut, Subject: id, Note: "written"}
	return c.store.Change(ctx, who, what, func(tx *store.Tx) error {
		file, err := store.CarryFiles.Get(tx, id)
		if err != nil || !file.Written.IsZero() {
			return err
		}
		if err := mayCarry(tx, file.Partner); err != nil && !file.Alone {
			return err
		}
		channel, err := store.Channels.Get(tx, file.Partner)
		if err != nil {
			return err
		}
		if channel.Epoch != file.Epoch {
			return problem.New(problem.Conflict, "destroy the file and write a new one", "the channel to %s became %s while the file was being written", file.Partner, channel.State)
		}
		if err := undropped(tx, channel, file); err != nil {
			return err
		}
		state, _, err := store.Carryings.Find(tx, file.Partner)
		if err != nil {
			return err
		}
		state.Back = store.TakeSpans(state.Back, file.Receipts)
		if file.Shown != "" {
			state.Shown = file.Shown
		}
		if state.Asked != nil && envelope.StandingID(state.Asked.Body) == file.Tells {
			state.Asked = nil
		}
		if err := store.Carryings.Put(tx, file.Partner, state); err != nil {
			return err
		}
		if file.OneWay {
			if err := carried(tx, channel, file); err != nil {
				return err
			}
		}
		file.Written = tx.Now
		return store.CarryFiles.Put(tx, id, file)
	})
}

// undropped refuses a file with a message that was taken out of the queue while it
// was being written.
func undropped(tx *store.Tx, channel partner.Channel, file store.CarryFile) error {
	dropped, err := store.Drops.List(tx, 0, channel.Name)
	if err != nil {
		return err
	}
	for _, d := range dropped {
		in := slices.ContainsFunc(file.Messages, func(s store.Span) bool { return s.From <= d.Seq && d.Seq <= s.To })
		if in && !d.At.Before(file.Made) {
			return problem.New(problem.Conflict, "destroy the file and write a new one", "message %d may not leave any more: %s", d.Seq, d.Why)
		}
	}
	return nil
}

// carried takes the messages of a file from which nothing comes back out of the
// queue.
func carried(tx *store.Tx, channel partner.Channel, file store.CarryFile) error {
	for _, span := range file.Messages {
		for seq := span.From; seq <= span.To; seq++ {
			message, ok, err := tx.AtSeq(channel.ID, store.Out, seq)
			if err != nil {
				return err
			}
			if !ok || message.State != store.Queued {
				continue // receipted meanwhile, or carried before
			}
			if err := tx.SetMessageState(&message, store.Carried); err != nil {
				return err
			}
			if err := tx.Unqueue(message.Hash); err != nil {
				return err
			}
		}
	}
	return nil
}
