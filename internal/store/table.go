// SPDX-License-Identifier: Apache-2.0

package store

// This file holds how a noun is kept: as JSON under its kind and id, with a
// salted hash of the row in the audit line of the change that wrote it.

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Table is where nouns of one kind are kept.
type Table[T any] struct {
	kind string
	name string // in words, for a problem
	// state is what the noun can be listed by; at orders it.
	state func(*T) string
	at    func(*T) time.Time
	// kept does what goes with keeping one, such as giving it a review date.
	kept func(*Tx, *T) error
}

// Kind is the kind of its rows, for [Store.State].
func (t Table[T]) Kind() string { return t.kind }

// Get returns the noun of that id, or a Missing problem.
func (t Table[T]) Get(tx *Tx, id string) (T, error) {
	noun, ok, err := t.Find(tx, id)
	if err == nil && !ok {
		err = problem.New(problem.Missing, "look at the list, and give the whole id or name", "there is no such %s", t.name)
	}
	return noun, err
}

// Find returns the noun of that id; ok is false if there is none.
func (t Table[T]) Find(tx *Tx, id string) (noun T, ok bool, err error) {
	err = tx.each(`SELECT body FROM records WHERE kind = ? AND id = ?`, []any{t.kind, id}, func(stmt *sqlite3.Stmt) (bool, error) {
		ok = true
		if err := json.Unmarshal(stmt.ColumnRawBlob(0), &noun); err != nil {
			return false, fmt.Errorf("store: reading a %s: %w", t.name, err)
		}
		return false, nil
	})
	return noun, ok && err == nil, err
}

// Put keeps the noun under id, in place of what was there.
func (t Table[T]) Put(tx *Tx, id string, noun T) error {
	if t.kept != nil {
		if err := t.kept(tx, &noun); err != nil {
			return err
		}
	}
	return t.put(tx, id, noun)
}

func (t Table[T]) put(tx *Tx, id string, noun T) error {
	body, err := json.Marshal(noun, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("store: writing a %s: %w", t.name, err)
	}
	state, at := "", tx.Now
	if t.state != nil {
		state = t.state(&noun)
	}
	if t.at != nil {
		at = t.at(&noun)
	}
	salt := newSalt()
	tx.touched(t.kind, id, rowHash(salt, t.kind, id, state, at.UnixMicro(), body))
	return tx.run(`INSERT INTO records(kind, id, state, at, salt, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT(kind, id) DO UPDATE SET state = ?3, at = ?4, salt = ?5, body = ?6`,
		t.kind, id, state, at.UnixMicro(), salt, body)
}

// date does what goes with keeping a noun that is there.
func (t Table[T]) date(tx *Tx, id string) error {
	noun, err := t.Get(tx, id)
	if err != nil {
		return err
	}
	return t.kept(tx, &noun)
}

// Delete removes the noun; the log keeps that it was there.
func (t Table[T]) Delete(tx *Tx, id string) error {
	tx.touched(t.kind, id, "")
	return tx.exec(`DELETE FROM records WHERE kind = $1 AND id = $2`, t.kind, id)
}

// read reads the noun that a row holds.
func (t Table[T]) read(body []byte) (noun T, err error) {
	if err = json.Unmarshal(body, &noun); err != nil {
		err = fmt.Errorf("store: reading a %s: %w", t.name, err)
	}
	return noun, err
}

// List returns the nouns in one of the states, newest first; all if none is
// named. At most limit, if it is above zero.
func (t Table[T]) List(tx *Tx, limit int, states ...string) (nouns []T, err error) {
	whole := `body`
	if limit <= 0 {
		limit = 1 << 30
	} else if whole = `NULL`; len(states) == 0 {
		if states, err = t.states(tx); err != nil {
			return nil, err
		}
		if len(states) == 0 { // there are none, or so many that they are in no order
			return t.newest(tx, limit)
		}
	}
	add := func(_ int64, _ string, noun T) { nouns = append(nouns, noun) }
	switch len(states) {
	case 0:
		err = t.each(tx, `kind = ?`, limit, add, t.kind)
		return nouns, err
	case 1:
		err = t.each(tx, `kind = ? AND state = ?`, limit, add, t.kind, states[0])
		return nouns, err
	}
	// One state after the other, each in the order of its index: of none more is found
	// than the limit, and no more than that is read.
	var all []listed
	for _, state := range slices.Compact(slices.Sorted(slices.Values(states))) {
		err = tx.each(`SELECT at, id, `+whole+` FROM records WHERE kind = ? AND state = ? ORDER BY at DESC, id LIMIT ?`, []any{t.kind, state, int64(limit)}, func(stmt *sqlite3.Stmt) (bool, error) {
			all = append(all, listed{stmt.ColumnInt64(0), stmt.ColumnText(1), column(stmt, 2)})
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b listed) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.id, b.id)) })
	for _, one := range all[:min(len(all), limit)] {
		var noun T
		if one.body == nil {
			noun, err = t.Get(tx, one.id)
		} else {
			noun, err = t.read(one.body)
		}
		if err != nil {
			return nil, err
		}
		nouns = append(nouns, noun)
	}
	return nouns, nil
}

