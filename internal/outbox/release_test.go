// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file plays the way of a warning from a draft to the queue: who may let it
// out, and what stops it.

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Two different people release exactly what the preview showed.
func TestTwoPeople(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		d, hash := alpha.compose(draft("Danger on the square.", "bravo", "carol"))
		for who, c := range map[string]caller.Caller{"an analyst": analyst, "a duty officer": duty, "a machine": machine, "the node": caller.Self(), "a partner": caller.FromPartner("bravo")} {
			_, err := alpha.Release(ctx, c, d.ID, hash, "")
			refuses(t, who, err, problem.Denied, "release a warning")
		}
		_, err := alpha.Release(ctx, first, d.ID, "", "")
		refuses(t, "without a hash", err, problem.Conflict, "not what you saw")
		_, err = alpha.Release(ctx, first, d.ID, strings.Repeat("0", 64), "")
		refuses(t, "with another hash", err, problem.Conflict, "not what you saw")

		approved, err := alpha.Release(ctx, first, d.ID, hash, "")
		if err != nil || approved.Stage != warning.Approved || len(approved.Approvals) != 1 || alpha.kinds("bravo")+alpha.kinds("carol") != "" {
			t.Fatalf("approved by one: %+v, %v", approved, err)
		}
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		refuses(t, "the same person twice", err, problem.Denied, "a second person must release it")
		released, err := alpha.Release(ctx, second, d.ID, hash, "")
		if err != nil || released.Stage != warning.Released || released.Approvals[0].By != "rob" || released.Approvals[1].By != "sue" {
			t.Fatalf("released by two: %+v, %v", released, err)
		}
		if alpha.kinds("bravo") != "warning" || alpha.kinds("carol") != "warning" {
			t.Errorf("queued: %q for bravo, %q for carol", alpha.kinds("bravo"), alpha.kinds("carol"))
		}
		if one, other := released.Sent["bravo"], released.Sent["carol"]; one == other || !strings.HasPrefix(one, "warning--") {
			t.Errorf("the copies are called %q and %q", one, other)
		}
		_, err = alpha.Release(ctx, third, d.ID, hash, "")
		refuses(t, "a third", err, problem.Conflict, "was released")
		_, err = alpha.Withdraw(ctx, analyst, d.ID)
		refuses(t, "withdrawn when it has left", err, problem.Conflict, "was released")
		released.Warning.Purpose = "another"
		_, err = alpha.Compose(ctx, analyst, released)
		refuses(t, "composed again when it has left", err, problem.Conflict, "was released")
	})
}

// What was previewed is, byte for byte, what leaves.
func TestWhatWasSeenLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, hash := alpha.compose(draft("Danger on the square.", "bravo"))
		p, err := alpha.Preview(t.Context(), second, d.ID)
		check(t, err)
		want, err := warning.Encode(p.Copies[0].Leaves)
		check(t, err)
		time.Sleep(3 * time.Hour)
		for _, who := range []caller.Caller{first, second} {
			_, err = alpha.Release(t.Context(), who, d.ID, hash, "")
			check(t, err)
		}
		got := alpha.queued("bravo")[0]
		if string(got.Payload) != string(want) || len(got.Payload) != p.Copies[0].Bytes {
			t.Errorf("left:\n%s\nseen:\n%s", got.Payload, want)
		}
		if got.Header.Precedence != handling.Flash || got.Header.Handling.TLP != handling.AmberStrict || got.Header.Expires.Sub(got.Header.Sent) != 30*24*time.Hour {
			t.Errorf("the header says %+v", got.Header)
		}
	})
}

