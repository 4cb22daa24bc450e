// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets a thief speak with stolen keys after the theft was reported, and
// opens the channel again.

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// stolenFrom lets somebody with alpha's keys speak to bravo after bravo's people
// have reported the theft: a made-up threat to life, a correction that makes a true
// warning harmless, a recall of it, and a pledge. True and madeUp are the cases.
func stolenFrom(t *testing.T, alpha, bravo *House) (trueCase, madeUp string) {
	t.Helper()
	trueCase = alpha.Warn(Draft("The true text.", "bravo")).Sent["bravo"]
	alpha.Delivered(bravo)
	before, err := bravo.Shelf.Case(t.Context(), Officer(), trueCase)
	Check(t, err)
	_, err = bravo.Desk.KeyStolen(t.Context(), Officer(), "alpha", moment(), "they called: a disk is gone")
	Check(t, err)
	h := newHostile(t, &scene{alpha: alpha, bravo: bravo}, alpha)
	madeUp = newID()
	h.warns(madeUp, "made up", handling.Flash, warning.MassCasualtyAttack)
	by := warning.Officer{Name: "A", Role: "releaser"}
	d := Draft("Nothing will happen.", "bravo")
	harmless := d.Copy("bravo", trueCase)
	harmless.Precedence, harmless.ThreatType, harmless.Review = handling.Routine, warning.OtherThreat, "2099-01-01"
	of := before.Thread[0].Hash
	h.say(envelope.Update, warning.Update{Of: of, Version: 2, Change: "a mistake", Warning: harmless})
	h.say(envelope.Recall, warning.Recall{ID: "recall--" + uuid.NewString(), Case: trueCase, About: of, Ask: warning.AskDestroy, Reason: "a mistake", By: by, At: moment(), AnswerBy: moment().Add(time.Hour)})
	h.say(envelope.Pledge, warning.Pledge{ID: "pledge--" + uuid.NewString(), Places: []string{"NO"}, Text: "Anything.", Until: "2099-01-01", By: by, At: moment()})
	return trueCase, madeUp
}

func doubted(t *testing.T, h *House, all bool) map[string]api.Doubted {
	t.Helper()
	list, err := h.Shelf.Doubted(t.Context(), Officer(), all)
	Check(t, err)
	kinds := make(map[string]api.Doubted)
	for _, d := range list {
		kinds[d.Kind] = d
	}
	return kinds
}

// What a thief said after the theft was reported has no effect when the channel is
// open again, but that a warning is shown, and marked; a person affirms each of
// the rest, or does not.
func TestWhatAThiefSaidWaits(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	trueCase, madeUp := stolenFrom(t, alpha, bravo)
	Check(t, alpha.Desk.RecoverByHand(t.Context(), Admin(), "Somebody has our signing key."))
	Until(t, "the recovery to end", func() bool { r := recoveryOf(t, alpha); return r.ID != "" && !r.Open && r.NewLog })
	_, err := alpha.Outbox.ChangeKeys(t.Context(), Admin(), outbox.KeyOrder{Since: moment(), Reason: "A disk is gone."})
	Check(t, err)
	alpha.Delivered(bravo)
	if waits := doubted(t, bravo, true); len(waits) != 0 {
		t.Errorf("in a channel that is shut there wait %+v", waits)
	}
	seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
	Check(t, err)
	_, err = bravo.Desk.Confirm(t.Context(), Admin(), "alpha", seen.Digits)
	Check(t, err)
	_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", "active", "Compared by voice.")
	Check(t, err)
	Until(t, "the rest to wait", func() bool { return len(doubted(t, bravo, false)) == 3 })
	Until(t, "the warning to be shown", func() bool {
		shown, err := bravo.Shelf.Case(t.Context(), Officer(), madeUp)
		Check(t, err)
		return shown.State == "open" && shown.Thread[0].InDoubt != ""
	})
	shown, err := bravo.Shelf.Case(t.Context(), Officer(), trueCase)
	Check(t, err)
	if !shown.ToLife || shown.Version > 1 {
		t.Errorf("the correction holds: %+v", shown.CaseSummary)
	}
	waits := doubted(t, bravo, false)
	for _, kind := range []string{"update", "recall", "pledge"} {
		if waits[kind].InDoubt == "" || waits[kind].Partner != "alpha" {
			t.Errorf("%s: %+v", kind, waits[kind])
		}
	}
	pledges, err := bravo.Shelf.Pledges(t.Context(), Officer())
	Check(t, err)
	if len(pledges) != 0 {
		t.Errorf("the pledge counts: %+v", pledges)
	}

	hash := waits["pledge"].Hash
	if err := bravo.Inbox.Affirm(t.Context(), Analyst(), hash, "they said so"); !problem.Is(err, problem.Denied) {
		t.Errorf("affirmed by an analyst: %v", err)
	}
	if err := bravo.Inbox.Affirm(t.Context(), Officer(), hash, " "); !problem.Is(err, problem.Invalid) {
		t.Errorf("affirmed without a reason: %v", err)
	}
	Check(t, bravo.Inbox.Affirm(t.Context(), Officer(), hash, "Their duty officer said so by voice."))
	if err := bravo.Inbox.Affirm(t.Context(), Officer(), hash, "Again."); !problem.Is(err, problem.Conflict) {
		t.Errorf("affirmed twice: %v", err)
	}
	if pledges, err = bravo.Shelf.Pledges(t.Context(), Officer()); err != nil || len(pledges) != 1 {
		t.Errorf("the pledge that was affirmed: %+v, %v", pledges, err)
	}
	if waits := doubted(t, bravo, false); len(waits) != 2 {
		t.Errorf("there wait %+v", waits)
	}
	// What waits does not take effect by itself, whatever becomes of the channel.
	for _, state := range []string{"limited", "active"} {
		_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", partner.State(state), "a test")
		Check(t, err)
		alpha.Warn(Draft("In between: "+state, "bravo"))
		alpha.Delivered(bravo)
	}
	if waits := doubted(t, bravo, false); len(waits) != 2 {
		t.Errorf("there wait %+v", waits)
	}
	alpha.Sound()
	bravo.Sound()
}

// A report that was mistaken is withdrawn: what waited takes effect in its order.
func TestADoubtIsWithdrawn(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	stolenFrom(t, alpha, bravo)
	_, err := bravo.Desk.KeySafe(t.Context(), First(), "alpha", "It was another disk.")
	Check(t, err)
	seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
	Check(t, err)
	_, err = bravo.Desk.Confirm(t.Context(), Admin(), "alpha", seen.Digits)
	Check(t, err)
	_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", "active", "Compared by voice.")
	Check(t, err)
	Until(t, "the pledge to count", func() bool {
		pledges, err := bravo.Shelf.Pledges(t.Context(), Officer())
		Check(t, err)
		return len(pledges) == 1
	})
	if waits := doubted(t, bravo, false); len(waits) != 0 {
		t.Errorf("there wait %+v", waits)
	}
	bravo.Sound()
}
