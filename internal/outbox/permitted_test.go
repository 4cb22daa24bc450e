// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file plays what an originator permits, until it does not any more.

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var controlled = handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H1}, Caveats: []handling.Caveat{handling.OriginatorControl}}

// restsOn is a draft to carol that rests on what bravo warned us of.
func (h *house) restsOn(id string) warning.Draft {
	h.t.Helper()
	d := draft("Be careful.", "carol")
	d.Duty, d.Warning.Handling.TLP = h.owed(id), handling.Amber
	d, _ = h.compose(d)
	return d
}

// asks asks bravo whether what it gave may go to carol.
func (h *house) asks(id string) store.Permission {
	h.t.Helper()
	p, err := h.AskPermission(h.t.Context(), analyst, id, []string{"carol"}, warning.PermissionRequest{Used: warning.Used{Use: warning.UsePassOn}, Reason: "They are near."})
	check(h.t, err)
	return p
}

// grants has bravo grant what was asked for an hour, as the inbox would take it.
func (h *house) grants(p store.Permission, change func(*store.Permission)) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		p.AnswerHash = strings.Repeat("b", 52) + p.Request.ID[len(p.Request.ID)-12:]
		p.Answer = &warning.Permission{Case: p.Request.Case, Request: p.Request.ID, About: p.Request.About, Answer: warning.PermissionGranted, Used: p.Request.Used,
			Conditions: "Not to the operator.", Until: warning.Millis(tx.Now.Add(time.Hour)), At: tx.Now}
		last, _, err := tx.Last("bravo's", store.In)
		check(h.t, err)
		check(h.t, tx.AddMessage(store.Message{Hash: p.AnswerHash, Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: last.Seq + 1, Epoch: 1,
			Kind: envelope.Permission, Thread: p.Request.Case, At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: []byte("{}")}))
		if change != nil {
			change(&p)
		}
		check(h.t, store.Permissions.Put(tx, store.PermissionID("bravo", true, p.Request.ID), p))
		return h.JudgeAnew(tx, "bravo", p.Request.Case)
	})
}

// letOut has two people release a draft.
func (h *house) letOut(id string) {
	h.t.Helper()
	hash := h.hash(id)
	for _, who := range []caller.Caller{first, second} {
		_, err := h.Release(h.t.Context(), who, id, hash, "")
		check(h.t, err)
	}
}

// granting is a proposal that ends after a time.
func granting(until time.Duration, to ...string) outbox.Granting {
	g := outbox.Granting{Grant: true, To: to}
	if until > 0 {
		g.Until = time.Now().Add(until)
	}
	return g
}

// only is the one copy of a draft as its preview shows it.
func (h *house) only(id string) warning.Copy {
	h.t.Helper()
	p := h.preview(id)
	if len(p.Copies) != 1 || p.Blocked == p.Copies[0].Allowed {
		h.t.Fatalf("%d copies, blocked %t", len(p.Copies), p.Blocked)
	}
	return p.Copies[0]
}

// blockedFor is why a copy stays, and how to ask.
func blockedFor(c warning.Copy) (text string) {
	for _, r := range c.Reasons {
		if r.Effect == "block" {
			text += r.Text + " " + r.Hint + "\n"
		}
	}
	return text
}

