// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps the sheets of assurances, and how many persons were named to
// each partner in a month; and it says who is still here.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Assurances are the sheets, by AssuranceID, and AskedAssurances those that loosen
// one and wait for a second person; PersonCounts count by PersonMonth.
var (
	Assurances = Table[warning.Assurance]{kind: "assurance", name: "sheet of assurances", state: func(a *warning.Assurance) string { return a.Partner },
		at: func(a *warning.Assurance) time.Time { return a.At }}
	AskedAssurances = Table[warning.Assurance]{kind: "asked assurance", name: "sheet that waits", at: func(a *warning.Assurance) time.Time { return a.At }}
	PersonCounts    = Table[PersonCount]{kind: "person count", name: "count of persons"}
)

// AssuranceID names the sheet on a partner and a country.
func AssuranceID(partner, country string) string { return partner + "/" + country }

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
