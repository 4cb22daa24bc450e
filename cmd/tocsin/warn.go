// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the way of a warning from a draft to its release.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) warnCommand() *cobra.Command {
	list := t.ask("list", "list the drafts", func(ctx context.Context, c *api.Client, _ []string) error {
		drafts, err := c.Drafts(ctx)
		if err != nil {
			return err
		}
		return table(t, drafts, "no drafts yet; next: tocsin warn compose --help", []any{"id", "stage", "precedence", "for", "handling", "title", "by", "composed"},
			func(d api.DraftSummary) []any {
				return []any{d.ID, d.Stage, d.Precedence, d.Partners, d.Handling.Short(), d.Title, d.ComposedBy, d.ComposedAt}
			})
	})
	show := t.onDraft("show ID", "show a draft as it is kept at home", func(ctx context.Context, c *api.Client, id string) (warning.Draft, error) {
		return c.Draft(ctx, id)
	})
	preview := t.ask("preview ID", "see exactly what would leave, what is withheld, and by which rule", func(ctx context.Context, c *api.Client, args []string) error {
		preview, err := c.Preview(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(preview, func(p *page) { printPreview(p, preview) })
	})
	withdraw := t.onDraft("withdraw ID", "take a draft back", func(ctx context.Context, c *api.Client, id string) (warning.Draft, error) {
		return c.Withdraw(ctx, id)
	})
	undo := t.onDraft("undo ID", "take back a release that has not left yet; either of the two who released it can", func(ctx context.Context, c *api.Client, id string) (warning.Draft, error) {
		return c.TakeBack(ctx, id)
	})
	return t.group("warn", "compose, preview and release a warning", t.composeCommand(), list, show, preview, t.releaseCommand(), t.reviewCommand(), withdraw, undo, t.correctCommand())
}

// onDraft is ask for what is done to one draft and shows it afterwards.
func (t *tool) onDraft(use, short string, do func(context.Context, *api.Client, string) (warning.Draft, error)) *cobra.Command {
	return t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		draft, err := do(ctx, c, args[0])
		if err != nil {
			return err
		}
		return t.show(draft, func(p *page) { printDraft(p, draft) })
	})
}

func (t *tool) releaseCommand() *cobra.Command {
	var release api.Release
	c := t.onDraft("release ID --preview HASH", "release what the preview showed; two different people must", func(ctx context.Context, c *api.Client, id string) (warning.Draft, error) {
		if err := needed("--preview", release.Preview, "HASH: the hash that tocsin warn preview "+id+" shows"); err != nil {
			return warning.Draft{}, err
		}
		return c.Release(ctx, id, release)
	})
	c.Flags().StringVar(&release.Preview, "preview", "", "the hash that the preview shows")
	c.Flags().StringVar(&release.Exigent, "exigent", "", "why one person releases it alone: life is threatened and there is no time; another reviews it within 24 hours")
	return c
}

func (t *tool) reviewCommand() *cobra.Command {
	var finding string
	c := t.onDraft("review ID --finding TEXT", "the second person's finding on an exigent release", func(ctx context.Context, c *api.Client, id string) (warning.Draft, error) {
		if err := needed("--finding", finding, "TEXT: whether the release was right, and why"); err != nil {
			return warning.Draft{}, err
		}
		return c.Review(ctx, id, finding)
	})
	c.Flags().StringVar(&finding, "finding", "", "whether the release was right, and why")
	return c
}

