// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file checks good dossiers, and the many ways in which one is made to lie.

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

func contains(all []string, part string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, part) })
}

// A dossier verifies from either side, with the texts or without, and says what
// is missing.
func TestGood(t *testing.T) {
	w := play(t)
	for _, text := range []bool{true, false} {
		for _, by := range []*side{w.alpha, w.bravo} {
			to := w.bravo
			if by == w.bravo {
				to = w.alpha
			}
			report := dossier.Check(w.signed(by, w.write(by, to, text)), w.trusted())
			if !report.OK() || len(report.Doubt) > 0 {
				t.Errorf("of %s, text %t: wrong %q, in doubt %q", by.card.Name, text, report.Wrong, report.Doubt)
			}
			if queued := contains(report.Missing, "number 5 of alpha (thanks) has no receipt"); queued != (by == w.alpha) {
				t.Errorf("of %s, text %t: missing %q", by.card.Name, text, report.Missing)
			}
			// Without the text, the word of a step is its receipt's: the writer's own
			// word if it said it, and else what the other signed.
			word, in := `cannot say that it did not say "understood"`, report.Proved
			if !text {
				if word = `it signed in it that it said "understood", and the text is not here`; by == w.bravo {
					word, in = `says "understood": so says its receipt, which bravo made itself; the text is not here`, report.Said
				}
			}
			if !contains(in, word) || !text && by == w.bravo && contains(report.Proved, "understood") {
				t.Errorf("of %s, text %t: proved %q, said %q", by.card.Name, text, report.Proved, report.Said)
			}
			if made := `it was made at 2026-03-02 07:31:17Z, for "olga", "Overseer"`; !contains(report.Said, made) || contains(report.Proved, "olga") {
				t.Errorf("of %s, text %t: said %q", by.card.Name, text, report.Said)
			}
			if same := contains(append(report.Proved, report.Said...), "both sides signed the same terms"); !same {
				t.Errorf("of %s, text %t: nothing is said of the terms: %q", by.card.Name, text, report.Proved)
			}
			if cosigned := contains(report.Proved, "bravo cosigned the log of alpha at") && contains(report.Proved, "2 messages of the case stood in it then"); cosigned != (by == w.alpha) {
				t.Errorf("of %s, text %t: proved %q", by.card.Name, text, report.Proved)
			}
			if alone := contains(report.NotProved, "no cosignature of theirs is in the dossier"); alone != (by == w.bravo) {
				t.Errorf("of %s, text %t: not proved %q", by.card.Name, text, report.NotProved)
			}
			for _, e := range report.Timeline {
				if (e.Text != nil) != (text && e.Kind != "") {
					t.Errorf("of %s, text %t: %q has the text %q", by.card.Name, text, e.What, e.Text)
				}
			}
		}
	}
}

// A dossier is good for nobody who lacks one of the two cards, or has another's.
// twoCards knows each node by two cards, of which the newer signed nothing yet.
type twoCards struct {
	trusted
	newer envelope.Card
}

func (k twoCards) Try(node string, moments []time.Time, check func(envelope.Card) error) (string, error) {
	first := check(k.newer)
	if first == nil {
		return "", nil
	}
	if doubt, err := k.trusted.Try(node, moments, check); err == nil {
		return doubt, nil
	}
	return "", first
}

// What was signed before the keys were changed verifies after it, also where the
// text is not in the dossier, or was erased.
func TestAfterAChangeOfKeys(t *testing.T) {
	w := play(t)
	keys := twoCards{w.trusted(), newSide(t, "alpha", "NO").card}
	for _, text := range []bool{true, false} {
		if report := dossier.Check(w.signed(w.alpha, w.write(w.alpha, w.bravo, text)), keys); !report.OK() {
			t.Errorf("text %t: wrong %q", text, report.Wrong)
		}
	}
	d := w.write(w.bravo, w.alpha, true)
	d.Messages[0].Payload, d.Messages[0].Salt, d.Messages[0].Erased = nil, nil, true
	if report := dossier.Check(w.signed(w.bravo, d), keys); !report.OK() || !contains(report.Said, "was erased") {
		t.Errorf("erased: wrong %q, said %q", report.Wrong, report.Said)
	}
}

