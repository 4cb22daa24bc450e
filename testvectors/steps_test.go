// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds one message of every kind that is said in a case, and the
// receipts of those that are steps.

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// stepVector is the receipt of a step and the message that says it.
type stepVector struct {
	What    string `json:"what"`
	By      string `json:"by"`
	Message string `json:"message"` // hash of its header
	Receipt string `json:"receipt"`
	Reason  string `json:"reason,omitempty"` // why it must be refused
}

type stepFile struct {
	Messages []messageVector `json:"messages"`
	Good     []stepVector    `json:"good"`
	Bad      []stepVector    `json:"bad"`
}

// written is a node's log, as far as it holds what the node sent.
type written struct {
	by     *node
	tree   ledger.Tree
	hashes *ledger.Recent
	places map[string]int64
}

func newLog(by *node, sent []messageVector) *written {
	l := &written{by: by, places: make(map[string]int64)}
	l.hashes = ledger.NewRecent(l.tree, nil)
	for i, m := range sent {
		l.append("act", fmt.Sprintf("%064x", i+1))
		l.places[m.Hash] = l.append(receipt.KindSent, m.Hash)
	}
	return l
}

func (l *written) append(kind, hash string) int64 {
	tree, index, kept := l.tree.Append(kind, hash)
	l.tree = tree
	l.hashes.Add(kept)
	return index
}

// statement is what the node says of a step, as its message says it.
func (l *written) statement(t *testing.T, m messageVector) receipt.Statement {
	t.Helper()
	h := m.message.Header
	decoded, err := warning.Decode(h.Kind, []byte(m.Payload))
	if err != nil {
		t.Fatal(err)
	}
	s, ok := warning.StepStatement(m.message, decoded)
	if !ok {
		t.Fatalf("a %s is no step", h.Kind)
	}
	head := l.tree.Head()
	s.Index, s.Size, s.Root = l.places[m.Hash], head.N, hex.EncodeToString(head.Hash[:])
	return s
}

// proved is the receipt of a statement as the log proves it.
func (l *written) proved(t *testing.T, w world, s receipt.Statement, signer *node) string {
	t.Helper()
	return string(w.proved(t, s, signer, l.path(t, s.Index), must(t)(l.by.ring.SignCheckpoint(l.tree.Head()))))
}

