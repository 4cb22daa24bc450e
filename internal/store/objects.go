// SPDX-License-Identifier: Apache-2.0

package store

// This file holds STIX objects by collection, in the order they were added.

import (
	"database/sql"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// Object is one version of a STIX object in a collection. Body is its bytes as
// they came.
type Object struct {
	Collection string
	Added      time.Time // strictly increasing within a collection, in microseconds
	ID         string
	Version    string // see ObjectVersion
	Type       string
	Origin     string // the partner or tool it came from
	Label      string // the TLP of the warning it came in; empty if it came in none
	Body       []byte
}

// AddObject keeps an object under a date of its own, and reports whether it
// was new: a version that is there already stays as it is.
func (tx *Tx) AddObject(o Object) (added time.Time, isNew bool, err error) {
	var exists int64
	known, err := tx.get(`SELECT added FROM objects WHERE collection = $1 AND id = $2 AND version = $3`, []any{o.Collection, o.ID, o.Version}, &exists)
	if err != nil || known {
		return time.UnixMicro(exists).UTC(), false, err
	}
	var last int64
	if _, err := tx.get(`SELECT coalesce(max(added), 0) FROM objects WHERE collection = $1`, []any{o.Collection}, &last); err != nil {
		return time.Time{}, false, err
	}
	at := max(tx.Now.UnixMicro(), last+1)
	tx.touched(rowObject, o.Collection+"/"+o.ID+"/"+o.Version, objectHash(o.Body))
	err = tx.exec(`INSERT INTO objects(collection, added, id, version, type, origin, label, body) VALUES($1,$2,$3,$4,$5,$6,$7,$8)`,
		o.Collection, at, o.ID, o.Version, o.Type, o.Origin, o.Label, o.Body)
	return time.UnixMicro(at).UTC(), true, err
}

// KeepObject keeps a STIX object under its version: when it was modified, or
// created, or, for what says neither, an empty one.
func (tx *Tx) KeepObject(collection, origin, label string, object stix.Object) (added time.Time, isNew bool, err error) {
	return tx.AddObject(Object{
		Collection: collection, ID: object.ID(), Version: ObjectVersion(object), Type: object.Type(), Origin: origin, Label: label,
		Body: object.Raw(),
	})
}

// ObjectVersion is what an object's versions are told apart by. TAXII 2.1 §3.4.1
func ObjectVersion(object stix.Object) string {
	if modified := object.ModifiedText(); modified != "" {
		return modified
	}
	return object.CreatedText()
}

// OriginOf says which partner an object came from, with the label of the
// warning it came in; empty if it is our own or not known here.
func (tx *Tx) OriginOf(id string) (origin, label string, err error) {
	_, err = tx.get(`SELECT origin, label FROM objects WHERE id = $1 AND label != '' ORDER BY added LIMIT 1`, []any{id}, &origin, &label)
	return origin, label, err
}

// ObjectQuery selects objects of one collection. Empty members do not filter.
type ObjectQuery struct {
	Collection string
	After      time.Time // added after this
	IDs        []string
	Types      []string
	Versions   []string // exact versions; empty means the last of each id
	AllOfThem  bool     // every version
	First      bool     // the first version of each id
	Limit      int
}

// Objects returns a page of objects, oldest first. more says that there are others behind.
func (tx *Tx) Objects(q ObjectQuery) (objects []Object, more bool, err error) {
	where := []string{"collection = $1", "added > $2"}
	args := []any{q.Collection, micros(q.After)}
	in := func(column string, values []string) {
		if len(values) == 0 {
			return
		}
		marks := make([]string, len(values))
		for i, value := range values {
			args = append(args, value)
			marks[i] = mark(len(args))
		}
		where = append(where, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	in("id", q.IDs)
	in("type", q.Types)
	in("version", q.Versions)
	if !q.AllOfThem && len(q.Versions) == 0 {
		newest := "max(version)"
		if q.First {
			newest = "min(version)"
		}
		where = append(where, "version = (SELECT "+newest+" FROM objects o WHERE o.collection = objects.collection AND o.id = objects.id)")
	}
	args = append(args, q.Limit+1)
	query := `SELECT collection, added, id, version, type, origin, label, body FROM objects WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY added LIMIT ` + mark(len(args))
	err = tx.list(query, args, func(rows *sql.Rows) error {
		var o Object
		var added int64
		if err := rows.Scan(&o.Collection, &added, &o.ID, &o.Version, &o.Type, &o.Origin, &o.Label, &o.Body); err != nil {
			return err
		}
		o.Added = time.UnixMicro(added).UTC()
		objects = append(objects, o)
		return nil
	})
	if len(objects) > q.Limit {
		return objects[:q.Limit], true, err
	}
	return objects, false, err
}

func mark(n int) string {
	if n < 10 {
		return "$" + string(rune('0'+n))
	}
	return "$" + string(rune('0'+n/10%10)) + string(rune('0'+n%10))
}
