// SPDX-License-Identifier: Apache-2.0

package main

// This file says why something is opened, and lists who opened what.

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tocsin-exchange/tocsin/api"
)

// whyOpened is why the person opens what asks for it: as --reason says, or as
// typed at the terminal; empty if nobody is there to say it.
func (t *tool) whyOpened(asked *api.Problem) (string, error) {
	if t.reason != "" {
		return t.reason, nil
	}
	file, isFile := t.in.(*os.File)
	if !isFile || t.json || !term.IsTerminal(int(file.Fd())) {
		return "", nil
	}
	fmt.Fprintf(t.errs, "%s ", plain(asked.Error()))
	line, err := bufio.NewReader(file).ReadString('\n')
	if err != nil {
		return "", usage("say it with --reason TEXT", "nothing was typed")
	}
	return strings.TrimSpace(line), nil
}

func (t *tool) readsCommand() *cobra.Command {
	var of api.ReadsOf
	var since, output, seal string
	var asCSV bool
	c := t.ask("reads", "who opened what, when, why and by which way; what went out, was combined, was erased", func(ctx context.Context, c *api.Client, _ []string) error {
		if since != "" {
			at, _, err := parseTime(since, false)
			if err != nil {
				return usage("write it as 2026-03-01 or 2026-03-01T15:04Z", "--since: %v", err)
			}
			of.Since = at.UTC()
		}
		if asCSV {
			raw, err := c.ReadsCSV(ctx, of)
			if err != nil {
				return err
			}
			if raw, err = t.sealedFor(seal, raw); err != nil {
				return err
			}
			return t.deliver(output, raw)
		}
		if output != "" || seal != "" {
			return usage("add --csv", "--output and --seal are for a file")
		}
		reads, err := c.Reads(ctx, of)
		if err != nil {
			return err
		}
		return t.show(listing[api.Read]{reads}, func(p *page) {
			if len(reads) == 0 {
				p.line("nobody has opened anything of that")
			}
			for _, r := range reads {
				printRead(p, r)
			}
		})
	})
	c.Long = "Who opened what, when, why and by which way; what went out, was combined, was erased.\n\nAn overseer sees everybody's, anybody else their own. The list is read from the log: ledger verify says whether it is whole."
	c.Flags().StringVar(&of.Case, "case", "", "of this case, draft, report or message")
	c.Flags().StringVar(&of.By, "by", "", "by this person or tool")
	c.Flags().StringVar(&of.Person, "person", "", "of what is held about somebody: a name, or the id of a request for redress")
	c.Flags().StringVar(&since, "since", "", "from then on, such as 2026-03-01")
	c.Flags().StringSliceVar(&of.Kinds, "kind", nil, "only consultation, disclosure, combination or erasure; may be repeated")
	c.Flags().IntVar(&of.Limit, "limit", 0, "at most so many, the newest")
	c.Flags().Int64Var(&of.Before, "before", 0, "only lines before this index of the log, as --json shows it: with --limit, from page to page")
	c.Flags().BoolVar(&asCSV, "csv", false, "as lines for a spreadsheet, handled as TLP:AMBER+STRICT")
	c.Flags().StringVar(&seal, "seal", "", "seal the file for the overseer whose public key is in this one")
	c.Flags().StringVarP(&output, "output", "o", "", "write the file here")
	c.AddCommand(t.whyCommand())
	return c
}

// whyCommand says a reason before something is asked for by other means than this
// command line, such as a client of the STIX door.
func (t *tool) whyCommand() *cobra.Command {
	c := t.ask("why ID --reason TEXT", "say why you are about to open something, for eight hours", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", t.reason, "TEXT: why, in a sentence"); err != nil {
			return err
		}
		given, err := c.GiveReason(ctx, api.GiveReason{Subject: args[0], Reason: t.reason})
		if err != nil {
			return err
		}
		return t.show(given, func(p *page) { p.line("%s may be opened until %s: %s", given.Subject, when(given.Until), given.Reason) })
	})
	c.Long = "Say why you are about to open something that asks for a reason. Other commands ask by themselves.\n\nWho reads the STIX door with a client of their own is answered 428; the member details of that answer names as subject what the reason is for: a collection."
	return c
}

func printRead(p *page, r api.Read) {
	_, name, _ := strings.Cut(r.Who, ":")
	words := []string{r.Act}
	if r.Subject != "" {
		words = append(words, r.Subject)
	}
	p.line("%s: %s, %s by %s", r.At, r.Processing, strings.Join(words, " "), name)
	p.field("reason", r.Reason)
	p.field("way", r.Way)
	p.field("to", r.Recipients)
	p.field("note", r.Note)
	p.flush()
}
