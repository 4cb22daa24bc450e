// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands that add up: the reciprocity record, and the
// figures of duties.

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

// timeFlags are the flags that name a period.
type timeFlags struct{ year, from, until string }

func (s *timeFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&s.year, "year", "", "a year, such as 2026")
	c.Flags().StringVar(&s.from, "from", "", "its first day, such as 2026-01-01")
	c.Flags().StringVar(&s.until, "until", "", "its last day")
}

// period is what the flags name: days are whole days in UTC.
func (s *timeFlags) period() (p api.Period, err error) {
	if s.year != "" && s.from+s.until != "" {
		return p, usage("give one or the other", "a period is a --year, or --from and --until")
	}
	if s.year != "" {
		year, err := strconv.Atoi(s.year)
		if err != nil || year < 1 || year > 9999 {
			return p, usage("write it as 2026", "--year: %q is no year", s.year)
		}
		return api.Period{From: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)}, nil
	}
	if p, err = api.Days(s.from, s.until); err != nil {
		return p, usage("write --from 2026-01-01 --until 2026-12-31", "%v", err)
	}
	return p, nil
}

func (t *tool) reciprocityCommand() *cobra.Command {
	var on timeFlags
	var asCSV, asSTIX bool
	var output string
	c := t.ask("reciprocity [PARTNER]", "what was promised, given, answered, and how long it took: with every partner, or with one", func(ctx context.Context, c *api.Client, args []string) error {
		p, err := on.period()
		if err != nil {
			return err
		}
		name := ""
		if len(args) > 0 {
			name = args[0]
		}
		if asCSV && asSTIX {
			return usage("give one of them", "a file is --csv or --stix")
		}
		if asCSV || asSTIX {
			mediaType := api.CSVType
			if asSTIX {
				mediaType = api.STIXType
			}
			raw, err := c.ReciprocityFile(ctx, mediaType, name, p)
			if err != nil {
				return err
			}
			return t.deliver(output, raw)
		}
		if output != "" {
			return usage("add --csv or --stix", "--output is for a file")
		}
		record, err := c.Reciprocity(ctx, name, p)
		if err != nil {
			return err
		}
		return t.show(record, func(p *page) { printReciprocity(p, record) })
	})
	c.Args = cobra.MaximumNArgs(1)
	on.flags(c)
	c.Flags().BoolVar(&asCSV, "csv", false, "as lines for a spreadsheet, handled as TLP:AMBER+STRICT")
	c.Flags().BoolVar(&asSTIX, "stix", false, "as a STIX 2.1 bundle, marked TLP:AMBER+STRICT")
	c.Flags().StringVarP(&output, "output", "o", "", "write the file here")
	return c
}

func printReciprocity(p *page, record api.Reciprocity) {
	p.line("%s", periodWords(record.Period))
	if len(record.Partners) == 0 {
		p.line("there is no partner yet")
	}
	for _, line := range record.Partners {
		p.line("")
		p.line("%s", line.Partner)
		p.row("", "we for them", "they for us")
		for _, row := range []struct {
			name string
			of   func(b api.Balance) any
		}{
			{"pledges in force", func(b api.Balance) any { return b.Pledges }},
			{"  ended", func(b api.Balance) any { return b.PledgesEnded }},
			{"warnings", func(b api.Balance) any { return b.Warnings }},
			{"  received", func(b api.Balance) any { return share(b.Received, b.Receive) }},
			{"  answered", func(b api.Balance) any { return share(b.Answered, b.Answer) }},
			{"  outcome reported", func(b api.Balance) any { return share(b.Outcomes, b.Outcome) }},
			{"  thanked for", func(b api.Balance) any { return b.Thanks }},
			{"  disputed", func(b api.Balance) any { return b.Disputed }},
		} {
			p.row(row.name, row.of(line.Gave), row.of(line.Got))
		}
		if b := line.Gave; b.Duties > 0 {
			p.line("our duties: %d, %d of them by a pledge: %d to warn, %d waived, %d below the threshold, %d waiting", b.Duties, b.Matched, b.Warn, b.Waived, b.NotMet, b.Waiting)
			if b.Decide.Count > 0 {
				p.line("  decided in %s, at most %s", lasting(b.Decide.Median), lasting(b.Decide.Longest))
			}
			if b.Send.Count > 0 {
				p.line("  warned in %s, at most %s", lasting(b.Send.Median), lasting(b.Send.Longest))
			}
		}
		for _, e := range line.Ended {
			p.line("  %s  %s ended a pledge of %s: %s", when(e.Ended), side(e.Ours), e.Given.UTC().Format(time.DateOnly), e.How)
		}
		for _, e := range line.Exchanges {
			p.row("  "+when(e.At()), side(e.Ours), e.Precedence, e.Handling.Short(), e.Title, became(e))
		}
	}
}

func side(ours bool) string {
	if ours {
		return "we"
	}
	return "they"
}

// became says in a few words what became of a duty or a warning.
func became(e api.Exchange) string {
	switch {
	case e.Case == "" && e.Choice != "":
		return e.Choice
	case e.Case == "":
		return "not decided"
	case e.Result != "":
		return e.Result
	case !e.Answered.IsZero():
		return "answered"
	case !e.Received.IsZero():
		return "received"
	}
	return "sent"
}

// share is a count with the median time of it.
func share(n int, took api.Took) string {
	if took.Count == 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d, in %s", n, lasting(took.Median))
}

// lasting is a number of seconds as people say it.
func lasting(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", seconds)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int64(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int64(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int64(d/(24*time.Hour)))
}

func periodWords(p api.Period) string {
	switch {
	case p.From.IsZero() && p.Until.IsZero():
		return "since the beginning"
	case p.Until.IsZero():
		return "since " + when(p.From)
	case p.From.IsZero():
		return "before " + when(p.Until)
	}
	return "from " + when(p.From) + " to before " + when(p.Until)
}

func (t *tool) figuresCommand() *cobra.Command {
	var on timeFlags
	var public bool
	c := t.ask("figures", "count the duties of a year, without a name", func(ctx context.Context, c *api.Client, _ []string) error {
		p, err := on.period()
		if err != nil {
			return err
		}
		figures, err := c.Figures(ctx, p, public)
		if err != nil {
			return err
		}
		return t.show(figures, func(p *page) { printFigures(p, figures) })
	})
	on.flags(c)
	c.Flags().BoolVar(&public, "public", false, "as they may be published: no number from 1 to 4")
	return c
}

func printFigures(p *page, f api.Figures) {
	p.line("%s", periodWords(f.Period))
	for _, row := range []struct {
		name string
		n    api.Count
	}{
		{"duties to warn", f.Duties}, {"threats to life", f.ToLife}, {"opened by a match", f.ByMatch}, {"escalated", f.Escalated},
		{"decided late", f.Late}, {"released by one person", f.Exigent}, {"  not reviewed", f.Unreviewed},
	} {
		p.row(row.name, number(row.n))
	}
	for _, list := range []struct {
		name  string
		lines []api.FigureCount
	}{{"precedence", f.Precedence}, {"state", f.State}, {"ground of a waiver", f.Ground}} {
		for _, line := range list.lines {
			p.row(list.name+": "+line.Word, number(line.Count))
		}
	}
	if f.Decide.Count > 0 {
		p.row("decided in", lasting(f.Decide.Median))
	}
}

func number(n api.Count) string {
	if n == api.Few {
		return "fewer than 5"
	}
	return strconv.Itoa(int(n))
}
