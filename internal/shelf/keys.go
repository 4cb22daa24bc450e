// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows keys: ours, a partner's, and what is in doubt.

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// Keys shows our own keys: how often they changed, who has not read of the
// newest, and never a private one. Which opening keys are kept is the outbox's
// to say.
func (s *Shelf) Keys(ctx context.Context, who caller.Caller) (shown api.Keys, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeKeys}, func(tx *store.Tx) error {
		if shown.Number, err = tx.KeyNumber(); err != nil {
			return err
		}
		card, err := tx.OwnCard(s.card)
		if err != nil {
			return err
		}
		shown.KeyID, shown.Digits = card.KeyID(), envelope.Groups(card.Digits())
		changes, err := store.OwnKeys.List(tx, 0)
		if err != nil {
			return err
		}
		for _, own := range changes {
			change, err := ShowChange(own)
			if err != nil {
				return err
			}
			shown.Changes = append(shown.Changes, change)
		}
		unread, err := store.KeyNotices.List(tx, 0, store.KeysUnread)
		for _, notice := range unread {
			shown.Unread = append(shown.Unread, notice.Partner)
		}
		slices.Sort(shown.Unread)
		shown.Unread = slices.Compact(shown.Unread)
		return err
	})
	return shown, err
}

// ShowChange is a change of our keys as people see it.
func ShowChange(own store.OwnChange) (api.KeyChange, error) {
	s, err := own.Change.Peek()
	return api.KeyChange{
		Number: s.Number, At: s.At, InForce: own.InForce, By: own.By, Why: string(s.Why), Since: s.Since, Reason: s.Reason,
		KeyID: s.New.KeyID(), Digits: envelope.Groups(s.New.Digits()),
	}, err
}

// KeyChange shows our change of keys of that number.
func (s *Shelf) KeyChange(ctx context.Context, who caller.Caller, number uint64) (shown api.KeyChange, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeKeys}, func(tx *store.Tx) error {
		own, err := store.OwnKeys.Get(tx, store.SeqText(number))
		if err == nil {
			shown, err = ShowChange(own)
		}
		return err
	})
	return shown, err
}

// OwnHistory is the history of our keys as a file.
func (s *Shelf) OwnHistory(ctx context.Context, who caller.Caller) (h envelope.History, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeNode}, func(tx *store.Tx) error {
		h, err = tx.OwnHistory(s.card)
		return err
	})
	return h, err
}

// KeyHistory is what is known of a partner's keys, as a file.
func (s *Shelf) KeyHistory(ctx context.Context, who caller.Caller, name string) (h envelope.History, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePartners, Subject: name}, func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, name)
		h = channel.History()
		return err
	})
	return h, err
}

// doubts are the reports by which keys are in doubt.
func doubts(eras []envelope.Era) (all []api.InDoubt) {
	for _, era := range eras {
		for _, report := range era.Doubt {
			all = append(all, reported(report))
		}
	}
	return all
}

func reported(r envelope.Report) api.InDoubt {
	return api.InDoubt{KeyID: r.Key, Since: r.Since, Told: r.Told, By: r.By, Why: r.Why}
}

// withdrawn are the reports that were mistaken.
func withdrawn(reports []partner.Withdrawn) (all []api.Withdrawn) {
	for _, w := range reports {
		all = append(all, api.Withdrawn{Report: reported(w.Report), By: w.By, At: w.At, Why: w.Why})
	}
	return all
}

// inDoubt says in words why a message, or the receipt for one of ours, may be
// somebody else's; empty if it is not in doubt.
func inDoubt(channel partner.Channel, m store.Message, sent time.Time, r *receipt.Receipt) string {
	if m.Direction == store.In {
		if report, doubted := channel.DoubtedAt(m.Seq, sent, m.At); doubted {
			return "in doubt: " + doubtText(report)
		}
		return ""
	}
	if r == nil {
		return ""
	}
	era, err := verifyBy(channel.Eras(), r)
	if err != nil {
		return ""
	}
	if era.Past {
		return "its receipt is in doubt: " + partner.PastText(era)
	}
	// Received after it was sent: if that was in the doubtful time, so is this.
	if report, doubted := era.InDoubt(r.Statement.Time(), m.At); doubted {
		return "its receipt is in doubt: " + doubtText(report)
	}
	return ""
}

func doubtText(report envelope.Report) string {
	return fmt.Sprintf("%s says that the key was in other hands since %s (%s)", report.By, report.Since.Format(time.RFC3339), report.Why)
}

// verifyBy verifies a receipt by the keys that a node has, or had when it says.
func verifyBy(eras []envelope.Era, r *receipt.Receipt) (envelope.Era, error) {
	return partner.VerifyHeld(eras, r.Statement.Time(), func(card envelope.Card) error {
		return r.Verify(keysOf(card))
	})
}
