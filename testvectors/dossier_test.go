// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds the dossiers of one small case: alpha's with the texts and
// without and an early one, bravo's, two of bravo's that hide something, and bad ones.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// dossierVector is one good dossier, as a file.
type dossierVector struct {
	Name    string `json:"name"`
	What    string `json:"what"`
	Dossier string `json:"dossier"`
	// Twice are the places for which it shows several messages.
	Twice []twiceSigned `json:"twice,omitempty"`
}

// twiceSigned is a place of a chain for which one key signed several messages.
type twiceSigned struct {
	From      string   `json:"from"`
	Seq       uint64   `json:"seq"`
	Hashes    []string `json:"hashes"`    // in their order as text
	Receipted []string `json:"receipted"` // those with a receipt of the recipient's
}

// bentVector is a dossier that must be refused: the one of that name with some
// of its bytes replaced.
type bentVector struct {
	What   string `json:"what"`
	Reason string `json:"reason"`
	Of     string `json:"of"`
	Edits  []edit `json:"edits"` // from the end to the beginning
}

// edit replaces so many bytes from a place on, counted from 0.
type edit struct {
	At  int    `json:"at"`
	Cut int    `json:"cut"`
	Put string `json:"put"`
}

// edits lead from one file to another. What is signed and the signature are
// compared apart.
func edits(from, to string) (all []edit) {
	const between = `,"signature":"`
	i, j := strings.LastIndex(from, between), strings.LastIndex(to, between)
	for _, part := range []struct{ at, end, otherAt, otherEnd int }{{i, len(from), j, len(to)}, {0, i, 0, j}} {
		a, b := from[part.at:part.end], to[part.otherAt:part.otherEnd]
		if a == b {
			continue
		}
		head := 0
		for head < len(a) && head < len(b) && a[head] == b[head] {
			head++
		}
		tail := 0
		for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
			tail++
		}
		all = append(all, edit{At: part.at + head, Cut: len(a) - head - tail, Put: b[head : len(b)-tail]})
	}
	return all
}

func (v bentVector) bend(of string) string {
	for _, e := range v.Edits {
		of = of[:e.At] + e.Put + of[e.At+e.Cut:]
	}
	return of
}

// pairVerdict is what comes of two good dossiers held against each other: how
// many messages of the case both show, and the hashes of those that only one
// shows although the other's node had them.
type pairVerdict struct {
	One   string   `json:"one"`
	Other string   `json:"other"`
	Both  int      `json:"both"`
	Alone []string `json:"alone"`
}

type dossierFile struct {
	Good  []dossierVector `json:"good"`
	Pairs []pairVerdict   `json:"pairs"`
	Bad   []bentVector    `json:"bad"`
}

// Reasons that only dossiers have.
const (
	places  = "places" // not every place of the chains is accounted for, or one twice
	ofCase  = "case"   // a message of another case
	textual = "text"   // a text that is there or not, against what the dossier says
)

// told is a message of the case as both sides have it.
type told struct {
	v             messageVector
	from, to      *written
	receipt, step string
	inCase        bool
}

// tale is the exchange that the dossiers are of.
type tale struct {
	w            world
	t            *testing.T
	alpha, bravo *written
	all          []*told
	caseID       string
	// cosigned is a checkpoint of alpha's log that bravo cosigned before the end.
	cosigned string
	at       int64            // its size
	early    *dossier.Dossier // alpha's, before anything came back
}

