// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays what people decide about duties, statements, watches and alarms.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (h *house) open() warning.Duty {
	h.t.Helper()
	d, err := h.OpenDuty(h.t.Context(), analyst, warning.Duty{Partner: "bravo", Title: "Market square", Precedence: "immediate", ToLife: true})
	check(h.t, err)
	return d
}

// assessment is one by which the threshold is met, or not.
func assessment(met bool) warning.Assessment {
	yes := func(reason string) warning.Finding { return warning.Finding{Yes: true, Reason: reason} }
	a := warning.Assessment{Credible: yes("Two sources."), Specific: yes("The square is named."), Impending: yes("On Saturday."),
		ThreatType: warning.MassCasualtyAttack, Target: warning.Target{Kind: "location", Name: "Market square"}, OwnCitizen: "unknown"}
	a.Credible.Yes = met
	return a
}

// assess assesses a duty.
func (h *house) assess(id string, met bool) {
	h.t.Helper()
	_, err := h.Assess(h.t.Context(), analyst, id, assessment(met))
	check(h.t, err)
}

// Decide decides as somebody does who has just seen the duty.
func (h *house) Decide(ctx context.Context, who caller.Caller, id string, decision warning.Decision) (warning.Duty, error) {
	d := h.duty(id)
	decision.Seen = d.Seen()
	return h.Desk.Decide(ctx, who, id, decision)
}

// Affirm affirms as somebody does who has just seen the duty.
func (h *house) Affirm(ctx context.Context, who caller.Caller, id string, affirmed bool) (warning.Duty, error) {
	d := h.duty(id)
	return h.Desk.Affirm(ctx, who, id, affirmed, d.Seen())
}

// A duty opened by hand has a clock, and nothing in it that the opener cannot set.
func TestOpenDuty(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		d, err := alpha.OpenDuty(ctx, analyst, warning.Duty{ID: "duty--mine", Partner: "bravo", Title: "Market square", Precedence: "flash",
			State: warning.DutyWaived, Decision: &warning.Decision{Choice: warning.Waive}, OpenedBy: "eve", Escalated: 9})
		check(t, err)
		if d.State != warning.DutyOpen || d.Decision != nil || d.OpenedBy != "ann" || d.Escalated != 0 || d.ID == "duty--mine" || d.Precedence != handling.Flash || d.Due.Sub(d.Opened) != 30*time.Minute {
			t.Errorf("%+v", d)
		}
		handled := handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H2}}
		alpha.put(func(tx *store.Tx) error {
			return errors.Join(store.Sources.Put(tx, "source--1", warning.Source{ID: "source--1", Handling: handled}),
				store.Cases.Put(tx, "warning--1", store.Case{ID: "warning--1", Partner: "bravo", Handling: handled}))
		})
		for _, subject := range []string{"source--1", "warning--1"} {
			d, err := alpha.OpenDuty(ctx, analyst, warning.Duty{Partner: "bravo", Title: "Market square", Precedence: "FLASH", Subject: subject})
			check(t, err)
			if d.Handling.Line() != handled.Line() {
				t.Errorf("about %s: it stands under %q", subject, d.Handling.Line())
			}
		}
		for what, wrong := range map[string]warning.Duty{
			"to nobody":       {Partner: "carol", Title: "t", Precedence: "FLASH"},
			"without a clock": {Partner: "bravo", Title: "t"},
			"about nothing":   {Partner: "bravo", Title: " ", Precedence: "FLASH"},
			"about a novel":   {Partner: "bravo", Title: strings.Repeat("x", warning.MaxWord+1), Precedence: "FLASH"},
			"about no report": {Partner: "bravo", Title: "t", Precedence: "FLASH", Subject: "source--none"},
		} {
			if _, err := alpha.OpenDuty(ctx, analyst, wrong); !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Missing) {
				t.Errorf("%s: got %v", what, err)
			}
		}
	})
}

