// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file loosens what holds for a partner: it takes two people, and tightening
// takes one.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// firstOf is who judged a sheet first, if it took two and the basis is theirs.
func firstOf(a warning.Assurance) string {
	switch {
	case a.First == nil:
		return ""
	case a.First.Basis != "by "+a.First.By || a.First.At.IsZero():
		return "somebody with the basis of another: " + a.First.Basis
	}
	return a.First.By
}

func TestLooseningTakesTwo(t *testing.T) {
	third := person("tom", caller.Releaser)
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		alpha.staff(first, second, third)
		soon, later := warning.DateOf(time.Now().AddDate(0, 3, 0)), warning.DateOf(time.Now().AddDate(0, 6, 0))
		for _, step := range []struct {
			what  string
			who   caller.Caller
			risk  warning.Risk
			until warning.Date
			waits bool
			holds warning.Risk // afterwards; empty if there is no sheet
			first string       // who judged the same before, of the sheet that holds
		}{
			{"a first sheet that allows", first, "none", soon, true, "", ""},
			{"the same person again", first, "none", soon, true, "", ""},
			{"another, who judges otherwise", second, "none", later, true, "", ""},
			{"a first sheet that forbids", first, "real", soon, false, "real", ""},
			{"loosened by one", first, "none", soon, true, "real", ""},
			{"loosened by two", second, "none", soon, false, "none", first.Name},
			{"tightened by one", second, "real", soon, false, "real", ""},
			{"loosened, and tightened meanwhile", first, "none", soon, true, "real", ""},
			{"tightened", third, "real", soon, false, "real", ""},
			{"a risk, and for longer", third, "real", later, false, "real", ""},
			{"whose first word is gone", second, "none", soon, true, "real", ""},
			{"loosened by two again", third, "none", soon, false, "none", second.Name},
			{"for longer", first, "none", later, true, "none", second.Name},
		} {
			shown, err := alpha.SetAssurance(ctx, step.who, warning.Assurance{Partner: "bravo", Country: "SE", IllTreatment: "none", DeathPenalty: "none", Persecution: step.risk, Basis: "by " + step.who.Name, Expires: step.until,
				First: &warning.Judgement{By: "nobody", Basis: "made up"}})
			check(t, err)
			if (shown.Waits != "") != step.waits || step.waits && shown.Against == "" {
				t.Errorf("%s: waits %q", step.what, shown.Waits)
			}
			alpha.show(func(tx *store.Tx) error {
				a, _, err := store.Assurances.Find(tx, store.AssuranceID("bravo", "SE"))
				if a.Persecution != step.holds {
					t.Errorf("%s: %q holds, want %q", step.what, a.Persecution, step.holds)
				}
				if by := firstOf(a); by != step.first {
					t.Errorf("%s: first judged by %q, want %q", step.what, by, step.first)
				}
				return err
			})
		}
		list, err := alpha.Assurances(ctx, first)
		if err != nil || len(list) != 2 || list[0].Waits != "" || list[1].Waits == "" {
			t.Errorf("the list: %+v, %v", list, err)
		}
		alpha.put(func(tx *store.Tx) error {
			gone, err := store.Persons.Get(tx, first.Name)
			if err != nil {
				return err
			}
			gone.Left = tx.Now
			return store.Persons.Put(tx, first.Name, gone)
		})
		shown, err := alpha.SetAssurance(ctx, second, warning.Assurance{Partner: "bravo", Country: "SE", IllTreatment: "none", DeathPenalty: "none", Persecution: "none", Basis: "b", Expires: later})
		if err != nil || shown.Waits == "" {
			t.Errorf("the first who judged so is gone: %+v, %v", shown, err)
		}

		for _, step := range []struct {
			what        string
			who         caller.Caller
			place, time string
			holds       partner.Limits
		}{
			{"tightened by one", second, "country", "day", partner.Limits{Place: "country", Time: "day"}},
			{"loosened by one", second, "city", "day", partner.Limits{Place: "country", Time: "day"}},
			{"again by the same", second, "city", "day", partner.Limits{Place: "country", Time: "day"}},
			{"another wants other ones", third, "region", "day", partner.Limits{Place: "country", Time: "day"}},
			{"loosened by two", second, "region", "day", partner.Limits{Place: "region", Time: "day"}},
			{"one tighter, one looser", third, "country", "hour", partner.Limits{Place: "region", Time: "day"}},
			{"no limit for the time", second, "region", "", partner.Limits{Place: "region", Time: "day"}},
		} {
			channel, err := alpha.SetLimits(ctx, step.who, "bravo", partner.Limits{Place: step.place, Time: step.time})
			check(t, err)
			if !channel.Limits.Same(step.holds) {
				t.Errorf("%s: %+v", step.what, channel.Limits)
			}
		}
	})
}
