// SPDX-License-Identifier: Apache-2.0

package store

// This file says when each kind of thing was first said in a case, without its
// text: what was erased has its time still.

import (
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Milestone is when one side first said one kind of thing in a case.
type Milestone struct {
	Kind envelope.Kind
	Ours bool
	At   time.Time // when it was queued here, or received here
	Hash string    // of that message
}

// Milestones are those of a case with a partner, in no order.
func (tx *Tx) Milestones(id, partner string) (all []Milestone, err error) {
	// Beside a lone min(), SQLite gives the other columns of the row that has it.
	err = tx.each(`SELECT kind, direction, min(at), hash FROM messages WHERE thread = ? AND partner = ? GROUP BY kind, direction`, []any{id, partner},
		func(stmt *sqlite3.Stmt) (bool, error) {
			all = append(all, Milestone{
				Kind: envelope.Kind(stmt.ColumnText(0)), Ours: Direction(stmt.ColumnText(1)) == Out,
				At: time.UnixMicro(stmt.ColumnInt64(2)).UTC(), Hash: stmt.ColumnText(3),
			})
			return true, nil
		})
	return all, err
}
