// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the sheets of assurances, and how a person is printed.

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) assuranceCommand() *cobra.Command {
	list := t.ask("list", "list what is known of how people fare whom we name to a partner", func(ctx context.Context, c *api.Client, _ []string) error {
		sheets, err := c.Assurances(ctx)
		if err != nil {
			return err
		}
		return t.show(listing[api.Assurance]{sheets}, func(p *page) {
			if len(sheets) == 0 {
				p.line("there is no sheet: no person can be named to anybody")
			}
			for _, a := range sheets {
				printAssurance(p, a)
			}
		})
	})
	return t.group("assurance", "before a person is named to a partner: what may happen to them", list, t.setAssuranceCommand(), t.assuranceHistoryCommand())
}

func (t *tool) setAssuranceCommand() *cobra.Command {
	var a warning.Assurance
	var ill, death, persecution, expires string
	c := t.ask("set PARTNER COUNTRY", "judge it anew, for a year at most; what loosens it takes two releasers who judge the same", func(ctx context.Context, c *api.Client, args []string) error {
		a.Partner, a.Country, a.Expires = args[0], strings.ToUpper(args[1]), warning.Date(expires)
		a.IllTreatment, a.DeathPenalty, a.Persecution = warning.Risk(ill), warning.Risk(death), warning.Risk(persecution)
		made, err := c.SetAssurance(ctx, a)
		if err != nil {
			return err
		}
		return t.show(made, func(p *page) { printAssurance(p, made) })
	})
	risks := strings.Join(warning.Risks(), ", ")
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&ill, "ill-treatment", "", risks)
	flags.StringVar(&death, "death-penalty", "", risks)
	flags.StringVar(&persecution, "persecution", "", risks)
	flags.StringVar(&a.Given, "given", "", "what the partner assured, in its words")
	flags.StringVar(&a.Basis, "basis", "", "what the judgement rests on")
	flags.StringVar(&expires, "expires", "", "the last day it holds, within a year")
	return c
}

func (t *tool) assuranceHistoryCommand() *cobra.Command {
	c := t.ask("history [PARTNER] [COUNTRY]", "list every sheet there was: who judged what when, and for which releases it was in force", func(ctx context.Context, c *api.Client, args []string) error {
		args = append(args, "", "")
		all, err := c.AssuranceHistory(ctx, args[0], strings.ToUpper(args[1]))
		if err != nil {
			return err
		}
		return t.show(listing[warning.AssuranceHistory]{all}, func(p *page) {
			if len(all) == 0 {
				p.line("there never was a sheet")
			}
			for _, h := range all {
				printSheet(p, h)
			}
		})
	})
	c.Args = cobra.MaximumNArgs(2)
	return c
}

func printSheet(p *page, h warning.AssuranceHistory) {
	state := "it holds, until " + string(h.Expires)
	if !h.Replaced.IsZero() {
		state = "judged anew on " + when(h.Replaced) + " by " + h.ReplacedBy
	}
	p.line("%s, %s, judged on %s by %s: %s", h.Partner, h.Country, when(h.At), judges(h.Assurance), state)
	printRisks(p, h.Assurance)
	printFirst(p, h.Assurance)
	for _, use := range h.For {
		against := ""
		if use.Against != "" {
			against = ", to save life although " + use.Against
		}
		p.field("in force for", fmt.Sprintf("%s on %s, which named %s%s", use.Case, when(use.At), many(use.Persons, "person"), against))
	}
	p.flush()
}

// judges are the names of those who judged a sheet.
func judges(a warning.Assurance) string {
	if a.First == nil {
		return a.By
	}
	return a.First.By + " and " + a.By
}

// printFirst prints who judged the same before, and what that rests on.
func printFirst(p *page, a warning.Assurance) {
	if a.First != nil {
		p.field("first judged", when(a.First.At)+" by "+a.First.By)
		p.field("on the basis", a.First.Basis)
	}
}

func printRisks(p *page, a warning.Assurance) {
	p.field("ill-treatment", a.IllTreatment)
	p.field("death penalty", a.DeathPenalty)
	p.field("persecution", a.Persecution)
	p.field("assured", a.Given)
	p.field("basis", a.Basis)
}

func printAssurance(p *page, a api.Assurance) {
	verdict := "persons can be named"
	if a.Waits != "" {
		verdict = "WAITS: " + a.Waits
	} else if a.Against != "" {
		verdict = "NO person can be named: " + a.Against
	}
	p.line("%s, %s: %s", a.Partner, a.Country, verdict)
	printRisks(p, a.Assurance)
	p.field("holds until", string(a.Expires))
	p.field("judged", when(a.At)+" by "+a.By)
	printFirst(p, a.Assurance)
	p.flush()
	if a.Waits != "" {
		p.next("another releaser, who judges for themselves: tocsin --as NAME assurance set %s %s --ill-treatment %s --death-penalty %s --persecution %s --expires %s --basis TEXT",
			a.Partner, a.Country, a.IllTreatment, a.DeathPenalty, a.Persecution, a.Expires)
	}
}

// personLine is a person in a line.
func personLine(p warning.Person) string {
	words := []string{p.Name, string(p.Role), strings.ReplaceAll(string(p.Kind), "_", " ")}
	if p.Minor {
		words = append(words, "a minor")
	}
	line := strings.Join(append(words, p.Special...), ", ")
	if p.Text != "" {
		line += ": " + p.Text
	}
	return line + " (named because: " + p.Reason + ")"
}
