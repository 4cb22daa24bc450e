// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file holds the dossiers of the two sides against each other: the dispute
// that all of this is for.

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// without takes the messages of a kind out, and says that their places belong to
// other cases.
func without(d *dossier.Dossier, kind envelope.Kind, ours bool) {
	d.Messages = slices.DeleteFunc(d.Messages, func(m dossier.Message) bool {
		opened, err := m.Opened()
		if err != nil || opened.Header.Kind != kind {
			return false
		}
		d.Elsewhere = append(d.Elsewhere, dossier.Run{Ours: ours, Seq: opened.Header.Seq, Hashes: []string{opened.Hash()}})
		return true
	})
}

// leaveOut takes the messages of a kind out, and says nothing of it.
func leaveOut(d *dossier.Dossier, kind envelope.Kind) {
	d.Messages = slices.DeleteFunc(d.Messages, func(m dossier.Message) bool {
		opened, err := m.Opened()
		return err == nil && opened.Header.Kind == kind
	})
}

// another says that the text of a step was erased, and gives a receipt of it with
// another word, which its node signed.
func (w *world) another(d *dossier.Dossier, s *said, kind receipt.Kind, word string) {
	h := s.m.Header
	for i := range d.Messages {
		m := &d.Messages[i]
		if !bytes.Equal(m.Header, s.m.HeaderBytes) {
			continue
		}
		m.Salt, m.Payload, m.Erased = nil, nil, d.Text
		m.Step = w.sign(s.from, receipt.Statement{Version: 1, Kind: kind, Channel: h.Channel, By: h.From, To: h.To, Header: s.m.Hash(),
			Epoch: 1, Seq: h.Seq, About: w.all[2].m.Hash(), Said: word, At: h.Sent}, s.from.leaves["sent"+s.m.Hash()])
	}
}

