// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands watch and alarm.

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) watchCommand() *cobra.Command {
	var watch warning.Watch
	var from, until, raise string
	var on mapFlags
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
		if watch.Cities, watch.Areas, err = on.read(t); err != nil {
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
	on.flags(add)
	flags.StringArrayVar(&watch.Words, "word", nil, "a word or phrase it listens for; may be repeated")
	flags.StringVar(&from, "from", "", "when it begins: a date, or a time such as \"2026-12-31 15:04Z\"")
	flags.StringVar(&until, "until", "", "when it ends")
	flags.StringVar(&raise, "raise-to", "", "at least this precedence for what it touches")
	list := t.ask("list", "list the watches", func(ctx context.Context, c *api.Client, _ []string) error {
		watches, err := c.Watches(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		return table(t, watches, "no watch is set; next: tocsin watch add --help", []any{"id", "event", "when", "state", "where", "raises to"}, func(w warning.Watch) []any {
			return []any{w.ID, w.Event, span(w.Window), w.State(now), w.Where(), w.Raise}
		})
	})
	var reason string
	end := t.ask("end WATCH --reason TEXT", "end a watch before its time; what it raised stays raised", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", reason, "TEXT: why it is not needed any more"); err != nil {
			return err
		}
		ended, err := c.EndWatch(ctx, args[0], reason)
		if err != nil {
			return err
		}
		return t.show(ended, func(p *page) { p.line("ended: %s, %s; it raises nothing any more", ended.Event, ended.ID) })
	})
	end.Flags().StringVar(&reason, "reason", "", "why it is not needed any more; it stays here")
	return t.group("watch", "times and places under raised alert", add, list, end)
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
