// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets a thief of a signing key take a place of the chain at which the
// node's own message waits.

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// twinOf is the hash of the second message at a place that the people of a house
// are told of.
func twinOf(t *testing.T, h *House) (hash string) {
	t.Helper()
	Until(t, h.Name+" to ring", func() bool {
		alarms, err := h.Shelf.Alarms(t.Context(), Officer(), false)
		Check(t, err)
		for _, a := range alarms {
			if a.Kind == warning.AlarmTwin && a.Level == handling.Flash {
				hash = a.Subject
			}
		}
		return hash != ""
	})
	return hash
}

// cardsOf are the cards that houses have and had, the newest first, as whoever
// judges a dossier has them.
type cardsOf map[string][]envelope.Card

func (k cardsOf) Knows(id string) bool  { return len(k[id]) > 0 }
func (k cardsOf) Name(id string) string { return k[id][0].Name }
func (k cardsOf) Try(id string, _ []time.Time, check func(envelope.Card) error) (doubt string, err error) {
	for _, card := range k[id] {
		if err = check(card); err == nil {
			break
		}
	}
	return "", err
}

// dossierOf has a house write the dossier of a case with another, with its texts,
// and checks it. Older are cards that the house had before.
func dossierOf(t *testing.T, h *House, id string, other *House, older ...envelope.Card) *dossier.Report {
	t.Helper()
	raw, err := h.Shelf.Dossier(t.Context(), First(), id, true)
	Check(t, err)
	signed, err := dossier.Parse(raw)
	Check(t, err)
	report := dossier.Check(signed, cardsOf{h.Card().ID(): append([]envelope.Card{h.Card()}, older...), other.Card().ID(): {other.Card()}})
	if !report.OK() {
		t.Errorf("the dossier of %s: %q", h.Name, report.Wrong)
	}
	return report
}

// Both sides ring, and both keep what the other message is, signed; nothing that
// waited is lost without a word, and without a backup the chain goes on behind what
// the thief said, with other keys.
func TestTwoMessagesAtOnePlace(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	h := newHostile(t, &scene{alpha: alpha, bravo: bravo}, alpha)
	madeUp := newID()
	h.warns(madeUp, "made up", handling.Flash, warning.MassCasualtyAttack)
	mine := alpha.Warn(Draft("The true one.", "bravo")).Sent["bravo"]
	alpha.Warn(Draft("Behind it.", "bravo"))

	second, first := twinOf(t, bravo), twinOf(t, alpha)
	public := ed25519.PublicKey(alpha.Card().Sign)
	for _, proof := range []struct {
		h    *House
		hash string
		text bool
	}{{bravo, second, true}, {alpha, first, false}} {
		raw, err := proof.h.Shelf.Message(t.Context(), Officer(), proof.hash, false)
		Check(t, err)
		m, err := envelope.Unpack(raw)
		Check(t, err)
		if err := m.VerifyHeader(public, alpha.Card().ID(), bravo.Card().ID()); err != nil || m.Hash() != proof.hash || m.Header.Seq != h.seq {
			t.Errorf("%s has message %d: %v", proof.h.Name, m.Header.Seq, err)
		}
		if strings.Contains(string(m.Payload), "The true one.") != proof.text {
			t.Errorf("%s has the text %.100q", proof.h.Name, m.Payload)
		}
	}
	if shown, err := bravo.Shelf.Case(t.Context(), Officer(), mine); err == nil {
		t.Errorf("the second has an effect: %+v", shown)
	}

	// The dossier of either proves it to a third person.
	const twice = "the key of alpha signed 2 different messages as its number"
	before := alpha.Card()
	theirs, ours := dossierOf(t, bravo, madeUp, alpha), dossierOf(t, alpha, mine, bravo)
	if !strings.Contains(strings.Join(theirs.Proved, "\n"), twice) || !strings.Contains(strings.Join(ours.Proved, "\n"), twice) {
		t.Errorf("bravo's dossier proves %q, alpha's %q", theirs.Proved, ours.Proved)
	}

	Check(t, alpha.Desk.RecoverByHand(t.Context(), Admin(), "Somebody has our signing key."))
	Until(t, "the recovery to end", func() bool {
		r := recoveryOf(t, alpha)
		return r.ID != "" && !r.Open && r.NewLog && r.Partners[0].Ours == 1 && !r.Partners[0].Wrong
	})
	if shown, err := alpha.Shelf.Case(t.Context(), Officer(), madeUp); err != nil || len(shown.Thread) != 1 {
		t.Errorf("alpha's people do not see what was said in their name: %+v, %v", shown, err)
	}
	shown, err := alpha.Shelf.Case(t.Context(), Officer(), mine)
	Check(t, err)
	if len(shown.Thread) != 1 || shown.Thread[0].State != string(store.Dropped) || !shown.Thread[0].Ours || len(shown.Dropped) != 1 {
		t.Errorf("what waited is shown as %+v, %+v", shown.Thread, shown.Dropped)
	}
	aside := dossierOf(t, alpha, madeUp, bravo, before)
	if proved := strings.Join(aside.Proved, "\n"); !strings.Contains(proved, twice) || !strings.Contains(proved, "bravo signed that it received "+second) && !strings.Contains(proved, "bravo signed that it received "+first) {
		t.Errorf("what was set aside, in alpha's dossier: %q", aside.Proved)
	}
	_, err = alpha.Outbox.ChangeKeys(t.Context(), Admin(), outbox.KeyOrder{Since: moment(), Reason: "A disk is gone."})
	Check(t, err)
	alpha.Delivered(bravo)
	seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
	Check(t, err)
	_, err = bravo.Desk.Confirm(t.Context(), Admin(), "alpha", seen.Digits)
	Check(t, err)
	_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", "active", "Compared by voice.")
	Check(t, err)
	alpha.Warn(Draft("The true one, again.", "bravo"))
	alpha.Delivered(bravo)
	if n := h.alarms(warning.AlarmTwin); n != 1 {
		t.Errorf("bravo has %d alarms", n) // what waited behind stands at no place that is taken
	}
	alpha.Sound()
	bravo.Sound()
}
