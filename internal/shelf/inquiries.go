// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows what partners ask each other outside of a case.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Inquiries lists what partners asked us and we asked them, newest first, without the
// words of what asks for a reason.
func (s *Shelf) Inquiries(ctx context.Context, who caller.Caller) (all []warning.KeptInquiry, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadDuty}, func(tx *store.Tx) error {
		kept, err := store.Inquiries.List(tx, 0)
		for _, q := range kept {
			third, failed := tx.ThirdParty(who, q.Partner)
			if failed != nil {
				return failed
			}
			if q.Ours || !third {
				listInquiry(tx, &q)
				all = append(all, q)
			}
		}
		return err
	})
	return all, err
}

// ChangedInquiry is a question as it is shown to whoever has just answered it: as in
// the list.
func (s *Shelf) ChangedInquiry(ctx context.Context, who caller.Caller, q warning.KeptInquiry) (warning.KeptInquiry, error) {
	err := s.store.Glance(ctx, who, store.What{Act: caller.ReadDuty}, func(tx *store.Tx) error {
		listInquiry(tx, &q)
		return nil
	})
	if err != nil {
		return warning.KeptInquiry{}, err
	}
	return q, nil
}

// listInquiry takes out of a question what a list does not say of it.
func listInquiry(tx *store.Tx, q *warning.KeptInquiry) {
	if why := tx.InquiryAsks(q); why != "" {
		q.Withhold(why + ": open it")
	}
}

// Inquiry shows one question with its words: by its id, or as the list names it. Where
// it names a person whoever did not ask it says why. A Conflict if several have that id.
func (s *Shelf) Inquiry(ctx context.Context, who caller.Caller, id string) (q warning.KeptInquiry, err error) {
	what := store.What{Act: caller.ReadDuty}
	err = s.store.Glance(ctx, who, what, func(tx *store.Tx) error {
		what.Subject, err = inquiryID(tx, id)
		return err
	})
	if err != nil {
		return q, err
	}
	err = s.store.Show(ctx, who, what, func(tx *store.Tx) error {
		if q, err = store.Inquiries.Get(tx, what.Subject); err != nil || q.Ours {
			return err
		}
		return notThird(tx, who, q.Partner)
	})
	if err != nil {
		return warning.KeptInquiry{}, s.refused(ctx, who, what, err)
	}
	return q, nil
}

// inquiryID finds as what a question is kept that people name.
func inquiryID(tx *store.Tx, name string) (string, error) {
	found, err := tx.InquiriesNamed(name)
	if err != nil {
		return "", err
	}
	switch len(found) {
	case 0:
		return "", problem.New(problem.Missing, "see tocsin duty asked", "there is no such question")
	case 1:
		return found[0], nil
	}
	return "", problem.New(problem.Conflict, "give a partner's as in:PARTNER:"+name, "several questions have this id")
}
