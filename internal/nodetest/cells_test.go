// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file changes each cell of a store behind its back, one at a time: the
// class of its value, its value, and whether it has one.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// unproved are the columns whose changes neither a start nor a verification
// finds, as docs/spec/log.md lists them, with what may be changed there.
var unproved = map[string]string{
	"queue.due":      "value",   // when it is tried next
	"queue.tries":    "value",   // how often it was tried
	"objects.waits":  "value",   // what an object that nobody sees waits for
	"releases.waits": "value",   // what is to be looked at again
	"feeds.last":     "value",   // no date before it is given away: a later one than any object's
	"steps.receipt":  "nothing", // of a step of ours: it can be made again from the log
}

// furnish lets two houses do a little of everything, and leaves something
// waiting.
func furnish(t *testing.T, alpha, bravo *House) {
	t.Helper()
	ctx := t.Context()
	Pair(t, alpha, bravo)
	_, _, err := alpha.Intake.KeepSource(ctx, Analyst(), warning.Source{Title: "A report", Fields: []warning.Field{{Name: "text", Text: "words"}}})
	Check(t, err)
	_, err = alpha.Intake.AddCollection(ctx, Admin(), "In", "", "in", "")
	Check(t, err)
	collections, err := alpha.Shelf.ListCollections(ctx, Admin())
	Check(t, err)
	id := collections[slices.IndexFunc(collections, func(c taxii.Collection) bool { return c.Alias == "in" })].ID
	Check(t, alpha.Intake.Accept(ctx, Analyst(), id, func(yield func(stix.Object, error) bool) {
		for _, more := range []string{`,"modified":"2026-03-01T00:00:00.000Z"`, `,"modified":"2026-03-02T00:00:00.000Z"`,
			`,"modified":"2026-03-03T00:00:00.000Z","object_marking_refs":["marking-definition--00000000-0000-4000-8000-000000000009"]`} {
			object, err := stix.Parse([]byte(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-000000000001","created":"2026-03-01T00:00:00.000Z"` + more + `,"name":"n"}`))
			if !yield(object, err) {
				return
			}
		}
	}, func(k intake.Kept) { Check(t, k.Problem) }))
	ours := alpha.Warn(Draft("The market square is in danger.", "bravo")).Sent["bravo"]
	theirs := bravo.Warn(Draft("So is the harbour.", "alpha")).Sent["alpha"]
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	Check(t, bravo.Outbox.Acknowledge(ctx, Officer(), warning.Acknowledgement{Case: ours, Answer: warning.Understood}))
	Check(t, alpha.Outbox.Acknowledge(ctx, Officer(), warning.Acknowledgement{Case: theirs, Answer: warning.Understood}))
	made, err := bravo.Outbox.Recall(ctx, First(), theirs, warning.AskDestroy, "It was wrong.", moment().Add(time.Hour))
	Check(t, err)
	bravo.Delivered(alpha)
	_, err = alpha.Outbox.AnswerRecall(ctx, Officer(), made[0].Recall.ID, warning.RecallAnswer{Answer: warning.Destroyed})
	Check(t, err)
	alpha.Delivered(bravo)
	alpha.Cut()
	alpha.Warn(Draft("A fourth text.", "bravo"))
	_, err = alpha.Desk.SetState(ctx, Officer(), "bravo", partner.Suspended, "compromised")
	Check(t, err)
	bravo.Warn(Draft("A third text.", "alpha"))
	bravo.Delivered(alpha)
	_, err = alpha.Outbox.Compose(ctx, Analyst(), Draft("A fifth text.", "bravo"))
	Check(t, err)
	alpha.Sound()
}

// cells is a store whose cells are changed.
type cells struct {
	*testing.T
	house *House
	db    *sql.DB
	log   *store.Store
}

// look says what is found: by a verification, or by a start.
func (c *cells) look() string {
	c.Helper()
	audit, err := shelf.New(Quiet(), c.log, c.house.Card(), "test").Verify(c.Context(), Overseer(), nil)
	if err != nil {
		return "error: " + err.Error()
	}
	if !audit.OK {
		return audit.Wrong[0]
	}
	return ""
}

func (c *cells) open() (err error) {
	c.log, err = store.Open(Quiet(), c.house.Dir, c.house.Ring().SignCheckpoint)
	return err
}

// again opens the store once more, and looks.
func (c *cells) again() (found string) {
	c.Helper()
	Check(c, c.log.Close())
	if err := c.open(); err != nil {
		return "start: " + err.Error()
	}
	return c.look()
}

// rowids are the rows to try: the first of each group, for columns that tell
// groups of rows apart.
func (c *cells) rowids(table string) (all []int64) {
	groups := map[string]string{"log": "kind", "records": "kind", "messages": "direction, state, kind IN ('warning', 'terms')", "steps": "receipt IS NULL, substr(hash, 1, 1) < '8'", "objects": "edge, waits = 0"}
	query := `SELECT min(rowid) FROM ` + table
	if by := groups[table]; by != "" {
		query += ` GROUP BY ` + by
	}
	rows, err := c.db.Query(query)
	Check(c, err)
	defer rows.Close()
	for rows.Next() {
		var id sql.NullInt64
		Check(c, rows.Scan(&id))
		if id.Valid {
			all = append(all, id.Int64)
		}
	}
	Check(c, rows.Err())
	return all
}

// atRest are the tables that a running store has read and writes anew.
var atRest = map[string]bool{"head": true, "object_key": true, "schema": true}

// changes are what is tried with a value of that class, by what kind of change
// it is; "?" is the value.
func changes(class string) map[string]string {
	switch class {
	case "integer":
		return map[string]string{"class": `CAST(? AS BLOB)`, "value": `? + 1`}
	case "text":
		return map[string]string{"class": `CAST(? AS BLOB)`, "value": `? || 'x'`}
	case "blob":
		return map[string]string{"class": `CAST(? AS TEXT)`, "value": `CAST(? || 'x' AS BLOB)`, "nothing": `NULL`}
	}
	return map[string]string{"value": `x'78'`}
}

// Whatever cell is changed, in whatever way, a start or a verification says so,
// but for what proves nothing.
func TestEveryCell(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	furnish(t, alpha, bravo)
	alpha.Stop()
	c := &cells{T: t, house: alpha, db: alpha.files()}
	defer func() { Check(t, errors.Join(c.db.Close(), c.log.Close())) }()
	_, err := c.db.Exec(`PRAGMA synchronous = off`)
	Check(t, err)
	Check(t, c.open())
	_, err = c.db.Exec(`INSERT INTO releases(waits) VALUES(1)`)
	Check(t, err)
	if found := c.look(); found != "" {
		t.Fatalf("untouched, yet %s", found)
	}
	columns := make(map[string][]string)
	rows, err := c.db.Query(`SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`)
	Check(t, err)
	for rows.Next() {
		var table, column string
		Check(t, rows.Scan(&table, &column))
		columns[table] = append(columns[table], column)
	}
	Check(t, errors.Join(rows.Err(), rows.Close()))
	tried, passed := 0, make(map[string]bool)
	for _, table := range slices.Sorted(maps.Keys(columns)) {
		ids := c.rowids(table)
		if len(ids) == 0 {
			t.Errorf("the store has no %s: nothing is tried there", table)
		}
		for _, column := range columns[table] {
			for _, id := range ids {
				for kind, way := range changes(c.class(table, column, id)) {
					name := table + "." + column
					found, changed := c.change(table, column, id, way)
					if !changed {
						continue
					}
					tried++
					if found != "" {
						continue
					}
					if unproved[name] != kind {
						t.Errorf("%s of row %d set to %s: nothing was found", name, id, way)
					}
					passed[name] = true
				}
			}
		}
		if found := c.look(); found != "" {
			t.Fatalf("what was changed in %s was put back, yet %s", table, found)
		}
	}
	for name := range unproved {
		if !passed[name] {
			t.Errorf("%s is said to prove nothing, and every change of it was found", name)
		}
	}
	t.Logf("%d changes", tried)
}

func (c *cells) class(table, column string, id int64) (class string) {
	Check(c, c.db.QueryRow(fmt.Sprintf(`SELECT typeof(%s) FROM %s WHERE rowid = ?`, column, table), id).Scan(&class))
	return class
}

// change changes a cell, looks, and puts it back; changed is false if SQLite
// takes no such value there.
func (c *cells) change(table, column string, id int64, way string) (found string, changed bool) {
	c.Helper()
	ctx := context.WithoutCancel(c.Context())
	_, err := c.db.ExecContext(ctx, fmt.Sprintf(`CREATE TEMP TABLE before AS SELECT %s AS was FROM %s WHERE rowid = ?`, column, table), id)
	Check(c, err)
	defer func() {
		_, err := c.db.ExecContext(ctx, `DROP TABLE before`)
		Check(c, err)
	}()
	var now int64
	set := fmt.Sprintf(`UPDATE %s SET %s = %s WHERE rowid = ? RETURNING rowid`, table, column, strings.ReplaceAll(way, "?", column))
	if err := c.db.QueryRowContext(ctx, set, id).Scan(&now); err != nil {
		if strings.Contains(err.Error(), "constraint") || strings.Contains(err.Error(), "mismatch") {
			return "", false
		}
		c.Fatalf("%s: %v", set, err)
	}
	if !atRest[table] {
		found = c.look()
	}
	if found == "" {
		found = c.again()
	}
	_, err = c.db.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s = (SELECT was FROM before) WHERE rowid = ?`, table, column), now)
	Check(c, err)
	switch {
	case strings.HasPrefix(found, "start: "):
		Check(c, c.open())
	case atRest[table]:
		Check(c, errors.Join(c.log.Close(), c.open()))
	}
	return found, true
}
