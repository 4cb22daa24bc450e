// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows until when things are kept, and what was erased.

import (
	"cmp"
	"context"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Retentions lists what is due, the earliest first: what people were asked about
// and what is held back; with all, everything that has a review date.
func (s *Shelf) Retentions(ctx context.Context, who caller.Caller, all bool) (list []api.Retention, err error) {
	states := []string{string(store.RetentionAsked), string(store.RetentionHeld)}
	if all {
		states = nil
	}
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeRetention}, func(tx *store.Tx) error {
		kept, err := store.Retentions.List(tx, 0, states...)
		for _, r := range kept {
			list = append(list, ShowRetention(r))
		}
		slices.SortFunc(list, func(a, b api.Retention) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
		return err
	})
	return list, err
}

// Retention is until when one thing is kept, by the name that [Shelf.Retentions] shows.
func (s *Shelf) Retention(ctx context.Context, who caller.Caller, name string) (shown api.Retention, err error) {
	kind, id, _ := store.KeptAs(name)
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeRetention, Subject: name}, func(tx *store.Tx) error {
		kept, err := store.Retentions.Get(tx, store.RetentionID(kind, id))
		shown = ShowRetention(kept)
		return err
	})
	return shown, err
}

// ShowRetention is until when a thing is kept, as people see it.
func ShowRetention(r store.Retention) api.Retention {
	shown := api.Retention{
		Kind: r.Kind, ID: r.Name(), Partner: r.Partner, Ours: r.Ours, Purpose: r.Purpose, Since: r.Since, Due: r.Due, Limit: r.Limit, Bound: r.Bound,
		State: string(r.State), Held: r.Held, Waits: r.Waits, Erased: r.Erased, Ground: string(r.Ground), By: r.By,
	}
	for _, d := range r.Decided {
		shown.Decided = append(shown.Decided, api.RetentionDecision(d))
	}
	return shown
}

// RetentionRules lists how long what serves a purpose is kept at most, by the
// node's own rules.
func (s *Shelf) RetentionRules(ctx context.Context, who caller.Caller) (list []api.RetentionRule, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeRetention}, func(tx *store.Tx) error {
		rules, err := store.RetentionRules.List(tx, 0)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rules, func(r store.RetentionRule) bool { return r.Purpose == "" }) {
			days, err := tx.LongestDays("")
			if err != nil {
				return err
			}
			rules = append(rules, store.RetentionRule{Days: days})
		}
		for _, r := range rules {
			list = append(list, api.RetentionRule(r))
		}
		slices.SortFunc(list, func(a, b api.RetentionRule) int { return cmp.Compare(a.Purpose, b.Purpose) })
		return nil
	})
	return list, err
}

// Destructions lists the notices that texts were erased, ours and theirs, newest
// first.
func (s *Shelf) Destructions(ctx context.Context, who caller.Caller) (list []api.Destruction, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeRetention}, func(tx *store.Tx) error {
		list, err = destructions(tx, func(store.Destruction) bool { return true })
		return err
	})
	return list, err
}

func destructions(tx *store.Tx, want func(store.Destruction) bool) (list []api.Destruction, err error) {
	kept, err := store.Destructions.List(tx, 0)
	if err != nil {
		return nil, err
	}
	for _, d := range kept {
		if !want(d) {
			continue
		}
		shown := api.Destruction{Destruction: d.Notice, Partner: d.Partner, Ours: d.Ours, Hash: d.Hash}
		m, ok, err := tx.FindMessage(d.Hash)
		if err != nil {
			return nil, err
		}
		shown.Receipted = ok && len(m.Receipt) > 0
		list = append(list, shown)
	}
	return list, nil
}
