// SPDX-License-Identifier: Apache-2.0

package web

// This file shows the reciprocity record, and hands it out as a file.

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) reciprocityRoutes(mux *http.ServeMux) {
	mux.Handle("GET /reciprocity", s.page(s.reciprocity))
	mux.Handle("GET /reciprocity.csv", s.page(s.reciprocityCSV))
	mux.Handle("GET /reciprocity.json", s.page(s.reciprocitySTIX))
}

// recordChoice is what somebody asks the record for.
type recordChoice struct {
	partner, from, until string
	whole                bool // it is the overseer who asks
}

func (c recordChoice) query() string {
	return "?" + url.Values{"partner": {c.partner}, "from": {c.from}, "until": {c.until}}.Encode()
}

func chosen(v *visit) (c recordChoice, p api.Period, err error) {
	query := v.r.URL.Query()
	c = recordChoice{partner: query.Get("partner"), from: query.Get("from"), until: query.Get("until"), whole: slices.Contains(v.who.Roles, caller.Overseer)}
	if p, err = api.Days(c.from, c.until); err != nil {
		return c, p, problem.New(problem.Invalid, "write days as 2026-12-31, the first before the last", "%v", err)
	}
	return c, p, nil
}

func (s *site) reciprocity(v *visit) error {
	v.section = "reciprocity"
	on, p, err := chosen(v)
	if err != nil {
		return err
	}
	if err := v.who.May(caller.ReadRecord); err != nil {
		return err
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	v.handled(handling.Handling{TLP: handling.AmberStrict})
	var record api.Reciprocity
	return v.watched("Reciprocity record", task{
		doing: "Adding up", stop: "/reciprocity",
		do: func(ctx context.Context, _ func(done, total int64)) (err error) {
			record, err = s.shelf.Reciprocity(ctx, v.who, on.partner, p)
			return err
		},
		found: func() templ.Component { return recordOf(v, record) },
	}, func(part templ.Component) templ.Component { return reciprocityPage(v, on, partners, part) })
}

func (s *site) reciprocityCSV(v *visit) error {
	on, p, err := chosen(v)
	if err != nil {
		return err
	}
	raw, err := s.shelf.ReciprocityCSV(v.r.Context(), v.who, on.partner, p)
	if err != nil {
		return err
	}
	return v.file("reciprocity.csv", api.CSVType, raw)
}

func (s *site) reciprocitySTIX(v *visit) error {
	on, p, err := chosen(v)
	if err != nil {
		return err
	}
	raw, err := s.shelf.ReciprocitySTIX(v.r.Context(), v.who, on.partner, p)
	if err != nil {
		return err
	}
	return v.file("reciprocity.json", api.STIXType, raw)
}

type balanceRow struct{ name, gave, got string }

func balanceRows(line api.PartnerRecord) (rows []balanceRow) {
	add := func(name string, of func(b api.Balance) string) {
		rows = append(rows, balanceRow{name, of(line.Gave), of(line.Got)})
	}
	plain := func(n int) string { return strconv.Itoa(n) }
	add("Pledges in force", func(b api.Balance) string { return plain(b.Pledges) })
	add("… ended", func(b api.Balance) string { return plain(b.PledgesEnded) })
	add("Warnings", func(b api.Balance) string { return plain(b.Warnings) })
	add("… received", func(b api.Balance) string { return counted(b.Received, b.Receive) })
	add("… answered", func(b api.Balance) string { return counted(b.Answered, b.Answer) })
	add("… outcome reported", func(b api.Balance) string { return counted(b.Outcomes, b.Outcome) })
	add("… thanked for", func(b api.Balance) string { return plain(b.Thanks) })
	add("… disputed", func(b api.Balance) string { return plain(b.Disputed) })
	return rows
}

// counted is a number, and how long it took.
func counted(n int, took api.Took) string {
	if took.Count == 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d, in %s", n, lasted(took))
}

// lasted is the middle of some times, and the longest where it says more.
func lasted(took api.Took) string {
	middle, longest := seconds(took.Median), seconds(took.Longest)
	if middle == longest {
		return middle
	}
	return middle + ", at most " + longest
}

func seconds(n int64) string {
	if text := span(time.Duration(n) * time.Second); text != "" {
		return text
	}
	return "under a minute"
}

func dutyWords(b api.Balance) string {
	text := fmt.Sprintf("Our duties: %d, %d of them by a pledge: %d to warn, %d waived, %d below the threshold, %d waiting.", b.Duties, b.Matched, b.Warn, b.Waived, b.NotMet, b.Waiting)
	if b.Decide.Count > 0 {
		text += " Decided in " + lasted(b.Decide) + "."
	}
	if b.Send.Count > 0 {
		text += " Warned in " + lasted(b.Send) + "."
	}
	return text
}

// endedWords says whose pledge ended, and how.
func endedWords(e api.EndedPledge, partner string) string {
	whose := "our pledge"
	if !e.Ours {
		whose = partner + "’s pledge"
	}
	return whose + " of " + e.Given.UTC().Format(time.DateOnly) + ": " + e.How
}

func warner(e api.Exchange, partner string) string {
	switch {
	case !e.Ours:
		return partner
	case e.Case == "":
		return "nobody"
	}
	return "we"
}

func decidedWords(e api.Exchange) string {
	switch {
	case e.Duty == "":
		return ""
	case e.Choice == "":
		return "not decided"
	}
	return words(e.Choice) + ", " + after(e.Opened, e.Decided)
}

// after is how long after one moment another was; empty if either was not.
func after(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return "after " + seconds(int64(max(to.Sub(from), 0)/time.Second))
}

func outcomeWords(e api.Exchange) string {
	if e.Result == "" {
		return ""
	}
	if e.Reported.IsZero() {
		return words(e.Result)
	}
	return words(e.Result) + ", " + after(e.Received, e.Reported)
}
