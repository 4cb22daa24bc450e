// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the table by which readings are found against the log that it is
// made from.

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// busy leaves lines of every kind in the log.
func (k *kit) busy() {
	k.Helper()
	dan := caller.Caller{Kind: caller.Person, Name: "dan", Roles: []caller.Role{caller.DutyOfficer}}
	for i := range 5 {
		id := fmt.Sprint("source--", i)
		k.must(k.Change(k.Context(), officer, What{Act: caller.KeepSource, Subject: id}, func(tx *Tx) error {
			return Sources.Put(tx, id, warning.Source{ID: id, Title: "A report", KeptAt: tx.Now})
		}))
		k.must(k.Show(k.Context(), dan, What{Act: caller.ReadSource, Subject: id}, func(*Tx) error { return nil }))
		k.must(k.Change(k.Context(), dan, What{Act: caller.OpenDuty}, func(tx *Tx) error {
			return Duties.Put(tx, "duty--"+id, warning.Duty{ID: "duty--" + id, Subject: id})
		}))
		k.must(k.Change(k.Context(), officer, What{Act: caller.Pledge, Subject: "bravo"}, func(tx *Tx) error {
			k.aside(tx, Out, uint64(2*i+1), &warning.Pledge{ID: fmt.Sprint("pledge--", i)}, envelope.Pledge)
			return nil
		}))
		k.must(k.Change(k.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive, Subject: "bravo"}, func(tx *Tx) error {
			k.aside(tx, In, uint64(2*i+1), &warning.Pledge{ID: fmt.Sprint("pledge--", i)}, envelope.Pledge)
			return nil
		}))
		k.must(k.Change(k.Context(), caller.Self(), What{Act: caller.Erase, Subject: RetentionID(OfSource, id)}, func(tx *Tx) error {
			r, err := Retentions.Get(tx, RetentionID(OfSource, id))
			k.must(err)
			return tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
		}))
	}
}

// everySought are questions of each form.
func everySought() (all []Sought) {
	for _, by := range []string{"", "dan", "node", "nobody"} {
		for _, subjects := range [][]string{nil, {"source--1"}, {"duty--source--2", "source--3", "bravo"}, {"none"}} {
			for _, kinds := range [][]Processing{nil, {Consultation}, {Erasure, Disclosure}, {Combination}} {
				now := time.Now()
				for _, bounds := range []Sought{
					{}, {Limit: 2}, {Before: 20, Limit: 2}, {After: 12, Limit: 2}, {After: 25}, {Before: 1}, {After: 1 << 40},
					{Since: now.Add(-48 * time.Hour)}, {Since: now.Add(-time.Hour), Limit: 2}, {Since: now.Add(-time.Hour), Before: 20, Limit: 2},
					{Since: now.Add(-time.Hour), After: 12, Limit: 2}, {Since: now.Add(48 * time.Hour)},
				} {
					bounds.By, bounds.Subjects, bounds.Kinds = by, subjects, kinds
					all = append(all, bounds)
				}
			}
		}
	}
	return all
}

// scanned are the uses as the whole log has them.
func scanned(tx *Tx, sought Sought) (uses []Use) {
	all, err := tx.Uses(Sought{})
	if err != nil {
		return nil
	}
	for _, u := range all {
		if !u.Line.At.Before(sought.Since) && sought.concerns(&u) && (len(sought.Kinds) == 0 || slices.Contains(sought.Kinds, u.Processing)) && (sought.After == 0 || u.Index > sought.After) && (sought.Before == 0 || u.Index < sought.Before) {
			uses = append(uses, u)
		}
	}
	over := max(len(uses)-sought.Limit, 0)
	switch {
	case sought.Limit == 0:
		return uses
	case sought.After > 0: // those next to the bound
		return uses[over:]
	}
	return uses[:len(uses)-over]
}

// Whatever is asked for, the table finds what a look at the whole log finds, in its
// order, also in a store that an older program wrote.
func TestUsesAreFound(t *testing.T) {
	k := newKit(t)
	k.busy()
	compare := func(when string) {
		t.Helper()
		k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
			some := 0
			for _, sought := range everySought() {
				want := scanned(tx, sought)
				got, err := tx.Uses(sought)
				k.must(err)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s: %+v (-scan +table):\n%s", when, sought, diff)
				}
				some += len(got)
			}
			if some < 100 {
				t.Errorf("%s: %d lines were found in all: nothing is proved", when, some)
			}
			return nil
		}))
		if audit := k.audit(); len(audit.Wrong) > 0 {
			t.Errorf("%s: %q", when, audit.Wrong)
		}
	}
	compare("as written")
	k.behind(`DROP TABLE uses; DROP INDEX records_asked; DROP INDEX records_exigent; DELETE FROM schema WHERE version > 8`)
	compare("made anew")
}

// Whoever changes the table behind the store's back is found out by a verification.
func TestUsesAreVerified(t *testing.T) {
	for name, change := range map[string]string{
		"does not find leaf":              `DELETE FROM uses WHERE name = 'osource--1'`,
		"and that does not say so":        `INSERT INTO uses(name, idx) SELECT 'bann', max(idx) FROM log`,
		"by who did it: eve, and":         `UPDATE uses SET name = 'beve' WHERE name = 'bdan'`,
		"by what was done: consultation,": `UPDATE uses SET idx = idx + 1000 WHERE name = 'tconsultation'`,
		"by its day: 1999-12-31, and":     `UPDATE uses SET name = 'd1999-12-31' WHERE name GLOB 'd2*'`,
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.busy()
			k.behind(change)
			if audit := k.audit(); !slices.ContainsFunc(audit.Wrong, func(wrong string) bool { return strings.Contains(wrong, name) }) {
				t.Errorf("a verification says %q", audit.Wrong)
			}
		})
	}
}

