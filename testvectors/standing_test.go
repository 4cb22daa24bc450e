// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds what an alpha that was restored asks bravo, what bravo answers,
// and how an answer is refused whose place another message has.

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// signedBody is a body with the sender header that says who signed it.
type signedBody struct {
	Body   string `json:"body"`
	Sender string `json:"sender"`
}

// standingHas is what alpha has when it asks: the newest of both chains.
type standingHas struct {
	Ours       uint64 `json:"ours"`
	OursHash   string `json:"ours_hash"`
	Theirs     uint64 `json:"theirs"`
	TheirsHash string `json:"theirs_hash"`
}

// standingVector is an answer, page by page, and what of it is taken: the hashes of
// the messages in their order, or the reason why it is wrong.
type standingVector struct {
	What   string       `json:"what"`
	Pages  []signedBody `json:"pages"`
	Held   []string     `json:"held,omitempty"`
	Reason string       `json:"reason,omitempty"`
}

// takenVector is a message that was refused, and what the answer shows of the one
// that has its place; Reason says why it proves nothing.
type takenVector struct {
	What   string         `json:"what"`
	Header string         `json:"header"` // of the message that was refused
	Taken  envelope.Taken `json:"taken"`
	Reason string         `json:"reason,omitempty"`
}

type standingFile struct {
	Question signedBody       `json:"question"`
	Has      standingHas      `json:"has"`
	Answers  []standingVector `json:"answers"`
	BadAsked []questionVector `json:"bad_questions"`
	Taken    []takenVector    `json:"taken"`
}

// questionVector is a question that bravo refuses.
type questionVector struct {
	What   string `json:"what"`
	Body   string `json:"body"`
	Sender string `json:"sender"`
	Reason string `json:"reason"`
}

// Reasons that only answers about a standing have.
const (
	otherAsk = "question" // it answers another question
	follows  = "prev"     // a message does not follow the one before it
	hides    = "hidden"   // it says there is more than it shows
)

// seals are envelopes for alpha that were sealed before, by the hash of what is in
// them: a seal is random.
func (w world) seals(t *testing.T) map[string][]byte {
	t.Helper()
	kept := make(map[string][]byte)
	raw, err := os.ReadFile("standing.json")
	if err != nil {
		return kept
	}
	var before standingFile
	if err := json.Unmarshal(raw, &before); err != nil {
		t.Fatal(err)
	}
	for _, v := range before.Answers {
		for _, page := range v.Pages {
			s, err := envelope.ParseStanding([]byte(page.Body))
			if err != nil {
				continue
			}
			for _, held := range s.Held {
				if m, err := w.alpha.ring.Open(held.Envelope); err == nil {
					kept[m.Hash()] = held.Envelope
				}
			}
		}
	}
	return kept
}

