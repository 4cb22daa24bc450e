// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds back what tools are given while the node may be older than
// what was decided since. The answer is held in memory, so that a request costs
// no reading; the store says when it may be another.

import (
	"context"
	"sync"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// silence is what the store said last, and how it stood then.
type silence struct {
	mu      sync.Mutex
	asked   bool
	state   [2]uint64 // of recoveries and forks
	refusal error
}

// now is nil if tools may be given something; see [store.Tx.GivesOut].
func (q *silence) now(ctx context.Context, s *store.Store) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	state := [2]uint64{s.State(store.RowRecovery), s.State(store.RowFork)}
	if q.asked && q.state == state {
		return q.refusal
	}
	var refusal error
	err := s.Glance(ctx, caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		if refusal = tx.GivesOut(); problem.Is(refusal, problem.Busy) {
			return nil
		}
		return refusal
	})
	if err != nil {
		return err
	}
	q.asked, q.state, q.refusal = true, state, refusal
	return refusal
}
