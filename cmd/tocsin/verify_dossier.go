// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a dossier, part by part, and compares two of one case.

import (
	"errors"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// cardKeys are the cards that were given, as a dossier is checked with them.
type cardKeys struct{ cards }

// Knows implements dossier.Keys.
func (k cardKeys) Knows(node string) bool {
	_, known := k.cards[node]
	return known
}

// Name implements dossier.Keys.
func (k cardKeys) Name(node string) string { return k.name(node) }

// Try implements dossier.Keys.
func (k cardKeys) Try(node string, moments []time.Time, check func(envelope.Card) error) (doubt string, err error) {
	var claims time.Time
	if len(moments) > 0 {
		claims = moments[0]
	}
	era, err := partner.VerifyHeld(k.cards[node].eras, claims, check)
	if era.Past {
		doubt = partner.PastText(era)
	}
	if report, doubted := era.InDoubt(moments...); err == nil && doubted {
		doubt = report.By + " says that the key was in other hands since " + report.Since.Format(time.RFC3339) + " (" + report.Why + ")"
	}
	return doubt, err
}

// judgeDossier verifies a dossier with the cards of both nodes.
func judgeDossier(e evidence) *verdict {
	v := &verdict{What: "dossier"}
	signed, err := dossier.Parse(e.raw)
	if err != nil {
		return v.fails("ask for the file again; tocsin dossier CASE writes one", "this dossier cannot be read: %s", inWords(err))
	}
	report := dossier.Check(signed, cardKeys{e.keys.within(&signed.Dossier)})
	v.Dossier, v.OK = report, report.OK()
	v.From, v.To = report.By, report.To
	v.Proved, v.Said, v.Missing, v.Doubt, v.NotProved = report.Proved, report.Said, report.Missing, report.Doubt, report.NotProved
	if !v.OK {
		next := "do not rely on it; if a card is missing, give it by --key, and else ask " + report.By + " for the dossier again"
		if len(e.keys[signed.Dossier.By].eras) == 1 && strings.Contains(report.Wrong[0], "its signature is not theirs") {
			next = olderKeys + next
		}
		return v.fails(next, "%s", strings.Join(report.Wrong, "; "))
	}
	return v
}

// printReport prints a dossier so that it can be handed to whoever must judge.
func printReport(p *page, r *dossier.Report, texts bool) {
	if !r.OK() {
		p.line("NOT verified: the dossier of case %s, of %s and %s", r.Case, r.By, r.To)
		for _, text := range r.Wrong {
			p.line("  x %s", text)
		}
		return
	}
	kind := "with the texts"
	if !r.Text {
		kind = "without the texts"
	}
	p.line("verified: the dossier of case %s, written by %s about what passed with %s, %s", r.Case, r.By, r.To, kind)
	p.line("")
	p.line("what happened, each time by the clock of whoever says it")
	for _, e := range r.Timeline {
		behind := "only said"
		if e.Signed != "" {
			behind = "signed by " + e.Signed
		}
		p.line("  %s  %s [%s]", e.At.UTC().Format("2006-01-02 15:04:05.000Z"), e.What, behind)
		if e.Message != "" {
			p.line("                            message %s", e.Message)
		}
		for _, permitted := range e.Permitted {
			p.line("      PERMITTED: %s", permitted)
		}
		if texts && e.Text != nil {
			var said page
			if payload, err := warning.Decode(envelope.Kind(e.Kind), e.Text); err == nil {
				printPayload(&said, payload)
			} else {
				said.quote(string(e.Text))
			}
			for line := range strings.Lines(said.text()) {
				p.line("      %s", strings.TrimSuffix(line, "\n"))
			}
		}
	}
	for _, part := range []struct {
		title, mark string
		lines       []string
	}{
		{"proved", "+", r.Proved},
		{"said by " + r.By + ", and proved by nothing", "~", r.Said},
		{"missing", "!", r.Missing},
		{"in doubt", "?", r.Doubt},
		{"not proved", "-", r.NotProved},
	} {
		if len(part.lines) == 0 {
			continue
		}
		p.line("")
		p.line("%s", part.title)
		for _, text := range part.lines {
			p.line("  %s %s", part.mark, text)
		}
	}
}

// compared is what tocsin verify prints of two dossiers.
type compared struct {
	OK   bool   `json:"ok"` // both verify, and do not differ
	What string `json:"what"`
	*dossier.Comparison
	Wrong string `json:"wrong,omitempty"`
	Next  string `json:"next,omitempty"`
}

// compare says where the dossiers of the two sides of a case agree and differ.
func (t *tool) compare(names []string, files [][]byte, keys cards) error {
	c := compared{What: "two dossiers"}
	reports := make([]*dossier.Report, len(files))
	for i, raw := range files {
		signed, err := dossier.Parse(raw)
		if err != nil {
			c.Wrong, c.Next = names[i]+" is no dossier that can be read", "give two files that tocsin dossier CASE wrote, of the same case"
			break
		}
		if reports[i] = dossier.Check(signed, cardKeys{keys.within(&signed.Dossier)}); !reports[i].OK() {
			c.Wrong, c.Next = names[i]+" does not verify: "+strings.Join(reports[i].Wrong, "; "), "verify it by itself: tocsin verify "+names[i]
			break
		}
	}
	if c.Wrong == "" {
		comparison, err := dossier.Compare(reports[0], reports[1])
		switch {
		case errors.Is(err, dossier.ErrCompare):
			c.Wrong, c.Next = inWords(err), "give two dossiers of the same case"
		case err != nil:
			return err
		default:
			c.Comparison, c.OK = comparison, comparison.OK()
		}
	}
	if err := t.show(c, func(p *page) { printComparison(p, c) }); err != nil || c.OK {
		return err
	}
	return exitWith(exitNo)
}

func printComparison(p *page, c compared) {
	if c.Wrong != "" {
		p.line("NOT compared: %s", c.Wrong)
		p.line("  next: %s", c.Next)
		return
	}
	verdict := "and do not differ"
	if !c.OK {
		verdict = "and differ"
	}
	p.line("both dossiers of case %s verify, that of %s and that of %s, %s", c.Case, c.One, c.Other, verdict)
	for _, part := range []struct {
		title, mark string
		lines       []string
	}{
		{"they differ", "x", c.Differ},
		{"one of them was written too early to know", "~", c.Later},
		{"they agree", "+", c.Agree},
	} {
		if len(part.lines) == 0 {
			continue
		}
		p.line("%s", part.title)
		for _, text := range part.lines {
			p.line("  %s %s", part.mark, text)
		}
	}
}
