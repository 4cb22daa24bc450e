// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies the receipt of a step: what a node is held to by it, and
// what is no more than its word.

import (
	"errors"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// judgeStep verifies the receipt of a step, and the message that says it if
// that was given.
func judgeStep(e evidence, r *receipt.Receipt) *verdict {
	s := r.Statement
	v := &verdict{What: "receipt of a step", Message: s.Header, From: e.keys.name(s.By), To: e.keys.name(s.To), Seq: s.Seq}
	card, known := e.keys[s.By]
	if !known {
		return v.fails("give its card by --key: at the other node, tocsin card PARTNER; at its own, tocsin card",
			"this receipt says that it was signed with key %s, and no card with that key was given", s.By)
	}
	if err := v.by(card, s.Time(), func(card envelope.Card) error { return r.VerifyStep(receipt.Keys{Sign: card.Public(), Log: card.Log}) }); err != nil {
		return v.fails(card.older(err, "do not rely on it; ask for the receipt again, and tell the overseer if it stays so"), "this receipt does not verify: %s", inWords(err))
	}
	v.proves("%s signed that it said to %s: %s", v.From, v.To, stepWords(s))
	if s.About != "" {
		v.proves("it said so about message %s", s.About)
	}
	v.proves("message %s says it, number %d from %s in their channel", s.Header, s.Seq, v.From)
	v.proves("the log of %s holds it as sent, as leaf %d, under its signed checkpoint of %d leaves: it cannot say later that it said nothing", v.From, s.Index, s.Size)
	v.says("when it was said: %s, by the clock of %s", s.At.Format(time.RFC3339), v.From)
	v.provesNot("that the human whom the message names read anything, or did what is said: it is his word as %s wrote it down", v.From)
	switch {
	case s.Kind == receipt.RecallAnswered && s.Said == string(warning.Destroyed):
		v.provesNot("that no copy is left anywhere: no receipt can")
	case s.Kind == receipt.Recalled:
		v.provesNot("that anything was done about it: that is what its answer is for")
	}
	v.provesNot("that %s received it: that is what the receipt of delivery for the same message is for", v.To)
	v.provesNot("that the log was not shown to others in another form: compare its checkpoints")
	v.OK = true
	if e.message == nil {
		v.provesNot("the very words: give the message by --message")
		return v
	}
	return v.andStep(e.message, s, e.keys)
}

// andStep goes on from the good receipt of a step to the message that says it.
func (v *verdict) andStep(raw []byte, s receipt.Statement, keys cards) *verdict {
	m, err := envelope.Unpack(raw)
	if err != nil {
		return v.fails("give the file that tocsin message HASH printed", "the message cannot be read: %s", inWords(err))
	}
	if m.Hash() != s.Header {
		return v.fails("export the message that says the step: tocsin message "+s.Header, "the receipt is for another message: this one is %s", m.Hash())
	}
	if err := warning.Matches(s, m); err != nil && !errors.Is(err, envelope.ErrErased) {
		return v.fails("do not rely on it", "the receipt says something else than its message")
	}
	if v.signedBy(m, keys); v.OK && m.Payload != nil {
		if by, said := namedIn(m); said {
			v.proves("the message names who said it: %s, %s", by.Name, by.Role)
		}
	}
	return v
}

// namedIn is the human whom a message names.
func namedIn(m *envelope.Message) (by warning.Officer, ok bool) {
	payload, err := warning.Decode(m.Header.Kind, m.Payload)
	if err != nil {
		return by, false
	}
	switch p := payload.(type) {
	case *warning.Acknowledgement:
		return p.By, true
	case *warning.Outcome:
		return p.By, true
	case *warning.Dispute:
		return p.By, true
	case *warning.Recall:
		return p.By, true
	case *warning.RecallAnswer:
		return p.By, true
	}
	return by, false
}

// stepWords is what a step says, in words.
func stepWords(s receipt.Statement) string {
	said := strings.ReplaceAll(s.Said, "_", " ")
	switch {
	case s.Kind == receipt.Acknowledged:
		return "acknowledged, " + said
	case s.Kind == receipt.OutcomeOf:
		return "the outcome, " + said
	case s.Kind == receipt.RecallAnswered:
		return "the answer to a recall, " + said
	case s.Kind == receipt.Recalled && s.Said == string(warning.AskDestroy):
		return "destroy this message"
	case s.Kind == receipt.Recalled && s.Said == string(warning.AskStop):
		return "stop using this message"
	}
	return said // acted, corrected, disputed, answered, settled
}
