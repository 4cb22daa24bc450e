// SPDX-License-Identifier: Apache-2.0

package intake

// This file takes in objects that tools bring: one part reads, one checks, one
// writes, all at once, and what comes out is in the order in which it came in.

import (
	"context"
	"errors"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Kept says what became of one object of Accept.
type Kept struct {
	ID      string
	Version string // as the object writes it; when it was added, if it writes none
	Problem error  // nil if it was kept, or was there already
}

// How many objects, and how many bytes of them, go together.
const (
	// A portion is checked in one piece.
	portionCount = 64
	portionBytes = 256 << 10
	// portions wait to be written while the writer is busy.
	portions = 10
	// A batch shares a transaction. It is written before it is full if nothing
	// more is there and it is worth its commit.
	batchCount  = 1000
	batchBytes  = 4 << 20
	batchLeast  = 500
	releaseMany = 1000
)

// Accept keeps a stream of objects in a collection. An object that is not right
// fails alone; each is reported. An error means that the rest was not taken:
// what was reported before it stays, and the whole stream may be sent again,
// since an object that is there already is kept once. The error of a broken
// stream is the stream's own. report is not called twice at once, nor after
// Accept has returned.
func (in *Intake) Accept(ctx context.Context, who caller.Caller, collection string, objects iter.Seq2[stix.Object, error], report func(Kept)) error {
	taking := &taking{in: in, who: who, collection: collection, report: report, queue: make(chan *portion, portions)}
	group, failed := errgroup.WithContext(ctx)
	group.Go(func() error { return taking.write(ctx) })
	checkers := errgroup.Group{}
	checkers.SetLimit(runtime.GOMAXPROCS(0))
	var broken error
	next := newPortion()
	send := func() bool {
		full := next
		next = newPortion()
		checkers.Go(func() error { full.check(collection, who.Name); return nil })
		select {
		case taking.queue <- full:
			return true
		case <-failed.Done():
			return false
		}
	}
	for object, err := range objects {
		var one *stix.ObjectError
		if err != nil && !errors.As(err, &one) {
			broken = err
			break
		}
		next.pieces = append(next.pieces, piece{object: object, problem: err})
		next.size += object.Size()
		if (len(next.pieces) == portionCount || next.size >= portionBytes) && !send() {
			break
		}
	}
	if failed.Err() == nil && len(next.pieces) > 0 {
		send()
	}
	close(taking.queue)
	_ = checkers.Wait() // they have no errors
	return errors.Join(group.Wait(), broken)
}

// piece is one object on its way.
type piece struct {
	object  stix.Object
	problem error
	row     store.Object
}

// portion is some objects that are checked together.
type portion struct {
	pieces  []piece
	size    int
	checked chan struct{}
}

func newPortion() *portion {
	return &portion{pieces: make([]piece, 0, portionCount), checked: make(chan struct{})}
}

// check checks each object, and does with it what needs no transaction.
func (p *portion) check(collection, origin string) {
	defer close(p.checked)
	for i := range p.pieces {
		one := &p.pieces[i]
		if one.problem == nil {
			one.problem = stix.Valid(one.object)
		}
		if one.problem == nil {
			one.row, one.problem = store.NewObject(collection, origin, nil, one.object)
		}
		if one.problem == nil {
			// What is written needs no tree any more.
			one.row, one.object = one.row.Judged(policy.Audience), stix.Object{}
		}
	}
}

// taking is what Accept does with one stream.
type taking struct {
	in         *Intake
	who        caller.Caller
	collection string
	report     func(Kept)
	queue      chan *portion
	rows       []store.Object
	size       int
}

// write writes what was checked, in order.
func (t *taking) write(ctx context.Context) error {
	for p := range t.queue {
		<-p.checked
		for _, one := range p.pieces {
			if one.problem != nil {
				t.report(Kept{ID: one.object.ID(), Version: store.WrittenVersion(one.object), Problem: one.problem})
				continue
			}
			t.rows, t.size = append(t.rows, one.row), t.size+len(one.row.Body)
		}
		full := len(t.rows) >= batchCount || t.size >= batchBytes
		if full || len(t.queue) == 0 && len(t.rows) >= batchLeast {
			if err := t.flush(ctx); err != nil {
				return err
			}
		}
	}
	return t.flush(ctx)
}

// flush keeps what waits, in one transaction.
func (t *taking) flush(ctx context.Context) error {
	if len(t.rows) == 0 {
		return nil
	}
	what := store.What{Act: caller.KeepObjects, Subject: t.collection}
	kept := make([]Kept, len(t.rows))
	var releasing []store.Object
	err := t.in.store.Change(ctx, t.who, what, func(tx *store.Tx) error {
		if _, err := store.Collections.Get(tx, t.collection); err != nil {
			return err
		}
		if right, _ := t.who.On(t.collection); !right.Write {
			return problem.New(problem.Denied, "", "you may not add to this collection")
		}
		for i, row := range t.rows {
			added, _, err := tx.KeepObject(row, policy.Audience)
			if err != nil {
				return err
			}
			kept[i] = Kept{ID: row.ID, Version: row.Written}
			if row.Written == "" {
				kept[i].Version = taxii.FormatTime(added)
			}
			more, err := tx.Released(row, policy.Audience, releaseMany)
			if err != nil {
				return err
			}
			if more {
				releasing = append(releasing, row)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.rows, t.size = t.rows[:0], 0
	for _, k := range kept {
		t.report(k)
	}
	for _, definition := range releasing {
		for more := true; more; {
			err := t.in.store.Change(ctx, t.who, what, func(tx *store.Tx) (err error) {
				more, err = tx.Released(definition, policy.Audience, releaseMany)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Settle judges what was left to be judged when the node stopped, and the
// objects of a store that an older program kept. It must be done before anybody
// reads.
func (in *Intake) Settle(ctx context.Context) error {
	what := store.What{Act: caller.KeepObjects, Note: "settle"}
	more := false
	look := func(tx *store.Tx) (err error) {
		more, err = tx.Unjudged()
		return err
	}
	if err := in.store.Glance(ctx, caller.Self(), what, look); err != nil {
		return err
	}
	for more {
		err := in.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) (err error) {
			more, err = tx.Rejudge(policy.Audience, releaseMany)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