func (l *written) path(t *testing.T, index int64) tlog.RecordProof {
	t.Helper()
	path, err := ledger.Prove(l.tree.Size(), index, l.hashes)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// said is one message of every kind: what alpha says, and what bravo says.
func (w world) said(t *testing.T) (alpha, bravo []messageVector) {
	t.Helper()
	there, _ := w.spoken(t)
	decoded, err := warning.Decode(envelope.Warning, []byte(there[1].Payload))
	if err != nil {
		t.Fatal(err)
	}
	first := decoded.(*warning.Warning)
	id := first.ID
	second := *first
	second.Window.End, second.Text = second.Window.End.AddDate(0, 0, 1), "A group intends to attack the market, a day later than we said."
	second.Action, second.Handling.PAP = "Close the market. Say nothing of it by radio.", handling.PAPAmber
	second.Persons = []warning.Person{{ID: "person--0f6c1f1e-6f7e-4c2b-9a57-3f1c7d1c5a10-1", Name: "A. Example", Role: "suspect", Kind: "claim_of_source", Text: "Is said to hold the keys of the van.", Reason: "to find the van"}}
	label := handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H1}}
	releaser := warning.Officer{Name: "Releaser 1", Role: "releaser"}
	at := func(minutes int) time.Time { return when.Add(time.Duration(minutes) * time.Minute) }
	const request, question, recall = "request--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a01", "Is the date firm?", "recall--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a02"
	const asked = "inquiry--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a07"
	const permission = "permission--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a08"
	onward := warning.Used{Use: warning.UsePassOn, To: []warning.Recipient{{Name: "charlie", Node: w.eve.card.ID()}}, Purpose: "protection of life"}
	const disputed = "dispute--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a03"

	// Hashes that are named must be known: each chain is written as far as needed.
	warned := w.chain(t, w.alpha, w.bravo, first)[0]
	corrected := &warning.Update{Of: warned.Hash, Version: 2, Change: "the end of the window", Warning: second}
	update := w.chain(t, w.alpha, w.bravo, first, corrected)[1]
	onward.Earlier = []string{warned.Hash}
	recalled := &warning.Recall{ID: recall, Case: id, About: warned.Hash, Ask: warning.AskDestroy, Reason: "What this says of a person is to be erased.", Ground: warning.DestroyedByRedress, AnswerBy: at(600), By: releaser, At: at(3)}
	said := []any{first, corrected, recalled,
		&warning.Reply{Case: id, Request: request, Text: "The date is an estimate.", Handling: label, By: releaser, At: at(5)},
		&warning.Dispute{ID: "dispute--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a04", Case: id, About: "the date", View: "The second version says it.", To: disputed, Messages: []string{update.Hash}, By: releaser, At: at(9)},
		&warning.Thanks{Case: id, Text: "Thank you.", By: releaser, At: at(10)},
		&warning.Pledge{ID: "pledge--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a05", Places: []string{"IS"}, Text: "We pass on threats to Iceland.", By: releaser, At: at(11),
			Cities: []warning.City{{Name: "Akureyri", Place: "IS-6"}, {Name: "Reykjavík"}},
			Areas: []warning.Area{
				{Name: "the harbour", Centre: &warning.Position{Latitude: 64.15, Longitude: -21.94}, Km: 2.5},
				{Ring: [][2]float64{{-22.8, 63.9}, {-22.5, 63.9}, {-22.5, 64.05}, {-22.8, 63.9}}},
			},
			Nationals: []string{"IS"}, Organisations: []string{"Harbour Line"}, Sectors: []string{"energy", "government-local"}, Events: []string{"The Fishing Fair"},
			Words: []string{"brú*", "bridge* of the harbour", "мост*", "大橋"}, From: "2026-03-01", Until: "2027-03-01"},
		&warning.InquiryAnswer{Inquiry: asked, Answer: warning.NothingToShare, By: releaser, At: at(13)},
		&warning.StateNotice{State: "active", Epoch: 1, Dropped: []envelope.Missing{{Seq: 40, Hash: strings.Repeat("0", 64), Why: "dropped"}}},
		&warning.Terms{LegalBasis: "Agreement of 2026", Purposes: []string{"prevention of threats to life"}, RetentionDays: 365, Retention: map[string]int64{"prevention of threats to life": 180}, Onward: "not beyond the recipient", Review: "2027-03-01"},
		&warning.Permission{Case: id, Request: permission, About: update.Hash, Answer: warning.PermissionGranted, Used: onward, Conditions: "Not to the operator of the market.",
			Until: at(1440), By: warning.Officer{Name: "Duty officer 3", Role: "duty-officer"}, Confirmed: &releaser, At: at(14)},
		&warning.Permission{Case: id, Request: permission, About: update.Hash, Answer: warning.PermissionWithdrawn, Reason: "The source was seen.", By: releaser, At: at(60)},
		&warning.Destruction{ID: "destruction--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a06", Case: id, Messages: []string{warned.Hash, update.Hash}, Ground: warning.DestroyedByDate, At: at(12)},
		&warning.PledgeEnd{Pledge: "pledge--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a05", Ended: at(90), Why: warning.PledgeWithdrawn, By: releaser, At: at(90)},
	}
	alpha = w.chain(t, w.alpha, w.bravo, said...)
	recallHash := alpha[2].Hash
	bravo = w.chain(t, w.bravo, w.alpha,
		&warning.Acknowledgement{Case: id, About: update.Hash, Answer: warning.Understood, By: officer, At: at(4)},
		&warning.Request{ID: request, Case: id, Question: question, By: officer, At: at(4)},
		&warning.Acknowledgement{Case: id, About: update.Hash, Answer: warning.ActedOn, Note: "The market was closed.", By: officer, At: at(6)},
		&warning.RecallAnswer{Case: id, Recall: recall, About: recallHash, Answer: warning.Destroyed, By: officer, At: at(7)},
		&warning.Dispute{ID: disputed, Case: id, About: "the date", View: "We were told of another date.", Messages: []string{warned.Hash}, By: officer, At: at(8)},
		&warning.Inquiry{ID: asked, Question: "Do you hold anything on the fair?", About: &warning.Target{Kind: "event", Name: "The Fishing Fair"}, Precedence: handling.Priority, AnswerBy: at(600), By: officer, At: at(12)},
		&warning.PermissionRequest{ID: permission, Case: id, About: update.Hash, Used: onward, Reason: "Their people will be at the market.", AnswerBy: at(600), By: officer, At: at(13)},
		&warning.Outcome{Case: id, About: update.Hash, Result: "attack_prevented", Counters: map[string]int64{"persons_detained": 7}, By: officer, At: at(3000)},
	)
	return alpha, bravo
}

