// SPDX-License-Identifier: Apache-2.0

package store

// This file gives review dates to what is neither a source report nor a draft nor
// a case: a statement that is public, and the objects of a collection.

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	// OfStatement is a statement of ours that was cleared. It is never erased: it is
	// public, and somebody says anew whether it stands.
	OfStatement = "statement"
	// OfCollection are the objects of a collection, each by when it was added.
	OfCollection = "collection"
)

// yearDays is how long a thing is kept whose author named no date.
const yearDays = 365

// CollectionPrefix begins how people name the objects of a collection.
const CollectionPrefix = "collection--"

func keepStatement(tx *Tx, s *warning.Statement) error {
	if !s.Public() {
		return nil
	}
	return tx.retain(Retention{Kind: OfStatement, ID: s.ID, Given: warning.DateOf(s.ClearedAt.AddDate(0, 0, yearDays)), Since: s.ClearedAt})
}

func keepCollection(tx *Tx, c *Collection) error {
	id := RetentionID(OfCollection, c.ID)
	r, known, err := Retentions.Find(tx, id)
	if err != nil || known && r.Purpose == c.Purpose {
		return err
	}
	r.Kind, r.ID, r.Purpose, r.State = OfCollection, c.ID, c.Purpose, RetentionKept
	if err := tx.Redate(&r); err != nil {
		return err
	}
	return Retentions.Put(tx, id, r)
}

// Redate works out anew, by the oldest object of a collection, when the first is
// erased. Without an object it is when the first would be that came now.
func (tx *Tx) Redate(r *Retention) error {
	oldest, err := tx.objectsBefore(r.ID, tx.Now.AddDate(100, 0, 0), 1)
	if err != nil {
		return err
	}
	if r.Since = tx.Now; len(oldest) > 0 {
		r.Since = oldest[0].Added
	}
	if err := tx.limit(r); err != nil {
		return err
	}
	r.Due = r.Since.AddDate(0, 0, yearDays)
	for _, d := range r.Decided {
		if d.What == "keep" && d.Until.After(r.Due) {
			r.Due = d.Until
		}
	}
	if r.Limit.Before(r.Due) {
		r.Due = r.Limit
	}
	return nil
}

// eraseAtOnce is how many objects of a collection are erased in one transaction.
const eraseAtOnce = 500

// EraseObjects erases the objects of a collection whose time has come, some at a
// time, and gives the others their dates.
func (tx *Tx) EraseObjects(r Retention) error {
	days, err := tx.LongestDays(r.Purpose)
	if err != nil {
		return err
	}
	// Whoever kept them longer kept all that was there then: it ends for all at once.
	last := tx.Now.AddDate(0, 0, -int(min(days, yearDays)))
	f, err := tx.feed(r.ID)
	if err != nil {
		return err
	}
	old, err := tx.objectsBefore(r.ID, last, eraseAtOnce)
	if err != nil {
		return err
	}
	// The newest version goes last: until then no other is the last, which has it added anew.
	slices.SortStableFunc(old, func(a, b Object) int { return strings.Compare(a.Version, b.Version) })
	for _, o := range old {
		if err := tx.eraseObject(f, o); err != nil {
			return err
		}
	}
	r.State, r.Waits = RetentionKept, ""
	if err := tx.Redate(&r); err != nil {
		return err
	}
	if !r.Due.After(tx.Now) {
		r.State = RetentionAsked // there are more: at the next look
	}
	return Retentions.Put(tx, RetentionID(OfCollection, r.ID), r)
}

// objectsBefore are objects of a collection that were added until then, the oldest
// first, at most limit, whoever may see them.
func (tx *Tx) objectsBefore(collection string, until time.Time, limit int) (all []Object, err error) {
	f, err := tx.feed(collection)
	if err != nil {
		return nil, err
	}
	for _, s := range f.ranges {
		some, _, err := tx.full(limit, `WHERE place BETWEEN ? AND ? ORDER BY place`, s.place(dawn), s.place(until.UnixMicro()))
		if err != nil {
			return nil, err
		}
		for i := range some {
			some[i].Collection = collection
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b Object) int { return a.Added.Compare(b.Added) })
	return all[:min(limit, len(all))], nil
}

// eraseObject takes one version away, also of what nobody may see.
func (tx *Tx) eraseObject(f *feed, o Object) error {
	k, err := tx.kin(f, o.ID, o.Version)
	if err != nil {
		return err
	}
	for _, gone := range k.same {
		if gone.place == o.place {
			return tx.dropVersion(f, o, gone)
		}
	}
	return nil
}
