// SPDX-License-Identifier: Apache-2.0

package store

// This file speaks to SQLite by the driver's own interface, on the connection
// that database/sql holds. Objects go this way: it costs half, and their bytes
// need not be copied to be looked at.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// cursor names a statement. Those of one query that are open at once are told
// apart by their slot.
type cursor struct {
	query string
	slot  int
}

// rawConn is the driver's own connection. Whoever holds the session holds it.
func rawConn(conn *sql.Conn) (raw *sqlite3.Conn, err error) {
	err = conn.Raw(func(driverConn any) error {
		ours, ok := driverConn.(driver.Conn)
		if !ok {
			return errors.New("store: the driver has no interface of its own")
		}
		raw = ours.Raw()
		return nil
	})
	return raw, err
}

// statement returns a statement with its arguments bound: int64, string or
// []byte. Who steps through it resets it.
func (s *session) statement(query string, slot int, args ...any) (*sqlite3.Stmt, error) {
	stmt, ok := s.native[cursor{query, slot}]
	if !ok {
		var err error
		if stmt, _, err = s.raw.PrepareFlags(query, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		s.native[cursor{query, slot}] = stmt
	}
	for i, arg := range args {
		var err error
		switch arg := arg.(type) {
		case int64:
			err = stmt.BindInt64(i+1, arg)
		case string:
			err = stmt.BindText(i+1, arg)
		case []byte:
			err = stmt.BindBlob(i+1, arg)
		default:
			err = fmt.Errorf("a %T cannot be bound", arg)
		}
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
	return stmt, nil
}

// each calls row for each row of a query, until it answers false. row must not
// run the same query.
func (tx *Tx) each(query string, args []any, row func(*sqlite3.Stmt) (goOn bool, err error)) error {
	if err := tx.ctx.Err(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	stmt, err := tx.session.statement(query, 0, args...)
	if err != nil {
		return err
	}
	goOn := true
	for goOn && err == nil && stmt.Step() {
		if goOn, err = row(stmt); goOn && tx.ctx.Err() != nil {
			err = fmt.Errorf("store: %w", tx.ctx.Err())
		}
	}
	return done(stmt, err)
}

// column copies bytes; nil are those that are NULL.
func column(stmt *sqlite3.Stmt, i int) []byte {
	if raw := stmt.ColumnRawBlob(i); raw != nil || stmt.ColumnType(i) != sqlite3.NULL {
		return append([]byte{}, raw...)
	}
	return nil
}

// run runs a statement that answers nothing.
func (tx *Tx) run(query string, args ...any) error {
	if tx.readOnly {
		return errReading
	}
	stmt, err := tx.session.statement(query, 0, args...)
	if err != nil {
		return err
	}
	stmt.Step()
	return done(stmt, nil)
}

// do runs a statement without arguments.
func (s *session) do(query string) error {
	stmt, err := s.statement(query, 0)
	if err != nil {
		return err
	}
	stmt.Step()
	return done(stmt, nil)
}

// done resets a statement and says how it ended.
func done(stmt *sqlite3.Stmt, err error) error {
	if stepErr := errors.Join(stmt.Err(), stmt.Reset()); stepErr != nil && err == nil {
		err = fmt.Errorf("store: %w", stepErr)
	}
	return err
}

// interruptible lets what runs on the connection end with the context.
func (s *session) interruptible(ctx context.Context) (restore func()) {
	old := s.raw.SetInterrupt(ctx)
	return func() { s.raw.SetInterrupt(old) }
}
