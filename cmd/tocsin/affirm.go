// SPDX-License-Identifier: Apache-2.0

package main

// This file shows messages in doubt, and affirms them.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) affirmCommand() *cobra.Command {
	var why string
	var all bool
	c := t.ask("affirm [HASH...]", "list messages that whoever had a partner's keys may have signed, and that have no effect; or affirm some, after asking the partner",
		func(ctx context.Context, c *api.Client, hashes []string) error {
			if len(hashes) > 0 {
				if err := needed("--why", why, "TEXT: whom you asked, and what they said"); err != nil {
					return err
				}
				for _, hash := range hashes {
					if err := c.AffirmDoubted(ctx, hash, api.GoOn{Reason: why}); err != nil {
						return err
					}
				}
				return t.show(map[string][]string{"affirmed": hashes}, func(p *page) {
					for _, hash := range hashes {
						p.line("%s took effect; it stays marked as in doubt", hash)
					}
				})
			}
			waiting, err := c.Doubted(ctx, all)
			if err != nil {
				return err
			}
			return table(t, waiting, "no message in doubt waits", []any{"message", "partner", "kind", "sent", "state", "case"}, func(d api.Doubted) []any {
				state := d.State
				if d.By != "" {
					state += " by " + d.By + ": " + plain(d.Why)
				}
				return []any{d.Hash, d.Partner, d.Kind, d.Sent, state, d.Case}
			})
		})
	c.Flags().StringVar(&why, "why", "", "whom you asked, and what they said")
	c.Flags().BoolVar(&all, "all", false, "also what was affirmed, or is in doubt no more")
	return c
}