func printDraft(p *page, d warning.Draft) {
	p.above(d.Warning.Handling)
	p.line("%s: %s", d.ID, d.Stage)
	p.field("composed", when(d.ComposedAt)+" by "+d.ComposedBy)
	p.field("source", d.Source)
	p.field("duty", d.Duty)
	for _, name := range d.ReleasableTo {
		if d.Corrects[name] != "" {
			p.field("corrects for "+name, d.Corrects[name])
		}
	}
	p.field("what was wrong", d.Change)
	p.field("releasable to", d.ReleasableTo)
	for _, approval := range d.Approvals {
		p.field("released by", approval.By+" on "+when(approval.At))
		if d.Stage == warning.Approved {
			p.field("counts until", approval.Until)
		}
	}
	if d.Exigent != nil {
		p.field("exigent", d.Exigent.Reason)
		if d.Exigent.ReviewedBy == "" {
			p.field("review due", d.Exigent.ReviewDue)
		} else {
			p.field("reviewed by", d.Exigent.ReviewedBy+": "+d.Exigent.Finding)
		}
	}
	for _, name := range d.ReleasableTo {
		p.field("sent to "+name, d.Sent[name])
	}
	printWarning(p, d.Warning)
	for _, name := range d.ReleasableTo {
		p.line("the text for %s", name)
		p.quote(d.Releases[name])
	}
	switch d.Stage {
	case warning.Approved:
		p.next("a second person: tocsin --as NAME warn preview %s, and then release", d.ID)
	case warning.Waiting:
		p.field("leaves", d.LeavesAt)
		p.next("until then, either of the two: tocsin --as NAME warn undo %s", d.ID)
	case warning.Released:
		if d.Exigent != nil && d.Exigent.ReviewedBy == "" {
			p.next("another releaser reviews it: tocsin --as NAME warn review %s --finding TEXT", d.ID)
		}
		for _, name := range d.ReleasableTo {
			if d.Sent[name] != "" {
				p.next("see what %s says: tocsin case show %s", name, d.Sent[name])
			}
		}
	}
}

// printWarning adds what a warning says, without its text.
func printWarning(p *page, w warning.Warning) {
	p.field("handling", w.Handling.Line())
	p.field("precedence", strings.Join(slices.DeleteFunc([]string{string(w.Precedence), due("answer by", when(w.AnswerBy))}, func(word string) bool { return word == "" }), ", "))
	printTarget(p, w.Target, w.Window)
	p.field("threat", w.ThreatType)
	p.field("method", w.Method)
	p.field("threat actor", w.Actor)
	p.field("what to do", w.Action)
	for _, person := range w.Persons {
		p.field("person", personLine(person))
	}
	p.field("probability", w.Probability)
	p.field("confidence", w.Confidence)
	if w.Grade != "" {
		p.field("grade", string(w.Grade)+", "+w.Grade.Meaning())
	}
	p.field("recipients", w.Recipients)
	p.field("purpose", w.Purpose)
	p.field("review", w.Review)
	if len(w.Objects) > 0 {
		p.field("STIX objects", len(w.Objects))
	}
}

func printPreview(p *page, preview warning.Preview) {
	for _, copied := range preview.Copies {
		own := preview.Draft.Warning.Handling.Line()
		p.line("%s", own)
		// What a permission lets out may be handled more narrowly than the draft says.
		if given := copied.Leaves.Handling.Line(); copied.Leaves.ID != "" && given != own {
			p.line("and as %s gets it: %s", copied.Partner, given)
		}
		printCopy(p, copied, preview.Draft)
		p.line("")
	}
	p.line("preview %s", preview.Hash)
	p.line("decided by policy %s", preview.Policy)
	if preview.Draft.Source == "" && preview.Draft.Duty == "" {
		p.line("no source report is named: nothing was checked for leaks")
	}
	switch {
	case preview.Draft.Stage == warning.Waiting:
		p.field("leaves", preview.Draft.LeavesAt)
		p.next("until then, either of the two who released it: tocsin --as NAME warn undo %s", preview.Draft.ID)
	case preview.Draft.Stage == warning.Released, preview.Draft.Stage == warning.Withdrawn:
		p.line("this draft was %s", preview.Draft.Stage)
	case preview.Blocked:
		printMending(p, preview)
	default:
		p.next("two different people: tocsin --as NAME warn release %s --preview %s", preview.Draft.ID, preview.Hash)
	}
}