func TestWithoutKeys(t *testing.T) {
	w := play(t)
	signed := w.signed(w.alpha, w.write(w.alpha, w.bravo, true))
	keys := w.trusted()
	delete(keys, w.bravo.card.ID())
	if report := dossier.Check(signed, keys); report.OK() || !contains(report.Wrong, "no card was given") {
		t.Errorf("without bravo's card: %q", report.Wrong)
	}
	eve := newSide(t, "bravo", "DK")
	keys[w.bravo.card.ID()] = eve.card
	if report := dossier.Check(signed, keys); report.OK() {
		t.Error("bravo's part verifies with eve's keys")
	}
	keys = w.trusted()
	keys[w.alpha.card.ID()] = eve.card
	if report := dossier.Check(signed, keys); !contains(report.Wrong, "its signature is not theirs") {
		t.Errorf("alpha's dossier with eve's keys: %q", report.Wrong)
	}
}

// Whoever changes a byte of a dossier without the writer's key is found out by
// the writer's signature. What is left is a writer that lies: each row is signed
// by alpha's own node.
func TestTheWriterLies(t *testing.T) {
	for name, test := range map[string]struct {
		lie   func(w *world, d *dossier.Dossier)
		wrong string // what a check calls wrong; or, if it stays empty,
		doubt string // puts in doubt, or
		miss  string // misses
	}{
		"a message taken out of the middle": {lie: func(w *world, d *dossier.Dossier) {
			// alpha's dispute, number 4, between its warning and its thanks
			d.Messages = slices.DeleteFunc(d.Messages, func(m dossier.Message) bool { return bytes.Contains(m.Header, []byte(`"kind":"dispute"`)) })
		}, wrong: "nothing is said of number 4"},
		"the places of other cases taken out": {lie: func(_ *world, d *dossier.Dossier) { d.Elsewhere = nil }, wrong: "nothing is said of number 3"},
		"another hash for the message before": {lie: func(_ *world, d *dossier.Dossier) { d.Elsewhere[0].Hashes[0] = strings.Repeat("0", 64) }, wrong: "does not follow the message"},
		"a message taken out, and the places called too many to list": {lie: func(w *world, d *dossier.Dossier) {
			d.Messages = slices.DeleteFunc(d.Messages, func(m dossier.Message) bool { return bytes.Contains(m.Header, []byte(`"kind":"dispute"`)) })
			d.Elsewhere, d.Unlisted = nil, true
		}, wrong: "too many to be listed, and there are 3"},
		"a step's receipt of a word that such a message cannot say": {lie: func(w *world, d *dossier.Dossier) {
			w.another(d, w.all[4], receipt.Acknowledged, "refused_twice")
		}, wrong: "speak of different things"},
		"a step's receipt of a kind that such a message is not": {lie: func(w *world, d *dossier.Dossier) {
			w.another(d, w.all[4], receipt.Disputed, "disputed")
		}, wrong: "speak of different things"},
		"a step's receipt of another kind, without the texts": {lie: func(w *world, d *dossier.Dossier) {
			*d = *w.write(w.alpha, w.bravo, false)
			w.another(d, w.all[4], receipt.OutcomeOf, "attack_prevented")
		}, wrong: "speak of different things"},
		"a dossier made before what it holds": {lie: func(w *world, d *dossier.Dossier) { d.Made = w.all[4].m.Header.Sent },
			doubt: "alpha says that it was made at 2026-03-02 07:30:09Z, and it holds what is later: number 5 of alpha (thanks)"},
		"a dossier made before a state it tells": {lie: func(w *world, d *dossier.Dossier) {
			d.States = append(d.States, dossier.State{State: "frozen", At: d.Made.Add(time.Second)})
		}, doubt: "it holds what is later: a state of the channel"},
		"newer terms of the other put first": {lie: func(w *world, d *dossier.Dossier) {
			*d = *w.otherTerms(w.bravo, w.alpha)
			d.Terms[1], d.Terms[2] = d.Terms[2], d.Terms[1]
		}, miss: "the newest of the two are different"},
		"the text of terms called erased, and its digest made up": {lie: func(w *world, d *dossier.Dossier) {
			for i := range d.Terms {
				d.Terms[i].Salt, d.Terms[i].Payload, d.Terms[i].Erased, d.Terms[i].Digest = nil, nil, true, sum("these")
			}
		}, miss: "terms that both sides signed"},
		"receipts swapped": {lie: func(_ *world, d *dossier.Dossier) {
			d.Messages[0].Receipt, d.Messages[3].Receipt = d.Messages[3].Receipt, d.Messages[0].Receipt
		}, wrong: "speak of different things"},
		"a receipt taken out": {lie: func(_ *world, d *dossier.Dossier) { d.Messages[0].Receipt, d.Messages[0].ReceiptLeaf = "", nil },
			miss: "the receipt of number 2 of alpha (warning)"},
		"a receipt signed by the writer for the other": {lie: func(w *world, d *dossier.Dossier) {
			s := w.all[2]
			h := s.m.Header
			d.Messages[0].Receipt = w.sign(w.alpha, receipt.Statement{Version: 1, Kind: receipt.Delivered, Channel: h.Channel, By: h.To, To: h.From, Header: s.m.Hash(), Epoch: 1, Seq: h.Seq,
				Received: w.now, Disposition: receipt.Kept}, w.alpha.leaves["sent"+s.m.Hash()])
		}, wrong: "not signed by this key"},
		"a later time for what came": {lie: func(_ *world, d *dossier.Dossier) { d.Messages[1].At = d.Messages[1].At.Add(time.Hour) }, doubt: "signed that it came at"},
		"a message of another case": {lie: func(w *world, d *dossier.Dossier) {
			d.Messages = append(d.Messages, w.shown(w.all[3], w.alpha, true))
			d.Elsewhere = slices.DeleteFunc(d.Elsewhere, func(r dossier.Run) bool { return r.Ours })
		}, wrong: "is of another case"},
		"what is said in no case": {lie: func(w *world, d *dossier.Dossier) {
			w.inNoCase(d, true)
		}, wrong: "number 6 of bravo (inquiry_answer) is said in no case"},
		"what is said in no case, without the texts": {lie: func(w *world, d *dossier.Dossier) {
			*d = *w.write(w.alpha, w.bravo, false)
			w.inNoCase(d, false)
		}, wrong: "number 6 of bravo (inquiry_answer) is said in no case"},
		"what was erased in another case": {lie: func(w *world, d *dossier.Dossier) {
			s := w.say(w.bravo, w.alpha, envelope.Destruction, &warning.Destruction{ID: "destruction--44444444-4444-4444-8444-444444444444", Case: otherCase,
				Messages: []string{w.all[3].m.Hash()}, Ground: "review", At: w.now})
			*d = *w.write(w.alpha, w.bravo, true)
			d.Messages = append(d.Messages, w.shown(s, w.alpha, true))
		}, wrong: "number 5 of bravo (destroyed) is of another case"},
		"a checkpoint of a log of no leaves": {lie: func(w *world, d *dossier.Dossier) {
			empty := newSide(w, "alpha", "NO")
			checkpoint, err := w.alpha.ring.SignCheckpoint(empty.tree.Head())
			must(w, err)
			d.Checkpoint, d.Cosigned = checkpoint, nil
			d.Messages[0].Leaf = &dossier.Leaf{Index: 0}
		}, wrong: "of a log of no leaves"},
		"a message twice": {lie: func(_ *world, d *dossier.Dossier) { d.Messages = append(d.Messages, d.Messages[0]) }, wrong: "stands twice"},
		"a message that is listed elsewhere, too": {lie: func(w *world, d *dossier.Dossier) {
			d.Elsewhere = append(d.Elsewhere, dossier.Run{Ours: true, Seq: 2, Hashes: []string{w.all[2].m.Hash()}})
		}, wrong: "listed as of another case, too"},
		"a message that is called missing": {lie: func(_ *world, d *dossier.Dossier) {
			d.Gaps = []dossier.Gap{{Seq: 2, Why: "expired", Found: began}}
		}, wrong: "is here and called missing"},
		"a message in the other's name": {lie: func(w *world, d *dossier.Dossier) {
			d.Messages[1].Signature = w.alpha.ring.SignMessage(w.all[4].m.HeaderBytes)
		}, wrong: "the signature is not the sender's"},
		"another text": {lie: func(_ *world, d *dossier.Dossier) {
			d.Messages[1].Payload = bytes.Replace(d.Messages[1].Payload, []byte("understood"), []byte("cannot_act"), 1)
		}, wrong: "not the one committed to"},
		"a text taken out": {lie: func(_ *world, d *dossier.Dossier) { d.Messages[1].Salt, d.Messages[1].Payload = nil, nil }, wrong: "does not say why"},
		"a text left in": {lie: func(_ *world, d *dossier.Dossier) {
			d.Text = false
		}, wrong: "says that it has not"},
		"a step's receipt of another message": {lie: func(_ *world, d *dossier.Dossier) {
			d.Messages[1].Step, d.Messages[2].Step = d.Messages[2].Step, d.Messages[1].Step
		}, wrong: "speak of different things"},
		"a step's receipt taken out": {lie: func(_ *world, d *dossier.Dossier) { d.Messages[1].Step, d.Messages[1].StepLeaf = "", nil },
			miss: "the receipt of the step acknowledged in number 2 of bravo"},
		"a proof of another leaf":                                   {lie: func(_ *world, d *dossier.Dossier) { d.Messages[0].Leaf = d.Messages[3].Leaf }, wrong: "does not lead to the checkpoint"},
		"no proof that the log has it":                              {lie: func(_ *world, d *dossier.Dossier) { d.Messages[0].Leaf = nil }, miss: "the proof that the log of alpha holds"},
		"another log's checkpoint":                                  {lie: func(w *world, d *dossier.Dossier) { d.Checkpoint = d.Seen }, wrong: "is not signed by the log of alpha"},
		"a checkpoint that was not shown":                           {lie: func(w *world, d *dossier.Dossier) { d.Seen = d.Checkpoint }, wrong: "is not signed by the log of bravo"},
		"a cosigned checkpoint that does not lead to the dossier's": {lie: func(_ *world, d *dossier.Dossier) { d.Cosigned[0].Proof = d.Cosigned[0].Proof[1:] }, wrong: "the proof does not lead to the checkpoint of the dossier"},
		"a cosigned checkpoint of a log that was rewritten": {lie: func(w *world, d *dossier.Dossier) {
			other := newSide(w, "alpha", "NO")
			for range w.at {
				other.leaf("act", strings.Repeat("0", 64))
			}
			checkpoint, err := w.alpha.ring.SignCheckpoint(other.tree.Head())
			must(w, err)
			d.Cosigned[0].Checkpoint = checkpoint
		}, wrong: "the proof does not lead to the checkpoint of the dossier"},
		"terms that are none":         {lie: func(_ *world, d *dossier.Dossier) { d.Terms = append(d.Terms, d.Messages[0]) }, wrong: "is kept with the terms and is none"},
		"the other's terms taken out": {lie: func(_ *world, d *dossier.Dossier) { d.Terms = d.Terms[:1] }, miss: "terms that both sides signed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := play(t)
			d := w.write(w.alpha, w.bravo, true)
			test.lie(w, d)
			report := dossier.Check(w.signed(w.alpha, d), w.trusted())
			switch {
			case report.OK() != (test.wrong == ""):
				t.Errorf("wrong: %q", report.Wrong)
			case test.wrong != "" && !contains(report.Wrong, test.wrong):
				t.Errorf("wrong: %q", report.Wrong)
			case test.doubt != "" && !contains(report.Doubt, test.doubt):
				t.Errorf("in doubt: %q", report.Doubt)
			case test.miss != "" && !contains(report.Missing, test.miss):
				t.Errorf("missing: %q", report.Missing)
			}
		})
	}
}