// A duty is closed by a decision and by nothing else; once closed it stays so.
func TestDecide(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		for _, test := range []struct {
			what     string
			who      caller.Caller
			decision warning.Decision
			state    warning.DutyState
			code     problem.Code
			word     string
		}{
			{"no decision", duty, warning.Decision{}, warning.DutyOpen, problem.Invalid, "choice:"},
			{"a machine", caller.Caller{Kind: caller.Machine, Name: "m"}, warning.Decision{Choice: "warn"}, warning.DutyOpen, problem.Denied, "machine token"},
			{"an analyst", analyst, warning.Decision{Choice: "warn"}, warning.DutyOpen, problem.Denied, "decide a duty"},
			{"warn", duty, warning.Decision{Choice: "warn"}, warning.DutyWarn, "", ""},
			{"not met, no reason", duty, warning.Decision{Choice: "threshold_not_met"}, warning.DutyOpen, problem.Invalid, "justification: say why"},
			{"not met", duty, warning.Decision{Choice: "threshold_not_met", Justification: "Not credible."}, warning.DutyNotMet, "", ""},
			{"a waiver without a ground", duty, warning.Decision{Choice: "waive", Justification: "j"}, warning.DutyOpen, problem.Invalid, "ground:"},
			{"a waiver", duty, warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "j"}, warning.DutyProposed, "", ""},
			{"a waiver that affirms itself", duty, warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "j", AffirmedBy: "sue", AffirmedAt: time.Now(), By: "sue"}, warning.DutyProposed, "", ""},
			{"deferred into the past", duty, warning.Decision{Choice: "defer", Justification: "j", Until: time.Now().Add(-time.Second)}, warning.DutyOpen, problem.Invalid, "until:"},
			{"deferred until now", duty, warning.Decision{Choice: "defer", Justification: "j", Until: time.Now()}, warning.DutyOpen, problem.Invalid, "until:"},
			{"deferred", duty, warning.Decision{Choice: "defer", Justification: "j", Until: time.Now().Add(time.Hour)}, warning.DutyProposed, "", ""},
			{"deferred for longer than its clock", duty, warning.Decision{Choice: "defer", Justification: "j", Until: time.Now().Add(9 * time.Hour)}, warning.DutyOpen, problem.Invalid, "until: a deferral of a duty that is IMMEDIATE lasts 8h"},
		} {
			id := alpha.open().ID
			alpha.assess(id, false)
			d, err := alpha.Decide(ctx, test.who, id, test.decision)
			if test.code != "" {
				refuses(t, test.what, err, test.code, test.word)
			} else if err != nil || d.Decision.By != test.who.Name || d.Decision.AffirmedBy != "" {
				t.Errorf("%s: decided %+v, %v", test.what, d.Decision, err)
			}
			alpha.show(func(tx *store.Tx) error {
				kept, err := store.Duties.Get(tx, id)
				if kept.State != test.state || test.state == warning.DutyOpen && kept.Decision != nil {
					t.Errorf("%s: the duty is %s with %+v, want %s", test.what, kept.State, kept.Decision, test.state)
				}
				return err
			})
			if test.state.Closed() {
				_, err := alpha.Decide(ctx, first, id, warning.Decision{Choice: "warn"})
				refuses(t, test.what+", decided again", err, problem.Conflict, "closed")
			}
		}
	})
}

