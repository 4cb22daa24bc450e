// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file holds what goes with a text that is destroyed, and when nothing is
// erased.

import (
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// recalled keeps a warning of bravo's in the case, a duty to carol that it
// opened, a draft that answers it, and bravo's recall of it.
func (h *house) recalled(id string) (hash string) {
	h.t.Helper()
	hash = strings.Repeat("ab", 32)
	w := draft("From bravo.", "bravo").Warning
	w.ID, w.Text = id, "From bravo."
	raw, err := warning.Encode(w)
	check(h.t, err)
	h.put(func(tx *store.Tx) error {
		err := tx.AddMessage(store.Message{Hash: hash, Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: 1, Epoch: 1, Kind: envelope.Warning, Thread: id,
			At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: raw})
		check(h.t, err)
		check(h.t, store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "carol", Subject: id, Title: "Square", Reasons: []string{"the square"}, State: warning.DutyWarn}))
		return store.Recalls.Put(tx, store.RecallID("bravo", false, "recall--1"), store.Recall{Recall: warning.Recall{ID: "recall--1", Case: id, About: hash}, Partner: "bravo", Hash: strings.Repeat("cd", 32)})
	})
	return hash
}

// Nothing of a case that is restricted leaves: no correction of it, and no word of
// it by voice.
func TestWhatIsRestrictedIsNeitherCorrectedNorSaid(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d := draft("Danger on the square.", "bravo")
		id := alpha.warn(d).Sent["bravo"]
		alpha.put(func(tx *store.Tx) error { return tx.Restrict(id, "redress--1") })
		_, err := alpha.Speak(t.Context(), second, id, "")
		refuses(t, "said by voice", err, problem.Conflict, "is restricted: it does not leave")
		again, err := alpha.Correct(t.Context(), analyst, id, "the hour", draft("Danger on the square at nine.", "bravo"))
		check(t, err)
		for _, who := range []caller.Caller{first, second} {
			_, err = alpha.Release(t.Context(), who, again.ID, alpha.hash(again.ID), "")
		}
		refuses(t, "corrected", err, problem.Conflict, "is restricted: it does not leave")
		if alpha.kinds("bravo") != "warning" {
			t.Errorf("queued: %q", alpha.kinds("bravo"))
		}
	})
}

// Nothing is told in a restricted case, nor does leave what was said in it before and
// waits; that it was received is said all the same.
func TestNothingIsToldInARestrictedCase(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.received()
		alpha.asked(id)
		reply := warning.Reply{Case: id, Request: "request--1", Text: "At the second gate."}
		check(t, alpha.Reply(ctx, second, reply))
		check(t, alpha.Acknowledge(ctx, second, warning.Acknowledgement{Case: id, Answer: warning.Understood}))
		alpha.put(func(tx *store.Tx) error {
			if err := tx.Restrict(id, "redress--1"); err != nil {
				return err
			}
			return alpha.JudgeFor(tx, "bravo")
		})
		if got := alpha.left("bravo"); got != "acknowledgement" {
			t.Errorf("%q is left", got)
		}
		refuses(t, "a reply", alpha.Reply(ctx, second, reply), problem.Conflict, "is restricted: it does not leave")
		refuses(t, "a question", alpha.Ask(ctx, analyst, warning.Request{Case: id, Question: "Where?"}), problem.Conflict, "is restricted: it does not leave")
		check(t, alpha.Acknowledge(ctx, second, warning.Acknowledgement{Case: id, Answer: warning.Understood}))
	})
}

