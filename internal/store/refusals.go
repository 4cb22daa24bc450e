// SPDX-License-Identifier: Apache-2.0

package store

// This file writes refusals down, and bounds how many lines that takes: nobody
// can fill the log by being refused, and no refusal goes uncounted.

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

const (
	// refusalsWhole is how many refusals of one act to one caller have a line each,
	// before they are counted.
	refusalsWhole = 5
	// refusalsFor is how long refusals are counted before a line says how many they
	// were. A caller who is refused nothing for as long is new again.
	refusalsFor = time.Hour
	// refusalsAgain is when a count that could not be written is tried again.
	refusalsAgain = time.Minute
)

type refusalKey struct {
	who string
	act caller.Act
}

// refusals are those of late, by who was refused which act.
type refusals struct {
	mu    sync.Mutex
	of    map[refusalKey]*refused
	ended bool
}

// refused is what one caller was refused of one act.
type refused struct {
	who         caller.Caller
	act         caller.Act
	first, last time.Time
	count       int // since first
	whole       int // those that had a line each, or should have
	told        int // of count, what the log says
	timer       *time.Timer
}

// Deny writes who was refused what, and returns the refusal: by the table, or by
// something else where the table allows it. The first [refusalsWhole] refusals of
// an act to a caller have a line each, the last of which says that more are
// counted; a line every [refusalsFor] then says how many there were since the
// first. The store writes what it has counted when it is closed. After a crash
// the line stands that says that more may have been refused within its time.
//
// A stranger's refusal goes to the log file alone, or anyone could fill the
// ledger; so do those of partners, and they are bounded there in the same way.
func (s *Store) Deny(ctx context.Context, who caller.Caller, what What, refusal error) error {
	now := s.Now()
	// The subject is what was asked for: it need not be the name of anything, nor text.
	what.Subject = strings.ToValidUTF8(what.Subject, "\uFFFD")
	r, whole := s.refusals.add(who, what.Act, now, s.countRefusals)
	if whole == 0 {
		return refusal
	}
	if whole == refusalsWhole {
		what.Note = joined(what.Note, "more are counted until "+now.Add(refusalsFor).Format(time.RFC3339))
	}
	s.log.Warn("denied", "who", who.String(), "act", string(what.Act), "subject", what.Subject, "note", what.Note)
	if err := s.denied(ctx, who, what); err != nil {
		return err
	}
	s.refusals.tell(r, 1)
	return refusal
}

// denied writes the line of a refusal, if the caller is one of whom there are lines.
func (s *Store) denied(ctx context.Context, who caller.Caller, what What) error {
	if who.Kind != caller.Person && who.Kind != caller.Machine && who.Kind != caller.Account {
		return nil
	}
	return s.submit(&change{ctx: ctx, who: who, what: what, fn: nothing, kind: LeafDenied, done: make(chan error, 1)})
}

// add counts a refusal; whole says which of those it is that have a line each, 0
// if it is counted alone. count is called every [refusalsFor] from the first on.
func (f *refusals) add(who caller.Caller, act caller.Act, now time.Time, count func(*refused)) (r *refused, whole int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := refusalKey{who.String(), act}
	r = f.of[key]
	if r == nil {
		if f.of == nil {
			f.of = make(map[refusalKey]*refused)
		}
		r = &refused{who: who, act: act, first: now}
		r.timer = time.AfterFunc(refusalsFor, func() { count(r) })
		f.of[key] = r
	}
	r.count++
	r.last = now
	if r.whole == refusalsWhole {
		return r, 0
	}
	r.whole++
	return r, r.whole
}

// tell notes that the log says so many of the refusals more.
func (f *refusals) tell(r *refused, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.told += n
}

// untold says what the log does not say yet of a caller's refusals. If that is
// nothing, the caller is new again.
func (f *refusals) untold(r *refused) (n int, note string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n = r.count - r.told; n <= 0 {
		r.timer.Stop()
		delete(f.of, refusalKey{r.who.String(), r.act})
		return 0, ""
	}
	return n, fmt.Sprintf("refused %d times since %s, the last at %s", r.count, r.first.Format(time.RFC3339), r.last.Format(time.RFC3339))
}

// again lets the refusals be counted once more after a while, unless the store is
// closing.
func (f *refusals) again(r *refused, after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended {
		r.timer.Reset(after)
	}
}

// countRefusals writes the line that says how often a caller was refused an act.
// It counts from the first on, so that one that is written twice, since nobody
// knew whether it was, says nothing that is wrong.
func (s *Store) countRefusals(r *refused) {
	n, note := s.refusals.untold(r)
	if n == 0 {
		return
	}
	what := What{Act: r.act, Note: note + "; more are counted until " + s.Now().Add(refusalsFor).Format(time.RFC3339)}
	s.log.Warn("denied", "who", r.who.String(), "act", string(r.act), "note", what.Note)
	if err := s.denied(context.Background(), r.who, what); err != nil {
		s.log.Error("the count of refusals was not written: it is tried again", "who", r.who.String(), "err", err)
		s.refusals.again(r, refusalsAgain)
		return
	}
	s.refusals.tell(r, n)
	s.refusals.again(r, refusalsFor)
}

// endRefusals writes what has been counted, and counts no more.
func (s *Store) endRefusals() {
	s.refusals.mu.Lock()
	s.refusals.ended = true
	var all []*refused
	for _, r := range s.refusals.of {
		r.timer.Stop()
		all = append(all, r)
	}
	s.refusals.mu.Unlock()
	for _, r := range all {
		s.countRefusals(r)
	}
}

func joined(note, more string) string {
	if note == "" {
		return more
	}
	return note + "; " + more
}