// inNoCase puts an answer of bravo's to a question outside of any case among the
// messages of this one.
func (w *world) inNoCase(d *dossier.Dossier, text bool) {
	by := warning.Officer{Name: "Officer 1", Role: "duty-officer"}
	w.say(w.bravo, w.alpha, envelope.Thanks, &warning.Thanks{Case: theCase, Text: "Thank you.", By: by, At: w.now})
	s := w.say(w.bravo, w.alpha, envelope.InquiryAnswer, &warning.InquiryAnswer{Inquiry: "inquiry--55555555-5555-4555-8555-555555555555", Answer: "nothing_to_share", By: by, At: w.now})
	*d = *w.write(w.alpha, w.bravo, text)
	d.Messages = append(d.Messages, w.shown(s, w.alpha, text))
}

// What the writer says of states, gaps and messages cannot be taken for what is
// proved, nor for a line of its own.
func TestTheWritersWordsStandInQuotes(t *testing.T) {
	w := play(t)
	lie := "active [signed by bravo]" + strings.Repeat(" ", 80) + "+ bravo signed that it read all of it"
	d := w.write(w.alpha, w.bravo, true)
	d.States = []dossier.State{{State: lie, At: began}, {State: "suspended", At: began}}
	d.Messages = slices.DeleteFunc(d.Messages, func(m dossier.Message) bool { return bytes.Contains(m.Header, []byte(`"kind":"dispute"`)) })
	d.Gaps = []dossier.Gap{{Ours: true, Seq: 4, Why: lie, Found: began}}
	r := dossier.Check(w.signed(w.alpha, d), w.trusted())
	if !r.OK() {
		t.Fatal(r.Wrong)
	}
	var told []string
	for _, e := range r.Timeline {
		told = append(told, e.What)
	}
	for _, line := range append(told, r.Missing...) {
		if strings.Contains(line, "bravo signed that it read") || strings.Contains(line, "[signed by bravo]") && !strings.Contains(line, `"active [signed by bravo]`) {
			t.Errorf("it says %q", line)
		}
	}
	if !contains(told, "set the channel to suspended") || !contains(told, `set the channel to "active [signed by bravo]`) {
		t.Errorf("told: %q", told)
	}
	if !contains(r.Missing, `it "active [signed by bravo]`) {
		t.Errorf("missing: %q", r.Missing)
	}
}

