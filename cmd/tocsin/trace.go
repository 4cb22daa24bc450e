// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about how much a partner is told, and whose copy
// of it turned up.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) detailCommand() *cobra.Command {
	var limits api.Limits
	c := t.onPartner("detail NAME", "say how exactly a partner may be told where and when; to tell more takes two releasers", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		if limits.Place == "" && limits.Time == "" {
			return api.Partner{}, usage("say --place, --time or both", "how exactly?")
		}
		return c.SetLimits(ctx, name, limits)
	})
	c.Flags().StringVar(&limits.Place, "place", "", "the most exact place: exact, city, region or country")
	c.Flags().StringVar(&limits.Time, "time", "", "the most exact time: second, minute, hour, day, month or year")
	return c
}

func (t *tool) traceCommand() *cobra.Command {
	return t.ask("trace FILE", "say whose copy a text or object is that turned up; - reads it from the standard input", func(ctx context.Context, c *api.Client, args []string) error {
		raw, err := t.readFile(args[0])
		if err != nil {
			return err
		}
		found, err := c.Trace(ctx, string(raw))
		if err != nil {
			return err
		}
		return table(t, found, "no copy of any partner has its ids or its words", []any{"partner", "sent", "ids", "runs of words", "draft"},
			func(one api.Traced) []any { return []any{one.Partner, one.Sent, one.IDs, one.Runs, one.Draft} })
	})
}

func orElse(word, otherwise string) string {
	if word == "" {
		return otherwise
	}
	return word
}
