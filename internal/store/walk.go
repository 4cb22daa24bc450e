// SPDX-License-Identifier: Apache-2.0

package store

// This file walks over the objects of a collection in the order in which they
// were added.

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/handling"
)

// ObjectQuery selects objects of one collection. Empty members do not filter.
// Of the versions of an object it selects all, or any of the others that are
// named; the last if none is. The first and the last version are those of the
// collection, whoever may see them.
type ObjectQuery struct {
	Collection  string
	Audiences   []handling.TLP // objects for these; any, if none is named: see For
	After       time.Time      // added after this
	IDs         []string
	Types       []string
	Specs       []string // versions of STIX
	AllVersions bool
	First       bool        // the first version of each id
	Last        bool        // the last version of each id
	At          []time.Time // versions of exactly these times

	// BodiesOnly says that of what is found nothing but Added and Body is asked,
	// which costs half.
	BodiesOnly bool
}

// For is the query for certain audiences: with none of them it finds nothing.
func (q ObjectQuery) For(audiences []handling.TLP) ObjectQuery {
	if q.Audiences = audiences; len(audiences) == 0 {
		q.Audiences = []handling.TLP{noAudience}
	}
	return q
}

// lean reports whether no more need be read of a row than bodyColumns.
func (q *ObjectQuery) lean() bool {
	return q.BodiesOnly && len(q.Types) == 0 && len(q.Specs) == 0 && len(q.At) == 0
}

// objectColumns are what a walk can read of an object. The body stands last:
// what is not asked for its body is not read to its end.
const objectColumns = `place, edge, id, version, written, spec, type, origin, label, handling, body`

// bodyColumns are the least a walk reads.
const bodyColumns = `place, edge, body`

// Columns by their place in objectColumns, and that of the body in bodyColumns.
const (
	columnPlace = iota
	columnEdge
	columnID
	columnVersion
	columnWritten
	columnSpec
	columnType
	columnOrigin
	columnLabel
	columnHandling
	columnBody
	columnLeanBody = 2
)

// Found is an object that a walk has come to. It must not be used after the
// walk has gone on.
type Found struct {
	tx   *Tx
	stmt *sqlite3.Stmt
	feed *feed
	body int // its column

	Collection string
	Added      time.Time
}

// Body is the object's bytes as they came. They are the store's: copy them.
func (f *Found) Body() []byte { return f.stmt.ColumnRawBlob(f.body) }

// ID is the object's id.
func (f *Found) ID() string { return f.stmt.ColumnText(columnID) }

// Written is the object's version as it writes it; empty if it writes none.
func (f *Found) Written() string { return f.stmt.ColumnText(columnWritten) }

// Audience is whom the object is for.
func (f *Found) Audience() handling.TLP { return f.feed.audience(f.stmt.ColumnInt64(columnPlace)) }

// Object is the whole object.
func (f *Found) Object() (Object, error) { return f.tx.scanIn(f.Collection, f.feed, f.stmt) }

// A run is a statement whose rows come in the order in which they were added.
type run struct {
	stmt  *sqlite3.Stmt
	added int64
	// places are walked one by one where they are known beforehand.
	places []int64
}

// maxRuns bounds the statements that are open at once for a filter by types;
// past it the whole collection is walked.
const maxRuns = 40

// EachObject calls each for the objects selected, in the order in which they
// were added, until it answers false.
func (tx *Tx) EachObject(q ObjectQuery, each func(*Found) (goOn bool, err error)) error {
	f, err := tx.feed(q.Collection)
	if err != nil {
		return err
	}
	var spans []span
	for _, s := range f.ranges {
		if len(q.Audiences) == 0 || slices.Contains(q.Audiences, s.audience) {
			spans = append(spans, s)
		}
	}
	want := newWanted(&q)
	runs, err := tx.runs(q, spans)
	defer func() {
		for _, r := range runs {
			_ = r.stmt.Reset() // its error is that of the last step, which was told
		}
	}()
	if err != nil {
		return err
	}
	found := &Found{tx: tx, feed: f, body: columnBody, Collection: q.Collection}
	if q.lean() {
		found.body = columnLeanBody
	}
	for goOn := true; goOn; {
		next := -1
		for i, r := range runs {
			if r.added != over && (next < 0 || r.added < runs[next].added) {
				next = i
			}
		}
		if next < 0 {
			return nil
		}
		r := runs[next]
		if want.selects(r.stmt, r.added) {
			found.stmt, found.Added = r.stmt, time.UnixMicro(r.added).UTC()
			if goOn, err = each(found); err != nil {
				return err
			}
		}
		if goOn {
			if err := r.step(); err != nil {
				return err
			}
		}
	}
	return nil
}

// over is the time of a run that is at its end.
const over = -1 << 63

// runs opens what together holds all objects selected, and a few others; each
// stands at its first row.
func (tx *Tx) runs(q ObjectQuery, spans []span) (runs []*run, err error) {
	add := func(places []int64, query string, args ...any) error {
		stmt, err := tx.session.statement(query, len(runs), args...)
		if err != nil {
			return err
		}
		r := &run{stmt: stmt, places: places}
		runs = append(runs, r)
		return r.step()
	}
	all := `SELECT ` + objectColumns + ` FROM objects WHERE `
	if q.lean() {
		all = `SELECT ` + bodyColumns + ` FROM objects WHERE `
	}
	if len(q.IDs) > 0 {
		places, err := tx.placesOf(q, spans)
		if err != nil || len(places) == 0 {
			return nil, err
		}
		err = add(places, all+`place = ?`)
		return runs, err
	}
	types := slices.Compact(slices.Sorted(slices.Values(q.Types)))
	byType := len(types) > 0 && len(types)*len(spans) <= maxRuns
	after := q.After.UnixMicro()
	for _, s := range spans {
		from, to := s.place(after), s.place(1<<62)
		if !byType {
			if err := add(nil, all+`place > ? AND place <= ? ORDER BY place`, from, to); err != nil {
				return runs, err
			}
			continue
		}
		for _, one := range types {
			if err := add(nil, all+`type = ? AND place > ? AND place <= ? ORDER BY place`, one, from, to); err != nil {
				return runs, err
			}
		}
	}
	return runs, nil
}

