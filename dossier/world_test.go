// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file plays a case between two nodes, with real keys and logs, and writes
// the dossier of either side.

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

const (
	theCase   = "warning--11111111-1111-4111-8111-111111111111"
	otherCase = "warning--22222222-2222-4222-8222-222222222222"
)

var began = time.Date(2026, 3, 2, 7, 30, 0, 0, time.UTC)

// side is a node with its log.
type side struct {
	ring   *keys.Ring
	card   envelope.Card
	tree   ledger.Tree
	hashes map[int64]tlog.Hash
	leaves map[string]int64 // by kind and hash
	seq    uint64
	prev   string
}

func newSide(t testing.TB, name, country string) *side {
	t.Helper()
	ring, err := keys.Generate(name, country)
	must(t, err)
	return &side{ring: ring, card: ring.Card("https://" + name + ".example.org"), hashes: make(map[int64]tlog.Hash), leaves: make(map[string]int64), prev: envelope.FirstPrev}
}

// ReadHashes implements tlog.HashReader.
func (s *side) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	read := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hash, ok := s.hashes[index]
		if !ok {
			return nil, errors.New("no such hash")
		}
		read[i] = hash
	}
	return read, nil
}

// leaf appends a leaf.
func (s *side) leaf(kind, hash string) int64 {
	tree, index, kept := s.tree.Append(kind, hash)
	for _, k := range kept {
		s.hashes[k.Index] = k.Hash
	}
	s.tree, s.leaves[kind+hash] = tree, index
	return index
}

func (s *side) prove(t testing.TB, index int64) tlog.RecordProof {
	t.Helper()
	proof, err := ledger.Prove(s.tree.Size(), index, s)
	must(t, err)
	return proof
}

func (s *side) checkpoint(t testing.TB) string {
	t.Helper()
	checkpoint, err := s.ring.SignCheckpoint(s.tree.Head())
	must(t, err)
	return checkpoint
}

// said is a message that was said, as both sides have it.
type said struct {
	from, to *side
	m        *envelope.Message
	kind     envelope.Kind
	inCase   bool
	receipt  string
	step     string
	state    string // at its sender: delivered, queued, expired, dropped
	at       time.Time
}

// world is the exchange.
type world struct {
	testing.TB
	alpha, bravo *side
	all          []*said
	now          time.Time
	cosigned     string           // a checkpoint of alpha's log that bravo cosigned, some messages ago
	at           int64            // and its size
	early        *dossier.Dossier // of alpha, before anything came back
}

// play is the whole exchange: the terms of both, a warning, something of another
// case in between, an acknowledgement, an outcome, a dispute, and thanks that
// are still in the queue.
func play(t testing.TB) *world {
	w := &world{TB: t, alpha: newSide(t, "alpha", "NO"), bravo: newSide(t, "bravo", "DK"), now: began}
	terms := warning.Terms{LegalBasis: "Agreement of 2026", Purposes: []string{"prevention"}, RetentionDays: 365, Onward: "no", Review: "2030-01-01"}
	w.say(w.alpha, w.bravo, envelope.Terms, &terms)
	w.say(w.bravo, w.alpha, envelope.Terms, &terms)
	warned := w.say(w.alpha, w.bravo, envelope.Warning, w.warning(theCase))
	w.early = w.write(w.alpha, w.bravo, true)
	w.early.Made = w.now
	w.say(w.alpha, w.bravo, envelope.Warning, w.warning(otherCase))
	by := warning.Officer{Name: "Officer 1", Role: "duty-officer"}
	w.say(w.bravo, w.alpha, envelope.Acknowledgement, &warning.Acknowledgement{Case: theCase, About: warned.m.Hash(), Answer: warning.Understood, By: by, At: w.now})
	w.say(w.bravo, w.alpha, envelope.Acknowledgement, &warning.Acknowledgement{Case: otherCase, Answer: warning.NeedMore, By: by, At: w.now})
	w.cosigned, w.at = w.cosign(w.bravo, w.alpha), w.alpha.tree.Size()
	w.say(w.bravo, w.alpha, envelope.Outcome, &warning.Outcome{Case: theCase, Result: "attack_prevented", By: by, At: w.now})
	w.say(w.alpha, w.bravo, envelope.Dispute, &warning.Dispute{ID: "dispute--33333333-3333-4333-8333-333333333333", Case: theCase, About: "the date", View: "Another date.", By: by, At: w.now})
	w.queue(w.alpha, w.bravo, envelope.Thanks, &warning.Thanks{Case: theCase, Text: "Thank you.", By: by, At: w.now})
	return w
}

