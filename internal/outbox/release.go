// SPDX-License-Identifier: Apache-2.0

package outbox

// This file holds the way of a warning from a draft to the queue.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Compose keeps a draft and cuts each partner's copy of it. With an ID it
// replaces that draft, and whoever had approved it must look again; without
// one it is new. A draft that would leak, or that no rule lets out, is kept
// all the same: its preview says why it cannot be released.
func (o *Outbox) Compose(ctx context.Context, who caller.Caller, draft warning.Draft) (warning.Draft, error) {
	return o.compose(ctx, who, draft, func(_ *store.Tx, draft *warning.Draft) error {
		draft.Corrects, draft.Change = nil, ""
		return nil
	})
}

// compose keeps a draft; fresh completes one that is new.
func (o *Outbox) compose(ctx context.Context, who caller.Caller, draft warning.Draft, fresh func(*store.Tx, *warning.Draft) error) (warning.Draft, error) {
	err := o.store.Change(ctx, who, store.What{Act: caller.Compose, Subject: draft.ID}, func(tx *store.Tx) error {
		var given time.Time // by the clock, when it was composed before
		if draft.ID != "" {
			before, err := store.Drafts.Get(tx, draft.ID)
			if err != nil {
				return err
			}
			if before.Stage == warning.Released || before.Stage == warning.Withdrawn {
				return problem.New(problem.Conflict, "compose a new one", "this draft was %s", before.Stage)
			}
			if before.Stage == warning.Waiting {
				return waitsToLeave(&before)
			}
			if err := deleteCuts(tx, before); err != nil {
				return err
			}
			if before.ByClock {
				given = before.Warning.AnswerBy
			}
			if draft.Corrects = before.Corrects; draft.Change == "" {
				draft.Change = before.Change
			}
		} else {
			draft.ID = newID("draft")
			if err := fresh(tx, &draft); err != nil {
				return err
			}
		}
		if err := correctable(&draft); err != nil {
			return err
		}
		complete(&draft, tx, who, given)
		if err := draft.Validate(); err != nil {
			return problem.Incomplete("the warning is not complete", err)
		}
		if err := known(tx, &draft); err != nil {
			return err
		}
		facts, source, err := factsOf(tx, &draft)
		if err != nil {
			return err
		}
		if err := unrecalled(facts); err != nil {
			return err
		}
		rules, err := o.rules.Rules(tx)
		if err != nil {
			return err
		}
		cutter := rules.NewCutter(&draft, facts, source, tx.Now)
		cutter.Spread = spread
		for name := range draft.Releases {
			if err := cut(tx, &draft, cutter, name); err != nil {
				return err
			}
		}
		if err := tx.KeepPolicy(rules.Hash(), rules.Text()); rules.Hash() != "" && err != nil {
			return err
		}
		return store.Drafts.Put(tx, draft.ID, draft)
	})
	return draft, err
}

// complete fills in what follows from the rest and what no composer may set. Given is
// the time to answer by that the clock gave when it was composed before; zero if a
// person did, or it is new.
func complete(draft *warning.Draft, tx *store.Tx, who caller.Caller, given time.Time) {
	w := &draft.Warning
	w.Spell()
	draft.ByClock = w.AnswerBy.IsZero() || w.AnswerBy.Equal(given)
	if w.AnswerBy.IsZero() {
		// A whole minute: the millisecond would tell two partners that they have copies
		// of one warning.
		w.AnswerBy = tx.Now.Add(w.Precedence.AnswerWithin() + time.Minute - time.Millisecond).Truncate(time.Minute)
	}
	w.AnswerBy = warning.Millis(w.AnswerBy)
	w.Window.Start, w.Window.End = warning.Millis(w.Window.Start), warning.Millis(w.Window.End)
	if w.Review == "" {
		w.Review = warning.DateOf(tx.Now.AddDate(1, 0, 0))
	}
	draft.ComposedBy, draft.ComposedAt = who.Name, tx.Now
	draft.Approvals, draft.Exigent, draft.Sent, draft.Stage, draft.LeavesAt = nil, nil, nil, warning.Composed, time.Time{}
}

