// SPDX-License-Identifier: Apache-2.0

// Package outbox turns what we want to say into what each partner may hear.
//
// A composed warning passes these steps once per partner:
//
//	match → decide → cut → show to two people → sign → queue
//
// What two people released is, byte for byte, what leaves: each partner's copy
// is cut and kept when the warning is composed, and release only adds the
// signature. All copies of a warning are queued in one transaction, or none.
// Sealing and carrying them is the courier's work; the outbox never speaks to
// the network.
package outbox

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Outbox is where messages are made.
type Outbox struct {
	log   *slog.Logger
	store *store.Store
	ring  *keys.Ring
	undo  time.Duration // for which what is not urgent waits after its release
	rules policy.Force  // by which it is decided what leaves

	waiting map[string]*waiting // released drafts, by id; only Run knows them

	// What a change of keys needs.
	keyFile  KeyFile
	base     string     // where the node is reached
	changing sync.Mutex // one change of keys at a time
}

// New makes an outbox that signs with ring.
func New(log *slog.Logger, s *store.Store, ring *keys.Ring) *Outbox {
	return &Outbox{log: log, store: s, ring: ring}
}

// WithKeyFile lets the outbox change keys: the ring is kept in file, and address
// is where the node is reached, for its card.
func (o *Outbox) WithKeyFile(file KeyFile, address string) *Outbox {
	o.keyFile, o.base = file, address
	return o
}

// DeliverFor is how long a message is tried before it expires.
const DeliverFor = 30 * 24 * time.Hour

// letter is a message before it has a place in its chain.
type letter struct {
	channel    partner.Channel
	kind       envelope.Kind
	payload    any
	thread     string
	precedence handling.Precedence
	handling   handling.Handling
	until      time.Time // it may not leave after it; zero if it may
}

// written is a letter with its place and its signature.
type written struct {
	letter
	message envelope.Message
}

// say gives each letter its place in its channel's chain, signs it and queues it.
func (o *Outbox) say(tx *store.Tx, letters ...letter) error {
	number, err := tx.KeyNumber()
	if err != nil {
		return err
	}
	for _, l := range letters {
		sent := tx.Now
		if len(letters) > 1 {
			sent = sent.Add(-spread())
		}
		w, err := o.address(tx, l, sent)
		if err != nil {
			return err
		}
		if w.message.Signature, err = o.ring.SignMessageAt(number, w.message.HeaderBytes); err != nil {
			return err
		}
		if err := w.message.Fits(); err != nil {
			return err
		}
		if err := queue(tx, w); err != nil {
			return err
		}
	}
	return nil
}

// spread is by how much earlier one of several copies says that it was made, less
// than a second: nobody can tell by the time that they were made at once.
func spread() time.Duration { return time.Duration(rand.IntN(1000)) * time.Millisecond }

// address gives the letter its place in the chain.
func (o *Outbox) address(tx *store.Tx, l letter, sent time.Time) (w written, err error) {
	payload, err := warning.Encode(l.payload)
	if err != nil {
		return w, err
	}
	seq, prev, err := tx.Tip(l.channel.ID, store.Out)
	if err != nil {
		return w, err
	}
	salt := envelope.NewSalt()
	header := envelope.Header{
		Version: envelope.Version, Channel: l.channel.ID, From: o.ring.ID(), To: l.channel.Card.ID(),
		Epoch: l.channel.Epoch, Seq: seq + 1, Prev: prev, Kind: l.kind, Commitment: envelope.Commit(salt, payload),
		Sent: sent, Precedence: l.precedence, Handling: l.handling.Header(), Expires: sent.Add(DeliverFor),
	}
	if !l.until.IsZero() && l.until.Before(header.Expires) {
		header.Expires = warning.Millis(l.until)
	}
	if l.kind == envelope.KeyChange {
		header.Expires = time.Time{} // what comes behind it cannot be verified without it
	}
	raw, err := header.Encode()
	if err != nil {
		return w, err
	}
	return written{letter: l, message: envelope.Message{Header: header, HeaderBytes: raw, Salt: salt, Payload: payload}}, nil
}

func queue(tx *store.Tx, w written) error {
	header, hash := w.message.Header, w.message.Hash()
	message := store.Message{
		Hash: hash, Channel: w.channel.ID, Partner: w.channel.Name, Direction: store.Out, Seq: header.Seq, Epoch: header.Epoch,
		Kind: w.kind, Thread: w.thread, At: tx.Now, State: store.Queued,
		Header: w.message.HeaderBytes, Signature: w.message.Signature, Salt: w.message.Salt, Payload: w.message.Payload,
	}
	if err := tx.AddMessage(message); err != nil {
		return err
	}
	leaf, err := tx.Leaf(store.LeafSent, hash)
	if err != nil {
		return err
	}
	if warning.StepKind(w.kind) {
		if err := tx.AddStep(hash, leaf); err != nil {
			return err
		}
	}
	return tx.Enqueue(message, header.Expires)
}

// open returns the channel if something may be said in it now, or will be when
// it is open again: the messages of a suspended or frozen partner wait in the
// queue, an expelled one's are not written.
func open(tx *store.Tx, name string) (partner.Channel, error) {
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return channel, err
	}
	switch channel.State {
	case partner.Active, partner.Limited, partner.Suspended, partner.Frozen:
		return channel, nil
	case partner.Pending:
		return channel, problem.New(problem.Conflict, "finish the pairing: tocsin partner show "+name, "the channel with %s is not open yet", name)
	}
	return channel, problem.New(problem.Conflict, "restore the partner first, with a fresh check of the digits", "%s is expelled", name)
}

func newID(kind string) string { return kind + "--" + uuid.NewString() }
