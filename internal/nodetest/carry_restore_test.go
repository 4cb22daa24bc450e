// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file restores nodes that no network joins to their partners: what those
// hold of them is asked and told in files.

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// putBack loses the node's disk and makes it anew from the backup.
func putBack(t *testing.T, h *House, backup []byte) {
	t.Helper()
	h.Stop()
	Check(t, os.RemoveAll(h.Dir))
	restoredTo(t, h.Dir, backup)
	h.Start()
}

// ended waits for the end of a recovery, and until the new name of the log is in
// force, if it has one.
func ended(t *testing.T, h *House) api.Recovery {
	t.Helper()
	Until(t, "the recovery of "+h.Name+" to end", func() bool {
		var newest []store.OwnChange
		Check(t, h.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) (err error) {
			newest, err = store.OwnKeys.List(tx, 1)
			return err
		}))
		r := recoveryOf(t, h)
		return r.ID != "" && !r.Open && (!r.NewLog || len(newest) == 1 && !newest[0].InForce.IsZero())
	})
	return recoveryOf(t, h)
}

// brought carries one file from a house to another, where it is taken whole.
func brought(t *testing.T, from, to *House) api.CarriedIn {
	t.Helper()
	file, _ := out(t, from, to, api.CarryOut{})
	taken := in(t, to, file)
	if !taken.OK() {
		t.Fatalf("from %s to %s: %+v", from.Name, to.Name, taken)
	}
	return taken
}

func rung(t *testing.T, h *House, kinds ...warning.AlarmKind) (texts []string) {
	t.Helper()
	alarms, err := h.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	for _, a := range alarms {
		for _, kind := range kinds {
			if a.Kind == kind {
				texts = append(texts, a.Text)
			}
		}
	}
	return texts
}

// Alpha is restored from an older backup. A file asks, a file answers, and what was
// lost is there again with its receipts; then a warning passes each way.
func TestRestoredAndAskedByHand(t *testing.T) {
	alpha, bravo := apart(t)
	alpha.Warn(Draft("Before the backup.", "bravo"))
	brought(t, alpha, bravo)
	brought(t, bravo, alpha)
	backup := backedUp(t, alpha)
	alpha.Warn(Draft("Lost by alpha, one.", "bravo"))
	bravo.Warn(Draft("Lost by alpha, two.", "alpha"))
	brought(t, alpha, bravo)
	brought(t, bravo, alpha)
	brought(t, alpha, bravo)
	old := alpha.Card()
	putBack(t, alpha, backup)

	question, made := out(t, alpha, bravo, api.CarryOut{})
	if !made.Asks || made.Messages != 0 || made.Receipts != 0 {
		t.Errorf("alpha's file: %+v", made)
	}
	if r := recoveryOf(t, alpha); r.Partners[0].Asked.IsZero() || r.Partners[0].File != made.Number {
		t.Errorf("asked, and not noted: %+v", r)
	}
	for range 2 { // the same file again changes nothing
		if taken := in(t, bravo, question); !taken.OK() || !taken.Asks {
			t.Errorf("asked: %+v", taken)
		}
	}
	if told := rung(t, bravo, warning.AlarmRestored); len(told) != 1 || !strings.Contains(told[0], "is told in the next file") {
		t.Errorf("bravo's people are told %q", told)
	}
	bravo.Warn(Draft("While alpha recovers.", "alpha"))
	answer, given := out(t, bravo, alpha, api.CarryOut{})
	if !given.Answers || given.GivenBack != 2 || given.Messages != 1 {
		t.Errorf("bravo's file: %+v", given)
	}
	// The end of the recovery is waited for, so that one file brings all.
	if taken := in(t, alpha, answer); !taken.OK() || !taken.Heard || taken.GivenBack != 2 || taken.New != 1 {
		t.Errorf("the answer: %+v", taken)
	}
	r := ended(t, alpha)
	if p := r.Partners[0]; !p.ByHand || !p.Ahead || p.Ours != 1 || p.Theirs != 1 || p.Lost != 0 || !r.NewLog {
		t.Errorf("the recovery: %+v", r)
	}
	if alpha.Card().Origin() == old.Origin() || !bytes.Equal(alpha.Card().Sign, old.Sign) {
		t.Error("the log has its old name, or another key signs")
	}
	if taken := in(t, alpha, answer); !taken.OK() || taken.Heard || taken.New != 0 || taken.Known != 1 {
		t.Errorf("the same answer again: %+v", taken)
	}
	if _, made := out(t, bravo, alpha, api.CarryOut{}); made.Answers {
		t.Errorf("answered once more: %+v", made)
	}
	alpha.Warn(Draft("After the restore.", "bravo"))
	brought(t, alpha, bravo)
	bravo.Warn(Draft("To the restored one.", "alpha"))
	brought(t, bravo, alpha)
	brought(t, alpha, bravo)
	if a, b := sent(t, alpha, "bravo"), sent(t, bravo, "alpha"); a["delivered"] != 3 || b["delivered"] != 3 || len(a) != 1 || len(b) != 1 {
		t.Errorf("sent by alpha: %v, by bravo: %v", a, b)
	}
	for _, h := range []*House{alpha, bravo} {
		h.Sound()
		if forks := rung(t, h, warning.AlarmFork, warning.AlarmOwnLog, warning.AlarmTwin, warning.AlarmStanding); len(forks) > 0 {
			t.Errorf("%s: %q", h.Name, forks)
		}
	}
}