// known refuses a draft that speaks of a partner, a source or a duty that is not here,
// and keeps what the duty is about now.
func known(tx *store.Tx, draft *warning.Draft) error {
	draft.About = nil
	for _, name := range draft.ReleasableTo {
		if _, err := store.Channels.Get(tx, name); err != nil {
			return problem.New(problem.Invalid, "see tocsin partner list", "there is no partner %q", name).Because(err)
		}
	}
	if draft.Source != "" {
		if _, err := store.Sources.Get(tx, draft.Source); err != nil {
			return problem.New(problem.Invalid, "see tocsin source list; what a partner told us is named by a duty about its case: tocsin duty open PARTNER --subject CASE", "there is no such source report").Because(err)
		}
	}
	if draft.Duty == "" {
		return nil
	}
	duty, err := store.Duties.Get(tx, draft.Duty)
	if err == nil && !slices.Contains(draft.ReleasableTo, duty.Partner) {
		return problem.New(problem.Invalid, "add the partner to releasable_to, with a text", "the duty is to warn %s", duty.Partner)
	}
	draft.About = duty.Subjects()
	return err
}

// Preview shows exactly what would leave for each partner, what is withheld,
// and by which rule. Reading it is logged.
func (o *Outbox) Preview(ctx context.Context, who caller.Caller, id string) (preview warning.Preview, err error) {
	err = o.store.Show(ctx, who, store.What{Act: caller.Preview, Subject: id}, func(tx *store.Tx) error {
		preview, _, err = o.preview(tx, id)
		return err
	})
	if err != nil {
		return warning.Preview{}, err
	}
	return preview, nil
}

// preview puts together what the store holds of the draft's copies. What the
// rules say is asked anew: a state or a date may have changed since the copy
// was cut.
func (o *Outbox) preview(tx *store.Tx, id string) (warning.Preview, map[string]policy.Result, error) {
	draft, err := store.Drafts.Get(tx, id)
	if err != nil {
		return warning.Preview{}, nil, err
	}
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return warning.Preview{}, nil, err
	}
	p := warning.Preview{Draft: draft, Policy: rules.Hash(), Blocked: true}
	facts, source, err := factsOf(tx, &draft)
	if err != nil {
		return p, nil, err
	}
	unguarded := draft.Source != "" && source == nil
	results := make(map[string]policy.Result)
	hash := sha256.New()
	hash.Write([]byte(id + "\n" + rules.Hash() + "\n" + draft.Source + "\n" + draft.Duty + "\n")) // a release closes the duty
	for _, name := range sorted(draft.Releases) {
		result, copied, err := copyFor(tx, rules, &draft, facts, name, unguarded)
		if err != nil {
			return p, nil, err
		}
		payload, err := o.leaving(tx, &draft, &copied)
		if err != nil {
			return p, nil, err
		}
		raw, err := warning.Encode(payload)
		if err != nil {
			return p, nil, err
		}
		if copied.Bytes = len(raw); result.Plan.Allowed {
			tooLarge(&result, &copied, raw)
		}
		beside, err := warning.Encode(seen{copied.Cuts, copied.Flags, copied.Further, copied.Permissions})
		if err != nil {
			return p, nil, err
		}
		fmt.Fprintf(hash, "%s\n%t\n%s\n%d\n%d\n", name, copied.Allowed, copied.State, len(raw), len(beside))
		hash.Write(raw)
		hash.Write(beside)
		p.Copies, results[name] = append(p.Copies, copied), result
		p.Blocked = p.Blocked && !copied.Allowed
	}
	p.Hash = hex.EncodeToString(hash.Sum(nil))
	// One leak stops all copies: what one partner may not learn, another can tell it.
	for _, copied := range p.Copies {
		p.Blocked = p.Blocked || len(copied.Leaks) > 0
	}
	return p, results, nil
}

// around is how much room is left for what goes around a payload.
const around = 16 << 10

