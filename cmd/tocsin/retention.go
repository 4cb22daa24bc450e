// SPDX-License-Identifier: Apache-2.0

package main

// This file holds review dates: what is due, keep it, hold it, let it go; and
// the notices of what was erased.

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) retentionCommand() *cobra.Command {
	var all bool
	list := t.ask("list", "list what is erased soon unless somebody decides, and what was to be erased and is held back", func(ctx context.Context, c *api.Client, _ []string) error {
		kept, err := c.Retentions(ctx, all)
		if err != nil {
			return err
		}
		return t.show(listing[api.Retention]{kept}, func(p *page) {
			if len(kept) == 0 {
				p.line("nothing is due within %d days", int(reviewNotice/(24*time.Hour)))
				p.next("until when everything is kept, and what is on hold: tocsin retention list --all")
			}
			for _, r := range kept {
				printRetention(p, r)
			}
		})
	})
	list.Flags().BoolVar(&all, "all", false, "everything that has a review date, with every hold, and what was erased")
	notices := t.ask("notices", "list the notices that texts were erased, ours and theirs", func(ctx context.Context, c *api.Client, _ []string) error {
		notices, err := c.Destructions(ctx)
		if err != nil {
			return err
		}
		return t.show(listing[api.Destruction]{notices}, func(p *page) {
			if len(notices) == 0 {
				p.line("nobody has said that a text was erased")
			}
			for _, d := range notices {
				printDestruction(p, d)
			}
		})
	})
	return t.group("retention", "what is erased when, and what was", list, notices, t.keepOnCommand(),
		t.holdCommand("hold ID --reason TEXT", "stop the erasure of something that is wanted as evidence", (*api.Client).HoldErasure),
		t.holdCommand("release ID --reason TEXT", "end a hold: what is due is erased", (*api.Client).LetGo),
		t.retentionRulesCommand())
}

// reviewNotice is how long before its date a thing is on the list.
const reviewNotice = 14 * 24 * time.Hour

func (t *tool) keepOnCommand() *cobra.Command {
	var in api.DecideRetention
	var until string
	c := t.ask("keep ID --until DATE --reason TEXT", "keep what has a review date until the end of another day, or let a public statement stand until then", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--until", until, "DATE: the last day, as 2027-12-31"); err != nil {
			return err
		}
		if err := needed("--reason", in.Reason, "TEXT: why it is still needed"); err != nil {
			return err
		}
		in.Until = warning.Date(until)
		kept, err := c.KeepOn(ctx, args[0], in)
		if err != nil {
			return err
		}
		return t.show(kept, func(p *page) { printRetention(p, kept) })
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&until, "until", "", "the last day it is kept, as 2027-12-31")
	flags.StringVar(&in.Reason, "reason", "", "why it is still needed")
	return c
}

func (t *tool) holdCommand(use, short string, do func(*api.Client, context.Context, string, api.DecideRetention) (api.Retention, error)) *cobra.Command {
	var in api.DecideRetention
	c := t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", in.Reason, "TEXT: why"); err != nil {
			return err
		}
		kept, err := do(c, ctx, args[0], in)
		if err != nil {
			return err
		}
		return t.show(kept, func(p *page) { printRetention(p, kept) })
	})
	c.Flags().StringVar(&in.Reason, "reason", "", "why")
	return c
}

func (t *tool) retentionRulesCommand() *cobra.Command {
	c := t.ask("rules", "how long what serves a purpose is kept at most", func(ctx context.Context, c *api.Client, _ []string) error {
		rules, err := c.RetentionRules(ctx)
		if err != nil {
			return err
		}
		return t.show(listing[api.RetentionRule]{rules}, func(p *page) {
			for _, r := range rules {
				printRule(p, r)
			}
		})
	})
	c.AddCommand(t.ask("set PURPOSE DAYS", `set it, for what is kept from now on; PURPOSE "" is everything`, func(ctx context.Context, c *api.Client, args []string) error {
		days, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return usage("give a whole number of days", "%q is no number of days", args[1])
		}
		rule, err := c.SetRetention(ctx, api.RetentionRule{Purpose: args[0], Days: days})
		if err != nil {
			return err
		}
		return t.show(rule, func(p *page) { printRule(p, rule) })
	}))
	return c
}

func printRule(p *page, r api.RetentionRule) {
	name := r.Purpose
	if name == "" {
		name = "everything"
	}
	by := "by default"
	if r.By != "" {
		by = "set by " + r.By + " on " + when(r.At)
	}
	p.line("%s: %d days at most, %s", name, r.Days, by)
}

// keptAs is what is kept, in words, where the kind does not say it.
func keptAs(r api.Retention) string {
	if words, other := map[string]string{"heard": "heard by voice", "recovery": "what partners answered in a recovery"}[r.Kind]; other {
		return words
	}
	return r.Kind
}

func whose(r api.Retention) string {
	switch {
	case r.Partner == "" || r.Kind == "duty":
		return ""
	case r.Kind == "pledge" || r.Kind == "inquiry":
		if r.Ours {
			return ", ours, to " + r.Partner
		}
		return ", of " + r.Partner
	case r.Ours:
		return ", our warning to " + r.Partner
	}
	return ", a warning of " + r.Partner
}

// printRetention adds until when a thing is kept, in a few lines.
func printRetention(p *page, r api.Retention) {
	p.line("%s: %s%s", r.ID, keptAs(r), whose(r))
	if !r.Erased.IsZero() {
		by := map[string]string{"review": "the review date had come", "redress": "a request for redress"}[r.Ground]
		p.field("erased", when(r.Erased)+", "+by)
		p.flush()
		return
	}
	p.field("purpose", r.Purpose)
	switch r.Kind {
	case "statement":
		p.field("to be looked at", when(r.Due)+"; it is public, and is not erased")
	case "collection":
		p.field("erased from", when(r.Due)+" on, each object in its time, if nobody decides")
	default:
		p.field("erased on", when(r.Due)+" if nobody decides")
	}
	bound := map[string]string{"given": "as " + r.Partner + " gave it", "terms": "by the terms of the channel", "purpose": "by the rule of its purpose"}[r.Bound]
	if bound != "" {
		p.field("no longer than", fmt.Sprintf("%s, %s", when(r.Limit), bound))
	}
	if r.Waits != "" {
		p.field("held back", r.Waits)
	}
	if r.Held {
		p.field("hold", "its erasure is stopped")
	}
	for _, d := range r.Decided {
		until := ""
		if !d.Until.IsZero() {
			until = " until " + when(d.Until)
		}
		p.field(d.What, when(d.At)+" by "+d.By+until+": "+d.Reason)
	}
	p.flush()
	if r.State == "asked" || r.State == "held" && r.Kind == "statement" {
		p.next("tocsin retention keep %s --until DATE --reason TEXT", r.ID)
	}
}

func printDestruction(p *page, d api.Destruction) {
	who := d.Partner + " says"
	if d.Ours {
		who = "we told " + d.Partner
	}
	p.line("%s: %s that in %s %s", d.ID, who, d.Case, d.Words())
	p.field("on", when(d.At))
	if d.By.Name != "" {
		p.field("by", d.By.Name+", "+d.By.Role)
	}
	received := "no receipt yet"
	if d.Receipted {
		received = "with receipt: " + p.command("tocsin receipt "+d.Hash)
	}
	p.field("notice", received)
	p.field("messages", d.Messages)
	p.flush()
}
