// SPDX-License-Identifier: Apache-2.0

package main

// This file shows cases and their threads.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) caseCommand() *cobra.Command {
	var partner string
	var limit int
	list := t.ask("list", "list the cases, newest first", func(ctx context.Context, c *api.Client, _ []string) error {
		cases, err := c.Cases(ctx, partner, limit)
		if err != nil {
			return err
		}
		return table(t, cases, "no cases yet", []any{"id", "partner", "", "precedence", "state", "handling", "title", "updated"}, func(s api.CaseSummary) []any {
			side := "theirs"
			if s.Ours {
				side = "ours"
			}
			return []any{s.ID, s.Partner, side, s.Precedence, caseState(s), s.Handling.Short(), s.Title, s.Updated}
		})
	})
	list.Flags().StringVar(&partner, "partner", "", "of this partner alone")
	list.Flags().IntVar(&limit, "limit", 0, "at most so many")
	var of api.CasePart
	show := t.ask("show ID", "show a case with everything said in it; the reading is logged", func(ctx context.Context, c *api.Client, args []string) error {
		shown, err := c.CasePart(ctx, args[0], of)
		if err != nil {
			return err
		}
		return t.show(shown, func(p *page) { printCase(p, shown) })
	})
	show.Flags().StringVar(&of.Before, "before", "", "what was said before this message: a case that holds much is shown page by page")
	show.Flags().StringVar(&of.Message, "message", "", "this message alone, with its text however long it is")
	return t.group("case", "see what was said and what came of it", list, show)
}

// caseState is a case's state with what stands out.
func caseState(s api.CaseSummary) string {
	words := []string{s.Reached()}
	if s.Result != "" {
		words = []string{s.Result}
	}
	if gone := s.Gone(); gone != "" {
		words = append(words, gone)
	}
	if s.Overdue && s.Erased.IsZero() {
		words = append(words, "overdue")
	}
	if s.Disputed {
		words = append(words, "disputed")
	}
	if s.Questions > 0 {
		words = append(words, many(s.Questions, "question")+" to answer")
	}
	return strings.Join(words, ", ")
}

func printCase(p *page, c api.Case) {
	if c.Alone {
		p.line("%s: %s", c.ID, c.Title)
		for _, m := range c.Thread {
			printMessage(p, c, m)
		}
		return
	}
	who := c.Partner + " warned us"
	if c.Ours {
		who = "we warned " + c.Partner
	}
	if line := handlingOf(c); line != "" {
		p.line("%s", line)
	}
	printInForce(p, c.Permissions)
	p.line("%s: %s", c.ID, c.Title)
	p.line("%s on %s; %s, %s, %s; answer by %s", who, c.Opened, c.TLP, c.Precedence, caseState(c.CaseSummary), c.AnswerBy)
	if c.Version > 1 {
		p.line("corrected: version %d holds, message %s; the earlier ones stand below it", c.Version, c.Newest)
	}
	if !c.Erased.IsZero() {
		p.line("the texts of this case were erased here on %s", c.Erased)
	}
	p.field("for the eyes of", c.For)
	for _, note := range c.Notes {
		p.line("H3: %s", note.Text)
		if note.ReadBy != "" {
			p.field("read by", note.ReadBy+" on "+when(note.ReadAt))
		} else {
			p.next("nothing that works by itself is given this until somebody has read the note: tocsin note %s", c.ID)
		}
	}
	for _, r := range c.Recalls {
		p.line("")
		printRecall(p, r)
		printPassedTo(p, r)
	}
	for _, r := range c.Permissions {
		p.line("")
		printPermission(p, r)
		nextOfPermission(p, r)
	}
	for _, d := range c.Disputes {
		printDisputed(p, c.Partner, d)
	}
	if c.OlderViews > 0 {
		p.line("older views, which stand below alone: %d", c.OlderViews)
	}
	printRest(p, c)
	for _, m := range versionsFirst(c) {
		p.line("")
		printMessage(p, c, m)
	}
	printDropped(p, c.Dropped)
	for _, s := range c.Statements {
		p.line("")
		p.line("%s: %s (%s)", whoseStatement(s), s.Headline, s.ID)
		p.quote(s.Text)
	}
	for _, question := range unanswered(c) {
		p.next("%s asks, and nobody has answered: tocsin reply %s %s TEXT", c.Partner, c.ID, question)
	}
	if !c.Ours && c.Waits() && !wasDestroyed(c) {
		p.next("it waits until a human here says what to make of it: tocsin acknowledge %s --answer ANSWER", c.ID)
	}
}