// otherTerms is alpha's dossier after one side signed other terms.
func (w *world) otherTerms(from, to *side) *dossier.Dossier {
	w.say(from, to, envelope.Terms, &warning.Terms{LegalBasis: "None", Purposes: []string{"prevention"}, RetentionDays: 3000, Onward: "no", Review: "2030-01-01"})
	return w.write(w.alpha, w.bravo, true)
}

// Terms that both signed after the case are the same, and not said to be from
// before it; and later ones may be missing from any dossier.
func TestTerms(t *testing.T) {
	const before, later = ", each before its first message of this case", "later ones may be left out"
	w := play(t)
	report := dossier.Check(w.signed(w.alpha, w.write(w.alpha, w.bravo, true)), w.trusted())
	if !contains(report.Proved, "both sides signed the same terms"+before+": number 1 of alpha and number 1 of bravo") || !contains(report.NotProved, later) {
		t.Errorf("proved %q, not proved %q", report.Proved, report.NotProved)
	}
	w.otherTerms(w.bravo, w.alpha)
	d := w.otherTerms(w.alpha, w.bravo)
	report = dossier.Check(w.signed(w.alpha, d), w.trusted())
	if !contains(report.Proved, "both sides signed the same terms: number 6 of alpha and number 5 of bravo") || !contains(report.NotProved, later) {
		t.Errorf("proved %q, not proved %q", report.Proved, report.NotProved)
	}
}