// A draft that is open when the originator says yes leaves with its conditions,
// and not after its time: not out of the queue, nor anything that is composed then.
func TestAPermission(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, controlled)
		d := alpha.restsOn(id)
		if text := blockedFor(alpha.only(d.ID)); !strings.Contains(text, "it must be asked first") || !strings.Contains(text, "tocsin permission ask "+id+" --use pass_on --to carol") {
			t.Errorf("stays for %q", text)
		}
		p := alpha.asks(id)
		if alpha.kinds("bravo") != "permission_request" || p.Request.Purpose != d.Warning.Purpose || p.Request.To[0].Node != alpha.partners["carol"].ID() {
			t.Errorf("%q was said: %+v", alpha.kinds("bravo"), p.Request)
		}
		alpha.grants(p, nil)
		c := alpha.only(d.ID)
		if !c.Allowed || len(c.Permissions) != 1 || c.Permissions[0].From != "bravo" || c.Permissions[0].Conditions != "Not to the operator." {
			t.Fatalf("stays: %s", blockedFor(c))
		}
		h := c.Leaves.Handling
		if !h.Has(handling.H1) || !h.HasCaveat(handling.OriginatorControl) || !strings.Contains(h.Note, "Not to the operator.") || strings.Contains(h.Line(), "bravo") {
			t.Errorf("leaves as %s", h.Line())
		}
		alpha.letOut(d.ID)
		if until := alpha.queued("carol")[0].Header.Expires; !until.Equal(c.Permissions[0].Until) {
			t.Errorf("it may leave until %s", until)
		}
		left := func(want int) {
			t.Helper()
			alpha.show(func(tx *store.Tx) error {
				kept, err := store.Permissions.Get(tx, store.PermissionID("bravo", true, p.Request.ID))
				check(t, err)
				copies, err := tx.Left(&kept)
				if len(kept.Uses) != 1 || kept.Uses[0].Partner != "carol" || len(copies) != want {
					t.Errorf("%d copies of %+v have left, not %d", len(copies), kept.Uses, want)
				}
				return err
			})
		}
		left(0)
		alpha.put(func(tx *store.Tx) error {
			parcels, err := tx.Parcels("carol", 0, 1)
			check(t, err)
			m, err := tx.Message(parcels[0].Hash)
			check(t, err)
			check(t, tx.SetMessageState(&m, store.Delivered))
			return nil
		})
		left(1)
		later := alpha.restsOn(id)
		if !alpha.only(later.ID).Allowed {
			t.Error("a second draft stays")
		}
		time.Sleep(61 * time.Minute)
		if text := blockedFor(alpha.only(later.ID)); !strings.Contains(text, "it ended at") {
			t.Errorf("after its time it stays for %q", text)
		}
		alpha.show(func(tx *store.Tx) error {
			expired, err := tx.ExpiredParcels("carol", 10)
			if len(expired) != 1 {
				t.Errorf("%d parcels have expired", len(expired))
			}
			return err
		})
	})
}

// What waits in the queue when the permission is withdrawn is dropped, and people
// are told; whoever had approved a draft looks again.
func TestAPermissionIsWithdrawn(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, controlled)
		p := alpha.asks(id)
		alpha.grants(p, nil)
		sent, approved := alpha.restsOn(id), alpha.restsOn(id)
		alpha.letOut(sent.ID)
		hash := alpha.hash(approved.ID)
		_, err := alpha.Release(t.Context(), first, approved.ID, hash, "")
		check(t, err)
		alpha.put(func(tx *store.Tx) error {
			key := store.PermissionID("bravo", true, p.Request.ID)
			kept, err := store.Permissions.Get(tx, key)
			check(t, err)
			kept.Withdrawn = &warning.Permission{Answer: warning.PermissionWithdrawn, Reason: "The source was seen."}
			check(t, store.Permissions.Put(tx, key, kept))
			return alpha.JudgeAnew(tx, "bravo", id)
		})
		if alpha.kinds("carol") != "" {
			t.Errorf("%q waits for carol", alpha.kinds("carol"))
		}
		alpha.show(func(tx *store.Tx) error {
			alarms, err := store.Alarms.List(tx, 0, store.Raised)
			if len(alarms) != 1 || alarms[0].Kind != warning.AlarmPolicy {
				t.Errorf("alarms %+v", alarms)
			}
			return err
		})
		_, err = alpha.Release(t.Context(), second, approved.ID, hash, "")
		refuses(t, "the release of what was approved", err, problem.Conflict, "cannot be released")
		if text := blockedFor(alpha.only(approved.ID)); !strings.Contains(text, "it was withdrawn") {
			t.Errorf("stays for %q", text)
		}
	})
}

