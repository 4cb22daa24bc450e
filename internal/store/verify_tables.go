// SPDX-License-Identifier: Apache-2.0

package store

// This file verifies the tables themselves: that they are those that this
// program makes, that their indexes lead to their rows, and that each value is
// of the class its column is for. A text that was made a blob of the same bytes
// looks the same, and no query finds it.

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shape is what a store consists of.
type shape struct {
	items   map[string]string     // the SQL of each table and index, by kind and name
	columns map[string][]columnOf // by table
}

// columnOf is a column, and the classes that a value in it may have, as SQL.
// A table that is declared STRICT would have SQLite refuse other values; but
// whoever changes the file writes what he likes, the declaration too.
type columnOf struct{ name, class, classes string }

// querier is a connection, or a transaction's view of one.
type querier func(query string, args []any, scan func(*sql.Rows) error) error

// readShape reads what a store consists of. SQLite's own tables are left out.
func readShape(query querier) (shape, error) {
	s := shape{items: make(map[string]string), columns: make(map[string][]columnOf)}
	err := query(`SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'`, nil, func(rows *sql.Rows) error {
		var kind, name, text string
		err := rows.Scan(&kind, &name, &text)
		s.items[kind+" "+name] = text
		return err
	})
	return s, err
}

// newShape is the shape of a new store.
func newShape() (s shape, err error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return s, fmt.Errorf("store: %w", err)
	}
	db.SetMaxOpenConns(1) // another would have a memory of its own
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(db); err != nil {
		return s, err
	}
	query := func(query string, args []any, scan func(*sql.Rows) error) error {
		rows, err := db.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	if s, err = readShape(query); err != nil {
		return s, err
	}
	const columns = `SELECT m.name, c.name, c.type, c."notnull" OR c.pk FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`
	return s, query(columns, nil, func(rows *sql.Rows) error {
		var table, declared string
		var c columnOf
		var always bool
		if err := rows.Scan(&table, &c.name, &declared, &always); err != nil {
			return err
		}
		if c.class = strings.ToLower(declared); c.class == "bigint" {
			c.class = "integer"
		}
		if c.classes = "'" + c.class + "'"; !always {
			c.classes += ", 'null'"
		}
		s.columns[table] = append(s.columns[table], c)
		return nil
	})
}

// tables compares the tables with those of a new store, and each value with the
// class its column is for.
func (v *verification) tables() error {
	want, err := newShape()
	if err != nil {
		return err
	}
	found, err := readShape(v.tx.list)
	if err != nil {
		return err
	}
	changed := func(item string) bool { return want.items[item] != found.items[item] }
	for _, item := range slices.Sorted(maps.Keys(want.items)) {
		if changed(item) {
			v.add("the %s of the store is not as it was made", item)
		}
	}
	for _, item := range slices.Sorted(maps.Keys(found.items)) {
		if _, ours := want.items[item]; !ours {
			v.add("the %s was put into the store", item)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(want.columns)) {
		if changed("table " + table) {
			continue // told, and its columns are anybody's guess
		}
		if err := v.classes(table, want.columns[table]); err != nil {
			return err
		}
	}
	return v.pages()
}

// classes compares the values of a table with the classes of its columns.
func (v *verification) classes(table string, columns []columnOf) error {
	counts, into := make([]sql.NullInt64, len(columns)), make([]any, len(columns))
	query := make([]string, len(columns))
	for i, c := range columns {
		query[i] = fmt.Sprintf("sum(typeof(%s) NOT IN (%s))", c.name, c.classes)
		into[i] = &counts[i]
	}
	if _, err := v.tx.get(`SELECT `+strings.Join(query, ", ")+` FROM `+table, nil, into...); err != nil {
		return err
	}
	for i, c := range columns {
		if n := counts[i].Int64; n > 0 {
			v.add("%s.%s: %d of the values are no %s: a query does not find them", table, c.name, n, c.class)
		}
	}
	return nil
}

// pages lets SQLite compare its pages with each other: a row that its index does
// not lead to is there and is not found.
func (v *verification) pages() error {
	return v.tx.list(fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxWrong), nil, func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		if err == nil && text != "ok" {
			v.add("the store's file: %s", text)
		}
		return err
	})
}

// versions checks that each migration has left its number, and head that there
// is one checkpoint.
func (v *verification) versions() error {
	var n, lowest, highest, heads int
	if _, err := v.tx.get(`SELECT count(DISTINCT version), min(version), max(version), (SELECT count(*) FROM head) FROM schema`, nil, &n, &lowest, &highest, &heads); err != nil {
		return err
	}
	if n != len(migrations) || lowest != 1 || highest != n {
		v.add("the store does not say that it was brought up to date step by step")
	}
	if heads > 1 {
		v.add("the store has %d checkpoints, and not one", heads)
	}
	return nil
}
