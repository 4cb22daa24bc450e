// SPDX-License-Identifier: Apache-2.0

package main

// This file shows how far a restored node is with asking its partners, and takes
// what an administrator decides meanwhile.

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) recoverCommand() *cobra.Command {
	var without, why string
	var hand, fresh bool
	c := t.ask("recover", "how far a restored node is with asking its partners; go on without one; begin a new log; or say that a copy was put back by hand", func(ctx context.Context, c *api.Client, _ []string) (err error) {
		var r api.Recovery
		switch {
		case hand && (without != "" || fresh) || fresh && without != "":
			return usage("say one of --by-hand, --new-log and --without", "begin a recovery, or go on with one?")
		case hand:
			if err := needed("--why", why, "TEXT: what was put back, and why"); err != nil {
				return err
			}
			r, err = c.RecoverByHand(ctx, api.GoOn{Reason: why})
		case fresh:
			if err := needed("--why", why, "TEXT: who may hold more of the log than was restored"); err != nil {
				return err
			}
			r, err = c.NewLog(ctx, api.GoOn{Reason: why})
		case without != "":
			if err := needed("--why", why, "TEXT: why nobody waits for its word"); err != nil {
				return err
			}
			r, err = c.GoWithout(ctx, without, api.GoOn{Reason: why})
		default:
			r, err = c.Recovery(ctx)
		}
		if err != nil {
			return err
		}
		return t.show(r, func(p *page) { printRecovery(p, r) })
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&without, "without", "", "do not wait for this partner; nothing passes between the two until it has said what it holds")
	flags.StringVar(&why, "why", "", "the reason, for the log")
	flags.BoolVar(&fresh, "new-log", false, "the log goes on under another name: partners that were paired after the backup may hold more of it")
	flags.BoolVar(&hand, "by-hand", false, "the directory was put back to an earlier copy without tocsin restore: ask the partners")
	return c
}

func printRecovery(p *page, r api.Recovery) {
	if r.ID == "" {
		p.line("this node was never restored")
		return
	}
	what := "restored on " + when(r.Restored) + " from a backup of " + when(r.Made)
	if r.ByHand {
		what = "put back by hand; the recovery began on " + when(r.Restored)
	}
	p.line("%s, with a log of %d leaves", what, r.Size)
	for _, partner := range r.Partners {
		p.row("partner", partner.Partner, regainedWords(partner))
	}
	p.flush()
	if r.Ordered != "" {
		p.line("%s ordered another name for the log: %s", r.Ordered, plain(r.Why))
	}
	switch {
	case r.Open:
		p.line("IN RECOVERY: nothing is sent, receipted or cosigned; people can read")
		for _, name := range r.Waits {
			p.next("wait for %s, or call them: a partner refuses a copy from before our keys were changed; if files alone reach it: tocsin carry out %s FILE", name, name)
			p.next("at your own risk: tocsin recover --without %s --why TEXT", name)
		}
	case r.Ordered != "" && !r.NewLog:
		p.line("ended on %s; the log takes its new name now", when(r.Ended))
	case r.NewLog:
		p.line("ended on %s: the log goes on under another name, and each partner is told", when(r.Ended))
		for _, partner := range r.Partners {
			if partner.Without != "" && partner.Without != "expelled" && partner.Heard.IsZero() {
				p.next("if files alone reach %s: tocsin carry out %s FILE asks it", partner.Partner, partner.Partner)
			}
		}
	default:
		p.line("ended on %s: nobody has seen more than was restored", when(r.Ended))
	}
}

func regainedWords(r api.Regained) string {
	heard := "heard"
	if r.ByHand {
		heard = "heard by hand"
	}
	switch {
	case !r.Heard.IsZero() && !r.Ahead:
		return heard + ": it has seen no more than was restored"
	case !r.Heard.IsZero():
		return fmt.Sprintf("%s: it has seen more; %d of ours and %d of its messages came back, %d of ours are lost", heard, r.Ours, r.Theirs, r.Lost)
	case r.Without == "expelled":
		return "expelled: it is not asked"
	case r.Without != "":
		return "left out by " + r.Without + ": " + plain(r.Why) + "; it is still asked" + inFile(r) + ", and nothing passes between the two until it has said"
	case r.Failure != "":
		asked := ""
		if !r.Asked.IsZero() {
			asked = "; asked" + inFile(r)
		}
		return "not heard: " + plain(r.Failure) + asked
	}
	return "being asked" + inFile(r)
}

// inFile says in which file a partner was asked last.
func inFile(r api.Regained) string {
	if r.Asked.IsZero() {
		return ""
	}
	return fmt.Sprintf(" in file %d of %s", r.File, when(r.Asked))
}