// printRest says what of a case that holds much is not shown here.
func printRest(p *page, c api.Case) {
	if c.Earlier == 0 && c.Later == 0 {
		return
	}
	p.line("")
	p.line("%s in all, with %s of text; before these %d, behind them %d", many(c.Messages, "message"), api.Size(c.Bytes), c.Earlier, c.Later)
	if c.Earlier > 0 {
		p.next("what was said before these: tocsin case show %s --before %s", c.ID, c.Before)
	}
	if c.Later > 0 {
		p.next("the newest: tocsin case show %s", c.ID)
	}
}

// unanswered are the ids of the partner's questions to which nobody has replied.
func unanswered(c api.Case) (ids []string) {
	for _, m := range c.Thread {
		payload, err := warning.Decode(envelope.Kind(m.Kind), m.Payload)
		if err != nil {
			continue // it was erased, or cannot be read, which its own lines say
		}
		switch said := payload.(type) {
		case *warning.Request:
			if !m.Ours && m.State == "kept" && (c.Later == 0 || slices.Contains(c.Asked, said.ID)) { // a reply may be on a later page
				ids = append(ids, said.ID)
			}
		case *warning.Reply:
			if m.Ours {
				ids = slices.DeleteFunc(ids, func(id string) bool { return id == said.Request })
			}
		}
	}
	return ids
}

// wasDestroyed reports whether the version of the warning that holds was erased
// here, so that nobody can say anything of it.
func wasDestroyed(c api.Case) bool {
	for _, m := range versionsFirst(c) {
		if isVersion(c, m) {
			return m.State == "destroyed" || !c.Erased.IsZero()
		}
	}
	return false
}

// handlingOf is how the newest version of a case's warning is handled.
func handlingOf(c api.Case) string {
	for _, m := range versionsFirst(c) {
		if isVersion(c, m) {
			return m.Handling
		}
	}
	return c.TLP
}

