// SPDX-License-Identifier: Apache-2.0

package inbox

// This file takes what a partner gives back after the node was restored. What it
// says is worth nothing: what it shows carries our signature, or its own beside
// our receipt.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// standing is one page of an answer, opened and verified.
type standing struct {
	envelope.Standing
	raw   []byte
	by    string
	asked uint64 // the place of our chain behind which was asked
	held  []regained
	// carried says that it came in a file, whose pages all answer one question.
	carried bool
}

// newest is the newest place of our chain that the page shows.
func (s *standing) newest() uint64 {
	newest := s.asked
	for _, back := range s.held {
		if back.ours {
			newest = max(newest, back.m.Header.Seq)
		}
	}
	return newest
}

// regained is a message that came back, with the receipt it had.
type regained struct {
	m           *envelope.Message
	ours        bool // we sent it
	receipt     []byte
	disposition receipt.Disposition
	step        string
}

// openStanding verifies an answer: who signed it, that it answers this question,
// and every message and receipt in it.
func (in *Inbox) openStanding(channel partner.Channel, own []envelope.Era, question, raw []byte, by string) (page standing, err error) {
	page.raw, page.by = raw, by
	if page.Standing, err = envelope.ParseStanding(raw); err != nil {
		return page, wrongly("it cannot be read")
	}
	if _, err := channel.Announce(page.Keys); err != nil {
		return page, wrongly("it shows a change of keys that is not right")
	}
	eras := channel.Eras()
	said, err := envelope.ParseSender(by)
	if err != nil || said.ID != channel.Card.ID() || !said.SignedStanding(eras[len(eras)-1].Card.Public(), in.ring.ID(), raw) {
		return page, wrongly("it is not signed by %s", channel.Name)
	}
	if page.From != channel.Card.ID() || page.To != in.ring.ID() || page.Ask != envelope.StandingID(question) {
		return page, wrongly("it answers another question")
	}
	after := channel
	for i, held := range page.Standing.Held {
		m, err := in.ring.Open(held.Envelope)
		if err != nil {
			return page, wrongly("message %d cannot be opened: if this node's keys were changed after the backup was made, only a newer backup can speak for it", i+1)
		}
		back := regained{m: m, ours: m.Header.From == in.ring.ID(), receipt: []byte(held.Receipt), step: held.Step}
		if back.ours {
			_, err = partner.VerifyBy(own, m.Header.Sent, func(card envelope.Card) error {
				err := m.Verify(card.Public(), in.ring.ID(), channel.Card.ID())
				if errors.Is(err, envelope.ErrErased) {
					err = nil // we recalled it, and it was destroyed there
				}
				return err
			})
			if err == nil && m.Header.Kind == envelope.KeyChange {
				return page, wrongly("this node's keys were changed after the backup was made: only a newer backup can speak for it")
			}
		} else if err = in.verify(&after, m); err == nil {
			follow(&after, m)
		}
		if err != nil {
			return page, wrongly("message %d is signed by neither of the two", i+1)
		}
		if back.ours {
			err = back.receipted(eras, channel.Card.ID(), in.ring.ID())
		} else {
			err = back.receipted(own, in.ring.ID(), channel.Card.ID())
		}
		if err != nil {
			return page, wrongly("the receipt of message %d is not right", i+1)
		}
		page.held = append(page.held, back)
	}
	return page, nil
}

// receipted verifies the receipt of a message by the keys that its recipient has
// or had.
func (b *regained) receipted(eras []envelope.Era, by, to string) error {
	r, err := receipt.Parse(b.receipt)
	if err != nil {
		return err
	}
	s, header := r.Statement, b.m.Header
	if s.Header != b.m.Hash() || s.By != by || s.To != to || s.Channel != header.Channel || s.Seq != header.Seq || s.Epoch != header.Epoch {
		return receipt.ErrMismatch
	}
	b.disposition = s.Disposition
	_, err = partner.VerifyBy(eras, s.Time(), func(card envelope.Card) error {
		return r.Verify(receipt.Keys{Sign: card.Public(), Log: card.Log})
	})
	return err
}

// keepStanding keeps a page, and after the last what it shows of our log.
func (in *Inbox) keepStanding(ctx context.Context, name string, page standing) error {
	newest, err := in.store.Newest()
	if err != nil {
		return err
	}
	what := store.What{Act: caller.Receive, Subject: name, Note: "given back"}
	return in.store.Change(ctx, caller.FromPartner(name), what, func(tx *store.Tx) error {
		r, open, err := tx.Recovery()
		if err != nil {
			return err
		}
		p := r.Of(name)
		if !open || p == nil || !p.Heard.IsZero() {
			return nil
		}
		h, err := in.hearing(tx, name, page.TheirsMissing)
		if err != nil {
			return err
		}
		if news, err := h.channel.Announce(page.Keys); err != nil {
			return err
		} else if news {
			if err := store.Channels.Put(tx, name, h.channel); err != nil {
				return err
			}
		}
		back := regaining{h: h, p: p}
		if err := back.page(page); err != nil {
			return err
		}
		p.Tried, p.Failure, p.Wrong, p.ByHand = tx.Now, "", false, p.ByHand || page.carried
		said := store.StandingSaid{Recovery: r.ID, Partner: name, Said: page.raw, Seal: page.by, At: tx.Now}
		if err := store.Standings.Put(tx, store.StandingID(r.ID, name), said); err != nil {
			return err
		}
		if !page.More {
			if err := in.shown(tx, &h.channel, p, page, newest); err != nil {
				return err
			}
			p.Heard = tx.Now
			in.log.Info("a partner has said what it holds of us", "partner", name, "ours", p.Ours, "theirs", p.Theirs, "ahead", p.Ahead)
		}
		return store.Recoveries.Put(tx, r.ID, r)
	})
}

