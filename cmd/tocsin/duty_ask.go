// SPDX-License-Identifier: Apache-2.0

package main

// This file asks partners what they hold, and answers what they ask.

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) inquireCommand() *cobra.Command {
	var precedence, by, kind string
	var about warning.Target
	c := t.ask("ask PARTNER QUESTION", "ask a partner whether it holds anything that we should be warned of", func(ctx context.Context, c *api.Client, args []string) error {
		question, err := t.textOf(args[1])
		if err != nil {
			return err
		}
		if err := needed("--precedence", precedence, "FLASH, IMMEDIATE, PRIORITY or ROUTINE"); err != nil {
			return err
		}
		q := warning.Inquiry{Question: question, Precedence: handling.Precedence(strings.ToUpper(precedence))}
		if q.AnswerBy, err = t.timeOrDuration("--answer-by", by); err != nil {
			return err
		}
		if kind != "" {
			about.Kind = warning.TargetKind(kind)
			q.About = &about
		}
		asked, err := c.Inquire(ctx, api.NewInquiry{Partner: args[0], Inquiry: q})
		if err != nil {
			return err
		}
		return t.show(asked, func(p *page) {
			p.line("asked %s, to be answered by %s: %s", asked.Partner, when(asked.Inquiry.AnswerBy), asked.Inquiry.ID)
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&precedence, "precedence", "", "FLASH, IMMEDIATE, PRIORITY or ROUTINE")
	flags.StringVar(&by, "answer-by", "", "when an answer is due: a time, or how long from now; by itself, as the precedence says")
	flags.StringVar(&kind, "target-kind", "", "who or what may be threatened: "+strings.Join(warning.TargetKinds(), ", "))
	flags.StringVar(&about.Name, "target", "", "its name")
	flags.StringVar(&about.Place.Country, "country", "", "where: ISO 3166-1 code")
	flags.StringVar(&about.Place.City, "city", "", "where")
	return c
}

func (t *tool) askedCommand() *cobra.Command {
	return t.ask("asked [ID]", "list what partners asked us and we asked them, or show one question", func(ctx context.Context, c *api.Client, args []string) error {
		if len(args) > 0 {
			q, err := c.Inquiry(ctx, args[0])
			if err != nil {
				return err
			}
			return t.show(q, func(p *page) { printInquiry(p, q) })
		}
		all, err := c.Inquiries(ctx)
		if err != nil {
			return err
		}
		return table(t, all, "nobody has asked anything; to ask a partner: tocsin duty ask --help", []any{"asked by", "of", "precedence", "answer by", "answer", "duty", "question"}, func(q warning.KeptInquiry) []any {
			by, of, answer := q.Partner, "us", ""
			if q.Ours {
				by, of = "us", q.Partner
			}
			if q.Answer != nil {
				answer = string(q.Answer.Answer)
			}
			title := q.Inquiry.Title()
			if q.Withheld != "" {
				title = q.Withheld + ": tocsin duty asked " + q.Name()
			}
			return []any{by, of, q.Inquiry.Precedence, q.Inquiry.AnswerBy, answer, q.Duty, title}
		})
	})
}

func printInquiry(p *page, q warning.KeptInquiry) {
	p.line("%s", handling.Handling{TLP: handling.AmberStrict}.Line())
	if q.Ours {
		p.line("we ask %s: %s", q.Partner, q.Inquiry.ID)
	} else {
		p.line("%s asks us: %s", q.Partner, q.Name())
	}
	p.field("precedence", q.Inquiry.Precedence)
	p.field("asked", when(q.Inquiry.At))
	p.field("answer by", when(q.Inquiry.AnswerBy))
	if about := q.Inquiry.About; about != nil {
		p.field("about", strings.TrimSpace(about.Name+" ("+about.Kind.String()+") "+about.Place.String()))
	}
	p.quote(q.Inquiry.Question)
	if q.Answer != nil {
		p.field("answer", q.Answer.Answer)
	}
	p.field("duty", q.Duty)
}

func (t *tool) answerInquiryCommand() *cobra.Command {
	return t.ask("answer ID", "answer the question that opened a duty, as the duty was decided", func(ctx context.Context, c *api.Client, args []string) error {
		answered, err := c.AnswerInquiry(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(answered, func(p *page) { p.line("answered %s: %s", answered.Partner, answered.Answer.Answer) })
	})
}