// noteCommand records that a handling note was read.
func (t *tool) noteCommand() *cobra.Command {
	return t.ask("note CASE", "record that you have read the note that H3 demands in a case", func(ctx context.Context, c *api.Client, args []string) error {
		shown, err := c.ReadNote(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(shown, func(p *page) { printCase(p, shown) })
	})
}

// versionsFirst is the thread of a case with the newest version of a corrected
// warning on top and the earlier ones below it, then everything else in order.
func versionsFirst(c api.Case) (thread []api.Message) {
	if c.Version < 2 {
		return c.Thread
	}
	for _, m := range slices.Backward(c.Thread) {
		if isVersion(c, m) {
			thread = append(thread, m)
		}
	}
	slices.SortStableFunc(thread, func(a, b api.Message) int { return isNewest(c, b) - isNewest(c, a) })
	for _, m := range c.Thread {
		if !isVersion(c, m) {
			thread = append(thread, m)
		}
	}
	return thread
}

func isVersion(c api.Case, m api.Message) bool {
	return m.Ours == c.Ours && (m.Kind == string(envelope.Warning) || m.Kind == string(envelope.Update))
}

func isNewest(c api.Case, m api.Message) int {
	if m.Hash == c.Newest {
		return 1
	}
	return 0
}

func printMessage(p *page, c api.Case, m api.Message) {
	from, partner := c.Partner, c.Partner
	if m.Ours {
		from = "we"
	}
	p.line("%s", m.Handling)
	p.line("%s: %s, number %d, sent %s, %s", from, m.Kind, m.Seq, m.Sent, m.State)
	if m.Receipted {
		by := "received by us"
		if m.Ours {
			by = "received by " + partner
		}
		apart := ""
		if m.Ours && m.Disposition == string(receipt.Quarantined) {
			apart = ", and put into quarantine there"
		}
		p.line("  %s on %s%s, with receipt", by, m.ReceivedAt, apart)
	}
	if !m.CarriedAt.IsZero() {
		p.line("  carried on %s, in file %d; no receipt: nothing came back", m.CarriedAt, m.CarriedIn)
	}
	p.line("  message %s", m.Hash)
	if m.InDoubt != "" {
		p.line("  IN DOUBT: %s", plain(m.InDoubt))
		switch {
		case m.AffirmedBy != "":
			p.line("  affirmed by %s: %s", plain(m.AffirmedBy), plain(m.AffirmedWhy))
		case m.State == "quarantined":
			p.line("  it has no effect; what waits for a person: tocsin affirm")
		}
	}
	switch {
	case m.Step != "" && m.StepReceipted:
		p.line("  step %s, with receipt: %s", m.Step, p.command("tocsin receipt "+m.Hash+" --step"))
	case m.Step != "" && !m.Ours:
		p.line("  step %s, and no receipt of it that verifies", m.Step)
	}
	if m.Withheld != "" {
		p.line("  the text is not shown: %s", plain(m.Withheld))
		return
	}
	if m.LeftOut > 0 {
		p.line("  the text has %s and is not shown among others: %s", api.Size(m.LeftOut), p.command("tocsin case show "+c.ID+" --message "+m.Hash))
		return
	}
	if len(m.Payload) == 0 {
		p.line("  the text was erased; what is left proves that it was sent and received")
		return
	}
	payload, err := warning.Decode(envelope.Kind(m.Kind), m.Payload)
	if err != nil {
		p.quote(string(m.Payload))
		return
	}
	printPayload(p, payload)
}

// printPayload adds what a message says.
func printPayload(p *page, payload warning.Payload) {
	switch v := payload.(type) {
	case *warning.Warning:
		printWarning(p, *v)
		p.quote(v.Text)
	case *warning.Update:
		p.line("  version %d, in place of %s:", v.Version, v.Of)
		p.quote(v.Change)
		printWarning(p, v.Warning)
		p.quote(v.Warning.Text)
	case *warning.Recall:
		p.line("  %s, %s, asks to %s message %s (%s), answer by %s:", v.By.Name, v.By.Role, v.Ask, v.About, v.ID, v.AnswerBy)
		p.quote(v.Reason)
	case *warning.RecallAnswer:
		p.line("  %s, %s, to %s: %s", v.By.Name, v.By.Role, v.Recall, v.Answer)
		p.field("passed on to", v.PassedOn)
		quoteIf(p, v.Reason)
	case *warning.PermissionRequest:
		p.line("  %s, %s, asks %s (%s), answer by %s:", v.By.Name, v.By.Role, v.Used.Words(), v.ID, v.AnswerBy)
		p.quote(v.Reason)
	case *warning.Permission:
		p.line("  %s, %s, to %s: %s", v.By.Name, v.By.Role, v.Request, v.Answer)
		if v.Answer == warning.PermissionGranted {
			printGrant(p, "granted", *v)
		}
		quoteIf(p, v.Reason)
	case *warning.Acknowledgement:
		p.line("  %s, %s: %s", v.By.Name, v.By.Role, v.Answer)
		p.field("about message", v.About)
		quoteIf(p, v.Note)
	case *warning.Request:
		p.line("  %s, %s, asks (%s):", v.By.Name, v.By.Role, v.ID)
		p.quote(v.Question)
	case *warning.Reply:
		p.line("  %s, %s, replies to %s:", v.By.Name, v.By.Role, v.Request)
		p.quote(v.Text)
	case *warning.Outcome:
		p.line("  %s, %s: %s", v.By.Name, v.By.Role, v.Result)
		for _, name := range slices.Sorted(maps.Keys(v.Counters)) {
			p.field(name, fmt.Sprint(v.Counters[name]))
		}
		p.field("contribution", v.Contribution)
		p.field("assurance of treatment kept", v.Treatment)
		p.field("may be made public", v.Public)
		quoteIf(p, v.Text)
	case *warning.Thanks:
		p.line("  %s, %s:", v.By.Name, v.By.Role)
		p.quote(v.Text)
	case *warning.Destruction:
		p.line("  %s (%s)", v.Words(), v.ID)
		if v.By.Name != "" {
			p.field("by", v.By.Name+", "+v.By.Role)
		}
		p.field("messages", v.Messages)
	case *warning.Dispute:
		p.line("  %s, %s, %s (%s): %s", v.By.Name, v.By.Role, v.Word(), v.ID, v.About)
		p.field("messages", v.Messages)
		p.field("answers", v.To)
		p.quote(v.View)
	}
}

func quoteIf(p *page, text string) {
	if text != "" {
		p.quote(text)
	}
}
