// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds changes of keys: good ones, what must be refused, the history
// they make, and the header that leads from one key to the next.

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
)

// changeVector is a change of keys against the card that is known.
type changeVector struct {
	What   string          `json:"what"`
	Known  string          `json:"known"` // canonical card
	Change envelope.Change `json:"change"`
	New    string          `json:"new,omitempty"` // the card after a good one
	Why    string          `json:"why,omitempty"` // of a bad one: format, old or new
}

// linkVector is the sender header of a body from alpha to bravo, who knows a key.
type linkVector struct {
	What   string `json:"what"`
	Known  string `json:"known"` // canonical card
	Body   string `json:"body"`
	Header string `json:"header"`
	Bad    bool   `json:"bad,omitempty"`
}

// eraVector is one card of the history with the time it was in force.
type eraVector struct {
	KeyID   string    `json:"key_id"`
	Until   time.Time `json:"until,omitzero"`
	InDoubt time.Time `json:"in_doubt_since,omitzero"`
}

type keyChangeFile struct {
	// Identities are alpha's later opening keys; random, and kept.
	Identities []string       `json:"identities"`
	Changes    []changeVector `json:"changes"`
	Invalid    []changeVector `json:"invalid_changes"`
	History    jsontext.Value `json:"history"` // with a report
	Eras       []eraVector    `json:"eras"`
	Links      []linkVector   `json:"links"`
}

