// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays how a duty's record grows, and that a board is not emptied by
// anything but decisions.

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (h *house) duty(id string) (d warning.Duty) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		d, err = store.Duties.Get(tx, id)
		return err
	})
	return d
}

// Nobody waives, or says that the threshold is not met, without an assessment that
// says so; whoever warns or waits may do it at once.
func TestWhatNeedsAnAssessment(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		waive := warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "j"}
		notMet := warning.Decision{Choice: "threshold_not_met", Justification: "j"}
		id := alpha.open().ID
		for what, decision := range map[string]warning.Decision{"a waiver": waive, "not met": notMet} {
			_, err := alpha.Decide(ctx, duty, id, decision)
			refuses(t, what, err, problem.Invalid, "assessment: say first")
		}
		_, err := alpha.Decide(ctx, duty, id, warning.Decision{Choice: "defer", Justification: "j", Until: time.Now().Add(time.Hour)})
		refuses(t, "a threat to life, deferred", err, problem.Invalid, "assessment: a threat to life")
		_, err = alpha.Desk.Decide(ctx, duty, id, warning.Decision{Choice: "warn"})
		check(t, err)

		alpha.assess(id, true)
		_, err = alpha.Decide(ctx, duty, id, notMet)
		refuses(t, "not met, although it is", err, problem.Invalid, "by the assessment the threshold is met")
		_, err = alpha.Decide(ctx, duty, id, waive)
		check(t, err)
		_, err = alpha.Assess(ctx, analyst, id, assessment(false))
		refuses(t, "assessed anew under a waiver", err, problem.Conflict, "a waiver waits")
		_, err = alpha.Affirm(ctx, first, id, false)
		check(t, err)
		alpha.assess(id, false)
		d, err := alpha.Decide(ctx, duty, id, notMet)
		if err != nil || d.State != warning.DutyNotMet || d.Decision.Role != "duty-officer" || d.Role != "analyst" {
			t.Errorf("decided %+v of %+v, %v", d.Decision, d, err)
		}
		_, err = alpha.Assess(ctx, analyst, id, assessment(true))
		refuses(t, "assessed when it is closed", err, problem.Conflict, "this duty is closed")
	})
}

func TestAssess(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		id := alpha.open().ID
		for what, c := range map[string]caller.Caller{"an administrator": admin, "a machine": {Kind: caller.Machine, Name: "m"}, "the partner": caller.FromPartner("bravo")} {
			_, err := alpha.Assess(ctx, c, id, assessment(true))
			refuses(t, what, err, problem.Denied, "assess a duty")
		}
		_, err := alpha.Assess(ctx, analyst, id, warning.Assessment{Credible: warning.Finding{Yes: true}})
		for _, word := range []string{"credible.reason", "specific.reason", "impending.reason", "threat_type", "target", "victim_is_own_citizen"} {
			refuses(t, "nothing said", err, problem.Invalid, word)
		}
		forged := assessment(true)
		forged.By, forged.At = "sue", time.Now().Add(-time.Hour)
		d, err := alpha.Assess(ctx, analyst, id, forged)
		if err != nil || d.Assessment.By != "ann" || !d.Assessment.At.Equal(time.Now()) {
			t.Errorf("assessed by %+v, %v", d.Assessment, err)
		}
		// Failed but happened: the same said again is there once.
		time.Sleep(time.Second)
		alpha.assess(id, true)
		if again := alpha.duty(id); len(again.History) != len(d.History) || !again.Assessment.At.Equal(d.Assessment.At) {
			t.Errorf("said twice, it is there twice: %+v", again.History)
		}
		_, err = alpha.Assess(ctx, duty, id, assessment(true)) // by somebody else it is another
		check(t, err)
		alpha.assess(id, false)
		var said []string
		for _, event := range alpha.duty(id).History {
			said = append(said, event.By+": "+event.What)
		}
		want := "ann: opened by hand|ann: assessed: the threshold is met|dan: assessed: the threshold is met|ann: assessed: the threshold is not met"
		if got := strings.Join(said, "|"); got != want {
			t.Errorf("the history says\n%s\nwant\n%s", got, want)
		}
	})
}

