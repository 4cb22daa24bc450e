// SPDX-License-Identifier: Apache-2.0

package courier

// This file notices when the witnesses of our policy that still cosign our log
// are no quorum any more.

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// quorumWithin is how long the witnesses may fail to cosign our log before
// people are told.
const quorumWithin = time.Hour

// silences is since when each of those who cosign has failed to.
type silences struct {
	mu    sync.Mutex
	since map[string]time.Time
}

// answered notes that one has cosigned.
func (s *silences) answered(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.since, id)
}

// failed notes that one has not, and reports which have not for that long.
func (s *silences) failed(id string, now time.Time, long time.Duration) (silent map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since == nil {
		s.since = make(map[string]time.Time)
	}
	if _, failing := s.since[id]; !failing {
		s.since[id] = now
	}
	silent = make(map[string]bool)
	for id, since := range s.since {
		silent[id] = now.Sub(since) >= long
	}
	return silent
}

// missed raises an alarm if those witnesses of the policy that have cosigned our
// log within the hour are no quorum, though all that can be asked would be one.
func (c *Courier) missed(ctx context.Context, id string) error {
	silent := c.answers.failed(id, time.Now(), quorumWithin)
	var asked, answering []witness.Cosignature
	for _, w := range c.policy.Witnesses {
		if w.URL == "" {
			continue
		}
		asked = append(asked, witness.Cosignature{By: w.Key})
		if !silent[store.CosigningID(w.Name, true)] {
			answering = append(answering, witness.Cosignature{By: w.Key})
		}
	}
	if !c.policy.Quorum(asked) || c.policy.Quorum(answering) {
		return nil
	}
	alarm := warning.Alarm{Kind: warning.AlarmNoQuorum, Subject: "own", Level: handling.Priority,
		Text: fmt.Sprintf("no quorum of the policy (%s) has cosigned this node's own log for an hour: see in tocsin ledger heads who has, and reach the others", c.policy.QuorumName())}
	what, raised := store.What{Act: caller.AskWitness, Subject: c.policy.QuorumName(), Note: "no quorum"}, false
	err := c.store.Glance(ctx, caller.Self(), what, func(tx *store.Tx) (err error) {
		raised, err = tx.IsRaised(alarm)
		return err
	})
	if err != nil || raised {
		return err
	}
	return c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error { return tx.Raise(alarm) })
}
