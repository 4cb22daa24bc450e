// SPDX-License-Identifier: Apache-2.0

package main

// This file holds what is said and heard by voice when nothing else works.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/spoken"
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
	p.line("%s", said.Handling.Line())
	p.line("to %s: %s", said.Partner, said.Text)
	for i, line := range said.Lines {
		p.row(fmt.Sprintf("  line %d", i+1), line)
	}
	p.line("%d groups in %d lines, %d seconds at a group in two; the last group of each line checks it", said.Groups, len(said.Lines), said.Seconds)
	p.next("read it line by line to %s, who says: tocsin heard; then: tocsin say %s --read-back \"GROUPS\"", said.Partner, said.Case)
}

func (t *tool) heardCommand() *cobra.Command {
	var list bool
	var one string
	c := t.ask("heard [FILE]", "take groups of digits as they were heard, a line each; without FILE each line is checked as it is typed", func(ctx context.Context, c *api.Client, args []string) error {
		if list {
			all, err := c.HeardList(ctx)
			if err != nil {
				return err
			}
			return table(t, all, "nothing was heard by voice", []any{"heard", "by", "from", "precedence", "message", "handling", "text"}, func(h api.Heard) []any {
				message := "has not come"
				if h.Case != "" {
					message = h.Case
				}
				text := h.Text
				if h.Withheld != "" {
					text = h.Withheld + ": tocsin heard --show " + h.ID
				}
				return []any{h.HeardAt, h.HeardBy, h.Partner, h.Precedence, message, h.Handling.Short(), text}
			})
		}
		if one != "" {
			heard, err := c.OneHeard(ctx, one)
			if err != nil {
				return err
			}
			return t.show(heard, func(p *page) { printHeard(p, heard) })
		}
		lines, err := t.digits(args)
		if err != nil {
			return err
		}
		heard, err := c.Heard(ctx, lines)
		if err != nil {
			return err
		}
		return t.show(heard, func(p *page) { printHeard(p, heard) })
	})
	c.Flags().BoolVar(&list, "list", false, "list what was heard")
	c.Flags().StringVar(&one, "show", "", "show what was heard, as the list names it; what is TLP:RED or of a person asks why")
	return c
}

// digits is what was heard: the lines of a file, or as they are typed.
func (t *tool) digits(args []string) (string, error) {
	if len(args) > 0 && args[0] != "-" {
		raw, err := t.readFile(args[0])
		return string(raw), err
	}
	file, isFile := t.in.(*os.File)
	return t.listen(isFile && term.IsTerminal(int(file.Fd())))
}

// listen takes lines as they are typed and says of each at once whether it fits.
// A person at a terminal is asked for the next until all were heard; otherwise
// the lines end with the input.
func (t *tool) listen(person bool) (string, error) {
	var h spoken.Hearing
	var all []string
	input := bufio.NewScanner(io.LimitReader(t.in, maxFile))
	for {
		awaited := h.Next()
		if person && awaited == 0 {
			return strings.Join(h.Lines(), "\n"), nil
		}
		if person {
			fmt.Fprintf(t.errs, "line %d: ", awaited)
		}
		if !input.Scan() {
			break
		}
		line := strings.TrimSpace(input.Text())
		if line == "" {
			continue
		}
		all = append(all, line)
		number, err := h.Take(line)
		switch next := h.Next(); {
		case t.json: // the refusal of the node says it
		case err != nil && next == 0:
			fmt.Fprintln(t.errs, "this does not fit, and all lines were heard")
		case err != nil:
			fmt.Fprintf(t.errs, "line %d does not fit: ask for it again\n", next)
		case number != awaited && next > 0:
			fmt.Fprintf(t.errs, "this is line %d; line %d is to be heard next\n", number, next)
		}
	}
	if err := input.Err(); err != nil {
		return "", err
	}
	if person { // who ends the input before all were heard
		fmt.Fprintln(t.errs)
		cut := trouble("invalid", "tocsin heard FILE, once these lines and the others stand in it, in any order", "line %d is still to be heard", h.Next())
		cut.Details = h.Lines()
		return "", cut
	}
	return strings.Join(all, "\n"), nil
}

func printHeard(p *page, h api.Heard) {
	p.line("%s", h.Handling.Line())
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
