// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that the objects of an older store are brought over, and
// that marking definitions let objects out, once.

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/stix"
)

var keep = What{Act: caller.KeepObjects}

// older turns a store into one of version 1 that keeps these objects, and opens it.
func (k *kit) older(objects []Object) {
	k.Helper()
	k.age(objects)
	k.must(k.open())
}

// age leaves a store of version 1 that keeps these objects.
func (k *kit) age(objects []Object) {
	k.Helper()
	k.must(k.Change(k.Context(), officer, keep, func(tx *Tx) error {
		for _, o := range objects {
			o.Audience = unjudged
			tx.touched(rowObject, o.row(), o.oldHash())
		}
		return nil
	}))
	k.close()
	db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File)
	k.must(err)
	for _, table := range []string{"queue", "steps", "objects", "ranges", "feeds", "object_key", "releases", "uses"} {
		_, err = db.Exec(`DROP TABLE ` + table)
		k.must(err)
	}
	_, err = db.Exec(`DROP INDEX messages_told; DROP INDEX records_asked; DROP INDEX records_exigent; ALTER TABLE messages DROP COLUMN erased`)
	k.must(err)
	_, rest, _ := strings.Cut(firstTables, "CREATE TABLE queue(")
	_, err = db.Exec(`CREATE TABLE queue(` + rest)
	k.must(err)
	_, err = db.Exec(`DELETE FROM schema WHERE version > 1`)
	k.must(err)
	for _, o := range objects {
		_, err = db.Exec(`INSERT INTO objects(collection, added, id, version, type, origin, label, handling, body) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
			o.Collection, o.Added.UnixMicro(), o.ID, o.Version, o.Type, o.Origin, o.Label, o.Handling, o.Body)
		k.must(err)
	}
	k.must(db.Close())
}

// shown are the ids and dates that a reader of these audiences is shown.
func (k *kit) shown(q ObjectQuery) (all []string) {
	k.Helper()
	k.must(k.Glance(k.Context(), officer, keep, func(tx *Tx) error {
		return tx.EachObject(q, func(f *Found) (bool, error) {
			all = append(all, fmt.Sprintf("%s %s %d", f.ID()[len(f.ID())-1:], f.Written(), f.Added.UnixMicro()))
			return true, nil
		})
	}))
	return all
}

func (k *kit) object(number int, modified, more string) stix.Object {
	k.Helper()
	object, err := stix.Parse(fmt.Appendf(nil, `{"type":"campaign","id":"campaign--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":%q,"name":"n"%s}`,
		number, modified, more))
	k.must(err)
	return object
}

// An older store's objects keep their dates and their order. Nobody sees them
// before they are judged, and the log speaks for them before and after.
func TestOlderStore(t *testing.T) {
	k := newKit(t)
	at := time.Date(2026, 3, 1, 8, 0, 0, 1000, time.UTC)
	var old []Object
	for i, modified := range []string{"2026-03-02T00:00:00.000Z", "2026-03-01T00:00:00Z", "2026-03-03T00:00:00.000Z"} {
		for collection, h := range map[string]*handling.Handling{"feed": nil, Received: {TLP: handling.Green}} {
			for number := range 2 {
				o, err := NewObject(collection, "bravo", h, k.object(number, modified, ""))
				k.must(err)
				o.Added = at.Add(time.Duration(2*i+number) * time.Microsecond)
				old = append(old, o)
			}
		}
	}
	unreadable := Object{Collection: "feed", ID: "x", Origin: "bravo", Body: []byte("{"), Added: at.Add(time.Second)}
	k.older(append(old, unreadable))
	k.sound(1)
	all := ObjectQuery{Collection: "feed", Audiences: handling.TLPs(), AllVersions: true}
	if got := k.shown(all); got != nil {
		t.Errorf("shown before they are judged: %q", got)
	}
	more := true
	for rounds := 0; more; rounds++ {
		if rounds > 10 {
			t.Fatal("it does not end")
		}
		k.must(k.Change(t.Context(), caller.Self(), keep, func(tx *Tx) (err error) {
			more, err = tx.Rejudge(strict, 2)
			return err
		}))
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
	day := func(number, day int, text string, i int) string {
		return fmt.Sprintf("%d 2026-03-%02dT00:00:00%s %d", number, day, text, at.UnixMicro()+int64(i))
	}
	want := []string{day(0, 2, ".000Z", 0), day(1, 2, ".000Z", 1), day(0, 1, "Z", 2), day(1, 1, "Z", 3), day(0, 3, ".000Z", 4), day(1, 3, ".000Z", 5)}
	if diff := cmp.Diff(want, k.shown(all)); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	all.AllVersions = false
	if diff := cmp.Diff(want[4:], k.shown(all)); diff != "" {
		t.Errorf("the last (-want +got):\n%s", diff)
	}
	all.First = true
	if diff := cmp.Diff(want[2:4], k.shown(all)); diff != "" {
		t.Errorf("the first (-want +got):\n%s", diff)
	}
	// What is added from here on comes behind, under a date of its own.
	k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
		o, err := NewObject("feed", "bravo", nil, k.object(1, "2026-03-02T00:00:00Z", ""))
		k.must(err)
		kept, err := tx.KeepObject(o, strict)
		if added := kept.Added; kept.New || added != old[2].Added && added != old[3].Added && added != at.Add(time.Microsecond) {
			t.Errorf("the same version again: %+v %v", kept, err)
		}
		o, err = NewObject("feed", "bravo", nil, k.object(2, "2026-03-02T00:00:00Z", ""))
		k.must(err)
		kept, err = tx.KeepObject(o, strict)
		if !kept.New || !kept.Added.After(at.Add(time.Second)) {
			t.Errorf("a new one: %+v", kept)
		}
		return err
	}))
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}

// defining judges as nobody's what is marked with "later", until its origin has
// defined it.
func defining(object stix.Object, _ *handling.Handling, defined func(string) []stix.Object) (handling.TLP, string) {
	for _, id := range object.Markings() {
		if len(defined(id)) == 0 {
			return Nobody, id
		}
	}
	return handling.Green, ""
}

// An object that waits for a definition is shown from when it comes, behind
// everything that was shown before; in steps, if there are many, which go on
// after a restart. Another origin's definition, or one in another collection,
// opens nothing.
func TestReleased(t *testing.T) {
	k := newKit(t)
	const marking = "marking-definition--00000000-0000-4000-8000-000000000009"
	definition, err := stix.Parse([]byte(`{"type":"marking-definition","id":"` + marking + `","created":"2026-03-01T00:00:00.000Z"}`))
	k.must(err)
	marked := `,"object_marking_refs":["` + marking + `"]`
	add := func(collection, origin string, object stix.Object, limit int) (more bool) {
		k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
			o, err := NewObject(collection, origin, nil, object)
			if err == nil {
				_, err = tx.KeepObject(o, defining)
			}
			if err == nil {
				more, err = tx.Released(o, defining, limit)
			}
			return err
		}))
		return more
	}
	numbers := func() (text string) {
		for _, line := range k.shown(ObjectQuery{Collection: "feed", Audiences: []handling.TLP{handling.Green}}) {
			text += line[:1]
		}
		return text
	}
	const modified = "2026-03-01T00:00:00.000Z"
	add("feed", "bravo", k.object(1, modified, marked), 10)
	add("feed", "bravo", k.object(2, modified, ""), 10)
	add("feed", "eve", definition, 10)
	add("other", "bravo", definition, 10)
	for i := 3; i <= 7; i++ {
		add("feed", "bravo", k.object(i, modified, marked), 10)
	}
	if got := numbers(); got != "29" {
		t.Errorf("before the definition: %s", got)
	}
	// The same object as eve's, which stays the only one that is shown.
	if more := add("feed", "bravo", definition, 2); !more {
		t.Error("two of six, and no more?")
	}
	before := numbers()
	k.close()
	k.must(k.open())
	for more := true; more; {
		k.must(k.Change(t.Context(), caller.Self(), keep, func(tx *Tx) (err error) {
			more, err = tx.Rejudge(defining, 2)
			return err
		}))
	}
	after := numbers()
	if !strings.HasPrefix(after, before) || len(before) != 4 {
		t.Errorf("a follower saw %s, and then %s", before, after)
	}
	all := []rune(after)
	slices.Sort(all)
	if string(all) != "12345679" {
		t.Errorf("in the end %s", after)
	}
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		if more, err := tx.Unjudged(); more || err != nil {
			t.Errorf("still to be judged: %v %v", more, err)
		}
		return nil
	}))
	add("feed", "bravo", k.object(8, modified, marked), 10)
	if got := numbers(); got != after+"8" {
		t.Errorf("after the definition: %s", got)
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}
