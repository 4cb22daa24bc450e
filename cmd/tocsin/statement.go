// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about what each side says in public.

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) statementCommand() *cobra.Command {
	list := t.ask("list", "list the statements, ours and theirs", func(ctx context.Context, c *api.Client, _ []string) error {
		statements, err := c.Statements(ctx)
		if err != nil {
			return err
		}
		return table(t, statements, "no statements yet; next: tocsin statement write --help", []any{"id", "whose", "event", "headline", "written", "cleared"},
			func(s warning.Statement) []any {
				whose, cleared := "ours", "no"
				if s.Theirs != "" {
					whose, cleared = s.Theirs, "never by us"
				}
				if s.Public() {
					cleared = when(s.ClearedAt) + " by " + s.ClearedBy
				}
				return []any{s.ID, whose, s.Event, s.Headline, when(s.WrittenAt) + " by " + s.WrittenBy, cleared}
			})
	})
	show := t.ask("show ID", "show one statement with all its words", func(ctx context.Context, c *api.Client, args []string) error {
		return t.showStatement(ctx, c, args[0])
	})
	return t.group("statement", "what each side says in public", t.writeCommand(), list, show, t.clearCommand(), t.exportCommand())
}

// clearCommand clears what was read: without its hash it shows the statement, and
// clears nothing.
func (t *tool) clearCommand() *cobra.Command {
	var in api.ClearStatement
	c := t.ask("clear ID --seen HASH", "make our statement public; another person than its author must; without --seen it is shown, and not cleared", func(ctx context.Context, c *api.Client, args []string) error {
		if in.Seen == "" {
			if err := t.showStatement(ctx, c, args[0]); err != nil {
				return err
			}
			return needed("--seen", in.Seen, "HASH: of the statement as you read it")
		}
		cleared, err := c.ClearStatement(ctx, args[0], in)
		if err != nil {
			return err
		}
		return t.show(cleared, func(p *page) { p.line("public since %s: %s", cleared.ClearedAt, cleared.Headline) })
	})
	c.Flags().StringVar(&in.Seen, "seen", "", "the hash of the statement that you read")
	return c
}

func (t *tool) showStatement(ctx context.Context, c *api.Client, id string) error {
	s, err := c.Statement(ctx, id)
	if err != nil {
		return err
	}
	return t.show(s, func(p *page) { printStatement(p, s) })
}

func printStatement(p *page, s warning.Statement) {
	p.line("%s: %s (%s)", whoseStatement(s), s.Headline, s.ID)
	p.field("about", s.Event)
	p.field("case", s.Case)
	p.field("written", when(s.WrittenAt)+" by "+s.WrittenBy)
	if s.Public() {
		p.field("cleared", when(s.ClearedAt)+" by "+s.ClearedBy)
	}
	p.field("language", s.Language)
	p.field("areas", s.Areas)
	p.field("links", s.Links)
	p.field("urgency", s.Urgency)
	p.field("severity", s.Severity)
	p.field("certainty", s.Certainty)
	p.quote(s.Text)
	quoteIf(p, s.Instruction)
	p.field("hash", s.As)
	if s.As != "" {
		p.next("another releaser than %s who has read this says: tocsin --as NAME statement clear %s --seen %s", s.WrittenBy, s.ID, s.As)
	}
}

func whoseStatement(s warning.Statement) string {
	switch {
	case s.Theirs != "":
		return s.Theirs + "'s statement"
	case s.Public():
		return "our statement, cleared"
	}
	return "our statement, not cleared"
}

func (t *tool) writeCommand() *cobra.Command {
	var flagged warning.Statement
	fields := []struct {
		name, help string
		from       *string
		to         func(*warning.Statement) *string
	}{
		{"case", "the case it is about; this stays at home", &flagged.Case, func(s *warning.Statement) *string { return &s.Case }},
		{"event", "what it is about, in a few words", &flagged.Event, func(s *warning.Statement) *string { return &s.Event }},
		{"headline", "its headline", &flagged.Headline, func(s *warning.Statement) *string { return &s.Headline }},
		{"text", "what we say; @FILE reads it", &flagged.Text, func(s *warning.Statement) *string { return &s.Text }},
		{"language", "RFC 5646 (default: en)", &flagged.Language, func(s *warning.Statement) *string { return &s.Language }},
		{"instruction", "what people should do", &flagged.Instruction, func(s *warning.Statement) *string { return &s.Instruction }},
		{"urgency", "for CAP: Immediate, Expected, Future, Past or Unknown", &flagged.Urgency, func(s *warning.Statement) *string { return &s.Urgency }},
		{"severity", "for CAP: Extreme, Severe, Moderate, Minor or Unknown", &flagged.Severity, func(s *warning.Statement) *string { return &s.Severity }},
		{"certainty", "for CAP: Observed, Likely, Possible, Unlikely or Unknown", &flagged.Certainty, func(s *warning.Statement) *string { return &s.Certainty }},
		{"theirs", "this is that partner's own account, kept beside ours and never published by us", &flagged.Theirs, func(s *warning.Statement) *string { return &s.Theirs }},
	}
	var c *cobra.Command
	c = t.ask("write [FILE]", "write a statement, from a file, from flags, or both", func(ctx context.Context, node *api.Client, args []string) error {
		var statement warning.Statement
		if len(args) == 1 {
			if err := t.readNoun(args[0], &statement); err != nil {
				return err
			}
		}
		for _, field := range fields {
			if c.Flags().Changed(field.name) {
				*field.to(&statement) = *field.from
			}
		}
		if c.Flags().Changed("area") {
			statement.Areas = flagged.Areas
		}
		if c.Flags().Changed("link") {
			statement.Links = flagged.Links
		}
		var err error
		if statement.Text, err = t.textOf(statement.Text); err != nil {
			return err
		}
		written, err := node.WriteStatement(ctx, statement)
		if err != nil {
			return err
		}
		return t.show(written, func(p *page) {
			p.line("written: %s", written.ID)
			if written.Theirs == "" {
				p.next("another person reads it and clears it: tocsin --as NAME statement clear %s", written.ID)
			}
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	for _, field := range fields {
		flags.StringVar(field.from, field.name, "", field.help)
	}
	flags.StringArrayVar(&flagged.Areas, "area", nil, "where, in words; may be repeated")
	flags.StringArrayVar(&flagged.Links, "link", nil, "a link; may be repeated")
	return c
}

func (t *tool) exportCommand() *cobra.Command {
	var output string
	c := t.ask("export ID", "print a cleared statement as a CAP 1.2 alert", func(ctx context.Context, c *api.Client, args []string) error {
		raw, err := c.CAP(ctx, args[0])
		if err != nil {
			return err
		}
		return t.deliver(output, raw)
	})
	c.Flags().Bool("cap", true, "as a CAP 1.2 alert, the one format there is")
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	return c
}

// deliver prints a file as it is, or writes it where -o says.
func (t *tool) deliver(output string, raw []byte) error {
	if output == "" || output == "-" {
		_, err := t.out.Write(raw)
		return err
	}
	if err := writeFile(output, raw); err != nil {
		return err
	}
	return t.show(map[string]any{"file": output, "bytes": len(raw)}, func(p *page) { p.line("wrote %s (%s)", output, fmt.Sprintf("%d bytes", len(raw))) })
}