// A permission counts for exactly what it says, and for no other version of what
// was given.
func TestAPermissionThatDoesNotCount(t *testing.T) {
	for name, test := range map[string]struct {
		grant func(*house, *store.Permission)
		then  func(*house, *store.Tx, *store.Permission) error
		word  string
	}{
		"to another node": {grant: func(h *house, p *store.Permission) {
			p.Answer.To = []warning.Recipient{{Name: "carol", Node: h.partners["bravo"].ID()}}
		}, word: "it is for others than carol"},
		"for another purpose": {grant: func(_ *house, p *store.Permission) { p.Answer.Purpose = "trade" }, word: "it is for “trade” alone"},
		"for court":           {grant: func(_ *house, p *store.Permission) { p.Answer.Use, p.Answer.To = warning.UseCourt, nil }, word: "it must be asked first"},
		"in the past":         {grant: func(_ *house, p *store.Permission) { p.Answer.Until = p.Answer.At.Add(-time.Hour) }, word: "it ended at"},
		"refused":             {grant: func(_ *house, p *store.Permission) { p.Answer.Answer = warning.PermissionRefused }, word: "it must be asked first"},
		"of another partner":  {grant: func(_ *house, p *store.Permission) { p.Partner = "carol" }, word: "it must be asked first"},
		"about another case":  {grant: func(_ *house, p *store.Permission) { p.Request.Case = "warning--none" }, word: "it must be asked first"},
		"corrected": {then: func(h *house, tx *store.Tx, p *store.Permission) error {
			c, err := store.Cases.Get(tx, p.Request.Case)
			check(h.t, err)
			c.Newest, c.Version = strings.Repeat("c", 64), 2
			return store.Cases.Put(tx, c.ID, c)
		}, word: "corrected since"},
		"recalled": {then: func(_ *house, tx *store.Tx, p *store.Permission) error {
			return store.Recalls.Put(tx, store.RecallID("bravo", false, "recall--1"), store.Recall{Partner: "bravo", Recall: warning.Recall{ID: "recall--1", About: p.Request.About, Case: p.Request.Case}})
		}, word: "was recalled"},
		"in doubt": {then: func(_ *house, tx *store.Tx, p *store.Permission) error {
			return store.Doubteds.Put(tx, p.AnswerHash, store.Doubted{Hash: p.AnswerHash, Partner: "bravo", Kind: envelope.Permission})
		}, word: "may have said it"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				id := alpha.received()
				alpha.warnedBy(id, 1, store.Kept, controlled)
				d := alpha.restsOn(id)
				alpha.grants(alpha.asks(id), func(p *store.Permission) {
					if test.grant != nil {
						test.grant(alpha, p)
					}
				})
				if test.then != nil {
					if !alpha.only(d.ID).Allowed {
						t.Fatal("it does not count from the first")
					}
					alpha.put(func(tx *store.Tx) error {
						all, err := store.Permissions.List(tx, 0)
						check(t, err)
						check(t, test.then(alpha, tx, &all[0]))
						return alpha.JudgeAnew(tx, "bravo", id)
					})
				}
				if c := alpha.only(d.ID); c.Allowed || !strings.Contains(blockedFor(c), test.word) {
					t.Errorf("leaves %t, for %q", c.Allowed, blockedFor(c))
				}
			})
		})
	}
}

// A permission speaks of the versions that it names: under an older one everything
// stays as it was.
func TestAPermissionSpeaksOfItsVersions(t *testing.T) {
	const first, newest = 1, 2
	hash := func(seq uint64) string { return strings.Repeat("a", 60) + store.SeqText(seq)[8:] }
	for name, test := range map[string]struct {
		newestAlone bool
		grant       func(*store.Permission)
		then        func(*store.Tx, string) error
		word        string // why it stays; empty if it leaves
	}{
		"of both":               {},
		"asked of the newest":   {newestAlone: true, word: "it must be asked first"},
		"granted of the newest": {grant: func(p *store.Permission) { p.Answer.Earlier = nil }, word: "it must be asked first"},
		"and the first is recalled": {then: func(tx *store.Tx, id string) error {
			return store.Recalls.Put(tx, store.RecallID("bravo", false, "recall--1"), store.Recall{Partner: "bravo", Recall: warning.Recall{ID: "recall--1", About: hash(first), Case: id}})
		}, word: "it must be asked first"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				id := alpha.received()
				alpha.warnedBy(id, first, store.Kept, handling.Handling{TLP: handling.Green, Caveats: []handling.Caveat{handling.OriginatorControl}})
				alpha.warnedBy(id, newest, store.Kept, handling.Handling{TLP: handling.Green})
				alpha.put(func(tx *store.Tx) error {
					c, err := store.Cases.Get(tx, id)
					check(t, err)
					c.Newest, c.Version = hash(newest), 2
					return store.Cases.Put(tx, id, c)
				})
				d := alpha.restsOn(id)
				of := id
				if test.newestAlone {
					of = hash(newest)
				}
				p := alpha.asks(of)
				alpha.grants(p, test.grant)
				if test.then != nil {
					if !alpha.only(d.ID).Allowed {
						t.Fatal("it does not count from the first")
					}
					alpha.put(func(tx *store.Tx) error {
						check(t, test.then(tx, id))
						return alpha.JudgeAnew(tx, "bravo", id)
					})
				}
				c := alpha.only(d.ID)
				if c.Allowed != (test.word == "") || !strings.Contains(blockedFor(c), test.word) {
					t.Errorf("leaves %t, for %q", c.Allowed, blockedFor(c))
				}
				if test.newestAlone != (len(p.Request.Earlier) == 0) {
					t.Errorf("asked of %q", p.Request.Earlier)
				}
			})
		})
	}
}

