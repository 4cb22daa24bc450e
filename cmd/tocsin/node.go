// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about the node itself: init, serve, status, card.

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) initCommand() *cobra.Command {
	var setup node.Setup
	var passphraseFile string
	c := t.command("init", "make a node: keys, store, first administrator", func(ctx context.Context, _ []string) error {
		setup.Dir = t.dir
		if passphraseFile != "" {
			passphrase, err := t.newPassphrase(passphraseFile, "--passphrase-file")
			if err != nil {
				return err
			}
			setup.Passphrase = passphrase
		}
		for _, flag := range []struct{ name, value, why string }{
			{"--dir", setup.Dir, "DIR: where the node is kept"},
			{"--name", setup.Name, "NAME: how partners will know it, in lower-case letters, digits and hyphens"},
			{"--country", setup.Country, "CC: its country, such as NO"},
		} {
			if err := needed(flag.name, flag.value, flag.why); err != nil {
				return err
			}
		}
		installed, err := node.Init(ctx, slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelWarn})), setup)
		if err != nil {
			return err
		}
		return t.show(installed, func(p *page) {
			p.line("made the node %s in %s", installed.Name, installed.Dir)
			p.field("address", installed.Address)
			p.field("its digits", installed.Digits+"  (its half of the 60 that two people compare by voice)")
			p.field("sign-in link", installed.SignInLink+"  (once, within 24 hours, in a browser)")
			p.line("")
			dir := quoted(installed.Dir)
			p.line("next: start it:        tocsin serve --dir %s", dir)
			p.line("      add people:      tocsin person add NAME --title TITLE --role analyst --dir %s", dir)
			p.line("      find a partner:  tocsin invite --dir %s", dir)
			p.line("On this machine, as this user, commands with --dir %s speak as the first administrator.", dir)
		})
	})
	flags := c.Flags()
	flags.StringVar(&setup.Name, "name", "", "how partners will know it")
	flags.StringVar(&setup.Country, "country", "", "its country, ISO 3166-1 alpha-2, such as NO")
	flags.StringVar(&setup.Listen, "listen", node.DefaultListen, "host:port to listen on")
	flags.StringVar(&setup.Address, "address", "", "the base URL others reach it by (default: http:// and the listening address)")
	flags.StringVar(&passphraseFile, "passphrase-file", "", "seal the keys with the passphrase in this file; - for the standard input")
	flags.StringVar(&setup.Admin, "admin", "admin", "the first administrator's sign-in name")
	return c
}

// serveMemory is what a node that serves tries to stay below, in bytes; GOMEMLIMIT
// says another. It needs far less: what is left over is not yet collected, and
// near the limit it is collected sooner.
const serveMemory = 84 << 20

func (t *tool) serveCommand() *cobra.Command {
	options := node.Options{Version: version()}
	var quiet bool
	var passphraseFile string
	c := t.command("serve", "run the node until it is interrupted", func(ctx context.Context, _ []string) error {
		if err := needed("--dir", t.dir, "DIR: the node's directory"); err != nil {
			return err
		}
		level := slog.LevelInfo
		if quiet {
			level = slog.LevelWarn
		}
		log := slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: level}))
		if os.Getenv("GOMEMLIMIT") == "" {
			debug.SetMemoryLimit(serveMemory)
		}
		options.Passphrase = t.passphrase(passphraseFile)
		n, err := node.Open(log, t.dir, options)
		if err != nil {
			return err
		}
		if err := n.Run(ctx); err != nil {
			return err
		}
		log.Info("stopped; everything is kept")
		return nil
	})
	flags := c.Flags()
	flags.StringVar(&options.TLSCert, "tls-cert", "", "a certificate file, PEM")
	flags.StringVar(&options.TLSKey, "tls-key", "", "its key file, PEM")
	flags.StringSliceVar(&options.ACME, "acme", nil, "a domain to get a certificate for from Let's Encrypt; may be repeated")
	flags.BoolVar(&options.BehindProxy, "behind-proxy", false, "a proxy in front ends TLS")
	flags.StringVar(&passphraseFile, "passphrase-file", "", "a file with the passphrase of the keys; - for the standard input (default: the systemd credential "+node.CredentialName+", or asked at the terminal)")
	flags.BoolVar(&quiet, "quiet", false, "log warnings and errors alone")
	return c
}