func TestCompare(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *world, alpha, bravo *dossier.Dossier)
		differ string // what is found; or, if nothing is,
		agree  string
		later  string
	}{
		"as they are": {agree: "both show the same 4 messages of the case, 4 with the same receipt, 4 with the text in both"},
		"one without its texts": {change: func(w *world, alpha, _ *dossier.Dossier) {
			*alpha = *w.write(w.alpha, w.bravo, false)
		}, agree: "both show the same 4 messages of the case, 4 with the same receipt, 0 with the text in both"},
		"what never left": {agree: "number 5 of alpha (thanks) never reached bravo: alpha calls it queued, and bravo does not show it"},
		"the recipient leaves out what it receipted, as if of another case": {change: func(_ *world, _, bravo *dossier.Dossier) {
			without(bravo, envelope.Dispute, false)
		}, differ: "number 4 of alpha (dispute): alpha shows it in this case, and bravo has it among the messages of other cases; bravo signed at 2026-03-02 07:30:16Z that it had received it"},
		"the recipient leaves out the first of what it receipted": {change: func(_ *world, alpha, _ *dossier.Dossier) {
			alpha.Messages = slices.DeleteFunc(alpha.Messages, func(m dossier.Message) bool { return bytes.Contains(m.Header, []byte(`"kind":"acknowledgement"`)) })
		}, differ: "number 2 of bravo (acknowledgement): bravo shows it, and alpha leaves it out; alpha signed at"},
		"the sender leaves out what it said": {change: func(_ *world, _, bravo *dossier.Dossier) {
			without(bravo, envelope.Acknowledgement, true)
		}, differ: "number 2 of bravo (acknowledgement): alpha shows it in this case, and bravo has it among the messages of other cases; bravo signed it"},
		"the sender hides its receipt": {change: func(_ *world, alpha, _ *dossier.Dossier) {
			alpha.Messages[0].Receipt, alpha.Messages[0].ReceiptLeaf, alpha.Messages[0].State = "", nil, "expired"
		}, differ: "number 2 of alpha (warning): bravo shows the receipt that bravo signed at 2026-03-02 07:30:06Z, and alpha shows none"},
		"the recipient says that it came later than it signed": {change: func(w *world, _, bravo *dossier.Dossier) {
			s := w.all[2]
			bravo.Messages[0].Receipt = w.received(s, w.bravo.leaves["received"+s.m.Hash()], w.now.Add(time.Hour))
			bravo.Messages[0].At = w.now.Add(time.Hour)
		}, differ: "bravo signed two different receipts of it, one received 2026-03-02 07:30:06Z and kept, one received 2026-03-02 08:30:17Z and kept"},
		"the sender gives two receipts of one step": {change: func(w *world, alpha, _ *dossier.Dossier) {
			ack := w.all[4]
			h := ack.m.Header
			alpha.Messages[1].Step = w.sign(w.bravo, receipt.Statement{Version: 1, Kind: receipt.Acknowledged, Channel: h.Channel, By: h.From, To: h.To, Header: ack.m.Hash(),
				Epoch: 1, Seq: h.Seq, About: w.all[2].m.Hash(), Said: "understood", At: h.Sent}, w.bravo.leaves["sent"+ack.m.Hash()])
			alpha.Messages[1].StepLeaf = nil
		}, agree: "both show the same 4 messages"}, // of different checkpoints, and saying the same
		"two messages for one place": {change: func(w *world, alpha, _ *dossier.Dossier) {
			// Alpha's dossier has another warning as its number 2 than the one bravo got.
			other := w.forge(w.all[2], "Another text altogether.")
			alpha.Messages[0] = dossier.Message{Header: other.HeaderBytes, Signature: other.Signature, Salt: other.Salt, Payload: other.Payload, State: "queued", At: began}
			alpha.Messages = alpha.Messages[:3] // the chain after it would not fit
			alpha.Elsewhere = slices.DeleteFunc(alpha.Elsewhere, func(r dossier.Run) bool { return r.Ours })
		}, differ: "alpha signed two different messages as its number 2"},
		"the sender's receipt of another word, for a text it says was erased": {change: func(w *world, _, bravo *dossier.Dossier) {
			w.another(bravo, w.all[4], receipt.Acknowledged, "need_more")
		}, differ: "number 2 of bravo (acknowledgement): bravo signed a receipt of its step that says \"need_more\", and the text says something else"},
		"one of them written earlier": {change: func(w *world, alpha, _ *dossier.Dossier) {
			*alpha = *w.early
		}, later: "number 2 of bravo (acknowledgement): it is of a later time than the dossier of alpha"},
		"the recipient dates its dossier before what it leaves out": {change: func(w *world, _, bravo *dossier.Dossier) {
			bravo.Made = w.all[7].m.Header.Sent.Add(-time.Second)
			leaveOut(bravo, envelope.Dispute)
		}, differ: "number 4 of alpha (dispute): alpha shows it, and bravo leaves it out; bravo signed at 2026-03-02 07:30:16Z that it had received it"},
		"the sender dates its dossier before a step it leaves out": {change: func(w *world, _, bravo *dossier.Dossier) {
			bravo.Made = w.all[6].m.Header.Sent.Add(-time.Second)
			leaveOut(bravo, envelope.Outcome)
		}, differ: "number 4 of bravo (outcome): alpha shows it, and bravo leaves it out; bravo signed it"},
		"the sender dates its dossier before a warning it leaves out": {change: func(w *world, alpha, _ *dossier.Dossier) {
			alpha.Made = w.all[2].m.Header.Sent.Add(-time.Second)
			alpha.Messages = alpha.Messages[1:3] // what bravo said
		}, differ: "number 2 of alpha (warning): bravo shows it, and alpha leaves it out; alpha signed it"},
		"the recipient dates its dossier before a receipt it leaves out": {change: func(w *world, _, bravo *dossier.Dossier) {
			bravo.Made = w.all[7].m.Header.Sent.Add(-time.Second)
			bravo.Messages[3].Receipt = ""
		}, differ: "number 4 of alpha (dispute): alpha shows the receipt that bravo signed at 2026-03-02 07:30:16Z, and bravo shows none"},
		"one says that it never came": {change: func(w *world, _, bravo *dossier.Dossier) {
			without(bravo, envelope.Dispute, false)
			bravo.Gaps = []dossier.Gap{{Seq: 4, Hash: w.all[7].m.Hash(), Why: "dropped", Found: began}}
			bravo.Elsewhere = bravo.Elsewhere[:len(bravo.Elsewhere)-1]
		}, differ: "and bravo says that it never came (dropped); bravo signed at"},
	} {
		t.Run(name, func(t *testing.T) {
			w := play(t)
			alpha, bravo := w.write(w.alpha, w.bravo, true), w.write(w.bravo, w.alpha, true)
			if test.change != nil {
				test.change(w, alpha, bravo)
			}
			one, other := dossier.Check(w.signed(w.alpha, alpha), w.trusted()), dossier.Check(w.signed(w.bravo, bravo), w.trusted())
			for i, reports := range [][2]*dossier.Report{{one, other}, {other, one}} {
				c, err := dossier.Compare(reports[0], reports[1])
				if err != nil {
					t.Fatalf("%v: %q, %q", err, one.Wrong, other.Wrong)
				}
				switch {
				case c.OK() != (test.differ == ""), test.differ != "" && !contains(c.Differ, test.differ) && i == 0:
					t.Errorf("differ: %q", c.Differ)
				case test.agree != "" && !contains(c.Agree, test.agree):
					t.Errorf("agree: %q", c.Agree)
				case test.later != "" && !contains(c.Later, test.later):
					t.Errorf("later: %q", c.Later)
				}
			}
		})
	}
}