// A correction to which somebody has put a duty since it was looked at is not what was
// seen, though every byte that leaves is: its release would close the duty.
func TestADutyThatWasPutToACorrection(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.put(func(tx *store.Tx) error {
			return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Precedence: handling.Flash, State: warning.DutyOpen, Due: tx.Now})
		})
		sent := alpha.warn(draft("Danger on the square.", "bravo"))
		d, err := alpha.Correct(t.Context(), analyst, sent.Sent["bravo"], "It is on Sunday.", draft("Danger on Sunday.", "bravo"))
		check(t, err)
		before := alpha.preview(d.ID)
		same, _ := alpha.compose(d)
		if p := alpha.preview(same.ID); p.Hash != before.Hash {
			t.Errorf("saved again as it was, it is another: %+v", p.Copies)
		}
		d.Duty = "duty--1"
		alpha.compose(d)
		after := alpha.preview(d.ID)
		if diff := cmp.Diff(before.Copies[0].Leaves, after.Copies[0].Leaves); diff != "" {
			t.Errorf("something else leaves (-before +after):\n%s", diff)
		}
		_, err = alpha.Release(t.Context(), first, d.ID, before.Hash, "")
		refuses(t, "with the hash of before", err, problem.Conflict, "not what you saw")
	})
}

// Who has approved must look again when it is composed anew.
func TestComposedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		d, hash := alpha.compose(draft("Danger on the square.", "bravo"))
		_, err := alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
		changed := draft("No danger at all.", "bravo")
		changed.ID = d.ID
		changed.Approvals = []warning.Approval{{By: "sue", Preview: hash}, {By: "tom", Preview: hash}}
		changed.Stage, changed.Sent = warning.Released, map[string]string{"bravo": "warning--1"}
		again, newHash := alpha.compose(changed)
		if again.Stage != warning.Composed || len(again.Approvals) != 0 || len(again.Sent) != 0 || again.ID != d.ID || newHash == hash {
			t.Fatalf("composed again: %+v", again)
		}
		_, err = alpha.Release(ctx, second, d.ID, hash, "")
		refuses(t, "with the hash of before", err, problem.Conflict, "not what you saw")
		approved, err := alpha.Release(ctx, second, d.ID, newHash, "")
		if err != nil || approved.Stage != warning.Approved || alpha.kinds("bravo") != "" {
			t.Errorf("the first look at the new text released it: %+v, %v", approved, err)
		}
		unknown := draft("t", "bravo")
		unknown.ID = "draft--none"
		_, err = alpha.Compose(ctx, analyst, unknown)
		refuses(t, "in place of nothing", err, problem.Missing, "draft")
	})
}

// One person alone releases a threat to life and nothing else; another reviews
// it, within a day.
func TestExigent(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		cyber := draft("The control system is attacked.", "bravo")
		cyber.Warning.ThreatType = warning.CriticalInfrastructure
		d, hash := alpha.compose(cyber)
		_, err := alpha.Release(ctx, first, d.ID, hash, "No time.")
		refuses(t, "no threat to life", err, problem.Denied, "only a threat to life")

		d, hash = alpha.compose(draft("Danger on the square.", "bravo"))
		_, err = alpha.Release(ctx, duty, d.ID, hash, "No time.")
		refuses(t, "by a duty officer", err, problem.Denied, "release a warning")
		_, err = alpha.Release(ctx, first, d.ID, hash, " \n")
		refuses(t, "for no reason", err, problem.Invalid, "needs a reason")
		_, err = alpha.Release(ctx, first, d.ID, hash, strings.Repeat("x", warning.MaxWord+1))
		refuses(t, "for a novel", err, problem.Invalid, "too long")
		_, err = alpha.Release(ctx, first, d.ID, strings.Repeat("0", 64), "No time.")
		refuses(t, "unseen", err, problem.Conflict, "not what you saw")
		_, err = alpha.Review(ctx, second, d.ID, "Right.")
		refuses(t, "reviewed before it left", err, problem.Conflict, "not an exigent release")
		released, err := alpha.Release(ctx, first, d.ID, hash, "It begins within the hour.")
		check(t, err)
		e := released.Exigent
		if released.Stage != warning.Released || e == nil || e.By != "rob" || e.ReviewDue.Sub(e.At) != 24*time.Hour || alpha.kinds("bravo") != "warning" {
			t.Errorf("released as %+v with %+v", released.Stage, e)
		}
		_, err = alpha.Review(ctx, first, d.ID, "I was right.")
		refuses(t, "reviewed by oneself", err, problem.Denied, "a second person must review it")
		_, err = alpha.Review(ctx, duty, d.ID, "Right.")
		refuses(t, "reviewed by a duty officer", err, problem.Denied, "review an exigent release")
		_, err = alpha.Review(ctx, second, d.ID, " ")
		refuses(t, "reviewed without a word", err, problem.Invalid, "needs a finding")
		reviewed, err := alpha.Review(ctx, second, d.ID, "Right: there was no time.")
		if err != nil || reviewed.Exigent.ReviewedBy != "sue" {
			t.Errorf("reviewed as %+v, %v", reviewed.Exigent, err)
		}
		_, err = alpha.Review(ctx, third, d.ID, "Wrong.")
		refuses(t, "reviewed twice", err, problem.Conflict, "was reviewed by sue")
		_, err = alpha.Review(ctx, second, alpha.warn(draft("t", "carol")).ID, "Right.")
		refuses(t, "a release by two", err, problem.Conflict, "not an exigent release")
	})
}

