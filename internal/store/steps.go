// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the receipts of steps: of what partners said, and of what we
// said ourselves.

import (
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"

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

// stepOf is a message with the receipt of its step.
type stepOf struct {
	message Message
	receipt []byte
}

// CheckSteps asks check about every receipt of a step that is kept, with its
// message, by many goroutines at once, and hands what it found wrong to wrong,
// one at a time. It returns how many receipts there are.
func (tx *Tx) CheckSteps(check func(Message, []byte) error, wrong func(Message, error)) (n int, err error) {
	produce := func(give func(stepOf) error) error {
		return tx.each(`SELECT `+messageColumns+`, (SELECT receipt FROM steps WHERE steps.hash = messages.hash)
			FROM messages WHERE hash IN (SELECT hash FROM steps WHERE receipt IS NOT NULL)`, nil, func(stmt *sqlite3.Stmt) (bool, error) {
			return true, give(stepOf{scanMessage(stmt), column(stmt, len(strings.Split(messageColumns, ",")))})
		})
	}
	type found struct {
		message Message
		wrong   error
	}
	look := func(s stepOf) (f found) {
		f.message = s.message
		defer func() {
			if p := recover(); p != nil { // as in asked
				f.wrong = fmt.Errorf("it cannot be checked: %v", p)
			}
		}()
		f.wrong = check(s.message, s.receipt)
		return f
	}
	err = ordered(produce, look, func(f found) error {
		if n++; f.wrong != nil {
			wrong(f.message, f.wrong)
		}
		return nil
	})
	return n, err
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
