// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds a correction, and which messages are steps that have a
// receipt of their own.

import (
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// An Update is a correction: a new version of a warning, whole, linked to the
// one it takes the place of. The earlier one stays on record.
type Update struct {
	Of      string `json:"of"`      // hash of the message that holds the version before
	Version int64  `json:"version"` // from 2; the warning itself is version 1
	Change  string `json:"change"`  // what was wrong, in a few words
	// Warning is what holds now. Its id is that of the warning it corrects.
	Warning Warning `json:"warning"`
}

// MaxVersion bounds how often a warning is corrected.
const MaxVersion = 1000

// Validate says everything that is wrong, or nil.
func (u *Update) Validate() error {
	wrong := &list{}
	wrong.hash("of", u.Of, true)
	if u.Version < 2 || u.Version > MaxVersion {
		wrong.add("version: 2 to %d", MaxVersion)
	}
	wrong.needed("change", u.Change, MaxText)
	wrong.err(u.Warning.Validate())
	return wrong.join()
}

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

// Matches checks that the statement of a step says of the message what the
// message says itself: receipt.ErrMismatch if not, envelope.ErrErased if its
// text is not there to be compared.
func Matches(s receipt.Statement, m *envelope.Message) error {
	h := m.Header
	if s.Header != m.Hash() || s.By != h.From || s.To != h.To || s.Channel != h.Channel || s.Epoch != h.Epoch || s.Seq != h.Seq || !s.At.Equal(h.Sent) {
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