// Who has approved and finds nobody to join may go on alone.
func TestExigentAfterAnApproval(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, hash := alpha.compose(draft("Danger on the square.", "bravo"))
		_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
		check(t, err)
		released, err := alpha.Release(t.Context(), first, d.ID, hash, "Nobody answers the telephone.")
		if err != nil || released.Stage != warning.Released || released.Exigent == nil || alpha.kinds("bravo") != "warning" {
			t.Errorf("released as %+v, %v", released, err)
		}
	})
}

func TestWithdrawn(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		d, hash := alpha.compose(draft("Danger on the square.", "bravo"))
		_, err := alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
		_, err = alpha.Withdraw(ctx, machine, d.ID)
		refuses(t, "by a machine", err, problem.Denied, "machine token")
		withdrawn, err := alpha.Withdraw(ctx, analyst, d.ID)
		if err != nil || withdrawn.Stage != warning.Withdrawn {
			t.Fatalf("%+v, %v", withdrawn, err)
		}
		for _, reason := range []string{"", "No time."} {
			_, err = alpha.Release(ctx, second, d.ID, hash, reason)
			refuses(t, "released after that", err, problem.Conflict, "was withdrawn")
		}
		_, err = alpha.Withdraw(ctx, analyst, d.ID)
		refuses(t, "twice", err, problem.Conflict, "was withdrawn")
		p, err := alpha.Preview(ctx, first, d.ID)
		if err != nil || !p.Blocked || alpha.kinds("bravo") != "" {
			t.Errorf("the preview of it is blocked: %t, %v", p.Blocked, err)
		}
	})
}

// Whether it may leave is asked at the release, not when it was written.
func TestTheStateIsReadAtTheRelease(t *testing.T) {
	for _, test := range []struct {
		state  partner.State
		threat warning.ThreatType
		// Of the refusal; empty if it leaves, "what you saw" if it leaves when both
		// have looked again.
		word string
	}{
		{partner.Active, warning.Cyber, ""},
		{partner.Limited, warning.MassCasualtyAttack, "what you saw"},
		{partner.Limited, warning.Cyber, "limited to threats to life"},
		{partner.Suspended, warning.MassCasualtyAttack, "the channel is suspended: nothing leaves"},
		{partner.Expelled, warning.MassCasualtyAttack, "the channel is expelled: nothing leaves"},
		{partner.Pending, warning.MassCasualtyAttack, "the channel is pending: nothing leaves"},
	} {
		t.Run(string(test.state)+" "+string(test.threat), func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				d := draft("Danger.", "bravo")
				d.Warning.ThreatType = test.threat
				d, hash := alpha.compose(d)
				_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
				check(t, err)
				alpha.set("bravo", test.state)
				_, err = alpha.Release(t.Context(), second, d.ID, hash, "")
				if test.word == "what you saw" {
					refuses(t, "the release of what was seen before", err, problem.Conflict, "it has changed since rob approved it")
					for _, who := range []caller.Caller{second, first} {
						_, err = alpha.Release(t.Context(), who, d.ID, alpha.hash(d.ID), "")
						check(t, err)
					}
				} else if test.word == "" {
					check(t, err)
				} else {
					refuses(t, "the release", err, problem.Conflict, test.word)
				}
				if want := map[bool]string{true: "warning", false: ""}[test.word == "" || test.word == "what you saw"]; alpha.kinds("bravo") != want {
					t.Errorf("queued: %q", alpha.kinds("bravo"))
				}
			})
		})
	}
}