// printMending says what must become of a draft that is blocked: other words,
// or another state of a channel.
func printMending(p *page, preview warning.Preview) {
	p.line("it cannot be released as it is")
	mend := false
	for _, c := range preview.Copies {
		for _, reason := range c.Reasons {
			mend = mend || reason.Effect == "block" && reason.Field != "channel"
		}
		mend = mend || len(c.Leaks) > 0
	}
	for _, c := range preview.Copies {
		blocked := slices.ContainsFunc(c.Reasons, func(r warning.Reason) bool { return r.Effect == "block" && r.Field == "channel" })
		switch {
		case blocked && c.State == "pending":
			p.next("the channel to %s is not open yet; see what it waits for: tocsin partner show %s", c.Partner, c.Partner)
		case blocked:
			p.next("the channel to %s is %s: wait, or restore it: tocsin partner restore %s --why TEXT", c.Partner, c.State, c.Partner)
		}
		printHints(p, c.Reasons)
	}
	if mend {
		if slices.ContainsFunc(preview.Copies, func(c warning.Copy) bool { return len(c.Leaks) > 0 }) {
			p.next("say in other words what stands behind LEAK; no permission of a partner's lets its own words out")
		}
		p.next("mend it: tocsin warn compose FILE --draft %s", preview.Draft.ID)
		p.line("    what FILE and flags do not say is kept: source, duty, attached objects")
	}
}

// printCopy adds one partner's part: what leaves and what stays, or why nothing
// leaves at all.
func printCopy(p *page, c warning.Copy, d warning.Draft) {
	if c.Leaves.ID == "" {
		p.line("For %s (channel %s) nothing leaves:", c.Partner, c.State)
		printBlocked(p, c, d)
		return
	}
	verdict := "may be released"
	if !c.Allowed {
		verdict = "is blocked"
	}
	p.line("For %s (channel %s), %d bytes, which %s:", c.Partner, c.State, c.Bytes, verdict)
	printBlocked(p, c, d)
	if c.Corrects != nil {
		p.field("version", fmt.Sprintf("%d, in place of message %s", c.Corrects.Version, c.Corrects.Of))
		p.field("id", c.Leaves.ID+", as "+c.Partner+" knows it")
		p.field("what was wrong", d.Change)
	} else {
		p.field("id", c.Leaves.ID+", new for "+c.Partner)
	}
	printPermitted(p, c.Permissions)
	printWarning(p, c.Leaves)
	p.quote(c.Leaves.Text)
	for _, object := range c.Leaves.Objects {
		p.quote(string(object))
	}
	printReasons(p, "withheld", "withhold", slices.Concat(c.Reasons, c.Cuts))
	for _, flag := range c.Flags {
		if flag.Rule == string(policy.FlagUnguarded) {
			p.line("  LOOK: %s", flag.Text)
			continue
		}
		p.line("  LOOK: %s says “%s” (%s)%s", flag.Field, flag.Text, flag.Rule, of(flag.Source))
	}
	for _, point := range c.Minimum {
		if point.Said == "" {
			p.line("  NOT SAID: %s", point.What)
		}
	}
}

func of(source string) string {
	if source == "" {
		return ""
	}
	return ", as the source's " + source + " does"
}

// restsOn says in words what a draft's texts are held against.
func restsOn(d warning.Draft) string {
	switch {
	case d.Source != "":
		return "the source's"
	case d.Duty != "":
		return "of what the duty is about, the"
	}
	return "of what the case rests on, the"
}

func printBlocked(p *page, c warning.Copy, d warning.Draft) {
	for _, leak := range c.Leaks {
		p.line("  LEAK: %s gives away %s %s: “%s” (%s)", leak.Field, restsOn(d), leak.Source, leak.Text, leak.Rule)
	}
	// A leak that was told above is not told again.
	told := func(r warning.Reason) bool {
		return r.Rule == "leak" && slices.ContainsFunc(c.Leaks, func(l warning.Leak) bool { return l.Field == r.Field })
	}
	printReasons(p, "blocked", "block", slices.DeleteFunc(slices.Clone(c.Reasons), told))
}

func printReasons(p *page, word, effect string, reasons []warning.Reason) {
	for _, reason := range reasons {
		if reason.Effect == effect {
			p.row("  "+word, reason.Field, reason.Text, "("+strings.TrimSpace(reason.Rule)+")")
		}
	}
}
