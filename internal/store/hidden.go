// SPDX-License-Identifier: Apache-2.0

package store

// This file looks, at the start, for rows that somebody hid: whose value was
// made one of another class, so that no query finds it. In an index such values
// stand before or behind all others, so it costs the same in a large store.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrHidden says that rows were changed so that no query finds them. The store
// is not opened and nothing is repaired.
var ErrHidden = errors.New("store: rows were changed behind its back so that they are not found: do not go on, keep the files and restore a backup")

// indexed are columns in the order in which an index has them. All but the last
// have few different values.
var indexed = [...]struct {
	table   string
	columns []string
}{
	{"records", []string{"kind", "id"}},
	{"records", []string{"kind", "state"}},
	{"messages", []string{"hash"}},
	{"messages", []string{"thread"}},
	{"messages", []string{"channel", "direction", "seq"}},
	{"messages", []string{"state", "partner", "seq"}},
	{"steps", []string{"hash"}},
	{"queue", []string{"hash"}},
	{"queue", []string{"partner", "seq"}},
	{"uses", []string{"name"}},
}

// hidden looks for rows that no query finds.
func (tx *Tx) hidden() error {
	for _, i := range indexed {
		if err := tx.misplaced(i.table, i.columns, nil); err != nil {
			return err
		}
	}
	return nil
}

// misplaced looks at the values of the column behind those that have the values
// before, and goes on behind each of them.
func (tx *Tx) misplaced(table string, columns []string, before []any) error {
	var where strings.Builder
	for i := range before {
		fmt.Fprintf(&where, "%s = $%d AND ", columns[i], i+1)
	}
	column := columns[len(before)]
	// NULL, numbers, texts, blobs: in this order. A number is never a text of its digits.
	tests := []string{column + ` IS NULL`, column + ` < ''`, column + ` >= x''`}
	if column == "seq" {
		tests = []string{column + ` IS NULL`, column + ` >= ''`}
	}
	for _, test := range tests {
		if found, err := tx.get(`SELECT 1 FROM `+table+` WHERE `+where.String()+test+` LIMIT 1`, before, new(int)); err != nil {
			return err
		} else if found {
			return fmt.Errorf("%w: %s, by their %s", ErrHidden, table, column)
		}
	}
	if len(before)+1 == len(columns) {
		return nil
	}
	// The first value may be empty; each after it is larger than the one before.
	value, compare := "", ">="
	for {
		query := fmt.Sprintf(`SELECT %s FROM %s WHERE %s%s %s $%d ORDER BY %s LIMIT 1`, column, table, where.String(), column, compare, len(before)+1, column)
		found, err := tx.get(query, append(slices.Clip(before), value), &value)
		if err != nil || !found {
			return err
		}
		if err := tx.misplaced(table, columns, append(slices.Clip(before), value)); err != nil {
			return err
		}
		compare = ">"
	}
}