// In a channel with more places than can be listed a dossier may say so. It is
// then said that a message may be missing, and nothing else is forgiven.
func TestUnlisted(t *testing.T) {
	for _, test := range []struct {
		name  string
		skip  uint64
		wrong string
	}{
		// Two places between the messages of either side are of other cases already.
		{"more than can be listed", dossier.MaxPlaces - 1, ""},
		{"as many as can be listed", dossier.MaxPlaces - 2, "too many to be listed, and there are 200000"},
	} {
		w := play(t)
		w.alpha.seq += test.skip
		by := warning.Officer{Name: "Officer 1", Role: "duty-officer"}
		w.say(w.alpha, w.bravo, envelope.Thanks, &warning.Thanks{Case: theCase, Text: "Thank you.", By: by, At: w.now})
		d := w.write(w.alpha, w.bravo, true)
		d.Elsewhere, d.Unlisted = nil, true
		report := dossier.Check(w.signed(w.alpha, d), w.trusted())
		if test.wrong == "" && !report.OK() || test.wrong != "" && !contains(report.Wrong, test.wrong) {
			t.Errorf("%s: wrong %q", test.name, report.Wrong)
		}
		if test.wrong == "" && !contains(report.Missing, "one of this case may be among them") {
			t.Errorf("%s: missing %q", test.name, report.Missing)
		}
	}
}

// Names are the writer's words, and cannot be taken for ours.
func TestStrangeNames(t *testing.T) {
	w := play(t)
	d := w.write(w.alpha, w.bravo, true)
	d.Person = dossier.Person{Name: "o\u202elga\n  + bravo is guilty", Title: strings.Repeat("x", 600)}
	report := dossier.Check(w.signed(w.alpha, d), w.trusted())
	if want := `for "o\u202elga\n  + bravo is guilty", "` + strings.Repeat("x", 60) + `…"`; !contains(report.Said, want) || contains(report.Proved, "guilty") {
		t.Errorf("said %q, proved %q", report.Said, report.Proved)
	}
}

