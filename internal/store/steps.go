// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the receipts of steps: of what partners said, and of what we
// said ourselves.

import (
	"database/sql"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// stepTable has a row for each message that says a step. Messages that were
// kept before there were receipts of steps get theirs, so that what is still
// queued leaves with one.
const stepTable = `
CREATE TABLE steps(
	hash    TEXT PRIMARY KEY,
	leaf    BIGINT NOT NULL,
	receipt BLOB
);
INSERT INTO steps(hash, leaf) SELECT m.hash, l.idx FROM log l JOIN messages m ON m.hash = l.hash
	WHERE l.kind IN ('sent', 'received') AND m.kind IN ('acknowledgement', 'outcome', 'dispute');
`

// Step is what is kept of a message that says a step.
type Step struct {
	Hash string // of the message
	Leaf int64  // the message's, in our log
	// Receipt is the one that was given with it, or that we gave; nil before that,
	// and if none came that was right.
	Receipt []byte
}

// AddStep notes that a message says a step.
func (tx *Tx) AddStep(hash string, leaf int64) error {
	return tx.exec(`INSERT INTO steps(hash, leaf) VALUES($1, $2)`, hash, leaf)
}

// SetStep keeps the receipt of a step. It speaks for itself: it is signed, and
// one that we were given has a leaf.
func (tx *Tx) SetStep(hash string, raw []byte) error {
	return tx.exec(`UPDATE steps SET receipt = $1 WHERE hash = $2`, raw, hash)
}

// FindStep returns what is kept of a step; ok is false if the message is none.
func (tx *Tx) FindStep(hash string) (s Step, ok bool, err error) {
	s.Hash = hash
	ok, err = tx.get(`SELECT leaf, receipt FROM steps WHERE hash = $1`, []any{hash}, &s.Leaf, &s.Receipt)
	return s, ok, err
}

// EachStep calls each for every receipt of a step that is kept, with its message.
func (tx *Tx) EachStep(each func(Message, []byte) error) error {
	var kept []Step
	err := tx.list(`SELECT hash FROM steps WHERE receipt IS NOT NULL`, nil, func(rows *sql.Rows) error {
		var s Step
		err := rows.Scan(&s.Hash)
		kept = append(kept, s)
		return err
	})
	for _, s := range kept {
		if err != nil {
			return err
		}
		var m Message
		if m, err = tx.Message(s.Hash); err == nil {
			s, _, err = tx.FindStep(s.Hash)
		}
		if err == nil {
			err = each(m, s.Receipt)
		}
	}
	return err
}

// Head is the newest head of the log that is on the disk.
func (tx *Tx) Head() (head Head, err error) {
	if _, err := tx.get(`SELECT checkpoint FROM head WHERE id = 1`, nil, &head.Checkpoint); err != nil {
		return head, err
	}
	head.Tree, err = receipt.CheckpointTree(head.Checkpoint)
	head.recent = ledger.NewRecent(ledger.Tree{}, hashReader{tx})
	return head, err
}