// shown judges what the partner shows of our chain and our log once everything
// was got back.
func (in *Inbox) shown(tx *store.Tx, channel *partner.Channel, p *store.Regained, page standing, newest store.LogHead) error {
	tip, _, err := tx.Tip(channel.ID, store.Out)
	if err != nil {
		return err
	}
	switch {
	case page.Seq > tip:
		return wrongly("it says it has %d messages of this node, and does not show them", page.Seq)
	case page.Seq > 0:
		m, known, err := tx.AtSeq(channel.ID, store.Out, page.Seq)
		if err != nil {
			return err
		}
		if known && m.Hash != page.Hash && m.Receipt == nil {
			return conflict("it says it has another message %d of this node than the one that waits here", page.Seq)
		}
		if !known || m.Hash != page.Hash {
			return wrongly("it says it has another message %d of this node than there is here", page.Seq)
		}
	}
	for _, checkpoint := range page.Checkpoints {
		theirs, err := in.ownCheckpoint(tx, checkpoint)
		if err != nil {
			return wrongly("it shows a checkpoint that this node did not sign")
		}
		tree, err := theirs.Tree()
		if err != nil {
			return err
		}
		holds, err := tx.Holds(tree)
		if err != nil {
			return err
		}
		if holds {
			continue
		}
		p.Ahead, p.Log = true, max(p.Log, theirs.Size)
		if err := tx.LeftBehind(p.Partner, theirs, newest); err != nil {
			return err
		}
	}
	return nil
}

// regaining puts back one page of messages.
type regaining struct {
	h *hearing
	p *store.Regained

	// Of our own chain: the newest place and its hash, what is named as missing, the
	// newest epoch, and the states that we told the partner of in each.
	seq     uint64
	hash    string
	missing map[uint64]envelope.Missing
	epoch   uint64
	states  map[uint64]partner.State
}

// errUnlinked says that a message does not stand where it says it does.
var errUnlinked = errors.New("inbox: a message given back does not follow the one before it")

// between finds the places before a message that do not come. They must be named,
// and the message must follow the last of them.
func between(seq uint64, hash string, m *envelope.Message, named map[uint64]envelope.Missing) (missing []envelope.Missing, err error) {
	for seq++; seq < m.Header.Seq; seq++ {
		gap, known := named[seq]
		if !known {
			return nil, errUnlinked
		}
		missing, hash = append(missing, gap), gap.Hash
	}
	if m.Header.Prev != hash {
		return nil, errUnlinked
	}
	return missing, nil
}

func bySeq(list []envelope.Missing) map[uint64]envelope.Missing {
	named := make(map[uint64]envelope.Missing, len(list))
	for _, m := range list {
		named[m.Seq] = m
	}
	return named
}

// page puts back the messages of a page in their order. What is here already is
// passed over.
func (b *regaining) page(page standing) error {
	h := b.h
	var err error
	if b.seq, b.hash, err = h.tx.Tip(h.channel.ID, store.Out); err != nil {
		return err
	}
	b.missing, b.epoch, b.states = bySeq(page.OursMissing), h.channel.Epoch, make(map[uint64]partner.State)
	h.steps = make(map[string]stepProof)
	before := b.p.Ours + b.p.Theirs
	for _, back := range page.held {
		if _, known, err := h.tx.FindMessage(back.m.Hash()); err != nil || known {
			if err != nil {
				return err
			}
			continue
		}
		take := b.theirs
		if back.ours {
			take = b.ours
		}
		if err := take(back); err != nil {
			return err
		}
		b.p.Ahead = true
	}
	if page.More && !page.carried && b.p.Ours+b.p.Theirs == before && page.newest() <= page.asked {
		return wrongly("it says there is more, and shows nothing new") // or it would be asked without end
	}
	if b.epoch > h.channel.Epoch {
		return b.parted(b.epoch, b.states[b.epoch])
	}
	return nil
}

