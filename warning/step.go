// SPDX-License-Identifier: Apache-2.0

package warning

// This file says which messages are steps, and what the receipt of a step says
// of its message.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// Step is what the receipt of a step says of a message: of which kind it is,
// the message it answers, and the word that was said. ok is false for what is
// no step. A correction and a recall speak of what they correct and recall.
func Step(payload Payload) (kind receipt.Kind, about, said string, ok bool) {
	switch p := payload.(type) {
	case *Acknowledgement:
		kind = receipt.Acknowledged
		if p.Answer == ActedOn {
			kind = receipt.Acted
		}
		return kind, p.About, string(p.Answer), true
	case *Outcome:
		return receipt.OutcomeOf, p.About, string(p.Result), true
	case *Dispute:
		about := ""
		if len(p.Messages) > 0 {
			about = p.Messages[0]
		}
		return receipt.Disputed, about, p.Word(), true
	case *Update:
		return receipt.Corrected, p.Of, "corrected", true
	case *Recall:
		return receipt.Recalled, p.About, string(p.Ask), true
	case *RecallAnswer:
		return receipt.RecallAnswered, p.About, string(p.Answer), true
	}
	return "", "", "", false
}

// StepKind reports whether messages of that kind say a step.
func StepKind(kind envelope.Kind) bool {
	payload, err := blank(kind)
	if err != nil {
		return false
	}
	_, _, _, ok := Step(payload)
	return ok
}

// StepStatement is what the receipt of a step says of its message, all but
// where it stands in the log; ok is false for what is no step.
func StepStatement(m *envelope.Message, payload Payload) (s receipt.Statement, ok bool) {
	kind, about, said, ok := Step(payload)
	h := m.Header
	return receipt.Statement{
		Version: 1, Kind: kind, Channel: h.Channel, By: h.From, To: h.To, Header: m.Hash(), Epoch: h.Epoch, Seq: h.Seq,
		About: about, Said: said, At: h.Sent,
	}, ok
}

// Matches checks that the statement of a step says of the message what the
// message says itself: receipt.ErrMismatch if not, envelope.ErrErased if its
// text is not there to be compared and a message of its kind can say that word.
func Matches(s receipt.Statement, m *envelope.Message) error {
	h := m.Header
	if s.Header != m.Hash() || s.By != h.From || s.To != h.To || s.Channel != h.Channel || s.Epoch != h.Epoch || s.Seq != h.Seq || !s.At.Equal(h.Sent) {
		return receipt.ErrMismatch
	}
	if !fits(s, h.Kind) {
		return receipt.ErrMismatch
	}
	if m.Payload == nil {
		return envelope.ErrErased
	}
	payload, err := Decode(h.Kind, m.Payload)
	if err != nil {
		return err
	}
	if kind, about, said, ok := Step(payload); !ok || s.Kind != kind || s.About != about || s.Said != said {
		return receipt.ErrMismatch
	}
	return nil
}

// fits reports whether a message of that kind can say a step of the statement's
// kind, in its word.
func fits(s receipt.Statement, kind envelope.Kind) bool {
	var step receipt.Kind
	var words []string
	switch kind {
	case envelope.Acknowledgement:
		step, words = receipt.Acknowledged, Answers()
		if s.Said == string(ActedOn) {
			step = receipt.Acted
		}
	case envelope.Outcome:
		step, words = receipt.OutcomeOf, Results()
	case envelope.Dispute:
		step, words = receipt.Disputed, []string{"disputed", "answered", "settled"}
	case envelope.Update:
		step, words = receipt.Corrected, []string{"corrected"}
	case envelope.Recall:
		step, words = receipt.Recalled, Asks()
	case envelope.RecallAnswer:
		step, words = receipt.RecallAnswered, RecallResults()
	}
	return s.Kind == step && slices.Contains(words, s.Said)
}
