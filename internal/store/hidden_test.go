// SPDX-License-Identifier: Apache-2.0

package store

// This file hides rows in a store that is closed: a start refuses it.

import (
	"database/sql"
	"errors"
	"testing"
)

func TestHiddenRows(t *testing.T) {
	for name, statement := range map[string]string{
		"a record by its kind":        `UPDATE records SET kind = CAST(kind AS BLOB) WHERE id = '2'`,
		"a record by its id":          `UPDATE records SET id = CAST(id AS BLOB) WHERE id = '2'`,
		"a record by its state":       `UPDATE records SET state = CAST(state AS BLOB) WHERE id = '2'`,
		"a message by its case":       `UPDATE messages SET thread = CAST(thread AS BLOB) WHERE state = 'kept'`,
		"a message by its hash":       `UPDATE messages SET hash = CAST(hash AS BLOB) WHERE state = 'kept'`,
		"a message by its state":      `UPDATE messages SET state = CAST(state AS BLOB) WHERE state = 'kept'`,
		"a message by its partner":    `UPDATE messages SET partner = CAST(partner AS BLOB) WHERE state = 'kept'`,
		"a message by its channel":    `UPDATE messages SET channel = CAST(channel AS BLOB) WHERE state = 'kept'`,
		"a message by its direction":  `UPDATE messages SET direction = CAST(direction AS BLOB) WHERE state = 'kept'`,
		"a message by its place":      `UPDATE messages SET seq = 'one' WHERE state = 'kept'`,
		"what waits, by its partner":  `UPDATE queue SET partner = CAST(partner AS BLOB)`,
		"what waits, by its place":    `UPDATE queue SET seq = CAST(seq AS BLOB)`,
		"the step that a message is":  `UPDATE steps SET hash = CAST(hash AS BLOB)`,
		"the checkpoint by its class": `UPDATE head SET checkpoint = CAST(checkpoint AS BLOB)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.furnish()
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return tx.AddStep("a step", 1) }))
			k.close()
			k.must(k.open())
			k.close()
			db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File)
			k.must(err)
			_, err = db.Exec(statement)
			k.must(errors.Join(err, db.Close()))
			if err := k.open(); !errors.Is(err, ErrHidden) && !errors.Is(err, ErrHead) {
				t.Errorf("it was opened: %v", err)
				return
			}
			k.Store = nil
		})
	}
}
