// SPDX-License-Identifier: Apache-2.0

package store

// This file asks why before what stands beside reports, drafts and cases is shown:
// what was heard by voice, what partners ask each other, and STIX objects.

import (
	"context"
	"maps"
	"slices"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// unknownWords is said of what an older program kept, without its label.
const unknownWords = "this may be TLP:RED"

// HeardSubject is the id under which what was heard by voice is read, and under which
// a reason for it is given; key is under what it is kept.
func HeardSubject(key string) string { return heardPrefix + key }

// HeardAsks says why opening what was heard by voice asks the caller for a reason;
// empty if it does not. See [Tx.DutyAsks].
func (tx *Tx) HeardAsks(h *Heard) (why string, err error) {
	a, err := tx.ofHeard(h)
	return a.why, err
}

func (tx *Tx) heardAsks(key string) (question, error) {
	h, ok, err := Heards.Find(tx, key)
	if err != nil || !ok {
		return question{}, err
	}
	return tx.ofHeard(&h)
}

// ofHeard is for what was heard: whose message has come is read as its case is.
func (tx *Tx) ofHeard(h *Heard) (question, error) {
	c, ok, err := Cases.Find(tx, h.Case)
	if err != nil {
		return question{}, err
	}
	if ok && c.Partner == h.Partner {
		return tx.wholeCaseAsks(&c)
	}
	a := question{subject: HeardSubject(h.Key()), toLife: h.ToLife}
	switch {
	case h.Label == handling.Red:
		a.why = redWords
	case h.OfPerson:
		a.why = personsWords
	case h.Label.Rank() < 0:
		a.why = unknownWords
	}
	return tx.unlessOwn(h.By, a), nil // who typed it heard all of it
}

// InquiryAsks says why opening a question of either side asks the caller for a reason;
// empty if it does not. See [Tx.DutyAsks].
func (tx *Tx) InquiryAsks(q *warning.KeptInquiry) (why string) { return tx.ofInquiry(q).why }

func (tx *Tx) inquiryAsks(id string) (question, error) {
	q, ok, err := Inquiries.Find(tx, id)
	if err != nil || !ok {
		return question{}, err
	}
	return tx.ofInquiry(&q), nil
}

// ofInquiry is for a question: none is TLP:RED. It names somebody who may be threatened.
func (tx *Tx) ofInquiry(q *warning.KeptInquiry) question {
	a := question{subject: InquiryID(q.Partner, q.Ours, q.Inquiry.ID)}
	if q.Inquiry.About != nil && q.Inquiry.About.NamesPerson() {
		a.why = personsWords
	}
	return tx.unlessOwn(q.AskedBy, a)
}

// Asks says why showing the object to somebody asks for a reason; empty if it does not.
// Who added it to a collection of ours is not asked. The walk must not be one for
// bodies only.
func (f *Found) Asks(who caller.Caller) (why string) {
	if f.Collection != Received && f.stmt.ColumnText(columnOrigin) == who.Name {
		return ""
	}
	if label, _ := handling.Label(f.Audience()); label == handling.Red {
		return redWords
	}
	if object, err := stix.Parse(f.Body()); err == nil && object.NamesPerson() {
		return personsWords
	}
	return ""
}

// reasonFor is the id of the reason that a person gave for opening a collection, some
// of whose objects ask for one. A Reason problem if there is none.
func (s *Store) reasonFor(ctx context.Context, who caller.Caller, what What, page Page) (id string, err error) {
	if page.Why == "" || who.Kind != caller.Person {
		return "", nil
	}
	err = s.Glance(ctx, who, what, func(tx *Tx) error {
		o, err := tx.answered(question{subject: CollectionPrefix + page.Collection, why: page.Why})
		id = o.reason
		return err
	})
	return id, err
}

// wentFrom notes that an object of a collection was taken away, by the place it had.
func (tx *Tx) wentFrom(collection string, place int64) {
	if tx.went == nil {
		tx.went = make(map[string]int64)
	}
	added := addedAt(place) - lead // a date may be ahead of the clock
	if first, some := tx.went[collection]; some {
		added = min(added, first)
	}
	tx.went[collection] = added
}

// loseCollectionReasons takes away, at the end of a change, why people opened the
// collections of which it took objects away: a reason that was given since the first of
// them came may tell of it.
func (tx *Tx) loseCollectionReasons() error {
	for _, collection := range slices.Sorted(maps.Keys(tx.went)) {
		if err := tx.eraseReasonsSince(CollectionPrefix+collection, tx.went[collection]); err != nil {
			return err
		}
	}
	return nil
}
