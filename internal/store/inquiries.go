// SPDX-License-Identifier: Apache-2.0

package store

// This file finds the questions that wait for a duty, whatever else partners asked.

import (
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// waits begins the state of a question that waits for its duty; its precedence and who
// asked follow.
const waits = "waits/"

func askedState(q *warning.KeptInquiry) string {
	switch {
	case q.Ours:
		return Ours
	case q.Answer != nil:
		return Answered
	case q.Duty == "":
		return Asker{q.Partner, q.Inquiry.Precedence}.state()
	}
	return Theirs
}

// Asker is a partner some of whose questions, of one precedence, wait for a duty.
type Asker struct {
	Partner    string
	Precedence handling.Precedence
}

func (a Asker) state() string { return waits + string(a.Precedence) + "/" + a.Partner }

// Askers are all there are. It goes from one to the next, however many questions each
// has asked. What an older program kept is not among them: it is in the state
// [Theirs].
func (tx *Tx) Askers() (all []Asker, err error) {
	const query = `SELECT min(state) FROM records WHERE kind = ? AND state > ? AND state < ?`
	for last, more := waits, true; more && err == nil; {
		err = tx.each(query, []any{Inquiries.kind, last, "waits0"}, func(stmt *sqlite3.Stmt) (bool, error) {
			if more = stmt.ColumnType(0) != sqlite3.NULL; more {
				last = stmt.ColumnText(0)
				precedence, partner, _ := strings.Cut(strings.TrimPrefix(last, waits), "/")
				all = append(all, Asker{partner, handling.Precedence(precedence)})
			}
			return false, nil
		})
	}
	return all, err
}

// WaitingOf returns the ids of the questions of an asker that wait, the oldest first,
// at most limit.
func (tx *Tx) WaitingOf(a Asker, limit int) (ids []string, err error) {
	const query = `SELECT id FROM records WHERE kind = ? AND state = ? ORDER BY at LIMIT ?`
	err = tx.each(query, []any{Inquiries.kind, a.state(), int64(limit)}, func(stmt *sqlite3.Stmt) (bool, error) {
		ids = append(ids, stmt.ColumnText(0))
		return true, nil
	})
	return ids, err
}