// newest are the newest nouns, whatever their states: what they are ordered by is
// looked at first, and only what is wanted is read.
func (t Table[T]) newest(tx *Tx, limit int) (nouns []T, err error) {
	var ids []string
	err = tx.each(`SELECT id FROM records WHERE kind = ? ORDER BY at DESC, id LIMIT ?`, []any{t.kind, int64(limit)}, func(stmt *sqlite3.Stmt) (bool, error) {
		ids = append(ids, stmt.ColumnText(0))
		return true, nil
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var noun T
		noun, err = t.Get(tx, id)
		nouns = append(nouns, noun)
	}
	return nouns, err
}

// fewStates bounds in how many states nouns can be for a list to go through them.
const fewStates = 12

// states are those that nouns are in, if they are few; each is found by the index,
// behind the one before.
func (t Table[T]) states(tx *Tx) (states []string, err error) {
	query, args := `SELECT min(state) FROM records WHERE kind = ?`, []any{t.kind}
	for len(states) <= fewStates {
		found := false
		err := tx.each(query, args, func(stmt *sqlite3.Stmt) (bool, error) {
			if found = stmt.ColumnType(0) != sqlite3.NULL; found {
				states = append(states, stmt.ColumnText(0))
			}
			return false, nil
		})
		if err != nil || !found {
			return states, err
		}
		query, args = `SELECT min(state) FROM records WHERE kind = ? AND state > ?`, []any{t.kind, states[len(states)-1]}
	}
	return nil, nil
}

// listed is a row with what it is ordered by; its body is nil if it is read later.
type listed struct {
	at   int64
	id   string
	body []byte
}

// each calls found for each noun of some rows, the newest first, at most limit.
func (t Table[T]) each(tx *Tx, where string, limit int, found func(at int64, id string, noun T), args ...any) error {
	return tx.each(`SELECT at, id, body FROM records WHERE `+where+` ORDER BY at DESC, id LIMIT ?`, append(args, int64(limit)), func(stmt *sqlite3.Stmt) (bool, error) {
		noun, err := t.read(stmt.ColumnRawBlob(2))
		if err == nil {
			found(stmt.ColumnInt64(0), stmt.ColumnText(1), noun)
		}
		return err == nil, err
	})
}

// Before returns the ids of the nouns in a state that are older than a moment,
// oldest first, at most limit.
func (t Table[T]) Before(tx *Tx, limit int, state string, moment time.Time) (ids []string, err error) {
	const query = `SELECT id FROM records WHERE kind = $1 AND state = $2 AND at < $3 ORDER BY at LIMIT $4`
	err = tx.list(query, []any{t.kind, state, moment.UnixMicro(), limit}, func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// Count counts the nouns in one of the states; all if none is named.
func (t Table[T]) Count(tx *Tx, states ...string) (int, error) {
	total := 0
	if len(states) == 0 {
		_, err := tx.get(`SELECT count(*) FROM records WHERE kind = $1`, []any{t.kind}, &total)
		return total, err
	}
	for _, state := range states {
		n := 0
		if _, err := tx.get(`SELECT count(*) FROM records WHERE kind = $1 AND state = $2`, []any{t.kind, state}, &n); err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// rowHash is what an audit line says of a record. at is in microseconds.
func rowHash(salt []byte, kind, id, state string, at int64, body []byte) string {
	h := sha256.New()
	h.Write(salt)
	fmt.Fprintf(h, "%s\n%s\n%s\n%d\n", kind, id, state, at)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
