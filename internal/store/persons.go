// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps the sheets of assurances, and how many persons were named to
// each partner in a month.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// Assurances are the sheets, by AssuranceID; PersonCounts count by PersonMonth.
var (
	Assurances = Table[warning.Assurance]{kind: "assurance", name: "sheet of assurances", state: func(a *warning.Assurance) string { return a.Partner },
		at: func(a *warning.Assurance) time.Time { return a.At }}
	PersonCounts = Table[PersonCount]{kind: "person count", name: "count of persons"}
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
