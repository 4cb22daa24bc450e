// SPDX-License-Identifier: Apache-2.0

package keeper

// This file looks at the clocks only when one of them has run out or has been
// set: a node keeps more drafts and cases every day.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
)

// clockwork is one sort of clock: what is due by it, and when the next is. kinds
// are the rows it depends on.
type clockwork struct {
	find  func(*store.Tx) (all []due, next time.Time, err error)
	kinds []string
}

// looked is what a look at a sort of clock found, while nothing was due.
type looked struct {
	at, next time.Time // next is zero if no clock runs
	state    uint64
}

// lookAnyway is how long nothing is looked at that has not changed.
const lookAnyway = 10 * time.Minute

func clockworks() []clockwork {
	return []clockwork{
		{duties, []string{store.Duties.Kind(), store.Rotas.Kind(), store.Persons.Kind()}},
		{reviews, []string{store.Drafts.Kind(), store.Alarms.Kind()}}, // an alarm that is dismissed is raised again
		{answers, []string{store.Cases.Kind()}},
		{recalls, []string{store.Recalls.Kind()}},
		{redresses, []string{store.Redresses.Kind()}},
		{permissions, []string{store.Permissions.Kind()}},
		{inquiries, []string{store.Inquiries.Kind(), store.Duties.Kind(), store.RowChannel}},
		{retentions, []string{store.Retentions.Kind()}},
	}
}

// states count the changes of what each sort of clock depends on.
func (k *Keeper) states() (all []uint64) {
	for _, work := range clockworks() {
		n := uint64(0)
		for _, kind := range work.kinds {
			n += k.store.State(kind)
		}
		all = append(all, n)
	}
	return all
}

// clocks is what is due by any clock.
func (k *Keeper) clocks(tx *store.Tx, states []uint64) (all []due, err error) {
	if k.looked == nil {
		k.looked = make([]looked, len(states))
	}
	_, jumped := k.store.Jumped(4 * interval)
	for i, work := range clockworks() {
		last := &k.looked[i]
		if !jumped && !last.at.IsZero() && last.state == states[i] && !last.over(tx.Now) {
			continue
		}
		*last = looked{}
		found, next, err := work.find(tx)
		if err != nil {
			return nil, err
		}
		if all = append(all, found...); len(found) == 0 {
			*last = looked{at: tx.Now, next: next, state: states[i]}
		}
	}
	return all, nil
}

// over reports whether it is time to look again, whatever has changed: also if
// the clock was put back.
func (l *looked) over(now time.Time) bool {
	since := now.Sub(l.at)
	return since < 0 || since >= lookAnyway || !l.next.IsZero() && !now.Before(l.next)
}

// sooner is the sooner of two times; zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