// One who was left out is asked on, by hand too, and told of the log's new name once
// it has answered.
func TestLeftOutAndAskedByHand(t *testing.T) {
	alpha, bravo := apart(t)
	backup := backedUp(t, alpha)
	alpha.Warn(Draft("Lost by alpha.", "bravo"))
	brought(t, alpha, bravo)
	putBack(t, alpha, backup)
	Check(t, alpha.Desk.GoWithout(t.Context(), Admin(), "bravo", "nobody could drive there"))
	if r := ended(t, alpha); !r.NewLog {
		t.Errorf("the recovery: %+v", r)
	}
	if taken := brought(t, alpha, bravo); !taken.Asks || taken.New != 0 {
		t.Errorf("asked: %+v", taken)
	}
	if taken := brought(t, bravo, alpha); !taken.Heard || taken.GivenBack == 0 {
		t.Errorf("answered: %+v", taken)
	}
	Until(t, "bravo to be told of the new name", func() bool { return alpha.queued(bravo) > 0 })
	alpha.Warn(Draft("After it.", "bravo"))
	brought(t, alpha, bravo)
	brought(t, bravo, alpha)
	if n := alpha.queued(bravo); n != 0 {
		t.Errorf("%d wait", n)
	}
	alpha.Sound()
	bravo.Sound()
}

// Both were restored: each is answered by the other, although neither may say
// anything else.
func TestBothRestoredAndAskedByHand(t *testing.T) {
	alpha, bravo := apart(t)
	for _, h := range []*House{alpha, bravo} {
		Check(t, h.Desk.RecoverByHand(t.Context(), Admin(), "a test"))
	}
	if taken := brought(t, alpha, bravo); !taken.Asks {
		t.Errorf("alpha asks: %+v", taken)
	}
	if taken := brought(t, bravo, alpha); !taken.Asks || !taken.Heard {
		t.Errorf("bravo answers, and asks: %+v", taken)
	}
	ended(t, alpha)
	if taken := brought(t, alpha, bravo); !taken.Heard || taken.New == 0 {
		t.Errorf("alpha answers: %+v", taken)
	}
	ended(t, bravo)
	brought(t, bravo, alpha)
	brought(t, alpha, bravo)
	alpha.Warn(Draft("After it.", "bravo"))
	brought(t, alpha, bravo)
	alpha.Sound()
	bravo.Sound()
}

