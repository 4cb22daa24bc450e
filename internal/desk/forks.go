// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people decide after a fork: to go on.

import (
	"context"
	"strings"
	"unicode"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// AcceptLog goes on with a partner's log as it is shown now, after a fork, for a
// reason. The evidence stays.
func (d *Desk) AcceptLog(ctx context.Context, who caller.Caller, partner, reason string) (fork store.Fork, err error) {
	if err := grounded(reason); err != nil {
		return fork, err
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.DecideFork, Subject: partner}, func(tx *store.Tx) error {
		seen, err := store.Seen.Get(tx, partner)
		if err != nil {
			return err
		}
		if seen.Fork == "" {
			return problem.New(problem.Conflict, "see tocsin ledger heads", "the log of %s is not forked, as far as is known", partner)
		}
		fork, err = tx.Accept(partner, who.Name, reason)
		return err
	})
	return fork, err
}

// ResumeLog goes on with our own log as it is, although others saw another, for
// a reason. The evidence stays.
func (d *Desk) ResumeLog(ctx context.Context, who caller.Caller, reason string) (forks []store.Fork, err error) {
	if err := grounded(reason); err != nil {
		return nil, err
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.DecideFork, Note: "our own log"}, func(tx *store.Tx) error {
		if forks, err = tx.Resume(who.Name, reason); err == nil && len(forks) == 0 {
			err = problem.New(problem.Conflict, "see tocsin ledger heads", "the node is not halted")
		}
		return err
	})
	return forks, err
}

// grounded refuses what is no reason: one has letters or digits in it.
func grounded(reason string) error {
	if strings.IndexFunc(reason, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 || len(reason) > warning.MaxWord {
		return problem.New(problem.Invalid, "say in words why", "this needs a reason")
	}
	return nil
}