// A waiver needs a second officer: another person, with the role.
func TestAffirm(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		waive := warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "One source would be known."}
		id := alpha.open().ID
		alpha.assess(id, true)
		_, err := alpha.Affirm(ctx, second, id, true)
		refuses(t, "nothing to affirm", err, problem.Conflict, "no waiver")
		_, err = alpha.Decide(ctx, first, id, waive)
		check(t, err)
		_, err = alpha.Affirm(ctx, first, id, true)
		refuses(t, "the same person", err, problem.Denied, "you proposed it yourself")
		_, err = alpha.Affirm(ctx, duty, id, true)
		refuses(t, "without the role", err, problem.Denied, "affirm a waiver")

		d, err := alpha.Affirm(ctx, second, id, false)
		if err != nil || d.State != warning.DutyOpen || d.Decision != nil {
			t.Fatalf("a waiver that was not affirmed left %s, %v", d.State, err)
		}
		_, err = alpha.Affirm(ctx, second, id, true)
		refuses(t, "affirmed after all", err, problem.Conflict, "no waiver")

		_, err = alpha.Decide(ctx, duty, id, waive)
		check(t, err)
		time.Sleep(time.Minute)
		d, err = alpha.Affirm(ctx, second, id, true)
		if err != nil || d.State != warning.DutyWaived || d.Decision.By != "dan" || d.Decision.AffirmedBy != "sue" || d.Decision.AffirmedAt.Sub(d.Decision.At) != time.Minute {
			t.Errorf("affirmed as %+v, %v", d.Decision, err)
		}
		var history []string
		for _, event := range d.History {
			history = append(history, event.By+": "+event.What)
		}
		want := "ann: opened by hand|ann: assessed: the threshold is met|rob: proposed: waive|sue: waiver not affirmed|dan: proposed: waive|sue: waiver affirmed"
		if got := strings.Join(history, "|"); got != want {
			t.Errorf("the history says\n%s\nwant\n%s", got, want)
		}
	})
}

// A statement is public when another releaser than its author has cleared it;
// the partner's account never is.
func TestStatements(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		alpha.staff(first, analyst)
		text := warning.Statement{Event: "Market square", Headline: "An attack was prevented", Text: "Seven people were detained."}

		forged := text
		forged.ID, forged.ClearedBy, forged.ClearedAt, forged.TLP, forged.WrittenBy = "statement--mine", "sue", time.Now(), handling.Clear, "eve"
		s, err := alpha.WriteStatement(ctx, first, forged)
		if err != nil || s.Public() || s.ClearedBy != "" || !s.ClearedAt.IsZero() || s.TLP != "" || s.WrittenBy != "rob" || s.ID == "statement--mine" || s.Language != "en" {
			t.Errorf("written as %+v, %v", s, err)
		}
		_, err = alpha.ClearStatement(ctx, first, s.ID, s.Seen())
		refuses(t, "by its author", err, problem.Denied, "another person than its author")
		_, err = alpha.ClearStatement(ctx, duty, s.ID, s.Seen())
		refuses(t, "by a duty officer", err, problem.Denied, "clear a statement")
		_, err = alpha.ClearStatement(ctx, second, "statement--none", s.Seen())
		refuses(t, "one that is not there", err, problem.Missing, "statement")
		another := s
		another.Text = "Eight people were detained."
		for _, seen := range []string{"", another.Seen()} {
			_, err = alpha.ClearStatement(ctx, second, s.ID, seen)
			refuses(t, "another than was read", err, problem.Conflict, "not what you read")
		}
		cleared, err := alpha.ClearStatement(ctx, second, s.ID, s.Seen())
		if err != nil || !cleared.Public() || cleared.TLP != handling.Clear || cleared.ClearedBy != "sue" {
			t.Errorf("cleared as %+v, %v", cleared, err)
		}
		_, err = alpha.ClearStatement(ctx, second, s.ID, s.Seen())
		refuses(t, "twice", err, problem.Conflict, "was cleared by sue")

		theirs := text
		theirs.Theirs = "bravo"
		account, err := alpha.WriteStatement(ctx, analyst, theirs)
		check(t, err)
		_, err = alpha.ClearStatement(ctx, second, account.ID, account.Seen())
		refuses(t, "the partner's account", err, problem.Denied, "bravo's account")
		alpha.show(func(tx *store.Tx) error {
			public, err := store.Statements.List(tx, 0, store.Cleared)
			if len(public) != 1 || public[0].ID != s.ID {
				t.Errorf("in public stand %+v", public)
			}
			return err
		})

		for what, wrong := range map[string]warning.Statement{
			"empty":                     {},
			"about a case of nobody":    {Case: "warning--none", Event: "e", Headline: "h", Text: "t"},
			"the account of a stranger": {Theirs: "carol", Event: "e", Headline: "h", Text: "t"},
			"a word CAP refuses":        {Event: "e", Headline: "h", Text: "t", Severity: "bad"},
		} {
			if _, err := alpha.WriteStatement(ctx, first, wrong); !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Missing) {
				t.Errorf("%s: got %v", what, err)
			}
		}
	})
}