// A correction of what was passed on rests on the same, and needs a permission too.
func TestACorrectionNeedsAPermission(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, controlled)
		d := alpha.restsOn(id)
		p := alpha.asks(id)
		alpha.grants(p, nil)
		alpha.letOut(d.ID)
		fix := func() warning.Copy {
			again := draft("Be very careful.", "carol")
			again.Warning.Handling.TLP = handling.Amber
			again, err := alpha.Correct(t.Context(), analyst, alpha.preview(d.ID).Draft.Sent["carol"], "How careful.", again)
			check(t, err)
			return alpha.only(again.ID)
		}
		if c := fix(); !c.Allowed {
			t.Errorf("with the permission it stays for %q", blockedFor(c))
		}
		time.Sleep(61 * time.Minute)
		if c := fix(); c.Allowed || !strings.Contains(blockedFor(c), "it ended at") {
			t.Errorf("without, it leaves (%t), for %q", c.Allowed, blockedFor(c))
		}
	})
}

// Of what we gave ourselves, two people grant, within what was asked and the time
// that the warning has; one refuses, and one withdraws.
func TestTwoPeopleGrant(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		d := draft("Danger.", "bravo")
		d.Warning.Review = warning.DateOf(time.Now().AddDate(0, 0, 10))
		id := alpha.warn(d).Sent["bravo"]
		var about string
		alpha.show(func(tx *store.Tx) error {
			c, err := store.Cases.Get(tx, id)
			check(t, err)
			about, _, err = tx.NewestOf(&c)
			return err
		})
		ask := func(n string) string {
			q := warning.PermissionRequest{ID: "permission--" + n, Case: id, About: about, Reason: "r", AnswerBy: time.Now().Add(time.Hour),
				Used: warning.Used{Use: warning.UsePassOn, Purpose: "p", To: []warning.Recipient{{Name: "dora", Node: strings.Repeat("d", 64)}, {Name: "emil", Node: strings.Repeat("e", 64)}}}}
			alpha.put(func(tx *store.Tx) error {
				return store.Permissions.Put(tx, store.PermissionID("bravo", false, q.ID), store.Permission{Request: q, Partner: "bravo", Hash: strings.Repeat("0", 63) + n})
			})
			return q.ID
		}
		one := ask("1")
		grant := func(until time.Duration, to ...string) (store.Permission, error) {
			return alpha.AnswerPermission(ctx, duty, one, granting(until, to...))
		}
		_, err := grant(0)
		refuses(t, "without an end", err, problem.Invalid, "a permission ends")
		_, err = grant(12 * 24 * time.Hour)
		refuses(t, "beyond the review", err, problem.Invalid, "beyond the day")
		_, err = grant(time.Hour, "fred")
		refuses(t, "to somebody else", err, problem.Invalid, "fred")
		_, err = alpha.AnswerPermission(ctx, analyst, one, granting(time.Hour))
		refuses(t, "an analyst", err, problem.Denied, "")
		p, err := grant(time.Hour, "emil")
		check(t, err)
		if alpha.kinds("bravo") != "warning" || p.Answer != nil {
			t.Errorf("one person has granted: %q", alpha.kinds("bravo"))
		}
		confirm := granting(0)
		confirm.Confirm = p.Proposed.Hash
		_, err = alpha.AnswerPermission(ctx, duty, one, confirm)
		refuses(t, "the same person", err, problem.Denied, "a second person")
		confirm.Confirm = strings.Repeat("0", 64)
		_, err = alpha.AnswerPermission(ctx, first, one, confirm)
		refuses(t, "another text", err, problem.Conflict, "not what you read")
		time.Sleep(2 * time.Hour)
		confirm.Confirm = p.Proposed.Hash
		_, err = alpha.AnswerPermission(ctx, first, one, confirm)
		refuses(t, "after its end", err, problem.Invalid, "a permission ends")
		p, err = grant(time.Hour, "emil")
		check(t, err)
		confirm.Confirm = p.Proposed.Hash
		p, err = alpha.AnswerPermission(ctx, first, one, confirm)
		check(t, err)
		if alpha.kinds("bravo") != "warning permission" || len(p.Answer.To) != 1 || p.Answer.To[0].Name != "emil" || p.Answer.Confirmed.Name == p.Answer.By.Name || p.Proposed != nil {
			t.Errorf("%q: %+v", alpha.kinds("bravo"), p.Answer)
		}
		_, err = alpha.AnswerPermission(ctx, first, one, confirm)
		refuses(t, "twice", err, problem.Missing, "no request")
		_, err = alpha.WithdrawPermission(ctx, second, one, " ")
		refuses(t, "without a reason", err, problem.Invalid, "reason")
		p, err = alpha.WithdrawPermission(ctx, second, one, "The source was seen.")
		check(t, err)
		_, err = alpha.WithdrawPermission(ctx, second, one, "Again.")
		refuses(t, "withdrawn twice", err, problem.Missing, "granted nothing")
		two := ask("2")
		refusal := granting(0)
		refusal.Grant = false
		_, err = alpha.AnswerPermission(ctx, duty, two, refusal)
		refuses(t, "a refusal without a reason", err, problem.Invalid, "reason")
		refusal.Reason = "Not this."
		_, err = alpha.AnswerPermission(ctx, duty, two, refusal)
		check(t, err)
		if alpha.kinds("bravo") != "warning permission permission permission" {
			t.Errorf("said %q", alpha.kinds("bravo"))
		}
	})
}

