// SPDX-License-Identifier: Apache-2.0

package main

// This file shows cases and their threads.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) caseCommand() *cobra.Command {
	var partner string
	var limit int
	list := t.ask("list", "list the cases, newest first", func(ctx context.Context, c *api.Client, _ []string) error {
		cases, err := c.Cases(ctx, partner, limit)
		if err != nil {
			return err
		}
		return table(t, cases, "no cases yet", []any{"id", "partner", "", "precedence", "state", "title", "updated"}, func(s api.CaseSummary) []any {
			side := "theirs"
			if s.Ours {
				side = "ours"
			}
			return []any{s.ID, s.Partner, side, s.Precedence, caseState(s), s.Title, s.Updated}
		})
	})
	list.Flags().StringVar(&partner, "partner", "", "of this partner alone")
	list.Flags().IntVar(&limit, "limit", 0, "at most so many")
	show := t.ask("show ID", "show a case with everything said in it; the reading is logged", func(ctx context.Context, c *api.Client, args []string) error {
		shown, err := c.Case(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(shown, func(p *page) { printCase(p, shown) })
	})
	return t.group("case", "see what was said and what came of it", list, show)
}

// caseState is a case's state with what stands out.
func caseState(s api.CaseSummary) string {
	words := []string{s.State}
	if s.Result != "" {
		words = []string{s.Result}
	}
	if s.Overdue {
		words = append(words, "overdue")
	}
	if s.Disputed {
		words = append(words, "disputed")
	}
	return strings.Join(words, ", ")
}

func printCase(p *page, c api.Case) {
	who := c.Partner + " warned us"
	if c.Ours {
		who = "we warned " + c.Partner
	}
	p.line("%s: %s", c.ID, c.Title)
	p.line("%s on %s; %s, %s, %s; answer by %s", who, c.Opened, c.TLP, c.Precedence, caseState(c.CaseSummary), c.AnswerBy)
	for _, m := range c.Thread {
		p.line("")
		printMessage(p, c.Partner, m)
	}
	printDropped(p, c.Dropped)
	for _, s := range c.Statements {
		side := "our statement, " + map[bool]string{true: "cleared", false: "not cleared"}[s.Public()]
		if s.Theirs != "" {
			side = s.Theirs + "'s statement"
		}
		p.line("")
		p.line("%s: %s (%s)", side, s.Headline, s.ID)
		p.quote(s.Text)
	}
}

func printMessage(p *page, partner string, m api.Message) {
	from := partner
	if m.Ours {
		from = "we"
	}
	p.line("%s", m.Handling)
	p.line("%s: %s, number %d, sent %s, %s", from, m.Kind, m.Seq, m.Sent, m.State)
	if m.Receipted {
		by := "received by us"
		if m.Ours {
			by = "received by " + partner
		}
		p.line("  %s on %s, with receipt", by, m.ReceivedAt)
	}
	p.line("  message %s", m.Hash)
	switch {
	case m.Step != "" && m.StepReceipted:
		p.line("  step %s, with receipt: tocsin receipt %s --step", m.Step, m.Hash)
	case m.Step != "" && !m.Ours:
		p.line("  step %s, and no receipt of it that verifies", m.Step)
	}
	if len(m.Payload) == 0 {
		p.line("  the text was erased")
		return
	}
	payload, err := warning.Decode(envelope.Kind(m.Kind), m.Payload)
	if err != nil {
		p.quote(string(m.Payload))
		return
	}
	printPayload(p, payload)
}

// printPayload adds what a message says.
func printPayload(p *page, payload warning.Payload) {
	switch v := payload.(type) {
	case *warning.Warning:
		printWarning(p, *v)
		p.quote(v.Text)
	case *warning.Acknowledgement:
		p.line("  %s, %s: %s", v.By.Name, v.By.Role, v.Answer)
		quoteIf(p, v.Note)
	case *warning.Request:
		p.line("  %s, %s, asks (%s):", v.By.Name, v.By.Role, v.ID)
		p.quote(v.Question)
	case *warning.Reply:
		p.line("  %s, %s, replies to %s:", v.By.Name, v.By.Role, v.Request)
		p.quote(v.Text)
	case *warning.Outcome:
		p.line("  %s, %s: %s", v.By.Name, v.By.Role, v.Result)
		for _, name := range slices.Sorted(maps.Keys(v.Counters)) {
			p.field(name, fmt.Sprint(v.Counters[name]))
		}
		p.field("contribution", v.Contribution)
		p.field("assurance of treatment kept", v.Treatment)
		p.field("may be made public", v.Public)
		quoteIf(p, v.Text)
	case *warning.Thanks:
		p.line("  %s, %s:", v.By.Name, v.By.Role)
		p.quote(v.Text)
	case *warning.Dispute:
		p.line("  %s, %s, disputes: %s", v.By.Name, v.By.Role, v.About)
		p.quote(v.View)
	}
}

func quoteIf(p *page, text string) {
	if text != "" {
		p.quote(text)
	}
}
