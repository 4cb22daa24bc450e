// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file asks and answers wrongly, in files, what nodes hold of each other: a
// partner that lies, hides or answers something else, and a stranger.

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// fileOf is a file with these records, by whoever has the ring.
func fileOf(t *testing.T, ring *keys.Ring, to *House, kind carry.Kind, contents ...[]byte) []byte {
	t.Helper()
	return fileBy(t, ring, ring, to, kind, contents...)
}

// fileBy is a file of whoever has the ring of, in which somebody else signed what is
// answered of a standing.
func fileBy(t *testing.T, of, answered *keys.Ring, to *House, kind carry.Kind, contents ...[]byte) []byte {
	t.Helper()
	recipient, err := to.Card().Recipient()
	Check(t, err)
	head := carry.Head{Version: 1, File: carry.NewFile(), From: of.ID(), To: to.Card().ID(), Number: 77, Made: time.Now().UTC()}
	var file bytes.Buffer
	w, err := carry.NewWriter(&file, recipient, head, func(input []byte) string {
		if bytes.HasPrefix(input, []byte("tocsin-standing/v1\n")) {
			return envelope.SenderValue(answered.ID(), answered.SignDelivery(input))
		}
		return envelope.SenderValue(of.ID(), of.SignDelivery(input))
	})
	Check(t, err)
	for _, content := range contents {
		Check(t, w.Add(kind, content))
	}
	Check(t, w.Close())
	return file.Bytes()
}

// A partner that lies in a file is found, nothing of it is taken, and people are
// told once; an answer to another question, of before or of somebody else, is none.
func TestWrongAnswersByHand(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, alpha, carol)
	for _, h := range []*House{bravo, carol} {
		alpha.Delivered(h)
		h.Delivered(alpha)
	}
	backup := backedUp(t, alpha)
	alpha.Warn(Draft("Lost by alpha.", "bravo"))
	alpha.Delivered(bravo)
	for _, h := range []*House{alpha, bravo, carol} {
		h.Cut()
	}
	putBack(t, alpha, backup)
	earlier, _ := out(t, alpha, bravo, api.CarryOut{})
	in(t, bravo, earlier)
	replayed, _ := out(t, bravo, alpha, api.CarryOut{}) // and it comes too late
	putBack(t, alpha, backup)

	ask := func(of *House) []byte {
		body, err := alpha.Inbox.Question(t.Context(), Officer(), of.Name, 9)
		Check(t, err)
		return body
	}
	page := func(by *House, body []byte, change func(*envelope.Standing)) []byte {
		told, err := by.Inbox.Page(t.Context(), Officer(), "alpha", body, 0, 0)
		Check(t, err)
		var s envelope.Standing
		Check(t, json.Unmarshal(told.Body, &s))
		change(&s)
		raw, err := json.Marshal(s)
		Check(t, err)
		return raw
	}
	same := func(*envelope.Standing) {}
	ofBravo, ofCarol := ask(bravo), ask(carol)
	const old, cut, lie = "is to a question that this node does not wait for", "is not right: what stood before it was taken", "says that it holds of this node is not right"
	for _, test := range []struct {
		name  string
		file  []byte
		words string
	}{
		{"played again, of a recovery before", replayed, old},
		{"to what carol was asked", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofCarol, same)), old},
		{"to what nobody asked", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofBravo, func(s *envelope.Standing) { s.Ask = strings.Repeat("cd", 32) })), old},
		{"carol's, in a file of bravo's", fileBy(t, bravo.Ring(), carol.Ring(), alpha, carry.KindStanding, page(carol, ofCarol, same)), cut},
		{"eve's, in a file of bravo's", fileBy(t, bravo.Ring(), NewEve(t, "eve").Ring, alpha, carry.KindStanding, page(bravo, ofBravo, same)), cut},
		{"none", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, []byte(`{}`)), cut},
		{"more than it shows", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofBravo, func(s *envelope.Standing) { s.Seq = 99 })), lie},
		{"for bravo itself", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofBravo, func(s *envelope.Standing) { s.To = bravo.Card().ID() })), lie},
		{"a receipt that is made up", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofBravo, func(s *envelope.Standing) { s.Held[0].Receipt = "made up" })), lie},
		{"lies and then the truth", fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofBravo, func(s *envelope.Standing) { s.Hash = strings.Repeat("ab", 32) }), page(bravo, ofBravo, same)), lie},
	} {
		taken := in(t, alpha, test.file)
		if told := strings.Join(append(taken.Waits, taken.Cut), "\n"); taken.OK() || taken.Heard || taken.GivenBack != 0 || !strings.Contains(told, test.words) {
			t.Errorf("%s: %+v", test.name, taken)
		}
		if r := recoveryOf(t, alpha); !r.Open || len(r.Waits) != 2 || r.Partners[0].Ours != 0 {
			t.Errorf("%s: something of it was taken: %+v", test.name, r)
		}
	}
	if told := rung(t, alpha, warning.AlarmStanding); len(told) != 1 {
		t.Errorf("alarms: %q", told)
	}
	// What is right ends the wait, in whatever order the two answer.
	for _, right := range [][]byte{fileOf(t, carol.Ring(), alpha, carry.KindStanding, page(carol, ofCarol, same)), fileOf(t, bravo.Ring(), alpha, carry.KindStanding, page(bravo, ofBravo, same))} {
		if taken := in(t, alpha, right); !taken.OK() || !taken.Heard {
			t.Errorf("a right answer: %+v", taken)
		}
	}
	if r := ended(t, alpha); r.Partners[0].Ours != 1 {
		t.Errorf("the recovery: %+v", r)
	}
	alpha.Sound()
}

