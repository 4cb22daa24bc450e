// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the tables, in the dialect that SQLite and PostgreSQL share,
// and brings an older store up to date.

import (
	"database/sql"
	"errors"
	"fmt"
)

// migrations are run once each, in order. Never edit one that has been
// released: add one.
var migrations = []func(*sql.Tx) error{statements(firstTables), shapeObjects, statements(versionIndex), statements(stepTable), statements(sealedLate), statements(erasedMessages), statements(queuedLives), statements(toldIndex), findUses, statements(askedIndexes), findDays}

// statements is a migration that needs no more than SQL.
func statements(text string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec(text)
		return err
	}
}

const firstTables = `
-- The log: one row a leaf. Audit lines have a salt and a line, leaves of
-- messages and receipts only the hash.
CREATE TABLE log(
	idx  BIGINT PRIMARY KEY,
	kind TEXT NOT NULL,
	hash TEXT NOT NULL,
	salt BLOB,
	line BLOB
);
-- The Merkle tree's hashes in the order of golang.org/x/mod/sumdb/tlog.
CREATE TABLE hashes(
	idx  BIGINT PRIMARY KEY,
	hash BLOB NOT NULL
);
-- The newest signed checkpoint, to be compared with the log at every start.
CREATE TABLE head(
	id         BIGINT PRIMARY KEY,
	checkpoint TEXT NOT NULL
);
-- Nouns, as JSON. The row's salted hash stands in the newest audit line that names it.
CREATE TABLE records(
	kind  TEXT NOT NULL,
	id    TEXT NOT NULL,
	state TEXT NOT NULL,
	at    BIGINT NOT NULL,
	salt  BLOB NOT NULL,
	body  BLOB NOT NULL,
	PRIMARY KEY(kind, id)
);
CREATE INDEX records_state ON records(kind, state, at);
-- Messages in both directions.
CREATE TABLE messages(
	hash        TEXT PRIMARY KEY,
	channel     TEXT NOT NULL,
	partner     TEXT NOT NULL,
	direction   TEXT NOT NULL,
	seq         BIGINT NOT NULL,
	epoch       BIGINT NOT NULL,
	kind        TEXT NOT NULL,
	thread      TEXT NOT NULL,
	at          BIGINT NOT NULL,
	state       TEXT NOT NULL,
	header      BLOB NOT NULL,
	signature   BLOB NOT NULL,
	salt        BLOB,
	payload     BLOB,
	receipt     BLOB
);
CREATE UNIQUE INDEX messages_chain ON messages(channel, direction, seq);
CREATE INDEX messages_state ON messages(state, partner, seq);
CREATE INDEX messages_thread ON messages(thread, at);
-- What the courier still has to carry.
CREATE TABLE queue(
	hash     TEXT PRIMARY KEY,
	partner  TEXT NOT NULL,
	seq      BIGINT NOT NULL,
	due      BIGINT NOT NULL,
	tries    BIGINT NOT NULL,
	expires  BIGINT NOT NULL,
	life     BIGINT NOT NULL,
	envelope BLOB NOT NULL
);
CREATE UNIQUE INDEX queue_order ON queue(partner, seq);
-- STIX objects by collection, in the order they were added (microseconds).
CREATE TABLE objects(
	collection TEXT NOT NULL,
	added      BIGINT NOT NULL,
	id         TEXT NOT NULL,
	version    TEXT NOT NULL,
	type       TEXT NOT NULL,
	origin     TEXT NOT NULL,
	label      TEXT NOT NULL,
	handling   TEXT NOT NULL,
	body       BLOB NOT NULL,
	PRIMARY KEY(collection, added)
);
CREATE INDEX objects_id ON objects(id);
CREATE UNIQUE INDEX objects_version ON objects(collection, id, version);
`

// versionIndex finds an exact version, and those at the edges, among any number
// of them.
const versionIndex = `
DROP INDEX objects_id;
CREATE INDEX objects_id ON objects(hash, edge, version);
`

// sealedLate takes the sealed copies out of the queue, since a message is sealed
// when it leaves, and finds what has expired without a look at what has not.
const sealedLate = `
ALTER TABLE queue DROP COLUMN envelope;
CREATE INDEX queue_expiry ON queue(partner, expires, seq);
CREATE INDEX queue_life ON queue(partner, life, seq);
`

// erasedMessages says of a message when its text was erased; 0 if it is here.
const erasedMessages = `ALTER TABLE messages ADD COLUMN erased BIGINT NOT NULL DEFAULT 0`

// queuedLives says of what is queued whether it passes a limited channel as its
// case says now. What was queued before a correction made its case a threat to
// life did not say so.
const queuedLives = `
UPDATE queue SET life = coalesce((
	SELECT m.kind IN ('state', 'keys') OR CASE WHEN json_valid(CAST(r.body AS TEXT)) THEN json_extract(CAST(r.body AS TEXT), '$.threat_to_life') END
	FROM messages m LEFT JOIN records r ON r.kind = 'case' AND r.id = m.thread
	WHERE m.hash = queue.hash), 0)
`

// toldIndex finds the newest of what partners told us among any number of
// messages of ours.
const toldIndex = `CREATE INDEX messages_told ON messages(direction) WHERE direction = 'in' AND payload IS NOT NULL`

func migrate(db *sql.DB) error {
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS schema(version BIGINT NOT NULL)`); err != nil {
		return err
	}
	var version int
	if err := db.QueryRow(`SELECT coalesce(max(version), 0) FROM schema`).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("the store is of version %d, this program knows %d: use a newer program", version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		err = migrations[version](tx)
		if err == nil {
			_, err = tx.Exec(`INSERT INTO schema(version) VALUES($1)`, version+1)
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}
