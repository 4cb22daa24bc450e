// SPDX-License-Identifier: Apache-2.0

package shelf

// This file writes the dossier of a case: everything the node holds by which a
// third person can judge it, and nothing else.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// SignWith lets the shelf sign dossiers; without it none can be written.
func (s *Shelf) SignWith(sign func(input []byte) []byte) *Shelf {
	s.sign = sign
	return s
}

// Dossier is [Shelf.DossierFor] for a purpose that nobody says.
func (s *Shelf) Dossier(ctx context.Context, who caller.Caller, id string, text bool) ([]byte, error) {
	return s.DossierFor(ctx, who, id, text, "")
}

// DossierFor writes the dossier of a case and signs it; without text the salts and
// payloads stay here. It holds no source report, no draft, nothing of another
// partner and no audit line. Writing it is logged, with the file's SHA-256 and its
// purpose, one of handling.FilePurposes. What a partner gave that is not for court
// needs one, and for court the partner's permission.
func (s *Shelf) DossierFor(ctx context.Context, who caller.Caller, id string, text bool, purpose handling.FilePurpose) (raw []byte, err error) {
	if err := knownPurpose(purpose); err != nil {
		return nil, err
	}
	what := store.What{Act: caller.WriteDossier, Subject: id, Bare: !text}
	if s.sign == nil {
		return nil, errors.New("shelf: nothing to sign a dossier with")
	}
	messages := 0
	err = s.store.Glance(ctx, who, what, func(tx *store.Tx) error {
		own, err := tx.OwnCard(s.card)
		if err != nil {
			return err
		}
		if err := fits(tx, id, text); err != nil {
			return err
		}
		file, err := dossierOf(tx, id, text)
		if err != nil {
			return err
		}
		file.Purpose = purpose
		if err := s.mayTake(tx, who, file); err != nil {
			return err
		}
		b := &binding{tx: tx, own: own, text: text, leaves: make(map[store.LeafName]int64)}
		if err := b.gather(id, who); err != nil {
			return err
		}
		b.d.Purpose = purpose
		messages = len(b.d.Messages)
		signed, err := b.d.Sign(s.sign)
		if err != nil {
			return tooLarge(err)
		}
		raw, err = signed.Encode()
		return tooLarge(err)
	})
	if err != nil {
		return nil, s.refused(ctx, who, what, err)
	}
	sum := sha256.Sum256(raw)
	what.Note = fmt.Sprintf("%d messages, without text, SHA-256 %s", messages, hex.EncodeToString(sum[:]))
	if text {
		what.Note = strings.Replace(what.Note, "without", "with", 1)
	}
	if purpose != "" {
		what.Note += ", for " + string(purpose)
	}
	if err := s.store.Show(ctx, who, what, func(*store.Tx) error { return nil }); err != nil {
		return nil, err
	}
	return raw, nil
}

func tooLarge(err error) error {
	if errors.Is(err, dossier.ErrTooLarge) {
		return problem.New(problem.Invalid, "leave the text out: tocsin dossier CASE --without-text, and export large messages one by one",
			"the dossier is larger than %d MiB", dossier.MaxSize>>20)
	}
	return err
}

// binding is a dossier being put together in one look into the store.
type binding struct {
	tx      *store.Tx
	own     envelope.Card
	text    bool
	channel partner.Channel
	d       dossier.Dossier
	leaves  map[store.LeafName]int64 // by which messages and receipts are proved
}

func (b *binding) gather(id string, who caller.Caller) error {
	kept, err := store.Cases.Get(b.tx, id)
	if err != nil {
		return err
	}
	if b.text {
		if err := mayOpen(who, &kept); err != nil {
			return err
		}
		if err := mayHandOver(b.tx, who, &kept); err != nil {
			return err
		}
		if err := notThird(b.tx, who, kept.Partner); err != nil {
			return err
		}
	}
	if b.channel, err = store.Channels.Get(b.tx, kept.Partner); err != nil {
		return err
	}
	head, err := b.tx.Head()
	if err != nil {
		return err
	}
	b.d = dossier.Dossier{
		Format: dossier.Format, Case: id, Channel: b.channel.ID, By: b.own.ID(), To: b.channel.Card.ID(),
		Person: dossier.Person{Name: who.Name, Title: who.Title}, Made: b.tx.Now, Text: b.text,
		Nodes: []dossier.Node{{Card: b.own}, {Card: b.channel.Card}}, Checkpoint: head.Checkpoint,
	}
	if err := b.histories(); err != nil {
		return err
	}
	thread, err := b.thread(&kept)
	if err != nil {
		return err
	}
	thread, aside := apart(thread)
	terms, err := b.tx.Early(b.channel.ID, envelope.Terms)
	if err != nil {
		return err
	}
	if len(thread) > dossier.MaxMessages {
		return tooLarge(dossier.ErrTooLarge)
	}
	size := 0
	for _, m := range thread {
		if size += len(m.Header) + len(m.Receipt) + 1024; b.text {
			size += len(m.Payload)
		}
		if size/3*4 > dossier.MaxSize {
			return tooLarge(dossier.ErrTooLarge)
		}
		if err := b.mayShow(who, &m); err != nil {
			return err
		}
	}
	if b.d.Terms, err = b.messages(terms, head); err != nil {
		return err
	}
	if b.d.Messages, err = b.messages(thread, head); err != nil {
		return err
	}
	if err := b.heads(head); err != nil {
		return err
	}
	if err := b.states(); err != nil {
		return err
	}
	if err := b.besides(id, thread, aside, head); err != nil {
		return err
	}
	return b.places(thread)
}