// behind closes the store, changes its file and opens it again.
func (k *kit) behind(change string) {
	k.Helper()
	k.close()
	db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File)
	k.must(err)
	_, err = db.Exec(change)
	k.must(err)
	k.must(db.Close())
	k.must(k.open())
}

// What was done before a moment is not looked at, however much it is; a line of a clock
// that was set back is found by its own day.
func TestUsesSinceADay(t *testing.T) {
	k := newKit(t)
	const days, each = 400, 5
	at := func(day int) time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, -day) }
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for i := range int64(days * each) {
			line := Line{At: at(days - 1 - int(i)/each), Who: "person:ann", Act: string(caller.ReadSource), Subject: "source--1"}
			if i == 7 {
				line.At = at(0) // the clock was wrong
			}
			raw, err := json.Marshal(line)
			k.must(err)
			if i < days*each-3*each && i != 7 {
				raw = []byte("nobody reads this")
			}
			k.must(tx.run(`INSERT INTO log(idx, kind, hash, salt, line) VALUES(?, ?, ?, ?, ?)`, 1000+i, LeafRead, "", []byte{}, raw))
			k.must(tx.keepUses(1000+i, LeafRead, &line))
		}
		uses, err := tx.Uses(Sought{Since: at(1)})
		if len(uses) != 2*each+1 || uses[len(uses)-1].Index != 1007 || uses[0].Index != 1000+days*each-1 {
			t.Errorf("%d lines: %+v", len(uses), uses)
		}
		k.must(err)
		if uses, err = tx.Uses(Sought{Since: at(1), After: 1000, Limit: 1}); len(uses) != 1 || uses[0].Index != 1007 {
			t.Errorf("the first is %+v", uses)
		}
		k.must(err)
		return nil
	}))
}

// BenchmarkUses asks for the readings of one thing, and for those of the last day, in a
// log of a million lines: by the table, and by a look at every line, which is the floor.
func BenchmarkUses(b *testing.B) {
	k := newKit(b)
	const lines, things = 1_000_000, 50_000
	k.must(k.Change(b.Context(), officer, note, func(tx *Tx) error {
		for i := range int64(lines) {
			line := Line{At: tx.Now.Add(time.Duration(i-lines) * time.Minute), Who: "person:ann", Act: string(caller.ReadSource), Subject: fmt.Sprintf("source--%08d", i%things)}
			raw, err := json.Marshal(line)
			k.must(err)
			k.must(tx.run(`INSERT INTO log(idx, kind, hash, salt, line) VALUES(?, ?, ?, ?, ?)`, 1000+i, LeafRead, "", []byte{}, raw))
			k.must(tx.keepUses(1000+i, LeafRead, &line))
		}
		return nil
	}))
	const id = "source--00004711"
	b.Run("table", func(b *testing.B) {
		k.must(k.Glance(b.Context(), officer, note, func(tx *Tx) error {
			for b.Loop() {
				if uses, err := tx.Uses(Sought{Subjects: []string{id}}); err != nil || len(uses) != lines/things {
					b.Fatal(len(uses), err)
				}
			}
			return nil
		}))
	})
	b.Run("since", func(b *testing.B) {
		k.must(k.Glance(b.Context(), officer, note, func(tx *Tx) error {
			for b.Loop() {
				if uses, err := tx.Uses(Sought{Since: tx.Now.Add(-24 * time.Hour)}); err != nil || len(uses) < 23*60 || len(uses) > 24*60+1 {
					b.Fatal(len(uses), err)
				}
			}
			return nil
		}))
	})
	b.Run("scan", func(b *testing.B) {
		k.must(k.Glance(b.Context(), officer, note, func(tx *Tx) error {
			for b.Loop() {
				found := 0
				k.must(tx.each(`SELECT line FROM log WHERE line IS NOT NULL AND instr(line, ?) > 0 ORDER BY idx DESC`, []any{[]byte(id)}, func(stmt *sqlite3.Stmt) (bool, error) {
					found++
					var line Line
					return true, json.Unmarshal(stmt.ColumnRawBlob(0), &line)
				}))
				if found != lines/things {
					b.Fatal(found)
				}
			}
			return nil
		}))
	})
}

// Why a tool reads is said once, by whoever sets up its account; a reading keeps the
// reason that held then.
func TestAToolsStandingReason(t *testing.T) {
	k := newKit(t)
	tool := caller.Caller{Kind: caller.Account, Name: "siem"}
	for i, text := range []string{"Blocks at the gateway.", "Blocks at the gateway and in the mail."} {
		k.must(k.Change(t.Context(), officer, note, func(tx *Tx) (err error) {
			tool.Reason, err = tx.StandingReason(tool.Name, text)
			return err
		}))
		k.must(k.handOut(tool, fmt.Sprint("feed ", i), 0))
	}
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		uses, err := tx.Uses(Sought{By: "siem"})
		k.must(err)
		if len(uses) != 2 || uses[0].Why != "Blocks at the gateway and in the mail." || uses[1].Why != "Blocks at the gateway." {
			t.Errorf("%+v", uses)
		}
		return nil
	}))
}