// What another partner signed for us, its question or its delivery, is not taken
// from a file of alpha's, and nobody is told that alpha asked.
func TestWhatAnotherSignedInAFile(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, carol, bravo)
	question, err := json.Marshal(envelope.StandingAsk{Version: 1, From: carol.Card().ID(), To: bravo.Card().ID(), Nonce: strings.Repeat("0a", 32)})
	Check(t, err)
	delivery, err := json.Marshal(envelope.Delivery{From: carol.Card().ID(), To: bravo.Card().ID(), Envelopes: [][]byte{[]byte("sealed")}})
	Check(t, err)
	recipient, err := bravo.Card().Recipient()
	Check(t, err)
	for kind, content := range map[carry.Kind][]byte{carry.KindQuestion: question, carry.KindDelivery: delivery} {
		head := carry.Head{Version: 1, File: carry.NewFile(), From: alpha.Card().ID(), To: bravo.Card().ID(), Number: 77, Made: time.Now().UTC()}
		var file bytes.Buffer
		w, err := carry.NewWriter(&file, recipient, head, func(input []byte) string {
			by := alpha.Ring()
			if bytes.HasPrefix(input, []byte("tocsin-delivery/v1\n")) {
				by = carol.Ring()
			}
			return envelope.SenderValue(by.ID(), by.SignDelivery(input))
		})
		Check(t, err)
		Check(t, w.Add(kind, content))
		Check(t, w.Close())
		if taken := in(t, bravo, file.Bytes()); taken.OK() || taken.Asks || taken.Refused > 0 || !strings.Contains(taken.Cut, "is not right") {
			t.Errorf("a %s of carol's: %+v", kind, taken)
		}
	}
	if told := rung(t, bravo, warning.AlarmRestored); len(told) != 0 {
		t.Errorf("people are told %q", told)
	}
}