// What was said in a case and waits is decided anew by a new policy, and dropped
// visibly if it may not be said any more.
func TestAnswersInTheQueueAreDecidedAnew(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, handling.Handling{TLP: handling.Amber})
		check(t, alpha.Thank(t.Context(), duty, warning.Thanks{Case: id, Text: "Thank you."}))
		check(t, alpha.Ask(t.Context(), analyst, warning.Request{Case: id, Question: "When?"}))
		if done := alpha.enforce(narrower(notCarol)); len(done.dropped) != 0 {
			t.Fatalf("dropped %v", done.dropped)
		}
		done := alpha.enforce(narrower(`@id("no-thanks") @says("nobody is thanked")
forbid (principal is Partner, action == Action::"say", resource is Case) when { context.kind == "thanks" };`))
		if len(done.dropped) != 1 {
			t.Fatalf("dropped %v", done.dropped)
		}
		alpha.show(func(tx *store.Tx) error {
			drop, err := store.Drops.Get(tx, done.dropped[0])
			check(t, err)
			if drop.Kind != envelope.Thanks || !strings.Contains(drop.Why, "nobody is thanked (no-thanks)") {
				t.Errorf("%+v", drop)
			}
			parcels, err := tx.Parcels("bravo", 0, 10)
			if len(parcels) != 1 {
				t.Errorf("%d wait", len(parcels))
			}
			return err
		})
	})
}

// What stays of an object says how to ask about that object, and asking by it asks in
// the case in which it came.
func TestAPermissionIsAskedByAnObject(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		object := jsontext.Value(recalledMalware)
		alpha.warnedBy(id, 1, store.Kept, controlled, object)
		alpha.collect(recalledMalware, "bravo", &controlled)
		d := draft("Be careful.", "carol")
		d.Objects = []jsontext.Value{object}
		d, _ = alpha.compose(d)
		const of = "malware--33333333-3333-4333-8333-333333333333"
		hint := ""
		for _, r := range alpha.only(d.ID).Reasons {
			if r.Field == of {
				hint = r.Hint
			}
		}
		if hint != "ask bravo: tocsin permission ask "+of+" --use pass_on --to carol --reason TEXT" {
			t.Errorf("it says %q", hint)
		}
		ask := func(of string) (store.Permission, error) {
			return alpha.AskPermission(t.Context(), analyst, of, []string{"carol"}, warning.PermissionRequest{Used: warning.Used{Use: warning.UsePassOn}, Reason: "They are near."})
		}
		_, err := ask("malware--00000000-3333-4333-8333-333333333333")
		refuses(t, "an object that nobody gave", err, problem.Missing, "no partner's warning that is here has this object")
		p, err := ask(of)
		if check(t, err); p.Request.Case != id {
			t.Errorf("asked about %+v", p.Request)
		}
		alpha.warnedBy("warning--9c1d5d8e-52ab-4a62-8f63-1df2b5a0a7c1", 2, store.Kept, controlled, object)
		_, err = ask(of)
		refuses(t, "an object of two cases", err, problem.Invalid, "came in several cases")
	})
}
