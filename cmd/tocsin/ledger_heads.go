// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about the heads of logs: who cosigned ours, how
// far partners' logs were followed, and what to do after a fork.

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) headsCommand() *cobra.Command {
	return t.ask("heads", "show who cosigned the node's log, and how far partners' logs were followed", func(ctx context.Context, c *api.Client, _ []string) error {
		heads, err := c.Heads(ctx)
		if err != nil {
			return err
		}
		return t.show(heads, func(p *page) { printHeads(p, heads) })
	})
}

func printHeads(p *page, h api.Heads) {
	if h.Halted {
		p.line("HALTED: this node's own log is not what others saw of it; nothing is sent, received or cosigned")
	}
	p.line("this node's log has %d leaves", h.Size)
	for _, c := range h.Cosigned {
		by := c.By
		if c.Witness {
			by = "witness " + c.By
		}
		p.line("  cosigned by %s: %d leaves, %s", by, c.Size, c.At.Format(time.RFC3339))
	}
	if len(h.Cosigned) == 0 {
		p.line("  cosigned by nobody yet")
	}
	for _, l := range h.Partners {
		p.line("%s: followed from %d to %d leaves, newest of %s", l.Partner, l.From, l.Size, l.At.Format(time.RFC3339))
		if !l.CosignedAt.IsZero() {
			p.line("  cosigned by us %s", l.CosignedAt.Format(time.RFC3339))
		}
		if l.Witnessed > 0 {
			p.line("  cosigned by a quorum of the policy at %d leaves", l.Witnessed)
		}
		if l.Unlinked > 0 {
			p.line("  %d checkpoints are linked by the next exchange", l.Unlinked)
		}
		if l.Fork != "" {
			p.line("  FORKED: evidence %s", l.Fork)
		}
	}
	for _, f := range h.Forks {
		whose := "the log of " + f.Partner
		if f.Ours {
			whose = "this node's own log, as " + f.Partner + " saw it"
		}
		p.line("fork %s: %s, %d and %d leaves, %s, found %s", f.ID, whose, f.Older, f.Newer, f.Finding, f.Found.Format(time.RFC3339))
		if f.DecidedBy != "" {
			p.line("  %s decided %s to go on: %s", f.DecidedBy, f.DecidedAt.Format(time.RFC3339), f.Reason)
		}
	}
	switch {
	case h.Halted:
		p.next("restore the newest copy of the node's directory; if there is none, tell every partner and go on: tocsin ledger resume --reason TEXT")
	case len(h.Forks) > 0 && h.Forks[0].DecidedBy == "":
		p.next("tocsin ledger evidence " + h.Forks[0].ID + " -o FILE; call " + h.Forks[0].Partner + "; to go on with its log as it is: tocsin ledger accept " + h.Forks[0].Partner + " --reason TEXT")
	}
}

func (t *tool) cosignedCommand() *cobra.Command {
	var output string
	c := t.ask("cosigned [PARTNER]", "print the newest checkpoint that was cosigned, the node's own or a partner's, with its cosignatures", func(ctx context.Context, c *api.Client, args []string) error {
		partner := ""
		if len(args) > 0 {
			partner = args[0]
		}
		raw, err := c.CosignedCheckpoint(ctx, partner)
		if err != nil {
			return err
		}
		return t.deliver(output, raw)
	})
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	return c
}

func (t *tool) evidenceCommand() *cobra.Command {
	var output string
	c := t.ask("evidence FORK", "print the evidence of a fork: a file that anyone can verify", func(ctx context.Context, c *api.Client, args []string) error {
		raw, err := c.ForkEvidence(ctx, args[0])
		if err != nil {
			return err
		}
		return t.deliver(output, raw)
	})
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	return c
}

func (t *tool) acceptLogCommand() *cobra.Command {
	var reason string
	c := t.ask("accept PARTNER --reason TEXT", "go on with a partner's log as it is shown now, after a fork; the evidence stays", func(ctx context.Context, c *api.Client, args []string) error {
		fork, err := c.AcceptLog(ctx, args[0], api.GoOn{Reason: reason})
		if err != nil {
			return err
		}
		return t.show(fork, func(p *page) {
			p.line("the log of %s is followed anew; fork %s stays on record", fork.Partner, fork.ID)
		})
	})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

func (t *tool) resumeLogCommand() *cobra.Command {
	var reason string
	c := t.ask("resume --reason TEXT", "go on with the node's own log as it is, although others saw another; the evidence stays", func(ctx context.Context, c *api.Client, _ []string) error {
		forks, err := c.ResumeLog(ctx, api.GoOn{Reason: reason})
		if err != nil {
			return err
		}
		return t.show(forks, func(p *page) {
			for _, fork := range forks {
				p.line("the node goes on; fork %s, as %s saw it, stays on record", fork.ID, fork.Partner)
			}
		})
	})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}
