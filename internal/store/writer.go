// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the one writer: it takes changes from the line, groups them,
// and commits.

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

func (s *Store) run() {
	defer close(s.stopped)
	var mover sync.WaitGroup
	mover.Go(s.move)
	defer mover.Wait()
	defer close(s.full)
	for {
		select {
		case <-s.stop:
			s.drain()
			return
		case first := <-s.changes:
			s.commitGroup(s.gather(first))
		}
	}
}

// drain commits what had been accepted before the stop.
func (s *Store) drain() {
	for {
		select {
		case first := <-s.changes:
			s.commitGroup(s.gather(first))
		default:
			return
		}
	}
}

// gather takes what is in line behind first, without waiting for more.
func (s *Store) gather(first *change) []*change {
	group := []*change{first}
	for len(group) < maxGroup {
		select {
		case next := <-s.changes:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

func (s *Store) commitGroup(group []*change) {
	// Nothing is built on a head of the log that the disk may not have.
	if s.doubt {
		if err := s.recover(); err != nil {
			for _, c := range group {
				told := s.refused(err)
				s.note(told)
				c.done <- told
			}
			return
		}
	}
	errs, touched, err := s.tryGroup(group)
	if err != nil {
		// Whether the commit happened is not known: the disk is asked, every caller
		// is told to find out, and so is whoever waits for what it touched.
		s.log.Error("commit failed", "changes", len(group), "err", err)
		s.doubt = true
		if err := s.recover(); err != nil {
			s.log.Error("reading the log back failed: nothing is written before it can be read", "err", err)
		}
		s.wake(touched)
		told := s.undone(fmt.Errorf("store: %w", err))
		s.note(told)
		for _, c := range group {
			c.done <- told
		}
		return
	}
	s.wake(touched)
	for i, c := range group {
		s.note(errs[i])
		c.done <- errs[i]
	}
	s.relieve()
}

// recover makes a new connection, since what the old one held in memory may not
// be on the disk, and reads the log's head back. Until it has come to its end
// nothing is written.
func (s *Store) recover() error {
	if err := s.renew(); err != nil {
		return err
	}
	if err := s.load(nil); err != nil {
		return err
	}
	s.settle()
	s.doubt = false
	return nil
}

// tryGroup returns what became of each change, or an error if the group as a
// whole was not committed as far as is known; either way, the kinds of rows that
// were touched.
func (s *Store) tryGroup(group []*change) (errs []error, touched map[string]bool, err error) {
	// A context of its own: a caller who gives up must not take the others' commit down.
	ctx := context.Background()
	w := s.writer
	if err := w.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return nil, nil, err
	}
	committed := false
	defer func() {
		if !committed {
			// Nothing to roll back is an error too: after a commit that failed but
			// happened.
			_ = w.exec(ctx, `ROLLBACK`)
		}
	}()
	reading := &Tx{ctx: ctx, session: w, readOnly: true}
	b := &batch{tree: s.tree, recent: ledger.NewRecent(s.tree, hashReader{reading}), touched: make(map[string]bool), moved: make(map[string]bool), grown: make(map[string]bool)}
	defer func() { s.passOn(b, committed) }()
	defer s.departures.lift(b)
	errs = make([]error, len(group))
	for i, c := range group {
		if c.ctx.Err() != nil {
			errs[i] = c.ctx.Err()
			continue
		}
		if len(group) == 1 {
			// Alone it needs no savepoint, for which SQLite copies every page that is changed.
			if errs[i] = s.try(ctx, b, c); errs[i] != nil {
				return errs, b.touched, nil
			}
			continue
		}
		if errs[i], err = s.savepoint(ctx, b, c); err != nil {
			return nil, b.touched, err
		}
	}
	checkpoint, err := s.finish(b)
	if err != nil {
		return nil, b.touched, err
	}
	const keep = `INSERT INTO head(id, checkpoint) VALUES(1, $1) ON CONFLICT(id) DO UPDATE SET checkpoint = $1`
	if err := w.exec(ctx, keep, checkpoint); err != nil {
		return nil, b.touched, err
	}
	s.announce(b)
	if err := s.commit(ctx, w); err != nil {
		return nil, b.touched, err
	}
	committed = true
	s.tree = b.tree
	s.setCheckpoint(checkpoint)
	s.count(len(group))
	return errs, b.touched, nil
}

// savepoint runs one change of the group. What it did is taken back if it
// failed; err is for what ends the whole group.
func (s *Store) savepoint(ctx context.Context, b *batch, c *change) (failed, err error) {
	before, finishers := b.tree, len(b.finish)
	if err := s.writer.do(`SAVEPOINT change`); err != nil {
		return nil, err
	}
	if failed = s.try(ctx, b, c); failed != nil {
		b.tree, b.finish = before, b.finish[:finishers]
		if err := s.writer.do(`ROLLBACK TO change`); err != nil {
			return failed, err
		}
	}
	return failed, s.writer.do(`RELEASE change`)
}

func (s *Store) try(ctx context.Context, b *batch, c *change) error {
	return s.undone(runChange(&Tx{ctx: ctx, store: s, session: s.writer, batch: b, Now: s.Now(), who: c.who}, c))
}

// runChange runs the change's function and writes its audit line. A panic in
// it is the change's failure, not the store's.
func runChange(tx *Tx, c *change) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: panic in %q: %v\n%s", c.what.Act, p, debug.Stack())
		}
	}()
	if err := c.fn(tx); err != nil {
		return err
	}
	return tx.writeLine(c)
}

// finish signs the head of the log as the group leaves it, and runs what waited for it.
func (s *Store) finish(b *batch) (string, error) {
	head := Head{Tree: b.tree.Head(), recent: b.recent}
	checkpoint, err := s.sign(head.Tree)
	if err != nil {
		return "", err
	}
	head.Checkpoint = checkpoint
	for _, fn := range b.finish {
		if err := fn(head); err != nil {
			return "", err
		}
	}
	return checkpoint, nil
}