func (w *world) warning(id string) *warning.Warning {
	return &warning.Warning{ID: id, Target: warning.Target{Kind: "event", Name: "Winter market"}, ThreatType: "mass_casualty_attack",
		Window: warning.Window{Start: began.AddDate(3, 0, 0), End: began.AddDate(3, 0, 2), Fidelity: "day"}, Precedence: handling.Immediate, AnswerBy: began.AddDate(0, 0, 1), Probability: "likely", Confidence: "moderate",
		Handling: handling.Handling{TLP: handling.AmberStrict}, Purpose: "prevention", Review: "2030-12-31", Text: "A group prepares an attack."}
}

// queue writes a message that has not left.
func (w *world) queue(from, to *side, kind envelope.Kind, payload warning.Payload) *said {
	w.Helper()
	must(w, payload.Validate())
	raw, err := warning.Encode(payload)
	must(w, err)
	w.now = w.now.Add(time.Second)
	from.seq++
	m := &envelope.Message{Salt: envelope.NewSalt(), Payload: raw}
	m.Header = envelope.Header{Version: 1, Channel: envelope.Channel(from.card.ID(), to.card.ID()), From: from.card.ID(), To: to.card.ID(), Epoch: 1, Seq: from.seq, Prev: from.prev,
		Kind: kind, Commitment: envelope.Commit(m.Salt, raw), Sent: w.now, Precedence: handling.Immediate, Handling: handling.Handling{TLP: handling.AmberStrict}}
	m.HeaderBytes, err = m.Header.Encode()
	must(w, err)
	m.Signature = from.ring.SignMessage(m.HeaderBytes)
	from.prev = m.Hash()
	from.leaf("sent", m.Hash())
	from.leaf("act", from.prev)
	id, of := dossier.CaseOf(payload)
	s := &said{from: from, to: to, m: m, kind: kind, inCase: of && id == theCase, state: "queued", at: w.now}
	if stepKind, about, word, ok := warning.Step(payload); ok {
		index := from.leaves["sent"+m.Hash()]
		s.step = w.sign(from, receipt.Statement{Version: 1, Kind: stepKind, Channel: m.Header.Channel, By: m.Header.From, To: m.Header.To, Header: m.Hash(),
			Epoch: 1, Seq: m.Header.Seq, About: about, Said: word, At: m.Header.Sent}, index)
	}
	w.all = append(w.all, s)
	return s
}

// say writes a message and delivers it.
func (w *world) say(from, to *side, kind envelope.Kind, payload warning.Payload) *said {
	w.Helper()
	s := w.queue(from, to, kind, payload)
	w.deliver(s)
	return s
}

func (w *world) deliver(s *said) {
	w.Helper()
	w.now = w.now.Add(time.Second)
	index := s.to.leaf("received", s.m.Hash())
	s.to.leaf("act", s.m.Hash())
	s.receipt = w.received(s, index, w.now)
	s.from.leaf("receipt", sum(s.receipt))
	if s.step != "" {
		s.to.leaf("receipt", sum(s.step))
	}
	s.state = "delivered"
}

// cosign is the newest checkpoint of a log with the cosignatures of a node.
func (w *world) cosign(by, of *side) string {
	w.Helper()
	checkpoint := of.checkpoint(w)
	lines, err := by.ring.Cosign(witness.Text(checkpoint), w.now)
	must(w, err)
	return checkpoint + lines
}

// consistency proves that a log grew from that size.
func (s *side) consistency(t testing.TB, from int64) (proof []dossier.LogHash) {
	t.Helper()
	hashes, err := tlog.ProveTree(s.tree.Size(), from, s)
	must(t, err)
	for _, hash := range hashes {
		proof = append(proof, dossier.LogHash(hash))
	}
	return proof
}

// received is the recipient's receipt, as of now.
func (w *world) received(s *said, index int64, at time.Time) string {
	h := s.m.Header
	return w.sign(s.to, receipt.Statement{Version: 1, Kind: receipt.Delivered, Channel: h.Channel, By: h.To, To: h.From, Header: s.m.Hash(), Epoch: h.Epoch, Seq: h.Seq,
		Received: at, Disposition: receipt.Kept}, index)
}