// forge is another message for the same place, with a good signature.
func (w *world) forge(s *said, text string) *envelope.Message {
	payload := w.warning(theCase)
	payload.Text, payload.Precedence = text, handling.Flash
	raw, err := warning.Encode(payload)
	must(w, err)
	m := &envelope.Message{Header: s.m.Header, Salt: envelope.NewSalt(), Payload: raw}
	m.Header.Commitment = envelope.Commit(m.Salt, raw)
	m.HeaderBytes, err = m.Header.Encode()
	must(w, err)
	m.Signature = s.from.ring.SignMessage(m.HeaderBytes)
	return m
}

// A dossier that does not verify is compared with nothing, nor are two of
// different cases.
func TestCompareRefuses(t *testing.T) {
	w, other := play(t), play(t)
	good := dossier.Check(w.signed(w.alpha, w.write(w.alpha, w.bravo, true)), w.trusted())
	d := w.write(w.bravo, w.alpha, true)
	d.Messages[0].Receipt = d.Messages[1].Receipt
	bad := dossier.Check(w.signed(w.bravo, d), w.trusted())
	elsewhere := dossier.Check(other.signed(other.alpha, other.write(other.alpha, other.bravo, true)), other.trusted())
	for name, pair := range map[string][2]*dossier.Report{"a bad one": {good, bad}, "a bad one first": {bad, good}, "another channel's": {good, elsewhere}} {
		if _, err := dossier.Compare(pair[0], pair[1]); !errors.Is(err, dossier.ErrCompare) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Two logs of one size, one shown to alpha and one in bravo's own dossier, are
// found although each dossier is good by itself.
func TestForkBetweenDossiers(t *testing.T) {
	w := play(t)
	alpha := w.write(w.alpha, w.bravo, true)
	fork := newSide(t, "bravo", "DK")
	for n := range w.bravo.tree.Size() {
		fork.leaf("act", string(bytes.Repeat([]byte{'a' + byte(n%6)}, 64)))
	}
	checkpoint, err := w.bravo.ring.SignCheckpoint(fork.tree.Head())
	must(t, err)
	alpha.Seen = checkpoint
	bravo := w.write(w.bravo, w.alpha, true)
	one, other := dossier.Check(w.signed(w.alpha, alpha), w.trusted()), dossier.Check(w.signed(w.bravo, bravo), w.trusted())
	c, err := dossier.Compare(one, other)
	must(t, err)
	if !contains(c.Differ, "bravo signed two different logs of") {
		t.Errorf("differ: %q", c.Differ)
	}
}
