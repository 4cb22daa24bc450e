// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about source reports, which stay at home.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) sourceCommand() *cobra.Command {
	var bundle string
	keep := t.ask("keep FILE", "keep a source report, and open the duties it meets", func(ctx context.Context, c *api.Client, args []string) error {
		var source warning.Source
		if err := t.readNoun(args[0], &source); err != nil {
			return err
		}
		if bundle != "" {
			objects, err := t.readObjects(bundle)
			if err != nil {
				return err
			}
			source.Objects = append(source.Objects, objects...)
		}
		kept, err := c.KeepSource(ctx, source)
		if err != nil {
			return err
		}
		return t.show(kept, func(p *page) {
			p.above(kept.Source.Handling)
			p.line("kept %s: %s", kept.Source.ID, kept.Source.Title)
			for _, duty := range kept.Duties {
				p.line("this opens a duty to warn %s, %s, due %s: %s", duty.Partner, duty.Precedence, duty.Due, duty.ID)
				for _, reason := range duty.Reasons {
					p.line("  - %s", reason)
				}
			}
			for _, duty := range kept.Duties {
				p.next("a duty officer or a releaser decides: tocsin --as NAME duty show %s", duty.ID)
			}
			if len(kept.Duties) > 0 {
				p.next("once it is to warn: tocsin warn compose FILE --source %s --duty %s", kept.Source.ID, kept.Duties[0].ID)
			}
		})
	})
	keep.Flags().StringVar(&bundle, "stix", "", "attach the STIX 2.1 objects of this bundle")
	list := t.ask("list", "list the source reports", func(ctx context.Context, c *api.Client, _ []string) error {
		sources, err := c.Sources(ctx)
		if err != nil {
			return err
		}
		return table(t, sources, "no source reports yet; next: tocsin source keep FILE", []any{"id", "handling", "title", "kept", "by"},
			func(s api.SourceSummary) []any { return []any{s.ID, s.Handling.Short(), s.Title, s.KeptAt, s.KeptBy} })
	})
	show := t.ask("show ID", "show a source report; the reading is logged", func(ctx context.Context, c *api.Client, args []string) error {
		source, err := c.Source(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(source, func(p *page) { printSource(p, source) })
	})
	return t.group("source", "keep and read source reports", keep, list, show)
}

func printSource(p *page, s warning.Source) {
	p.above(s.Handling)
	p.line("%s", s.Title)
	p.field("id", s.ID)
	p.field("kept", when(s.KeptAt)+" by "+s.KeptBy)
	p.field("acquired", s.AcquiredAt)
	p.field("precedence", s.Precedence)
	p.field("threat", s.ThreatType)
	printTarget(p, s.Target, s.Window)
	if len(s.Objects) > 0 {
		p.field("STIX objects", len(s.Objects))
	}
	for _, field := range s.Fields {
		open := "source-sensitive"
		if field.Open {
			open = "may be repeated"
		}
		p.line("%s (%s)", field.Name, open)
		p.quote(field.Text)
	}
}

// printTarget adds who or what is threatened, where and when.
func printTarget(p *page, target warning.Target, window warning.Window) {
	p.field("target", join(string(target.Kind), target.Name))
	p.field("place", target.Place.String())
	p.field("nationalities", target.Nationalities)
	p.field("window", span(window))
}

func join(words ...string) string {
	text := ""
	for _, word := range words {
		if word != "" && text != "" {
			text += ": "
		}
		text += word
	}
	return text
}

// span is a window in words, no more exact than its fidelity.
func span(w warning.Window) string {
	if w.Start.IsZero() && w.End.IsZero() {
		return ""
	}
	layout := "2006-01-02 15:04Z"
	switch w.Fidelity {
	case "day":
		layout = "2006-01-02"
	case "month":
		layout = "2006-01"
	case "year":
		layout = "2006"
	}
	if w.End.IsZero() {
		return "from " + w.Start.UTC().Format(layout)
	}
	if w.Start.IsZero() {
		return "until " + w.End.UTC().Format(layout)
	}
	start, end := w.Start.UTC().Format(layout), w.End.UTC().Format(layout)
	if start == end {
		return start
	}
	return start + " to " + end
}
