// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file plays a hostile partner that corrects, recalls and answers what is
// not its own, and proves steps that it did not take.

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

var stranger = warning.Officer{Name: "C", Role: "duty-officer"}

func moment() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// recalls are those that wait for somebody, as bravo sees them.
func (h *hostile) recalls() []api.Recall {
	h.t.Helper()
	list, err := h.bravo.Shelf.Recalls(h.t.Context(), Officer(), false)
	Check(h.t, err)
	return list
}

func (h *hostile) update(id, of string, version int64, title string) warning.Update {
	d := Draft("Another text.", "bravo")
	w := d.Copy("bravo", id)
	w.Target.Name, w.AnswerBy, w.Review = title, moment().Add(time.Hour), "2099-01-01"
	return warning.Update{Of: of, Version: version, Change: "It was wrong.", Warning: w}
}

// Nobody corrects another's warning, nor its own out of turn: what does not
// follow is kept, rings, and changes nothing.
func TestCorrectionsThatDoNotFit(t *testing.T) {
	s := newScene(t)
	alpha, carol := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	first := alpha.prev
	carol.say(envelope.Update, carol.update(id, first, 2, "nothing at all"))
	if c := alpha.onBoard(id); c.Title != "a crowd" || c.Partner != "alpha" || carol.alarms(warning.AlarmCorrection) != 1 {
		t.Errorf("carol corrected alpha's warning: %+v", c)
	}
	alpha.say(envelope.Update, alpha.update(id, first, 3, "skipped"))
	alpha.say(envelope.Update, alpha.update(id, carol.prev, 2, "of another"))
	if c := alpha.onBoard(id); c.Title != "a crowd" || carol.alarms(warning.AlarmCorrection) != 3 {
		t.Errorf("a correction out of turn was taken: %+v, %d alarms", c, carol.alarms(warning.AlarmCorrection))
	}
	Check(t, s.bravo.Outbox.Acknowledge(t.Context(), Officer(), warning.Acknowledgement{Case: id, Answer: warning.Understood}))
	alpha.say(envelope.Update, alpha.update(id, first, 2, "two crowds"))
	second := alpha.prev
	if c := alpha.onBoard(id); c.Title != "two crowds" || c.State != "open" {
		t.Errorf("the right correction: %+v", c)
	}
	alpha.say(envelope.Update, alpha.update(id, first, 2, "again the first"))
	if c := alpha.onBoard(id); c.Title != "two crowds" || carol.alarms(warning.AlarmCorrection) != 4 {
		t.Errorf("an older version took the place of the newest: %+v", c)
	}
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if shown.Newest != second || shown.Version != 2 || len(shown.Thread) != 6 {
		t.Errorf("newest %s, version %d, %d messages", shown.Newest, shown.Version, len(shown.Thread))
	}
	s.bravo.Sound()
}

// A correction whose warning never came is not lost with it.
func TestACorrectionAlone(t *testing.T) {
	s := newScene(t)
	alpha := newHostile(t, s, s.alpha)
	id := newID()
	alpha.say(envelope.Update, alpha.update(id, envelope.FirstPrev, 2, "a crowd"))
	if c := alpha.onBoard(id); c.Title != "a crowd" || !c.ToLife || c.State != "open" || alpha.alarms(warning.AlarmCorrection) != 1 {
		t.Errorf("the board shows %+v, %d alarms", c, alpha.alarms(warning.AlarmCorrection))
	}
	s.bravo.Sound()
}

