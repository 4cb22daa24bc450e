// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays how long a duty may be put off, who sees what is decided, and
// that nothing that was said of it is lost.

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The first deferral takes one officer, and ends within the clock of the
// precedence; the second takes two, and an assessment. Its first clock rings all the
// same, and once.
func TestADeferralIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		clocks := keeper.New(slog.New(slog.DiscardHandler), alpha.store)
		pass := func(d time.Duration) {
			t.Helper()
			for range 10 {
				time.Sleep(d / 10)
				check(t, clocks.Tick(ctx))
			}
		}
		opened, err := alpha.OpenDuty(ctx, analyst, warning.Duty{Partner: "bravo", Title: "A house", Precedence: "PRIORITY"})
		check(t, err)
		id, days := opened.ID, 24*time.Hour
		put := func(off time.Duration) (warning.Duty, error) {
			return alpha.Decide(ctx, duty, id, warning.Decision{Choice: "defer", Justification: "A source is asked.", Until: time.Now().Add(off)})
		}
		_, err = put(200 * 365 * days)
		refuses(t, "for ever", err, problem.Invalid, "until: a deferral of a duty that is PRIORITY lasts 72h")
		pass(2 * days)
		d, err := put(3 * days)
		if err != nil || d.State != warning.DutyDeferred || !d.Due.Equal(opened.Due) {
			t.Fatalf("deferred as %+v, %v", d, err)
		}
		if pass(1*days + time.Hour); len(alpha.alarms()) != 1 || alpha.duty(id).State != warning.DutyDeferred || alpha.duty(id).Escalated != 1 {
			t.Errorf("when its first clock has run out it is %+v, with %d alarms", alpha.duty(id), len(alpha.alarms()))
		}
		pass(2 * days)
		if d = alpha.duty(id); d.State != warning.DutyOpen || !d.FirstDue().Equal(opened.Due) {
			t.Errorf("when the deferral is over it is %+v", d)
		}
		_, err = put(1 * days)
		refuses(t, "again, not assessed", err, problem.Invalid, "what was deferred before")
		alpha.assess(id, false) // a threat to life, it says: that is IMMEDIATE
		d, err = put(7 * time.Hour)
		if err != nil || d.State != warning.DutyProposed {
			t.Fatalf("deferred again as %+v, %v", d, err)
		}
		_, err = alpha.Affirm(ctx, duty, id, true)
		refuses(t, "affirmed by whoever proposed it", err, problem.Denied, "")
		d, err = alpha.Affirm(ctx, first, id, true)
		if err != nil || d.State != warning.DutyDeferred || d.Decision.AffirmedBy != "rob" {
			t.Errorf("affirmed as %+v, %v", d, err)
		}
		d, err = alpha.Decide(ctx, duty, id, warning.Decision{Choice: "warn"})
		if err != nil || d.State != warning.DutyWarn || len(d.Past) != 2 {
			t.Errorf("whoever warns may do it at once: %+v, %v", d, err)
		}
	})
}

// Nobody decides but to warn of what has changed since it was seen.
func TestWhatWasSeenIsDecided(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		id := alpha.open().ID
		alpha.assess(id, false)
		before := alpha.duty(id)
		notMet := warning.Decision{Choice: "threshold_not_met", Justification: "j"}
		_, err := alpha.Desk.Decide(ctx, duty, id, notMet)
		refuses(t, "unseen", err, problem.Invalid, "seen: say as what")
		more := assessment(false)
		more.Specific.Reason = "There may be two squares."
		_, err = alpha.Assess(ctx, duty, id, more)
		check(t, err)
		notMet.Seen = before.Seen()
		_, err = alpha.Desk.Decide(ctx, duty, id, notMet)
		refuses(t, "as it was before it was assessed anew", err, problem.Conflict, "changed since you saw it")
		waive := warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "j"}
		_, err = alpha.Decide(ctx, first, id, waive)
		check(t, err)
		proposed := alpha.duty(id)
		waive.Ground = "victim_already_aware"
		_, err = alpha.Decide(ctx, first, id, waive)
		check(t, err)
		_, err = alpha.Desk.Affirm(ctx, second, id, true, proposed.Seen())
		refuses(t, "another ground than was seen", err, problem.Conflict, "changed since you saw it")
		_, err = alpha.Affirm(ctx, second, id, true)
		check(t, err)

		d := alpha.duty(id)
		if len(d.Past) != 2 || d.Past[0].Assessment.By != "ann" || d.Past[1].Decision.Ground != "endangers_sources" {
			t.Errorf("what was said before is %+v", d.Past)
		}
	})
}

// A threat to life is IMMEDIATE at least, whoever says so and when.
func TestAThreatToLifeIsImmediate(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		d, err := alpha.OpenDuty(ctx, analyst, warning.Duty{Partner: "bravo", Title: "A house", Precedence: "routine", ToLife: true})
		if err != nil || d.Precedence != handling.Immediate || d.Due.Sub(d.Opened) != 8*time.Hour {
			t.Errorf("opened as %+v, %v", d, err)
		}
		d, err = alpha.OpenDuty(ctx, analyst, warning.Duty{Partner: "bravo", Title: "A house", Precedence: "routine"})
		check(t, err)
		time.Sleep(time.Hour)
		d, err = alpha.Assess(ctx, analyst, d.ID, assessment(false))
		if err != nil || !d.ToLife || d.Precedence != handling.Immediate || d.Due.Sub(d.Opened) != 9*time.Hour {
			t.Errorf("assessed as %+v, %v", d, err)
		}
	})
}

// What roles somebody was given, and had before, stands in the log; an administrator
// who is given one that reads content rings, although it is taken away again.
func TestRolesLeaveATrace(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, err := alpha.AddPerson(ctx, admin, "dan", "", []string{"analyst"})
		check(t, err)
		_, err = alpha.SetRoles(ctx, admin, "dan", []string{"duty-officer"})
		check(t, err)
		if len(alpha.alarms()) != 0 {
			t.Error("an analyst who is made duty officer rings")
		}
		_, err = alpha.AddPerson(ctx, admin, "ada", "", []string{"administrator"})
		check(t, err)
		for _, roles := range [][]string{{"administrator", "releaser"}, {"administrator"}} {
			_, err = alpha.SetRoles(ctx, admin, "ada", roles)
			check(t, err)
		}
		raised := alpha.alarms()
		if len(raised) != 1 || raised[0].Kind != warning.AlarmRoles || !strings.Contains(raised[0].Text, "releaser") {
			t.Errorf("raised: %+v", raised)
		}
	})
}
