// SPDX-License-Identifier: Apache-2.0

package main

// This file holds what is said and heard by voice when nothing else works.

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) voiceCommand() *cobra.Command {
	return t.onPartner("voice NAME", "agree with a partner, while messages pass, on the secret for what is said by voice", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		return c.ShareVoice(ctx, name)
	})
}

func (t *tool) sayCommand() *cobra.Command {
	var ask api.Speak
	var code, output string
	c := t.ask("say CASE", "print a released FLASH or IMMEDIATE as groups of digits, to be read over a telephone", func(ctx context.Context, c *api.Client, args []string) error {
		if code != "" {
			if err := c.ReadBack(ctx, args[0], code); err != nil {
				return err
			}
			return t.show(struct {
				OK bool `json:"ok"`
			}{true}, func(p *page) {
				p.line("whoever read this back has the partner's key and heard these digits: it is on record")
				p.line("  to a third person it proves nothing; the receipt of the message will")
			})
		}
		said, err := c.Speak(ctx, args[0], ask)
		if err != nil {
			return err
		}
		if output != "" {
			if err := writeFile(output, []byte(strings.Join(said.Lines, "\n")+"\n")); err != nil {
				return err
			}
		}
		return t.show(said, func(p *page) { printSpoken(p, said) })
	})
	c.Flags().StringVar(&ask.Text, "text", "", "an extract of the target and the released text: words of theirs, in their order")
	c.Flags().StringVarP(&output, "output", "o", "", "write the lines alone to this file, to be printed")
	c.Flags().StringVar(&code, "read-back", "", "the two groups that the listener reads back")
	return c
}

func printSpoken(p *page, said api.Spoken) {
	p.line("to %s: %s", said.Partner, said.Text)
	for i, line := range said.Lines {
		p.row(fmt.Sprintf("  line %d", i+1), line)
	}
	p.line("%d groups in %d lines, %d seconds at a group in two; the last group of each line checks it", said.Groups, len(said.Lines), said.Seconds)
	p.next("read it line by line to %s, who says: tocsin heard; then: tocsin say %s --read-back \"GROUPS\"", said.Partner, said.Case)
}

func (t *tool) heardCommand() *cobra.Command {
	var list bool
	c := t.ask("heard [FILE]", "take groups of digits as they were heard, a line each; without FILE from the standard input", func(ctx context.Context, c *api.Client, args []string) error {
		if list {
			all, err := c.HeardList(ctx)
			if err != nil {
				return err
			}
			return table(t, all, "nothing was heard by voice", []any{"heard", "by", "from", "precedence", "message", "text"}, func(h api.Heard) []any {
				message := "has not come"
				if h.Case != "" {
					message = h.Case
				}
				return []any{h.HeardAt, h.HeardBy, h.Partner, h.Precedence, message, h.Text}
			})
		}
		path := "-"
		if len(args) > 0 {
			path = args[0]
		}
		raw, err := t.readFile(path)
		if err != nil {
			return err
		}
		heard, err := c.Heard(ctx, string(raw))
		if err != nil {
			return err
		}
		return t.show(heard, func(p *page) { printHeard(p, heard) })
	})
	c.Flags().BoolVar(&list, "list", false, "list what was heard")
	return c
}

func printHeard(p *page, h api.Heard) {
	p.line("%s", h.TLP)
	p.line("%s, from %s, whose channel is %s; the message is of %s", h.Precedence, h.Partner, h.Channel, h.Sent)
	p.field("threat", h.Threat)
	p.field("target", h.Target)
	p.field("country", h.Country)
	p.field("from", when(h.Start))
	p.field("until", when(h.End))
	p.field("answer by", when(h.AnswerBy))
	p.quote(h.Text)
	if h.Case == "" {
		p.line("  by voice, not yet by message: it proves nothing to a third person until the message is here")
	} else {
		p.line("  its message is here: %s", h.Case)
	}
	p.line("  read back: %s", h.ReadBack)
}
