// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about keys: ours are shown, changed and sealed; a
// partner's are marked when they were stolen.

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/node"
)

func (t *tool) keysCommand() *cobra.Command {
	list := t.ask("list", "show our keys, their changes, and who has not read of the newest", func(ctx context.Context, c *api.Client, _ []string) error {
		keys, err := c.Keys(ctx)
		if err != nil {
			return err
		}
		return t.show(keys, func(p *page) { printKeys(p, keys) })
	})
	history := t.ask("history [PARTNER]", "print a history of keys, ours or a partner's: tocsin verify takes it in place of a card", func(ctx context.Context, c *api.Client, args []string) error {
		name := ""
		if len(args) > 0 {
			name = args[0]
		}
		history, err := c.KeyHistory(ctx, name)
		if err != nil {
			return err
		}
		raw, err := history.Encode()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "%s\n", raw)
		return err
	})
	return t.group("keys", "our keys: show, change, seal", list, t.rotateCommand(), t.compromisedCommand(), history, t.passphraseCommand())
}

func (t *tool) rotateCommand() *cobra.Command {
	var order api.ChangeKeys
	c := t.ask("rotate", "make new keys, and tell every partner", func(ctx context.Context, c *api.Client, _ []string) error {
		change, err := c.ChangeKeys(ctx, order)
		if err != nil {
			return err
		}
		return t.show(change, func(p *page) { printChanged(p, change) })
	})
	c.Flags().StringSliceVar(&order.Parts, "only", nil, "only this key: sign, log, seal or witness; may be repeated")
	c.Flags().StringVar(&order.Reason, "why", "", "a word to the partners")
	return c
}

func (t *tool) compromisedCommand() *cobra.Command {
	var order api.ChangeKeys
	var since string
	c := t.ask("compromised --since DATE --why TEXT", "replace every key at once: others may have had them since a date", func(ctx context.Context, c *api.Client, _ []string) (err error) {
		if order.Since, err = sinceWhen(since); err != nil {
			return err
		}
		if err := needed("--why", order.Reason, "TEXT: what happened; partners will read it"); err != nil {
			return err
		}
		change, err := c.ChangeKeys(ctx, order)
		if err != nil {
			return err
		}
		return t.show(change, func(p *page) { printChanged(p, change) })
	})
	c.Flags().StringVar(&since, "since", "", "from when on others may have had the keys, such as 2026-03-01")
	c.Flags().StringVar(&order.Reason, "why", "", "what happened; partners will read it")
	return c
}

func (t *tool) keyStolenCommand() *cobra.Command {
	var stolen api.KeyStolen
	var since string
	var withdraw bool
	c := t.onPartner("key-stolen NAME --since DATE|--withdraw --why TEXT", "say that a partner's keys are or were in other hands", func(ctx context.Context, c *api.Client, name string) (shown api.Partner, err error) {
		if withdraw {
			if since != "" {
				return shown, usage("say one of --since and --withdraw", "stolen, or not?")
			}
			if err := needed("--why", stolen.Why, "TEXT: who said so, and what was mistaken"); err != nil {
				return shown, err
			}
			return c.KeySafe(ctx, name, api.KeySafe{Why: stolen.Why})
		}
		if stolen.Since, err = sinceWhen(since); err != nil {
			return shown, err
		}
		if err := needed("--why", stolen.Why, "TEXT: who said so, and what happened"); err != nil {
			return shown, err
		}
		return c.KeyStolen(ctx, name, stolen)
	})
	c.Flags().StringVar(&since, "since", "", "what was signed from then on is in doubt, such as 2026-03-01")
	c.Flags().StringVar(&stolen.Why, "why", "", "who said so, and what happened")
	c.Flags().BoolVar(&withdraw, "withdraw", false, "take back a mistaken report of the keys it has now")
	return c
}

