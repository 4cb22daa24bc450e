// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file ends pledges, and refuses to.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const why = "The agreement was terminated."

func (h *house) pledge(to string) string {
	h.t.Helper()
	p, err := h.Pledge(h.t.Context(), first, to, warning.Pledge{Places: []string{"SE"}, Text: "We tell you."})
	check(h.t, err)
	return p.ID
}

func (h *house) kept(id string) (p warning.KeptPledge) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		p, err = store.Pledges.Get(tx, id)
		return err
	})
	return p
}

// said reads the end that is queued last for a partner.
func (h *house) said(name string) (e warning.PledgeEnd, raw string) {
	h.t.Helper()
	h.show(func(tx *store.Tx) error {
		parcels, err := tx.Parcels(name, 0, 1000)
		check(h.t, err)
		last, err := tx.Message(parcels[len(parcels)-1].Hash)
		check(h.t, err)
		payload, err := warning.Decode(last.Kind, last.Payload)
		check(h.t, err)
		end, is := payload.(*warning.PledgeEnd)
		if !is {
			h.t.Fatalf("the last message is %q", last.Kind)
		}
		e, raw = *end, string(last.Payload)
		return nil
	})
	return e, raw
}

func TestEndPledge(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.pledge("bravo")
		alpha.put(func(tx *store.Tx) error {
			theirs := warning.KeptPledge{Pledge: warning.Pledge{ID: "pledge--theirs", Text: "t"}, Partner: "carol"}
			over := warning.KeptPledge{Pledge: warning.Pledge{ID: "pledge--over", Text: "t", Until: "1999-12-31"}, Partner: "carol", Ours: true}
			check(t, store.Pledges.Put(tx, store.PledgeID("carol", false, "pledge--theirs"), theirs))
			return store.Pledges.Put(tx, "pledge--over", over)
		})
		for _, test := range []struct {
			what, id, reason string
			code             problem.Code
			word             string
		}{
			{"without a reason", id, " ", problem.Invalid, "with a reason"},
			{"with a long one", id, strings.Repeat("x", warning.MaxWord+1), problem.Invalid, "with a reason"},
			{"of what is not there", "pledge--none", why, problem.Missing, "pledge"},
			{"of a partner's", "pledge--theirs", why, problem.Conflict, "carol gave this pledge"},
			{"of a partner's, by its key", "in/carol/pledge--theirs", why, problem.Conflict, "carol gave this pledge"},
			{"after its last day", "pledge--over", why, problem.Conflict, "ended with its last day, 1999-12-31"},
		} {
			_, err := alpha.EndPledge(ctx, first, test.id, test.reason)
			refuses(t, test.what, err, test.code, test.word)
		}
		_, err := alpha.EndPledge(ctx, duty, id, why)
		refuses(t, "by a duty officer", err, problem.Denied, "end a pledge")
		if got := alpha.kinds("bravo") + alpha.kinds("carol"); got != "pledge" {
			t.Errorf("%q was said", got)
		}

		time.Sleep(time.Hour)
		kept, err := alpha.EndPledge(ctx, second, id, why)
		check(t, err)
		e, raw := alpha.said("bravo")
		if e.Pledge != id || e.Why != warning.PledgeWithdrawn || !e.Ended.Equal(kept.End.Ended) || e.By.Name != "Officer of sue" || strings.Contains(raw, why) {
			t.Errorf("bravo is told %s", raw)
		}
		if now := alpha.kept(id); now.EndReason != why || now.EndHash == "" || now.Pledge.Text == "" || !now.InForce(e.Ended.Add(-1)) || now.InForce(e.Ended) {
			t.Errorf("it is kept as %+v", now)
		}
		_, err = alpha.EndPledge(ctx, first, id, why)
		refuses(t, "twice", err, problem.Conflict, "it ended on "+e.Ended.Format(time.DateOnly)+": withdrawn by Officer of sue, releaser")
		if got := alpha.kinds("bravo"); got != "pledge pledge_ended" {
			t.Errorf("%q was said", got)
		}
	})
}

