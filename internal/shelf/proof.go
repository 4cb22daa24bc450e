// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows proof: receipts, exported messages, the ledger verified.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Receipt is the receipt of a message as a file: the one we were given for
// ours, or the one we gave for a partner's.
func (s *Shelf) Receipt(ctx context.Context, who caller.Caller, hash string) (raw []byte, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadProof, Subject: hash}, func(tx *store.Tx) error {
		m, err := tx.Message(hash)
		if err != nil {
			return err
		}
		if len(m.Receipt) == 0 {
			return problem.New(problem.Conflict, "wait until it is delivered", "this message has no receipt yet")
		}
		raw = m.Receipt
		return nil
	})
	return raw, err
}

// Step is the receipt of the step that a message says, as a file: the one that
// came with a partner's, or the one that left with ours.
func (s *Shelf) Step(ctx context.Context, who caller.Caller, hash string) (raw []byte, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadProof, Subject: hash}, func(tx *store.Tx) error {
		m, err := tx.Message(hash)
		if err != nil {
			return err
		}
		step, ok, err := tx.FindStep(hash)
		switch {
		case err != nil:
			return err
		case !ok:
			return problem.New(problem.Conflict, "its receipt of delivery: tocsin receipt "+hash, "this message says no step")
		case step.Receipt == nil && m.Direction == store.Out:
			return problem.New(problem.Conflict, "wait until it is delivered", "the receipt of this step is made when the message leaves")
		case step.Receipt == nil:
			return problem.New(problem.Conflict, "ask "+m.Partner+" for it", "no receipt of this step has come that verifies")
		}
		raw = step.Receipt
		return nil
	})
	return raw, err
}

// exportTwin is a second message at a place, as a file. Its text is judged by its
// own header, as that of any other message.
func (s *Shelf) exportTwin(tx *store.Tx, who caller.Caller, twin *store.Twin, headerOnly bool, purpose handling.FilePurpose) ([]byte, error) {
	m, err := envelope.Unpack(twin.Message)
	if err != nil {
		return nil, err
	}
	if headerOnly {
		m.Salt, m.Payload = nil, nil
		return m.Export()
	}
	kept := store.Message{Hash: twin.Hash, Partner: twin.Partner, Kind: m.Header.Kind, Direction: store.In, Payload: m.Payload}
	if twin.Ours {
		kept.Direction = store.Out
	}
	if err := notRestricted(tx, who, m); err != nil {
		return nil, err
	}
	if err := s.mayExport(tx, who, &kept, &m.Header, purpose); err != nil {
		return nil, err
	}
	return twin.Message, nil
}

// notRestricted refuses anybody but an overseer what is said in a case that is
// restricted: a second message at a place is of no case here but by its words.
func notRestricted(tx *store.Tx, who caller.Caller, m *envelope.Message) error {
	payload, err := warning.Decode(m.Header.Kind, m.Payload)
	if err != nil || who.Has(caller.Overseer) {
		return nil // what cannot be read says nothing of a case
	}
	id, _ := dossier.CaseOf(payload)
	is, err := tx.Restricted(id)
	if err == nil && is {
		err = problem.New(problem.Denied, "the overseer sees it", "this is restricted: nobody works with it any more")
	}
	return err
}

// mayExport refuses a message with its text as a file, for a purpose.
func (s *Shelf) mayExport(tx *store.Tx, who caller.Caller, m *store.Message, header *envelope.Header, purpose handling.FilePurpose) error {
	if err := mayOpenMessage(tx, who, m, header); err != nil {
		return err
	}
	if m.Direction == store.In && !who.Has(caller.Overseer) {
		if err := mayTakeOut(tx, m.Partner, m.Thread, store.HandlingOf(m, header)); err != nil {
			return err
		}
	}
	file, err := messageOf(tx, m, header)
	if err != nil {
		return err
	}
	file.Purpose = purpose
	return s.mayTake(tx, who, file)
}

// Message is [Shelf.MessageFor] for a purpose that nobody says.
func (s *Shelf) Message(ctx context.Context, who caller.Caller, hash string, headerOnly bool) ([]byte, error) {
	return s.MessageFor(ctx, who, hash, headerOnly, "")
}

// MessageFor is a message as a file that a third person can check: its header,
// its signature and, unless headerOnly, its text. Reading the text is logged, with
// the purpose, as of a dossier.
func (s *Shelf) MessageFor(ctx context.Context, who caller.Caller, hash string, headerOnly bool, purpose handling.FilePurpose) (raw []byte, err error) {
	if err := knownPurpose(purpose); err != nil {
		return nil, err
	}
	export := func(tx *store.Tx) error {
		if twin, is, err := store.Twins.Find(tx, hash); err != nil || is {
			if err == nil {
				raw, err = s.exportTwin(tx, who, &twin, headerOnly, purpose)
			}
			return err
		}
		m, err := tx.Message(hash)
		if err != nil {
			return err
		}
		if headerOnly {
			m.Salt, m.Payload = nil, nil
		}
		opened, err := m.Opened()
		if err != nil {
			return err
		}
		if !headerOnly && m.Payload != nil {
			if err := s.mayExport(tx, who, &m, &opened.Header, purpose); err != nil {
				return err
			}
		}
		raw, err = opened.Export()
		return err
	}
	if headerOnly {
		err = s.store.Glance(ctx, who, store.What{Act: caller.ReadProof, Subject: hash}, export)
		return raw, err
	}
	what := store.What{Act: caller.ReadCase, Subject: hash, Note: "export"}
	if purpose != "" {
		what.Note += ", for " + string(purpose)
	}
	if err := s.store.Show(ctx, who, what, export); err != nil {
		return nil, s.refused(ctx, who, what, err)
	}
	return raw, nil
}

