// SPDX-License-Identifier: Apache-2.0

package shelf

// This file counts duties to warn, without a name.

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// leastShown is the smallest number that is shown to the public.
const leastShown api.Count = 5

// Figures count the duties opened in a period; with public, as they may be
// published: no number is so small that it points to a case, and none can be
// worked out from the others of its list, nor from those of another period: these
// are counted by calendar years.
func (s *Shelf) Figures(ctx context.Context, who caller.Caller, period api.Period, public bool) (figures api.Figures, err error) {
	if public && !(newYear(period.From) && newYear(period.Until)) {
		return figures, problem.New(problem.Invalid, "count a calendar year: --year 2026", "figures for the public are of whole years: those of a part could be taken off")
	}
	err = s.store.Show(ctx, who, store.What{Act: caller.ReadFigures}, func(tx *store.Tx) error {
		duties, err := store.Duties.List(tx, 0)
		if err != nil {
			return err
		}
		drafts, err := store.Drafts.List(tx, 0)
		if err != nil {
			return err
		}
		figures = countDuties(duties, drafts, period)
		return nil
	})
	if public && err == nil {
		publish(&figures)
	}
	return figures, err
}

// newYear reports whether a period is open on that side, or begins or ends with a
// calendar year.
func newYear(at time.Time) bool {
	at = at.UTC()
	return at.IsZero() || at.Equal(time.Date(at.Year(), time.January, 1, 0, 0, 0, 0, time.UTC))
}

func countDuties(duties []warning.Duty, drafts []warning.Draft, period api.Period) api.Figures {
	f := api.Figures{Period: period}
	words := map[*[]api.FigureCount]map[string]api.Count{&f.Precedence: {}, &f.State: {}, &f.Ground: {}}
	var took []time.Duration
	for i := range duties {
		d := &duties[i]
		if !period.Holds(d.Opened) {
			continue
		}
		f.Duties++
		tally(&f.ToLife, d.ToLife)
		tally(&f.ByMatch, d.Matched())
		tally(&f.Escalated, d.Escalated > 0)
		words[&f.Precedence][string(d.Precedence)]++
		words[&f.State][string(d.State)]++
		if d.State == warning.DutyWaived && d.Decision != nil {
			words[&f.Ground][string(d.Decision.Ground)]++
		}
		if e := ofDuty(d); !e.Decided.IsZero() {
			took = append(took, max(e.Decided.Sub(d.Opened), 0))
			tally(&f.Late, e.Decided.After(d.FirstDue()))
		}
	}
	for i := range drafts {
		if x := drafts[i].Exigent; x != nil && period.Holds(x.At) {
			f.Exigent++
			tally(&f.Unreviewed, x.ReviewedBy == "")
		}
	}
	if len(took) > 0 {
		f.Decide = median(took)
	}
	for into, counts := range words {
		for word, n := range counts {
			*into = append(*into, api.FigureCount{Word: word, Count: n})
		}
		sortCounts(*into)
	}
	return f
}

// sortCounts puts the most frequent first.
func sortCounts(all []api.FigureCount) {
	slices.SortFunc(all, func(a, b api.FigureCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Word, b.Word))
	})
}

// publish hides small numbers. In a list whose sum is known hidden numbers could be
// worked out, so the next smallest go with them until it could be any of many.
// Whether anything was waived at all is not said while it is little.
func publish(f *api.Figures) {
	f.Least = leastShown
	waived := slices.IndexFunc(f.State, func(c api.FigureCount) bool { return c.Word == string(warning.DutyWaived) })
	if waived < 0 {
		f.State = append(f.State, api.FigureCount{Word: string(warning.DutyWaived)})
		waived = len(f.State) - 1
	}
	little := f.State[waived].Count < leastShown
	for _, n := range []*api.Count{&f.Duties, &f.ToLife, &f.ByMatch, &f.Escalated, &f.Late, &f.Exigent, &f.Unreviewed} {
		hide(n)
	}
	for _, list := range [][]api.FigureCount{f.Precedence, f.State, f.Ground} {
		sum, some := api.Count(0), false
		for at := len(list) - 1; at >= 0; at-- { // the lists begin with the most frequent
			n := list[at].Count
			if n < leastShown && n > 0 || some && sum < leastShown || little && list[at].Word == string(warning.DutyWaived) {
				list[at].Count, sum, some = api.Few, sum+n, true
			}
		}
	}
	// That a ground was ever used says something of a waiver: a hidden one is not named.
	f.Ground = slices.DeleteFunc(f.Ground, func(c api.FigureCount) bool { return c.Count == api.Few })
	if f.Decide.Count < int(leastShown) {
		f.Decide = api.Took{}
	} else {
		f.Decide.Longest = 0 // it is one duty's
	}
}

func hide(n *api.Count) bool {
	if *n > 0 && *n < leastShown {
		*n = api.Few
	}
	return *n == api.Few
}