// steps are the vectors of steps.json.
func (w world) steps(t *testing.T) stepFile {
	t.Helper()
	alpha, bravo := w.said(t)
	f := stepFile{Messages: slices.Concat(alpha, bravo)}
	logs := map[string]*written{"alpha": newLog(w.alpha, alpha), "bravo": newLog(w.bravo, bravo)}
	for _, m := range f.Messages {
		decoded, err := warning.Decode(m.message.Header.Kind, []byte(m.Payload))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, ok := warning.Step(decoded); !ok {
			continue
		}
		log := logs[m.From]
		s := log.statement(t, m)
		f.Good = append(f.Good, stepVector{What: string(s.Kind) + ": " + s.Said, By: m.From, Message: m.Hash, Receipt: log.proved(t, w, s, log.by)})
	}

	log, m := logs["bravo"], bravo[0]
	right := log.statement(t, m)
	bad := func(reason, what string, signer *node, change func(*receipt.Statement)) {
		s := right
		change(&s)
		f.Bad = append(f.Bad, stepVector{What: what, By: "bravo", Message: m.Hash, Reason: reason, Receipt: log.proved(t, w, s, signer)})
	}
	bad(signature, "signed by eve", w.eve, func(*receipt.Statement) {})
	bad(mismatch, "another word than the message says", w.bravo, func(s *receipt.Statement) { s.Said = "refuse" })
	bad(mismatch, "about another message than the message says", w.bravo, func(s *receipt.Statement) { s.About = alpha[0].Hash })
	bad(mismatch, "another kind of step than the message is", w.bravo, func(s *receipt.Statement) { s.Kind = receipt.Acted })
	bad(mismatch, "another time than the message was sent", w.bravo, func(s *receipt.Statement) { s.At = s.At.Add(time.Second) })
	bad(mismatch, "for another node than the message was sent to", w.bravo, func(s *receipt.Statement) { s.To = w.eve.card.ID() })
	bad(mismatch, "of another epoch", w.bravo, func(s *receipt.Statement) { s.Epoch = 2 })
	bad(mismatch, "of another message, whole in itself", w.bravo, func(s *receipt.Statement) { *s = log.statement(t, bravo[2]) })
	bad(proof, "a message that is not at this place", w.bravo, func(s *receipt.Statement) { s.Header = alpha[0].Hash })
	bad(proof, "the wrong index", w.bravo, func(s *receipt.Statement) { s.Index = 0 })
	bad(format, "a kind nobody knows", w.bravo, func(s *receipt.Statement) { s.Kind = "read" })
	bad(format, "a sentence in place of a word", w.bravo, func(s *receipt.Statement) { s.Said = "I understood" })
	bad(format, "no word", w.bravo, func(s *receipt.Statement) { s.Said = "" })
	bad(format, "about something that is no hash", w.bravo, func(s *receipt.Statement) { s.About = "the warning" })
	bad(format, "a receipt of delivery", w.bravo, func(s *receipt.Statement) {
		s.Kind, s.About, s.Said, s.At, s.Received, s.Disposition = receipt.Delivered, "", "", time.Time{}, s.At, receipt.Kept
	})
	bad(format, "with a disposition", w.bravo, func(s *receipt.Statement) { s.Disposition = receipt.Kept })
	bad(format, "version 2", w.bravo, func(s *receipt.Statement) { s.Version = 2 })
	return f
}

// verifyStep checks the receipt of a step, and that it says what the message says.
func (w world) verifyStep(v stepVector, m *envelope.Message) error {
	r, err := receipt.Parse([]byte(v.Receipt))
	if err != nil {
		return err
	}
	card := w.named(v.By).card
	if err := r.VerifyStep(receipt.Keys{Sign: card.Public(), Log: card.Log}); err != nil {
		return err
	}
	return warning.Matches(r.Statement, m)
}

// TestSteps compares steps.json with what the code makes, and reads it.
func TestSteps(t *testing.T) {
	w := load(t)
	same(t, "steps.json", encoded(t, w.steps(t)))
	var f stepFile
	read(t, "steps.json", &f)
	messages := make(map[string]*envelope.Message)
	for _, v := range f.Messages {
		m, err := envelope.Unpack([]byte(v.Packed))
		if err == nil {
			err = m.Verify(w.named(v.From).card.Public(), w.named(v.From).card.ID(), w.named(v.To).card.ID())
		}
		if err == nil {
			_, err = warning.Decode(m.Header.Kind, m.Payload)
		}
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		messages[v.Hash] = m
	}
	for _, v := range f.Good {
		if err := w.verifyStep(v, messages[v.Message]); err != nil {
			t.Errorf("%s: %v", v.What, err)
		}
	}
	for _, v := range f.Bad {
		err := w.verifyStep(v, messages[v.Message])
		if !slices.ContainsFunc(reasons[v.Reason], func(reason error) bool { return errors.Is(err, reason) }) {
			t.Errorf("%s: want %s, got %v", v.What, v.Reason, err)
		}
	}
}