// A partner that may not have it does not keep the others waiting.
func TestOneOfTwoIsSuspended(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, _ := alpha.compose(draft("Danger.", "bravo", "carol"))
		alpha.set("carol", partner.Suspended)
		hash := alpha.hash(d.ID)
		_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
		check(t, err)
		released, err := alpha.Release(t.Context(), second, d.ID, hash, "")
		check(t, err)
		if len(released.Sent) != 1 || released.Sent["bravo"] == "" || alpha.kinds("bravo") != "warning" || alpha.kinds("carol") != "" {
			t.Errorf("sent %v; queued %q for bravo, %q for carol", released.Sent, alpha.kinds("bravo"), alpha.kinds("carol"))
		}
	})
}

// hash is what the preview of a draft says now.
func (h *house) hash(id string) string {
	h.t.Helper()
	p, err := h.Preview(h.t.Context(), first, id)
	check(h.t, err)
	return p.Hash
}

// Who approved that nothing goes to carol did not approve that it goes there:
// both look again, and neither is stuck.
func TestApprovedWhileACopyWasBlocked(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.set("carol", partner.Suspended)
		d, hash := alpha.compose(draft("Danger.", "bravo", "carol"))
		_, err := alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
		alpha.set("carol", partner.Active)
		_, err = alpha.Release(ctx, second, d.ID, hash, "")
		refuses(t, "the second release", err, problem.Conflict, "it has changed since rob approved it")
		wider := alpha.hash(d.ID)
		approved, err := alpha.Release(ctx, second, d.ID, wider, "")
		if err != nil || approved.Stage != warning.Approved || len(approved.Approvals) != 1 || approved.Approvals[0].By != "sue" || alpha.kinds("bravo")+alpha.kinds("carol") != "" {
			t.Fatalf("the first look at the wider one: %+v, %v", approved, err)
		}
		_, err = alpha.Release(ctx, second, d.ID, wider, "")
		refuses(t, "the same person twice", err, problem.Denied, "a second person must release it")
		released, err := alpha.Release(ctx, first, d.ID, wider, "")
		if err != nil || released.Stage != warning.Released || len(released.Approvals) != 2 || alpha.kinds("bravo") != "warning" || alpha.kinds("carol") != "warning" {
			t.Errorf("released as %+v, %v", released, err)
		}
	})
}

func TestPastItsReviewDate(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d := draft("Danger.", "bravo")
		d.Warning.Review = warning.DateOf(time.Now().AddDate(0, 0, 1))
		d, hash := alpha.compose(d)
		time.Sleep(48 * time.Hour)
		_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
		refuses(t, "two days later", err, problem.Conflict, "the review date is past")
	})
}

