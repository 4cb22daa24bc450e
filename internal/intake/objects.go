// SPDX-License-Identifier: Apache-2.0

package intake

// This file takes in objects that tools bring: one part reads, one checks, one
// writes, all at once, and what comes out is in the order in which it came in.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Kept says what became of one object of Accept.
type Kept struct {
	ID      string
	Version string // as the object writes it; when it was added, if it writes none
	Problem error  // nil if it was kept, or was there already

	// Before is who may see the object that was there already, and whose date
	// Version is; empty if Version is not another's date.
	Before handling.TLP
}

// How many objects, and how many bytes of them, go together.
const (
	// A portion is checked in one piece.
	portionCount = 64
	portionBytes = 256 << 10
	// portions wait to be written while the writer is busy.
	portions = 10
	// A batch shares a transaction.
	batchCount  = 1000
	batchBytes  = 4 << 20
	releaseMany = 1000
	// An object in memory may take fifty times its bytes, until it was checked. Of
	// the larger ones of all requests together no more bytes are there at once than
	// there is room for; one that is larger than that is there alone.
	largeBytes = 64 << 10
	roomBytes  = 4 << 20
)

// maxNameless is how many things of a stream may have no id. Nothing can be told
// of such a thing but that it is there, and of two bytes each a body has millions.
const maxNameless = 10_000

// room is what an object of that size takes of roomBytes.
func room(size int) int64 { return min(int64(size), roomBytes) }

// Accept keeps a stream of objects in a collection. An object that is not right
// fails alone; each is reported. An error means that the rest was not taken:
// what was reported before it stays, and the whole stream may be sent again,
// since an object that is there already is kept once. The error of a broken
// stream is the stream's own; one with more than 10,000 things that have no id is
// taken for one that breaks there, and the error wraps stix.ErrBundle. report is
// not called twice at once, nor after Accept has returned.
func (in *Intake) Accept(ctx context.Context, who caller.Caller, collection string, objects iter.Seq2[stix.Object, error], report func(Kept)) error {
	return in.accept(ctx, &taking{in: in, who: who, collection: collection, report: report}, objects)
}

// AcceptRequest is Accept for the body of a request, as stix.ReadBundle reads it,
// whose status is kept in the same
// transaction as the last of its objects; it is returned with its id. Those last
// ones are not reported: conclude is given them before they are on the disk, and
// says what the status is. It is not called if the stream is broken; its error
// takes them back.
func (in *Intake) AcceptRequest(ctx context.Context, who caller.Caller, collection string, body io.Reader,
	report func(Kept), conclude func(last []Kept) (taxii.Status, error)) (taxii.Status, error) {
	t := &taking{in: in, who: who, collection: collection, report: report, conclude: conclude}
	err := in.accept(ctx, t, stix.ReadGated(body, func(size int) {
		if size > largeBytes && in.room.Acquire(ctx, room(size)) == nil {
			t.held = room(size)
		}
	}))
	return t.status, err
}

func (in *Intake) accept(ctx context.Context, taking *taking, objects iter.Seq2[stix.Object, error]) error {
	taking.queue = make(chan *portion, portions)
	group, failed := errgroup.WithContext(ctx)
	group.Go(func() error { return taking.write(ctx) })
	checkers := errgroup.Group{}
	checkers.SetLimit(runtime.GOMAXPROCS(0))
	var broken error
	next := newPortion()
	send := func() bool {
		full := next
		next = newPortion()
		checkers.Go(func() error {
			full.check(taking.collection, taking.who.Name)
			in.room.Release(full.held)
			return nil
		})
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
		next.held, taking.held = taking.held, 0
		// What was given room is not to wait for what comes next.
		if (len(next.pieces) == portionCount || next.size >= portionBytes || next.held > 0) && !send() {
			break
		}
	}
	if failed.Err() == nil && len(next.pieces) > 0 {
		send()
	}
	taking.broken = broken != nil
	close(taking.queue)
	_ = checkers.Wait() // they have no errors
	return errors.Join(group.Wait(), broken)
}

// piece is one object on its way.
type piece struct {
	object  stix.Object // until it was checked
	problem error
	row     store.Object // if there is no problem
	subject match.Subject
	// id and version are what it says of itself, if there is one.
	id, version string
}

