// SPDX-License-Identifier: Apache-2.0

package outbox

// This file judges anew what is queued, or was released and waits, when what it
// rests on has changed, when a day has ended, and when it departs.

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// grounds are the kinds of rows on which it rests what may leave. What becomes of a
// permission is judged in the transaction that hears it, too, see [Outbox.JudgeAnew].
// Duties are none of them: a copy rests on what its duty was about when the text was
// written, see [warning.Draft]; what comes to the duty later, how urgent it becomes, and
// what is decided of it changes nothing of what was written, nor of who may have it.
var grounds = []string{
	store.Policies.Kind(), store.RowChannel, store.Assurances.Kind(), store.Sources.Kind(), store.Notes.Kind(), store.Permissions.Kind(),
	store.Restrictions.Kind(), store.Doubteds.Kind(), store.RowErased, store.RowSaidAnew,
}

// Basis is a number that is another one once anything has changed on which it
// rests what may leave, but for time: what was judged, or queued, since it became
// what it is holds until the day ends, by UTC. It is steady if nothing is changing of
// that right now: see [store.Store.Steady].
func (o *Outbox) Basis() (n uint64, steady bool) {
	moved, grown := o.store.ObjectState(store.Received)
	n = moved + grown + o.store.States(grounds...)
	return n, o.store.Steady(store.Received, grounds...)
}

// Forbids says why a message of ours may not leave now, whatever it was when it was
// queued; empty if it may. The state of the channel is not asked.
func (o *Outbox) Forbids(tx *store.Tx, m *store.Message) (string, error) {
	channel, err := store.Channels.Get(tx, m.Partner)
	if err != nil {
		return "", err
	}
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return "", err
	}
	reason, forbidden, err := forbidsMessage(tx, rules, m, &channel)
	if err != nil || !forbidden {
		return "", err
	}
	return because(reason), nil
}

// Withhold takes those of a partner's messages out of the queue that may not leave
// now, visibly, with an alarm. What has left the queue meanwhile it passes over.
func (o *Outbox) Withhold(ctx context.Context, name string, hashes []string) error {
	return o.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name, Note: "withheld"}, func(tx *store.Tx) error {
		rules, err := o.rules.Rules(tx)
		if err != nil {
			return err
		}
		var parcels []store.Parcel
		for _, hash := range hashes {
			parcel, queued, err := tx.FindParcel(hash)
			if err != nil {
				return err
			}
			if queued && parcel.Partner == name {
				parcels = append(parcels, parcel)
			}
		}
		_, err = rejudge(tx, rules, name, parcels)
		return err
	})
}

// JudgeFor decides anew what is queued or waits for a partner, after people here
// have changed how it may be told. The desk calls it in the transaction of the
// change, so nothing leaves in between.
func (o *Outbox) JudgeFor(tx *store.Tx, name string) error {
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return err
	}
	parcels, err := tx.Parcels(name, 0, 1<<30)
	if err != nil {
		return err
	}
	if _, err := rejudge(tx, rules, name, parcels); err != nil {
		return err
	}
	return o.judgeWaiting(tx, name)
}

// judgeWaiting makes what two people released for a partner, and waits, a draft
// again if what would leave is not what they saw; for any, if none is named.
func (o *Outbox) judgeWaiting(tx *store.Tx, name string) error {
	waiting, err := store.Drafts.List(tx, 0, string(warning.Waiting))
	if err != nil {
		return err
	}
	for i := range waiting {
		draft := &waiting[i]
		if name != "" && draft.Releases[name] == "" {
			continue
		}
		p, _, err := o.preview(tx, draft.ID)
		if err != nil {
			return err
		}
		if stands, err := asSeen(tx, &p); err != nil || stands {
			if err != nil {
				return err
			}
			continue
		}
		if err := notLeft(tx, draft, changedSince); err != nil {
			return err
		}
	}
	return nil
}

// rejudgeAll takes out of every queue what the rules forbid now.
func rejudgeAll(tx *store.Tx, rules *policy.Rules) (dropped []string, err error) {
	waiting, err := tx.Waiting()
	if err != nil {
		return nil, err
	}
	for _, name := range waiting {
		parcels, err := tx.Parcels(name, 0, 1<<30)
		if err != nil {
			return nil, err
		}
		gone, err := rejudge(tx, rules, name, parcels)
		if err != nil {
			return nil, err
		}
		dropped = append(dropped, gone...)
	}
	return dropped, nil
}