// standings are the vectors of standing.json, of the exchange that the dossiers are of.
func (w world) standings(t *testing.T) (f standingFile) {
	t.Helper()
	a := w.tale(t)
	seals := w.seals(t)
	f.Has = standingHas{Ours: 1, OursHash: a.all[0].v.Hash, Theirs: 1, TheirsHash: a.all[1].v.Hash}
	ask := envelope.StandingAsk{Version: 1, From: w.alpha.card.ID(), To: w.bravo.card.ID(), Nonce: strings.Repeat("5a", 32), Ours: 1, Theirs: 1}
	asked := func(ask envelope.StandingAsk, by *node) signedBody {
		body := marshalled(t, ask)
		return signedBody{body, envelope.SenderValue(w.alpha.card.ID(), by.sign(envelope.DeliverySigningInput(w.bravo.card.ID(), []byte(body))))}
	}
	f.Question = asked(ask, w.alpha)
	bad := func(reason, what string, q signedBody) {
		f.BadAsked = append(f.BadAsked, questionVector{what, q.Body, q.Sender, reason})
	}
	bad(sender, "signed by eve", asked(ask, w.eve))
	changed := ask
	changed.To = w.eve.card.ID()
	bad(address, "for eve", asked(changed, w.alpha))
	changed = ask
	changed.Nonce = "5a"
	bad(format, "a short nonce", asked(changed, w.alpha))
	more := signedBody{Body: strings.Replace(f.Question.Body, `{"v":1`, `{"v":1,"all":true`, 1)}
	more.Sender = envelope.SenderValue(w.alpha.card.ID(), w.alpha.sign(envelope.DeliverySigningInput(w.bravo.card.ID(), []byte(more.Body))))
	bad(format, "a member nobody knows", more)

	held := func(s *told) envelope.Held {
		sealed, ok := seals[s.v.Hash]
		if !ok {
			recipient, err := w.alpha.card.Recipient()
			if err == nil {
				sealed, err = envelope.Seal(recipient, s.v.message)
			}
			if err != nil {
				t.Fatal(err)
			}
			seals[s.v.Hash] = sealed
		}
		return envelope.Held{Envelope: sealed, Receipt: s.receipt, Step: s.step}
	}
	newest := a.all[6].v // alpha's dispute
	page := func(more bool, from, to int) envelope.Standing {
		s := envelope.Standing{Version: 1, From: w.bravo.card.ID(), To: w.alpha.card.ID(), Ask: envelope.StandingID([]byte(f.Question.Body)),
			Seq: newest.message.Header.Seq, Hash: newest.Hash, More: more, Checkpoints: []string{must(t)(w.alpha.ring.SignCheckpoint(a.alpha.tree.Head()))}}
		for _, one := range a.all[from:to] {
			s.Held = append(s.Held, held(one))
		}
		return s
	}
	add := func(reason, what string, by *node, pages ...envelope.Standing) {
		v := standingVector{What: what}
		for _, s := range pages {
			body := marshalled(t, s)
			v.Pages = append(v.Pages, signedBody{body, envelope.SenderValue(w.bravo.card.ID(), by.sign(envelope.StandingSigningInput(w.alpha.card.ID(), []byte(body))))})
		}
		if v.Held, v.Reason = w.judgedStanding(t, f.Question, f.Has, v.Pages); v.Reason != reason {
			t.Errorf("%s: want %q, got %q", what, reason, v.Reason)
		}
		f.Answers = append(f.Answers, v)
	}
	add("", "everything, on one page", w.bravo, page(false, 2, 7))
	add("", "on two pages", w.bravo, page(true, 2, 4), page(false, 4, 7))
	add("", "the same page again, as in a file that was cut off and taken once more", w.bravo, page(true, 2, 4), page(true, 2, 4), page(false, 4, 7))
	add("", "a place of alpha's that never came, named", w.bravo, func() envelope.Standing {
		s := page(false, 2, 3)
		s.Held = append(s.Held, held(a.all[6]))
		s.OursMissing = []envelope.Missing{{Seq: 3, Hash: a.all[3].v.Hash, Why: "expired"}}
		return s
	}())
	add("", "nothing but what alpha has", w.bravo, func() envelope.Standing {
		s := page(false, 2, 2)
		s.Seq, s.Hash = 1, a.all[0].v.Hash
		return s
	}())
	wrong := func(reason, what string, lie func(*envelope.Standing)) {
		s := page(false, 2, 7)
		lie(&s)
		add(reason, what, w.bravo, s)
	}
	add(signature, "signed by eve", w.eve, page(false, 2, 7))
	wrong(format, "version 2", func(s *envelope.Standing) { s.Version = 2 })
	wrong(otherAsk, "the answer to another question", func(s *envelope.Standing) { s.Ask = strings.Repeat("0", 64) })
	wrong(address, "for eve", func(s *envelope.Standing) { s.To = w.eve.card.ID() })
	wrong(hides, "one message more of alpha's than it shows", func(s *envelope.Standing) { s.Held = s.Held[:4] })
	wrong(hides, "another message as the newest of alpha's", func(s *envelope.Standing) { s.Hash = strings.Repeat("0", 64) })
	wrong(follows, "a place between that is not named", func(s *envelope.Standing) { s.Held = append(s.Held[:1], s.Held[4]) })
	wrong(mismatch, "two receipts swapped", func(s *envelope.Standing) {
		s.Held[0].Receipt, s.Held[1].Receipt = s.Held[1].Receipt, s.Held[0].Receipt
	})
	wrong(signature, "a receipt that eve signed in bravo's name", func(s *envelope.Standing) {
		s.Held[0].Receipt = a.prove(a.bravo, a.delivered(a.all[2]), a.bravo.places["received"+a.all[2].v.Hash], w.eve)
	})
	wrong(checkpoint, "a checkpoint of bravo's own log as one of alpha's", func(s *envelope.Standing) {
		s.Checkpoints = []string{must(t)(w.bravo.ring.SignCheckpoint(a.bravo.tree.Head()))}
	})

	twin := w.second(t, a.all[2].v, "What somebody else said.")
	there := a.all[2]
	taken := func(reason, what string, show envelope.Taken) {
		v := takenVector{What: what, Header: string(twin.HeaderBytes), Taken: show}
		if v.Reason = w.judgedTaken(t, v); v.Reason != reason {
			t.Errorf("%s: want %q, got %q", what, reason, v.Reason)
		}
		f.Taken = append(f.Taken, v)
	}
	right := envelope.Taken{Header: there.v.message.HeaderBytes, Signature: there.v.message.Signature, Receipt: there.receipt}
	taken("", "the message that has the place, with its receipt", right)
	lie := right
	lie.Signature = w.bravo.sign(envelope.SigningInput(right.Header))
	taken(signature, "signed by bravo itself", lie)
	lie = right
	lie.Receipt = a.all[3].receipt
	taken(mismatch, "with the receipt of another message", lie)
	lie = right
	lie.Receipt = a.prove(a.bravo, a.delivered(there), a.bravo.places["received"+there.v.Hash], w.eve)
	taken(signature, "with a receipt that eve signed", lie)
	taken("place", "a message of another place", envelope.Taken{Header: a.all[3].v.message.HeaderBytes, Signature: a.all[3].v.message.Signature, Receipt: a.all[3].receipt})
	taken("place", "the very message that was refused", envelope.Taken{Header: twin.HeaderBytes, Signature: twin.Signature, Receipt: there.receipt})
	return f
}