// tooLarge keeps a copy that no envelope holds.
func tooLarge(result *policy.Result, copied *warning.Copy, payload []byte) {
	m := envelope.Message{HeaderBytes: make([]byte, around), Payload: payload}
	if m.Fits() == nil {
		return
	}
	text := fmt.Sprintf("the copy is %d bytes, and a message holds about %d: attach fewer objects", len(payload), envelope.MaxPacked*3/4-2*around)
	result.Plan.Refuse(policy.RuleSize, "objects", text)
	copied.Allowed = false
	reason := warning.Reason{Field: "objects", Effect: string(policy.Block), Rule: string(policy.RuleSize), Text: text}
	copied.Reasons = append([]warning.Reason{reason}, copied.Reasons...)
}

// Release approves a draft as its preview showed it. The second of two
// different people sends it. With an exigent reason one person alone sends it,
// if life is threatened, and another must review it within 24 hours.
//
// hash is what the preview said: by which policy, of which report and duty, and of each copy, to whom it
// goes, whether it may, in what state the channel is, every byte of it, what was cut and what was
// flagged. If any of it has changed since, nothing is released. Who approved what
// it was before has not approved what it is now: the next release of the new hash
// is the first. An approval counts for [warning.ApprovedFor]; what is ROUTINE or
// PRIORITY waits after the second, see [Outbox.WithUndo].
func (o *Outbox) Release(ctx context.Context, who caller.Caller, id, hash, exigentReason string) (draft warning.Draft, err error) {
	note := "approve"
	if exigentReason != "" {
		note = "exigent"
	}
	err = o.store.Change(ctx, who, store.What{Act: caller.Release, Subject: id, Note: note}, func(tx *store.Tx) error {
		p, results, err := o.preview(tx, id)
		if err != nil {
			return err
		}
		draft = p.Draft
		if p.Draft.Approvals, err = current(tx, draft.Approvals, p.Hash); err != nil {
			return err
		}
		if err := releasable(p, draft.Approvals, who, hash, exigentReason); err != nil {
			return err
		}
		draft.Approvals = append(p.Draft.Approvals,
			warning.Approval{By: who.Name, At: tx.Now, Preview: p.Hash, Until: tx.Now.Add(warning.ApprovedFor)})
		draft.Stage = warning.Approved
		if exigentReason != "" {
			draft.Exigent = &warning.Exigent{Reason: exigentReason, By: who.Name, At: tx.Now, ReviewDue: tx.Now.Add(warning.ReviewWithin)}
		}
		switch enough := len(draft.Approvals) == needed(&p); {
		case enough && o.waits(&draft):
			draft.Stage, draft.LeavesAt = warning.Waiting, tx.Now.Add(o.undo)
		case enough || draft.Exigent != nil:
			draft.Stage = warning.Released
			if err := o.send(tx, &draft, results); err != nil {
				return err
			}
		}
		return store.Drafts.Put(tx, id, draft)
	})
	return draft, err
}

// releasable refuses what two people may not release. Approved is whoever approved
// it, also what it was before; the preview's approvals are those that count.
func releasable(p warning.Preview, approved []warning.Approval, who caller.Caller, hash, exigentReason string) error {
	draft := p.Draft
	see := "look at tocsin warn preview " + draft.ID
	switch {
	case draft.Stage == warning.Released || draft.Stage == warning.Withdrawn:
		return problem.New(problem.Conflict, "look at it: tocsin warn show "+draft.ID, "this draft was %s", draft.Stage)
	case draft.Stage == warning.Waiting:
		return waitsToLeave(&draft)
	case p.Blocked:
		return problem.New(problem.Conflict, see, "this warning cannot be released as it is").With(why(p)...)
	case hash != p.Hash:
		refusal := problem.New(problem.Conflict, see+" again, and release the hash it shows", "what would leave is not what you saw")
		for _, approval := range approved {
			if approval.Preview == hash {
				refusal.With("it has changed since " + approval.By + " approved it")
			}
		}
		return refusal
	case exigentReason != "" && strings.TrimSpace(exigentReason) == "":
		return problem.New(problem.Invalid, "say in a sentence why there was no time", "an exigent release needs a reason")
	case len(exigentReason) > warning.MaxWord:
		return problem.New(problem.Invalid, "say it in a sentence", "the exigent reason is too long")
	case exigentReason != "" && !draft.Warning.ThreatToLife():
		return problem.New(problem.Denied, "ask a second releaser", "only a threat to life is released by one person")
	case exigentReason != "" && len(draft.PersonsTo) > 0:
		return problem.New(problem.Denied, "leave persons_to out, or ask another releaser", "nobody names persons alone")
	}
	for _, approval := range draft.Approvals {
		if approval.By == who.Name && exigentReason == "" {
			return problem.New(problem.Denied, "ask another releaser", "you have approved it already: a second person must release it")
		}
	}
	return nil
}