// A change that fails ends nothing and says nothing; one that happened, though whoever
// asked was not told, is refused the second time, and was said once.
func TestEndPledgeFails(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.pledge("bravo")
		alpha.enforce(narrower(`@id("no-ends") @says("no end leaves")
forbid (principal is Partner, action == Action::"say", resource is Case) when { context.kind == "pledge_ended" };`))
		_, err := alpha.EndPledge(ctx, first, id, why)
		refuses(t, "against the policy", err, problem.Denied, "no end leaves")
		if now := alpha.kept(id); now.End != nil || now.EndReason != "" || alpha.kinds("bravo") != "pledge" {
			t.Errorf("it is kept as %+v, and said: %q", now, alpha.kinds("bravo"))
		}
	})
}

// Who may be told nothing now is told when the channel is open again, once, though the
// node was started anew in between; and only what the policy lets be said.
func TestAnEndThatWaits(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.pledge("carol")
		alpha.set("carol", partner.Expelled)
		_, err := alpha.EndPledge(ctx, first, id, why)
		check(t, err)
		alpha.run()
		alpha.run()
		if now := alpha.kept(id); now.End == nil || now.EndHash != "" || alpha.kinds("carol") != "pledge" {
			t.Errorf("while carol is expelled it is %+v, and said: %q", now, alpha.kinds("carol"))
		}
		alpha.set("carol", partner.Active)
		alpha.run()
		alpha.run()
		e, _ := alpha.said("carol")
		if now := alpha.kept(id); alpha.kinds("carol") != "pledge pledge_ended" || now.EndHash != alpha.queued("carol")[1].Hash() || !e.Ended.Equal(now.End.Ended) {
			t.Errorf("afterwards it is %+v, and said: %q", now, alpha.kinds("carol"))
		}
	})
}

// What ends with its review date is said so, by nobody; while the policy forbids it
// the wish stays.
func TestAnEndByDate(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.pledge("bravo")
		alpha.enforce(narrower(`@id("no-ends") @says("no end leaves")
forbid (principal is Partner, action == Action::"say", resource is Case) when { context.kind == "pledge_ended" };`))
		alpha.put(func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, store.RetentionID(store.OfPledge, id))
			check(t, err)
			return tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
		})
		alpha.run()
		if got := alpha.left("bravo"); got != "pledge" || !alpha.rings(warning.AlarmPledgeEnded) {
			t.Errorf("%q was said, against the policy; it rings: %t", got, alpha.rings(warning.AlarmPledgeEnded))
		}
		alpha.enforce(narrower(""))
		alpha.run()
		alpha.run()
		e, raw := alpha.said("bravo")
		if e.Pledge != id || e.Why != warning.PledgeEndedByDate || e.By != (warning.Officer{}) || strings.Count(alpha.left("bravo"), "pledge_ended") != 1 {
			t.Errorf("bravo is told %s, among %q", raw, alpha.left("bravo"))
		}
		if now := alpha.kept(id); now.EndHash == "" || now.Erased.IsZero() || now.Pledge.Until != "" {
			t.Errorf("it is kept as %+v", now)
		}
		alpha.show(func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, store.RetentionID(store.OfPledge, id))
			if r.State != store.RetentionErased {
				t.Errorf("it has a date again: %+v", r)
			}
			return err
		})
	})
}

// What was queued and is taken out, since the policy forbids it now, is said when it
// may be, as it was.
func TestAnEndThatIsTakenOut(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.pledge("bravo")
		_, err := alpha.EndPledge(t.Context(), first, id, why)
		check(t, err)
		before, _ := alpha.said("bravo")
		alpha.enforce(narrower(`@id("no-ends") @says("no end leaves")
forbid (principal is Partner, action == Action::"say", resource is Case) when { context.kind == "pledge_ended" };`))
		alpha.run()
		if got := alpha.left("bravo"); got != "pledge" {
			t.Fatalf("%q is left", got)
		}
		alpha.enforce(narrower(""))
		alpha.run()
		if after, _ := alpha.said("bravo"); after != before || alpha.left("bravo") != "pledge pledge_ended" {
			t.Errorf("it was %+v, and is %+v, among %q", before, after, alpha.left("bravo"))
		}
	})
}
