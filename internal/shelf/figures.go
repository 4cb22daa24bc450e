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
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// leastShown is the smallest number that is shown to the public.
const leastShown api.Count = 5

// Figures count the duties opened in a period; with public, as they may be
// published: no number is so small that it points to a case, and none can be
// worked out from the others of its list.
func (s *Shelf) Figures(ctx context.Context, who caller.Caller, period api.Period, public bool) (figures api.Figures, err error) {
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
			tally(&f.Late, e.Decided.After(d.Due))
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

// publish hides small numbers. In a list whose sum is known one hidden number
// could be worked out, so the next smallest goes with it.
func publish(f *api.Figures) {
	f.Least = leastShown
	for _, n := range []*api.Count{&f.Duties, &f.ToLife, &f.ByMatch, &f.Escalated, &f.Late, &f.Exigent, &f.Unreviewed} {
		hide(n)
	}
	for _, list := range [][]api.FigureCount{f.Precedence, f.State, f.Ground} {
		hidden := 0
		for i := range list {
			if hide(&list[i].Count) {
				hidden++
			}
		}
		if at := len(list) - 2; hidden == 1 && at >= 0 {
			list[at].Count = api.Few // the lists begin with the most frequent
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
