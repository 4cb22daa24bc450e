// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the objects' tables as they are since version 2 of the store,
// and brings the objects of an older one over.

import (
	"crypto/rand"
	"database/sql"
	"errors"

	"github.com/tocsin-exchange/tocsin/stix"
)

// objectTables: a table whose key is INTEGER PRIMARY KEY is kept in the order of
// that key, which is the order in which pages are read.
const objectTables = `
ALTER TABLE objects RENAME TO objects_1;
DROP INDEX objects_id;
-- The key under which ids are hashed.
CREATE TABLE object_key(
	id  BIGINT PRIMARY KEY,
	key BLOB NOT NULL
);
-- When the newest object of a collection was added (microseconds).
CREATE TABLE feeds(
	collection TEXT PRIMARY KEY,
	last       BIGINT NOT NULL
);
-- The ranges of places: the objects of one collection for one audience.
CREATE TABLE ranges(
	number     INTEGER PRIMARY KEY,
	collection TEXT NOT NULL,
	audience   TEXT NOT NULL
);
CREATE UNIQUE INDEX ranges_collection ON ranges(collection, audience);
-- STIX objects. A place is the number of a range, and the time added below it.
CREATE TABLE objects(
	place    INTEGER PRIMARY KEY,
	hash     BIGINT NOT NULL, -- of the id
	edge     BIGINT NOT NULL, -- 1 the first, 2 the last version of its id
	waits    BIGINT NOT NULL, -- the hash of what it waits for; 0 for nothing
	id       TEXT NOT NULL,
	version  TEXT NOT NULL,
	written  TEXT NOT NULL,
	spec     TEXT NOT NULL,
	type     TEXT NOT NULL,
	origin   TEXT NOT NULL,
	label    TEXT NOT NULL,
	handling TEXT NOT NULL,
	body     BLOB NOT NULL
);
CREATE INDEX objects_id ON objects(hash);
CREATE INDEX objects_type ON objects(type);
CREATE INDEX objects_waits ON objects(waits) WHERE waits != 0;
-- Definitions of markings that came while more waited for them than could be
-- looked at in the same change.
CREATE TABLE releases(waits BIGINT PRIMARY KEY);
`

// shapeObjects makes the tables and brings the objects over, each to its place
// under the date it has. Who may see them is for policy to say: see Rejudge.
func shapeObjects(tx *sql.Tx) error {
	key := make([]byte, 16)
	rand.Read(key) // crypto/rand.Read never fails
	_, err := tx.Exec(objectTables)
	if err == nil {
		_, err = tx.Exec(`INSERT INTO object_key(id, key) VALUES(1, $1)`, key)
	}
	if err == nil {
		_, err = tx.Exec(`INSERT INTO feeds(collection, last) SELECT collection, max(added) FROM objects_1 GROUP BY collection`)
	}
	if err == nil {
		_, err = tx.Exec(`INSERT INTO ranges(collection, audience) SELECT DISTINCT collection, $1 FROM objects_1 ORDER BY collection`, string(unjudged))
	}
	if err == nil {
		err = moveObjects(tx, key)
	}
	if err == nil {
		_, err = tx.Exec(`DROP TABLE objects_1`)
	}
	return err
}

func moveObjects(tx *sql.Tx, key []byte) error {
	insert, err := tx.Prepare(insertObject)
	if err != nil {
		return err
	}
	defer insert.Close()
	const query = `SELECT r.number, added, id, version, type, origin, label, handling, body,
		(SELECT min(version) FROM objects_1 f WHERE f.collection = o.collection AND f.id = o.id),
		(SELECT max(version) FROM objects_1 l WHERE l.collection = o.collection AND l.id = o.id)
		FROM objects_1 o JOIN ranges r ON r.collection = o.collection ORDER BY o.collection, added`
	rows, err := tx.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s span
		var o Object
		var added int64
		var first, last string
		if err := rows.Scan(&s.number, &added, &o.ID, &o.Version, &o.Type, &o.Origin, &o.Label, &o.Handling, &o.Body, &first, &last); err != nil {
			return err
		}
		// An object that cannot be read was shown to nobody, and will not be.
		if object, err := stix.Parse(o.Body); err == nil {
			o.Written, o.Spec = WrittenVersion(object), SpecVersion(object)
		}
		edge := 0
		if o.Version == first {
			edge |= firstVersion
		}
		if o.Version == last {
			edge |= lastVersion
		}
		_, err := insert.Exec(s.place(added), keyed(key, o.ID), edge, 0, o.ID, o.Version, o.Written, o.Spec, o.Type, o.Origin, o.Label, o.Handling, o.Body)
		if err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