func (w *world) sign(by *side, s receipt.Statement, index int64) string {
	w.Helper()
	head := by.tree.Head()
	s.Index, s.Size, s.Root = index, head.N, hex.EncodeToString(head.Hash[:])
	signature, err := by.ring.SignReceipt(s)
	must(w, err)
	r, err := receipt.New(s, signature, by.prove(w, index), by.checkpoint(w))
	must(w, err)
	raw, err := r.Encode()
	must(w, err)
	return string(raw)
}

// write is the dossier of one side as its node would write it.
func (w *world) write(by, to *side, text bool) *dossier.Dossier {
	w.Helper()
	d := &dossier.Dossier{Format: dossier.Format, Case: theCase, Channel: envelope.Channel(by.card.ID(), to.card.ID()), By: by.card.ID(), To: to.card.ID(),
		Person: dossier.Person{Name: "olga", Title: "Overseer"}, Made: w.now.Add(time.Minute), Text: text,
		Nodes: []dossier.Node{{Card: by.card}, {Card: to.card}}, Checkpoint: by.checkpoint(w), Seen: to.checkpoint(w),
		States: []dossier.State{{State: "active", At: began}}}
	if by == w.alpha && w.cosigned != "" {
		d.Cosigned = []dossier.Cosigned{{Checkpoint: w.cosigned, Proof: by.consistency(w, w.at)}}
	}
	lastOf := make(map[*side]uint64)
	for _, s := range w.all {
		if s.inCase && (s.state == "delivered" || s.from == by) {
			lastOf[s.from] = s.m.Header.Seq
		}
	}
	first := make(map[*side]bool)
	for _, s := range w.all {
		if s.to == by && s.state != "delivered" {
			continue // never came
		}
		switch {
		case s.inCase:
			d.Messages, first[s.from] = append(d.Messages, w.shown(s, by, text)), true
		case s.kind == envelope.Terms:
			d.Terms = append(d.Terms, w.shown(s, by, text))
		case first[s.from] && s.m.Header.Seq < lastOf[s.from]:
			d.Elsewhere = append(d.Elsewhere, dossier.Run{Ours: s.from == by, Seq: s.m.Header.Seq, Hashes: []string{s.m.Hash()}})
		}
	}
	return d
}

func (w *world) shown(s *said, by *side, text bool) dossier.Message {
	m := dossier.Message{Header: s.m.HeaderBytes, Signature: s.m.Signature, State: s.state, At: s.at, Receipt: s.receipt}
	kind := "sent"
	if s.to == by {
		kind, m.State = "received", "kept"
		r, err := receipt.Parse([]byte(s.receipt))
		must(w, err)
		m.At = r.Statement.Received
	}
	if s.state == "delivered" || s.from != by {
		m.Step = s.step
	}
	if text {
		m.Salt, m.Payload = s.m.Salt, s.m.Payload
	} else if s.kind == envelope.Terms {
		m.Digest = sum(string(s.m.Payload))
	}
	leaf := func(kind, hash string) *dossier.Leaf {
		index, ok := by.leaves[kind+hash]
		if !ok {
			return nil
		}
		l := &dossier.Leaf{Index: index}
		for _, hash := range by.prove(w, index) {
			l.Proof = append(l.Proof, dossier.LogHash(hash))
		}
		return l
	}
	m.Leaf = leaf(kind, s.m.Hash())
	if s.from == by && m.Receipt != "" {
		m.ReceiptLeaf = leaf("receipt", sum(m.Receipt))
	}
	if s.to == by && m.Step != "" {
		m.StepLeaf = leaf("receipt", sum(m.Step))
	}
	return m
}

// signed signs a dossier with the keys of the node that writes it.
func (w *world) signed(by *side, d *dossier.Dossier) *dossier.Signed {
	w.Helper()
	signed, err := d.Sign(by.ring.SignDossier)
	must(w, err)
	raw, err := signed.Encode()
	must(w, err)
	again, err := dossier.Parse(raw)
	must(w, err)
	return again
}

// trusted are the cards that whoever checks has.
type trusted map[string]envelope.Card

func (w *world) trusted() trusted {
	return trusted{w.alpha.card.ID(): w.alpha.card, w.bravo.card.ID(): w.bravo.card}
}

func (k trusted) Knows(node string) bool { _, ok := k[node]; return ok }
func (k trusted) Name(node string) string {
	if card, ok := k[node]; ok {
		return card.Name
	}
	return node
}
func (k trusted) Try(node string, _ []time.Time, check func(envelope.Card) error) (string, error) {
	return "", check(k[node])
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
