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

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
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
// are to leave, and compares with its case whether one passes a limited channel.
func (v *verification) queue() error {
	const query = `SELECT q.hash, q.partner, q.seq, q.expires, q.life, coalesce(m.kind, ''), r.body
		FROM queue q LEFT JOIN messages m ON m.hash = q.hash LEFT JOIN records r ON r.kind = 'case' AND r.id = m.thread`
	return v.tx.list(query, nil, func(rows *sql.Rows) error {
		var hash, partner, kind string
		var seq uint64
		var expires, life int64
		var body []byte
		if err := rows.Scan(&hash, &partner, &seq, &expires, &life, &kind, &body); err != nil {
			return err
		}
		var c struct {
			ToLife bool `json:"threat_to_life"`
		}
		// A case that cannot be read was changed, which is told of its row.
		if body == nil || json.Unmarshal(body, &c) == nil {
			if life != bit(c.ToLife || ofTheChannel(envelope.Kind(kind))) {
				v.add("message %s: the queue does not say what its case says: whether it is a threat to life", hash)
			}
		}
		return v.claims.add(claimSaid, string(nameQueued)+hash, inQueue(partner, seq, fromMicros(expires)))
	})
}

// inQueue is what the queue says of a message and its header says, too. When it
// was tried and when it is tried again, nobody says but the queue.
func inQueue(partner string, seq uint64, expires time.Time) string {
	return fmt.Sprintf("%s %d %d", partner, seq, micros(expires))
}
