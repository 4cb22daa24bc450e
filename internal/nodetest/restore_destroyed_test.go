// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file restores nodes where texts were recalled and destroyed since the
// backup: on this side, and on the other.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// again restores the house from a backup, in another directory.
func again(t *testing.T, h *House, backup []byte) {
	t.Helper()
	h.Stop()
	dir := t.TempDir() + "/again"
	restoredTo(t, dir, backup)
	h.Dir = dir
	h.Start()
}

// recoveryOf is how far the recovery of a house is.
func recoveryOf(t *testing.T, h *House) api.Recovery {
	t.Helper()
	r, err := h.Shelf.Recovery(t.Context(), Admin())
	Check(t, err)
	return r
}

// taken recalls warnings of one's, and has the other destroy them.
func taken(t *testing.T, by, from *House, ids ...string) {
	t.Helper()
	var recalls []string
	for _, id := range ids {
		made, err := by.Outbox.Recall(t.Context(), First(), id, warning.AskDestroy, "It was wrong.", moment().Add(time.Hour))
		Check(t, err)
		recalls = append(recalls, made[0].Recall.ID)
	}
	by.Delivered(from)
	for _, id := range recalls {
		_, err := from.Outbox.AnswerRecall(t.Context(), Officer(), id, warning.RecallAnswer{Answer: warning.Destroyed})
		Check(t, err)
	}
	from.Delivered(by)
}

// More texts than a page holds were destroyed by the partner that is asked: their
// places come back without them, and the chain goes on behind.
func TestWhatAPartnerDestroyedComesBackWithoutItsText(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	backup := backedUp(t, alpha)
	const many = envelope.MaxHeld + 1
	var sent []string
	for range many {
		sent = append(sent, alpha.Warn(Draft("It will be recalled.", "bravo")).Sent["bravo"])
	}
	alpha.Delivered(bravo)
	taken(t, alpha, bravo, sent...)
	again(t, alpha, backup)
	Until(t, "the recovery to end", func() bool { r := recoveryOf(t, alpha); return r.ID != "" && !r.Open })
	if p := recoveryOf(t, alpha).Partners[0]; p.Ours != 2*many || p.Lost != 0 || p.Theirs != many || p.Wrong {
		t.Errorf("what came back: %+v", p)
	}
	destroyed := 0
	Check(t, alpha.Store.Glance(t.Context(), Officer(), store.What{Act: caller.ReadCase}, func(tx *store.Tx) error {
		messages, err := tx.Messages("bravo", 10*many)
		for _, m := range messages {
			if m.State == store.Destroyed && m.Direction == store.Out && m.Payload == nil {
				destroyed++
			}
		}
		return err
	}))
	if destroyed != many {
		t.Errorf("%d of ours came back without their text", destroyed)
	}
	alpha.Warn(Draft("After the restore.", "bravo"))
	alpha.Delivered(bravo)
	alpha.Sound()
	bravo.Sound()
}

// A text that was destroyed here since the backup is destroyed again as soon as
// the partner whose it is has been heard, while another is still waited for.
func TestDestroyedAgainBeforeAllAreHeard(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, alpha, carol)
	id := bravo.Warn(Draft("It will be recalled.", "alpha")).Sent["alpha"]
	bravo.Delivered(alpha)
	alpha.Delivered(bravo)
	backup := backedUp(t, alpha)
	taken(t, bravo, alpha, id)
	carol.Stop()
	again(t, alpha, backup)
	Until(t, "the text to be gone", func() bool {
		r := recoveryOf(t, alpha)
		shown, err := alpha.Shelf.Case(t.Context(), Officer(), id)
		Check(t, err)
		return r.Open && len(r.Waits) == 1 && len(shown.Thread) > 0 && shown.Thread[0].State == string(store.Destroyed)
	})
	carol.Start()
	Until(t, "the recovery to end", func() bool { return !recoveryOf(t, alpha).Open })
	alpha.Sound()
}
