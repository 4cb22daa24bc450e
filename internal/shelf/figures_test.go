// SPDX-License-Identifier: Apache-2.0

package shelf

// This file tests what is counted, what may be published of it, and how long
// things took.

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Of a published list whose sum is known, no hidden number can be worked out.
func TestNoSmallNumberIsPublished(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var f api.Figures
		for range 1 + random.IntN(5) {
			n := api.Count(1 + random.IntN(12))
			f.State = append(f.State, api.FigureCount{Word: "a", Count: n})
			f.Duties += n
		}
		sortCounts(f.State)
		total := f.Duties
		publish(&f)
		hidden, all := 0, total
		if !slices.ContainsFunc(f.State, func(c api.FigureCount) bool { return c.Word == "waived" && c.Count == api.Few }) {
			t.Fatalf("that nothing was waived is said: %+v", f.State)
		}
		for _, line := range f.State {
			if line.Count > 0 && line.Count < leastShown {
				t.Fatalf("a small number is shown: %+v", f.State)
			}
			if line.Count == api.Few {
				hidden++
			} else {
				all -= line.Count
			}
		}
		if total > leastShown && (hidden < 2 || all < leastShown) {
			t.Fatalf("hidden numbers can be worked out: %+v of %d", f.State, total)
		}
	}
}

func TestPublished(t *testing.T) {
	f := api.Figures{Duties: 9, ToLife: 4, Late: 0, Exigent: 5, Decide: api.Took{Count: 9, Median: 60, Longest: 9000}}
	publish(&f)
	want := api.Figures{Duties: 9, State: []api.FigureCount{{Word: "waived", Count: api.Few}}, ToLife: api.Few, Exigent: 5, Least: 5, Decide: api.Took{Count: 9, Median: 60}}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	few := api.Figures{Decide: api.Took{Count: 4, Median: 60, Longest: 90}}
	publish(&few)
	if few.Decide != (api.Took{}) {
		t.Errorf("how long four decisions took is published: %+v", few.Decide)
	}
}

// A duty is late by when it was due first, however often people were called since.
func TestLate(t *testing.T) {
	opened := time.Date(2031, 5, 8, 0, 0, 0, 0, time.UTC)
	at := func(hours int) time.Time { return opened.Add(time.Duration(hours) * time.Hour) }
	duties := []warning.Duty{
		{ID: "1", Opened: opened, First: at(8), Due: at(24), Escalated: 2, State: warning.DutyWarn, Decision: &warning.Decision{Choice: "warn", At: at(20)}},
		{ID: "2", Opened: opened, Due: at(8), State: warning.DutyWarn, Decision: &warning.Decision{Choice: "warn", At: at(7)}},
	}
	if f := countDuties(duties, nil, api.Period{}); f.Late != 1 || f.Duties != 2 {
		t.Errorf("%d of %d are late", f.Late, f.Duties)
	}
}

// What is published is of calendar years.
func TestCalendarYears(t *testing.T) {
	for day, want := range map[string]bool{"2026-01-01T00:00:00Z": true, "2026-07-01T00:00:00Z": false, "2026-01-01T00:00:01Z": false, "2026-12-31T00:00:00Z": false} {
		at, err := time.Parse(time.RFC3339, day)
		if err != nil || newYear(at) != want {
			t.Errorf("%s: %t, %v", day, newYear(at), err)
		}
	}
	if !newYear(time.Time{}) {
		t.Error("an open period is refused")
	}
}

func TestMedian(t *testing.T) {
	second := time.Second
	for _, test := range []struct {
		all  []time.Duration
		want api.Took
	}{
		{[]time.Duration{3 * second}, api.Took{Count: 1, Median: 3, Longest: 3}},
		{[]time.Duration{9 * second, second}, api.Took{Count: 2, Median: 1, Longest: 9}},
		{[]time.Duration{9 * second, second, 4 * second}, api.Took{Count: 3, Median: 4, Longest: 9}},
	} {
		if got := median(test.all); got != test.want {
			t.Errorf("%v: got %+v, want %+v", test.all, got, test.want)
		}
	}
}

// A pledge counts for a period if it held at some moment of it.
func TestHeld(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2031, 5, n, 0, 0, 0, 0, time.UTC) }
	may := api.Period{From: day(10), Until: day(20)}
	for _, test := range []struct {
		name   string
		pledge warning.Pledge
		period api.Period
		want   bool
	}{
		{"without an end", warning.Pledge{At: day(1)}, may, true},
		{"given on the day after", warning.Pledge{At: day(20)}, may, false},
		{"given on the last day", warning.Pledge{At: day(19)}, may, true},
		{"its first day comes later", warning.Pledge{At: day(1), From: "2031-05-20"}, may, false},
		{"its last day was before", warning.Pledge{At: day(1), Until: "2031-05-09"}, may, false},
		{"its last day is the first", warning.Pledge{At: day(1), Until: "2031-05-10"}, may, true},
		{"a period without an end", warning.Pledge{At: day(1)}, api.Period{From: day(10)}, true},
		{"every time", warning.Pledge{At: day(1), Until: "2031-05-02"}, api.Period{}, true},
		{"first day long before it was given", warning.Pledge{At: day(25), From: "2030-01-01"}, may, false},
	} {
		if got := held(&warning.KeptPledge{Pledge: test.pledge}, test.period); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
	for name, test := range map[string]struct {
		kept warning.KeptPledge
		want bool
	}{
		"ended before it":                      {warning.KeptPledge{Ours: true, End: &warning.PledgeEnd{Ended: day(10)}}, false},
		"ended in it":                          {warning.KeptPledge{Ours: true, End: &warning.PledgeEnd{Ended: day(10).Add(1)}}, true},
		"ended before it, and heard of in it":  {warning.KeptPledge{End: &warning.PledgeEnd{Ended: day(2)}, EndHeard: day(11)}, true},
		"ended after it":                       {warning.KeptPledge{Ours: true, End: &warning.PledgeEnd{Ended: day(25)}}, true},
		"ended after it, its last day earlier": {warning.KeptPledge{Pledge: warning.Pledge{Until: "2031-05-02"}, Ours: true, End: &warning.PledgeEnd{Ended: day(25)}}, false},
		"withdrawn before its first day":       {warning.KeptPledge{Pledge: warning.Pledge{From: "2031-05-12"}, Ours: true, End: &warning.PledgeEnd{Ended: day(11)}}, false},
	} {
		test.kept.Pledge.At = day(1)
		if got := held(&test.kept, may); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// A spreadsheet takes no cell for a formula.
func TestInert(t *testing.T) {
	for text, want := range map[string]string{"": "", "=1+1": "'=1+1", "+47": "'+47", "-2": "'-2", "@SUM": "'@SUM", "\tx": "'\tx", "market": "market", "TLP:RED": "TLP:RED"} {
		if got := inert(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
