// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file tests how two people change the policy, and what becomes of what was
// decided by the one before.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// narrower is the policy that ships, with one more rule.
func narrower(rule string) string { return string(policy.Shipped().Text()) + "\n" + rule + "\n" }

const (
	noBombs = `@id("no-bombs") @says("nothing about mass casualty attacks leaves")
forbid (principal is Partner, action == Action::"send", resource is Warning) when { resource.threat_type == "mass_casualty_attack" };`
	notCarol = `@id("not-carol") @says("carol gets nothing")
forbid (principal is Partner, action == Action::"send", resource is Warning) when { principal.name == "carol" };`
	everything = `@id("all") @says("everything leaves") permit (principal, action, resource);`
)

// enforce takes a text into force, by two people.
func (h *house) enforce(text string) enforced {
	h.t.Helper()
	proposed, err := h.ProposePolicy(h.t.Context(), first, text, "for the test")
	check(h.t, err)
	done, err := h.ApprovePolicy(h.t.Context(), second, proposed.Hash)
	check(h.t, err)
	return enforced{done.Policy.Hash, done.Drafts, done.Dropped}
}

type enforced struct {
	hash    string
	drafts  int
	dropped []string
}

func TestAPolicyNeedsTwoPeople(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		text := narrower(notCarol)
		for _, who := range []caller.Caller{analyst, duty, machine, person("olga", caller.Overseer)} {
			_, err := alpha.ProposePolicy(ctx, who, text, "why")
			refuses(t, who.Name+" proposes", err, problem.Denied, "")
			_, err = alpha.ProposePolicy(ctx, who, "no policy at all", "why")
			refuses(t, who.Name+" has something parsed", err, problem.Denied, "")
		}
		_, err := alpha.ProposePolicy(ctx, first, text, " ")
		refuses(t, "without a reason", err, problem.Invalid, "reason")
		_, err = alpha.ProposePolicy(ctx, first, string(policy.Shipped().Text()), "why")
		refuses(t, "what is in force", err, problem.Conflict, "in force")
		proposed, err := alpha.ProposePolicy(ctx, first, text, "why")
		check(t, err)
		_, err = alpha.ProposePolicy(ctx, second, text, "why")
		refuses(t, "twice", err, problem.Conflict, "rob has proposed")
		_, err = alpha.ApprovePolicy(ctx, first, proposed.Hash)
		refuses(t, "who proposed it", err, problem.Denied, "second person")
		for _, who := range []caller.Caller{analyst, duty, machine, person("adam", caller.Administrator)} {
			_, err = alpha.ApprovePolicy(ctx, who, proposed.Hash)
			refuses(t, who.Name+" approves", err, problem.Denied, "")
		}
		_, err = alpha.ApprovePolicy(ctx, second, strings.Repeat("0", 64))
		refuses(t, "another hash", err, problem.Missing, "")
		if d, _ := alpha.compose(draft("Danger.", "carol")); alpha.preview(d.ID).Blocked {
			t.Error("a proposal decides before it is approved")
		}
		_, err = alpha.WithdrawPolicy(ctx, first, proposed.Hash)
		check(t, err)
		_, err = alpha.ApprovePolicy(ctx, second, proposed.Hash)
		refuses(t, "what was withdrawn", err, problem.Conflict, "withdrawn")
		_, err = alpha.ProposePolicy(ctx, second, text, "again")
		check(t, err)
		done, err := alpha.ApprovePolicy(ctx, third, proposed.Hash)
		check(t, err)
		if len(done.Policy.Turns) != 4 || done.Policy.State != store.PolicyInForce {
			t.Errorf("%+v", done.Policy)
		}
		alpha.show(func(tx *store.Tx) error {
			if hash, err := tx.PolicyHash(); err != nil || hash != proposed.Hash {
				t.Errorf("in force: %s, %v", hash, err)
			}
			return nil
		})
	})
}

// A text with a fault changes nothing.
func TestAFaultyPolicyIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, hash := alpha.compose(draft("Danger.", "bravo"))
		for name, text := range map[string]string{
			"empty": "", "no Cedar": "permit everything", "unknown": narrower(`@id("x") @says("s") forbid (principal, action, resource) when { resource.colour };`),
		} {
			_, err := alpha.ProposePolicy(t.Context(), first, text, "why")
			refuses(t, name, err, problem.Invalid, "policy:")
		}
		if alpha.hash(d.ID) != hash {
			t.Error("the preview has changed")
		}
	})
}

// What one person had approved under the policy before must be looked at again.
func TestApprovalsAreOfOnePolicy(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, hash := alpha.compose(draft("Danger.", "bravo", "carol"))
		_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
		check(t, err)
		before := alpha.preview(d.ID)
		if done := alpha.enforce(narrower(notCarol)); done.drafts != 1 {
			t.Errorf("%d drafts were cut anew", done.drafts)
		}
		after := alpha.preview(d.ID)
		if before.Policy == after.Policy || before.Hash == after.Hash || len(after.Draft.Approvals) != 0 || after.Draft.Stage != warning.Composed {
			t.Errorf("the draft stands as before: %+v", after.Draft)
		}
		_, err = alpha.Release(t.Context(), second, d.ID, hash, "")
		refuses(t, "the release of what was seen before", err, problem.Conflict, "not what you saw")
		for _, who := range []caller.Caller{first, second} {
			_, err = alpha.Release(t.Context(), who, d.ID, alpha.hash(d.ID), "")
			check(t, err)
		}
		if alpha.kinds("bravo") != "warning" || alpha.kinds("carol") != "" {
			t.Errorf("queued %q for bravo, %q for carol", alpha.kinds("bravo"), alpha.kinds("carol"))
		}
		for _, c := range alpha.preview(d.ID).Copies {
			if c.Policy != after.Policy {
				t.Errorf("the copy for %s was decided by %s", c.Partner, c.Policy)
			}
		}
	})
}