// rejudge takes those of a partner's parcels out of the queue that the rules forbid
// now.
func rejudge(tx *store.Tx, rules *policy.Rules, name string, parcels []store.Parcel) (dropped []string, err error) {
	forbidden, err := forbiddenFor(tx, rules, name, parcels)
	if err != nil || len(forbidden) == 0 {
		return nil, err
	}
	onTheirWay, err := tx.Recall(name)
	if err != nil {
		return nil, err
	}
	for _, f := range forbidden {
		if err := f.drop(tx, onTheirWay); err != nil {
			return nil, err
		}
		dropped = append(dropped, f.parcel.Hash)
	}
	return dropped, nil
}

// forbidden is a parcel that may not leave any more.
type forbidden struct {
	parcel store.Parcel
	reason policy.Reason
}

func forbiddenFor(tx *store.Tx, rules *policy.Rules, name string, parcels []store.Parcel) (all []forbidden, err error) {
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return nil, err
	}
	for _, parcel := range parcels {
		message, err := tx.Message(parcel.Hash)
		if err != nil {
			return nil, err
		}
		reason, is, err := forbidsMessage(tx, rules, &message, &channel)
		if err != nil {
			return nil, err
		}
		if is {
			all = append(all, forbidden{parcel, reason})
		}
	}
	return all, nil
}

// forbidsMessage says whether what was queued for a partner may not leave now.
func forbidsMessage(tx *store.Tx, rules *policy.Rules, m *store.Message, channel *partner.Channel) (policy.Reason, bool, error) {
	if m.Kind != envelope.Warning && m.Kind != envelope.Update {
		return forbidsSaying(tx, rules, m, channel)
	}
	c, _, err := store.Cases.Find(tx, m.Thread)
	if err != nil {
		return policy.Reason{}, false, err
	}
	of := []string{c.Draft}
	if m.Kind == envelope.Update {
		of = c.Corrections
	}
	if reason, is, err := restricted(tx, c.ID); err != nil || is {
		return reason, is, err
	}
	unknown := policy.Reason{Rule: policy.RuleNobody, Text: "it is not known of which draft it is a copy"}
	if c.Partner != channel.Name || len(of) == 0 {
		return unknown, true, nil
	}
	for _, id := range of { // of several corrections, none may be forbidden
		draft, there, err := store.Drafts.Find(tx, id)
		if err != nil {
			return policy.Reason{}, false, err
		}
		if !there {
			return unknown, true, nil
		}
		if !draft.Erased.IsZero() {
			return policy.Reason{Rule: policy.RuleLeak, Text: "what it was made of was erased, so nothing can judge it any more"}, true, nil
		}
		if reason, is, err := forbids(tx, rules, &draft, channel); err != nil || is {
			return reason, is, err
		}
	}
	return policy.Reason{}, false, nil
}

// forbids says whether what left for a partner as a copy of the draft may not
// leave now: the whole of it, or one of the objects in it. The state of the
// channel is asked when it departs.
func forbids(tx *store.Tx, rules *policy.Rules, draft *warning.Draft, channel *partner.Channel) (policy.Reason, bool, error) {
	no := func(err error) (policy.Reason, bool, error) { return policy.Reason{}, false, err }
	if reason, is, err := restricted(tx, draft.ID, draft.Source); err != nil || is {
		return reason, is, err
	}
	facts, source, err := factsOf(tx, draft)
	if err != nil {
		return no(err)
	}
	if source != nil {
		facts.Source = policy.Provenance{Partner: source.Origin, Handling: source.Handling}
	} else if draft.Source != "" {
		return policy.Reason{Rule: policy.RuleLeak, Text: reportErased}, true, nil
	}
	asked := *draft
	asked.Stage = warning.Approved
	plan := rules.Decide(&asked, policy.Partner{Name: channel.Name, Country: channel.Card.Country, State: partner.Active}, facts, tx.Now)
	if blocked := plan.Blocked(); len(blocked) > 0 {
		return blocked[0], true, nil
	}
	if len(plan.Further) > 0 && people(draft.Approvals) < further {
		return policy.Reason{Rule: policy.RulePersons, Text: plan.Further[0] + ", and no third person has released it"}, true, nil
	}
	kept, err := store.Cuts.Get(tx, store.CutID(draft.ID, channel.Name))
	if err != nil {
		return no(err)
	}
	for _, id := range plan.Withhold {
		if _, left := kept.IDs[id]; left {
			for _, reason := range plan.Reasons {
				if reason.Field == id {
					return reason, true, nil
				}
			}
		}
	}
	exact, err := tooExact(&kept, channel.Limits)
	return policy.Reason{Rule: policy.RuleLimit, Text: "it says more exactly where or when than the partner may be told now"}, exact, err
}