// A warning by telephone closes the duty that was decided so, and no other; who
// was asked and told may be added afterwards.
func TestTheRecordGrows(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		id := alpha.open().ID
		now := time.Now()
		call := warning.Addition{Given: &warning.Given{Method: "phone", Means: "the number of the duty desk", Authority: "The police of Riverton", Role: "Officer on duty",
			Substance: "The square is threatened on Saturday.", DeliveredAt: now, Receipt: "forged", SubstanceHash: "forged", Salt: "forged"}}
		_, err := alpha.AddToDuty(ctx, duty, id, call)
		refuses(t, "given before it was decided", err, problem.Conflict, "nobody has decided to warn")
		_, err = alpha.Decide(ctx, duty, id, warning.Decision{Choice: "warn"})
		check(t, err)
		for what, wrong := range map[string]warning.Addition{
			"say what is added":           {},
			"records itself":              {Given: &warning.Given{Method: "node", Means: "m", Authority: "a", Substance: "s", DeliveredAt: now}},
			"given.means":                 {Given: &warning.Given{Method: "phone", Authority: "a", Substance: "s", DeliveredAt: now}},
			"given.delivered_at":          {Given: &warning.Given{Method: "phone", Means: "m", Authority: "a", Substance: "s", DeliveredAt: now.Add(time.Hour)}},
			"consulted.view":              {Consulted: &warning.Consultation{Body: "b", When: now}},
			"notified.when":               {Notified: &warning.Notice{Who: "w"}},
			"dispute.party":               {Dispute: &warning.Difference{Level: "l"}},
			"retention_review_due: not a": {RetentionReview: "soon"},
		} {
			_, err := alpha.AddToDuty(ctx, duty, id, wrong)
			refuses(t, what, err, problem.Invalid, what)
		}
		_, err = alpha.AddToDuty(ctx, analyst, id, call)
		refuses(t, "by an analyst", err, problem.Denied, "add to a duty's record")
		d, err := alpha.AddToDuty(ctx, duty, id, call)
		if err != nil || d.State != warning.DutyWarn {
			t.Fatalf("one person alone says that it was given: %s, %v", d.State, err)
		}
		confirm := warning.Addition{Confirmed: true}
		_, err = alpha.AddToDuty(ctx, duty, id, confirm)
		refuses(t, "confirmed by the same", err, problem.Denied, "yourself")
		d, err = alpha.AddToDuty(ctx, first, id, confirm)
		check(t, err)
		_, err = alpha.AddToDuty(ctx, second, id, confirm)
		refuses(t, "confirmed twice", err, problem.Conflict, "nothing that is on record")
		if d.Given[0].By != "dan" || d.Given[0].ConfirmedBy != "rob" {
			t.Errorf("given: %+v", d.Given)
		}
		if d.State != warning.DutyWarned || len(d.Given) != 1 || d.Given[0].Receipt != "" || !d.Given[0].Says("The square is threatened on Saturday.") || len(d.Given[0].Salt) != 32 {
			t.Errorf("given: %+v", d)
		}
		more := warning.Addition{Consulted: &warning.Consultation{Body: "The police", When: now, View: "They know of nothing."}, Consent: "letter 4",
			Notified: &warning.Notice{Who: "The ministry", When: now}, Dispute: &warning.Difference{Level: "section", Party: "The desk for sources", Resolution: "None."}, Outcome: "warning--1", RetentionReview: "2031-01-01"}
		for range 2 { // the second time as if the first had failed but happened
			d, err = alpha.AddToDuty(ctx, duty, id, more)
			check(t, err)
			_, err = alpha.AddToDuty(ctx, duty, id, call)
			check(t, err)
		}
		d = alpha.duty(id)
		if d.State != warning.DutyWarned || len(d.Given) != 1 || len(d.Consulted) != 1 || len(d.Notified) != 1 || len(d.Disputes) != 1 || d.Consent != "letter 4" || d.Outcome != "warning--1" || d.RetentionReview != "2031-01-01" || len(d.History) != 7 {
			t.Errorf("the record is %+v", d)
		}
	})
}