// What was released and still waits does not leave if the policy forbids it now;
// what the policy before forbade does not leave because the new one is wider.
func TestTheQueueIsDecidedAnew(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.warn(draft("Danger.", "bravo", "carol"))
		done := alpha.enforce(narrower(notCarol))
		if len(done.dropped) != 1 || alpha.kinds("bravo") != "warning" || alpha.kinds("carol") != "" {
			t.Fatalf("dropped %v; queued %q for bravo, %q for carol", done.dropped, alpha.kinds("bravo"), alpha.kinds("carol"))
		}
		alpha.show(func(tx *store.Tx) error {
			drop, err := store.Drops.Get(tx, done.dropped[0])
			check(t, err)
			if drop.Partner != "carol" || drop.By != "sue" || !strings.Contains(drop.Why, "carol gets nothing (not-carol)") {
				t.Errorf("%+v", drop)
			}
			m, err := tx.Message(drop.Hash)
			check(t, err)
			if m.State != store.Dropped || len(m.Payload) == 0 {
				t.Errorf("the message is %s, with %d bytes", m.State, len(m.Payload))
			}
			alarms, err := store.Alarms.List(tx, 0, store.Raised)
			if err != nil || len(alarms) != 1 || alarms[0].Kind != warning.AlarmPolicy {
				t.Errorf("%+v, %v", alarms, err)
			}
			return err
		})
		if done := alpha.enforce(everything); len(done.dropped) != 0 || alpha.kinds("carol") != "" {
			t.Errorf("what was forbidden leaves all the same: %q", alpha.kinds("carol"))
		}
		if done := alpha.enforce(narrower(noBombs)); len(done.dropped) != 1 || alpha.kinds("bravo") != "" {
			t.Errorf("dropped %v; queued %q for bravo", done.dropped, alpha.kinds("bravo"))
		}
	})
}

// What two people released, and waits to be taken back, is a draft again under another
// policy, and rings: they believe that it leaves.
func TestAPolicyIsChangedUnderARelease(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.WithUndo(5 * time.Minute)
		waits := alpha.released(handling.Priority, "bravo")
		alpha.compose(draft("Danger elsewhere.", "bravo"))
		if done := alpha.enforce(narrower(notCarol)); done.drafts != 2 {
			t.Errorf("%d drafts were cut anew", done.drafts)
		}
		alpha.show(func(tx *store.Tx) error {
			d, err := store.Drafts.Get(tx, waits.ID)
			check(t, err)
			if d.Stage != warning.Composed || len(d.Approvals) != 0 || !d.LeavesAt.IsZero() {
				t.Errorf("it is %s, with %d approvals", d.Stage, len(d.Approvals))
			}
			alarms, err := store.Alarms.List(tx, 0, store.Raised)
			if len(alarms) != 1 || alarms[0].Kind != warning.AlarmNotLeft || alarms[0].Subject != waits.ID || alarms[0].Level != handling.Immediate {
				t.Errorf("alarms: %+v", alarms)
			}
			return err
		})
	})
}

// An object that may not leave any more keeps the message that holds it.
func TestAnObjectThatMayNotLeaveAnyMore(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d := draft("Danger.", "bravo")
		d.Objects = append(d.Objects, []byte(`{"type":"location","spec_version":"2.1","id":"location--a6e9345f-5a15-4c29-8bb3-7dcc5d168d64","created":"2026-04-06T20:03:00.000Z","modified":"2026-04-06T20:03:00.000Z","name":"Oslo","country":"NO"}`))
		alpha.warn(d)
		done := alpha.enforce(narrower(`@id("no-places") @says("no places leave")
forbid (principal is Partner, action == Action::"attach", resource is Object) when { resource.type == "location" };`))
		if len(done.dropped) != 1 {
			t.Errorf("dropped %v", done.dropped)
		}
	})
}

// A copy that was cut under another policy, by whatever way it came to be here,
// does not leave.
func TestACopyOfAnotherPolicy(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, _ := alpha.compose(draft("Danger.", "bravo"))
		rules, err := policy.Read("x", []byte(everything))
		check(t, err)
		alpha.put(func(tx *store.Tx) error {
			p := store.Policy{Hash: rules.Hash(), Text: everything}
			return tx.EnforcePolicy(&p, "")
		})
		p := alpha.preview(d.ID)
		if !p.Blocked || p.Copies[0].Reasons[0].Rule != string(policy.RulePolicy) {
			t.Errorf("%+v", p.Copies[0].Reasons)
		}
		alpha.compose(d)
		if p := alpha.preview(d.ID); p.Blocked {
			t.Errorf("saved again, it is blocked: %+v", p.Copies[0].Reasons)
		}
	})
}

// A text in force that is not what its hash says lets nothing out.
func TestAPolicyThatWasChanged(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, _ := alpha.compose(draft("Danger.", "bravo"))
		for name, text := range map[string]string{"another text": everything, "no text": "", "broken": "permit"} {
			alpha.put(func(tx *store.Tx) error {
				p := store.Policy{Hash: strings.Repeat("a", 64), Text: text}
				return tx.EnforcePolicy(&p, "")
			})
			if p := alpha.preview(d.ID); !p.Blocked || p.Copies[0].Allowed {
				t.Errorf("%s: %+v", name, p.Copies[0].Reasons)
			}
		}
	})
}

func (h *house) preview(id string) warning.Preview {
	h.t.Helper()
	p, err := h.Preview(h.t.Context(), first, id)
	check(h.t, err)
	return p
}
