// SPDX-License-Identifier: Apache-2.0

package outbox

// This file says what originators permit, as facts for the policy, and decides
// anew when that changes.

import (
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// permitted adds what the partners whose reports and objects the draft hangs on
// have granted us. What has ended is there, too, and says why: people see it.
func permitted(tx *store.Tx, draft *warning.Draft, facts *policy.Facts) error {
	if !drawsOn(facts, "", "") {
		return nil
	}
	kept, err := store.Permissions.List(tx, 0, store.PermissionGranted, store.PermissionWithdrawn, store.PermissionAnswered)
	if err != nil {
		return err
	}
	for i := range kept {
		p := &kept[i]
		if !p.Ours || p.Answer == nil || p.Answer.Answer != warning.PermissionGranted || !drawsOn(facts, p.Partner, p.Request.Case) {
			continue
		}
		fact := policy.Permission{
			ID: p.Request.ID, By: p.Partner, Use: p.Answer.Use, Purpose: p.Answer.Purpose, TLP: p.Answer.TLP,
			Conditions: p.Answer.Conditions, Until: p.Answer.Until,
		}
		if fact.Ended, err = tx.Ended(p); err != nil {
			return err
		}
		if fact.Versions, err = tx.SpeaksOf(p); err != nil {
			return err
		}
		var came []jsontext.Value
		for _, version := range fact.Versions {
			m, _, err := tx.FindMessage(version)
			if err != nil {
				return err
			}
			came = append(came, m.Attached()...)
		}
		fact.Objects = policy.Versions(came)
		for _, name := range draft.ReleasableTo {
			channel, there, err := store.Channels.Find(tx, name)
			if err != nil {
				return err
			}
			if there && slices.ContainsFunc(p.Answer.To, func(r warning.Recipient) bool { return r.Node == channel.Card.ID() }) {
				fact.To = append(fact.To, name)
			}
		}
		facts.Permissions = append(facts.Permissions, fact)
	}
	return nil
}

// underPermission keeps with each permission which copies were queued by it: whoever
// withdraws it may ask where they are.
func underPermission(tx *store.Tx, letters []letter, results map[string]policy.Result) error {
	for _, l := range letters {
		permitted := results[l.channel.Name].Plan.Permissions
		if len(permitted) == 0 {
			continue
		}
		_, hash, err := tx.Tip(l.channel.ID, store.Out) // what was said last
		if err != nil {
			return err
		}
		for _, p := range permitted {
			id := store.PermissionID(p.From, true, p.ID)
			kept, err := store.Permissions.Get(tx, id)
			if err != nil {
				return err
			}
			kept.Uses = append(kept.Uses, store.PermissionUse{Partner: l.channel.Name, Case: l.thread, Message: hash, At: tx.Now})
			if err := store.Permissions.Put(tx, id, kept); err != nil {
				return err
			}
		}
	}
	return nil
}

// permittedUntil is when the first of the permissions ends by which something
// leaves; zero if it needs none.
func permittedUntil(all []warning.Permitted) (until time.Time) {
	for _, p := range all {
		if until.IsZero() || p.Until.Before(until) {
			until = p.Until
		}
	}
	return until
}

// drawsOn reports whether a draft hangs on what a partner gave, in that case or as
// an object; on what any gave, if none is named.
func drawsOn(facts *policy.Facts, partner, id string) bool {
	for _, given := range facts.Given {
		if given.Origin != "" && (partner == "" || given.Origin == partner && given.ID == id) {
			return true
		}
	}
	for _, from := range facts.Objects {
		if from.Partner != "" && (partner == "" || from.Partner == partner) {
			return true
		}
	}
	return false
}

// JudgeAnew decides anew what rests on what a partner gave under a case, after the
// partner has changed what we may do with it: open drafts are cut anew, and what
// waits in the queue and may not leave any more is taken out, visibly. The inbox
// calls it in the transaction that hears of the change, so nothing leaves in
// between; and what two people released and waits is a draft again, if it is not
// what they saw.
func (o *Outbox) JudgeAnew(tx *store.Tx, partner, id string) error {
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return err
	}
	open, err := store.Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved))
	if err != nil {
		return err
	}
	for i := range open {
		if err := cutAnew(tx, rules, &open[i], partner, id); err != nil {
			return err
		}
	}
	if _, err := rejudgeAll(tx, rules); err != nil {
		return err
	}
	return o.judgeWaiting(tx, "")
}

// cutAnew cuts the copies of a draft anew, if something else leaves now. Its
// approvals were of what it was.
func cutAnew(tx *store.Tx, rules *policy.Rules, draft *warning.Draft, partner, id string) error {
	facts, source, err := factsOf(tx, draft)
	if err != nil || !drawsOn(&facts, partner, id) {
		return err
	}
	cutter := rules.NewCutter(draft, facts, source, tx.Now)
	before, changed := make(map[string]store.Cut), false
	for name := range draft.Releases {
		if before[name], err = store.Cuts.Get(tx, store.CutID(draft.ID, name)); err != nil {
			return err
		}
		if err := cut(tx, draft, cutter, name); err != nil {
			return err
		}
		after, err := store.Cuts.Get(tx, store.CutID(draft.ID, name))
		if err != nil {
			return err
		}
		other, err := otherwise(before[name], after)
		if err != nil {
			return err
		}
		changed = changed || other
	}
	if !changed { // what was approved stays what it is, to its ids
		for name, kept := range before {
			if err := store.Cuts.Put(tx, store.CutID(draft.ID, name), kept); err != nil {
				return err
			}
		}
		return nil
	}
	draft.Approvals, draft.Stage = nil, warning.Composed
	return store.Drafts.Put(tx, draft.ID, *draft)
}

// otherwise reports whether something else leaves by one cut than by another.
func otherwise(a, b store.Cut) (bool, error) {
	var before, after policy.Result
	if err := errors.Join(json.Unmarshal(a.Body, &before), json.Unmarshal(b.Body, &after)); err != nil {
		return false, err
	}
	return before.Plan.Allowed != after.Plan.Allowed || !slices.Equal(before.Plan.Withhold, after.Plan.Withhold) ||
		!slices.EqualFunc(before.Plan.Permissions, after.Plan.Permissions, warning.Permitted.Equal), nil
}
