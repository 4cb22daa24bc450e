// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file holds what the end of a pledge must say, and what it does to a pledge.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

func TestPledgeEndIsWhole(t *testing.T) {
	whole := warning.PledgeEnd{Pledge: "pledge--1", Ended: now, Why: warning.PledgeWithdrawn, By: officer, At: now}
	for name, test := range map[string]struct {
		edit  func(*warning.PledgeEnd)
		wrong string // empty if it is whole
	}{
		"withdrawn":               {func(*warning.PledgeEnd) {}, ""},
		"by the date, by nobody":  {func(e *warning.PledgeEnd) { e.Why, e.By = warning.PledgeEndedByDate, warning.Officer{} }, ""},
		"by the date, by someone": {func(e *warning.PledgeEnd) { e.Why = warning.PledgeEndedByDate }, ""},
		"withdrawn by nobody":     {func(e *warning.PledgeEnd) { e.By = warning.Officer{} }, "by.name"},
		"by half a person":        {func(e *warning.PledgeEnd) { e.Why, e.By.Role = warning.PledgeEndedByDate, "" }, "by.role"},
		"of an inquiry":           {func(e *warning.PledgeEnd) { e.Pledge = "inquiry--1" }, "pledge"},
		"at no time":              {func(e *warning.PledgeEnd) { e.Ended = time.Time{} }, "ended"},
		"said at no time":         {func(e *warning.PledgeEnd) { e.At = time.Time{} }, "at: must be said"},
		"for another reason":      {func(e *warning.PledgeEnd) { e.Why = "annulled" }, "why"},
	} {
		e := whole
		test.edit(&e)
		switch err := e.Validate(); {
		case test.wrong == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
			t.Errorf("%s: got %v, want %q", name, err, test.wrong)
		}
	}
}

// A pledge holds until its last day, or until its end if that is sooner; a partner's
// until its end was heard.
func TestHowLongAPledgeHolds(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2031, 5, n, 0, 0, 0, 0, time.UTC) }
	ended := func(at time.Time) *warning.PledgeEnd {
		return &warning.PledgeEnd{Pledge: "pledge--1", Ended: at, Why: warning.PledgeWithdrawn, By: warning.Officer{Name: "Releaser 1", Role: "releaser"}, At: at}
	}
	for name, test := range map[string]struct {
		kept        warning.KeptPledge
		last, first time.Time // a moment at which it holds, and the first at which it does not; zero: it always does
		says        string    // on day 20
	}{
		"without an end":    {warning.KeptPledge{}, day(30), time.Time{}, "in force"},
		"by its last day":   {warning.KeptPledge{Pledge: warning.Pledge{Until: "2031-05-09"}}, day(10).Add(-1), day(10), "ended with its last day"},
		"withdrawn":         {warning.KeptPledge{Ours: true, End: ended(day(9))}, day(9).Add(-1), day(9), "ended on 2031-05-09: withdrawn by Releaser 1, releaser"},
		"withdrawn, theirs": {warning.KeptPledge{End: ended(day(9)), EndHeard: day(12)}, day(12).Add(-1), day(12), "ended on 2031-05-12: withdrawn by Releaser 1, releaser"},
		"withdrawn after":   {warning.KeptPledge{Pledge: warning.Pledge{Until: "2031-05-05"}, Ours: true, End: ended(day(9))}, day(6).Add(-1), day(6), "ended on 2031-05-09: withdrawn by Releaser 1, releaser"},
		"to end later":      {warning.KeptPledge{End: ended(day(25)), EndHeard: day(12)}, day(25).Add(-1), day(25), "ends on 2031-05-25: withdrawn by Releaser 1, releaser"},
		"by the date":       {warning.KeptPledge{Ours: true, End: &warning.PledgeEnd{Ended: day(9), Why: warning.PledgeEndedByDate}}, day(9).Add(-1), day(9), "ended on 2031-05-09: its review date came, and nobody decided to keep it"},
	} {
		if !test.kept.InForce(test.last) || !test.first.IsZero() && test.kept.InForce(test.first) {
			t.Errorf("%s: at %s it holds: %t, at %s: %t", name, test.last, test.kept.InForce(test.last), test.first, test.kept.InForce(test.first))
		}
		if got := test.kept.State(day(20)); got != test.says {
			t.Errorf("%s: it says %q", name, got)
		}
		if past := test.kept.Past(day(26)); past == test.first.IsZero() {
			t.Errorf("%s: it is past: %t", name, past)
		}
	}
	if begins := (&warning.KeptPledge{Pledge: warning.Pledge{From: "2031-05-22"}}); begins.State(day(20)) != "not in force yet" || begins.Past(day(20)) {
		t.Errorf("before its first day it is %s", begins.State(day(20)))
	}
}