func marshalled(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// word is the reason of the vectors for an error of ours.
func word(t *testing.T, err error) string {
	t.Helper()
	for reason, errs := range reasons {
		for _, one := range errs {
			if errors.Is(err, one) {
				return reason
			}
		}
	}
	t.Fatal(err)
	return ""
}

// judgedStanding reads an answer as alpha does that has what it says.
func (w world) judgedStanding(t *testing.T, question signedBody, has standingHas, pages []signedBody) (taken []string, reason string) {
	t.Helper()
	type tip struct {
		seq  uint64
		hash string
	}
	tips := map[string]tip{w.alpha.card.ID(): {has.Ours, has.OursHash}, w.bravo.card.ID(): {has.Theirs, has.TheirsHash}}
	at := map[tip]bool{tips[w.alpha.card.ID()]: true} // what alpha has of its own
	seen := make(map[string]bool)
	for _, p := range pages {
		s, err := envelope.ParseStanding([]byte(p.Body))
		if err != nil {
			return nil, format
		}
		by, err := envelope.ParseSender(p.Sender)
		switch {
		case err != nil || by.ID != w.bravo.card.ID() || !by.SignedStanding(w.bravo.card.Public(), w.alpha.card.ID(), []byte(p.Body)):
			return nil, signature
		case s.From != w.bravo.card.ID() || s.To != w.alpha.card.ID():
			return nil, address
		case s.Ask != envelope.StandingID([]byte(question.Body)):
			return nil, otherAsk
		}
		missing := make(map[string]map[uint64]string)
		for id, list := range map[string][]envelope.Missing{w.alpha.card.ID(): s.OursMissing, w.bravo.card.ID(): s.TheirsMissing} {
			missing[id] = make(map[uint64]string)
			for _, m := range list {
				missing[id][m.Seq] = m.Hash
			}
		}
		for _, held := range s.Held {
			m, err := w.alpha.ring.Open(held.Envelope)
			if err != nil {
				return nil, format
			}
			from, to := w.bravo, w.alpha
			if m.Header.From == w.alpha.card.ID() {
				from, to = w.alpha, w.bravo
			}
			if err := m.Verify(from.card.Public(), from.card.ID(), to.card.ID()); err != nil {
				return nil, word(t, err)
			}
			if reason := w.receipted(t, held.Receipt, m, to); reason != "" {
				return nil, reason
			}
			if seen[m.Hash()] {
				continue
			}
			prev := tips[from.card.ID()]
			for prev.seq+1 < m.Header.Seq {
				hash, named := missing[from.card.ID()][prev.seq+1]
				if !named {
					return nil, follows
				}
				prev = tip{prev.seq + 1, hash}
			}
			if m.Header.Prev != prev.hash || m.Header.Seq != prev.seq+1 {
				return nil, follows
			}
			now := tip{m.Header.Seq, m.Hash()}
			tips[from.card.ID()], seen[m.Hash()] = now, true
			if from == w.alpha {
				at[now] = true
			}
			taken = append(taken, m.Hash())
		}
		for _, signed := range s.Checkpoints {
			if _, err := receipt.OpenCheckpoint(signed, w.alpha.card.Log); err != nil {
				return nil, checkpoint
			}
		}
		if !s.More && s.Seq > 0 && !at[tip{s.Seq, s.Hash}] {
			return nil, hides
		}
	}
	return taken, ""
}

// receipted says what is wrong with the receipt that a node gave for a message.
func (w world) receipted(t *testing.T, text string, m *envelope.Message, by *node) string {
	t.Helper()
	r, err := receipt.Parse([]byte(text))
	if err == nil {
		err = r.Verify(receipt.Keys{Sign: by.card.Public(), Log: by.card.Log})
	}
	if err != nil {
		return word(t, err)
	}
	s, h := r.Statement, m.Header
	if s.Header != m.Hash() || s.By != h.To || s.To != h.From || s.Channel != h.Channel || s.Seq != h.Seq || s.Epoch != h.Epoch {
		return mismatch
	}
	return ""
}

// judgedTaken says why what bravo shows at the place of a message of alpha's proves
// nothing.
func (w world) judgedTaken(t *testing.T, v takenVector) string {
	t.Helper()
	other, err := v.Taken.Open()
	if err != nil {
		return word(t, err)
	}
	var refused envelope.Header
	if err := json.Unmarshal([]byte(v.Header), &refused); err != nil {
		t.Fatal(err)
	}
	if other.Header.Seq != refused.Seq || other.Hash() == envelope.Hash([]byte(v.Header)) {
		return "place"
	}
	if err := other.VerifyHeader(w.alpha.card.Public(), refused.From, refused.To); err != nil {
		return word(t, err)
	}
	return w.receipted(t, v.Taken.Receipt, other, w.bravo)
}

// askedOf says why bravo does not answer a question.
func (w world) askedOf(q signedBody) string {
	by, err := envelope.ParseSender(q.Sender)
	if err != nil || by.ID != w.alpha.card.ID() || !by.Signed(w.alpha.card.Public(), w.bravo.card.ID(), []byte(q.Body)) {
		return sender
	}
	ask, err := envelope.ParseStandingAsk([]byte(q.Body))
	switch {
	case err != nil:
		return format
	case ask.From != by.ID || ask.To != w.bravo.card.ID():
		return address
	}
	return ""
}

// TestStandings compares standing.json with what the code makes, and reads it.
func TestStandings(t *testing.T) {
	w := load(t)
	same(t, "standing.json", encoded(t, w.standings(t)))
	var f standingFile
	read(t, "standing.json", &f)
	if reason := w.askedOf(f.Question); reason != "" {
		t.Errorf("the question is refused: %s", reason)
	}
	for _, v := range f.BadAsked {
		if reason := w.askedOf(signedBody{v.Body, v.Sender}); reason != v.Reason {
			t.Errorf("%s: want %s, got %q", v.What, v.Reason, reason)
		}
	}
	for _, v := range f.Answers {
		held, reason := w.judgedStanding(t, f.Question, f.Has, v.Pages)
		if reason != v.Reason || strings.Join(held, " ") != strings.Join(v.Held, " ") || reason == "" && len(held) == 0 && !strings.HasPrefix(v.What, "nothing") {
			t.Errorf("%s: want %q and %q, got %q and %q", v.What, v.Reason, v.Held, reason, held)
		}
	}
	for _, v := range f.Taken {
		if reason := w.judgedTaken(t, v); reason != v.Reason {
			t.Errorf("%s: want %q, got %q", v.What, v.Reason, reason)
		}
	}
}