// portion is some objects that are checked together.
type portion struct {
	pieces  []piece
	size    int
	held    int64 // of the room
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
			one.row = one.row.Judged(policy.Audience)
			one.subject = match.FromObject(one.object)
			one.subject.Read()
		} else {
			// Parts of the object's text would keep it in memory.
			one.id, one.version = strings.Clone(one.object.ID()), strings.Clone(store.WrittenVersion(one.object))
		}
		// What is written needs no tree any more, and what is refused none at all.
		one.object = stix.Object{}
	}
}

// taking is what Accept does with one stream.
type taking struct {
	in         *Intake
	who        caller.Caller
	collection string
	report     func(Kept)
	conclude   func([]Kept) (taxii.Status, error) // nil if no status is kept
	status     taxii.Status
	queue      chan *portion
	held       int64 // of the room, for the object that is being read
	broken     bool  // set before the queue is closed
	rows       []*piece
	size       int
	nameless   int // how many had no id
}

// write writes what was checked, in order.
func (t *taking) write(ctx context.Context) error {
	for p := range t.queue {
		<-p.checked
		// What follows may be the last, so what is full waits for it.
		if len(t.rows)+len(p.pieces) > batchCount || t.size+p.size > batchBytes {
			if err := t.flush(ctx, nil); err != nil {
				return err
			}
		}
		for i := range p.pieces {
			one := &p.pieces[i]
			if one.problem != nil {
				if _, _, named := stix.SplitID(one.id); !named {
					t.nameless++
				}
				if t.nameless > maxNameless {
					if err := t.flush(ctx, nil); err != nil {
						return err
					}
					return fmt.Errorf("%w: more than %d things in it have no id, and so are no STIX objects", stix.ErrBundle, maxNameless)
				}
				t.report(Kept{ID: one.id, Version: one.version, Problem: one.problem})
				continue
			}
			t.rows, t.size = append(t.rows, one), t.size+len(one.row.Body)
		}
	}
	if t.broken {
		return t.flush(ctx, nil)
	}
	return t.flush(ctx, t.conclude)
}

// flush keeps what waits, in one transaction, and the status if it is the last.
func (t *taking) flush(ctx context.Context, conclude func([]Kept) (taxii.Status, error)) error {
	if len(t.rows) == 0 && conclude == nil {
		return nil
	}
	what := store.What{Act: caller.KeepObjects, Subject: t.collection}
	kept := make([]Kept, len(t.rows))
	var releasing []store.Object
	t.in.books.Ready(t.in.store.Promises(context.WithoutCancel(ctx)))
	err := t.in.store.Change(ctx, t.who, what, func(tx *store.Tx) error {
		collection, err := store.Collections.Get(tx, t.collection)
		if err != nil {
			return err
		}
		if right, _ := t.who.On(t.collection); !right.Write {
			return problem.New(problem.Denied, "", "you may not add to this collection")
		}
		book, err := t.in.book(tx)
		if err != nil {
			return err
		}
		var owed match.Gathered
		for i, piece := range t.rows {
			row := &piece.row
			one, err := tx.KeepObject(*row, policy.Audience)
			if err != nil {
				return err
			}
			if one.New {
				watches, hits := book.Meets(piece.subject, tx.Now)
				owed.Add(row.ID, watches, hits)
			}
			kept[i] = Kept{ID: row.ID, Version: row.Written}
			switch {
			case one.Other:
				kept[i].Problem = store.ErrOther
			case row.Written == "":
				kept[i].Version = taxii.FormatTime(one.Added)
				if !one.New {
					kept[i].Before = one.Audience
				}
			}
			more, err := tx.Released(*row, policy.Audience, releaseMany)
			if err != nil {
				return err
			}
			if more {
				releasing = append(releasing, *row)
			}
		}
		if err := owe(tx, &owed, collection, t.who.Partner); err != nil {
			return err
		}
		if conclude == nil {
			return nil
		}
		status, err := conclude(kept)
		if err != nil {
			return err
		}
		t.status, err = keepStatus(tx, t.who, status)
		return err
	})
	if err != nil {
		return err
	}
	t.rows, t.size = t.rows[:0], 0
	if conclude == nil {
		for _, k := range kept {
			t.report(k)
		}
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

// owe opens the duties to warn that new objects of a collection bring, or adds to
// those that are open.
func owe(tx *store.Tx, owed *match.Gathered, collection store.Collection, except string) error {
	if owed.Empty() {
		return nil
	}
	open, err := store.Duties.List(tx, 0, warning.Unclosed()...)
	if err != nil {
		return err
	}
	for _, duty := range owed.Duties(open, collection.ID, "Objects in "+collection.Title, except, tx.Now) {
		if err := store.Duties.Put(tx, duty.ID, duty); err != nil {
			return err
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