// current are the approvals of exactly what would leave now, which have not
// ended, of people who still release. One from the future, by a clock that was
// ahead, has ended.
func current(tx *store.Tx, approvals []warning.Approval, hash string) (all []warning.Approval, err error) {
	for _, a := range approvals {
		if a.Preview != hash || !tx.Now.Before(a.At.Add(warning.ApprovedFor)) || tx.Now.Before(a.At) {
			continue
		}
		may, err := tx.StillMay(a.By, caller.Release)
		if err != nil {
			return nil, err
		}
		if may {
			all = append(all, a)
		}
	}
	return all, nil
}

// seen is what the hash of a preview covers beside what leaves.
type seen struct {
	Cuts  []warning.Reason `json:"cuts"`
	Flags []warning.Leak   `json:"flags"`
	// Further and Permissions are left out where they are empty.
	Further     []string            `json:"further,omitempty"`
	Permissions []warning.Permitted `json:"permissions,omitempty"`
}

func waitsToLeave(draft *warning.Draft) error {
	return problem.New(problem.Conflict, "one of the two who released it can take it back: tocsin warn undo "+draft.ID,
		"this draft was released, and leaves at %s", draft.LeavesAt.UTC().Format("15:04:05 UTC"))
}

func why(p warning.Preview) (lines []string) {
	for _, copied := range p.Copies {
		for _, leak := range copied.Leaks {
			lines = append(lines, copied.Partner+": "+leak.Field+" gives away "+leak.Source+" ("+leak.Rule+"): “"+leak.Text+"”")
		}
		for _, reason := range copied.Reasons {
			if reason.Effect == "block" {
				lines = append(lines, copied.Partner+": "+reason.Text+" ("+reason.Rule+")")
			}
		}
	}
	return lines
}

// send signs, seals and queues each partner's copy, opens its case, and closes
// the duty it answers.
func (o *Outbox) send(tx *store.Tx, draft *warning.Draft, results map[string]policy.Result) error {
	if err := unrestricted(tx, append(slices.Collect(maps.Values(draft.Corrects)), draft.ID, draft.Source)...); err != nil {
		return err
	}
	draft.Sent = make(map[string]string)
	var letters []letter
	for _, name := range sorted(draft.Releases) {
		result := results[name]
		if !result.Plan.Allowed {
			continue // its preview said so; the others are not kept waiting
		}
		channel, err := open(tx, name)
		if err != nil {
			return err
		}
		w := result.Warning
		if err := o.countNamed(tx, draft, channel, &w); err != nil {
			return err
		}
		draft.Sent[name] = w.ID
		if draft.Corrects[name] != "" {
			correction, err := correct(tx, draft, channel, &w)
			if err != nil {
				return err
			}
			correction.until = permittedUntil(result.Plan.Permissions)
			letters = append(letters, correction)
			continue
		}
		err = store.Cases.Put(tx, w.ID, store.Case{
			ID: w.ID, Partner: name, Ours: true, Draft: draft.ID, Title: store.Title(&w), Precedence: string(w.Precedence), TLP: string(w.Handling.TLP), Handling: w.Handling,
			ToLife: w.ThreatToLife(), Opened: tx.Now, Updated: tx.Now, AnswerBy: w.AnswerBy, State: store.CaseOpen, Review: w.Review, Purpose: w.Purpose,
		})
		if err != nil {
			return err
		}
		letters = append(letters, letter{
			channel: channel, kind: envelope.Warning, payload: &w, thread: w.ID,
			precedence: w.Precedence, handling: w.Handling, until: permittedUntil(result.Plan.Permissions),
		})
	}
	if err := o.say(tx, letters...); err != nil {
		return err
	}
	if err := errors.Join(underPermission(tx, letters, results), corrected(tx, draft, letters)); err != nil {
		return err
	}
	return closeDuty(tx, draft)
}

