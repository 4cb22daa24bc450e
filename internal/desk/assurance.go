// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people judge of how others fare whom we name to a partner.

import (
	"context"
	"errors"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// SetAssurance keeps a sheet in place of the one on the same partner and country.
// One that loosens what holds waits until another releaser has judged the same; one
// that tightens it holds at once, also for what is queued. The sheets before stay in
// the history, each with everybody who judged it.
func (d *Desk) SetAssurance(ctx context.Context, who caller.Caller, a warning.Assurance) (shown api.Assurance, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.SetAssurance, Subject: a.Partner, Note: a.Country}, func(tx *store.Tx) error {
		if _, err := store.Channels.Get(tx, a.Partner); err != nil {
			return err
		}
		if err := errors.Join(a.Validate(tx.Now), warning.KnownPlaces(a.Country)); err != nil {
			return problem.Incomplete("the sheet is not complete", err)
		}
		a.ID, a.By, a.At = newID("sheet"), who.Name, tx.Now
		id := store.AssuranceID(a.Partner, a.Country)
		var waits bool
		if a.First, waits, err = firstJudge(tx, id, &a); err != nil {
			return err
		}
		if waits {
			shown = asked(a)
			return store.AskedAssurances.Put(tx, id, a)
		}
		shown = api.Assurance{Assurance: a, Against: a.Against(tx.Now)}
		if err := store.AskedAssurances.Delete(tx, id); err != nil {
			return err
		}
		if err := tx.Judge(a); err != nil {
			return err
		}
		return d.judgeAnew(tx, a.Partner)
	})
	return shown, err
}

// firstJudge is who judged the same before, of a sheet that loosens what holds, and
// still judges; none of one that does not. It waits if it needs one and has none.
func firstJudge(tx *store.Tx, id string, a *warning.Assurance) (first *warning.Judgement, waits bool, err error) {
	held, there, err := store.Assurances.Find(tx, id)
	if err != nil {
		return nil, false, err
	}
	before := &held
	if !there {
		before = nil
	}
	if !a.Looser(before, tx.Now) {
		return nil, false, nil
	}
	asked, there, err := store.AskedAssurances.Find(tx, id)
	if err != nil || !there || asked.By == a.By || !asked.Same(a) {
		return nil, true, err
	}
	if may, err := tx.StillMay(asked.By, caller.SetAssurance); err != nil || !may {
		return nil, true, err
	}
	return &warning.Judgement{By: asked.By, At: asked.At, Basis: asked.Basis}, false, nil
}

// asked is a sheet that waits for a second person.
func asked(a warning.Assurance) api.Assurance {
	return api.Assurance{Assurance: a, Waits: "it loosens what holds: another releaser must judge the same",
		Against: "a second person has not judged it"}
}

// Assurances lists the sheets, the newest first, and those that wait behind them.
func (d *Desk) Assurances(ctx context.Context, who caller.Caller) (list []api.Assurance, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.SeeAssurances}, func(tx *store.Tx) error {
		sheets, err := store.Assurances.List(tx, 0)
		for _, a := range sheets {
			list = append(list, api.Assurance{Assurance: a, Against: a.Against(tx.Now)})
		}
		if err != nil {
			return err
		}
		waiting, err := store.AskedAssurances.List(tx, 0)
		for _, a := range waiting {
			list = append(list, asked(a))
		}
		return err
	})
	return list, err
}

// AssuranceHistory lists every sheet there was, the newest first, each with the
// releases for which it was in force; on a partner and a country, if they are named.
func (d *Desk) AssuranceHistory(ctx context.Context, who caller.Caller, partner, country string) (all []warning.AssuranceHistory, err error) {
	err = d.store.Show(ctx, who, store.What{Act: caller.SeeAssurances, Subject: partner, Note: "history"}, func(tx *store.Tx) error {
		all, err = tx.SheetHistory(partner, strings.ToUpper(country))
		return err
	})
	return all, err
}
