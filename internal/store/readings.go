// SPDX-License-Identifier: Apache-2.0

package store

// This file logs readings that go on from page to page: a line of the log when
// one begins, and one when it ends.

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// ReadingFor is how long one reading lasts. What the same caller reads of the
// same subject after it is another one, with lines of its own.
const ReadingFor = 10 * time.Second

// Page is what is about to be handed out of a reading.
type Page struct {
	Objects     int
	First, Last time.Time // when the first and the last of them were added
	// Why says why an object of the page asks a person for a reason, and Collection of
	// what it is: see [Found.Asks].
	Why, Collection string
}

type readingKey struct {
	who     string
	act     caller.Act
	subject string
	reason  string // the id of why; what asks for none is a reading of its own
}

// reading is one that has begun, or is about to.
type reading struct {
	begun chan struct{} // closed when its first line is on the disk, or was not written
	ended *time.Timer
	who   caller.Caller
	what  What
	pages int
	sum   Page
}

// HandOut is to be called before a page of objects leaves the node. No object
// leaves before a line in the log says who reads which subject: the first page
// of a reading waits for that line to be on the disk, and an error means that
// the page must not be handed out. The line covers what the same caller reads of
// the same subject within [ReadingFor]. Then, or when the store is closed, a
// second line says how much it was: pages, objects, and when the first and the
// last of them were added. After a crash the first line stands alone, and says
// that anything may have been read within that time.
//
// A person who has not said why is told so by a Reason problem, and by no line, if the
// page holds what asks for a reason: it is given for the collection, and stands with
// both lines. A tool has a standing one.
func (s *Store) HandOut(ctx context.Context, who caller.Caller, what What, page Page) error {
	if err := s.May(ctx, who, what); err != nil {
		return err
	}
	var err error
	if what.reason, err = s.reasonFor(ctx, who, what, page); err != nil {
		return err
	}
	key := readingKey{who.String(), what.Act, what.Subject, what.reason}
	for {
		s.mu.Lock()
		r := s.open[key]
		if s.ending {
			s.mu.Unlock()
			return problem.New(problem.Busy, "try again when it has started", "the node is stopping")
		}
		if r == nil {
			r = &reading{begun: make(chan struct{}), who: who, what: what}
			s.open[key] = r
			s.mu.Unlock()
			return s.begin(ctx, key, r, page)
		}
		if r.ended != nil {
			r.add(page)
			s.mu.Unlock()
			return nil
		}
		s.mu.Unlock()
		// Another page of the same reading is first. If its line was not written,
		// this one tries for itself.
		select {
		case <-r.begun:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin writes the first line.
func (s *Store) begin(ctx context.Context, key readingKey, r *reading, page Page) error {
	what := r.what
	what.Note = "begins, for " + ReadingFor.String()
	err := s.submit(&change{ctx: ctx, who: r.who, what: what, fn: nothing, kind: LeafRead, done: make(chan error, 1)})
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(r.begun)
	if err != nil {
		delete(s.open, key)
		return err
	}
	r.add(page)
	r.ended = time.AfterFunc(ReadingFor, func() { s.end(key, r) })
	return nil
}

func (r *reading) add(page Page) {
	r.pages++
	r.sum.Objects += page.Objects
	if r.sum.First.IsZero() || page.First.Before(r.sum.First) {
		r.sum.First = page.First
	}
	if page.Last.After(r.sum.Last) {
		r.sum.Last = page.Last
	}
}

// end takes a reading off the list, once, and writes its second line.
func (s *Store) end(key readingKey, r *reading) {
	s.mu.Lock()
	if s.open[key] != r {
		s.mu.Unlock()
		return
	}
	delete(s.open, key)
	s.endings.Add(1)
	s.mu.Unlock()
	defer s.endings.Done()
	const day = "2006-01-02T15:04:05.000000Z"
	what := r.what
	what.Note = fmt.Sprintf("ends: %d pages, %d objects, added %s to %s", r.pages, r.sum.Objects, r.sum.First.Format(day), r.sum.Last.Format(day))
	err := s.submit(&change{ctx: context.Background(), who: r.who, what: what, fn: nothing, kind: LeafRead, done: make(chan error, 1)})
	if err != nil {
		s.log.Error("the end of a reading was not written", "who", r.who.String(), "subject", what.Subject, "note", what.Note, "err", err)
	}
}

// endReadings ends all readings; none begins after it.
func (s *Store) endReadings() {
	s.mu.Lock()
	s.ending = true
	open := make(map[readingKey]*reading, len(s.open))
	for key, r := range s.open {
		if r.ended != nil {
			r.ended.Stop()
			open[key] = r
		}
	}
	s.mu.Unlock()
	for key, r := range open {
		s.end(key, r)
	}
	s.endings.Wait()
}

func nothing(*Tx) error { return nil }
