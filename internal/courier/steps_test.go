// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds the receipts of steps on both sides of a channel.

import (
	"bytes"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// sameSteps wants the messages of a case to be these steps, with the same
// receipt on both sides; an empty word stands for a message that is no step.
func sameSteps(t *testing.T, one, other *side, ours, theirs api.Case, steps ...string) {
	t.Helper()
	for i, step := range steps {
		a, b := ours.Thread[i], theirs.Thread[i]
		if a.Step != step || b.Step != step || a.StepReceipted != (step != "") || b.StepReceipted != (step != "") {
			t.Errorf("message %d is %q and %q, receipted %t and %t; want %q", i, a.Step, b.Step, a.StepReceipted, b.StepReceipted, step)
			continue
		}
		raw, err := one.shelf.Step(t.Context(), overseer, a.Hash)
		if step == "" {
			if !problem.Is(err, problem.Conflict) {
				t.Errorf("the receipt of no step: %v", err)
			}
			continue
		}
		check(t, err)
		again, err := other.shelf.Step(t.Context(), overseer, a.Hash)
		check(t, err)
		if !bytes.Equal(raw, again) {
			t.Errorf("message %d has another receipt on either side", i)
		}
		r, err := receipt.Parse(raw)
		check(t, err)
		by := one
		if !a.Ours {
			by = other
		}
		check(t, r.VerifyStep(receipt.Keys{Sign: by.card.Public(), Log: by.card.Log}))
		if r.Statement.Header != a.Hash || string(r.Statement.Kind) != step {
			t.Errorf("message %d has the receipt %+v", i, r.Statement)
		}
	}
}

// A post that failed but happened is made again against a later checkpoint: the
// recipient keeps the receipt it had first, and each verifies its own.
func TestAStepPostedTwice(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		id := alpha.warn(draft("bravo", "An attack on the market square is planned.")).Sent["bravo"]
		eventually(t, func() bool { return bravo.cases() == 1 })
		n.lost.Store(true)
		check(t, bravo.outbox.Acknowledge(t.Context(), duty, warning.Acknowledgement{Case: id, Answer: warning.Understood}))
		time.Sleep(30 * time.Second)
		check(t, bravo.outbox.Ask(t.Context(), duty, warning.Request{Case: id, Question: "Which entrance?"}))
		n.lost.Store(false)
		eventually(t, func() bool { return len(alpha.thread(id)) == 3 && bravo.queued() == 0 })
		for _, s := range []*side{alpha, bravo} {
			m := s.thread(id)[1]
			raw, err := s.shelf.Step(t.Context(), overseer, m.Hash)
			check(t, err)
			r, err := receipt.Parse(raw)
			check(t, err)
			if err := r.VerifyStep(receipt.Keys{Sign: bravo.card.Public(), Log: bravo.card.Log}); err != nil || r.Statement.Header != m.Hash {
				t.Errorf("%s: %v of %+v", s.name, err, r.Statement)
			}
		}
	})
}

func (s *side) thread(id string) []api.Message {
	s.t.Helper()
	c, err := s.shelf.Case(s.t.Context(), duty, id)
	check(s.t, err)
	return c.Thread
}

func (s *side) queued() (n int) {
	s.t.Helper()
	lines, err := s.shelf.Partners(s.t.Context(), admin)
	check(s.t, err)
	for _, line := range lines {
		n += line.Queued
	}
	return n
}
