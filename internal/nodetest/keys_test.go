// SPDX-License-Identifier: Apache-2.0

package nodetest_test

// This file changes keys between whole nodes: in good order while messages are
// on their way, after a theft, and with eve, who has the old ones.

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/warning"
)

func rotate(t *testing.T, h *House, order outbox.KeyOrder) envelope.ChangeStatement {
	t.Helper()
	before := h.Card()
	s, err := h.Outbox.ChangeKeys(t.Context(), Admin(), order)
	Check(t, err)
	if h.Card().SameKeys(before) || h.Card().ID() != before.ID() {
		t.Fatalf("the card was %+v and is %+v", before, h.Card())
	}
	return s
}

// Messages are on their way in both directions, and the partner is down, while
// every key changes, twice. Nothing is lost, and both logs verify.
func TestKeysChangeWhileMessagesAreOnTheirWay(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	first := alpha.Card()

	bravo.Stop()
	alpha.Warn(Draft("Before the keys change.", "bravo"))
	rotate(t, alpha, outbox.KeyOrder{Reason: "once a year"})
	alpha.Warn(Draft("Between the two.", "bravo"))
	rotate(t, alpha, outbox.KeyOrder{Parts: []string{"sign"}})
	alpha.Warn(Draft("After the keys changed.", "bravo"))
	alpha.Stop() // and what is waiting waits on the disk
	bravo.Start()
	bravo.Warn(Draft("To the old keys.", "alpha"))
	bravo.Stop()
	alpha.Start()
	bravo.Start()
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)

	for _, pair := range [][2]*House{{alpha, bravo}, {bravo, alpha}} {
		pair[0].Sound()
		cases, err := pair[0].Shelf.Cases(t.Context(), Officer(), "", 0)
		Check(t, err)
		if len(cases) != 4 {
			t.Errorf("%s has %d cases", pair[0].Name, len(cases))
		}
		alarms, err := pair[0].Shelf.Alarms(t.Context(), Officer(), false)
		Check(t, err)
		if len(alarms) != 0 {
			t.Errorf("%s: %+v", pair[0].Name, alarms)
		}
	}
	seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
	Check(t, err)
	if !seen.Card.SameKeys(alpha.Card()) || seen.Card.ID() != first.KeyID() || seen.State != "active" || seen.KeysChanged.IsZero() {
		t.Errorf("bravo sees %+v", seen)
	}
	ours, err := alpha.Shelf.Partner(t.Context(), Admin(), "bravo")
	Check(t, err)
	if ours.Digits != seen.Digits {
		t.Errorf("alpha reads %s, bravo %s", ours.Digits, seen.Digits)
	}
	_, err = bravo.Desk.Confirm(t.Context(), Admin(), "alpha", ours.Digits)
	Check(t, err)
	history, err := bravo.Shelf.KeyHistory(t.Context(), Admin(), "alpha")
	Check(t, err)
	if err := history.Check(); err != nil || len(history.Changes) != 2 || !history.Card().SameKeys(alpha.Card()) {
		t.Errorf("the history: %v", err)
	}
	if shown, err := alpha.Shelf.Keys(t.Context(), Admin()); err != nil || len(shown.Unread) != 0 || shown.Number != 2 {
		t.Errorf("alpha's keys: %+v, %v", shown, err)
	}
	// A new partner gets the history with the card, and knows the node by its id.
	carol := New(t, "carol")
	Pair(t, alpha, carol)
	if seen, err := carol.Shelf.Partner(t.Context(), Admin(), "alpha"); err != nil || seen.Card.ID() != first.KeyID() {
		t.Errorf("carol sees %+v, %v", seen, err)
	}
	carol.Sound()
}

// After a theft the partner is told, doubts what the keys signed, and shuts the
// channel until people compared the digits; a threat to life is shown all the same.
func TestStolenKeys(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	alpha.Warn(Draft("From before.", "bravo"))
	alpha.Delivered(bravo)
	since := time.Now().Add(-time.Hour)
	rotate(t, alpha, outbox.KeyOrder{Since: since, Reason: "a disk is gone"})
	Until(t, "the news to arrive", func() bool { return bravo.State(alpha) == "suspended" })
	alarms, err := bravo.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	if len(alarms) != 1 || alarms[0].Kind != warning.AlarmKeysStolen || alarms[0].Level != "FLASH" {
		t.Errorf("bravo's alarms: %+v", alarms)
	}
	alpha.Warn(Draft("A threat to life.", "bravo"))
	alpha.Delivered(bravo)
	bravo.Sound()
	cases, err := bravo.Shelf.Cases(t.Context(), Officer(), "", 0)
	Check(t, err)
	states := map[string]int{}
	for _, c := range cases {
		shown, err := bravo.Shelf.Case(t.Context(), Officer(), c.ID)
		Check(t, err)
		states[c.State]++
		if doubted := strings.Contains(shown.Thread[0].InDoubt, "a disk is gone"); doubted != (c.State == "open") {
			t.Errorf("%s: %q", c.State, shown.Thread[0].InDoubt)
		}
	}
	if states["open"] != 1 || states["quarantined"] != 1 {
		t.Errorf("the cases are %v", states)
	}
	if _, err := bravo.Desk.SetState(t.Context(), Officer(), "alpha", "active", "all is well"); err == nil {
		t.Error("the channel is open, and nobody compared the digits")
	}
	seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
	Check(t, err)
	_, err = bravo.Desk.Confirm(t.Context(), Admin(), "alpha", seen.Digits)
	Check(t, err)
	_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", "active", "compared by voice")
	Check(t, err)
	Until(t, "quarantine to empty", func() bool {
		cases, err := bravo.Shelf.Cases(context.Background(), Officer(), "", 0)
		Check(t, err)
		return len(cases) == 2 && cases[0].State == "open" && cases[1].State == "open"
	})
	bravo.Sound()
}

// A step that is taken after the keys changed is proved with the new ones, and
// its receipt comes in the same delivery as the change.
func TestStepsWhileKeysChange(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	bravo.Warn(Draft("Danger.", "alpha"))
	bravo.Delivered(alpha)
	bravo.Stop()
	rotate(t, alpha, outbox.KeyOrder{})
	cases, err := alpha.Shelf.Cases(t.Context(), Officer(), "", 0)
	Check(t, err)
	Check(t, alpha.Outbox.Acknowledge(t.Context(), Officer(), warning.Acknowledgement{Case: cases[0].ID, Answer: warning.Understood}))
	bravo.Start()
	alpha.Delivered(bravo)
	alarms, err := bravo.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	if len(alarms) != 0 {
		t.Errorf("bravo's alarms: %+v", alarms)
	}
	shown, err := bravo.Shelf.Case(t.Context(), Officer(), cases[0].ID)
	Check(t, err)
	answer := shown.Thread[len(shown.Thread)-1]
	if _, err := bravo.Shelf.Step(t.Context(), Officer(), answer.Hash); err != nil {
		t.Errorf("the receipt of the step: %v", err)
	}
	alpha.Sound()
	bravo.Sound()
}