func TestDraftsThatAreNotKept(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		with := func(change func(*warning.Draft)) warning.Draft {
			d := draft("Danger.", "bravo")
			change(&d)
			return d
		}
		alpha.put(func(tx *store.Tx) error {
			return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "carol", Precedence: handling.Flash, State: warning.DutyOpen, Due: tx.Now})
		})
		for what, test := range map[string]struct {
			draft warning.Draft
			word  string
		}{
			"TLP:RED without names":       {with(func(d *warning.Draft) { d.Warning.Handling.TLP = "red" }), "recipients: TLP:RED is for named persons"},
			"without a label":             {with(func(d *warning.Draft) { d.Warning.Handling.TLP = "" }), "is not a TLP 2.0 label"},
			"for nobody":                  {with(func(d *warning.Draft) { d.ReleasableTo = nil }), "empty means nobody"},
			"a text for someone else":     {with(func(d *warning.Draft) { d.Releases["carol"] = "Danger." }), "carol has a text but is not in releasable_to"},
			"for a stranger":              {with(func(d *warning.Draft) { d.ReleasableTo = append(d.ReleasableTo, "eve") }), `no partner "eve"`},
			"from a source that is none":  {with(func(d *warning.Draft) { d.Source = "source--none" }), "no such source report"},
			"for a duty to somebody else": {with(func(d *warning.Draft) { d.Duty = "duty--1" }), "the duty is to warn carol"},
		} {
			_, err := alpha.Compose(ctx, analyst, test.draft)
			refuses(t, what, err, problem.Invalid, test.word)
		}
		_, err := alpha.Compose(ctx, machine, draft("Danger.", "bravo"))
		refuses(t, "a machine's", err, problem.Denied, "machine token")
		_, err = alpha.Compose(ctx, person("admin", caller.Administrator), draft("Danger.", "bravo"))
		refuses(t, "an administrator's", err, problem.Denied, "compose a warning")
		alpha.show(func(tx *store.Tx) error {
			n, err := store.Drafts.Count(tx)
			cuts, err2 := store.Cuts.Count(tx)
			if n+cuts != 0 {
				t.Errorf("%d drafts and %d copies were kept", n, cuts)
			}
			check(t, err2)
			return err
		})
	})
}

// A duty is closed by the warning that answers it, if it went to whom it is owed.
func TestADutyIsClosedByTheRelease(t *testing.T) {
	for what, test := range map[string]struct {
		before warning.DutyState
		bravo  partner.State
		grows  bool // after the text was written
		want   warning.DutyState
	}{
		"open":                  {warning.DutyOpen, partner.Active, false, warning.DutyWarned},
		"decided":               {warning.DutyWarn, partner.Active, false, warning.DutyWarned},
		"deferred":              {warning.DutyDeferred, partner.Active, false, warning.DutyWarned},
		"a waiver was proposed": {warning.DutyProposed, partner.Active, false, warning.DutyWarned},
		"waived":                {warning.DutyWaived, partner.Active, false, warning.DutyWaived},
		"it went to others":     {warning.DutyWarn, partner.Suspended, false, warning.DutyWarn},
		"it has grown since":    {warning.DutyWarn, partner.Active, true, warning.DutyOpen},
	} {
		t.Run(what, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				alpha.put(func(tx *store.Tx) error {
					return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Precedence: handling.Flash, State: test.before, Due: tx.Now})
				})
				d := draft("Danger.", "bravo", "carol")
				d.Duty = "duty--1"
				d, _ = alpha.compose(d)
				alpha.set("bravo", test.bravo)
				if test.grows {
					time.Sleep(time.Minute)
					alpha.put(func(tx *store.Tx) error {
						got, err := store.Duties.Get(tx, "duty--1")
						if err != nil {
							return err
						}
						got.Grown = tx.Now
						return store.Duties.Put(tx, got.ID, got)
					})
				}
				hash := alpha.hash(d.ID)
				for _, who := range []caller.Caller{first, second} {
					_, err := alpha.Release(t.Context(), who, d.ID, hash, "")
					check(t, err)
				}
				alpha.show(func(tx *store.Tx) error {
					got, err := store.Duties.Get(tx, "duty--1")
					if test.grows && len(got.Given) != 1 {
						t.Errorf("that it was warned is not on record: %+v", got)
					}
					if got.State != test.want || test.want == warning.DutyWarned && (got.Draft != d.ID || got.Decision.Choice != warning.Warn || len(got.History) != 1 || got.History[0].By != "sue") {
						t.Errorf("the duty is %+v, want %s", got, test.want)
					}
					return err
				})
			})
		})
	}
}
