// SPDX-License-Identifier: Apache-2.0

package nodetest_test

// This file restores a node from before it ended a pledge.

import (
	"testing"

	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A node that is restored from before it ended a pledge ends it again by what its
// partner gives back, and so the partner's: nothing that was ended holds anew.
func TestWhatWasEndedStaysSoAfterARestore(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	give := func(h *House, to, text string) string {
		t.Helper()
		p, err := h.Outbox.Pledge(t.Context(), First(), to, warning.Pledge{Places: []string{"NO"}, Text: text})
		Check(t, err)
		return p.ID
	}
	end := func(h *House, id string) {
		t.Helper()
		_, err := h.Outbox.EndPledge(t.Context(), First(), id, "It was terminated.")
		Check(t, err)
	}
	ours, theirs, stays := give(alpha, "bravo", "Ended."), give(bravo, "alpha", "Theirs."), give(alpha, "bravo", "It stays.")
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	backup := backUp(t, alpha)
	end(alpha, ours)
	end(bravo, theirs)
	later := give(alpha, "bravo", "Given and ended.")
	end(alpha, later)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	told := pledgesOf(t, alpha)
	restore(t, alpha, backup)
	recovered(t, alpha)
	now := pledgesOf(t, alpha)
	for _, id := range []string{ours, theirs, later} {
		if got, want := now[id], told[id]; got.End == nil || *got.End != *want.End || got.EndHash != want.EndHash || got.Pledge.Text != want.Pledge.Text {
			t.Errorf("it was %+v, and is %+v", want, got)
		}
	}
	if len(now) != 4 || now[stays].End != nil {
		t.Errorf("%d pledges are there, and the one that stays is %+v", len(now), now[stays])
	}
	if wrong := append(alarmsOf(t, alpha, warning.AlarmPledge), alarmsOf(t, bravo, warning.AlarmPledge)...); len(wrong) > 0 {
		t.Errorf("it rings: %q", wrong)
	}
	alpha.Sound()
	bravo.Sound()
}

// pledgesOf are all pledges of a house, by their ids.
func pledgesOf(t *testing.T, h *House) map[string]warning.KeptPledge {
	t.Helper()
	pledges, err := h.Shelf.Pledges(t.Context(), Officer())
	Check(t, err)
	all := make(map[string]warning.KeptPledge)
	for _, p := range pledges {
		all[p.Pledge.ID] = p
	}
	return all
}
