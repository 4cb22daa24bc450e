// SPDX-License-Identifier: Apache-2.0

package store

// This file holds a connection with the statements it has prepared: preparing
// one costs more than running it.

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// session is one connection. One goroutine uses it at a time.
type session struct {
	conn   *sql.Conn
	kept   map[string]*sql.Stmt
	raw    *sqlite3.Conn
	native map[cursor]*sqlite3.Stmt
	key    []byte // of the hashes by which objects are found
	dir    string // of the store, for what needs room
	// whys are why messages ask for a reason, by hash: see threadAsks.
	whys map[string]string
}

// maxKept bounds the statements that are kept; queries that are put together
// from a list of values come in many forms.
const maxKept = 250

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	raw, err := rawConn(conn)
	if err == nil {
		// Otherwise SQLite may plan by what is bound, such as a LIMIT, and then
		// prepares the statement anew whenever something else is bound to it.
		_, err = raw.Config(sqlite3.DBCONFIG_ENABLE_QPSG, true)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &session{conn: conn, kept: make(map[string]*sql.Stmt), raw: raw, native: make(map[cursor]*sqlite3.Stmt), whys: make(map[string]string)}, nil
}

// prepare returns the statement, and what to call when it was used.
func (s *session) prepare(ctx context.Context, query string) (*sql.Stmt, func(), error) {
	if stmt, ok := s.kept[query]; ok {
		return stmt, func() {}, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	if len(s.kept) >= maxKept {
		return stmt, func() { _ = stmt.Close() }, nil
	}
	s.kept[query] = stmt
	return stmt, func() {}, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) error {
	stmt, done, err := s.prepare(ctx, query)
	if err != nil {
		return err
	}
	defer done()
	_, err = stmt.ExecContext(ctx, args...)
	return err
}

// discard closes the session and the connection under it, which would otherwise
// be used again.
func (s *session) discard() error {
	errs := s.closeStatements()
	err := s.conn.Raw(func(any) error { return driver.ErrBadConn })
	if !errors.Is(err, driver.ErrBadConn) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *session) close() error {
	return errors.Join(append(s.closeStatements(), s.conn.Close())...)
}

func (s *session) closeStatements() (errs []error) {
	for _, stmt := range s.native {
		errs = append(errs, stmt.Close())
	}
	for _, stmt := range s.kept {
		errs = append(errs, stmt.Close())
	}
	return errs
}