// later is alpha with its keys after number changes: the log key alone changes
// with the second.
func (w world) later(t *testing.T, number int, identities []string) *keys.Ring {
	t.Helper()
	if number == 0 {
		return w.alpha.ring
	}
	seed := func(of string, change int) []byte {
		sum := sha256.Sum256(fmt.Appendf(nil, "tocsin test vectors, %s key of alpha after change %d", of, change))
		return sum[:]
	}
	others := []int{0, 1, 1, 3}[number]
	logKey, logPub, err := note.GenerateKey(bytes.NewReader(seed("log", number)), w.alpha.card.Origin())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{
		"v": 2, "name": "alpha", "country": w.alpha.Country, "sign_seed": seed("signing", others), "log_key": logKey, "log_public": logPub,
		"seal_identity": identities[others/2], "witness_seed": seed("witness", others), "witness_pq_seed": seed("post-quantum witness", others),
		"id": w.alpha.card.ID(), "number": number,
	})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func text(t *testing.T, card envelope.Card) string {
	t.Helper()
	raw, err := card.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// change signs that alpha's keys of that number take the place of those before.
func (w world) change(t *testing.T, number int, identities []string, s envelope.ChangeStatement) envelope.Change {
	t.Helper()
	// A ring adopts in place: the one that the others use stays as it is.
	raw, err := w.later(t, number-1, identities).Encode()
	if err != nil {
		t.Fatal(err)
	}
	before, err := keys.Parse(raw)
	if err == nil {
		err = before.Prepare(w.later(t, number, identities))
	}
	if err != nil {
		t.Fatal(err)
	}
	change, err := before.SignChange(s, w.alpha.Address)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func (w world) keyChanges(t *testing.T) keyChangeFile {
	t.Helper()
	var f keyChangeFile
	if raw, err := os.ReadFile("keys-change.json"); err == nil {
		var kept keyChangeFile
		if err := json.Unmarshal(raw, &kept); err != nil {
			t.Fatal(err)
		}
		f.Identities = kept.Identities
	}
	for len(f.Identities) < 2 {
		identity, err := age.GenerateHybridIdentity()
		if err != nil {
			t.Fatal(err)
		}
		f.Identities = append(f.Identities, identity.String())
	}
	statements := []envelope.ChangeStatement{
		{At: when.AddDate(0, 1, 0), Why: envelope.Rotation, Reason: "Once a year."},
		{At: when.AddDate(0, 2, 0), Why: envelope.Rotation},
		{At: when.AddDate(0, 3, 0), Why: envelope.Compromise, Since: when.AddDate(0, 2, 15), Reason: "A disk is gone."},
	}
	cards := []envelope.Card{w.alpha.card}
	h := envelope.History{Version: 1, First: w.alpha.card}
	for i, what := range []string{"every key, in good order", "the log key alone", "every key, after a theft"} {
		change := w.change(t, i+1, f.Identities, statements[i])
		cards = append(cards, w.later(t, i+1, f.Identities).Card(w.alpha.Address))
		f.Changes = append(f.Changes, changeVector{What: what, Known: text(t, cards[i]), Change: change, New: text(t, cards[i+1])})
		h.Changes = append(h.Changes, change)
	}
	f.Changes = append(f.Changes, w.restored(t))
	f.Invalid = w.invalidChanges(t, f, cards)
	h.Reports = []envelope.Report{{Key: cards[3].KeyID(), Since: when.AddDate(0, 4, 0), Told: when.AddDate(0, 4, 1), By: "Duty officer 2", Why: "They called."}}
	raw, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f.History = raw
	for _, era := range h.Eras() {
		v := eraVector{KeyID: era.Card.KeyID(), Until: era.Until}
		for _, report := range era.Doubt {
			if v.InDoubt.IsZero() || report.Since.Before(v.InDoubt) {
				v.InDoubt = report.Since
			}
		}
		f.Eras = append(f.Eras, v)
	}
	f.Links = w.links(t, f, cards)
	return f
}

// restored is the change of an alpha that was restored from a backup in place of
// its first: the log goes on under another name.
func (w world) restored(t *testing.T) changeVector {
	t.Helper()
	seed := func(of string) []byte {
		sum := sha256.Sum256(fmt.Appendf(nil, "tocsin test vectors, %s key of alpha restored", of))
		return sum[:]
	}
	raw, err := w.alpha.ring.Encode()
	if err != nil {
		t.Fatal(err)
	}
	before, err := keys.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var ring map[string]any
	if err := json.Unmarshal(raw, &ring); err != nil {
		t.Fatal(err)
	}
	logKey, logPub, err := note.GenerateKey(bytes.NewReader(seed("log")), envelope.RestoredOrigin(w.alpha.card.Origin(), [8]byte{1, 2, 3, 4, 5, 6, 7, 8}))
	if err != nil {
		t.Fatal(err)
	}
	ring["log_key"], ring["log_public"], ring["number"] = logKey, logPub, 1
	ring["witness_seed"], ring["witness_pq_seed"] = seed("witness"), seed("post-quantum witness")
	if raw, err = json.Marshal(ring); err != nil {
		t.Fatal(err)
	}
	next, err := keys.Parse(raw)
	if err == nil {
		err = before.Prepare(next)
	}
	if err != nil {
		t.Fatal(err)
	}
	root := sha256.Sum256([]byte("the root of the log in the backup"))
	change, err := before.SignChange(envelope.ChangeStatement{
		At: when.AddDate(0, 1, 0), Why: envelope.Restoration, Reason: "A disk burnt.", Restored: &envelope.LogEnd{Size: 42, Root: base64.StdEncoding.EncodeToString(root[:])},
	}, w.alpha.Address)
	if err != nil {
		t.Fatal(err)
	}
	return changeVector{What: "the log goes on under another name, after a restore", Known: text(t, w.alpha.card), Change: change, New: text(t, next.Card(w.alpha.Address))}
}

// invalidChanges are changes that look right but for one thing.
func (w world) invalidChanges(t *testing.T, f keyChangeFile, cards []envelope.Card) (bad []changeVector) {
	t.Helper()
	good := f.Changes[0].Change
	add := func(why, what string, known envelope.Card, change envelope.Change) {
		bad = append(bad, changeVector{What: what, Known: text(t, known), Change: change, Why: why})
	}
	add("format", "of another node", w.bravo.card, good)
	add("format", "again, when its keys are known already", cards[1], good)
	add("format", "the one after the next", cards[0], f.Changes[2].Change)
	byEve := w.eve.sign(envelope.ChangeOldInput(good.Statement))
	change := good
	change.Old = byEve
	add("old", "signed by eve in place of the old key", cards[0], change)
	change = good
	change.Link = w.eve.sign(envelope.LinkInput(cards[0].ID(), cards[1].Public()))
	add("old", "its link signed by eve", cards[0], change)
	change = good
	change.Link = nil
	add("old", "without a link", cards[0], change)
	change = good
	change.New = w.alpha.sign(envelope.ChangeNewInput(good.Statement))
	add("new", "signed by the stolen old key alone", cards[0], change)
	change = good
	change.Log = f.Changes[1].Change.Log
	add("new", "the log key signed another one", cards[0], change)

	// Signed by the stolen old key, with a statement that eve made up.
	forged := func(why, what string, bend func(*envelope.ChangeStatement)) {
		s, err := good.Peek()
		if err != nil {
			t.Fatal(err)
		}
		bend(&s)
		change := good
		if change.Statement, err = s.Encode(); err != nil {
			t.Fatal(err)
		}
		change.Old = w.alpha.sign(envelope.ChangeOldInput(change.Statement))
		add(why, what, cards[0], change)
	}
	forged("format", "number 0", func(s *envelope.ChangeStatement) { s.Number = 0 })
	forged("format", "a theft without a date", func(s *envelope.ChangeStatement) { s.Why = envelope.Compromise })
	forged("format", "a theft after it was told", func(s *envelope.ChangeStatement) { s.Why, s.Since = envelope.Compromise, s.At.Add(time.Hour) })
	forged("format", "in good order, and with the date of a theft", func(s *envelope.ChangeStatement) { s.Since = s.At })
	forged("format", "why, in another word", func(s *envelope.ChangeStatement) { s.Why = "loss" })
	forged("format", "another name", func(s *envelope.ChangeStatement) { s.New.Name = "alphb" })
	forged("format", "another node id", func(s *envelope.ChangeStatement) { s.New.Node = w.eve.card.ID() })
	forged("format", "another log", func(s *envelope.ChangeStatement) { s.New.Log = w.eve.card.Log })
	forged("format", "the same keys", func(s *envelope.ChangeStatement) { s.New = cards[0] })
	forged("format", "a theft, and the opening key stays", func(s *envelope.ChangeStatement) {
		s.Why, s.Since, s.New.Seal = envelope.Compromise, s.At, cards[0].Seal
	})
	change = good
	change.Statement = append([]byte(" "), good.Statement...)
	add("format", "not canonical", cards[0], change)
	return bad
}

func (w world) links(t *testing.T, f keyChangeFile, cards []envelope.Card) (links []linkVector) {
	t.Helper()
	const body = `{"a":"body"}`
	input := envelope.DeliverySigningInput(w.bravo.card.ID(), []byte(body))
	first, err := f.Changes[0].Change.Peek()
	if err != nil {
		t.Fatal(err)
	}
	third, err := f.Changes[2].Change.Peek()
	if err != nil {
		t.Fatal(err)
	}
	chain := []envelope.Link{{Public: first.New.Public(), Signature: f.Changes[0].Change.Link}, {Public: third.New.Public(), Signature: f.Changes[2].Change.Link}}
	newest := w.later(t, 3, f.Identities)
	add := func(what string, bad bool, known envelope.Card, s envelope.Sender) {
		s.ID = w.alpha.card.ID()
		links = append(links, linkVector{What: what, Known: text(t, known), Body: body, Header: s.Value(), Bad: bad})
	}
	add("the key that is known", false, cards[0], envelope.Sender{Signature: w.alpha.ring.SignDelivery(input)})
	add("two links lead from the first key", false, cards[0], envelope.Sender{Signature: newest.SignDelivery(input), Links: chain})
	add("the first link is known already", false, cards[1], envelope.Sender{Signature: newest.SignDelivery(input), Links: chain})
	add("the newest is known", false, cards[3], envelope.Sender{Signature: newest.SignDelivery(input), Links: chain})
	add("no link", true, cards[0], envelope.Sender{Signature: newest.SignDelivery(input)})
	add("a link is missing between", true, cards[0], envelope.Sender{Signature: newest.SignDelivery(input), Links: chain[1:]})
	add("the old key, when the newest is known", true, cards[3], envelope.Sender{Signature: w.alpha.ring.SignDelivery(input)})
	add("the old key links to eve's, when the newest is known", true, cards[3], envelope.Sender{
		Signature: w.eve.ring.SignDelivery(input),
		Links:     []envelope.Link{{Public: w.eve.card.Public(), Signature: w.alpha.sign(envelope.LinkInput(w.alpha.card.ID(), w.eve.card.Public()))}},
	})
	add("signed by the first, though the links lead on", true, cards[0], envelope.Sender{Signature: w.alpha.ring.SignDelivery(input), Links: chain})
	return links
}

// TestKeyChanges compares keys-change.json with what the code makes, and reads it.
func TestKeyChanges(t *testing.T) {
	w := load(t)
	same(t, "keys-change.json", encoded(t, w.keyChanges(t)))
	var f keyChangeFile
	read(t, "keys-change.json", &f)
	parsed := func(raw string) envelope.Card {
		card, err := envelope.ParseCard([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return card
	}
	for _, v := range f.Changes {
		s, err := v.Change.Check(parsed(v.Known))
		if err != nil || text(t, s.New) != v.New {
			t.Errorf("%s: %v", v.What, err)
		}
	}
	whys := map[string]error{"format": envelope.ErrChange, "old": envelope.ErrChangeOld, "new": envelope.ErrChangeNew}
	for _, v := range f.Invalid {
		if _, err := v.Change.Check(parsed(v.Known)); !errors.Is(err, whys[v.Why]) {
			t.Errorf("%s: got %v, want %s", v.What, err, v.Why)
		}
	}
	for _, v := range f.Links {
		sender, err := envelope.ParseSender(v.Header)
		if err != nil || sender.Signed(ed25519.PublicKey(parsed(v.Known).Sign), w.bravo.card.ID(), []byte(v.Body)) == v.Bad {
			t.Errorf("%s: %v", v.What, err)
		}
	}
	h, err := envelope.ParseHistory(f.History)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Eras()) != len(f.Eras) || h.Card().ID() != w.alpha.card.ID() {
		t.Errorf("%d eras of %s", len(h.Eras()), h.Card().ID())
	}
	for name, bend := range map[string]func(*envelope.History){
		"a change left out":        func(h *envelope.History) { h.Changes = append(h.Changes[:1:1], h.Changes[2:]...) },
		"two changes turned round": func(h *envelope.History) { h.Changes = []envelope.Change{h.Changes[1], h.Changes[0], h.Changes[2]} },
		"from a later card on":     func(h *envelope.History) { h.First, h.Changes = parsed(f.Changes[0].New), h.Changes[1:] },
		"another node's first":     func(h *envelope.History) { h.First = w.bravo.card },
		"version 2":                func(h *envelope.History) { h.Version = 2 },
	} {
		bent := h
		bend(&bent)
		if err := bent.Check(); !errors.Is(err, envelope.ErrHistory) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParseHistory(f *testing.F) {
	raw, err := os.ReadFile("keys-change.json")
	if err != nil {
		f.Fatal(err)
	}
	var vectors keyChangeFile
	if err := json.Unmarshal(raw, &vectors); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(vectors.History))
	f.Add([]byte(`{"v":1,"first":{},"changes":[]}`))
	first, err := envelope.ParseHistory(vectors.History)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := envelope.ParseHistory(raw)
		if err != nil {
			if !errors.Is(err, envelope.ErrHistory) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		if h.Card().ID() == first.Card().ID() && len(h.Changes) > len(first.Changes) {
			t.Fatal("a change that alpha never signed")
		}
		if eras := h.Eras(); len(eras) != len(h.Changes)+1 {
			t.Fatalf("%d eras of %d changes", len(eras), len(h.Changes))
		}
	})
}
