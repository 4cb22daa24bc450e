// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file plays what partners ask each other outside of a case.

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// asked is what one side keeps of questions, the newest first.
func (s *side) asked() []warning.KeptInquiry {
	s.t.Helper()
	all, err := s.shelf.Inquiries(s.t.Context(), duty)
	check(s.t, err)
	return all
}

func (s *side) duties() []warning.Duty {
	s.t.Helper()
	all, err := s.shelf.Duties(s.t.Context(), duty, false)
	check(s.t, err)
	return all
}

func (s *side) ask(partner, question string) warning.KeptInquiry {
	s.t.Helper()
	q, err := s.outbox.Inquire(s.t.Context(), duty, partner, warning.Inquiry{Question: question, Precedence: "immediate", About: &warning.Target{Kind: "event", Name: "The fair"}})
	check(s.t, err)
	return q
}

// seen is as what a duty is shown.
func (s *side) seen(id string) string {
	s.t.Helper()
	shown, err := s.shelf.Duty(s.t.Context(), second, id)
	check(s.t, err)
	return shown.As
}

// decided assesses and decides a duty; a waiver is affirmed.
func (s *side) decided(id string, choice warning.Choice) {
	s.t.Helper()
	ctx := s.t.Context()
	a := warning.Assessment{ThreatType: "other", Target: warning.Target{Kind: "event", Name: "The fair"}, OwnCitizen: "unknown",
		Credible: warning.Finding{Yes: choice == warning.Waive, Reason: "r"}, Specific: warning.Finding{Yes: true, Reason: "r"}, Impending: warning.Finding{Yes: true, Reason: "r"}}
	_, err := s.desk.Assess(ctx, analyst, id, a)
	check(s.t, err)
	d := warning.Decision{Choice: choice, Justification: "Nobody outside is to know why."}
	if choice == warning.Waive {
		d.Ground = "endangers_sources"
	}
	d.Seen = s.seen(id)
	_, err = s.desk.Decide(ctx, first, id, d)
	check(s.t, err)
	if choice == warning.Waive {
		_, err = s.desk.Affirm(ctx, second, id, true, s.seen(id))
		check(s.t, err)
	}
}

// A partner asks, a duty opens, and is answered as it was decided: in one word,
// which is the same for nothing held and for a waiver.
func TestAPartnerAsks(t *testing.T) {
	for choice, want := range map[warning.Choice]warning.InquiryResult{warning.Warn: warning.WarningFollows, warning.Waive: warning.NothingToShare, warning.ThresholdNotMet: warning.NothingToShare} {
		bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
			ctx := t.Context()
			n.lost.Store(choice == warning.Warn) // the post failed but happened
			n.down.Store(choice == warning.Waive)
			q := alpha.ask("bravo", "Do you hold anything on the fair?\nIt begins on Saturday.")
			time.Sleep(time.Minute)
			n.lost.Store(false)
			n.down.Store(false)
			eventually(t, func() bool { return len(bravo.duties()) == 1 })
			d := bravo.duties()[0]
			if d.Partner != "alpha" || d.Title != "Asks: Do you hold anything on the fair?" || d.OpenedBy != "alpha" || d.Precedence != handling.Immediate || d.Subject != q.Inquiry.ID || d.Due.After(q.Inquiry.AnswerBy) {
				t.Errorf("%s: opened %+v", choice, d)
			}
			_, err := bravo.outbox.AnswerInquiry(ctx, duty, d.ID)
			if !problem.Is(err, problem.Conflict) {
				t.Errorf("%s: answered before it was decided: %v", choice, err)
			}
			bravo.decided(d.ID, choice)
			if _, err := bravo.outbox.AnswerInquiry(ctx, analyst, d.ID); !problem.Is(err, problem.Denied) {
				t.Errorf("%s: answered by an analyst: %v", choice, err)
			}
			n.lost.Store(true)
			_, err = bravo.outbox.AnswerInquiry(ctx, duty, d.ID)
			check(t, err)
			time.Sleep(time.Minute)
			n.lost.Store(false)
			eventually(t, func() bool { return alpha.asked()[0].Answer != nil })
			if got := alpha.asked()[0]; got.Answer.Answer != want || got.Duty != "" || got.Answer.By.Role != "duty-officer" {
				t.Errorf("%s: answered %+v", choice, got.Answer)
			}
			if _, err := bravo.outbox.AnswerInquiry(ctx, duty, d.ID); !problem.Is(err, problem.Conflict) {
				t.Errorf("%s: answered twice: %v", choice, err)
			}
			alpha.sound()
			bravo.sound()
		})
	}
}