// closeDuty closes the duty the warning answers, if the partner it is owed to
// is among those it went to, and nothing came to the duty since the text was written.
func closeDuty(tx *store.Tx, draft *warning.Draft) error {
	if draft.Duty == "" {
		return nil
	}
	duty, err := store.Duties.Get(tx, draft.Duty)
	if err != nil || duty.State.Closed() || draft.Sent[duty.Partner] == "" {
		return err
	}
	if duty.Decision == nil || duty.Decision.Choice != warning.Warn {
		duty.Decision = &warning.Decision{Choice: warning.Warn, By: releasedBy(draft), At: tx.Now}
	}
	what := "warned"
	if duty.State, duty.Draft = warning.DutyWarned, draft.ID; duty.GrownSince(draft.ComposedAt) {
		// What came later is not in the text: somebody looks at it.
		duty.SetAside(false, true, releasedBy(draft), "warned by a text from before the duty grew", tx.Now)
		duty.State, what = warning.DutyOpen, "warned by a text from before the duty grew: open still"
	}
	given := warning.Given{Method: warning.ByNode, Authority: duty.Partner, Draft: draft.ID}
	given.Commit(draft.Releases[duty.Partner], store.NewSalt())
	duty.Given = append(duty.Given, given)
	duty.History = append(duty.History, warning.Event{At: tx.Now, By: releasedBy(draft), What: what})
	return store.Duties.Put(tx, duty.ID, duty)
}

// Review is the second person's finding on an exigent release.
func (o *Outbox) Review(ctx context.Context, who caller.Caller, id, finding string) (draft warning.Draft, err error) {
	if strings.TrimSpace(finding) == "" || len(finding) > warning.MaxText {
		return draft, problem.New(problem.Invalid, "say whether the release was right, and why", "a review needs a finding")
	}
	err = o.store.Change(ctx, who, store.What{Act: caller.Review, Subject: id}, func(tx *store.Tx) error {
		if draft, err = store.Drafts.Get(tx, id); err != nil {
			return err
		}
		switch {
		case draft.Exigent == nil:
			return problem.New(problem.Conflict, "", "this was not an exigent release")
		case draft.Exigent.ReviewedBy != "":
			return problem.New(problem.Conflict, "", "this release was reviewed by %s", draft.Exigent.ReviewedBy)
		case draft.Exigent.By == who.Name:
			return problem.New(problem.Denied, "ask another releaser", "you released it yourself: a second person must review it")
		}
		draft.Exigent.ReviewedBy, draft.Exigent.ReviewedAt, draft.Exigent.Finding = who.Name, tx.Now, finding
		if err := tx.Settle(warning.Alarm{Kind: warning.AlarmReviewDue, Subject: id}, who.Name, "it was reviewed"); err != nil {
			return err
		}
		return store.Drafts.Put(tx, id, draft)
	})
	return draft, err
}

// Withdraw takes a draft back that was not released.
func (o *Outbox) Withdraw(ctx context.Context, who caller.Caller, id string) (draft warning.Draft, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.WithdrawAct, Subject: id}, func(tx *store.Tx) error {
		if draft, err = store.Drafts.Get(tx, id); err != nil {
			return err
		}
		if draft.Stage == warning.Released || draft.Stage == warning.Withdrawn {
			return problem.New(problem.Conflict, "", "this draft was %s", draft.Stage)
		}
		if draft.Stage == warning.Waiting {
			return waitsToLeave(&draft)
		}
		draft.Stage = warning.Withdrawn
		return store.Drafts.Put(tx, id, draft)
	})
	return draft, err
}

func sorted(releases map[string]string) []string {
	names := make([]string, 0, len(releases))
	for name := range releases {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
