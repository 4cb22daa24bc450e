// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file shows what a dossier proves of two messages at one place of a chain,
// and what of them it refuses.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
)

// second is a message beside the chains.
func second(m *envelope.Message, text bool) dossier.Message {
	b := dossier.Message{Header: m.HeaderBytes, Signature: m.Signature, State: "second", At: began}
	if text {
		b.Salt, b.Payload = m.Salt, m.Payload
	}
	return b
}

// What two messages at one place prove, from either side, with the texts and
// without.
func TestTwoAtOnePlaceInADossier(t *testing.T) {
	for name, test := range map[string]struct {
		beside func(w *world, d *dossier.Dossier)
		by     string
		proved string
		said   string
		doubt  string
		miss   string
	}{
		"the partner's second, which came": {by: "bravo", beside: func(w *world, d *dossier.Dossier) {
			d.Beside = []dossier.Message{second(w.forge(w.all[2], "Another text altogether."), d.Text)}
		}, proved: "the key of alpha signed 2 different messages as its number 2: "},
		"and what says which of them has the place": {by: "bravo", beside: func(w *world, d *dossier.Dossier) {
			d.Beside = []dossier.Message{second(w.forge(w.all[2], "Another text altogether."), d.Text)}
		}, proved: "of those at number 2 of alpha, bravo signed that it received "},
		"our own, which the partner shows by its header": {by: "alpha", beside: func(w *world, d *dossier.Dossier) {
			d.Beside = []dossier.Message{second(w.forge(w.all[2], "What somebody said with our key."), false)}
		}, proved: "the key of alpha signed 2 different messages as its number 2: "},
		"three of one place, said once": {by: "bravo", beside: func(w *world, d *dossier.Dossier) {
			d.Beside = []dossier.Message{second(w.forge(w.all[2], "One."), d.Text), second(w.forge(w.all[2], "Two."), d.Text)}
		}, proved: "the key of alpha signed 3 different messages as its number 2: "},
		"the partner gave receipts for both": {by: "alpha", beside: func(w *world, d *dossier.Dossier) {
			other := *w.all[2]
			other.m = w.forge(w.all[2], "What somebody said with our key.")
			twin := second(other.m, false)
			twin.Receipt = w.received(&other, w.bravo.leaf("received", other.m.Hash()), w.now)
			d.Beside = []dossier.Message{twin}
		}, doubt: "bravo signed receipts for 2 messages at number 2 of alpha"},
		"set aside, and nothing has the place yet": {by: "alpha", beside: func(w *world, d *dossier.Dossier) {
			next := *w.all[2]
			next.m = w.forge(w.all[2], "It waited.")
			next.m.Header.Seq = 99
			raw, err := next.m.Header.Encode()
			must(w, err)
			next.m.HeaderBytes, next.m.Signature = raw, w.alpha.ring.SignMessage(raw)
			d.Beside = []dossier.Message{second(next.m, d.Text)}
		}, said: "number 99 of alpha (warning) is in no chain: another message had its place, whose header is not here"},
		"two beside, and no receipt of either": {by: "alpha", beside: func(w *world, d *dossier.Dossier) {
			thanks := w.all[len(w.all)-1] // it is in the queue
			d.Beside = []dossier.Message{second(w.forge(thanks, "Another."), false)}
		}, miss: "which of the messages at number 5 of alpha has the place"},
	} {
		for _, text := range []bool{true, false} {
			w := play(t)
			by, to := w.alpha, w.bravo
			if test.by == "bravo" {
				by, to = w.bravo, w.alpha
			}
			d := w.write(by, to, text)
			test.beside(w, d)
			r := dossier.Check(w.signed(by, d), w.trusted())
			if !r.OK() {
				t.Errorf("%s, text %t: wrong %q", name, text, r.Wrong)
			}
			for _, want := range []struct {
				in   []string
				word string
			}{{r.Proved, test.proved}, {r.Said, test.said}, {r.Doubt, test.doubt}, {r.Missing, test.miss}} {
				if want.word != "" && !contains(want.in, want.word) {
					t.Errorf("%s, text %t: want %q in %q", name, text, want.word, want.in)
				}
			}
			if proves := test.proved != ""; proves && !contains(r.NotProved, "who wrote which of several messages at one place") {
				t.Errorf("%s: not proved %q", name, r.NotProved)
			}
			if n := strings.Count(strings.Join(r.Proved, "\n"), "different messages as its number"); n > 1 {
				t.Errorf("%s: said %d times", name, n)
			}
		}
	}
}

func TestBesideTheChainsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		lie   func(w *world, d *dossier.Dossier)
		words string
	}{
		"signed by the writer in the other's name": {func(w *world, d *dossier.Dossier) {
			m := w.forge(w.all[2], "Made up.")
			m.Signature = w.bravo.ring.SignMessage(m.HeaderBytes)
			d.Beside = []dossier.Message{second(m, true)}
		}, "number 2 of alpha (warning): "},
		"the one that has the place": {func(w *world, d *dossier.Dossier) { d.Beside = []dossier.Message{second(w.all[2].m, true)} }, "stands twice in the dossier"},
		"twice": {func(w *world, d *dossier.Dossier) {
			m := second(w.forge(w.all[2], "Another."), true)
			d.Beside = []dossier.Message{m, m}
		}, "stands twice in the dossier"},
		"of another case, with its text": {func(w *world, d *dossier.Dossier) {
			d.Beside = []dossier.Message{second(w.all[3].m, true)}
		}, "is of another case"},
		"with a text that the dossier says it has not": {func(w *world, d *dossier.Dossier) {
			*d = *w.write(w.bravo, w.alpha, false)
			d.Beside = []dossier.Message{second(w.forge(w.all[2], "Another."), true)}
		}, "says that it has not"},
		"with the receipt of the one that has the place": {func(w *world, d *dossier.Dossier) {
			m := second(w.forge(w.all[2], "Another."), true)
			m.Receipt = w.all[2].receipt
			d.Beside = []dossier.Message{m}
		}, "the receipt of number 2 of alpha"},
		"of another channel": {func(w *world, d *dossier.Dossier) {
			m := w.forge(w.all[2], "Another.")
			m.Header.Channel = strings.Repeat("c", 64)
			raw, err := m.Header.Encode()
			must(w, err)
			m.HeaderBytes, m.Signature = raw, w.alpha.ring.SignMessage(raw)
			d.Beside = []dossier.Message{second(m, true)}
		}, "is not of this channel"},
	} {
		w := play(t)
		d := w.write(w.bravo, w.alpha, true)
		test.lie(w, d)
		if r := dossier.Check(w.signed(w.bravo, d), w.trusted()); r.OK() || !contains(r.Wrong, test.words) {
			t.Errorf("%s: wrong %q", name, r.Wrong)
		}
	}
}

// Of two dossiers one shows both messages of a place: they do not contradict each
// other. If one shows the receipt of what the other calls a second, they do.
func TestCompareWhatIsBeside(t *testing.T) {
	w := play(t)
	alpha, bravo := w.write(w.alpha, w.bravo, true), w.write(w.bravo, w.alpha, true)
	thief := w.forge(w.all[2], "With alpha's key.")
	alpha.Beside = []dossier.Message{second(thief, false)}
	bravo.Beside = []dossier.Message{second(thief, true)}
	c, err := dossier.Compare(dossier.Check(w.signed(w.alpha, alpha), w.trusted()), dossier.Check(w.signed(w.bravo, bravo), w.trusted()))
	if err != nil || !c.OK() {
		t.Fatalf("%+v, %v", c, err)
	}
	bravo = w.write(w.bravo, w.alpha, true)
	moved := w.all[7].m // alpha's dispute, which bravo receipted and now calls a second
	leaveOut(bravo, envelope.Dispute)
	bravo.Beside = []dossier.Message{second(moved, true)}
	c, err = dossier.Compare(dossier.Check(w.signed(w.alpha, alpha), w.trusted()), dossier.Check(w.signed(w.bravo, bravo), w.trusted()))
	if err != nil || c.OK() || !contains(c.Differ, "bravo says that another has its place; bravo signed at") {
		t.Errorf("%+v, %v", c, err)
	}
}
