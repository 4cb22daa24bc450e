// SPDX-License-Identifier: Apache-2.0

package store

// This file verifies what stands beside the messages: what is kept of those that
// say a step, and the queue.

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"
)

// steps compares what is kept of each step with the message's leaf, and the
// receipts that we were given with theirs. Whether each message that says a step
// is among them is found when the messages are looked at.
func (v *verification) steps() error {
	const query = `SELECT s.hash, coalesce(l.hash = s.hash AND l.kind = CASE m.direction WHEN 'in' THEN 'received' ELSE 'sent' END, 0),
		CASE m.direction WHEN 'in' THEN s.receipt END
		FROM steps s LEFT JOIN messages m ON m.hash = s.hash LEFT JOIN log l ON l.idx = s.leaf`
	return v.tx.list(query, nil, func(rows *sql.Rows) error {
		var hash string
		var right bool
		var given []byte
		if err := rows.Scan(&hash, &right, &given); err != nil {
			return err
		}
		if !right {
			v.add("message %s: the place in the log that is kept of its step is not its own", hash)
		}
		if err := v.claims.add(claimSaid, string(nameStep)+hash, here); err != nil || given == nil {
			return err
		}
		sum := sha256.Sum256(given)
		return v.leaf(nameReceipt, hex.EncodeToString(sum[:]))
	})
}

// queue takes down what the queue says, to be compared with the messages that
// are to leave.
func (v *verification) queue() error {
	return v.tx.list(`SELECT hash, partner, seq, expires FROM queue`, nil, func(rows *sql.Rows) error {
		var hash, partner string
		var seq uint64
		var expires int64
		if err := rows.Scan(&hash, &partner, &seq, &expires); err != nil {
			return err
		}
		return v.claims.add(claimSaid, string(nameQueued)+hash, inQueue(partner, seq, fromMicros(expires)))
	})
}

// inQueue is what the queue says of a message and its header says, too. When it
// was tried and when it is tried again, nobody says but the queue.
func inQueue(partner string, seq uint64, expires time.Time) string {
	return fmt.Sprintf("%s %d %d", partner, seq, micros(expires))
}
