// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows statements to those who write and clear them.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Statements lists every statement, cleared or not, ours and theirs, without the words
// of what asks for a reason.
func (s *Shelf) Statements(ctx context.Context, who caller.Caller) (statements []warning.Statement, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadStatement}, func(tx *store.Tx) error {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		statements, err = store.Statements.List(tx, 0)
		for i := range statements {
			if err == nil {
				toBeCleared(&statements[i])
				err = hide.statement(&statements[i])
			}
		}
		return err
	})
	return statements, err
}

// Statement shows one statement with all its words. What a list does not say of it is
// read as its case is: with a line of the log, and a reason where the case asks.
func (s *Shelf) Statement(ctx context.Context, who caller.Caller, id string) (shown warning.Statement, err error) {
	bare := false
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadStatement, Subject: id}, func(tx *store.Tx) error {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		if shown, err = store.Statements.Get(tx, id); err != nil {
			return err
		}
		toBeCleared(&shown)
		listed := shown
		err = hide.statement(&listed)
		bare = listed.Text != shown.Text
		return err
	})
	if err == nil && bare {
		err = s.asItsCase(ctx, who, &shown)
	}
	if err != nil {
		return warning.Statement{}, err
	}
	return shown, nil
}

// asItsCase reads a statement as its case is read.
func (s *Shelf) asItsCase(ctx context.Context, who caller.Caller, statement *warning.Statement) error {
	what := store.What{Act: caller.ReadCase, Subject: statement.Case, Note: statement.ID}
	err := s.store.Show(ctx, who, what, func(tx *store.Tx) error {
		c, err := store.Cases.Get(tx, statement.Case)
		if err != nil {
			return err
		}
		if err := mayOpen(who, &c); err != nil {
			return err
		}
		if statement.Theirs == "" {
			return nil
		}
		third, err := tx.ThirdParty(who, c.Partner)
		if err == nil && third {
			err = problem.New(problem.Denied, "", "the terms with %s keep its words from overseers", c.Partner)
		}
		return err
	})
	return s.refused(ctx, who, what, err)
}

// toBeCleared says as what a statement of ours is shown that waits to be cleared.
func toBeCleared(s *warning.Statement) {
	if s.Theirs == "" && s.ClearedBy == "" {
		s.As = s.Seen()
	}
}
