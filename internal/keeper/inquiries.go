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
	waiting, err := waitingInquiries(tx)
	if err != nil || len(waiting) == 0 {
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
	for _, q := range waiting {
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
	return all, next, nil
}

// waitingInquiries are the questions that nobody has answered and that have no duty
// of their own. An older program put them to the duty of another.
func waitingInquiries(tx *store.Tx) (waiting []warning.KeptInquiry, err error) {
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
