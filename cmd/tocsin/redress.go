// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about requests for redress.

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) redressCommand() *cobra.Command {
	list := t.ask("list", "list the requests, newest first", func(ctx context.Context, c *api.Client, _ []string) error {
		all, err := c.Redresses(ctx)
		if err != nil {
			return err
		}
		return table(t, all, "nobody has asked", []any{"id", "opened", "by", "state", "due"}, func(r api.Redress) []any {
			return []any{r.ID, r.OpenedAt, r.OpenedBy, redressState(r), r.Due}
		})
	})
	show := t.ask("show ID", "show a request; to the overseer and releasers with what was found; the reading is logged", func(ctx context.Context, c *api.Client, args []string) error {
		r, err := c.Redress(ctx, args[0])
		if err != nil {
			return err
		}
		return t.showRedress(r)
	})
	return t.group("redress", "somebody asks whether and what is held about a person: search, decide, tell recipients, answer",
		t.openRedressCommand(), list, show, t.decideRedressCommand(), t.confirmRedressCommand(), t.answerRedressCommand())
}

func (t *tool) openRedressCommand() *cobra.Command {
	var in api.NewRedress
	var born, review string
	c := t.ask("open --asker TEXT --name NAME --proof TEXT", "keep a request, and search everything; what is found is not shown to who opens it", func(ctx context.Context, c *api.Client, _ []string) error {
		for _, flag := range [][3]string{{"--asker", in.Asker, "TEXT: who asks, and as what"}, {"--proof", in.Proof, "TEXT: what showed who asks, and who saw it"}} {
			if err := needed(flag[0], flag[1], flag[2]); err != nil {
				return err
			}
		}
		if len(in.Names) == 0 {
			return usage("say --name NAME; another spelling is another --name", "of whom is it asked?")
		}
		in.Born, in.Review = warning.Date(born), warning.Date(review)
		r, err := c.OpenRedress(ctx, in)
		if err != nil {
			return err
		}
		return t.showRedress(r)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&in.Asker, "asker", "", "who asks, and as what: the person, a lawyer, an authority")
	flags.StringArrayVar(&in.Names, "name", nil, "of whom it is asked; another spelling is another --name")
	flags.StringVar(&born, "born", "", "the person's birth date, such as 1980-05-17")
	flags.StringVar(&in.Proof, "proof", "", "what showed who asks, and who saw it")
	flags.StringVar(&review, "review", "", "when the request itself is erased unless somebody keeps it")
	return c
}

func (t *tool) decideRedressCommand() *cobra.Command {
	var in api.DecideRedress
	c := t.ask("decide ID --of THING --do DECISION --reason TEXT", "decide what is done with one thing that was found; another releaser confirms it", func(ctx context.Context, c *api.Client, args []string) error {
		for _, flag := range [][3]string{{"--of", in.Of, "THING: the id of what was found"}, {"--do", in.Do, "correct, restrict, erase or nothing"}, {"--reason", in.Reason, "TEXT: why"}} {
			if err := needed(flag[0], flag[1], flag[2]); err != nil {
				return err
			}
		}
		r, err := c.DecideRedress(ctx, args[0], in)
		if err != nil {
			return err
		}
		return t.showRedress(r)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&in.Of, "of", "", "the id of what was found")
	flags.StringVar(&in.Do, "do", "", "correct, restrict, erase or nothing")
	flags.StringVar(&in.Reason, "reason", "", "why; it stays on record")
	return c
}

func (t *tool) confirmRedressCommand() *cobra.Command {
	var in api.ConfirmRedress
	c := t.ask("confirm ID --of THING --decision HASH", "confirm what another releaser decided: it is done, and recipients are asked to do their part", func(ctx context.Context, c *api.Client, args []string) error {
		for _, flag := range [][3]string{{"--of", in.Of, "THING: the id of what was found"}, {"--decision", in.Decision, "HASH: of the decision that you read, as tocsin redress show prints it"}} {
			if err := needed(flag[0], flag[1], flag[2]); err != nil {
				return err
			}
		}
		r, err := c.ConfirmRedress(ctx, args[0], in)
		if err != nil {
			return err
		}
		return t.showRedress(r)
	})
	c.Flags().StringVar(&in.Of, "of", "", "the id of what was found")
	c.Flags().StringVar(&in.Decision, "decision", "", "the hash of the decision that you read")
	return c
}

func (t *tool) answerRedressCommand() *cobra.Command {
	var in api.AnswerRedress
	c := t.ask("answer ID", "say what the asker is told: without --text neither that nor whether anything is held", func(ctx context.Context, c *api.Client, args []string) error {
		r, err := c.AnswerRedress(ctx, args[0], in)
		if err != nil {
			return err
		}
		return t.showRedress(r)
	})
	c.Flags().StringVar(&in.Text, "text", "", "what the asker is told, where the law lets it be said")
	return c
}

func redressState(r api.Redress) string {
	if r.Overdue && r.State != "answered" {
		return r.State + ", overdue"
	}
	return r.State
}

func (t *tool) showRedress(r api.Redress) error {
	return t.show(r, func(p *page) {
		p.line("%s: %s", r.ID, redressState(r))
		p.field("opened", when(r.OpenedAt)+" by "+r.OpenedBy)
		p.field("asker", r.Asker)
		p.field("about", r.Names)
		p.field("born", r.Born)
		p.field("proof", r.Proof)
		p.field("answer by", r.Due)
		p.flush()
		if !r.Sees && r.State == "searched" {
			p.line("everything was searched; an overseer and two releasers see to it")
		}
		if r.Sees && len(r.Hits) == 0 {
			p.line("nothing that names the person is here, beside what you had a part in yourself; others see to that")
		}
		for _, hit := range r.Hits {
			printRedressHit(p, r.ID, hit)
		}
		if len(r.Hits) > 0 && r.Answered.IsZero() && !slices.ContainsFunc(r.Hits, func(hit api.RedressHit) bool { return hit.ConfirmedBy == "" }) {
			p.next("a releaser says what the asker is told: tocsin --as NAME redress answer %s", r.ID)
		}
		for _, told := range r.Told {
			answer := "due by " + when(told.AnswerBy)
			switch {
			case told.Answer != "":
				answer = told.Answer
			case told.Overdue:
				answer = "overdue since " + when(told.AnswerBy)
			}
			p.line("%s was asked to %s in %s: %s", told.Partner, askWords(told.Ask), told.Case, answer)
		}
		if !r.Answered.IsZero() {
			p.line("answered on %s by %s:", r.Answered, r.By)
			quoteIf(p, r.Answer)
		}
	})
}

func askWords(ask string) string {
	if ask == string(warning.AskStop) {
		return "stop using it"
	}
	return ask + " it"
}

func printRedressHit(p *page, id string, hit api.RedressHit) {
	whose := ""
	switch {
	case hit.Partner != "" && hit.Ours:
		whose = ", our warning to " + hit.Partner
	case hit.Partner != "":
		whose = ", of " + hit.Partner
	}
	p.line("%s: %s%s", hit.ID, hit.Kind, whose)
	switch {
	case hit.ConfirmedBy != "":
		p.field(hit.Do, when(hit.ConfirmedAt)+", decided by "+hit.DecidedBy+", confirmed by "+hit.ConfirmedBy)
	case hit.DecidedBy != "":
		p.field(hit.Do, "decided by "+hit.DecidedBy+"; nothing happens before another releaser confirms it")
	}
	p.field("reason", hit.Reason)
	p.flush()
	switch {
	case hit.DecidedBy == "":
		p.next("a releaser who had no part in it: tocsin --as NAME redress decide %s --of %s --do correct|restrict|erase|nothing --reason TEXT", id, hit.ID)
	case hit.ConfirmedBy == "":
		p.next("another releaser: tocsin --as NAME redress confirm %s --of %s --decision %s", id, hit.ID, hit.Decision)
	}
}