// Two logs of one size that the other node signed are found among the receipts
// of one dossier.
func TestForkWithinADossier(t *testing.T) {
	w := play(t)
	d := w.write(w.alpha, w.bravo, true)
	// Bravo shows alpha, at the end, a log that has another leaf in place of one.
	other := newSide(t, "bravo", "DK")
	other.ring = w.bravo.ring
	for n := range w.bravo.tree.Size() {
		if n == 3 {
			other.leaf("act", strings.Repeat("f", 64))
			continue
		}
		for name, index := range w.bravo.leaves {
			if index == n {
				other.leaf(name[:len(name)-64], name[len(name)-64:])
			}
		}
	}
	if other.tree.Size() != w.bravo.tree.Size() {
		t.Fatalf("%d leaves in the one, %d in the other", other.tree.Size(), w.bravo.tree.Size())
	}
	last := w.all[len(w.all)-1] // the thanks: deliver them into the forked log
	index := other.leaf("received", last.m.Hash())
	w.bravo.leaf("received", last.m.Hash())
	h := last.m.Header
	d.Messages[len(d.Messages)-1].Receipt = w.sign(other, receipt.Statement{Version: 1, Kind: receipt.Delivered, Channel: h.Channel, By: h.To, To: h.From,
		Header: last.m.Hash(), Epoch: 1, Seq: h.Seq, Received: w.now, Disposition: receipt.Kept}, index)
	d.Seen = w.bravo.checkpoint(t)
	report := dossier.Check(w.signed(w.alpha, d), w.trusted())
	if !contains(report.Doubt, "bravo signed two different logs of") {
		t.Errorf("in doubt: %q; wrong: %q", report.Doubt, report.Wrong)
	}
}

// A file has one form: whatever else stands in it is refused, and so is what
// nobody could have written.
func TestParseRefuses(t *testing.T) {
	w := play(t)
	signed, err := w.write(w.alpha, w.bravo, true).Sign(w.alpha.ring.SignDossier)
	must(t, err)
	good, err := signed.Encode()
	must(t, err)
	for name, bad := range map[string][]byte{
		"nothing":               nil,
		"an empty object":       []byte("{}"),
		"a cut file":            good[:len(good)/2],
		"a space more":          append([]byte(" "), good...),
		"no line end":           good[:len(good)-1],
		"two line ends":         append(bytes.Clone(good), '\n'),
		"a member more":         bytes.Replace(good, []byte(`{"dossier":{`), []byte(`{"dossier":{"a":1,`), 1),
		"another version":       bytes.Replace(good, []byte(dossier.Format), []byte("tocsin-dossier/v2"), 1),
		"another order":         bytes.Replace(good, []byte(`"text":true`), []byte(`"text": true`), 1),
		"without a signature":   append(bytes.Clone(good[:bytes.Index(good, []byte(`,"signature":"`))]), "}\n"...),
		"a time with an offset": bytes.Replace(good, []byte(`"made":"2026-03-02T07:`), []byte(`"made":"2026-03-02T07:00:00+00:00`), 1),
	} {
		if _, err := dossier.Parse(bad); !errors.Is(err, dossier.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := dossier.Parse(make([]byte, dossier.MaxSize+1)); !errors.Is(err, dossier.ErrTooLarge) {
		t.Errorf("over the limit: got %v", err)
	}
	for name, change := range map[string]func(d *dossier.Dossier){
		"no message":                func(d *dossier.Dossier) { d.Messages = nil },
		"one card":                  func(d *dossier.Dossier) { d.Nodes = d.Nodes[:1] },
		"the cards the other way":   func(d *dossier.Dossier) { slices.Reverse(d.Nodes) },
		"another channel":           func(d *dossier.Dossier) { d.Channel = strings.Repeat("0", 64) },
		"nobody who had it written": func(d *dossier.Dossier) { d.Person.Name = "" },
		"a run of no place":         func(d *dossier.Dossier) { d.Elsewhere[0].Seq = 0 },
		"an empty run":              func(d *dossier.Dossier) { d.Elsewhere[0].Hashes = nil },
		"a leaf before the first":   func(d *dossier.Dossier) { d.Messages[0].Leaf.Index = -1 },
		"too many places":           func(d *dossier.Dossier) { d.Elsewhere[0].Hashes = make([]string, dossier.MaxPlaces+1) },
		"places listed and not":     func(d *dossier.Dossier) { d.Unlisted = true },
		"too many messages":         func(d *dossier.Dossier) { d.Messages = make([]dossier.Message, dossier.MaxMessages+1) },
	} {
		d := w.write(w.alpha, w.bravo, true)
		change(d)
		if _, err := d.Sign(w.alpha.ring.SignDossier); !errors.Is(err, dossier.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