func TestSetRota(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		for name, role := range map[string]caller.Role{"rob": caller.Releaser, "dan": caller.DutyOfficer, "ann": caller.Analyst} {
			_, err := alpha.AddPerson(ctx, admin, name, "", []string{string(role)})
			check(t, err)
		}
		_, err := alpha.SetRota(ctx, duty, []string{"dan"})
		refuses(t, "by a duty officer", err, problem.Denied, "set the rota")
		for what, wrong := range map[string][]string{"eve": {"dan", "eve"}, "twice": {"dan", "rob", "dan"}, "cannot decide a duty": {"ann"}} {
			if _, err := alpha.SetRota(ctx, first, wrong); err == nil {
				t.Errorf("%s: the rota was set", what)
			}
		}
		rota, err := alpha.SetRota(ctx, first, []string{"dan", "rob"})
		if err != nil || strings.Join(rota.People, " ") != "dan rob" || rota.By != "rob" {
			t.Errorf("the rota is %+v, %v", rota, err)
		}
	})
}

// A board is emptied by decisions alone: whatever else people and time do, the
// duty stands there.
func TestTheBoardIsNotEmptiedByLookingAway(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		for name, role := range map[string]caller.Role{"rob": caller.Releaser, "dan": caller.DutyOfficer} {
			_, err := alpha.AddPerson(ctx, admin, name, "", []string{string(role)})
			check(t, err)
		}
		_, err := alpha.SetRota(ctx, first, []string{"dan", "rob"})
		check(t, err)
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		clocks := keeper.New(log, alpha.store)
		board := shelf.New(log, alpha.store, alpha.card, "test")
		id := alpha.open().ID
		stands := func(what string) {
			t.Helper()
			check(t, clocks.Tick(ctx))
			shown, err := board.Board(ctx, duty)
			check(t, err)
			if len(shown.Duties) != 1 || shown.Duties[0].ID != id {
				t.Fatalf("%s: the board shows %+v", what, shown.Duties)
			}
		}
		stands("at first")
		_, err = board.Duty(ctx, duty, id)
		check(t, err)
		stands("read")
		time.Sleep(9 * time.Hour)
		stands("overdue")
		for _, alarm := range alpha.alarms() {
			_, err := alpha.Dismiss(ctx, duty, alarm.ID, "Seen.")
			check(t, err)
		}
		stands("its alarm dismissed")
		alpha.assess(id, true)
		_, err = alpha.Decide(ctx, duty, id, warning.Decision{Choice: "defer", Justification: "A source is asked.", Until: time.Now().Add(7 * time.Hour)})
		check(t, err)
		_, err = alpha.Affirm(ctx, first, id, true)
		check(t, err)
		stands("deferred")
		time.Sleep(8 * time.Hour)
		stands("the deferral over")
		if d := alpha.duty(id); d.State != warning.DutyOpen {
			t.Errorf("after the deferral it is %s", d.State)
		}
		_, err = alpha.Decide(ctx, first, id, warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "j"})
		check(t, err)
		stands("a waiver proposed")
		time.Sleep(90 * 24 * time.Hour)
		stands("and forgotten for three months")
		_, err = alpha.Affirm(ctx, second, id, false)
		check(t, err)
		stands("not affirmed")
		_, err = alpha.SetRota(ctx, first, nil)
		check(t, err)
		stands("nobody in the rota")
		_, err = alpha.Decide(ctx, duty, id, warning.Decision{Choice: "warn"})
		check(t, err)
		stands("decided, and nobody warns")
		time.Sleep(9 * time.Hour)
		stands("and its clock runs on")
		if d := alpha.duty(id); d.Escalated < 3 {
			t.Errorf("escalated %d times", d.Escalated)
		}
		raised := alpha.alarms()
		if len(raised) != 1 || raised[0].Kind != warning.AlarmDutyOverdue || raised[0].Level != handling.Flash {
			t.Errorf("in the end the alarms are %+v", raised)
		}
	})
}
