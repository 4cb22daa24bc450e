// SPDX-License-Identifier: Apache-2.0

package main

// This file holds how channels are frozen, one or all of them, and what a
// parting took out of the queue.

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) freezeCommand() *cobra.Command {
	return t.allCommand("freeze", "stop everything at once: nothing leaves, nothing is dropped, all evidence stays readable", (*api.Client).FreezeAll)
}

func (t *tool) unfreezeCommand() *cobra.Command {
	return t.allCommand("unfreeze", "return every frozen channel to the state it had", (*api.Client).UnfreezeAll)
}

// allCommand makes a command that changes the state of every channel. It asks
// for --all so that nobody stops the house who meant one partner.
func (t *tool) allCommand(verb, short string, do func(*api.Client, context.Context, api.Freeze) ([]api.PartnerLine, error)) *cobra.Command {
	var all bool
	var why string
	c := t.ask(verb+" --all --why TEXT", short, func(ctx context.Context, c *api.Client, _ []string) error {
		if !all {
			return usage("say --all for every channel; for one: tocsin partner "+verb+" NAME --why TEXT", "which channels?")
		}
		if err := needed("--why", why, "TEXT: the reason, for the record"); err != nil {
			return err
		}
		partners, err := do(c, ctx, api.Freeze{Why: why})
		if err != nil {
			return err
		}
		return table(t, partners, "no partners", []any{"name", "state", "queued"}, func(p api.PartnerLine) []any { return []any{p.Name, p.State, p.Queued} })
	})
	c.Flags().BoolVar(&all, "all", false, "every channel")
	c.Flags().StringVar(&why, "why", "", "the reason, for the record")
	return c
}

func (t *tool) unfreezePartnerCommand() *cobra.Command {
	var why string
	c := t.onPartner("unfreeze NAME --why TEXT", "return a frozen channel to the state it had", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		if err := needed("--why", why, "TEXT: the reason, for the record"); err != nil {
			return api.Partner{}, err
		}
		return c.Unfreeze(ctx, name, api.Freeze{Why: why})
	})
	c.Flags().StringVar(&why, "why", "", "the reason, for the record")
	return c
}

// printDropped adds what expulsions took out of the queue, and whether it may
// have arrived all the same.
func printDropped(p *page, dropped []api.Dropped) {
	for _, d := range dropped {
		text := fmt.Sprintf("our %s, number %d, on %s by %s: %s", plain(d.Kind), d.Seq, when(d.At), plain(d.By), plain(d.Why))
		switch {
		case d.Receipted:
			text += "; it had arrived: there is a receipt"
		case d.OnItsWay:
			text += "; it was on its way at that moment and may have arrived"
		case d.Tries > 0:
			text += fmt.Sprintf("; it had been posted %s without an answer and may have arrived", times(d.Tries))
		}
		p.field("dropped", text)
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