// Nobody but a partner that is not expelled is told anything in a file.
func TestQuestionsInFiles(t *testing.T) {
	alpha, bravo := apart(t)
	ask := func(from, to string) []byte {
		raw, err := json.Marshal(envelope.StandingAsk{Version: 1, From: from, To: to, Nonce: strings.Repeat("0a", 32)})
		Check(t, err)
		return raw
	}
	eve := NewEve(t, "eve")
	a, b := alpha.Card().ID(), bravo.Card().ID()
	for name, body := range map[string][]byte{
		"for another": ask(a, a), "in another's name": ask(eve.Ring.ID(), b), "none": []byte("{}"), "too large": bytes.Repeat([]byte(" "), envelope.MaxStandingAsk+1),
	} {
		if taken := in(t, bravo, fileOf(t, alpha.Ring(), bravo, carry.KindQuestion, body)); taken.OK() || taken.Asks {
			t.Errorf("%s: %+v", name, taken)
		}
	}
	if told := rung(t, bravo, warning.AlarmRestored); len(told) != 0 {
		t.Errorf("of wrong questions people are told %q", told)
	}
	_, err := bravo.Desk.SetState(t.Context(), Officer(), "alpha", "suspended", "a test")
	Check(t, err)
	question := fileOf(t, alpha.Ring(), bravo, carry.KindQuestion, ask(a, b))
	if taken := in(t, bravo, question); !taken.OK() || !taken.Asks {
		t.Errorf("asked while suspended: %+v", taken)
	}
	if _, made := out(t, bravo, alpha, api.CarryOut{}); !made.Answers || made.Messages != 0 {
		t.Errorf("answered while suspended: %+v", made)
	}
	_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", "expelled", "a test")
	Check(t, err)
	if taken := in(t, bravo, question); taken.OK() || taken.Asks || len(taken.Waits) != 1 || !strings.Contains(taken.Waits[0], "is expelled: it is not answered") {
		t.Errorf("asked while expelled: %+v", taken)
	}
}

// A partner that hides what it holds is believed as far as its word goes, and its
// word is kept, signed: when it shows later what it hid, people are told.
func TestWhatAPartnerHidIsShownLater(t *testing.T) {
	alpha, bravo := apart(t)
	backup := backedUp(t, alpha)
	alpha.Warn(Draft("Lost by alpha, and hidden by bravo.", "bravo"))
	bravo.Warn(Draft("Its receipt shows bravo more of alpha's log.", "alpha"))
	brought(t, bravo, alpha)
	brought(t, alpha, bravo)
	putBack(t, alpha, backup)
	body, err := alpha.Inbox.Question(t.Context(), Officer(), "bravo", 9)
	Check(t, err)
	ask, err := envelope.ParseStandingAsk(body)
	Check(t, err)
	told, err := bravo.Inbox.Page(t.Context(), Officer(), "alpha", body, 0, 0)
	Check(t, err)
	var s envelope.Standing
	Check(t, json.Unmarshal(told.Body, &s))
	if len(s.Held) != 2 || len(s.Checkpoints) == 0 || s.Seq != ask.Ours+1 {
		t.Fatalf("there is nothing to hide: %+v", s)
	}
	for _, held := range s.Held {
		if lost, err := alpha.Ring().Open(held.Envelope); err == nil && lost.Header.From == alpha.Card().ID() {
			s.Seq, s.Hash = ask.Ours, lost.Header.Prev
		}
	}
	s.Held, s.Checkpoints = nil, nil
	hidden, err := json.Marshal(s)
	Check(t, err)
	if taken := in(t, alpha, fileOf(t, bravo.Ring(), alpha, carry.KindStanding, hidden)); !taken.OK() || !taken.Heard {
		t.Fatalf("it hides, and that cannot be seen: %+v", taken)
	}
	if r := ended(t, alpha); r.Partners[0].Ahead || !r.NewLog {
		t.Errorf("the recovery: %+v", r)
	}
	if told := rung(t, alpha, warning.AlarmStanding); len(told) != 0 {
		t.Errorf("told before there was anything to see: %q", told)
	}
	bravo.Warn(Draft("With what bravo has seen of alpha's log.", "alpha"))
	file, _ := out(t, bravo, alpha, api.CarryOut{})
	in(t, alpha, file)
	if told := rung(t, alpha, warning.AlarmStanding); len(told) != 1 || !strings.Contains(told[0], "which nobody showed when they were asked") {
		t.Errorf("people are told %q", told)
	}
	var kept store.StandingSaid
	Check(t, alpha.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) (err error) {
		kept, err = store.Standings.Get(tx, store.StandingID(recoveryOf(t, alpha).ID, "bravo"))
		return err
	}))
	by, err := envelope.ParseSender(kept.Seal)
	if err != nil || !by.SignedStanding(bravo.Card().Public(), alpha.Card().ID(), kept.Said) || !bytes.Equal(kept.Said, hidden) {
		t.Errorf("its word is not kept with its signature: %v", err)
	}
	alpha.Sound()
}
