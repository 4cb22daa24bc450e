// SPDX-License-Identifier: Apache-2.0

package store

// This file holds STIX objects by collection, in the order they were added.

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
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
	Handling   string // the whole handling of that warning, as JSON
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
	o.Added = time.UnixMicro(at).UTC()
	tx.touched(rowObject, o.row(), o.hash())
	err = tx.exec(`INSERT INTO objects(collection, added, id, version, type, origin, label, handling, body) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		o.Collection, at, o.ID, o.Version, o.Type, o.Origin, o.Label, o.Handling, o.Body)
	return o.Added, true, err
}

// row names the object in audit lines.
func (o *Object) row() string { return o.Collection + "/" + o.ID + "/" + o.Version }

// hash covers everything that decides who is shown the object, not its bytes alone.
func (o *Object) hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "object\n%d\n%s\n%s\n%s\n%s\n", o.Added.UnixMicro(), o.Type, o.Origin, o.Label, o.Handling)
	h.Write(o.Body)
	return hex.EncodeToString(h.Sum(nil))
}

// KeepObject keeps a STIX object under its version. h is the handling of the
// warning it came in; nil if it came in none.
func (tx *Tx) KeepObject(collection, origin string, h *handling.Handling, object stix.Object) (added time.Time, isNew bool, err error) {
	o := Object{Collection: collection, ID: object.ID(), Version: ObjectVersion(object), Type: object.Type(), Origin: origin, Body: object.Raw()}
	if h != nil {
		raw, err := json.Marshal(*h)
		if err != nil {
			return time.Time{}, false, fmt.Errorf("store: %w", err)
		}
		o.Label, o.Handling = string(h.TLP), string(raw)
	}
	return tx.AddObject(o)
}

// ObjectVersion is what an object's versions are told apart and ordered by: its
// time in UTC with all nine digits, so that text sorts as time does. It is
// empty for an object that has no versions. TAXII 2.1 §3.4.1
func ObjectVersion(object stix.Object) string {
	text := object.ModifiedText()
	if text == "" {
		text = object.CreatedText()
	}
	at, err := stix.ParseTime(text)
	if err != nil {
		return text
	}
	return versionAt(at)
}

func versionAt(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// ObjectQuery selects objects of one collection. Empty members do not filter.
// Of the versions of an object it selects all, or any of the others that are
// named; the last if none is.
type ObjectQuery struct {
	Collection  string
	After       time.Time // added after this
	IDs         []string
	Types       []string
	AllVersions bool
	First       bool        // the first version of each id
	Last        bool        // the last version of each id
	At          []time.Time // versions of exactly these times
}

// errEnough ends a walk that has seen what it wanted.
var errEnough = errors.New("enough")

// EachObject calls each for the objects selected, in the order in which they
// were added, until it answers false. No more than one of them is in memory.
func (tx *Tx) EachObject(q ObjectQuery, each func(Object) (goOn bool, err error)) error {
	where, args := q.where()
	query := `SELECT ` + objectColumns + ` FROM objects WHERE ` + where + ` ORDER BY added`
	err := tx.list(query, args, func(rows *sql.Rows) error {
		o, err := scanObject(rows)
		if err != nil {
			return err
		}
		goOn, err := each(o)
		if err == nil && !goOn {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// objectColumns are what scanObject reads.
const objectColumns = `collection, added, id, version, type, origin, label, handling, body`

func scanObject(rows *sql.Rows) (o Object, err error) {
	var added int64
	err = rows.Scan(&o.Collection, &added, &o.ID, &o.Version, &o.Type, &o.Origin, &o.Label, &o.Handling, &o.Body)
	o.Added = time.UnixMicro(added).UTC()
	return o, err
}

// where is the query's condition with its arguments.
func (q ObjectQuery) where() (condition string, args []any) {
	argument := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	among := func(column string, values []string) string {
		marks := make([]string, len(values))
		for i, value := range values {
			marks[i] = argument(value)
		}
		return column + " IN (" + strings.Join(marks, ", ") + ")"
	}
	all := []string{"collection = " + argument(q.Collection), "added > " + argument(micros(q.After))}
	if len(q.IDs) > 0 {
		all = append(all, among("id", q.IDs))
	}
	if len(q.Types) > 0 {
		all = append(all, among("type", q.Types))
	}
	if q.AllVersions {
		return strings.Join(all, " AND "), args
	}
	var either []string
	for _, at := range q.At {
		// What has no versions goes by when it was added.
		either = append(either, "version = "+argument(versionAt(at)), "(version = '' AND added = "+argument(micros(at))+")")
	}
	const edge = `version = (SELECT %s(version) FROM objects o WHERE o.collection = objects.collection AND o.id = objects.id)`
	if q.First {
		either = append(either, fmt.Sprintf(edge, "min"))
	}
	if q.Last || len(either) == 0 {
		either = append(either, fmt.Sprintf(edge, "max"))
	}
	return strings.Join(append(all, "("+strings.Join(either, " OR ")+")"), " AND "), args
}
