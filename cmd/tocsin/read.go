// SPDX-License-Identifier: Apache-2.0

package main

// This file reads an article into claims, without a node.

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/internal/press"
)

func (t *tool) readCommand() *cobra.Command {
	var published, publisher string
	var bundle bool
	c := t.command("read FILE", "read an article as it is found, repair it, and say what it claims; - reads the standard input", func(_ context.Context, args []string) error {
		day, err := publication(published)
		if err != nil {
			return err
		}
		raw, err := t.readFile(args[0])
		if err != nil {
			return err
		}
		article, err := press.Read(raw, press.Options{Published: day})
		if err != nil {
			return trouble("invalid", "give a text, in any encoding, of at most 4 MiB", "%s cannot be read: %v", args[0], err)
		}
		if bundle {
			written, err := press.Bundle(article, press.BundleOptions{Published: day, Publisher: publisher, Now: t.now})
			if err != nil {
				return err
			}
			return t.deliver("", append(written, '\n'))
		}
		return t.show(article, func(p *page) { printArticle(p, article) })
	})
	c.Flags().StringVar(&published, "published", "", "the day of publication, such as 2017-12-18, from which “on Friday” is counted")
	c.Flags().StringVar(&publisher, "publisher", "", "who published it, for --stix")
	c.Flags().BoolVar(&bundle, "stix", false, "print a STIX 2.1 bundle")
	return c
}

func publication(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, usage("write --published 2017-12-18", "%q is not a date", text)
	}
	return day, nil
}

func printArticle(p *page, a press.Article) {
	for line := range strings.SplitSeq(a.Text, "\n") {
		p.line("%s", line)
	}
	p.line("")
	p.field("input", "sha-256 "+a.SHA256OfInput)
	p.field("damage", fmt.Sprintf("%s: %d repaired, %d guessed", a.Damage.Kind, a.Damage.Repaired, a.Damage.Guessed))
	p.field("sign-off", a.Signoff)
	p.line("")
	for _, entity := range a.Entities {
		p.row("  "+entity.Type, entity.Name, entity.Country, fmt.Sprintf("%d×", len(entity.Mentions)))
	}
	for _, claim := range a.Claims {
		p.line("")
		head := strings.ReplaceAll(claim.Kind, "_", " ")
		if claim.Source != "" {
			head += ", " + claim.Source
		}
		p.line("%s [%d–%d]", head, claim.Evidence[0], claim.Evidence[1])
		p.quote(a.Text[claim.Evidence[0]:claim.Evidence[1]])
		if claim.When != nil {
			p.field("when", join(claim.When.Text, daysOf(claim.When)))
		}
		for _, count := range claim.Counts {
			p.field("count", join(count.Text, bounds(count)))
		}
		p.field("about", claim.Entities)
	}
	p.line("")
	p.line("a person confirms this before any of it is used")
}

func daysOf(w *press.When) string {
	if w.Start == w.End {
		return w.Start
	}
	return w.Start + " to " + w.End
}

func bounds(c press.Count) string {
	number := func(n *int64, none string) string {
		if n == nil {
			return none
		}
		return fmt.Sprint(*n)
	}
	text := number(c.Low, "no lower bound") + " to " + number(c.High, "no upper bound")
	if c.Low != nil && c.High != nil && *c.Low == *c.High {
		text = fmt.Sprint(*c.Low)
	}
	if c.Estimate {
		text += ", an estimate"
	}
	return text
}