// status is what tocsin status prints.
type status struct {
	Node  api.Node  `json:"node"`
	Me    api.Me    `json:"me"`
	Board api.Board `json:"board"`
	// Pending says what each channel that is not open yet waits for.
	Pending []waiting `json:"pending,omitempty"`
}

type waiting struct {
	Partner string   `json:"partner"`
	For     []string `json:"for"`
}

func (t *tool) statusCommand() *cobra.Command {
	return t.ask("status", "what the node is, and what waits for somebody", func(ctx context.Context, c *api.Client, _ []string) error {
		var s status
		var err error
		if s.Node, err = c.Node(ctx); err != nil {
			return err
		}
		if s.Me, err = c.Me(ctx); err != nil {
			return err
		}
		if s.Me.Kind != "machine" { // a tool sees no board
			if s.Board, err = c.Board(ctx); err != nil {
				return err
			}
		}
		for _, line := range s.Board.Partners {
			if line.State != "pending" {
				continue
			}
			pending, err := c.Partner(ctx, line.Name)
			if err != nil {
				return err
			}
			s.Pending = append(s.Pending, waiting{line.Name, pending.Missing})
		}
		return t.show(s, func(p *page) { printStatus(p, s) })
	})
}

func printStatus(p *page, s status) {
	if s.Me.Kind == "machine" {
		p.line("%s (%s) at %s, running %s; you are %s, a tool: it brings things in and reads, and decides nothing",
			s.Node.Name, s.Node.Country, s.Node.Address, s.Node.Version, s.Me.Name)
		return
	}
	p.line("%s (%s) at %s, running %s; you are %s: %s", s.Node.Name, s.Node.Country, s.Node.Address, s.Node.Version, s.Me.Name, s.Me.Roles)
	if trouble := s.Board.Trouble; trouble != nil {
		p.line("TROUBLE since %s: %s", when(trouble.Since), trouble.Text)
		p.next("%s", trouble.Hint)
	}
	for _, alarm := range s.Board.Alarms {
		p.row("alarm", alarm.Level, alarm.ID, alarm.Text) // the text is the longest, and last
	}
	for _, duty := range s.Board.Duties {
		p.row("duty", duty.Precedence, "to warn "+duty.Partner+": "+titled(duty.Handling, duty.Title), dutyState(&duty)+", due "+when(duty.Due), duty.ID)
	}
	for _, draft := range s.Board.Drafts {
		p.row("draft", draft.Precedence, fmt.Sprintf("%s for %s: %s", draft.Stage, strings.Join(draft.Partners, ", "), titled(draft.Handling, draft.Title)), due("review due", when(draft.ReviewDue)), draft.ID)
	}
	for _, c := range s.Board.Cases {
		who := "from " + c.Partner
		if c.Ours {
			who = "to " + c.Partner
		}
		p.row("case", c.Precedence, who+": "+titled(c.Handling, c.Title), caseState(c), c.ID)
	}
	for _, r := range s.Board.Recalls {
		who, by := r.Partner+" asks for it back, and waits for our answer", "due "+when(r.AnswerBy)
		if r.Ours {
			who = "we asked " + r.Partner + " for it back"
		}
		if r.Overdue {
			by = "overdue since " + when(r.AnswerBy)
		}
		p.row("recall", r.Ask, who, by, r.ID)
	}
	for _, r := range s.Board.Permissions {
		by := due("due", when(r.AnswerBy))
		if r.Waits && r.Withdrawn != nil {
			by = "withdrawn " + when(r.Withdrawn.At)
		}
		p.row("permission", r.Use, whoAsks(r), by, r.ID)
	}
	for _, proposal := range s.Board.Proposals {
		p.row("proposed", proposalWords(proposal), "by "+proposal.By+": "+proposal.Words, "waits for a second person", proposal.Policy)
	}
	for _, watch := range s.Board.Watches {
		p.row("watch", watch.Raise, watch.Event, when(watch.Window.Start)+" to "+when(watch.Window.End), watch.ID)
	}
	for _, partner := range s.Board.Partners {
		p.row("partner", partner.State, partner.Name, queuedWords(partner))
	}
	for _, feed := range s.Board.Feeds {
		if feed.Held != "" {
			p.line("the feed %s sends nothing: %s", feed.Name, feed.Held)
			p.next("%s", feed.WayOut)
			continue
		}
		if feed.Silent != "" {
			p.line("the feed %s waits: %s", feed.Name, feed.Silent)
			p.next("see how far the node is: tocsin recover")
			continue
		}
		p.line("the feed %s has failed since %s, and is tried again at %s: %s", feed.Name, when(feed.Failing), when(feed.Next), withoutPackage(feed.Failure))
		p.next("tocsin taxii feed show %s", feed.Name)
	}
	if slices.ContainsFunc(s.Board.Recalls, func(r api.Recall) bool { return !r.Ours }) {
		p.next("read what is asked, and how to answer: tocsin recalls")
	}
	for _, proposal := range s.Board.Proposals {
		switch proposal.Kind {
		case "policy":
			p.next("another releaser looks at it: tocsin policy diff in-force %s", proposal.Policy)
		case "assurance":
			p.next("another releaser judges for themselves: tocsin assurance list")
		case "detail":
			p.next("another releaser wants the same, or not: tocsin partner show %s", proposal.Partner)
		}
	}
	for _, c := range s.Board.Cases {
		if c.Questions > 0 {
			p.next("read what %s asks, and answer: tocsin case show %s", c.Partner, c.ID)
		}
	}
	if slices.ContainsFunc(s.Board.Permissions, func(r api.Permission) bool { return !r.Ours }) {
		p.next("read what is asked, and answer: tocsin permission list")
	}
	for _, r := range s.Board.Permissions {
		if r.Waits {
			p.next("read why it was withdrawn, and say what was done: tocsin permission show %s", r.ID)
		}
	}
	for _, partner := range s.Board.Partners {
		if partner.Compare {
			p.line("the digits of the channel to %s became others: two people compare them anew, by voice", partner.Name)
			p.next("tocsin partner show %s", partner.Name)
		}
	}
	for _, partner := range s.Board.Partners {
		if !partner.Asks.IsZero() {
			p.line("%s was restored, and asked in a file of %s what this node holds of it", partner.Name, when(partner.Asks))
			p.next("take every older file of %s first; then tocsin carry out %s FILE, which answers", partner.Name, partner.Name)
			continue
		}
		if partner.CarryBack > 0 {
			p.line("%s to be carried back to %s", waitingReceipts(partner.CarryBack), partner.Name)
			p.next("tocsin carry out %s FILE", partner.Name)
		}
	}
	for _, pending := range s.Pending {
		p.line("the channel to %s waits for: %s", pending.Partner, strings.Join(pending.For, "; "))
		p.next("tocsin partner show %s", pending.Partner)
	}
	p.flush()
	if len(s.Board.Partners) == 0 {
		p.line("no partners yet")
		p.next("tocsin invite, or tocsin accept TEXT")
	}
}

