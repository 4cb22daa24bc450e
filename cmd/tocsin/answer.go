// SPDX-License-Identifier: Apache-2.0

package main

// This file holds what is said in a case: acknowledge, ask, reply, outcome,
// thank, dispute.

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// say is ask for what is said in a case: it is queued, and carried by itself.
func (t *tool) say(use, short string, do func(ctx context.Context, c *api.Client, args []string) (api.Said, error)) *cobra.Command {
	return t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		said, err := do(ctx, c, args)
		if err != nil {
			return err
		}
		return t.show(said, func(p *page) {
			if said.Held {
				p.line("held: the channel to %s is %s; the %s in %s leaves when it is restored", said.Partner, said.Channel, said.Kind, said.Case)
				p.next("wait, or restore the channel: tocsin partner restore %s --why TEXT", said.Partner)
				return
			}
			p.line("queued: %s in %s", said.Kind, said.Case)
			p.next("see it delivered: tocsin case show %s", said.Case)
		})
	})
}

func (t *tool) acknowledgeCommand() *cobra.Command {
	var a api.Acknowledge
	var answer string
	c := t.say("acknowledge CASE --answer ANSWER", "say what a human here makes of a warning", func(ctx context.Context, c *api.Client, args []string) (api.Said, error) {
		if err := needed("--answer", answer, strings.Join(warning.Answers(), ", ")); err != nil {
			return api.Said{}, err
		}
		switch a.Answer = warning.Answer(answer); a.Answer {
		case warning.Refuse:
			if err := needed("--note", a.Note, "TEXT: why; the partner reads it"); err != nil {
				return api.Said{}, err
			}
		case warning.ActedOn:
			if err := needed("--note", a.Note, "TEXT: what was done; the partner reads it"); err != nil {
				return api.Said{}, err
			}
		}
		return c.Acknowledge(ctx, args[0], a)
	})
	c.Flags().StringVar(&answer, "answer", "", strings.Join(warning.Answers(), ", "))
	c.Flags().StringVar(&a.Note, "note", "", "a few words; a refusal needs them, and acted needs what was done")
	c.Aliases = []string{"ack"}
	return c
}

func (t *tool) askCommand() *cobra.Command {
	return t.say("ask CASE QUESTION", "ask back about a warning", func(ctx context.Context, c *api.Client, args []string) (api.Said, error) {
		return c.Ask(ctx, args[0], api.Ask{Question: args[1]})
	})
}

func (t *tool) replyCommand() *cobra.Command {
	var tlp string
	c := t.say("reply CASE REQUEST TEXT", "answer the partner's question; REQUEST is its id, as tocsin case show prints it", func(ctx context.Context, c *api.Client, args []string) (api.Said, error) {
		text, err := t.textOf(args[2])
		if err != nil {
			return api.Said{}, err
		}
		reply := api.Reply{Request: args[1], Text: text}
		if tlp != "" {
			reply.Handling = handling.Handling{TLP: label(tlp)}
		}
		return c.Reply(ctx, args[0], reply)
	})
	c.Flags().StringVar(&tlp, "tlp", "", "the reply's label (default: the case's)")
	return c
}

func (t *tool) outcomeCommand() *cobra.Command {
	var o api.Outcome
	var result, contribution string
	var counts []string
	c := t.say("outcome CASE --result RESULT", "report what came of a warning", func(ctx context.Context, c *api.Client, args []string) (api.Said, error) {
		if err := needed("--result", result, strings.Join(warning.Results(), ", ")); err != nil {
			return api.Said{}, err
		}
		o.Result, o.Contribution = warning.Result(result), warning.Contribution(contribution)
		for _, count := range counts {
			name, number, found := strings.Cut(count, "=")
			n, err := strconv.ParseInt(number, 10, 64)
			if !found || err != nil {
				return api.Said{}, usage("write --count NAME=N, with one of "+strings.Join(warning.Counters(), ", "), "%q is not a count", count)
			}
			if !slices.Contains(warning.Counters(), name) {
				return api.Said{}, usage("use one of "+strings.Join(warning.Counters(), ", "), "%q is not something that is counted", name)
			}
			if o.Counters == nil {
				o.Counters = make(map[string]int64)
			}
			o.Counters[name] = n
		}
		return c.Report(ctx, args[0], o)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&result, "result", "", strings.Join(warning.Results(), ", "))
	flags.StringArrayVar(&counts, "count", nil, "NAME=N, with one of "+strings.Join(warning.Counters(), ", ")+"; may be repeated")
	flags.StringVar(&contribution, "contribution", "", "how much the warning helped: "+strings.Join(warning.Contributions(), ", "))
	flags.StringVar(&o.Treatment, "treatment", "", "whether a promised assurance of treatment was kept: yes, no or unknown")
	flags.StringVar(&o.Public, "public", "", "whether it may be made public: yes, no, ask, or a date after which it may")
	flags.StringVar(&o.Text, "text", "", "what happened, in words; no arrested person's name")
	return c
}

func (t *tool) thankCommand() *cobra.Command {
	return t.say("thank CASE TEXT", "say thanks, on the record", func(ctx context.Context, c *api.Client, args []string) (api.Said, error) {
		return c.Thank(ctx, args[0], api.Thank{Text: args[1]})
	})
}

func (t *tool) disputeCommand() *cobra.Command {
	var d api.Dispute
	c := t.say("dispute CASE --about WHAT --view VIEW", "put our different view beside the partner's, for good; or with --to, --view and --settled say that a dispute is over", func(ctx context.Context, c *api.Client, args []string) (api.Said, error) {
		if d.Settled && d.To == "" {
			return api.Said{}, usage("say --to with the id of the dispute, as tocsin case show prints it, and --view with what we say now", "which dispute is settled?")
		}
		if d.About == "" && d.To != "" {
			d.About = "the dispute " + d.To
		}
		if err := needed("--about", d.About, "WHAT: what is disputed"); err != nil {
			return api.Said{}, err
		}
		view := "VIEW: what we say happened instead"
		if d.Settled {
			view = "VIEW: on what we settle; it stays beside the others"
		}
		if err := needed("--view", d.View, view); err != nil {
			return api.Said{}, err
		}
		return c.Dispute(ctx, args[0], d)
	})
	c.Flags().StringVar(&d.About, "about", "", "what is disputed")
	c.Flags().StringVar(&d.View, "view", "", "what we say happened instead; of a dispute that is settled, on what")
	c.Flags().StringArrayVar(&d.Messages, "message", nil, "the hash of a message that is disputed (default: the newest version of the warning); may be repeated")
	c.Flags().StringVar(&d.To, "to", "", "the id of the dispute that this answers")
	c.Flags().BoolVar(&d.Settled, "settled", false, "say that the dispute named by --to is settled; needs --view, too, and all views stay")
	return c
}