// Whoever asks without end fills no board: so many questions of a precedence stand
// there one by one, a more urgent one beside them, and the others wait: each has its
// duty, its clock and its answer when one before it is closed.
func TestAPartnerAsksWithoutEnd(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		for i := range 25 {
			alpha.ask("bravo", fmt.Sprintf("Question %d?", i))
		}
		eventually(t, func() bool { return len(bravo.asked()) == 25 })
		alarms, err := bravo.shelf.Alarms(t.Context(), duty, false)
		check(t, err)
		if open := bravo.duties(); len(open) != 10 || len(alarms) != 1 || alarms[0].Kind != warning.AlarmFlood || alarms[0].Level != handling.Immediate {
			t.Errorf("%d duties are open; alarms %+v", len(open), alarms)
		}
		_, err = alpha.outbox.Inquire(t.Context(), duty, "bravo", warning.Inquiry{Question: "And now?", Precedence: "FLASH"})
		check(t, err)
		eventually(t, func() bool { return len(bravo.duties()) == 11 })
		urgent := func(d warning.Duty) bool { return d.Precedence == handling.Flash && d.Title == "Asks: And now?" }
		if open := bravo.duties(); !slices.ContainsFunc(open, urgent) {
			t.Errorf("no duty is the urgent one: %+v", open)
		}
		answered := make(map[string]bool)
		clocks := keeper.New(slog.New(slog.DiscardHandler), bravo.store)
		for range 26 {
			for _, d := range bravo.duties() {
				bravo.decided(d.ID, warning.Warn)
				if answered[d.Subject] {
					continue
				}
				answered[d.Subject] = true
				_, err := bravo.outbox.AnswerInquiry(t.Context(), duty, d.ID)
				check(t, err)
				_, err = bravo.desk.AddToDuty(t.Context(), first, d.ID, warning.Addition{Given: &warning.Given{Method: "phone", Means: "m", Authority: "a", Substance: "s", DeliveredAt: time.Now()}})
				check(t, err)
			}
			check(t, clocks.Tick(t.Context()))
		}
		if len(answered) != 26 || len(bravo.duties()) != 0 {
			t.Errorf("%d questions were answered, %d duties are open", len(answered), len(bravo.duties()))
		}
	})
}

// Nothing is asked badly, of nobody, or by whom it is not for.
func TestWhatCannotBeAsked(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		good := warning.Inquiry{Question: "Anything?", Precedence: "FLASH"}
		for what, c := range map[string]caller.Caller{"an analyst": analyst, "an administrator": admin, "an overseer": overseer, "a machine": {Kind: caller.Machine, Name: "m"}} {
			if _, err := alpha.outbox.Inquire(ctx, c, "bravo", good); !problem.Is(err, problem.Denied) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := alpha.outbox.Inquire(ctx, duty, "carol", good); !problem.Is(err, problem.Missing) {
			t.Errorf("of nobody: %v", err)
		}
		for what, bad := range map[string]warning.Inquiry{
			"nothing":           {Precedence: "FLASH"},
			"without urgency":   {Question: "Anything?"},
			"due before asked":  {Question: "Anything?", Precedence: "FLASH", AnswerBy: time.Now().Add(-time.Hour)},
			"about no one":      {Question: "Anything?", Precedence: "FLASH", About: &warning.Target{Kind: "person"}},
			"about a novel one": {Question: "Anything?", Precedence: "FLASH", About: &warning.Target{Kind: "dragon", Name: "n"}},
		} {
			if _, err := alpha.outbox.Inquire(ctx, duty, "bravo", bad); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if len(alpha.asked()) != 0 {
			t.Errorf("kept: %+v", alpha.asked())
		}
	})
}
