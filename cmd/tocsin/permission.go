// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the permission of an originator: ask, list, show, answer,
// withdraw, done.

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) permissionCommand() *cobra.Command {
	return t.group("permission", "ask whoever gave us something before it is used beyond its handling, and answer who asks us",
		t.askPermissionCommand(), t.permissionsCommand(), t.showPermissionCommand(), t.answerPermissionCommand(), t.withdrawPermissionCommand(), t.settlePermissionCommand())
}

func (t *tool) askPermissionCommand() *cobra.Command {
	var ask api.AskPermission
	var use, tlp, answerBy string
	c := t.ask("ask CASE|MESSAGE|OBJECT --use USE --reason TEXT", "ask a partner whether what it gave may be passed on, used for another purpose or in court, acted on, or be less narrow", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--use", use, strings.Join(warning.Uses(), ", ")); err != nil {
			return err
		}
		if err := needed("--reason", ask.Reason, "TEXT: why; the partner reads it"); err != nil {
			return err
		}
		at, err := t.timeOrDuration("--answer-by", answerBy)
		if err != nil {
			return err
		}
		ask.Of, ask.Use, ask.AnswerBy = args[0], warning.Use(use), at
		if tlp != "" {
			ask.TLP = label(tlp)
		}
		asked, err := c.AskPermission(ctx, ask)
		if err != nil {
			return err
		}
		return t.show(asked, func(p *page) {
			printPermission(p, asked)
			p.next("see what is answered: tocsin permission show %s", asked.ID)
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&use, "use", "", strings.Join(warning.Uses(), ", "))
	flags.StringArrayVar(&ask.To, "to", nil, "the partner to whom it is to be passed on; may be repeated")
	flags.StringVar(&ask.Purpose, "purpose", "", "what it is for (default: the purpose of the warning)")
	flags.StringVar(&tlp, "tlp", "", "the wider label, with wider_tlp")
	flags.StringVar(&ask.Reason, "reason", "", "why; the partner reads it")
	flags.StringVar(&answerBy, "answer-by", "", "by when a human must have answered: a time, or how long from now, such as 6h (default: as the precedence says)")
	return c
}

func (t *tool) permissionsCommand() *cobra.Command {
	var all bool
	c := t.ask("list", "list the requests that wait, the permissions that count, and those that were withdrawn and wait for what was done, ours and theirs", func(ctx context.Context, c *api.Client, _ []string) error {
		list, err := c.Permissions(ctx, all)
		if err != nil {
			return err
		}
		return table(t, list, "nothing waits, and nothing is permitted", []any{"id", "who asks", "state", "answer by", "until", "what"}, func(p api.Permission) []any {
			who, until := p.Partner+" asks us", ""
			if p.Ours {
				who = "we ask " + p.Partner
			}
			if p.Answer != nil && !p.Answer.Until.IsZero() {
				until = when(p.Answer.Until)
			}
			return []any{p.ID, who, p.State, p.AnswerBy, until, p.Used.Words()}
		})
	})
	c.Flags().BoolVar(&all, "all", false, "those that were refused, were withdrawn or have ended, too")
	return c
}

func (t *tool) showPermissionCommand() *cobra.Command {
	return t.ask("show ID", "show what was asked, what is proposed, and what was answered", func(ctx context.Context, c *api.Client, args []string) error {
		shown, err := c.Permission(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(shown, func(p *page) {
			printPermission(p, shown)
			nextOfPermission(p, shown)
		})
	})
}

func (t *tool) answerPermissionCommand() *cobra.Command {
	var a api.AnswerPermission
	var grant, refuse bool
	var until string
	c := t.ask("answer ID --grant|--refuse|--confirm HASH", "refuse what a partner asks, propose to grant it, or confirm as a second person what another proposed", func(ctx context.Context, c *api.Client, args []string) error {
		if grant && refuse || (grant || refuse) == (a.Confirm != "") {
			return usage("a grant is proposed with --grant --until TIME, and granted by a second person with --confirm HASH", "say one of --grant, --refuse and --confirm")
		}
		a.Answer = warning.PermissionGranted
		if refuse {
			a.Answer = warning.PermissionRefused
			if err := needed("--reason", a.Reason, "TEXT: why; the partner reads it"); err != nil {
				return err
			}
		}
		if grant {
			if err := needed("--until", until, "TIME: a permission ends"); err != nil {
				return err
			}
		}
		at, err := t.timeOrDuration("--until", until)
		if err != nil {
			return err
		}
		a.Until = at
		answered, err := c.AnswerPermission(ctx, args[0], a)
		if err != nil {
			return err
		}
		return t.show(answered, func(p *page) {
			printPermission(p, answered)
			nextOfPermission(p, answered)
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.BoolVar(&grant, "grant", false, "propose to grant it")
	flags.StringVar(&until, "until", "", "when it ends: a time, or how long from now; at most the day by which the warning must be reviewed")
	flags.StringArrayVar(&a.To, "to", nil, "grant it for this recipient of those asked for alone; may be repeated")
	flags.BoolVar(&a.NewestOnly, "newest-only", false, "grant it of the newest version of the warning alone, not of the earlier ones of which it is asked")
	flags.StringVar(&a.Conditions, "conditions", "", "what goes along with it wherever it goes")
	flags.StringVar(&a.Confirm, "confirm", "", "HASH of what another person proposed: grant it")
	flags.BoolVar(&refuse, "refuse", false, "refuse it")
	flags.StringVar(&a.Reason, "reason", "", "why it is refused; the partner reads it")
	return c
}

func (t *tool) withdrawPermissionCommand() *cobra.Command {
	var reason string
	c := t.ask("withdraw ID --reason TEXT", "end what was granted to a partner, from now on", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", reason, "TEXT: why; the partner reads it"); err != nil {
			return err
		}
		withdrawn, err := c.WithdrawPermission(ctx, args[0], reason)
		if err != nil {
			return err
		}
		return t.show(withdrawn, func(p *page) {
			printPermission(p, withdrawn)
			p.line("what was passed on before stays where it is; ask for it back with a recall of your own: tocsin recall %s --reason TEXT", withdrawn.Case)
		})
	})
	c.Flags().StringVar(&reason, "reason", "", "why; the partner reads it")
	return c
}

func (t *tool) settlePermissionCommand() *cobra.Command {
	var what string
	c := t.ask("done ID --what TEXT", "say what was done about a permission that a partner withdrew: it leaves the board", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--what", what, "TEXT: what was done with what had left"); err != nil {
			return err
		}
		settled, err := c.SettlePermission(ctx, args[0], what)
		if err != nil {
			return err
		}
		return t.show(settled, func(p *page) { printPermission(p, settled) })
	})
	c.Flags().StringVar(&what, "what", "", "what was done; it stays here")
	return c
}

// whoAsks says in a few words who waits for whom.
func whoAsks(r api.Permission) string {
	switch {
	case r.Waits && len(r.PassedTo) > 0:
		return r.Partner + " withdrew it, and copies had left: waits for what was done"
	case r.Waits:
		return r.Partner + " withdrew it, and nothing had left: waits for what was done"
	case r.Ours && r.Overdue:
		return "we ask " + r.Partner + ", and nobody there has answered in time"
	case r.Ours:
		return "we ask " + r.Partner
	case r.State == "proposed":
		return r.Partner + " asks us: proposed, waits for a second person"
	case r.Overdue:
		return r.Partner + " asks us, and nobody has answered in time"
	}
	return r.Partner + " asks us, and waits for our answer"
}

// printPermission adds a request with what became of it.
func printPermission(p *page, r api.Permission) {
	who := r.Partner + " asks"
	if r.Ours {
		who = "we ask " + r.Partner
	}
	p.above(r.Handling)
	p.line("%s: %s %s: %s", r.ID, who, r.Used.Words(), r.State)
	p.field("case", r.Case)
	p.field("message", r.About)
	p.field("asked", when(r.At)+" by "+r.By.Name+", "+r.By.Role)
	p.flush()
	quoteIf(p, r.Reason)
	if r.Proposed != nil {
		printGrant(p, "proposed", r.Proposed.Permission)
		p.field("by", r.Proposed.By)
		p.field("hash", r.Proposed.Hash)
	}
	switch {
	case r.Answer != nil && r.Answer.Answer == warning.PermissionGranted:
		printGrant(p, "granted", *r.Answer)
		by := r.Answer.By.Name + ", " + r.Answer.By.Role
		if r.Answer.Confirmed != nil {
			by += ", and " + r.Answer.Confirmed.Name + ", " + r.Answer.Confirmed.Role
		}
		p.field("by", by+", at "+when(r.Answer.At))
	case r.Answer != nil:
		p.field("refused", when(r.Answer.At)+" by "+r.Answer.By.Name+", "+r.Answer.By.Role)
		p.flush()
		quoteIf(p, r.Answer.Reason)
	case r.Overdue:
		p.field("answer", "overdue since "+when(r.AnswerBy))
	default:
		p.field("answer", "due by "+when(r.AnswerBy))
	}
	p.field("ended", r.Ended)
	if r.Withdrawn != nil {
		p.field("withdrawn", when(r.Withdrawn.At)+" by "+r.Withdrawn.By.Name+", "+r.Withdrawn.By.Role)
		p.flush()
		quoteIf(p, r.Withdrawn.Reason)
	}
	for _, passed := range r.PassedTo {
		p.field("left", "to "+passed.Partner+", in "+passed.Case)
	}
	if r.Done != nil {
		p.field("done", when(r.Done.At)+" by "+r.Done.By)
		p.flush()
		quoteIf(p, r.Done.What)
	}
	p.flush()
}

func printGrant(p *page, word string, granted warning.Permission) {
	p.field(word, granted.Used.Words())
	p.field("until", granted.Until)
	quoteIf(p, granted.Conditions)
}

// nextOfPermission says what can be done with a request of a partner's.
func nextOfPermission(p *page, r api.Permission) {
	switch {
	case r.Waits:
		for _, passed := range r.PassedTo {
			p.next("see whether what left is to be recalled: tocsin recall %s --reason TEXT", passed.Case)
		}
		p.next("say what was done: tocsin permission done %s --what TEXT", r.ID)
	case r.Ours:
	case r.State == "proposed":
		p.next("another duty officer or releaser grants it: tocsin --as NAME permission answer %s --confirm %s", r.ID, r.Proposed.Hash)
	case r.State == "open":
		p.next("two people grant it, one refuses: tocsin permission answer %s --grant --until TIME, or --refuse --reason TEXT", r.ID)
	case r.State == string(warning.PermissionGranted):
		p.next("end it: tocsin permission withdraw %s --reason TEXT", r.ID)
	}
}

// printInForce adds, above a text, what is permitted of it and counts.
func printInForce(p *page, all []api.Permission) {
	for _, r := range all {
		if r.Counts() {
			p.line("PERMITTED: %s (%s)", r.Line(), r.ID)
			quoteIf(p, r.Answer.Conditions)
		}
	}
}

// printPermitted adds by whose permission a copy leaves.
func printPermitted(p *page, all []warning.Permitted) {
	for _, permitted := range all {
		p.line("  PERMITTED by %s until %s (%s, %s)", permitted.From, when(permitted.Until), permitted.Use, permitted.ID)
		quoteIf(p, permitted.Conditions)
	}
}

// unreadNote is the shipped rule that waits for a person to read the note of what a
// draft rests on.
const unreadNote = "third-party-h3"

// printHints says how whoever gave something is asked, and that its note is to be
// read.
func printHints(p *page, reasons []warning.Reason) {
	if slices.ContainsFunc(reasons, func(r warning.Reason) bool { return r.Rule == unreadNote }) {
		p.next("read the note of what this rests on, and say so: tocsin note CASE")
	}
	told := make(map[string]bool)
	for _, reason := range reasons {
		if reason.Hint != "" && !told[reason.Hint] {
			told[reason.Hint] = true
			p.next("%s", reason.Hint)
		}
	}
}