// fits refuses a case that holds more than a dossier, before anything of it is read.
func fits(tx *store.Tx, id string, text bool) error {
	c, err := store.Cases.Get(tx, id)
	if err != nil {
		return err
	}
	n, bytes, err := tx.CountEntries(c.ID, c.Partner, nil)
	if err == nil && (n > dossier.MaxMessages || text && bytes/3*4 > dossier.MaxSize) {
		err = tooLarge(dossier.ErrTooLarge)
	}
	return err
}

// thread are the messages of a case, each with its text only if the dossier has texts.
func (b *binding) thread(c *store.Case) (thread []store.Message, err error) {
	every := func(store.Entry) bool { return true }
	err = b.tx.EachText(c.ID, c.Partner, every, func(m *store.Message) (bool, error) {
		if !b.text {
			m.Salt, m.Payload = nil, nil
		}
		thread = append(thread, *m)
		return true, nil
	})
	return thread, err
}

// mayShow refuses a text whose own label closes it to who writes the dossier: an
// older version may be for others than the newest.
func (b *binding) mayShow(who caller.Caller, m *store.Message) error {
	if !b.text || m.Payload == nil {
		return nil
	}
	opened, err := m.Opened()
	if err != nil {
		return err
	}
	return mayOpenMessage(b.tx, who, m, &opened.Header)
}

// histories puts in how the keys of the two nodes changed, and what is known
// against them.
func (b *binding) histories() error {
	own, err := b.tx.OwnHistory(b.own)
	if err != nil {
		return err
	}
	for i, h := range []envelope.History{own, b.channel.History()} {
		if len(h.Changes)+len(h.Reports) == 0 {
			continue
		}
		raw, err := h.Encode()
		if err != nil {
			return err
		}
		b.d.Nodes[i].History = raw
	}
	return nil
}

// messages puts messages, oldest first, into the form of a dossier, and proves
// them and what is kept with them.
func (b *binding) messages(kept []store.Message, head store.Head) ([]dossier.Message, error) {
	clear(b.leaves)
	all := make([]dossier.Message, 0, len(kept))
	for _, m := range kept {
		shown := dossier.Message{
			Header: m.Header, Signature: m.Signature, State: string(m.State), At: m.At, Receipt: string(m.Receipt), Erased: b.text && m.Payload == nil,
		}
		switch {
		case b.text:
			shown.Salt, shown.Payload = m.Salt, m.Payload
		case m.Kind == envelope.Terms && m.Payload != nil:
			shown.Digest = digest(m.Payload)
		}
		b.want(kindOfLeaf(m), m.Hash)
		if m.Direction == store.Out && len(m.Receipt) > 0 {
			b.want(store.LeafReceipt, digest(m.Receipt))
		}
		step, ok, err := b.tx.FindStep(m.Hash)
		if err != nil {
			return nil, err
		}
		if ok && len(step.Receipt) > 0 {
			shown.Step = string(step.Receipt)
			if m.Direction == store.In {
				b.want(store.LeafReceipt, digest(step.Receipt))
			}
		}
		all = append(all, shown)
	}
	if len(kept) == 0 {
		return all, nil
	}
	return all, b.prove(all, kept[0].At, head)
}

func kindOfLeaf(m store.Message) string {
	if m.Direction == store.In {
		return store.LeafReceived
	}
	return store.LeafSent
}

func (b *binding) want(kind, hash string) { b.leaves[store.LeafName{Kind: kind, Hash: hash}] = -1 }

