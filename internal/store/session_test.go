// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that a statement is prepared once, whatever is bound to it.

import (
	"testing"

	"github.com/ncruces/go-sqlite3"
)

func TestAStatementIsPreparedOnce(t *testing.T) {
	k := newKit(t)
	for _, query := range []string{
		`SELECT body FROM records WHERE kind = ? ORDER BY at DESC, id LIMIT ?`, // a limit that is bound
		`SELECT hash FROM messages WHERE direction = ? ORDER BY seq LIMIT ?`,   // and a condition that is an index's own
	} {
		k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
			for i, what := range []string{"in", "out", "in"} {
				err := tx.each(query, []any{what, int64(i + 1)}, func(s *sqlite3.Stmt) (bool, error) { return true, nil })
				if err != nil {
					return err
				}
			}
			stmt, err := tx.session.statement(query, 0, "out", int64(9))
			if err != nil {
				return err
			}
			stmt.Step()
			if n := stmt.Status(sqlite3.STMTSTATUS_REPREPARE, false); n > 0 {
				t.Errorf("prepared anew %d times: %s", n, query)
			}
			return done(stmt, nil)
		}))
	}
}
