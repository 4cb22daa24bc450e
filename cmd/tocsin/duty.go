// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the command duty: what is owed, and what is decided about it.

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) dutyCommand() *cobra.Command {
	var all bool
	list := t.ask("list", "list the duties that are not closed", func(ctx context.Context, c *api.Client, _ []string) error {
		duties, err := c.Duties(ctx, all)
		if err != nil {
			return err
		}
		return table(t, duties, "no duty is open; by hand: tocsin duty open --help", []any{"id", "to warn", "precedence", "state", "due", "called", "handling", "title"}, func(d warning.Duty) []any {
			return []any{d.ID, d.Partner, d.Precedence, d.State, d.Due, d.Caller(), d.Handling.Short(), d.Title}
		})
	})
	list.Flags().BoolVar(&all, "all", false, "those that are closed too")
	show := t.onDuty("show ID", "show a duty with its history", func(ctx context.Context, c *api.Client, id string) (warning.Duty, error) {
		return c.Duty(ctx, id)
	})
	var reject bool
	var as string
	affirm := t.onDuty("affirm ID --seen DIGITS", "the second officer's word on a waiver, or a deferral", func(ctx context.Context, c *api.Client, id string) (warning.Duty, error) {
		if err := needed("--seen", as, "DIGITS: as what you saw the duty, see tocsin duty show "+id); err != nil {
			return warning.Duty{}, err
		}
		return c.Affirm(ctx, id, api.Affirm{Affirmed: !reject, Seen: as})
	})
	affirm.Flags().StringVar(&as, "seen", "", "as what you saw the duty")
	affirm.Flags().BoolVar(&reject, "reject", false, "do not affirm it: the duty is open again")
	return t.group("duty", "duties to warn, and what is decided about them", list, show, t.openDutyCommand(), t.assessCommand(), t.decideCommand(), affirm, t.recordCommand(), t.inquireCommand(), t.askedCommand(), t.answerInquiryCommand(), t.rotaCommand(), t.figuresCommand())
}

// onDuty is ask for what is done to one duty and shows it afterwards.
func (t *tool) onDuty(use, short string, do func(context.Context, *api.Client, string) (warning.Duty, error)) *cobra.Command {
	return t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		duty, err := do(ctx, c, args[0])
		if err != nil {
			return err
		}
		if duty.Withheld == "" {
			duty.As = duty.Seen()
		}
		return t.show(duty, func(p *page) { printDuty(p, duty) })
	})
}

func (t *tool) openDutyCommand() *cobra.Command {
	var duty api.NewDuty
	var precedence, acquired string
	c := t.onDuty("open PARTNER --title TEXT --precedence P", "open a duty by hand", func(ctx context.Context, c *api.Client, partner string) (warning.Duty, error) {
		if err := needed("--title", duty.Title, "TEXT: what is owed, in a few words"); err != nil {
			return warning.Duty{}, err
		}
		if err := needed("--precedence", precedence, "FLASH, IMMEDIATE, PRIORITY or ROUTINE"); err != nil {
			return warning.Duty{}, err
		}
		var err error
		if duty.AcquiredAt, err = timeOf("--acquired", acquired); err != nil {
			return warning.Duty{}, err
		}
		duty.Partner, duty.Precedence = partner, handling.Precedence(strings.ToUpper(precedence))
		return c.OpenDuty(ctx, duty)
	})
	flags := c.Flags()
	flags.StringVar(&duty.Title, "title", "", "what is owed, in a few words")
	flags.StringVar(&precedence, "precedence", "", "FLASH, IMMEDIATE, PRIORITY or ROUTINE")
	flags.StringVar(&duty.Subject, "subject", "", "the id of the source report or case it is about")
	flags.BoolVar(&duty.ToLife, "life", false, "life is threatened")
	flags.StringVar(&acquired, "acquired", "", "when we learnt of it")
	return c
}

func (t *tool) decideCommand() *cobra.Command {
	var choice, ground, until string
	var decide api.Decide
	c := t.onDuty("decide ID --choice CHOICE", "decide a duty", func(ctx context.Context, c *api.Client, id string) (warning.Duty, error) {
		if err := needed("--choice", choice, strings.Join(warning.Choices(), ", ")); err != nil {
			return warning.Duty{}, err
		}
		at, err := t.timeOrDuration("--until", until)
		if err != nil {
			return warning.Duty{}, err
		}
		decide.Choice, decide.Ground, decide.Until = warning.Choice(choice), warning.Ground(ground), at
		return c.Decide(ctx, id, decide)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&choice, "choice", "", strings.Join(warning.Choices(), ", "))
	flags.StringVar(&ground, "ground", "", "of a waiver: one of "+strings.Join(warning.Grounds(), ", "))
	flags.StringVar(&decide.Justification, "justification", "", "why; needed unless the choice is to warn")
	flags.StringVar(&until, "until", "", "of a deferral: a time, or how long from now, such as 6h")
	flags.StringVar(&decide.Seen, "seen", "", "as what you saw the duty; needed unless the choice is to warn")
	return c
}

func printDuty(p *page, d warning.Duty) {
	p.above(d.Handling)
	p.line("%s: to warn %s: %s", d.ID, d.Partner, d.Title)
	p.field("state", d.State)
	p.field("precedence", string(d.Precedence)+", due "+when(d.Due))
	p.field("threat to life", yesNo(d.ToLife))
	p.field("about", d.Subject)
	p.field("learnt", d.AcquiredAt)
	for _, reason := range d.Reasons {
		p.field("because", reason)
	}
	if len(d.Cases) > 0 {
		p.field("gathers", strings.Join(d.Cases, " "))
	}
	if d.ObjectCount > 0 {
		p.field("objects", fmt.Sprintf("%d, the first: %s", d.ObjectCount, strings.Join(d.Objects, " ")))
	}
	p.field("called", d.Caller())
	printAssessment(p, d.Assessment)
	if d.Decision != nil {
		p.field("decided", join(string(d.Decision.Choice), string(d.Decision.Ground), d.Decision.Justification))
		p.field("by", d.Decision.By)
		p.field("until", d.Decision.Until)
		p.field("affirmed by", d.Decision.AffirmedBy)
	}
	for _, past := range d.Past {
		p.field("before", when(past.At)+" "+past.By+": "+join(past.Why, past.Words()))
	}
	p.field("draft", d.Draft)
	printRecord(p, d)
	for _, event := range d.History {
		p.row("  "+when(event.At), event.By, event.What)
	}
	if !d.State.Closed() {
		p.field("seen", d.Seen())
	}
	switch d.State {
	case warning.DutyOpen, warning.DutyDeferred:
		if d.Assessment == nil {
			p.next("tocsin duty assess %s --credible yes|no --credible-why TEXT …", d.ID)
		}
		p.next("a duty officer or a releaser: tocsin --as NAME duty decide %s --seen %s --choice %s", d.ID, d.Seen(), strings.Join(warning.Choices(), "|"))
	case warning.DutyProposed:
		p.next("a second officer, who is a releaser: tocsin --as NAME duty affirm %s --seen %s", d.ID, d.Seen())
	case warning.DutyWarn:
		p.next("tocsin warn compose --duty %s …, and release it; or tocsin duty record %s --given …", d.ID, d.ID)
	}
}