// What is restricted in the case with one partner takes the draft with it, so that no
// other partner is sent a copy that waits; what was said in the other's case is told.
func TestARestrictedDraftClosesNoOtherCase(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		sent := alpha.warn(draft("Danger on the square.", "bravo", "carol"))
		check(t, alpha.Thank(t.Context(), second, warning.Thanks{Case: sent.Sent["carol"], Text: "For the call."}))
		alpha.put(func(tx *store.Tx) error {
			for _, id := range []string{sent.Sent["bravo"], sent.ID} {
				if err := tx.Restrict(id, "redress--1"); err != nil {
					return err
				}
			}
			return errors.Join(alpha.JudgeFor(tx, "bravo"), alpha.JudgeFor(tx, "carol"))
		})
		if got := alpha.left("carol"); got != "thanks" {
			t.Errorf("%q is left", got)
		}
		check(t, alpha.Ask(t.Context(), analyst, warning.Request{Case: sent.Sent["carol"], Question: "Where?"}))
		refuses(t, "in the case itself", alpha.Ask(t.Context(), analyst, warning.Request{Case: sent.Sent["bravo"], Question: "Where?"}), problem.Conflict, "is restricted")
	})
}

// What is destroyed is gone with what quoted it: duties, and drafts that have not left.
func TestDestroyedWithWhatQuotesIt(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		hash := alpha.recalled(id)
		d := draft("They plan it.", "carol")
		d.Duty = "duty--1"
		composed, _ := alpha.compose(d)
		_, err := alpha.AnswerRecall(t.Context(), analyst, "recall--1", warning.RecallAnswer{Answer: warning.Destroyed})
		refuses(t, "by an analyst", err, problem.Denied, "answer a recall")
		answered, err := alpha.AnswerRecall(t.Context(), duty, "recall--1", warning.RecallAnswer{Answer: warning.Destroyed})
		check(t, err)
		if answered.Answer == nil || answered.Answer.About != answered.Hash || answered.AnswerHash == "" || alpha.kinds("bravo") != "recall_answer" {
			t.Errorf("answered %+v, queued %q", answered, alpha.kinds("bravo"))
		}
		alpha.show(func(tx *store.Tx) error {
			m, err := tx.Message(hash)
			check(t, err)
			kept, err := store.Duties.Get(tx, "duty--1")
			check(t, err)
			left, err := store.Drafts.Get(tx, composed.ID)
			check(t, err)
			_, cut, err := store.Cuts.Find(tx, store.CutID(composed.ID, "carol"))
			if m.State != store.Destroyed || m.Payload != nil || m.Salt != nil || strings.Contains(kept.Title, "Square") || len(kept.Reasons) != 0 || kept.State != warning.DutyWarn {
				t.Errorf("%s with %d bytes; the duty %+v", m.State, len(m.Payload), kept)
			}
			if left.Stage != warning.Withdrawn || len(left.Releases) != 0 || cut {
				t.Errorf("the draft is %s with %d texts, its copy there %t", left.Stage, len(left.Releases), cut)
			}
			return err
		})
		if c := alpha.caseOf(id); strings.Contains(c.Title, "Square") || c.State != store.CaseDestroyed || c.Overdue {
			t.Errorf("the case is still called %s, and is %s, overdue %t", c.Title, c.State, c.Overdue)
		}
	})
}

// Whatever else is answered erases nothing, and nothing of a frozen channel is erased.
func TestNothingElseErases(t *testing.T) {
	for answer, state := range map[warning.RecallResult]partner.State{
		warning.Stopped: partner.Active, warning.CannotRecall: partner.Active, warning.RefusedRecall: partner.Active, warning.Destroyed: partner.Frozen,
	} {
		bubble(t, func(t *testing.T, alpha *house) {
			hash := alpha.recalled(alpha.received())
			alpha.set("bravo", state)
			_, err := alpha.AnswerRecall(t.Context(), duty, "recall--1", warning.RecallAnswer{Answer: answer, Reason: "There is a reason."})
			if state == partner.Frozen {
				refuses(t, "frozen", err, problem.Conflict, "nothing of it is erased")
			} else {
				check(t, err)
			}
			alpha.show(func(tx *store.Tx) error {
				m, err := tx.Message(hash)
				if m.State != store.Kept || len(m.Payload) == 0 {
					t.Errorf("%s: the message is %s", answer, m.State)
				}
				return err
			})
		})
	}
}
