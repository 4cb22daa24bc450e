// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the one erasure there is: the log speaks for it, and no other
// passes for it.

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A text that was destroyed when it was recalled is no damage; one that was
// taken away is, and so is one that comes back.
func TestDestroyed(t *testing.T) {
	for name, test := range map[string]struct {
		statement string
		found     bool
	}{
		"nothing":                      {``, false},
		"another text taken away":      {`UPDATE messages SET payload = NULL, salt = NULL WHERE state = 'kept'`, true},
		"another said to be destroyed": {`UPDATE messages SET payload = NULL, salt = NULL, state = 'destroyed' WHERE state = 'kept'`, true},
		"a text put back":              {`UPDATE messages SET payload = '{"text":"thank you"}', salt = zeroblob(32) WHERE state = 'destroyed'`, true},
		"said to be kept after all":    {`UPDATE messages SET state = 'kept' WHERE state = 'destroyed'`, true},
		"its receipt erased":           {`UPDATE messages SET receipt = NULL WHERE state = 'destroyed'`, true},
		"its header changed":           {`UPDATE messages SET header = replace(header, 'ROUTINE', 'FLASH') WHERE state = 'destroyed'`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			var first Message
			k.must(k.Change(t.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive}, func(tx *Tx) error {
				k.must(k.message(tx, In, Kept))
				return k.message(tx, In, Kept)
			}))
			k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) (err error) {
				if first, _, err = tx.AtSeq("cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", In, 1); err != nil {
					return err
				}
				return tx.Destroy(&first)
			}))
			k.close()
			db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File)
			k.must(err)
			if test.statement != "" {
				result, err := db.Exec(test.statement)
				k.must(err)
				if n, err := result.RowsAffected(); err != nil || n != 1 {
					t.Fatalf("tampered with %d rows, %v", n, err)
				}
			}
			k.must(db.Close())
			k.must(k.open())
			if audit := k.audit(); (len(audit.Wrong) > 0) != test.found {
				t.Errorf("found %q", audit.Wrong)
			}
		})
	}
}

// What a partner attached to a destroyed message is taken away, whoever may see
// it; what another message, or another partner, holds stays.
func TestDropGiven(t *testing.T) {
	attached := func(k *kit) stix.Object { return k.object(1, "2026-03-02T00:00:00Z", "") }
	for name, test := range map[string]struct {
		origin   string
		handling handling.Handling
		held     bool // by another message
		bytes    string
		left     int
	}{
		"seen by somebody":       {origin: "bravo", handling: handling.Handling{TLP: handling.Amber}},
		"seen by nobody":         {origin: "bravo"},
		"another message has it": {origin: "bravo", handling: handling.Handling{TLP: handling.Amber}, held: true, left: 1},
		"another partner's":      {origin: "carol", handling: handling.Handling{TLP: handling.Amber}, left: 1},
		"other bytes of that id": {origin: "bravo", handling: handling.Handling{TLP: handling.Amber}, bytes: `,"description":"d"`, left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.must(k.Change(t.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive}, func(tx *Tx) error {
				row, err := NewObject(Received, test.origin, &test.handling, k.object(1, "2026-03-02T00:00:00Z", test.bytes))
				k.must(err)
				_, err = tx.KeepObject(row, strict)
				k.must(err)
				if !test.held {
					return nil
				}
				k.must(k.message(tx, In, Kept))
				return tx.exec(`UPDATE messages SET kind = 'update', payload = $1`, attached(k).Raw())
			}))
			left := 0
			k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
				k.must(tx.DropGiven(&Message{Hash: "gone", Partner: "bravo", Channel: strings.Repeat("c", 64)}, []jsontext.Value{attached(k).Raw()}))
				_, err := tx.get(`SELECT count(*) FROM objects`, nil, &left)
				return err
			}))
			if left != test.left {
				t.Errorf("%d are left, want %d", left, test.left)
			}
			if test.held {
				return // its message was bent for the test
			}
			if audit := k.audit(); len(audit.Wrong) > 0 {
				t.Errorf("wrong: %q", audit.Wrong)
			}
		})
	}
}

// A partner that has sent much, and recalls a message with as many objects as one
// holds, stops nobody: what it sent is read once.
func BenchmarkDropGiven(b *testing.B) {
	k := newKit(b)
	var objects []jsontext.Value
	for i := range 1000 {
		objects = append(objects, k.object(i, "2026-03-02T00:00:00Z", "").Raw())
	}
	k.must(k.Change(b.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive}, func(tx *Tx) error {
		for range 30 {
			k.must(k.message(tx, In, Kept))
		}
		return tx.exec(`UPDATE messages SET kind = 'warning', payload = $1`, fmt.Appendf(nil, `{"text":"%s"}`, strings.Repeat("x", 1<<20)))
	}))
	for b.Loop() {
		k.must(k.Change(b.Context(), officer, keep, func(tx *Tx) error {
			return tx.DropGiven(&Message{Hash: "gone", Partner: "bravo", Channel: strings.Repeat("c", 64)}, objects)
		}))
	}
}

// What is kept of a recalled object knows it again after a restart, by its id and by
// what it says, and has no word of it: nor does the audit of the store miss it.
func TestARecalledObjectIsKnownAgain(t *testing.T) {
	k := newKit(t)
	object := k.object(1, "2026-03-02T00:00:00Z", `,"description":"the night ferry"`)
	k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
		k.must(Recalls.Put(tx, RecallID("bravo", false, "recall--1"), Recall{Recall: warning.Recall{ID: "recall--1", About: "gone"}, Partner: "bravo"}))
		return tx.markRecalled(&Message{Hash: "gone", Partner: "bravo"}, []jsontext.Value{object.Raw(), []byte("no object")})
	}))
	k.must(k.Close())
	k.must(k.open())
	raw := string(object.Raw())
	digit := strings.Replace(raw, object.ID(), strings.Replace(object.ID(), "-4", "-5", 1), 1)
	other := strings.Replace(digit, "night ferry", "morning ferry", 1)
	for name, test := range map[string]struct {
		raw  string
		want int
	}{
		"as it was": {raw, 1}, "one digit of the id": {digit, 1}, "its id alone": {strings.Replace(raw, "night ferry", "morning ferry", 1), 1},
		"neither": {other, 0}, "no object": {"[]", 0},
	} {
		k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
			recalled, err := tx.Recalled([]jsontext.Value{jsontext.Value(test.raw)})
			if len(recalled) != test.want {
				t.Errorf("%s: %v", name, recalled)
			}
			for _, mark := range recalled {
				if mark.Partner != "bravo" || mark.Recall != "recall--1" {
					t.Errorf("%s: %+v", name, mark)
				}
			}
			return err
		}))
	}
	var rows string
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		return tx.list(`SELECT id, body FROM records WHERE kind = 'recalled object'`, nil, func(rs *sql.Rows) error {
			var id, body string
			err := rs.Scan(&id, &body)
			rows += id + body
			return err
		})
	}))
	if rows == "" || strings.Contains(rows, "ferry") || strings.Contains(rows, object.ID()) || strings.Contains(rows, strings.ReplaceAll(object.ID(), "-", "")) {
		t.Errorf("it keeps %s", rows)
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("the audit finds %q", audit.Wrong)
	}
}
