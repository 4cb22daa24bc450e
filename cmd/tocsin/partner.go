// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about partners: invite, accept, partner.

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) inviteCommand() *cobra.Command {
	var file string
	c := t.ask("invite", "print an invitation to hand to the partner-to-be", func(ctx context.Context, c *api.Client, _ []string) error {
		var terms *warning.Terms
		if file != "" {
			terms = &warning.Terms{}
			if err := t.readNoun(file, terms); err != nil {
				return err
			}
		}
		invitation, err := c.Invite(ctx, terms)
		if err != nil {
			return err
		}
		if !t.json {
			// Beside the text, so that what is redirected or captured is the text alone.
			fmt.Fprintln(t.errs, "good once, for seven days; hand it over on a way you trust. The other side says:\n"+
				"  tocsin accept TEXT          (from a file: tocsin accept @FILE)\nthen both compare the 60 digits by voice: tocsin partner show NAME")
		}
		return t.show(invitation, func(p *page) { p.line("%s", invitation.Text) })
	})
	c.Flags().StringVar(&file, "terms", "", "the terms to propose, YAML or JSON (see tocsin files)")
	return c
}

func (t *tool) acceptCommand() *cobra.Command {
	return t.ask("accept TEXT", "accept an invitation; @FILE reads it from a file, - from the standard input", func(ctx context.Context, c *api.Client, args []string) error {
		if args[0] == "-" {
			args[0] = "@-"
		}
		text, err := t.textOf(args[0])
		if err != nil {
			return err
		}
		accepted, err := c.Accept(ctx, text)
		if err != nil {
			return err
		}
		return t.show(accepted, func(p *page) { printPartner(p, accepted) })
	})
}

func (t *tool) partnerCommand() *cobra.Command {
	list := t.ask("list", "list the partners", func(ctx context.Context, c *api.Client, _ []string) error {
		partners, err := c.Partners(ctx)
		if err != nil {
			return err
		}
		return table(t, partners, "no partners yet; next: tocsin invite, or tocsin accept TEXT", []any{"name", "state", "queued"},
			func(p api.PartnerLine) []any { return []any{p.Name, p.State, p.Queued} })
	})
	show := t.onPartner("show NAME", "show a partner: digits, state, terms, gaps", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		return c.Partner(ctx, name)
	})
	sign := t.onPartner("sign NAME", "sign the terms on the table", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		return c.SignTerms(ctx, name)
	})
	return t.group("partner", "see, check, part from and restore partners", list, show, t.confirmCommand(), t.keyStolenCommand(), t.termsCommand(), sign,
		t.detailCommand(), t.stateCommand("limit", "let only threats to life leave", partner.Limited),
		t.stateCommand("suspend", "let nothing leave; quarantine what arrives", partner.Suspended),
		t.stateCommand("freeze", "as suspend, and drop, expire and erase nothing: for as long as the evidence is read", partner.Frozen),
		t.unfreezePartnerCommand(),
		t.stateCommand("expel", "as suspend, do not trust its keys any more, drop what is queued, end its tools' accounts", partner.Expelled),
		t.stateCommand("restore", "let everything pass again", partner.Active))
}

// onPartner is ask for what is done to one partner and shows it afterwards.
func (t *tool) onPartner(use, short string, do func(context.Context, *api.Client, string) (api.Partner, error)) *cobra.Command {
	return t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		shown, err := do(ctx, c, args[0])
		if err != nil {
			return err
		}
		return t.show(shown, func(p *page) { printPartner(p, shown) })
	})
}

func (t *tool) confirmCommand() *cobra.Command {
	var digits string
	c := t.onPartner("confirm NAME --digits \"…\"", "say that the 60 digits were compared by voice", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		if err := needed("--digits", digits, "\"…\": the 60 digits as the partner read them to you"); err != nil {
			return api.Partner{}, err
		}
		return c.Confirm(ctx, name, digits)
	})
	c.Flags().StringVar(&digits, "digits", "", "the 60 digits as the partner read them to you")
	return c
}

func (t *tool) termsCommand() *cobra.Command {
	var propose api.Propose
	var file string
	c := t.onPartner("terms NAME", "put other terms on the table: ours, or the ones the partner signed", func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		if (file == "") == !propose.Theirs {
			return api.Partner{}, usage("say --file FILE for terms of our own, or --theirs for the ones the partner signed", "which terms?")
		}
		if file != "" {
			propose.Terms = &warning.Terms{}
			if err := t.readNoun(file, propose.Terms); err != nil {
				return api.Partner{}, err
			}
		}
		return c.Propose(ctx, name, propose)
	})
	c.Flags().StringVar(&file, "file", "", "terms of our own, YAML or JSON (see tocsin files)")
	c.Flags().BoolVar(&propose.Theirs, "theirs", false, "the terms the partner signed")
	return c
}

func (t *tool) stateCommand(verb, short string, state partner.State) *cobra.Command {
	var why string
	c := t.onPartner(verb+" NAME --why TEXT", short, func(ctx context.Context, c *api.Client, name string) (api.Partner, error) {
		if err := needed("--why", why, "TEXT: the reason, for the record"); err != nil {
			return api.Partner{}, err
		}
		return c.SetState(ctx, name, api.SetState{State: string(state), Why: why})
	})
	c.Flags().StringVar(&why, "why", "", "the reason, for the record")
	return c
}

