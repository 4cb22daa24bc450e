// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands duty, watch and alarm.

import (
	"context"
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
		return table(t, duties, "no duty is open", []any{"id", "to warn", "precedence", "state", "due", "title"}, func(d warning.Duty) []any {
			return []any{d.ID, d.Partner, d.Precedence, d.State, d.Due, d.Title}
		})
	})
	list.Flags().BoolVar(&all, "all", false, "those that are closed too")
	show := t.onDuty("show ID", "show a duty with its history", func(ctx context.Context, c *api.Client, id string) (warning.Duty, error) {
		return c.Duty(ctx, id)
	})
	var reject bool
	affirm := t.onDuty("affirm ID", "the second officer's word on a waiver", func(ctx context.Context, c *api.Client, id string) (warning.Duty, error) {
		return c.Affirm(ctx, id, !reject)
	})
	affirm.Flags().BoolVar(&reject, "reject", false, "do not affirm it: the duty is open again")
	return t.group("duty", "duties to warn, and what is decided about them", list, show, t.openDutyCommand(), t.decideCommand(), affirm, t.figuresCommand())
}

// onDuty is ask for what is done to one duty and shows it afterwards.
func (t *tool) onDuty(use, short string, do func(context.Context, *api.Client, string) (warning.Duty, error)) *cobra.Command {
	return t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		duty, err := do(ctx, c, args[0])
		if err != nil {
			return err
		}
		return t.show(duty, func(p *page) { printDuty(p, duty) })
	})
}

func (t *tool) openDutyCommand() *cobra.Command {
	var duty api.NewDuty
	var precedence string
	c := t.onDuty("open PARTNER --title TEXT --precedence P", "open a duty by hand", func(ctx context.Context, c *api.Client, partner string) (warning.Duty, error) {
		if err := needed("--title", duty.Title, "TEXT: what is owed, in a few words"); err != nil {
			return warning.Duty{}, err
		}
		if err := needed("--precedence", precedence, "FLASH, IMMEDIATE, PRIORITY or ROUTINE"); err != nil {
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
	return c
}

func printDuty(p *page, d warning.Duty) {
	p.line("%s: to warn %s: %s", d.ID, d.Partner, d.Title)
	p.field("state", d.State)
	p.field("precedence", string(d.Precedence)+", due "+when(d.Due))
	p.field("threat to life", yesNo(d.ToLife))
	p.field("about", d.Subject)
	for _, reason := range d.Reasons {
		p.field("because", reason)
	}
	if d.Decision != nil {
		p.field("decided", join(string(d.Decision.Choice), string(d.Decision.Ground), d.Decision.Justification))
		p.field("by", d.Decision.By)
		p.field("until", d.Decision.Until)
		p.field("affirmed by", d.Decision.AffirmedBy)
	}
	p.field("draft", d.Draft)
	for _, event := range d.History {
		p.row("  "+when(event.At), event.By, event.What)
	}
	switch d.State {
	case warning.DutyOpen, warning.DutyDeferred:
		p.next("tocsin duty decide %s --choice %s", d.ID, strings.Join(warning.Choices(), "|"))
	case warning.DutyProposed:
		p.next("a second officer: tocsin --as NAME duty affirm %s", d.ID)
	case warning.DutyWarn:
		p.next("tocsin warn compose --duty %s …, and release it", d.ID)
	}
}

func (t *tool) watchCommand() *cobra.Command {
	var watch warning.Watch
	var from, until, raise string
	add := t.ask("add --event NAME --from TIME --until TIME --raise-to P", "put a place or words under raised alert for a time", func(ctx context.Context, c *api.Client, _ []string) error {
		for _, flag := range []struct{ name, value, why string }{
			{"--event", watch.Event, "NAME: what the watch is for"},
			{"--from", from, "TIME: when it begins"},
			{"--until", until, "TIME: when it ends"},
			{"--raise-to", raise, "FLASH, IMMEDIATE, PRIORITY or ROUTINE"},
		} {
			if err := needed(flag.name, flag.value, flag.why); err != nil {
				return err
			}
		}
		var err error
		if watch.Window, err = window(from, until, ""); err != nil {
			return err
		}
		watch.Raise = handling.Precedence(strings.ToUpper(raise))
		set, err := c.SetWatch(ctx, watch)
		if err != nil {
			return err
		}
		return t.show(set, func(p *page) { p.line("watching %s, %s: %s", set.Event, span(set.Window), set.ID) })
	})
	flags := add.Flags()
	flags.SortFlags = false
	flags.StringVar(&watch.Event, "event", "", "what the watch is for")
	flags.StringSliceVar(&watch.Places, "place", nil, "ISO 3166 code, such as NO or NO-46; may be repeated")
	flags.StringArrayVar(&watch.Words, "word", nil, "a word or phrase it listens for; may be repeated")
	flags.StringVar(&from, "from", "", "when it begins: a date, or a time such as \"2026-12-31 15:04Z\"")
	flags.StringVar(&until, "until", "", "when it ends")
	flags.StringVar(&raise, "raise-to", "", "at least this precedence for what it touches")
	list := t.ask("list", "list the watches", func(ctx context.Context, c *api.Client, _ []string) error {
		watches, err := c.Watches(ctx)
		if err != nil {
			return err
		}
		return table(t, watches, "no watch is set", []any{"id", "event", "when", "where", "raises to"}, func(w warning.Watch) []any {
			return []any{w.ID, w.Event, span(w.Window), append(append([]string(nil), w.Places...), w.Words...), w.Raise}
		})
	})
	return t.group("watch", "times and places under raised alert", add, list)
}

func (t *tool) alarmCommand() *cobra.Command {
	var all bool
	list := t.ask("list", "list the alarms that nobody has dismissed", func(ctx context.Context, c *api.Client, _ []string) error {
		alarms, err := c.Alarms(ctx, all)
		if err != nil {
			return err
		}
		return table(t, alarms, "no alarm", []any{"id", "level", "raised", "dismissed by", "about", "what"}, func(a warning.Alarm) []any {
			return []any{a.ID, a.Level, a.RaisedAt, a.DismissedBy, a.Subject, a.Text}
		})
	})
	list.Flags().BoolVar(&all, "all", false, "those that were dismissed too")
	var reason string
	dismiss := t.ask("dismiss ID --reason TEXT", "end an alarm, with a reason", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", reason, "TEXT: what was done about it"); err != nil {
			return err
		}
		alarm, err := c.Dismiss(ctx, args[0], reason)
		if err != nil {
			return err
		}
		return t.show(alarm, func(p *page) { p.line("dismissed %s: %s", alarm.ID, alarm.Text) })
	})
	dismiss.Flags().StringVar(&reason, "reason", "", "what was done about it")
	return t.group("alarm", "what a human must look at", list, dismiss)
}