// Verify recomputes the node's whole log and every row it speaks for, and
// verifies who signed every message, and every receipt the node gave or was
// given. Nobody waits for it; a second one at the same time is Busy. It is
// logged. progress may be nil.
func (s *Shelf) Verify(ctx context.Context, who caller.Caller, progress func(done, total int64)) (api.Audit, error) {
	audit := api.Audit{Checkpoint: s.store.Checkpoint()}
	err := s.store.Inspect(ctx, who, store.What{Act: caller.VerifyLedger}, func(tx *store.Tx) error {
		known, err := s.nodes(tx)
		if err != nil {
			return err
		}
		var receipts atomic.Int64
		found, err := tx.Verify(func(m store.Message, opened *envelope.Message) error {
			if m.Receipt != nil {
				receipts.Add(1)
			}
			return known.verifyMessage(m, opened)
		}, progress)
		if err != nil {
			return err
		}
		audit.Receipts = int(receipts.Load())
		steps, err := tx.CheckSteps(known.verifyStep, func(m store.Message, err error) {
			found.Wrong = append(found.Wrong, "message "+m.Hash+": the receipt of its step: "+err.Error())
		})
		if err != nil {
			return err
		}
		audit.Receipts += steps
		audit.Leaves, audit.Rows, audit.Messages, audit.Root, audit.Wrong = found.Leaves, found.Rows, found.Messages, found.Root, found.Wrong
		return nil
	})
	audit.OK = err == nil && len(audit.Wrong) == 0
	return audit, err
}

// nodes are whose keys a verification knows: ours, and every partner's.
type nodes struct {
	own      []envelope.Era
	partners map[string]partner.Channel
	eras     map[string][]envelope.Era
	// keys are those of each card, with a memory of checkpoints: the receipts of one delivery stand
	// under one checkpoint.
	keys map[string]receipt.Keys
}

func keysOf(card envelope.Card) receipt.Keys {
	return receipt.Keys{Sign: card.Public(), Log: card.Log}
}

func (s *Shelf) nodes(tx *store.Tx) (nodes, error) {
	own, err := tx.OwnHistory(s.card)
	if err != nil {
		return nodes{}, err
	}
	channels, err := store.Channels.List(tx, 0)
	known := nodes{own: own.Eras(), partners: make(map[string]partner.Channel, len(channels)), eras: make(map[string][]envelope.Era, len(channels)), keys: make(map[string]receipt.Keys)}
	for _, channel := range channels {
		known.partners[channel.Name], known.eras[channel.Name] = channel, channel.Eras()
	}
	for _, eras := range append(slices.Collect(maps.Values(known.eras)), known.own) {
		for _, era := range eras {
			known.keys[era.Card.KeyID()+era.Card.Log] = keysOf(era.Card).Remembering()
		}
	}
	return known, err
}

// verifyMessage checks who signed a message, by the key that was in force at its
// place, and who its receipt.
func (n nodes) verifyMessage(m store.Message, opened *envelope.Message) error {
	channel := n.partners[m.Partner]
	own, theirs := n.own[len(n.own)-1].Card, channel.Card
	by := n.eras[m.Partner]
	check := func(card envelope.Card, from, to string) error {
		err := opened.Verify(card.Public(), from, to)
		if errors.Is(err, envelope.ErrErased) && m.Gone() {
			err = nil // the log says that it was erased, and everything else holds
		}
		return err
	}
	if m.Direction == store.In {
		if err := check(channel.CardAt(m.Seq), theirs.ID(), own.ID()); err != nil {
			return err
		}
		by = n.own
	} else if _, err := partner.VerifyHeld(n.own, opened.Header.Sent, func(card envelope.Card) error {
		return check(card, own.ID(), theirs.ID())
	}); err != nil {
		return err
	}
	if m.Receipt == nil {
		return nil
	}
	if err := n.verifyReceipt(m, by); err != nil {
		return fmt.Errorf("its receipt: %w", err)
	}
	return nil
}

// verifyStep checks the receipt of a step, and that it says what the message says.
func (n nodes) verifyStep(m store.Message, raw []byte) error {
	by := n.own
	if m.Direction == store.In {
		by = n.eras[m.Partner]
	}
	r, err := receipt.Parse(raw)
	if err != nil {
		return err
	}
	if _, err := partner.VerifyHeld(by, r.Statement.Time(), func(card envelope.Card) error {
		return r.VerifyStep(keysOf(card))
	}); err != nil {
		return err
	}
	opened, err := m.Opened()
	if err != nil {
		return err
	}
	if err := warning.Matches(r.Statement, opened); err != nil && !errors.Is(err, envelope.ErrErased) {
		return err
	}
	return nil
}

func (n nodes) verifyReceipt(m store.Message, by []envelope.Era) error {
	r, err := receipt.Parse(m.Receipt)
	if err != nil {
		return err
	}
	if r.Statement.Header != m.Hash || r.Statement.By != by[0].Card.ID() {
		return receipt.ErrMismatch
	}
	_, err = partner.VerifyHeld(by, r.Statement.Time(), func(card envelope.Card) error {
		return r.Verify(n.keys[card.KeyID()+card.Log])
	})
	return err
}
