// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets somebody at a node's files who wants evidence to be gone:
// whatever is taken away or put back, the verification says so.

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// files opens the files of a node that is stopped, as a thief would.
func (h *House) files() *sql.DB {
	h.tb.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(h.Dir, store.File))
	Check(h.tb, err)
	db.SetMaxOpenConns(1) // what is put aside in a temporary table belongs to the connection
	return db
}

func (h *House) wrong() []string {
	h.tb.Helper()
	audit, err := h.Shelf.Verify(context.Background(), Overseer(), nil)
	Check(h.tb, err)
	return audit.Wrong
}

func TestDestroyedEvidenceIsNoticed(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	ctx := t.Context()
	source, _, err := alpha.Intake.KeepSource(ctx, Analyst(), warning.Source{Title: "A report", Fields: []warning.Field{{Name: "text", Text: "words"}}})
	Check(t, err)
	_, err = alpha.Shelf.Source(ctx, Overseer(), source.ID)
	Check(t, err)
	alpha.Warn(Draft("The market square is in danger.", "bravo"))
	alpha.Delivered(bravo)
	alpha.Sound()
	alpha.Stop()
	undo := map[string]string{ // each change, and how it is taken back from a copy of the table
		`UPDATE log SET line = NULL, salt = NULL WHERE kind = 'read'`:                                                                   "log",
		`UPDATE messages SET payload = NULL, salt = NULL WHERE kind = 'warning'`:                                                        "messages",
		`UPDATE messages SET receipt = NULL WHERE kind = 'warning'`:                                                                     "messages",
		`UPDATE messages SET receipt = (SELECT receipt FROM messages WHERE kind = 'terms' AND direction = 'in') WHERE kind = 'warning'`: "messages",
		`UPDATE messages SET signature = zeroblob(64) WHERE direction = 'in'`:                                                           "messages",
		`UPDATE messages SET signature = zeroblob(64) WHERE direction = 'out'`:                                                          "messages",
		`UPDATE records SET at = 1 WHERE kind = 'channel'`:                                                                              "records",
	}
	for statement, table := range undo {
		db := alpha.files()
		rows := map[string]string{"records": ` WHERE kind = 'channel'`}[table] // the node goes on writing the others
		for _, s := range []string{`CREATE TEMP TABLE kept AS SELECT * FROM ` + table + rows, statement} {
			_, err := db.Exec(s)
			Check(t, err)
		}
		alpha.Start()
		if len(alpha.wrong()) == 0 {
			t.Errorf("nothing was noticed after %s", statement)
		}
		alpha.Stop()
		// What the verification itself left in the table stays.
		key := map[string]string{"log": "idx", "messages": "hash", "records": "kind, id"}[table]
		for _, s := range []string{`DELETE FROM ` + table + ` WHERE (` + key + `) IN (SELECT ` + key + ` FROM kept)`,
			`INSERT INTO ` + table + ` SELECT * FROM kept`, `DROP TABLE kept`} {
			_, err := db.Exec(s)
			Check(t, err)
		}
		Check(t, db.Close())
	}
	alpha.Start()
	alpha.Sound()
}

// A row put back to an earlier state does not pass because the lines that speak
// of the later one were emptied.
func TestARowRolledBackIsNoticed(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	alpha.Stop()
	db := alpha.files()
	_, err := db.Exec(`CREATE TEMP TABLE kept AS SELECT * FROM records WHERE kind = 'channel'`)
	Check(t, err)
	alpha.Start()
	_, err = alpha.Desk.SetState(t.Context(), Officer(), "bravo", partner.Suspended, "compromised")
	Check(t, err)
	alpha.Stop()
	for _, s := range []string{`DELETE FROM records WHERE kind = 'channel'`, `INSERT INTO records SELECT * FROM kept`, `DROP TABLE kept`,
		`UPDATE log SET line = NULL, salt = NULL WHERE kind = 'act' AND CAST(line AS TEXT) LIKE '%change a channel%'`} {
		result, err := db.Exec(s)
		Check(t, err)
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%s changed nothing: %v", s, err)
		}
	}
	Check(t, db.Close())
	alpha.Start()
	if alpha.State(bravo) != "active" {
		t.Fatal("the row was not rolled back")
	}
	if len(alpha.wrong()) == 0 {
		t.Error("the suspension was undone behind the log's back, and nothing was noticed")
	}
}
