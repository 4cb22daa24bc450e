// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds how exactly a partner may be told where and when.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// SetLimits says how exactly a partner may be told where and when. What tightens
// holds at once, also for what is queued; what loosens waits until another releaser
// wants the same. Drafts that were cut before must be composed anew for it.
func (d *Desk) SetLimits(ctx context.Context, who caller.Caller, name string, limits partner.Limits) (channel partner.Channel, err error) {
	if err := limits.Check(); err != nil {
		return channel, err
	}
	note := "place " + limits.Place + ", time " + limits.Time
	err = d.store.Change(ctx, who, store.What{Act: caller.LimitDetail, Subject: name, Note: note}, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		limits.SetBy = who.Name
		first := channel.LimitsAsked
		seconded := first.SetBy != "" && first.SetBy != who.Name && first.Same(limits)
		if seconded {
			if seconded, err = tx.StillMay(first.SetBy, caller.LimitDetail); err != nil {
				return err
			}
		}
		if limits.Looser(channel.Limits) && !seconded {
			channel.LimitsAsked = limits
		} else {
			channel.Limits, channel.LimitsAsked = limits, partner.Limits{}
		}
		if err := store.Channels.Put(tx, name, channel); err != nil {
			return err
		}
		return d.judgeAnew(tx, name)
	})
	return channel, err
}
