// SPDX-License-Identifier: Apache-2.0

package keeper

// This file opens the duties of questions that waited because their partner asked
// more than is shown one by one.

import (
	"cmp"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// inquiries opens a duty for each question that waits, the most urgent and then the
// oldest first, while fewer than may of its partner and precedence stand open. A
// partner whose channel is shut waits.
func inquiries(tx *store.Tx) (all []due, next time.Time, err error) {
	old, err := oldInquiries(tx)
	if err != nil {
		return nil, next, err
	}
	askers, err := tx.Askers()
	if err != nil || len(old)+len(askers) == 0 {
		return nil, next, err
	}
	open, err := store.Duties.List(tx, 0, warning.Unclosed()...)
	if err != nil {
		return nil, next, err
	}
	standing := make(map[string]int)
	for _, d := range open {
		if d.Asked() {
			standing[d.Partner+" "+string(d.Precedence)]++
		}
	}
	for _, q := range old {
		channel, ok, err := store.Channels.Find(tx, q.Partner)
		if err != nil {
			return nil, next, err
		}
		key := q.Partner + " " + string(q.Inquiry.Precedence)
		if !ok || !channel.Opens() || standing[key] >= match.MostAsked {
			continue
		}
		standing[key]++
		all = append(all, openAsked(store.InquiryID(q.Partner, false, q.Inquiry.ID)))
	}
	slices.SortStableFunc(askers, func(a, b store.Asker) int { return b.Precedence.Rank() - a.Precedence.Rank() })
	for _, asker := range askers {
		room := match.MostAsked - standing[asker.Partner+" "+string(asker.Precedence)]
		channel, ok, err := store.Channels.Find(tx, asker.Partner)
		if err != nil {
			return nil, next, err
		}
		if !ok || !channel.Opens() || room <= 0 {
			continue
		}
		ids, err := tx.WaitingOf(asker, room)
		if err != nil {
			return nil, next, err
		}
		for _, id := range ids {
			all = append(all, openAsked(id))
		}
	}
	return all, next, nil
}

// oldInquiries are the questions that an older program kept, that nobody has answered
// and that have no duty of their own: it put some to the duty of another.
func oldInquiries(tx *store.Tx) (waiting []warning.KeptInquiry, err error) {
	theirs, err := store.Inquiries.List(tx, 0, store.Theirs)
	for _, q := range theirs {
		if err != nil {
			return nil, err
		}
		if q.Answer != nil {
			continue
		}
		own := false
		if own, err = ownDuty(tx, &q); err == nil && !own {
			waiting = append(waiting, q)
		}
	}
	slices.SortStableFunc(waiting, func(a, b warning.KeptInquiry) int {
		return cmp.Or(b.Inquiry.Precedence.Rank()-a.Inquiry.Precedence.Rank(), a.Inquiry.At.Compare(b.Inquiry.At))
	})
	return waiting, err
}

func ownDuty(tx *store.Tx, q *warning.KeptInquiry) (bool, error) {
	if q.Duty == "" {
		return false, nil
	}
	d, ok, err := store.Duties.Find(tx, q.Duty)
	return ok && d.Subject == q.Inquiry.ID, err
}

func openAsked(id string) due {
	return func(tx *store.Tx) error {
		q, ok, err := store.Inquiries.Find(tx, id)
		if err != nil || !ok || q.Answer != nil {
			return err
		}
		if own, err := ownDuty(tx, &q); err != nil || own {
			return err
		}
		duty := match.AskedDuty(&q.Inquiry, q.Partner, tx.Now)
		q.Duty = duty.ID
		if err := store.Duties.Put(tx, duty.ID, duty); err != nil {
			return err
		}
		return store.Inquiries.Put(tx, id, q)
	}
}