// prove proves every leaf that was noted to the dossier's checkpoint.
func (b *binding) prove(messages []dossier.Message, since time.Time, head store.Head) error {
	if err := b.tx.Trace(b.leaves, since); err != nil {
		return err
	}
	leaf := func(kind, hash string) (*dossier.Leaf, error) {
		index, wanted := b.leaves[store.LeafName{Kind: kind, Hash: hash}]
		if !wanted {
			return nil, nil
		}
		proof, err := head.Prove(index)
		if err != nil {
			return nil, err
		}
		l := &dossier.Leaf{Index: index, Proof: make([]dossier.LogHash, len(proof))}
		for i, hash := range proof {
			l.Proof[i] = dossier.LogHash(hash)
		}
		return l, nil
	}
	for i := range messages {
		m := &messages[i]
		hash := envelope.Hash(m.Header)
		var errs [4]error
		if m.Leaf, errs[0] = leaf(store.LeafSent, hash); m.Leaf == nil {
			m.Leaf, errs[1] = leaf(store.LeafReceived, hash)
		}
		m.ReceiptLeaf, errs[2] = leaf(store.LeafReceipt, digest([]byte(m.Receipt)))
		m.StepLeaf, errs[3] = leaf(store.LeafReceipt, digest([]byte(m.Step)))
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
	}
	return nil
}

// heads are the checkpoints of our log that the partner cosigned last, and
// neutral witnesses; and the newest of the partner's log with our cosignatures.
// What another partner cosigned is not this one's business.
func (b *binding) heads(head store.Head) error {
	kept, err := store.Cosignings.List(b.tx, 0)
	if err != nil {
		return err
	}
	for _, k := range kept {
		tree, err := k.Head.Tree()
		if err != nil {
			return err
		}
		if !k.Neutral && k.By != b.channel.Name || tree.N < 1 || len(b.d.Cosigned) == dossier.MaxCosigned {
			continue
		}
		held, err := b.tx.Holds(tree)
		if err != nil {
			return err
		}
		if !held || tree.N > head.Tree.N {
			continue // our log is not the one that was cosigned: that is an alarm of its own
		}
		cosigned := dossier.Cosigned{Checkpoint: k.Head.Checkpoint + k.Lines, Proof: []dossier.LogHash{}}
		if tree.N < head.Tree.N {
			proof, err := b.tx.ProveTree(tree.N, head.Tree.N)
			if err != nil {
				return err
			}
			for _, hash := range proof {
				cosigned.Proof = append(cosigned.Proof, dossier.LogHash(hash))
			}
		}
		b.d.Cosigned = append(b.d.Cosigned, cosigned)
	}
	seen, known, err := store.Seen.Find(b.tx, b.channel.Name)
	if known && seen.Checkpoint != "" {
		b.d.Seen = seen.Checkpoint + seen.Cosigned
	}
	return err
}

// states are the states that people here gave the channel.
func (b *binding) states() error {
	lines, err := b.tx.ActsOn(caller.SetState, b.channel.Name)
	if err != nil {
		return err
	}
	var last time.Time
	for _, line := range lines {
		b.d.States = append(b.d.States, dossier.State{State: line.Note, At: line.At})
		last = line.At
	}
	if b.channel.Since.After(last.Add(time.Second)) {
		b.d.States = append(b.d.States, dossier.State{State: string(b.channel.State), At: b.channel.Since})
	}
	if len(b.d.States) > dossier.MaxStates {
		b.d.States = b.d.States[len(b.d.States)-dossier.MaxStates:]
	}
	return nil
}

// places accounts for every place of both chains between the first and the last
// message of the case.
func (b *binding) places(thread []store.Message) error {
	gaps, err := store.Gaps.List(b.tx, 0, b.channel.ID+"open")
	if err != nil {
		return err
	}
	ofCase := make(map[string]bool)
	for _, m := range thread {
		ofCase[m.Hash] = true
	}
	listed := 0
	for _, d := range []store.Direction{store.Out, store.In} {
		first, last := uint64(0), uint64(0)
		for _, m := range thread {
			if m.Direction == d {
				if first == 0 || m.Seq < first {
					first = m.Seq
				}
				last = max(last, m.Seq)
			}
		}
		for _, gap := range gaps {
			if gap.Ours == (d == store.Out) && gap.Seq >= first && gap.Seq <= last {
				b.d.Gaps = append(b.d.Gaps, dossier.Gap{Ours: gap.Ours, Seq: gap.Seq, Hash: gap.Hash, Why: gap.Why, Found: gap.Found})
			}
		}
		var runs []dossier.Run
		err := b.tx.Chain(b.channel.ID, d, first, last, func(seq uint64, hash string) error {
			if ofCase[hash] {
				return nil
			}
			if listed++; listed > dossier.MaxPlaces {
				return nil
			}
			if n := len(runs); n > 0 && runs[n-1].Seq+uint64(len(runs[n-1].Hashes)) == seq {
				runs[n-1].Hashes = append(runs[n-1].Hashes, hash)
				return nil
			}
			runs = append(runs, dossier.Run{Ours: d == store.Out, Seq: seq, Hashes: []string{hash}})
			return nil
		})
		if err != nil {
			return err
		}
		b.d.Elsewhere = append(b.d.Elsewhere, runs...)
	}
	if listed > dossier.MaxPlaces {
		b.d.Elsewhere, b.d.Unlisted = nil, true
	}
	return nil
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
