// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what we say in public, and the partner's account beside it.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// WriteStatement keeps a statement. Nobody outside sees it before it is
// cleared. With Theirs set it is the partner's published account, kept beside
// ours and never shown on our public page.
func (d *Desk) WriteStatement(ctx context.Context, who caller.Caller, statement warning.Statement) (warning.Statement, error) {
	err := d.store.Change(ctx, who, store.What{Act: caller.WriteStatement, Subject: statement.Case}, func(tx *store.Tx) error {
		if statement.Case != "" {
			if _, err := store.Cases.Get(tx, statement.Case); err != nil {
				return err
			}
		}
		if statement.Theirs != "" {
			if _, err := store.Channels.Get(tx, statement.Theirs); err != nil {
				return err
			}
		}
		statement.ID, statement.WrittenBy, statement.WrittenAt = newID("statement"), who.Name, tx.Now
		statement.ClearedBy, statement.ClearedAt, statement.TLP = "", time.Time{}, ""
		if statement.Language == "" {
			statement.Language = "en"
		}
		if err := statement.Validate(); err != nil {
			return invalid("the statement is not complete", err)
		}
		return store.Statements.Put(tx, statement.ID, statement)
	})
	return statement, err
}

// ClearStatement makes our own statement public. It must be another person
// than its author.
func (d *Desk) ClearStatement(ctx context.Context, who caller.Caller, id string) (statement warning.Statement, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.ClearStatement, Subject: id}, func(tx *store.Tx) error {
		if statement, err = store.Statements.Get(tx, id); err != nil {
			return err
		}
		switch {
		case statement.Theirs != "":
			return problem.New(problem.Denied, "", "this is %s's account: we do not publish it", statement.Theirs)
		case statement.ClearedBy != "":
			return problem.New(problem.Conflict, "", "this statement was cleared by %s", statement.ClearedBy)
		case statement.WrittenBy == who.Name:
			return problem.New(problem.Denied, "ask another releaser", "a statement is cleared by another person than its author")
		}
		statement.ClearedBy, statement.ClearedAt, statement.TLP = who.Name, tx.Now, handling.Clear
		return store.Statements.Put(tx, id, statement)
	})
	return statement, err
}
