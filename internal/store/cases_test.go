// SPDX-License-Identifier: Apache-2.0

package store

// This file holds how a case moves: every state against everything that can be
// said in it, by either side.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/warning"
)

// TestCaseMoves is the whole table. In a column of the side that was warned a
// state is what the case becomes; the side that warned moves nothing but a
// dispute, which never changes the state.
func TestCaseMoves(t *testing.T) {
	const (
		newest = "1111111111111111111111111111111111111111111111111111111111111111"
		older  = "2222222222222222222222222222222222222222222222222222222222222222"
	)
	ack := func(answer warning.Answer, about string) warning.Payload {
		return &warning.Acknowledgement{Answer: answer, About: about}
	}
	messages := []struct {
		name    string
		payload warning.Payload
	}{
		{"understood", ack(warning.Understood, newest)},
		{"need_more", ack(warning.NeedMore, newest)},
		{"refuse", ack(warning.Refuse, newest)},
		{"of none", ack(warning.Understood, "")},
		{"of an older", ack(warning.Understood, older)},
		{"acted", ack(warning.ActedOn, newest)},
		{"acted, older", ack(warning.ActedOn, older)},
		{"outcome", &warning.Outcome{Result: "attack_prevented"}},
		{"dispute", &warning.Dispute{}},
		{"request", &warning.Request{}},
		{"recall", &warning.Recall{}},
		{"thanks", &warning.Thanks{}},
	}
	table := `
		              open          quarantined  acknowledged  acted         outcome       destroyed
		understood    acknowledged  acknowledged acknowledged  acted         outcome       destroyed
		need_more     acknowledged  acknowledged acknowledged  acted         outcome       destroyed
		refuse        acknowledged  acknowledged acknowledged  acted         outcome       destroyed
		of_none       acknowledged  acknowledged acknowledged  acted         outcome       destroyed
		of_an_older   open          quarantined  acknowledged  acted         outcome       destroyed
		acted         acted         acted        acted         acted         outcome       acted
		acted,_older  open          quarantined  acknowledged  acted         outcome       destroyed
		outcome       outcome       outcome      outcome       outcome       outcome       outcome
		dispute       open          quarantined  acknowledged  acted         outcome       destroyed
		request       open          quarantined  acknowledged  acted         outcome       destroyed
		recall        open          quarantined  acknowledged  acted         outcome       destroyed
		thanks        open          quarantined  acknowledged  acted         outcome       destroyed`
	lines := strings.Split(strings.TrimSpace(table), "\n")
	states := strings.Fields(lines[0])
	for i, message := range messages {
		row := strings.Fields(lines[i+1])
		if strings.ReplaceAll(row[0], "_", " ") != strings.ReplaceAll(message.name, "_", " ") {
			t.Fatalf("row %q of the table is for %q", row[0], message.name)
		}
		for column, before := range states {
			for _, ours := range []bool{true, false} { // whose warning it is
				for _, byUs := range []bool{true, false} {
					c := Case{Ours: ours, State: CaseState(before), Newest: newest, Disputed: true}
					c.Move(message.payload, byUs)
					want := row[column+1]
					if ours == byUs { // who warned does not answer it
						want = before
					}
					if string(c.State) != want {
						t.Errorf("%s in a case that is %s, ours %t, said by us %t: %s, want %s", message.name, before, ours, byUs, c.State, want)
					}
					if !c.Disputed {
						t.Errorf("%s: a dispute was taken away", message.name)
					}
				}
			}
		}
	}
	fresh := Case{State: CaseOpen}
	if fresh.Move(&warning.Dispute{}, false); !fresh.Disputed || fresh.State != CaseOpen {
		t.Errorf("disputed: %+v", fresh)
	}
}

