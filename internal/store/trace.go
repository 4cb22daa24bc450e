// SPDX-License-Identifier: Apache-2.0

package store

// This file finds in the log and in the chains what the proof of a case needs.

import (
	"database/sql"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// Trace looks for the leaves named in wanted, by kind and hash, and sets the
// index of each. None of them is older than since. The log has no other order
// than its own, but its audit lines say when they were written: it is read from
// about that moment on, and from its beginning only if a clock went back.
func (tx *Tx) Trace(wanted map[LeafName]int64, since time.Time) error {
	from, err := tx.leafAt(since.Add(-clockSlack))
	if err != nil {
		return err
	}
	left := make(map[LeafName]bool, len(wanted))
	for name := range wanted {
		left[name] = true
	}
	for _, start := range []int64{from, 0} {
		if len(left) == 0 {
			break
		}
		if err := tx.traceFrom(start, wanted, left); err != nil {
			return err
		}
	}
	for name := range left {
		return fmt.Errorf("store: the log has no leaf %s %s", name.Kind, name.Hash)
	}
	return nil
}

// clockSlack is how far a clock may have gone back without the whole log being read.
const clockSlack = time.Hour

func (tx *Tx) traceFrom(start int64, wanted map[LeafName]int64, left map[LeafName]bool) error {
	const query = `SELECT idx, kind, hash FROM log WHERE idx >= $1 AND kind IN ($2, $3, $4) ORDER BY idx`
	return tx.each(query, []any{start, LeafSent, LeafReceived, LeafReceipt}, func(stmt *sqlite3.Stmt) (bool, error) {
		kind, hash := stmt.ColumnRawText(1), stmt.ColumnRawText(2)
		if left[LeafName{string(kind), string(hash)}] { // which copies nothing
			name := LeafName{string(kind), string(hash)}
			wanted[name] = stmt.ColumnInt64(0)
			delete(left, name)
		}
		return len(left) > 0, nil
	})
}

// leafAt is a leaf before which every audit line is older than that moment.
func (tx *Tx) leafAt(moment time.Time) (index int64, err error) {
	size, err := tx.Size()
	if err != nil {
		return 0, err
	}
	const query = `SELECT line FROM log WHERE idx >= $1 AND line IS NOT NULL ORDER BY idx LIMIT 1`
	found := sort.Search(int(size), func(n int) bool {
		var raw []byte
		var line Line
		ok, failure := tx.get(query, []any{n}, &raw)
		if ok && failure == nil {
			failure = json.Unmarshal(raw, &line)
		}
		err = errors.Join(err, failure)
		return !ok || !line.At.Before(moment)
	})
	return int64(found), err
}

// LeafName is what a leaf says.
type LeafName struct{ Kind, Hash string }

// Early returns the messages of a kind among the first places of a channel, in
// the order of their times: what is said before anything else passes.
func (tx *Tx) Early(channel string, kind envelope.Kind) ([]Message, error) {
	const places int64 = 4096 // and no more: a channel can be very long
	return tx.messages(`WHERE channel = $1 AND seq <= $2 AND kind = $3 ORDER BY at, seq`, channel, places, string(kind))
}

// Chain calls each for the places of a chain from first to last that have a
// message here, in order.
func (tx *Tx) Chain(channel string, d Direction, first, last uint64, each func(seq uint64, hash string) error) error {
	const query = `SELECT seq, hash FROM messages WHERE channel = $1 AND direction = $2 AND seq >= $3 AND seq <= $4 ORDER BY seq`
	return tx.list(query, []any{channel, d, first, last}, func(rows *sql.Rows) error {
		var seq uint64
		var hash string
		if err := rows.Scan(&seq, &hash); err != nil {
			return err
		}
		return each(seq, hash)
	})
}

// ActsOn returns the audit lines of an act on a subject, oldest first.
func (tx *Tx) ActsOn(act caller.Act, subject string) (lines []Line, err error) {
	const query = `SELECT line FROM log WHERE kind = $1 AND instr(line, $2) > 0 ORDER BY idx`
	err = tx.list(query, []any{LeafAct, []byte(`"act":"` + string(act) + `"`)}, func(rows *sql.Rows) error {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return err
		}
		var line Line
		if err := json.Unmarshal(raw, &line); err != nil {
			return err
		}
		if line.Act == string(act) && line.Subject == subject {
			lines = append(lines, line)
		}
		return nil
	})
	return lines, err
}