// placesOf are where the versions of the objects stand that are asked for by id.
func (tx *Tx) placesOf(q ObjectQuery, spans []span) (places []int64, err error) {
	after := q.After.UnixMicro()
	ids := slices.Compact(slices.Sorted(slices.Values(q.IDs)))
	query := `SELECT place, id FROM objects WHERE hash = ?`
	if !q.AllVersions && len(q.At) == 0 {
		query += ` AND edge > 0`
	}
	for _, id := range ids {
		err := tx.each(query, []any{keyed(tx.session.key, id)}, func(stmt *sqlite3.Stmt) (bool, error) {
			place := stmt.ColumnInt64(0)
			inside := slices.ContainsFunc(spans, func(s span) bool { return s.number == place>>timeBits && place > s.place(after) })
			if inside && string(stmt.ColumnRawText(1)) == id {
				places = append(places, place)
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(places, func(a, b int64) int { return int(addedAt(a) - addedAt(b)) })
	return places, nil
}

// step goes on to the next row.
func (r *run) step() error {
	for {
		if r.places != nil {
			if len(r.places) == 0 {
				r.added = over
				return nil
			}
			if err := r.stmt.Reset(); err != nil {
				return err
			}
			if err := r.stmt.BindInt64(1, r.places[0]); err != nil {
				return err
			}
			r.places = r.places[1:]
		}
		if r.stmt.Step() {
			r.added = addedAt(r.stmt.ColumnInt64(columnPlace))
			return nil
		}
		if err := r.stmt.Err(); err != nil || r.places == nil {
			r.added = over
			return err
		}
	}
}

// wanted is what a query asks for, in sets: a row costs the same however many
// values are named.
type wanted struct {
	*ObjectQuery
	types, specs, versions map[string]bool
	added                  map[int64]bool // microseconds
}

func newWanted(q *ObjectQuery) *wanted {
	w := &wanted{ObjectQuery: q, types: setOf(q.Types), specs: setOf(q.Specs)}
	if len(q.At) > 0 {
		w.versions, w.added = make(map[string]bool, len(q.At)), make(map[int64]bool, len(q.At))
	}
	for _, at := range q.At {
		w.versions[versionAt(at)], w.added[at.UnixMicro()] = true, true
	}
	return w
}

func setOf(texts []string) map[string]bool {
	if len(texts) == 0 {
		return nil
	}
	set := make(map[string]bool, len(texts))
	for _, text := range texts {
		set[text] = true
	}
	return set
}

// selects reports whether the query asks for the object that a statement stands at.
func (w *wanted) selects(stmt *sqlite3.Stmt, added int64) bool {
	if w.types != nil && !w.types[string(stmt.ColumnRawText(columnType))] || w.specs != nil && !w.specs[string(stmt.ColumnRawText(columnSpec))] {
		return false
	}
	if w.AllVersions {
		return true
	}
	edge := stmt.ColumnInt64(columnEdge)
	if w.First && edge&firstVersion != 0 || (w.Last || !w.First && len(w.At) == 0) && edge&lastVersion != 0 {
		return true
	}
	if len(w.At) == 0 {
		return false
	}
	// What has no versions goes by when it was added.
	version := stmt.ColumnRawText(columnVersion)
	return w.versions[string(version)] || len(version) == 0 && w.added[added]
}

// scan reads a whole object, wherever it stands.
func (tx *Tx) scan(stmt *sqlite3.Stmt) (Object, error) {
	number := stmt.ColumnInt64(columnPlace) >> timeBits
	collection, known := tx.names[number]
	if !known {
		if _, err := tx.get(`SELECT collection FROM ranges WHERE number = $1`, []any{number}, &collection); err != nil {
			return Object{}, err
		}
		if tx.names == nil {
			tx.names = make(map[int64]string)
		}
		tx.names[number] = collection
	}
	f, err := tx.feed(collection)
	if err != nil {
		return Object{}, err
	}
	return tx.scanIn(collection, f, stmt)
}

func (tx *Tx) scanIn(collection string, f *feed, stmt *sqlite3.Stmt) (Object, error) {
	o := Object{
		Collection: collection, place: stmt.ColumnInt64(columnPlace), edge: stmt.ColumnInt64(columnEdge),
		ID: stmt.ColumnText(columnID), Version: stmt.ColumnText(columnVersion), Written: stmt.ColumnText(columnWritten),
		Spec: stmt.ColumnText(columnSpec), Type: stmt.ColumnText(columnType), Origin: stmt.ColumnText(columnOrigin),
		Label: stmt.ColumnText(columnLabel), Handling: stmt.ColumnText(columnHandling), Body: stmt.ColumnBlob(columnBody, nil),
	}
	s, _ := f.holds(o.place)
	o.Audience, o.Added = s.audience, time.UnixMicro(addedAt(o.place)).UTC()
	o.sum = sha256.Sum256(o.Body)
	return o, stmt.Err()
}