func (w world) tale(t *testing.T) *tale {
	t.Helper()
	a := &tale{w: w, t: t, alpha: newLog(w.alpha, nil), bravo: newLog(w.bravo, nil)}
	there, _ := w.spoken(t)
	decoded, err := warning.Decode(envelope.Warning, []byte(there[1].Payload))
	if err != nil {
		t.Fatal(err)
	}
	first := decoded.(*warning.Warning)
	a.caseID = first.ID
	terms := &warning.Terms{LegalBasis: "Agreement of 2026", Purposes: []string{"prevention of threats to life"}, RetentionDays: 365, Onward: "not beyond the recipient", Review: "2027-03-01"}
	pledge := &warning.Pledge{ID: "pledge--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a05", Places: []string{"IS"}, Text: "We pass on threats to Iceland.", By: officer, At: when}
	dispute := &warning.Dispute{ID: "dispute--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a03", Case: a.caseID, About: "the time", View: "We said it an hour before.", By: officer, At: when}
	thanks := &warning.Thanks{Case: a.caseID, Text: "Thank you.", By: officer, At: when}
	alpha := w.chain(t, w.alpha, w.bravo, terms, first, pledge, dispute, thanks)
	bravo := w.chain(t, w.bravo, w.alpha, terms,
		&warning.Acknowledgement{Case: a.caseID, About: alpha[1].Hash, Answer: warning.Understood, By: officer, At: when},
		&warning.Outcome{Case: a.caseID, Result: "attack_prevented", By: officer, At: when})
	for _, next := range []struct {
		from, to *written
		v        messageVector
		inCase   bool
	}{
		{a.alpha, a.bravo, alpha[0], false}, {a.bravo, a.alpha, bravo[0], false}, {a.alpha, a.bravo, alpha[1], true}, {a.alpha, a.bravo, alpha[2], false},
		{a.bravo, a.alpha, bravo[1], true}, {a.bravo, a.alpha, bravo[2], true}, {a.alpha, a.bravo, alpha[3], true},
	} {
		a.say(next.from, next.to, next.v, next.inCase)
		a.deliver(a.all[len(a.all)-1])
		if next.v.Hash == alpha[1].Hash {
			a.early = a.write(a.alpha, a.bravo, true)
			a.early.Made = alpha[1].message.Header.Sent
		}
		if next.v.Hash == bravo[1].Hash {
			checkpoint := must(t)(w.alpha.ring.SignCheckpoint(a.alpha.tree.Head()))
			a.cosigned, a.at = checkpoint+strings.Join(w.cosigned(t, w.bravo, witness.Text(checkpoint)), ""), a.alpha.tree.Size()
		}
	}
	a.say(a.alpha, a.bravo, alpha[4], true) // still in the queue
	return a
}

func (a *tale) say(from, to *written, v messageVector, inCase bool) {
	from.places["sent"+v.Hash] = from.append(receipt.KindSent, v.Hash)
	from.append("act", v.Hash)
	s := &told{v: v, from: from, to: to, inCase: inCase}
	decoded, err := warning.Decode(v.message.Header.Kind, []byte(v.Payload))
	if err != nil {
		a.t.Fatal(err)
	}
	if statement, ok := warning.StepStatement(v.message, decoded); ok {
		s.step = a.prove(from, statement, from.places["sent"+v.Hash], from.by)
	}
	a.all = append(a.all, s)
}

func (a *tale) deliver(s *told) {
	s.to.places["received"+s.v.Hash] = s.to.append(receipt.KindReceived, s.v.Hash)
	s.receipt = a.prove(s.to, a.delivered(s), s.to.places["received"+s.v.Hash], s.to.by)
	s.from.places["receipt"+hashOf(s.receipt)] = s.from.append("receipt", hashOf(s.receipt))
	if s.step != "" {
		s.to.places["receipt"+hashOf(s.step)] = s.to.append("receipt", hashOf(s.step))
	}
}

func (a *tale) delivered(s *told) receipt.Statement {
	h := s.v.message.Header
	return receipt.Statement{Version: 1, Kind: receipt.Delivered, Channel: h.Channel, By: h.To, To: h.From, Header: s.v.Hash, Epoch: h.Epoch, Seq: h.Seq,
		Received: h.Sent.Add(2 * time.Second), Disposition: receipt.Kept}
}