// Nobody recalls what is another's or what must stay, and nobody answers for
// another; a recall erases nothing by itself.
func TestRecallsThatDoNotFit(t *testing.T) {
	s := newScene(t)
	alpha, carol := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	theirs := alpha.prev
	alpha.say(envelope.Dispute, warning.Dispute{ID: "dispute--1", Case: id, About: "a", View: "v", By: stranger, At: moment()})
	disputed := alpha.prev
	recall := warning.Recall{ID: "recall--1", Case: id, About: theirs, Ask: warning.AskDestroy, Reason: "r", AnswerBy: moment().Add(time.Hour), By: stranger, At: moment()}
	carol.say(envelope.Recall, recall)
	stays := recall
	stays.ID, stays.About = "recall--2", disputed
	alpha.say(envelope.Recall, stays)
	if n := carol.alarms(warning.AlarmRecall); len(carol.recalls()) != 0 || n != 2 {
		t.Errorf("%d recalls wait, %d alarms", len(carol.recalls()), n)
	}
	alpha.say(envelope.Recall, recall)
	if all := alpha.recalls(); len(all) != 1 || all[0].Ours || all[0].Partner != "alpha" {
		t.Fatalf("the right recall: %+v", all)
	}
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if len(shown.Thread[0].Payload) == 0 {
		t.Error("a recall erased a text")
	}

	// Ours, answered by somebody else.
	ours := s.bravo.Warn(Draft("A text.", "alpha")).Sent["alpha"]
	made, err := s.bravo.Outbox.Recall(t.Context(), First(), ours, warning.AskDestroy, "It was wrong.", time.Time{})
	Check(t, err)
	answer := warning.RecallAnswer{Case: ours, Recall: made[0].Recall.ID, About: made[0].Hash, Answer: warning.Destroyed, By: stranger, At: moment()}
	carol.say(envelope.RecallAnswer, answer)
	if n := len(carol.recalls()); n != 2 {
		t.Errorf("%d recalls wait after carol's answer", n)
	}
	wrong := answer
	wrong.About = theirs
	alpha.say(envelope.RecallAnswer, wrong)
	if n := len(carol.recalls()); n != 2 || carol.alarms(warning.AlarmRecall) != 4 {
		t.Errorf("%d recalls wait, %d alarms", n, carol.alarms(warning.AlarmRecall))
	}
	alpha.say(envelope.RecallAnswer, answer)
	if n := len(carol.recalls()); n != 1 {
		t.Errorf("%d recalls wait after alpha's answer", n)
	}
	alpha.say(envelope.RecallAnswer, answer)
	if carol.alarms(warning.AlarmRecall) != 5 {
		t.Error("an answer to what was answered did not ring")
	}
	s.bravo.Sound()
}

// A receipt of a step that is forged, or says something else than its message,
// is an alarm and not kept; the message is kept all the same.
func TestForgedSteps(t *testing.T) {
	s := newScene(t)
	carol := newHostile(t, s, s.carol)
	id := newID()
	carol.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	ring := s.carol.Ring()
	for i, forge := range []func(*receipt.Statement){
		func(*receipt.Statement) {},
		func(r *receipt.Statement) { r.Said = "settled" },
		func(r *receipt.Statement) { r.Kind, r.Said = receipt.Acknowledged, "understood" },
		func(r *receipt.Statement) { r.At = r.At.Add(time.Hour) },
	} {
		d := warning.Dispute{ID: "dispute--1", Case: id, About: "a", View: "v", By: stranger, At: moment()}
		m, sealed := carol.seal(envelope.Dispute, d)
		statement, _ := warning.StepStatement(m, &d)
		forge(&statement)
		tree := tlog.Tree{N: 1, Hash: tlog.RecordHash(receipt.Leaf(receipt.KindSent, m.Hash()))}
		statement.Size, statement.Root = 1, hex.EncodeToString(tree.Hash[:])
		signature, err := ring.SignReceipt(statement)
		Check(t, err)
		checkpoint, err := ring.SignCheckpoint(tree)
		Check(t, err)
		made, err := receipt.New(statement, signature, nil, checkpoint)
		Check(t, err)
		raw, err := made.Encode()
		Check(t, err)
		body, err := json.Marshal(envelope.Delivery{From: ring.ID(), To: s.bravo.Card().ID(), Envelopes: [][]byte{sealed}, Proofs: []string{string(raw)}})
		Check(t, err)
		sender := envelope.SenderValue(ring.ID(), ring.SignDelivery(envelope.DeliverySigningInput(s.bravo.Card().ID(), body)))
		if status, answer := s.post(t, sender, body); status != 200 {
			t.Fatalf("answered %d %s", status, answer)
		}
		carol.seq, carol.prev = m.Header.Seq, m.Hash()
		kept, err := s.bravo.Shelf.Step(t.Context(), Overseer(), m.Hash())
		right := i == 0
		if (err == nil) != right || right && string(kept) != string(raw) {
			t.Errorf("step %d: %v", i, err)
		}
		if want := i; carol.alarms(warning.AlarmBadReceipt) != want {
			t.Errorf("step %d: %d alarms, want %d", i, carol.alarms(warning.AlarmBadReceipt), want)
		}
	}
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if len(shown.Thread) != 5 {
		t.Errorf("%d messages were kept", len(shown.Thread))
	}
	s.bravo.Sound()
}