// More came than one page holds. Of an answer that was cut off the pages before
// are kept; the whole one goes on from there, and so do files in a row.
func TestAnswersOfManyPages(t *testing.T) {
	const lost = 2*envelope.MaxHeld + 5
	alpha, bravo := apart(t)
	backup := backedUp(t, alpha)
	for i := range lost {
		alpha.Warn(Draft(fmt.Sprintf("Lost by alpha, %d.", i), "bravo"))
	}
	brought(t, alpha, bravo)
	putBack(t, alpha, backup)
	brought(t, alpha, bravo)

	var file bytes.Buffer
	made, err := bravo.Courier.CarryOut(t.Context(), Officer(), "alpha", api.CarryOut{}, func() {}, &file)
	Check(t, err)
	if !made.Answers || made.GivenBack != lost || made.More {
		t.Fatalf("the answer: %+v", made)
	}
	part := in(t, alpha, file.Bytes()[:file.Len()*3/5])
	if part.OK() || part.Cut == "" || part.Heard || part.GivenBack != envelope.MaxHeld {
		t.Errorf("of a part of an answer: %+v", part)
	}
	if r := recoveryOf(t, alpha); !r.Open || r.Partners[0].Ours != envelope.MaxHeld || r.Partners[0].Wrong {
		t.Errorf("after a part of an answer: %+v", r)
	}
	// Nobody has said that the file is on a disk: the next files answer the same.
	ask := api.CarryOut{MaxSize: int64(file.Len())*3/4 + 100<<10} // one page, not two; the door asks for more
	for n := 1; ; n++ {
		if n > 4 {
			t.Fatal("files without end")
		}
		row, made := out(t, bravo, alpha, ask)
		if int64(len(row)) > ask.MaxSize {
			t.Errorf("file %d has %d bytes", n, len(row))
		}
		taken := in(t, alpha, row)
		if !taken.OK() || taken.Heard != made.Answers {
			t.Fatalf("file %d: %+v of %+v", n, taken, made)
		}
		if !made.More {
			if n < 2 {
				t.Error("one file held it all")
			}
			break
		}
		ask = ask.Next(made)
	}
	if r := ended(t, alpha); r.Partners[0].Ours != lost || r.Partners[0].Lost != 0 {
		t.Errorf("the recovery: %+v", r)
	}
	if taken := in(t, alpha, file.Bytes()); !taken.OK() || taken.Heard {
		t.Errorf("the first answer, whole, afterwards: %+v", taken)
	}
	alpha.Sound()
	bravo.Sound()
}

// An old file of alpha's, from before its loss, is taken by bravo after the answer:
// what alpha says at that place now rings on both sides, nothing is lost, and asking
// once more, from further back, makes it good.
func TestAnOldFileAfterTheAnswer(t *testing.T) {
	alpha, bravo := apart(t)
	backup := backedUp(t, alpha)
	alpha.Warn(Draft("On a stick in somebody's bag.", "bravo"))
	bag, _ := out(t, alpha, bravo, api.CarryOut{})
	putBack(t, alpha, backup)
	brought(t, alpha, bravo)
	brought(t, bravo, alpha)
	if r := ended(t, alpha); !r.NewLog || r.Partners[0].Ahead {
		t.Errorf("files may be on their way, and the log keeps its name: %+v", r)
	}
	alpha.Warn(Draft("After the restore.", "bravo"))
	if taken := in(t, bravo, bag); !taken.OK() || taken.New != 1 {
		t.Errorf("the bag: %+v", taken)
	}
	file, _ := out(t, alpha, bravo, api.CarryOut{})
	if taken := in(t, bravo, file); taken.OK() || taken.New != 0 || taken.Refused == 0 {
		t.Errorf("what alpha says now: %+v", taken)
	}
	if told := rung(t, bravo, warning.AlarmTwin); len(told) == 0 {
		t.Error("bravo's people are told nothing")
	}
	Check(t, alpha.Desk.RecoverByHand(t.Context(), Admin(), "a file from before the loss was in a bag"))
	brought(t, alpha, bravo)
	conflict, _ := out(t, bravo, alpha, api.CarryOut{})
	taken := in(t, alpha, conflict)
	if taken.OK() || len(taken.Waits) == 0 || !strings.Contains(taken.Waits[0], "asks from further back") {
		t.Errorf("another message at the place of one that waits: %+v", taken)
	}
	brought(t, alpha, bravo)
	if taken := brought(t, bravo, alpha); !taken.Heard {
		t.Errorf("asked from further back: %+v", taken)
	}
	ended(t, alpha)
	if told := rung(t, alpha, warning.AlarmTwin); len(told) == 0 {
		t.Error("alpha's people are told nothing")
	}
	if told := rung(t, alpha, warning.AlarmStanding); len(told) != 0 {
		t.Errorf("bravo did not lie: %q", told)
	}
	alpha.Warn(Draft("Once more, behind what was in the bag.", "bravo"))
	brought(t, alpha, bravo)
	brought(t, bravo, alpha)
	if states := sent(t, alpha, "bravo"); states["delivered"] != 2 || states["dropped"] != 1 {
		t.Errorf("sent: %v", states)
	}
	for _, h := range []*House{alpha, bravo} {
		h.Sound()
		if forks := rung(t, h, warning.AlarmFork, warning.AlarmOwnLog); len(forks) > 0 {
			t.Errorf("%s: %q", h.Name, forks)
		}
	}
}