// tooExact reports whether a copy says more exactly where or when than limits let
// it that were set since it was cut.
func tooExact(kept *store.Cut, limits partner.Limits) (bool, error) {
	if limits.Same(partner.Limits{}) {
		return false, nil
	}
	var result policy.Result
	if err := json.Unmarshal(kept.Body, &result); err != nil {
		return false, err
	}
	return result.Limits.Looser(limits) && policy.Exceeds(&result.Warning, limits), nil
}

// people counts the different people who approved.
func people(approvals []warning.Approval) int {
	var names []string
	for _, a := range approvals {
		if !slices.Contains(names, a.By) {
			names = append(names, a.By)
		}
	}
	return len(names)
}

// forbidsSaying says whether something that was said in a case, or beside any, and
// waits, may not leave now. What is said of the channel itself no rule is asked about,
// nor a notice that texts were erased, which says nothing of them.
func forbidsSaying(tx *store.Tx, rules *policy.Rules, m *store.Message, channel *partner.Channel) (policy.Reason, bool, error) {
	if m.Kind == envelope.Destruction || m.Thread == "" && !beside(m.Kind) {
		return policy.Reason{}, false, nil
	}
	opened, err := m.Opened()
	if err != nil {
		return policy.Reason{}, false, err
	}
	label := opened.Header.Handling.TLP
	about := besideAny(channel, label)
	if m.Thread != "" {
		c, ok, err := store.Cases.Find(tx, m.Thread)
		if err != nil {
			return policy.Reason{}, false, err
		}
		if !ok {
			return policy.Reason{Rule: policy.RuleNobody, Text: "its case is not known"}, true, nil
		}
		if tells(m.Kind) {
			if reason, is, err := restricted(tx, c.ID); err != nil || is {
				return reason, is, err
			}
		}
		about = fileOf(&c)
	}
	said := rules.MaySay(policy.Partner{Name: channel.Name, Country: channel.Card.Country}, string(m.Kind), label, about)
	return said.Reason, !said.Allowed, nil
}

func because(reason policy.Reason) string { return reason.Text + " (" + string(reason.Rule) + ")" }

func (f *forbidden) drop(tx *store.Tx, onTheirWay []string) error {
	why := "it may not leave any more: " + because(f.reason)
	if err := tx.DropParcel(f.parcel, why, onTheirWay); err != nil {
		return err
	}
	level, what := handling.Immediate, "what was released for "+f.parcel.Partner
	if f.parcel.Life {
		level, what = handling.Flash, "what was released for "+f.parcel.Partner+" about a threat to life"
	}
	return tx.Raise(warning.Alarm{Kind: warning.AlarmPolicy, Partner: f.parcel.Partner, Subject: f.parcel.Hash, Level: level, Text: store.NotSentWords(what, why)})
}

// dayEvery is how often it is looked whether a day has ended.
const dayEvery = time.Minute

// RunDays judges what is queued anew whenever a day has ended, until ctx ends: the
// sheets of assurances and the review dates end with the day, also for a partner
// that nothing departs for.
func (o *Outbox) RunDays(ctx context.Context) error {
	tick := time.NewTicker(dayEvery)
	defer tick.Stop()
	judged := ""
	for {
		if day := o.store.Now().Format(time.DateOnly); day != judged {
			if err := o.judgeDay(ctx); err == nil {
				judged = day
			} else if ctx.Err() == nil {
				o.log.Error("judging anew what is queued failed", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// judgeDay takes out of every queue what may not leave any more. It reads some at a
// time, and writes only where there is something to take out.
func (o *Outbox) judgeDay(ctx context.Context) error {
	self, what := caller.Self(), store.What{Act: caller.Send, Note: "a day has ended"}
	var names []string
	err := o.store.Glance(ctx, self, what, func(tx *store.Tx) (err error) {
		names, err = tx.Waiting()
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		for after, more := uint64(0), true; more; {
			var hashes []string
			err := o.store.Glance(ctx, self, what, func(tx *store.Tx) error {
				rules, err := o.rules.Rules(tx)
				if err != nil {
					return err
				}
				parcels, err := tx.Parcels(name, after, envelope.MaxBatch)
				if more = len(parcels) > 0; err != nil || !more {
					return err
				}
				after = parcels[len(parcels)-1].Seq
				forbidden, err := forbiddenFor(tx, rules, name, parcels)
				for _, f := range forbidden {
					hashes = append(hashes, f.parcel.Hash)
				}
				return err
			})
			if err == nil && len(hashes) > 0 {
				err = o.Withhold(ctx, name, hashes)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
