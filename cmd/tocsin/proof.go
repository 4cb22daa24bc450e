// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands that take proof out of the node: receipt,
// message, ledger.

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
)

func (t *tool) receiptCommand() *cobra.Command {
	var output string
	var step bool
	c := t.ask("receipt HASH", "print a message's receipt, or that of the step it says: a file that anyone can verify", func(ctx context.Context, c *api.Client, args []string) error {
		if err := hashOf(args[0]); err != nil {
			return err
		}
		get := c.Receipt
		if step {
			get = c.StepReceipt
		}
		raw, err := get(ctx, args[0])
		if err != nil {
			return err
		}
		return t.deliver(output, raw)
	})
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	c.Flags().BoolVar(&step, "step", false, "the receipt by which the sender proves that it said this: of an answer, an outcome, a dispute, a recall")
	return c
}

// hashWords is how a message's hash is written.
var hashWords = regexp.MustCompile(`^[0-9a-f]{64}$`)

// hashOf refuses what is no message's hash, and says where to find it.
func hashOf(text string) error {
	switch {
	case hashWords.MatchString(text):
		return nil
	case strings.HasPrefix(text, "warning--"):
		return usage("give the hash after the word message in tocsin case show "+text, "this is a case, which holds several messages, each with its receipt")
	case strings.Contains(text, "--"):
		return usage("find the message in tocsin case list and tocsin case show CASE", "%q is the id of something else than a message", text)
	}
	return usage("copy all of it from tocsin case show CASE", "a message is named by its hash, 64 hexadecimal digits, and %q is none", text)
}

func (t *tool) messageCommand() *cobra.Command {
	var output, purpose string
	var headerOnly bool
	c := t.ask("message HASH", "print a message as a file that anyone can verify; reading the text is logged", func(ctx context.Context, c *api.Client, args []string) error {
		if err := hashOf(args[0]); err != nil {
			return err
		}
		raw, err := c.MessageFor(ctx, args[0], headerOnly, handling.FilePurpose(purpose))
		if err != nil {
			return err
		}
		return t.deliver(output, raw)
	})
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	c.Flags().StringVar(&purpose, "purpose", "", "what it is for: "+strings.Join(handling.FilePurposes(), ", ")+"; stands in the log")
	c.Flags().BoolVar(&headerOnly, "header-only", false, "leave the text out: the signed header proves that it was sent")
	return c
}

func (t *tool) ledgerCommand() *cobra.Command {
	verify := t.ask("verify", "recompute the node's whole log and everything it speaks for", func(ctx context.Context, c *api.Client, _ []string) error {
		audit, err := c.VerifyLedger(ctx, t.progress())
		if err != nil {
			return err
		}
		if err := t.show(audit, func(p *page) { printAudit(p, audit) }); err != nil || audit.OK {
			return err
		}
		return exitWith(exitNo)
	})
	var before int64
	var limit int
	log := t.ask("log", "print who did and read what, newest first", func(ctx context.Context, c *api.Client, _ []string) error {
		lines, err := c.Log(ctx, before, limit)
		if err != nil {
			return err
		}
		return table(t, lines, "nothing", []any{"index", "at", "", "who", "act", "subject", "note"}, func(l api.LogLine) []any {
			return []any{l.Index, l.At, l.Kind, l.Who, l.Act, l.Subject, l.Note}
		})
	})
	log.Flags().Int64Var(&before, "before", 0, "before this index (default: from the newest)")
	log.Flags().IntVar(&limit, "limit", 50, "at most so many")
	checkpoint := t.ask("checkpoint", "print the newest signed checkpoint", func(ctx context.Context, c *api.Client, _ []string) error {
		answer, err := c.Checkpoint(ctx)
		if err != nil {
			return err
		}
		if t.json {
			return t.show(answer, nil)
		}
		return t.deliver("", []byte(answer.Checkpoint))
	})
	return t.group("ledger", "the node's own log", verify, log, checkpoint, t.headsCommand(), t.cosignedCommand(), t.evidenceCommand(), t.acceptLogCommand(), t.resumeLogCommand(), t.ledgerExportCommand())
}

// progress shows how far a verification is, if somebody is watching.
func (t *tool) progress() func(done, total int64) {
	show := t.progressLine()
	if show == nil {
		return nil
	}
	return func(done, total int64) { show(fmt.Sprintf("%d of %d leaves", done, total)) }
}

// progressLine writes a line over the one before it; nil if nobody is watching.
func (t *tool) progressLine() func(text string) {
	file, ok := t.errs.(*os.File)
	if !ok || t.json {
		return nil
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(text string) { fmt.Fprintf(t.errs, "\r%s\r", text) }
}

func printAudit(p *page, a api.Audit) {
	if a.OK {
		p.line("the log verifies: %d leaves, %d rows, %d messages, %d receipts", a.Leaves, a.Rows, a.Messages, a.Receipts)
		p.field("root", a.Root)
		return
	}
	p.line("the log does NOT verify: %d things are wrong", len(a.Wrong))
	for _, wrong := range a.Wrong {
		p.line("  - %s", wrong)
	}
	p.next("do not go on with this node; keep its files as they are and restore a backup beside them")
}