func TestAlarmsAreDismissedWithAReason(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.put(func(tx *store.Tx) error { return tx.Raise(warning.KeyAlarm("bravo")) })
		id := alpha.alarms()[0].ID
		for what, reason := range map[string]string{"none": "", "spaces": "  ", "a novel": strings.Repeat("x", warning.MaxWord+1)} {
			_, err := alpha.Dismiss(ctx, duty, id, reason)
			refuses(t, what, err, problem.Invalid, "with a reason")
		}
		_, err := alpha.Dismiss(ctx, admin, id, "r")
		refuses(t, "by an administrator", err, problem.Denied, "dismiss an alarm")
		if len(alpha.alarms()) != 1 {
			t.Fatal("the alarm is gone")
		}
		alarm, err := alpha.Dismiss(ctx, duty, id, "Called them: they have a new node.")
		if err != nil || alarm.DismissedBy != "dan" || len(alpha.alarms()) != 0 {
			t.Errorf("dismissed as %+v, %v", alarm, err)
		}
		_, err = alpha.Dismiss(ctx, duty, id, "Again.")
		refuses(t, "twice", err, problem.Conflict, "was dismissed by dan")
	})
}

func TestWatches(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		now := time.Now()
		watch := warning.Watch{ID: "watch--mine", By: "eve", Event: "Final", Places: []string{"NO"}, Raise: "flash", Window: warning.Window{Start: now, End: now.Add(time.Hour), Fidelity: "hour"}}
		kept, err := alpha.SetWatch(ctx, duty, watch)
		if err != nil || kept.By != "dan" || kept.ID == "watch--mine" || kept.Raise != handling.Flash {
			t.Errorf("kept as %+v, %v", kept, err)
		}
		watch.Places = nil
		_, err = alpha.SetWatch(ctx, duty, watch)
		refuses(t, "nowhere", err, problem.Invalid, "watch: say where")
		_, err = alpha.SetWatch(ctx, analyst, watch)
		refuses(t, "by an analyst", err, problem.Denied, "set a watch")

		// It ends before its time, once, by somebody who may set one, with a reason.
		_, err = alpha.EndWatch(ctx, duty, kept.ID, " ")
		refuses(t, "without a reason", err, problem.Invalid, "with a reason")
		_, err = alpha.EndWatch(ctx, analyst, kept.ID, "It was called off.")
		refuses(t, "by an analyst", err, problem.Denied, "end a watch")
		_, err = alpha.EndWatch(ctx, duty, "watch--none", "It was called off.")
		refuses(t, "one that is not there", err, problem.Missing, "")
		ended, err := alpha.EndWatch(ctx, duty, kept.ID, "It was called off.")
		if err != nil || !ended.Ended.Equal(ended.Until()) || ended.State(time.Now()) != "ended by dan: It was called off." {
			t.Errorf("ended as %+v, %v", ended, err)
		}
		_, err = alpha.EndWatch(ctx, duty, kept.ID, "Again.")
		refuses(t, "twice", err, problem.Conflict, "ended by dan")
		watch.Places = []string{"NO"}
		over, err := alpha.SetWatch(ctx, duty, watch)
		check(t, err)
		if state := over.State(now.Add(-time.Minute)) + ", " + over.State(now.Add(time.Minute)); state != "to come, holds" || !over.Ended.IsZero() {
			t.Errorf("before and in its window: %s", state)
		}
		time.Sleep(time.Hour)
		_, err = alpha.EndWatch(ctx, duty, over.ID, "Too late.")
		refuses(t, "one that is over", err, problem.Conflict, "over")
	})
}