func sinceWhen(text string) (time.Time, error) {
	if err := needed("--since", text, "DATE: from when on others may have had the keys, such as 2026-03-01"); err != nil {
		return time.Time{}, err
	}
	at, _, err := parseTime(text, false)
	if err != nil {
		return at, usage("write it as 2026-03-01 or 2026-03-01T15:04Z", "--since: %v", err)
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

func (t *tool) passphraseCommand() *cobra.Command {
	var old, fresh string
	var remove bool
	c := t.command("passphrase", "seal the key file with a passphrase, change it, or take it away; the node must be stopped", func(_ context.Context, _ []string) error {
		if err := needed("--dir", t.dir, "DIR: the node's directory"); err != nil {
			return err
		}
		if remove && fresh != "" {
			return usage("say one of --new-passphrase-file and --remove", "a new passphrase, or none?")
		}
		var passphrase []byte
		if !remove {
			var err error
			if passphrase, err = t.newPassphrase(fresh, "--new-passphrase-file"); err != nil {
				return err
			}
		}
		log := slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
		if err := node.SetPassphrase(log, t.dir, t.passphrase(old), passphrase); err != nil {
			return err
		}
		return t.show(map[string]bool{"sealed": !remove}, func(p *page) {
			if remove {
				p.line("the key file is not sealed any more: whoever reads it is the node")
				return
			}
			p.line("the key file is sealed; without the passphrase nobody opens it, and nobody can replace it")
			p.next("tocsin serve --dir %s --passphrase-file FILE", quoted(t.dir))
		})
	})
	c.Flags().StringVar(&old, "passphrase-file", "", "a file with the passphrase it is sealed with now; - for the standard input")
	c.Flags().StringVar(&fresh, "new-passphrase-file", "", "a file with the new one; - for the standard input")
	c.Flags().BoolVar(&remove, "remove", false, "keep the key file unsealed from now on")
	return c
}

func printChanged(p *page, change api.KeyChange) {
	what := "the keys are changed"
	if !change.Since.IsZero() {
		what = "every key is replaced; what the old ones signed since " + when(change.Since) + " is in doubt"
	}
	p.line("%s (number %d); every partner is told", what, change.Number)
	p.field("our digits", change.Digits)
	if !change.Since.IsZero() {
		p.next("call every partner now: each shuts the channel as soon as it reads of this, until somebody there has compared the new digits with us: tocsin partner show NAME; who has not read of it yet: tocsin keys list")
		return
	}
	p.next("compare the digits with each partner at the next call: tocsin partner show NAME; who has not read of it yet: tocsin keys list")
}

func printKeys(p *page, keys api.Keys) {
	if keys.Number == 0 {
		p.line("the keys are the first ones")
		p.field("key id", keys.KeyID)
		p.field("our digits", keys.Digits)
		p.next("tocsin keys rotate")
	}
	for _, change := range keys.Changes {
		since := ""
		if !change.Since.IsZero() {
			since = ", in other hands since " + when(change.Since)
		}
		p.line("%d: %s on %s by %s%s", change.Number, change.Why, when(change.At), change.By, since)
		p.field("why", change.Reason)
		p.field("key id", change.KeyID)
		p.field("our digits", change.Digits)
	}
	if len(keys.Unread) > 0 {
		p.field("not read by", strings.Join(keys.Unread, ", "))
	}
	for _, at := range keys.OldSeals {
		p.field("still opens", "what was sealed before "+when(at))
	}
}

// printPartnerKeys adds what people must know of a partner's keys.
func printPartnerKeys(p *page, shown api.Partner) {
	inDoubt := func(d api.InDoubt) bool { return d.KeyID == shown.Card.KeyID() }
	switch {
	case !shown.KeysChanged.IsZero() && slices.ContainsFunc(shown.InDoubt, inDoubt):
		p.line("  its keys are in doubt, and it has told us of no others: whoever has them can speak as %s. Ask %s for new ones (there: tocsin keys compromised), and compare the digits of those; if the report was mistaken: %s", shown.Name, shown.Name, p.command("tocsin partner key-stolen "+shown.Name+" --withdraw --why TEXT"))
	case !shown.KeysChanged.IsZero():
		p.line("  its keys changed on %s, and the digits with them: compare them at the next call, then %s", when(shown.KeysChanged), p.command("tocsin partner confirm "+shown.Name+" --digits \"DIGITS\""))
	}
	if !shown.OurKeysChanged.IsZero() {
		p.line("  our keys changed on %s, and the digits with them: compare them at the next call, then %s", when(shown.OurKeysChanged), p.command("tocsin partner confirm "+shown.Name+" --digits \"DIGITS\""))
	}
	for _, doubt := range shown.InDoubt {
		p.line("  in doubt: what key %s… signed since %s (%s: %s)", doubt.KeyID[:16], when(doubt.Since), doubt.By, plain(doubt.Why))
	}
	for _, w := range shown.Withdrawn {
		p.line("  withdrawn: that key %s… was in other hands since %s (%s: %s), by %s on %s: %s", w.Report.KeyID[:16], when(w.Report.Since), w.Report.By, plain(w.Report.Why), w.By, when(w.At), plain(w.Why))
	}
}