func printPartner(p *page, shown api.Partner) {
	p.line("%s (%s) at %s: %s since %s, epoch %d", shown.Name, shown.Country, shown.Address, shown.State, shown.Since, shown.Epoch)
	p.field("set by", shown.By)
	p.field("why", shown.Why)
	p.field("returns to", shown.Before)
	if !shown.Revoked.IsZero() {
		p.field("keys", "revoked since "+when(shown.Revoked))
	}
	p.field("digits", shown.Digits)
	if shown.ConfirmedBy != "" {
		since := ""
		if !shown.KeysChanged.IsZero() || !shown.OurKeysChanged.IsZero() {
			since = ", and not since they became others"
		}
		p.field("compared by", shown.ConfirmedBy+" on "+when(shown.ConfirmedAt)+since)
	}
	p.field("messages", fmt.Sprintf("%d sent, %d received, %d queued, %d quarantined", shown.Sent, shown.Received, shown.Queued, shown.Quarantined))
	if shown.Voice != "" {
		p.field("voice", map[string]string{"agreed": "agreed: a warning can be said by voice", "ours": "we gave our secret, theirs has not come", "theirs": "their secret is here, ours is not given"}[shown.Voice])
	}
	printTerms(p, shown)
	if shown.Limits.Place != "" || shown.Limits.Time != "" {
		p.field("is told", fmt.Sprintf("where by %s, when by %s; set by %s", orElse(shown.Limits.Place, "exact"), orElse(shown.Limits.Time, "second"), shown.Limits.SetBy))
	}
	if asked := shown.Limits.Asked; asked != nil {
		p.field("is NOT told yet", fmt.Sprintf("where by %s, when by %s, as %s wants: it tells more, so another releaser must set the same", orElse(asked.Place, "exact"), orElse(asked.Time, "second"), asked.SetBy))
	}
	for _, gap := range shown.Gaps {
		side := "we miss number"
		if gap.Ours {
			side = "they miss our number"
		}
		p.field("gap", fmt.Sprintf("%s %d: %s", side, gap.Seq, plain(gap.Why)))
	}
	printPartnerKeys(p, shown)
	printDropped(p, shown.Dropped)
	p.field("its tools", shown.Accounts)
	printPast(p, shown.Past)
	for _, missing := range shown.Missing {
		p.line("  waits for: %s", missing)
	}
	printPairing(p, shown)
	switch partner.State(shown.State) {
	case partner.Limited, partner.Suspended, partner.Expelled:
		p.next("to let everything pass again: tocsin partner restore %s --why TEXT", shown.Name)
	case partner.Frozen:
		p.next("to return to what it was: tocsin partner unfreeze %s --why TEXT", shown.Name)
	}
}

// printPast adds the states before, the newest first.
func printPast(p *page, past []api.PastState) {
	for _, before := range past {
		by := before.By
		if by == "" {
			by = "what the partner sent"
		}
		p.field("before", fmt.Sprintf("%s, epoch %d: from %s to %s, by %s", before.State, before.Epoch, when(before.Since), when(before.Until), by))
		p.field("", before.Why)
	}
}

// printPairing adds what we can do now to open a pending channel.
func printPairing(p *page, shown api.Partner) {
	if shown.State != string(partner.Pending) {
		return
	}
	switch {
	case shown.ConfirmedBy == "":
		p.next("compare the 60 digits by voice, then type those that the partner read: tocsin partner confirm %s --digits \"DIGITS\"", shown.Name)
	case len(shown.OurTerms) == 0:
		p.next("sign the terms: tocsin partner sign %s; or propose others: tocsin partner terms %s --file FILE", shown.Name, shown.Name)
	case len(shown.TheirTerms) == 0:
		p.next("wait until %s has signed: tocsin partner show %s", shown.Name, shown.Name)
	case !bytes.Equal(shown.OurTerms, shown.TheirTerms):
		p.next("take the partner's terms: tocsin partner terms %s --theirs, and sign them: tocsin partner sign %s", shown.Name, shown.Name)
	}
}

// printTerms adds each different set of terms once, and says whose it is.
func printTerms(p *page, shown api.Partner) {
	var done []jsontext.Value
	sides := []struct {
		name string
		raw  jsontext.Value
	}{{"on the table", shown.Proposed}, {"signed by us", shown.OurTerms}, {"signed by " + shown.Name, shown.TheirTerms}}
	for _, side := range sides {
		if len(side.raw) == 0 || slices.ContainsFunc(done, func(raw jsontext.Value) bool { return bytes.Equal(raw, side.raw) }) {
			continue
		}
		done = append(done, side.raw)
		var names []string
		for _, other := range sides {
			if bytes.Equal(side.raw, other.raw) {
				names = append(names, other.name)
			}
		}
		p.line("  terms %s", strings.Join(names, ", "))
		var terms warning.Terms
		if err := json.Unmarshal(side.raw, &terms); err != nil {
			p.quote(string(side.raw))
			continue
		}
		for _, line := range termLines(terms) {
			p.row("    "+line[0], line[1])
		}
	}
}

func termLines(t warning.Terms) [][2]string {
	lines := [][2]string{
		{"legal basis", t.LegalBasis},
		{"purposes", strings.Join(t.Purposes, "; ")},
		{"kept for", fmt.Sprintf("%d days", t.RetentionDays)},
		{"onward", t.Onward},
	}
	for _, name := range slices.Sorted(maps.Keys(t.Overseers)) {
		lines = append(lines, [2]string{"overseer of " + name, t.Overseers[name]})
	}
	lines = append(lines,
		[2]string{"the overseer is a third party", yesNo(t.OverseerIsThirdParty)},
		[2]string{"new identifiers for each recipient", yesNo(t.OwnIdentifiers)},
		[2]string{"review", string(t.Review)})
	if t.Note != "" {
		lines = append(lines, [2]string{"note", t.Note})
	}
	return lines
}