func (a *tale) prove(by *written, s receipt.Statement, index int64, signer *node) string {
	a.t.Helper()
	head := by.tree.Head()
	s.Index, s.Size, s.Root = index, head.N, hex.EncodeToString(head.Hash[:])
	return by.proved(a.t, a.w, s, signer)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// write is the dossier that one side would write.
func (a *tale) write(by, to *written, text bool) *dossier.Dossier {
	a.t.Helper()
	d := &dossier.Dossier{Format: dossier.Format, Case: a.caseID, Channel: envelope.Channel(by.by.card.ID(), to.by.card.ID()), By: by.by.card.ID(), To: to.by.card.ID(),
		Person: dossier.Person{Name: "olga", Title: "Overseer 1"}, Made: when.Add(time.Hour), Text: text, Nodes: []dossier.Node{{Card: by.by.card}, {Card: to.by.card}},
		States:     []dossier.State{{State: "active", At: when}},
		Checkpoint: must(a.t)(by.by.ring.SignCheckpoint(by.tree.Head())), Seen: must(a.t)(to.by.ring.SignCheckpoint(to.tree.Head()))}
	if by == a.alpha && a.cosigned != "" {
		d.Cosigned = []dossier.Cosigned{{Checkpoint: a.cosigned, Proof: a.consistency(by, a.at)}}
	}
	for _, s := range a.all {
		switch {
		case s.to == by && s.receipt == "": // never came
		case s.inCase:
			d.Messages = append(d.Messages, a.shown(s, by, text))
		case s.v.message.Header.Kind == envelope.Terms:
			d.Terms = append(d.Terms, a.shown(s, by, text))
		default:
			d.Elsewhere = append(d.Elsewhere, dossier.Run{Ours: s.from == by, Seq: s.v.message.Header.Seq, Hashes: []string{s.v.Hash}})
		}
	}
	return d
}

func (a *tale) shown(s *told, by *written, text bool) dossier.Message {
	m := s.v.message
	shown := dossier.Message{Header: m.HeaderBytes, Signature: m.Signature, State: "delivered", At: m.Header.Sent, Receipt: s.receipt}
	switch {
	case s.to == by:
		shown.State, shown.At, shown.Step = "kept", m.Header.Sent.Add(2*time.Second), s.step
		shown.Leaf, shown.StepLeaf = a.leaf(by, "received"+s.v.Hash), a.leaf(by, "receipt"+hashOf(s.step))
	case s.receipt == "":
		shown.State, shown.Leaf = "queued", a.leaf(by, "sent"+s.v.Hash)
	default:
		shown.Step, shown.Leaf, shown.ReceiptLeaf = s.step, a.leaf(by, "sent"+s.v.Hash), a.leaf(by, "receipt"+hashOf(s.receipt))
	}
	if text {
		shown.Salt, shown.Payload = m.Salt, m.Payload
	} else if m.Header.Kind == envelope.Terms {
		shown.Digest = hashOf(string(m.Payload))
	}
	return shown
}

func (a *tale) leaf(by *written, name string) *dossier.Leaf {
	index, ok := by.places[name]
	if !ok {
		return nil
	}
	l := &dossier.Leaf{Index: index, Proof: []dossier.LogHash{}}
	for _, hash := range by.path(a.t, index) {
		l.Proof = append(l.Proof, dossier.LogHash(hash))
	}
	return l
}

// consistency proves that a log grew from that size.
func (a *tale) consistency(by *written, from int64) (proof []dossier.LogHash) {
	a.t.Helper()
	hashes, err := tlog.ProveTree(by.tree.Size(), from, by.hashes)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, hash := range hashes {
		proof = append(proof, dossier.LogHash(hash))
	}
	return proof
}

// file signs a dossier and writes it.
func (a *tale) file(d *dossier.Dossier, signer *node) string {
	a.t.Helper()
	signed, err := d.Sign(signer.sign)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := signed.Encode()
	if err != nil {
		a.t.Fatal(err)
	}
	return string(raw)
}

// dossiers are the vectors of dossier.json.
func (w world) dossiers(t *testing.T) (f dossierFile) {
	t.Helper()
	a := w.tale(t)
	good := func(name, what string, d *dossier.Dossier, signer *node) {
		f.Good = append(f.Good, dossierVector{Name: name, What: what, Dossier: a.file(d, signer)})
	}
	good("alpha", "alpha's, with the texts", a.write(a.alpha, a.bravo, true), w.alpha)
	good("alpha-bare", "alpha's, without the texts", a.write(a.alpha, a.bravo, false), w.alpha)
	good("bravo", "bravo's, with the texts", a.write(a.bravo, a.alpha, true), w.bravo)
	hiding := a.write(a.bravo, a.alpha, true)
	hidden := a.all[6].v // alpha's dispute
	hiding.Messages = slices.DeleteFunc(hiding.Messages, func(m dossier.Message) bool { return bytes.Equal(m.Header, hidden.message.HeaderBytes) })
	hiding.Elsewhere = append(hiding.Elsewhere, dossier.Run{Seq: hidden.message.Header.Seq, Hashes: []string{hidden.Hash}})
	good("bravo-hiding", "bravo's, with alpha's dispute among the messages of other cases: good in itself, until alpha's is held against it", hiding, w.bravo)
	backdated := a.write(a.bravo, a.alpha, true)
	backdated.Messages, backdated.Made = slices.DeleteFunc(backdated.Messages, func(m dossier.Message) bool { return bytes.Equal(m.Header, hidden.message.HeaderBytes) }), when.Add(-time.Minute)
	good("bravo-backdated", "bravo's, without alpha's dispute and with a time before it: the place in bravo's receipt, below the size of bravo's checkpoint, shows that it was there", backdated, w.bravo)
	good("alpha-early", "alpha's, written before bravo answered", a.early, w.alpha)
	twin := w.second(t, a.all[2].v, "What somebody else said.")
	beside := a.write(a.bravo, a.alpha, true)
	beside.Beside = []dossier.Message{{Header: twin.HeaderBytes, Signature: twin.Signature, Salt: twin.Salt, Payload: twin.Payload, State: "second", At: when.Add(time.Minute)}}
	both := []twiceSigned{{From: w.alpha.card.ID(), Seq: twin.Header.Seq, Hashes: []string{a.all[2].v.Hash, twin.Hash()}, Receipted: []string{a.all[2].v.Hash}}}
	slices.Sort(both[0].Hashes)
	good("bravo-second", "bravo's, with a second message that alpha's key signed for the place of its warning", beside, w.bravo)
	f.Good[len(f.Good)-1].Twice = both
	bare := a.write(a.alpha, a.bravo, false)
	bare.Beside = []dossier.Message{{Header: twin.HeaderBytes, Signature: twin.Signature, State: "second", At: when.Add(time.Minute)}}
	good("alpha-second", "alpha's of the same, without the texts", bare, w.alpha)
	f.Good[len(f.Good)-1].Twice = both
	f.Pairs = []pairVerdict{
		{One: "alpha-second", Other: "bravo-second", Both: 4, Alone: []string{}},
		{One: "alpha", Other: "bravo", Both: 4, Alone: []string{}},
		{One: "alpha-bare", Other: "bravo", Both: 4, Alone: []string{}},
		{One: "alpha", Other: "bravo-hiding", Both: 3, Alone: []string{hidden.Hash}},
		{One: "alpha", Other: "bravo-backdated", Both: 3, Alone: []string{hidden.Hash}},
		{One: "alpha-early", Other: "bravo", Both: 1, Alone: []string{}},
	}

	whole := f.Good[0].Dossier
	raw := func(reason, what, text string) {
		f.Bad = append(f.Bad, bentVector{What: what, Reason: reason, Of: "alpha", Edits: edits(whole, text)})
	}
	bad := func(reason, what string, lie func(d *dossier.Dossier)) {
		d := a.write(a.alpha, a.bravo, true)
		lie(d)
		raw(reason, what, a.file(d, w.alpha))
	}
	raw(signature, "signed by eve", a.file(a.write(a.alpha, a.bravo, true), w.eve))
	raw(signature, "a time that was changed", strings.Replace(whole, `"made":"2026-03-02T08:`, `"made":"2026-03-02T09:`, 1))
	raw(format, "a member nobody knows", strings.Replace(whole, `{"dossier":{`, `{"dossier":{"about":"",`, 1))
	raw(format, "a space", strings.Replace(whole, `"text":true`, `"text": true`, 1))
	raw(format, "without its line end", strings.TrimSpace(whole))
	raw(format, "version 2", strings.Replace(whole, "tocsin-dossier/v1", "tocsin-dossier/v2", 1))
	bad(places, "a message taken out", func(d *dossier.Dossier) { d.Messages = slices.Delete(d.Messages, 3, 4) })
	bad(places, "the message of another case taken out", func(d *dossier.Dossier) { d.Elsewhere = nil })
	bad(places, "a message taken out, and the places called too many to be listed", func(d *dossier.Dossier) {
		d.Messages, d.Elsewhere, d.Unlisted = slices.Delete(d.Messages, 3, 4), nil, true
	})
	bad(mismatch, "the receipt of a step with a word that such a message cannot say, where the text is said to be erased", func(d *dossier.Dossier) {
		m := &d.Messages[1]
		m.Salt, m.Payload, m.Erased = nil, nil, true
		s := a.all[4]
		decoded, err := warning.Decode(s.v.message.Header.Kind, []byte(s.v.Payload))
		if err != nil {
			t.Fatal(err)
		}
		statement, _ := warning.StepStatement(s.v.message, decoded)
		statement.Said = "refused_twice"
		m.Step = a.prove(a.bravo, statement, a.bravo.places["sent"+s.v.Hash], a.bravo.by)
	})
	bad(places, "another hash in the place before a message", func(d *dossier.Dossier) { d.Elsewhere[0].Hashes[0] = strings.Repeat("0", 64) })
	bad(places, "a message twice", func(d *dossier.Dossier) { d.Messages = append(d.Messages, d.Messages[0]) })
	bad(ofCase, "a message of another case", func(d *dossier.Dossier) { d.Case = "warning--00000000-0000-4000-8000-000000000000" })
	bad(ofCase, "a pledge, which is said in no case, among the messages of the case", func(d *dossier.Dossier) {
		d.Messages, d.Elsewhere = append(d.Messages, a.shown(a.all[3], a.alpha, true)), nil
	})
	bad(mismatch, "two receipts swapped", func(d *dossier.Dossier) {
		d.Messages[1].Receipt, d.Messages[2].Receipt = d.Messages[2].Receipt, d.Messages[1].Receipt
	})
	bad(mismatch, "the receipts of two steps swapped", func(d *dossier.Dossier) {
		d.Messages[1].Step, d.Messages[2].Step = d.Messages[2].Step, d.Messages[1].Step
	})
	bad(signature, "a receipt that alpha signed in bravo's name", func(d *dossier.Dossier) {
		d.Messages[0].Receipt = a.prove(a.bravo, a.delivered(a.all[2]), a.bravo.places["received"+a.all[2].v.Hash], w.alpha)
	})
	bad(signature, "a message that alpha signed in bravo's name", func(d *dossier.Dossier) {
		d.Messages[1].Signature = w.alpha.sign(envelope.SigningInput(d.Messages[1].Header))
	})
	bad(signature, "a second message at a place that bravo signed in alpha's name", func(d *dossier.Dossier) {
		d.Beside = []dossier.Message{{Header: twin.HeaderBytes, Signature: w.bravo.sign(envelope.SigningInput(twin.HeaderBytes)), Salt: twin.Salt, Payload: twin.Payload, State: "second", At: when}}
	})
	bad(places, "the message that has a place called the second there, too", func(d *dossier.Dossier) {
		m := d.Messages[0]
		d.Beside = []dossier.Message{{Header: m.Header, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload, State: "second", At: when}}
	})
	bad(ofCase, "a second message that is of another case, with its text", func(d *dossier.Dossier) {
		other := w.second(t, a.all[6].v, "")
		d.Beside = []dossier.Message{{Header: other.HeaderBytes, Signature: other.Signature, Salt: other.Salt, Payload: other.Payload, State: "second", At: when}}
	})
	bad(payload, "another text", func(d *dossier.Dossier) {
		d.Messages[1].Payload = bytes.Replace(d.Messages[1].Payload, []byte("understood"), []byte("cannot_act"), 1)
	})
	bad(textual, "a text taken out", func(d *dossier.Dossier) { d.Messages[1].Salt, d.Messages[1].Payload = nil, nil })
	bad(textual, "texts that it says are not there", func(d *dossier.Dossier) { d.Text = false })
	bad(proof, "the proof of another leaf", func(d *dossier.Dossier) { d.Messages[0].Leaf = d.Messages[1].Leaf })
	bad(proof, "a checkpoint of no leaves", func(d *dossier.Dossier) {
		d.Checkpoint, d.Cosigned = must(t)(w.alpha.ring.SignCheckpoint(tlog.Tree{Hash: sha256.Sum256(nil)})), nil
	})
	bad(checkpoint, "bravo's checkpoint in place of alpha's", func(d *dossier.Dossier) { d.Checkpoint = d.Seen })
	bad(proof, "a cosigned checkpoint with a proof that does not lead to the dossier's", func(d *dossier.Dossier) { d.Cosigned[0].Proof = d.Cosigned[0].Proof[1:] })
	bad(checkpoint, "bravo's checkpoint as one of alpha's that was cosigned", func(d *dossier.Dossier) { d.Cosigned[0].Checkpoint = d.Seen })
	bad(address, "a message to eve", func(d *dossier.Dossier) {
		m := w.chain(t, w.alpha, w.eve, &warning.Thanks{Case: a.caseID, Text: "Thank you.", By: officer, At: when})[0].message
		d.Messages = append(d.Messages, dossier.Message{Header: m.HeaderBytes, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload, State: "queued", At: when})
	})
	return f
}

// second is another message at the place of one, signed with the same key: a
// correction of nothing but the text, or, without a text, thanks in another case.
func (w world) second(t *testing.T, v messageVector, text string) *envelope.Message {
	t.Helper()
	var said warning.Payload = &warning.Thanks{Case: "warning--00000000-0000-4000-8000-000000000000", Text: "For something else.", By: officer, At: when}
	h := v.message.Header
	if h.Kind = envelope.Thanks; text != "" {
		decoded, err := warning.Decode(envelope.Warning, []byte(v.Payload))
		if err != nil {
			t.Fatal(err)
		}
		other := *decoded.(*warning.Warning)
		other.Text, said, h.Kind = text, &other, envelope.Warning
	}
	raw, err := warning.Encode(said)
	if err != nil {
		t.Fatal(err)
	}
	salt := sha256.Sum256([]byte("dossier.json " + text))
	m := &envelope.Message{Salt: salt[:], Payload: raw}
	h.Commitment = envelope.Commit(m.Salt, raw)
	m.Header = h
	if m.HeaderBytes, err = h.Encode(); err != nil {
		t.Fatal(err)
	}
	m.Signature = w.alpha.sign(envelope.SigningInput(m.HeaderBytes))
	return m
}

// wrongWords are what our own check says for each reason.
var wrongWords = map[string][]string{
	signature: {"its signature is not theirs", "not signed by this key", "the signature is not the sender's"},
	places:    {"nothing is said of number", "too many to be listed", "does not follow the message", "stands twice"},
	ofCase:    {"is of another case", "is said in no case"}, mismatch: {"speak of different things"}, payload: {"not the one committed to"},
	textual: {"has no text", "says that it has not"}, proof: {"does not lead to the checkpoint", "of a log of no leaves"}, checkpoint: {"is not signed by the log"}, address: {"not of this channel"},
}

// vectorKeys are the cards of the vectors' nodes.
type vectorKeys struct{ w world }

func (k vectorKeys) card(id string) (envelope.Card, bool) {
	for _, n := range []*node{k.w.alpha, k.w.bravo} {
		if n.card.ID() == id {
			return n.card, true
		}
	}
	return envelope.Card{}, false
}

func (k vectorKeys) Knows(id string) bool { _, ok := k.card(id); return ok }
func (k vectorKeys) Name(id string) string {
	card, _ := k.card(id)
	return card.Name
}
func (k vectorKeys) Try(id string, _ []time.Time, check func(envelope.Card) error) (string, error) {
	card, _ := k.card(id)
	return "", check(card)
}

// TestDossiers compares dossier.json with what the code makes, and reads it.
func TestDossiers(t *testing.T) {
	w := load(t)
	same(t, "dossier.json", encoded(t, w.dossiers(t)))
	var f dossierFile
	read(t, "dossier.json", &f)
	good, files := make(map[string]*dossier.Report), make(map[string]string)
	for _, v := range f.Good {
		files[v.Name] = v.Dossier
		s, err := dossier.Parse([]byte(v.Dossier))
		if err != nil {
			t.Fatalf("%s: %v", v.What, err)
		}
		good[v.Name] = dossier.Check(s, vectorKeys{w})
		if !good[v.Name].OK() {
			t.Errorf("%s: %q", v.What, good[v.Name].Wrong)
		}
	}
	for _, v := range f.Pairs {
		c, err := dossier.Compare(good[v.One], good[v.Other])
		if err != nil || len(c.Differ) != len(v.Alone) {
			t.Errorf("%s and %s: %+v, %v", v.One, v.Other, c, err)
		}
	}
	for _, v := range f.Bad {
		s, err := dossier.Parse([]byte(v.bend(files[v.Of])))
		if err != nil {
			if !errors.Is(err, dossier.ErrFormat) || v.Reason != format {
				t.Errorf("%s: got %v", v.What, err)
			}
			continue
		}
		report := dossier.Check(s, vectorKeys{w})
		if !slices.ContainsFunc(report.Wrong, func(wrong string) bool {
			return slices.ContainsFunc(wrongWords[v.Reason], func(word string) bool { return strings.Contains(wrong, word) })
		}) {
			t.Errorf("%s: want %s, got %q", v.What, v.Reason, report.Wrong)
		}
	}
}
