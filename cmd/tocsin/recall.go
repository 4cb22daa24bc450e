// SPDX-License-Identifier: Apache-2.0

package main

// This file holds recalls: ask for what was sent, list what waits, answer.

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) recallCommand() *cobra.Command {
	var ask api.AskBack
	var what, answerBy string
	c := t.ask("recall CASE|MESSAGE --reason TEXT", "ask the partner to destroy, or to stop using, what we sent", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", ask.Reason, "TEXT: why; the partner reads it"); err != nil {
			return err
		}
		at, err := t.timeOrDuration("--answer-by", answerBy)
		if err != nil {
			return err
		}
		ask.Of, ask.Ask, ask.AnswerBy = args[0], warning.Ask(what), at
		made, err := c.Recall(ctx, ask)
		if err != nil {
			return err
		}
		return t.show(listing[api.Recall]{made}, func(p *page) {
			for _, r := range made {
				printRecall(p, r)
			}
			p.next("see what is answered: tocsin recalls")
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&ask.Reason, "reason", "", "why; the partner reads it")
	flags.StringVar(&what, "ask", string(warning.AskDestroy), strings.Join(warning.Asks(), " or "))
	flags.StringVar(&answerBy, "answer-by", "", "by when a human must have answered: a time, or how long from now, such as 6h (default: as the precedence says)")
	c.AddCommand(t.answerRecallCommand())
	return c
}

func (t *tool) answerRecallCommand() *cobra.Command {
	var a api.AnswerRecall
	var answer string
	c := t.ask("answer RECALL --answer ANSWER", "say what became of what a partner recalled; destroyed erases it here", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--answer", answer, strings.Join(warning.RecallResults(), ", ")); err != nil {
			return err
		}
		a.Answer = warning.RecallResult(answer)
		made, err := c.AnswerRecall(ctx, args[0], a)
		if err != nil {
			return err
		}
		return t.show(listing[api.Recall]{made}, func(p *page) {
			for _, r := range made {
				printRecall(p, r)
				if a.Answer == warning.Destroyed {
					p.line("  its text, its salt and its objects are erased here; what was printed, exported or backed up is not")
				}
				printPassedTo(p, r)
			}
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&answer, "answer", "", strings.Join(warning.RecallResults(), ", "))
	flags.StringVar(&a.Reason, "reason", "", "why it cannot be, or is refused; the partner reads it")
	flags.StringArrayVar(&a.PassedOn, "passed-on", nil, "to whom it had been passed on, as far as the partner is to know; may be repeated")
	return c
}

func (t *tool) recallsCommand() *cobra.Command {
	var all bool
	c := t.ask("recalls", "list the recalls that wait for an answer, ours and theirs", func(ctx context.Context, c *api.Client, _ []string) error {
		recalls, err := c.Recalls(ctx, all)
		if err != nil {
			return err
		}
		return t.show(listing[api.Recall]{recalls}, func(p *page) {
			if len(recalls) == 0 {
				p.line("no recall waits for an answer")
				if !all {
					p.next("those that were answered: tocsin recalls --all")
				}
			}
			for _, r := range recalls {
				printRecall(p, r)
				if r.Ours || r.Answer != nil {
					continue
				}
				printPassedTo(p, r)
				p.next("tocsin recall answer %s --answer %s", r.ID, strings.Join(warning.RecallResults(), "|"))
			}
		})
	})
	c.Flags().BoolVar(&all, "all", false, "those that were answered, too")
	return c
}

// printRecall adds a recall in a few lines.
func printRecall(p *page, r api.Recall) {
	who := r.Partner + " asks us"
	if r.Ours {
		who = "we ask " + r.Partner
	}
	ask := "destroy"
	if r.Ask == warning.AskStop {
		ask = "stop using"
	}
	p.above(r.Handling)
	p.line("%s: %s to %s the %s in %s", r.ID, who, ask, r.Kind, r.Case)
	p.field("message", r.About)
	if r.Ground == warning.DestroyedByRedress {
		p.field("ground", "somebody who is named there has a right to it")
	}
	p.field("asked", when(r.At)+" by "+r.By.Name+", "+r.By.Role)
	p.flush()
	p.quote(r.Reason)
	switch {
	case r.Answer != nil:
		p.field("answered", when(r.Answer.At)+" by "+r.Answer.By.Name+", "+r.Answer.By.Role+": "+string(r.Answer.Answer))
		p.field("passed on to", r.Answer.PassedOn)
		p.flush()
		quoteIf(p, r.Answer.Reason)
	case r.Overdue:
		p.field("answer", "overdue since "+when(r.AnswerBy))
	default:
		p.field("answer", "due by "+when(r.AnswerBy))
	}
	if r.Quarantined {
		p.field("in quarantine", "the channel was shut when it came")
	}
}

// printPassedTo says to whom we passed on what was recalled, and how to recall
// it from there.
func printPassedTo(p *page, r api.Recall) {
	for _, passed := range r.PassedTo {
		p.line("  we passed it on to %s, in %s", passed.Partner, passed.Case)
		p.next("tocsin recall %s --reason TEXT", passed.Case)
	}
}