// A question of the partner's waits until somebody of ours replies to it; ours wait
// at the partner's. However many a partner asks, a case remembers a hundred.
func TestQuestionsOfACase(t *testing.T) {
	c := Case{State: CaseOpen}
	for _, id := range []string{"request--1", "request--2", "request--1"} {
		c.Move(&warning.Request{ID: id}, false)
	}
	c.Move(&warning.Request{ID: "request--ours"}, true)
	c.Move(&warning.Reply{Request: "request--2"}, false)
	if diff := cmp.Diff([]string{"request--1", "request--2"}, c.Questions); diff != "" {
		t.Error("asked: -want +got\n" + diff)
	}
	c.Move(&warning.Reply{Request: "request--1"}, true)
	if diff := cmp.Diff([]string{"request--2"}, c.Questions); diff != "" {
		t.Error("replied: -want +got\n" + diff)
	}
	for i := range 200 {
		c.Move(&warning.Request{ID: fmt.Sprint("request--", i)}, false)
	}
	if len(c.Questions) != 100 {
		t.Errorf("%d questions are remembered", len(c.Questions))
	}
}

// A correction opens a case anew, whatever came of it, and makes nothing less.
func TestCaseCorrected(t *testing.T) {
	u := &warning.Update{Version: 3, Warning: warning.Warning{Precedence: "ROUTINE", ThreatType: warning.Cyber, Target: warning.Target{Name: "Harbour"}}}
	for state, want := range map[CaseState]struct {
		state      CaseState
		precedence string
	}{
		CaseOpen:         {CaseOpen, "FLASH"}, // nobody has read the FLASH yet
		CaseQuarantined:  {CaseQuarantined, "FLASH"},
		CaseAcknowledged: {CaseOpen, "ROUTINE"},
		CaseActed:        {CaseOpen, "ROUTINE"},
		CaseOutcome:      {CaseOpen, "ROUTINE"},
		CaseDestroyed:    {CaseOpen, "FLASH"},
	} {
		c := Case{State: state, Precedence: "FLASH", ToLife: true, Disputed: true, Overdue: true, Result: "false_alarm", Title: "Market", Erased: time.Unix(1, 0), Destroyed: time.Unix(1, 0)}
		c.Correct(u, "hash")
		if c.State != want.state || c.Precedence != want.precedence || !c.ToLife || !c.Disputed || c.Overdue || c.Result != "" || c.Title != "Harbour" || c.Newest != "hash" || c.Version != 3 || !c.Erased.IsZero() || !c.Destroyed.IsZero() {
			t.Errorf("%s became %+v", state, c)
		}
	}
	c := Case{State: CaseAcknowledged}
	u.Warning.ThreatType = warning.Kidnapping
	if c.Correct(u, "hash"); !c.ToLife {
		t.Error("a threat to life was not added")
	}
}

// A case whose texts were erased keeps the state that it had reached, and waits for
// nobody; one that an older program listed as open is listed anew.
func TestAnErasedCaseWaitsForNobody(t *testing.T) {
	k := newKit(t)
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for id, c := range map[string]Case{
			"warning--waits":  {State: CaseOpen},
			"warning--apart":  {State: CaseQuarantined, Erased: tx.Now},
			"warning--gone":   {State: CaseOpen, Erased: tx.Now},
			"warning--acted":  {State: CaseActed, Erased: tx.Now},
			"warning--before": {State: CaseOpen, Erased: tx.Now},
		} {
			c.ID, c.Partner, c.Opened = id, "bravo", tx.Now
			k.must(Cases.Put(tx, id, c))
		}
		k.must(tx.Raise(warning.Alarm{Kind: warning.AlarmAnswerDue, Partner: "bravo", Subject: "warning--before"}))
		return tx.exec(`UPDATE records SET state = 'open' WHERE kind = 'case' AND id = 'warning--before'`)
	}))
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return tx.Relist("warning--before") }))
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		for state, want := range map[CaseState]int{CaseOpen: 1, CaseQuarantined: 0, CaseActed: 1, CaseUnanswered: 3} {
			if n, err := Cases.Count(tx, string(state)); err != nil || n != want {
				t.Errorf("%d are listed as %s, not %d: %v", n, state, want, err)
			}
		}
		c, err := Cases.Get(tx, "warning--before")
		if c.State != CaseOpen || c.Waits() {
			t.Errorf("it is %+v", c)
		}
		k.must(err)
		ringing, err := Alarms.Count(tx, Raised)
		if ringing > 0 {
			t.Error("it rings for an answer")
		}
		return err
	}))
}
