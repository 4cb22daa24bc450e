// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file lets each account have its share of the node, and not more: others
// of its own requests wait, and not those of others.

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

const (
	// readsEach is how many pages of one account are read from the store at once:
	// the store has four readers, and one is left to others.
	readsEach = 3
	// answersEach and answersAll bound the bytes of pages that are being made, or
	// wait for a client to take them: of one account, and of all.
	answersEach = 64 << 20
	answersAll  = 256 << 20
	// takesTurn is how long a request waits for its turn.
	takesTurn = 10 * time.Second
)

// turns are shares by account, first come first served.
type turns struct {
	each int64
	mu   sync.Mutex
	of   map[string]*turn
}

// turn is the share of an account that has requests.
type turn struct {
	users int
	free  *semaphore.Weighted
}

func newTurns(each int64) *turns { return &turns{each: each, of: make(map[string]*turn)} }

// take waits for so much of an account's share. give gives a part of it back;
// leave must be called once, when all was given back.
func (t *turns) take(ctx context.Context, name string, weight int64) (give func(int64), leave func(), err error) {
	t.mu.Lock()
	mine := t.of[name]
	if mine == nil {
		mine = &turn{free: semaphore.NewWeighted(t.each)}
		t.of[name] = mine
	}
	mine.users++
	t.mu.Unlock()
	leave = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(t.of, name)
		}
	}
	if err := patiently(ctx, mine.free, weight); err != nil {
		leave()
		return nil, nil, err
	}
	return mine.free.Release, leave, nil
}

// patiently waits for a turn, but not for ever.
func patiently(ctx context.Context, free *semaphore.Weighted, weight int64) error {
	if free.TryAcquire(weight) {
		return nil
	}
	waiting, stop := context.WithTimeout(ctx, takesTurn)
	defer stop()
	if err := free.Acquire(waiting, weight); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return problem.New(problem.Busy, "take the answers that are on their way, and ask for fewer at once", "too many requests are waiting")
	}
	return nil
}

// room is what one answer takes while it is made and until it was taken.
type room struct {
	server *server
	weight int64
	give   func(int64)
	leave  func()
}

// answering waits until there is room for an answer of that many bytes.
func (s *server) answering(ctx context.Context, name string, weight int64) (*room, error) {
	give, leave, err := s.answers.take(ctx, name, weight)
	if err != nil {
		return nil, err
	}
	if err := patiently(ctx, s.all, weight); err != nil {
		give(weight)
		leave()
		return nil, err
	}
	return &room{server: s, weight: weight, give: give, leave: leave}, nil
}

// shrink keeps room for so many bytes, and gives back the rest.
func (r *room) shrink(weight int64) {
	if rest := r.weight - weight; rest > 0 {
		r.give(rest)
		r.server.all.Release(rest)
		r.weight = weight
	}
}

func (r *room) done() {
	r.shrink(0)
	r.leave()
}
