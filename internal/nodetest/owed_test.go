// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file plays a hostile partner against what is owed to another because of its
// warnings: nothing that it sends takes a duty away, hides what came later, or
// fills the board.

import (
	"fmt"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// owed are the duties of bravo to carol that are not closed, the newest first.
func (s *scene) owed(t *testing.T) (all []warning.Duty) {
	t.Helper()
	duties, err := s.bravo.Shelf.Duties(t.Context(), Officer(), false)
	Check(t, err)
	for _, d := range duties {
		if d.Partner == "carol" {
			d, err := s.bravo.Shelf.Duty(t.Context(), Officer(), d.ID)
			Check(t, err)
			all = append(all, d)
		}
	}
	return all
}

func (s *scene) promise(t *testing.T, word string) {
	t.Helper()
	_, err := s.bravo.Outbox.Pledge(t.Context(), First(), "carol", warning.Pledge{Text: "We tell you.", Words: []string{word}})
	Check(t, err)
}

// A harmless warning opens a duty, which is deferred; its correction is a FLASH to
// life. The duty is as urgent then, and to be decided anew: also after it was
// assessed, and while a waiver waits. A correction that would have it all erased
// years ago rings, and erases nothing.
func TestACorrectionIsNotSwallowed(t *testing.T) {
	s := newScene(t)
	alpha := newHostile(t, s, s.alpha)
	s.promise(t, "crowd")
	id := newID()
	alpha.warns(id, "a crowd", handling.Routine, warning.OtherThreat)
	d := s.owed(t)[0]
	if d.Precedence != handling.Routine || d.ToLife {
		t.Fatalf("opened as %+v", d)
	}
	_, err := s.bravo.Desk.Decide(t.Context(), Officer(), d.ID, warning.Decision{Choice: warning.Defer, Justification: "Later.", Until: moment().AddDate(0, 0, 6), Seen: d.As})
	Check(t, err)
	first := alpha.prev
	grave := alpha.update(id, first, 2, "a crowd")
	grave.Warning.Precedence, grave.Warning.ThreatType = handling.Flash, warning.Kidnapping
	alpha.say(envelope.Update, grave)
	open := s.owed(t)
	if len(open) != 1 {
		t.Fatalf("%d duties", len(open))
	}
	d = open[0]
	if d.State != warning.DutyOpen || d.Precedence != handling.Flash || !d.ToLife || d.Due.After(moment().Add(d.Precedence.AnswerWithin())) || d.Decision != nil || len(d.Past) != 1 {
		t.Errorf("after the correction it is %+v", d)
	}
	yes := warning.Finding{Yes: true, Reason: "r"}
	_, err = s.bravo.Desk.Assess(t.Context(), Analyst(), d.ID, warning.Assessment{Credible: yes, Specific: yes, Impending: yes, ThreatType: warning.Kidnapping,
		Target: warning.Target{Kind: "group", Name: "g"}, OwnCitizen: "no"})
	Check(t, err)
	d = s.owed(t)[0]
	waive := warning.Decision{Choice: warning.Waive, Ground: "victim_already_aware", Justification: "They know.", Seen: d.As}
	_, err = s.bravo.Desk.Decide(t.Context(), First(), d.ID, waive)
	Check(t, err)
	seen := s.owed(t)[0].As
	erased := alpha.update(id, alpha.prev, 3, "another crowd")
	erased.Warning.Review = "2020-01-01"
	alpha.say(envelope.Update, erased)
	if _, err := s.bravo.Desk.Affirm(t.Context(), Second(), d.ID, true, seen); err == nil {
		t.Error("a waiver was affirmed that was proposed before the correction came")
	}
	if d = s.owed(t)[0]; d.State != warning.DutyOpen || d.Assessment != nil || d.Title != "another crowd" || alpha.alarms(warning.AlarmCorrection) != 1 {
		t.Errorf("it is %+v; %d alarms", d, alpha.alarms(warning.AlarmCorrection))
	}
	kept, err := s.bravo.Shelf.Retention(t.Context(), Officer(), id)
	Check(t, err)
	if !kept.Erased.IsZero() {
		t.Error("it is erased")
	}
	s.bravo.Sound()
}

// A partner that sends many warnings fills no board: ten stand there one by one,
// and one duty gathers the others, as urgent as the most urgent of them.
func TestManyWarningsAreGathered(t *testing.T) {
	s := newScene(t)
	alpha := newHostile(t, s, s.alpha)
	s.promise(t, "crowd")
	var last string
	for i := range 30 {
		precedence, threat := handling.Routine, warning.OtherThreat
		if i == 25 {
			precedence, threat = handling.Flash, warning.Kidnapping
		}
		last = newID()
		alpha.warns(last, fmt.Sprintf("crowd %d", i), precedence, threat)
	}
	open := s.owed(t)
	if len(open) != 11 {
		t.Fatalf("%d duties are open", len(open))
	}
	all := open[0]
	if len(all.Cases) != 20 || !all.About(last) || all.Precedence != handling.Flash || !all.ToLife || len(all.Reasons) != 1 {
		t.Errorf("gathered: %+v", all)
	}
	s.bravo.Sound()
}

// What a suspended partner warns of is in quarantine, and owed to another all the same.
func TestAQuarantinedWarningIsOwed(t *testing.T) {
	s := newScene(t)
	alpha := newHostile(t, s, s.alpha)
	s.promise(t, "crowd")
	_, err := s.bravo.Desk.SetState(t.Context(), First(), "alpha", partner.Suspended, "they leak")
	Check(t, err)
	alpha.warns(newID(), "a crowd", handling.Flash, warning.Kidnapping)
	open := s.owed(t)
	if len(open) != 1 || !open[0].ToLife || open[0].Reasons[len(open[0].Reasons)-1] != "by a message of alpha that is in quarantine" {
		t.Errorf("owed: %+v", open)
	}
}