// dutyState says what a duty waits for.
func dutyState(d *warning.Duty) string {
	switch d.State {
	case warning.DutyProposed:
		return "waits for a second officer"
	case warning.DutyWarn:
		return "to be given"
	}
	return string(d.State)
}

// proposalWords say what one person proposed.
func proposalWords(proposal api.Proposal) string {
	switch proposal.Kind {
	case "policy":
		return "a policy"
	case "assurance":
		return "a sheet on " + proposal.Partner + ", " + proposal.Country
	}
	return "how exactly " + proposal.Partner + " is told"
}

// queuedWords say what waits for a partner, and what of its own waits here.
func queuedWords(partner api.PartnerLine) string {
	words := fmt.Sprintf("%d queued", partner.Queued)
	if partner.Quarantined > 0 {
		words += fmt.Sprintf(", %d quarantined", partner.Quarantined)
	}
	return words
}

func due(word, at string) string {
	if at == "" {
		return ""
	}
	return word + " " + at
}

// cardCommand prints a card as the file that verify --key reads.
func (t *tool) cardCommand() *cobra.Command {
	return t.command("card [PARTNER]", "print a public card: our own, or a partner's", func(ctx context.Context, args []string) error {
		var card envelope.Card
		if len(args) == 0 {
			client, err := t.anyone()
			if err != nil {
				return err
			}
			answer, err := client.Node(ctx)
			if err != nil {
				return t.reached(err)
			}
			card = answer.Card
		} else {
			client, err := t.client(ctx)
			if err != nil {
				return err
			}
			partner, err := client.Partner(ctx, args[0])
			if err != nil {
				return t.reached(err)
			}
			card = partner.Card
		}
		raw, err := card.Encode()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "%s\n", raw)
		return err
	})
}
