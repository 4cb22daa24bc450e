// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people decide about how long things are kept.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// KeepOn keeps what has a review date until the end of another day, or lets a public
// statement stand until then, with
// the reason on record. Nobody keeps it beyond what a partner gave it with,
// what both signed, or what its purpose allows: the refusal says which.
func (d *Desk) KeepOn(ctx context.Context, who caller.Caller, id string, until warning.Date, reason string) (kept store.Retention, err error) {
	day, err := warning.ParseDate(string(until))
	if err != nil {
		return kept, problem.New(problem.Invalid, "write it as 2027-12-31", "%q is no date", until)
	}
	due := day.AddDate(0, 0, 1)
	return d.decideRetention(ctx, who, caller.KeepOn, "keep", id, reason, func(tx *store.Tx, r *store.Retention) error {
		due := due
		if due.After(r.Limit) && day.Before(r.Limit) { // the last day, until the hour at which it ends
			due = r.Limit
		}
		switch {
		case r.Ground == warning.DestroyedByRedress:
			return problem.New(problem.Conflict, "a releaser holds what is wanted as evidence: tocsin retention hold "+id, "two releasers decided for a request for redress that this is erased: nobody keeps it on")
		case !due.After(tx.Now):
			return problem.New(problem.Invalid, "give a day to come", "%s is past", until)
		case due.Before(r.Due) && r.Kind != store.OfStatement:
			return problem.New(problem.Conflict, "a thing is kept longer by this, never erased sooner", "it is kept until %s already", warning.DateOf(r.Due.Add(-time.Second)))
		case due.After(r.Limit):
			return beyond(r)
		case r.Kind == store.OfStatement && due.After(tx.Now.AddDate(0, 0, maxRetention)):
			return problem.New(problem.Invalid, "give a day within ten years", "%s is too late for a review", until)
		}
		r.Due, r.Dated, r.Asked, r.State, r.Waits = due, tx.Now, time.Time{}, store.RetentionKept, ""
		r.Decided[len(r.Decided)-1].Until = due
		return nil
	})
}

func beyond(r *store.Retention) error {
	last := warning.DateOf(r.Limit.Add(-time.Second))
	hint := map[string]string{
		"given":   "ask " + r.Partner + " to correct the warning with a later review date",
		"terms":   "the terms of the channel to " + r.Partner + " say how long either side keeps a text",
		"purpose": "see tocsin retention rules",
	}[r.Bound]
	if r.Kind == store.OfPledge && r.Ours {
		hint = "give the pledge anew: tocsin pledge give " + r.Partner
	}
	return problem.New(problem.Conflict, hint, "this may be kept until %s, and no longer", last)
}

// HoldErasure stops the erasure of a thing until somebody lets it go: it is
// wanted as evidence. It stays on the list of what is due.
func (d *Desk) HoldErasure(ctx context.Context, who caller.Caller, id, reason string) (store.Retention, error) {
	return d.decideRetention(ctx, who, caller.HoldErasure, "hold", id, reason, func(_ *store.Tx, r *store.Retention) error {
		if r.Held {
			return problem.New(problem.Conflict, "", "its erasure is held already")
		}
		r.Held = true
		return nil
	})
}

// LetGo ends a hold. What is due is erased at the next look.
func (d *Desk) LetGo(ctx context.Context, who caller.Caller, id, reason string) (store.Retention, error) {
	return d.decideRetention(ctx, who, caller.HoldErasure, "release", id, reason, func(_ *store.Tx, r *store.Retention) error {
		if !r.Held {
			return problem.New(problem.Conflict, "", "its erasure is not held")
		}
		r.Held = false
		return nil
	})
}

func (d *Desk) decideRetention(ctx context.Context, who caller.Caller, act caller.Act, what, id, reason string, decide func(*store.Tx, *store.Retention) error) (r store.Retention, err error) {
	if strings.TrimSpace(reason) == "" || len(reason) > warning.MaxText {
		return r, problem.New(problem.Invalid, "say in a sentence why; it stays on record until the thing is erased", "this needs a reason")
	}
	err = d.store.Change(ctx, who, store.What{Act: act, Subject: id, Note: what}, func(tx *store.Tx) error {
		kind, of, ok := store.KeptAs(id)
		if !ok {
			return problem.New(problem.Invalid, "give the name of what is kept, as tocsin retention list --all shows it", "%q has no review date", id)
		}
		key := store.RetentionID(kind, of)
		if r, err = store.Retentions.Get(tx, key); err != nil {
			return err
		}
		if r.State == store.RetentionErased {
			return problem.New(problem.Conflict, "", "it was erased on %s", r.Erased.Format(time.DateOnly))
		}
		r.Decided = append(r.Decided, store.Decided{At: tx.Now, By: who.Name, What: what, Reason: reason})
		if err := decide(tx, &r); err != nil {
			return err
		}
		return store.Retentions.Put(tx, key, r)
	})
	return r, err
}

// maxRetention bounds, in days, what a rule may say: ten years, as terms do.
const maxRetention = 3653

// SetRetention sets how long what serves a purpose is kept at most, in days; the
// empty purpose is for everything. It counts for what is kept from now on.
func (d *Desk) SetRetention(ctx context.Context, who caller.Caller, purpose string, days int64) (rule store.RetentionRule, err error) {
	purpose = strings.ToLower(strings.TrimSpace(purpose))
	if days < 1 || days > maxRetention || len(purpose) > warning.MaxWord {
		return rule, problem.New(problem.Invalid, "give 1 to 3653 days", "%d days is no retention", days)
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.SetRetention}, func(tx *store.Tx) error {
		rule = store.RetentionRule{Purpose: purpose, Days: days, By: who.Name, At: tx.Now}
		return store.RetentionRules.Put(tx, purpose, rule)
	})
	return rule, err
}
