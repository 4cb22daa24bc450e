// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people decide when a partner's keys were stolen.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// KeyStolen keeps that the keys of a partner are or were in other hands since a
// moment, as somebody was told by voice. What they signed from then on is in
// doubt, for good; the channel is shut until the digits were compared anew and
// somebody restores it.
func (d *Desk) KeyStolen(ctx context.Context, who caller.Caller, name string, since time.Time, why string) (channel partner.Channel, err error) {
	if strings.TrimSpace(why) == "" || len(why) > envelope.MaxReason {
		return channel, problem.New(problem.Invalid, "say in a sentence who said so, and what happened", "stolen keys need a reason")
	}
	if since.IsZero() {
		return channel, problem.New(problem.Invalid, "say since when, such as 2026-03-01: what was signed from then on is in doubt", "stolen keys need a date")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.DistrustKeys, Subject: name}, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		if since.After(tx.Now) {
			return problem.New(problem.Invalid, "give the moment from which on others may have had them", "%s is still to come", since.Format(time.RFC3339))
		}
		since := since.UTC().Truncate(time.Millisecond)
		if known, doubted := channel.Stolen(); doubted && since.Before(known.Since) {
			// More is in doubt than the alarm that stands says.
			if err := tx.Settle(warning.StolenKeys(name, since), who.Name, "reported anew, with an earlier date"); err != nil {
				return err
			}
		}
		channel.Report(envelope.Report{Since: since, Told: tx.Now, By: who.Name, Why: why})
		before := channel.State
		channel.Distrust(who.Name, why, tx.Now)
		if err := become(tx, &channel, before); err != nil {
			return err
		}
		return tx.Raise(warning.StolenKeys(name, since))
	})
	return channel, err
}

// KeySafe takes back what was reported of the keys that a partner has now: it was
// mistaken. What they signed is not in doubt by it any more, and the reports stay
// on record. The channel stays shut until the digits were compared anew and
// somebody restores it.
func (d *Desk) KeySafe(ctx context.Context, who caller.Caller, name, why string) (channel partner.Channel, err error) {
	if strings.TrimSpace(why) == "" || len(why) > envelope.MaxReason {
		return channel, problem.New(problem.Invalid, "say in a sentence who said so, and what was mistaken", "a report is withdrawn with a reason")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.WithdrawDoubt, Subject: name}, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		if err := channel.Withdraw(who.Name, why, tx.Now); err != nil {
			return err
		}
		if err := tx.Settle(warning.StolenKeys(name, tx.Now), who.Name, "the report was withdrawn: "+why); err != nil {
			return err
		}
		return store.Channels.Put(tx, name, channel)
	})
	return channel, err
}
