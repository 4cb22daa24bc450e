// SPDX-License-Identifier: Apache-2.0

package store

// This file finds the lines of the log that are about content, by what and by whom:
// a table says which they are, so that nobody reads a log of years. What they say
// stands in the log alone.

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// usesTable says by which names a line is found: see usedAs.
const usesTable = `
CREATE TABLE uses(
	name TEXT NOT NULL,
	idx  BIGINT NOT NULL,
	PRIMARY KEY(name, idx)
);
`

const insertUse = `INSERT INTO uses(name, idx) VALUES(?, ?)`

// The names by which a line is found, by their first letter.
const (
	usedOf = "o" // the id of what it is about, or of a row that it left
	usedBy = "b" // the name of who did it
	usedTo = "t" // what was done, as far as the line alone says it
	usedOn = "d" // the day on which it was, in UTC
)

func (s *Sought) of() []string    { return prefixed(usedOf, s.Subjects) }
func (s *Sought) kinds() []string { return prefixed(usedTo, s.Kinds) }

func (s *Sought) by() []string {
	if s.By == "" {
		return nil
	}
	return []string{usedBy + s.By}
}

func prefixed[T ~string](letter string, all []T) (names []string) {
	for _, one := range all {
		names = append(names, letter+string(one))
	}
	return names
}

// usedAs are the names by which a line is found, none if it is not about content.
// Whether a message that it left went out or came in is not looked up: more lines are
// found than are, never fewer.
func usedAs(kind string, line *Line) (names []string) {
	if kind != LeafAct && kind != LeafRead {
		return nil
	}
	u := Use{Line: *line}
	came := line.Act == string(caller.Receive) && line.Note == "" // one that a partner handed over; not what it gave back of ours
	if !came && !onlyCarried(line) && slices.ContainsFunc(line.Rows, func(r Row) bool { return r.Kind == rowMessage }) {
		u.Recipients = []string{"somebody"}
	}
	processing := processingOf(kind, &u)
	if processing == "" {
		return nil
	}
	_, who, _ := strings.Cut(line.Who, ":")
	names = append(names, usedTo+string(processing), usedBy+who, onDay(line.At))
	there := make(map[string]bool)
	add := func(id string) {
		if id != "" && !there[id] {
			there[id] = true
			names = append(names, usedOf+id)
		}
	}
	add(line.Subject)
	for _, row := range line.Rows {
		for id, more := row.ID, true; more; _, id, more = strings.Cut(id, "/") { // also what is kept under a name of several parts
			add(id)
		}
	}
	return names
}

func onDay(at time.Time) string { return usedOn + at.UTC().Format(time.DateOnly) }

// onlyCarried reports whether a line only says how far the courier is with a message.
func onlyCarried(line *Line) bool {
	return line.Act == string(caller.Send) && !strings.HasPrefix(line.Subject, "wish--")
}

// keepUses writes down by which names a line is found that is written now.
func (tx *Tx) keepUses(index int64, kind string, line *Line) error {
	for _, name := range usedAs(kind, line) {
		if err := tx.run(insertUse, name, index); err != nil {
			return err
		}
	}
	return nil
}

// used calls found for each line that has one of the names, in the order that is
// sought, while it wants more.
func (tx *Tx) used(names []string, sought *Sought, found func(index int64) (more bool, err error)) error {
	if len(names) == 1 {
		return tx.usedOne(names[0], sought, found)
	}
	var all []int64
	for _, name := range names {
		err := tx.usedOne(name, sought, func(index int64) (bool, error) {
			all = append(all, index)
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return inOrder(all, sought, found)
}

// usedSince is used for each line of the day from which lines are sought, and of any
// later one.
func (tx *Tx) usedSince(sought *Sought, found func(index int64) (more bool, err error)) error {
	bound := `idx < ?`
	_, than := sought.order()
	if sought.After > 0 {
		bound = `idx > ?`
	}
	var all []int64
	err := tx.each(`SELECT idx FROM uses WHERE name >= ? AND name < ? AND `+bound, []any{onDay(sought.Since), usedOn + ":", than}, func(stmt *sqlite3.Stmt) (bool, error) {
		all = append(all, stmt.ColumnInt64(0))
		return true, nil
	})
	if err != nil {
		return err
	}
	return inOrder(all, sought, found)
}

// inOrder calls found for each line, in the order that is sought, while it wants more.
func inOrder(all []int64, sought *Sought, found func(index int64) (more bool, err error)) error {
	slices.Sort(all)
	all = slices.Compact(all)
	if sought.After == 0 {
		slices.Reverse(all)
	}
	for _, index := range all {
		if more, err := found(index); err != nil || !more {
			return err
		}
	}
	return nil
}

func (tx *Tx) usedOne(name string, sought *Sought, found func(index int64) (bool, error)) error {
	order, bound := sought.order()
	return tx.each(`SELECT idx FROM uses WHERE name = ? AND `+order, []any{name, bound}, func(stmt *sqlite3.Stmt) (bool, error) {
		return found(stmt.ColumnInt64(0))
	})
}

// findUses makes the table for what an older program wrote.
func findUses(tx *sql.Tx) error {
	if _, err := tx.Exec(usesTable); err != nil {
		return err
	}
	return useAgain(tx, func(string) bool { return true })
}

// findDays finds what an older program wrote by its day, too. What a newer one has
// written by now is found so already.
func findDays(tx *sql.Tx) error {
	if _, err := tx.Exec(`DELETE FROM uses WHERE name >= ? AND name < ?`, usedOn, usedOn+":"); err != nil {
		return err
	}
	return useAgain(tx, func(name string) bool { return strings.HasPrefix(name, usedOn) })
}

// useAgain goes through the log, and writes down those names by which a line is found
// that are wanted.
func useAgain(tx *sql.Tx, want func(name string) bool) (err error) {
	insert, err := tx.Prepare(insertUse)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	rows, err := tx.Query(`SELECT idx, kind, line FROM log WHERE line IS NOT NULL ORDER BY idx`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var index int64
		var kind string
		var raw []byte
		if err := rows.Scan(&index, &kind, &raw); err != nil {
			return err
		}
		var line Line
		if json.Unmarshal(raw, &line) != nil {
			continue // the verification tells of it
		}
		for _, name := range usedAs(kind, &line) {
			if !want(name) {
				continue
			}
			if _, err := insert.Exec(name, index); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}

// uses compares by which names lines are found with what they say.
func (v *verification) uses() error {
	return v.tx.each(`SELECT idx, name FROM uses`, nil, func(stmt *sqlite3.Stmt) (bool, error) {
		return true, v.claims.add(claimFound, useName(stmt.ColumnInt64(0), stmt.ColumnText(1)), here)
	})
}

// use says in words by what a leaf is found.
func use(thing string) string {
	index, name, _ := strings.Cut(thing, " ")
	if name == "" {
		return index
	}
	return index + " by " + map[string]string{usedOf: "what it is about: ", usedBy: "who did it: ", usedTo: "what was done: ", usedOn: "its day: "}[name[:1]] + name[1:]
}

func useName(index int64, name string) string { return fmt.Sprintf("%c%d %s", nameUse, index, name) }