// ours puts back what we said: header, text, and the receipt that the partner
// gave. What does not come any more is named as lost.
func (b *regaining) ours(back regained) error {
	channel, m := &b.h.channel, back.m
	if m.Header.Seq <= b.seq {
		if err := b.gaveWay(back); err != nil {
			return err
		}
	}
	missing, err := between(b.seq, b.hash, m, b.missing)
	if err != nil {
		return conflict("message %d of ours does not follow what is here", m.Header.Seq)
	}
	for _, gap := range missing {
		b.p.Lost++
		lost := store.Gap{Channel: channel.ID, Partner: channel.Name, Ours: true, Seq: gap.Seq, Hash: gap.Hash, Why: "lost", Found: b.h.tx.Now, State: gapOpen}
		if err := store.Gaps.Put(b.h.tx, "ours/"+gapID(channel.ID, gap.Seq), lost); err != nil {
			return err
		}
	}
	if payload, err := decode(m); err == nil {
		if notice, is := payload.(*warning.StateNotice); is {
			b.states[m.Header.Epoch] = partner.State(notice.State)
		}
	}
	b.seq, b.hash, b.epoch = m.Header.Seq, m.Hash(), max(b.epoch, m.Header.Epoch)
	b.p.Ours++
	return b.keepOurs(back)
}

func (b *regaining) keepOurs(back regained) error {
	tx, channel, m := b.h.tx, &b.h.channel, back.m
	payload, unreadable := decode(m)
	hash := m.Hash()
	state := store.Delivered
	if m.Payload == nil {
		state = store.Destroyed
	}
	err := tx.AddRegained(store.Message{
		Hash: hash, Channel: channel.ID, Partner: channel.Name, Direction: store.Out, Seq: m.Header.Seq, Epoch: m.Header.Epoch,
		Kind: m.Header.Kind, Thread: thread(payload), At: m.Header.Sent, State: state,
		Header: m.HeaderBytes, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload, Receipt: back.receipt,
	})
	if err != nil {
		return err
	}
	leaf, err := tx.Leaf(store.LeafSent, hash)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(back.receipt)
	if _, err := tx.Leaf(store.LeafReceipt, hex.EncodeToString(sum[:])); err != nil {
		return err
	}
	if warning.StepKind(m.Header.Kind) {
		if err := tx.AddStep(hash, leaf); err != nil {
			return err
		}
		if err := b.ownStep(m, back.step); err != nil {
			return err
		}
	}
	if unreadable != nil {
		return nil // it is kept as it was
	}
	return b.said(payload, hash)
}

// ownStep keeps the receipt that we gave of a step of ours, if it is right.
func (b *regaining) ownStep(m *envelope.Message, text string) error {
	r, err := receipt.Parse([]byte(text))
	if err != nil {
		return nil
	}
	history, err := b.h.tx.OwnHistory(b.h.in.card())
	if err != nil {
		return err
	}
	_, err = partner.VerifyBy(history.Eras(), r.Statement.Time(), func(card envelope.Card) error {
		return r.VerifyStep(receipt.Keys{Sign: card.Public(), Log: card.Log})
	})
	if err != nil || warning.Matches(r.Statement, m) != nil {
		return nil
	}
	return b.h.tx.SetStep(m.Hash(), []byte(text))
}

// theirs puts back what we heard, with the receipt that we gave, and does anew
// what it changed here.
func (b *regaining) theirs(back regained) error {
	h, m := b.h, back.m
	if m.Header.Seq <= h.seq {
		return wrongly("it shows another message %d of its own than there is here", m.Header.Seq)
	}
	if _, err := between(h.seq, h.hash, m, h.missing); err != nil {
		return wrongly("message %d of its own does not follow what is here", m.Header.Seq)
	}
	if err := h.noteGaps(m); err != nil {
		return err
	}
	h.seq, h.hash = m.Header.Seq, m.Hash()
	if m.Header.Epoch > h.channel.TheirEpoch {
		h.channel.TheirEpoch = m.Header.Epoch
		if err := store.Channels.Put(h.tx, h.channel.Name, h.channel); err != nil {
			return err
		}
	}
	for hash, step := range h.in.steps(h.channel, []string{back.step}, []*envelope.Message{m}) {
		h.steps[hash] = step
	}
	b.p.Theirs++
	return b.keepTheirs(back)
}

func (b *regaining) keepTheirs(back regained) error {
	h, m := b.h, back.m
	state := store.Kept
	if back.disposition == receipt.Quarantined || h.channel.Quarantines() {
		state = store.Quarantined
	}
	payload, unreadable := decode(m)
	kept := store.Message{
		Hash: m.Hash(), Channel: h.channel.ID, Partner: h.channel.Name, Direction: store.In, Seq: m.Header.Seq, Epoch: m.Header.Epoch,
		Kind: m.Header.Kind, Thread: thread(payload), At: h.tx.Now, State: state,
		Header: m.HeaderBytes, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload, Receipt: back.receipt,
	}
	if err := h.tx.AddRegained(kept); err != nil {
		return err
	}
	leaf, err := h.tx.Leaf(store.LeafReceived, kept.Hash)
	if err != nil {
		return err
	}
	if err := h.step(kept.Hash, m.Header.Kind, leaf); err != nil {
		return err
	}
	return h.effect(&kept, m, payload, unreadable)
}
