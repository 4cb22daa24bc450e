// SPDX-License-Identifier: Apache-2.0

package store

// This file says which pledges and watches were touched of late, so that whoever
// holds things against them needs not read all of them after each change.

import (
	"context"
	"sync"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// rememberedPromises is how many touches are remembered.
const rememberedPromises = 8192

// promises are the ids of pledges and watches in the order in which commits
// touched them.
type promises struct {
	mu    sync.Mutex
	count uint64
	last  []string
}

// touch counts touches, and remembers the last of them.
func (p *promises) touch(ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count += uint64(len(ids))
	p.last = append(p.last, ids...)
	if over := len(p.last) - rememberedPromises; over >= rememberedPromises {
		p.last = append([]string(nil), p.last[over:]...)
	}
}

// since are the touches after a mark; known is false if not all are remembered.
func (p *promises) since(mark uint64) (ids []string, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.count - uint64(len(p.last))
	if mark < first || mark > p.count {
		return nil, false
	}
	return append(ids, p.last[mark-first:]...), true
}

func (p *promises) mark() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Promises are the pledges that are ours and the watches, as a change sees them,
// or somebody who reads them outside of one.
type Promises struct {
	store *Store
	tx    *Tx
	ctx   context.Context
}

// Promises are those that a change sees.
func (tx *Tx) Promises() Promises { return Promises{store: tx.store, tx: tx} }

// Promises are those that are committed, read a moment after they are asked for.
// What is read so holds up no change. It is for the node itself.
func (s *Store) Promises(ctx context.Context) Promises { return Promises{store: s, ctx: ctx} }

// Mark counts how often they were touched since the store was opened. settled is
// false if a change of its own group has touched one: what is read then may not
// be kept.
func (p Promises) Mark() (mark uint64, settled bool) {
	return p.store.promises.mark(), p.tx == nil || len(p.tx.batch.promises) == 0
}

// Touched are the ids of those that were touched since a mark, some perhaps
// twice; known is false if that was too long ago. A commit is counted before
// whoever made it is told that it happened.
func (p Promises) Touched(since uint64) (ids []string, known bool) {
	ids, known = p.store.promises.since(since)
	if p.tx != nil {
		ids = append(ids, p.tx.batch.promises...)
	}
	return ids, known
}

// All reads all of them.
func (p Promises) All() (pledges []warning.KeptPledge, watches []warning.Watch, err error) {
	err = p.look(func(tx *Tx) (err error) {
		if watches, err = Watches.List(tx, 0); err == nil {
			pledges, err = Pledges.List(tx, 0, Ours)
		}
		return err
	})
	return pledges, watches, err
}

// Some reads those of these ids that are there.
func (p Promises) Some(ids []string) (pledges []warning.KeptPledge, watches []warning.Watch, err error) {
	read := make(map[string]bool)
	err = p.look(func(tx *Tx) error {
		for _, id := range ids {
			if read[id] {
				continue
			}
			read[id] = true
			pledge, ok, err := Pledges.Find(tx, id)
			if err != nil {
				return err
			}
			if ok && pledge.Ours {
				pledges = append(pledges, pledge)
			}
			watch, ok, err := Watches.Find(tx, id)
			if err != nil {
				return err
			}
			if ok {
				watches = append(watches, watch)
			}
		}
		return nil
	})
	return pledges, watches, err
}

func (p Promises) look(fn func(*Tx) error) error {
	if p.tx != nil {
		return fn(p.tx)
	}
	reader, done, err := p.store.reader(p.ctx)
	if err != nil {
		return err
	}
	defer done()
	return reader.look(p.ctx, p.store.Now(), caller.Self(), fn)
}
