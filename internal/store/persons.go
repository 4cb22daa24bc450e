// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps the sheets of assurances, and how many persons were named to
// each partner in a month; and it says who is still here.

import (
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Assurances are the sheets that hold, by AssuranceID, AskedAssurances those that
// loosen one and wait for a second person, and Sheets all there were, by SheetID;
// PersonCounts count by PersonMonth.
var (
	Assurances = Table[warning.Assurance]{kind: "assurance", name: "sheet of assurances", state: func(a *warning.Assurance) string { return a.Partner },
		at: func(a *warning.Assurance) time.Time { return a.At }}
	AskedAssurances = Table[warning.Assurance]{kind: "asked assurance", name: "sheet that waits", at: func(a *warning.Assurance) time.Time { return a.At }}
	Sheets          = Table[warning.AssuranceHistory]{kind: "assurance sheet", name: "earlier sheet of assurances", state: func(h *warning.AssuranceHistory) string { return h.Partner },
		at: func(h *warning.AssuranceHistory) time.Time { return h.At }}
	PersonCounts = Table[PersonCount]{kind: "person count", name: "count of persons"}
)

// AssuranceID names the sheet on a partner and a country.
func AssuranceID(partner, country string) string { return partner + "/" + country }

// SheetID names a sheet among all there were on its partner and country.
func SheetID(a *warning.Assurance) string {
	own := a.ID
	if own == "" {
		own = a.At.UTC().Format(time.RFC3339Nano)
	}
	return AssuranceID(a.Partner, a.Country) + "/" + own
}

// Judge keeps a sheet in place of the one that held, which stays in the history.
func (tx *Tx) Judge(a warning.Assurance) error {
	id := AssuranceID(a.Partner, a.Country)
	before, known, err := Assurances.Find(tx, id)
	if err != nil {
		return err
	}
	if known {
		old, err := tx.sheet(before)
		if err != nil {
			return err
		}
		old.Replaced, old.ReplacedBy = tx.Now, a.By
		if err := Sheets.Put(tx, SheetID(&before), old); err != nil {
			return err
		}
	}
	if err := Sheets.Put(tx, SheetID(&a), warning.AssuranceHistory{Assurance: a}); err != nil {
		return err
	}
	return Assurances.Put(tx, id, a)
}

// sheet is a sheet with its history; one of an older program has none yet.
func (tx *Tx) sheet(a warning.Assurance) (warning.AssuranceHistory, error) {
	kept, known, err := Sheets.Find(tx, SheetID(&a))
	if err == nil && !known {
		kept = warning.AssuranceHistory{Assurance: a}
	}
	return kept, err
}

// UseSheets notes of the sheets on a partner, for these countries, that they were
// in force when it was named persons.
func (tx *Tx) UseSheets(partner string, use warning.AssuranceUse, countries ...string) error {
	slices.Sort(countries)
	for _, country := range slices.Compact(countries) {
		a, known, err := Assurances.Find(tx, AssuranceID(partner, country))
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		kept, err := tx.sheet(a)
		if err != nil {
			return err
		}
		use.Against = a.Against(tx.Now)
		kept.For = append(kept.For, use)
		if err := Sheets.Put(tx, SheetID(&a), kept); err != nil {
			return err
		}
	}
	return nil
}

// SheetHistory lists all sheets there were, the newest first: on a partner and a
// country, if they are named.
func (tx *Tx) SheetHistory(partner, country string) (all []warning.AssuranceHistory, err error) {
	var only []string
	if partner != "" {
		only = []string{partner}
	}
	kept, err := Sheets.List(tx, 0, only...)
	if err != nil {
		return nil, err
	}
	there := make(map[string]bool)
	for _, h := range kept {
		there[SheetID(&h.Assurance)] = true
		all = append(all, h)
	}
	holding, err := Assurances.List(tx, 0, only...)
	for _, a := range holding {
		if !there[SheetID(&a)] {
			all = append(all, warning.AssuranceHistory{Assurance: a})
		}
	}
	all = slices.DeleteFunc(all, func(h warning.AssuranceHistory) bool { return country != "" && h.Country != country })
	slices.SortStableFunc(all, func(a, b warning.AssuranceHistory) int { return b.At.Compare(a.At) })
	return all, err
}

// PersonCount is how many persons were named to a partner in a month.
type PersonCount struct {
	Persons int `json:"persons"`
}

// PersonMonth names a partner's month.
func PersonMonth(partner string, at time.Time) string {
	return partner + "/" + at.UTC().Format("2006-01")
}

// MostPersons is how many persons may be named to one partner in a month.
const MostPersons = 50

// StillMay reports whether the person of that name is still here, and still may do
// an act by one of its roles. What somebody approved who does not counts no more.
func (tx *Tx) StillMay(name string, act caller.Act) (bool, error) {
	person, ok, err := Persons.Find(tx, name)
	if err != nil || !ok || !person.Left.IsZero() {
		return false, err
	}
	who := caller.Caller{Kind: caller.Person, Name: name}
	for _, role := range person.Roles {
		who.Roles = append(who.Roles, caller.Role(role))
	}
	return who.May(act) == nil, nil
}
