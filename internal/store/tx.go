// SPDX-License-Identifier: Apache-2.0

package store

// This file holds a transaction: what a change may do, and the audit line and
// leaves it leaves behind.

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/stix"
)

// The kinds of leaf.
const (
	LeafAct      = "act"                // an audit line of a change
	LeafRead     = "read"               // an audit line of a reading
	LeafDenied   = "denied"             // an audit line of a refusal
	LeafSent     = "sent"               // a message we signed
	LeafReceived = receipt.KindReceived // a message we were given
	LeafReceipt  = "receipt"            // a receipt we were given
)

// Tx is one transaction, for one caller. It must not be used after the
// function it was given to has returned.
type Tx struct {
	// Now is the time of the transaction, in UTC and whole milliseconds.
	Now time.Time

	ctx      context.Context
	store    *Store // of a change
	session  *session
	batch    *batch
	who      caller.Caller
	readOnly bool
	rows     []Row
	places   map[Row]int // in rows, by a Row without its hash
	feeds    map[string]*feed
	names    map[int64]string // of collections, by the number of a range
	// definitions are marking definitions by definitionID.
	definitions map[string][]stix.Object
	creators    map[int64]string // that objects name, by their place
	// went says, by collection, when the first of the objects was added that were taken
	// away, in microseconds.
	went map[string]int64
}

// Who is the caller the transaction was opened for.
func (tx *Tx) Who() caller.Caller { return tx.who }

// batch is what the changes of one commit share.
type batch struct {
	tree   ledger.Tree
	recent *ledger.Recent
	finish []func(Head) error
	// touched are the kinds of rows that were changed: whoever waits for one is woken.
	touched map[string]bool
	// moved are the collections whose objects were changed, beyond that some were
	// added; grown are those to which some were added.
	moved, grown map[string]bool
	// promises are the ids of pledges and watches that were touched.
	promises []string
	// barred are the partners for whom nothing departs until the group has ended.
	barred []string
}

// Head is the head of the log as a commit leaves it.
type Head struct {
	Tree       tlog.Tree
	Checkpoint string
	recent     *ledger.Recent
}

// Prove proves that the leaf at index is in the log of this head.
func (h Head) Prove(index int64) (tlog.RecordProof, error) {
	return ledger.Prove(h.Tree.N, index, h.recent)
}

// Line is an audit line: who did what, when, and the rows it touched. It holds
// no content; its leaf is a salted hash of it.
type Line struct {
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Act     string    `json:"act"`
	Subject string    `json:"subject,omitempty"`
	Note    string    `json:"note,omitempty"`
	// Way is by which door a reading came, and Reason the id of why: the words
	// stand in a row of their own, which is erased with what they are about.
	Way    string `json:"way,omitempty"`
	Reason string `json:"reason,omitempty"`
	Rows   []Row  `json:"rows,omitempty"`
}

// Row is one row of the store as a change left it: the log speaks for it.
type Row struct {
	Kind string `json:"k"`
	ID   string `json:"i"`
	Hash string `json:"h"` // salted; empty where the row was deleted
}

// Leaf appends a leaf for a thing named by hash (64 hex digits) and returns its index.
func (tx *Tx) Leaf(kind, hash string) (int64, error) {
	return tx.leaf(kind, hash, nil, nil)
}

func (tx *Tx) leaf(kind, hash string, salt, line []byte) (int64, error) {
	if tx.readOnly {
		return 0, errors.New("store: a reading cannot append to the log")
	}
	tree, index, kept := tx.batch.tree.Append(kind, hash)
	tx.batch.recent.Add(kept)
	for _, k := range kept {
		if err := tx.run(`INSERT INTO hashes(idx, hash) VALUES(?, ?)`, k.Index, k.Hash[:]); err != nil {
			return 0, err
		}
	}
	err := tx.run(`INSERT INTO log(idx, kind, hash, salt, line) VALUES(?, ?, ?, ?, ?)`, index, kind, hash, salt, line)
	if err != nil {
		return 0, err
	}
	tx.batch.tree = tree
	return index, nil
}

// Finish runs fn once the head of the log is known, just before the commit. An
// error from it takes back the whole group, so it must not fail on input.
func (tx *Tx) Finish(fn func(Head) error) { tx.batch.finish = append(tx.batch.finish, fn) }

// touched notes a row for the audit line, once: what the change left counts.
func (tx *Tx) touched(kind, id, hash string) {
	name := Row{Kind: kind, ID: id}
	if place, again := tx.places[name]; again {
		tx.rows[place].Hash = hash
	} else {
		if tx.places == nil {
			tx.places = make(map[Row]int)
		}
		tx.places[name] = len(tx.rows)
		tx.rows = append(tx.rows, Row{kind, id, hash})
	}
	if tx.batch != nil && (kind == OfPledge || kind == OfWatch) {
		tx.batch.promises = append(tx.batch.promises, id)
	}
	tx.wake(kind)
}

// wake wakes, after the commit, whoever waits for rows of that kind.
func (tx *Tx) wake(kind string) {
	if tx.batch != nil {
		tx.batch.touched[kind] = true
	}
}

// writeLine writes the change's audit line and its leaf, and tells every row
// which leaf speaks for it.
func (tx *Tx) writeLine(c *change) error {
	if err := tx.keepFeeds(); err != nil {
		return err
	}
	if err := tx.loseCollectionReasons(); err != nil {
		return err
	}
	written := Line{At: tx.Now, Who: c.who.String(), Act: string(c.what.Act), Subject: c.what.Subject, Note: c.what.Note, Reason: c.what.reason, Rows: tx.rows}
	if c.kind == LeafRead {
		written.Way = c.who.Way
		if written.Reason == "" {
			written.Reason = c.who.Reason
		}
	}
	line, err := json.Marshal(written)
	if err != nil {
		return fmt.Errorf("store: writing the audit line: %w", err)
	}
	salt := newSalt()
	index, err := tx.leaf(c.kind, lineHash(salt, line), salt, line)
	if err != nil {
		return err
	}
	return tx.keepUses(index, c.kind, &written)
}

func lineHash(salt, line []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(line)
	return hex.EncodeToString(h.Sum(nil))
}

func newSalt() []byte {
	salt := make([]byte, 16)
	rand.Read(salt) // crypto/rand.Read never fails
	return salt
}

var errReading = errors.New("store: a reading cannot change anything")

func (tx *Tx) exec(query string, args ...any) error {
	if tx.readOnly {
		return errReading
	}
	if err := tx.session.exec(tx.ctx, query, args...); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// get scans one row; ok is false if there is none. Whoever gives up is asked
// between rows, here and in list: a context that can end costs database/sql a
// goroutine a query, which waits for a lock that is held while SQLite waits.
func (tx *Tx) get(query string, args []any, into ...any) (ok bool, err error) {
	if err := tx.ctx.Err(); err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	stmt, done, err := tx.session.prepare(tx.ctx, query)
	if err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	defer done()
	err = stmt.QueryRowContext(context.WithoutCancel(tx.ctx), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	return true, nil
}

// list calls scan for each row.
func (tx *Tx) list(query string, args []any, scan func(*sql.Rows) error) error {
	stmt, done, err := tx.session.prepare(tx.ctx, query)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer done()
	rows, err := stmt.QueryContext(context.WithoutCancel(tx.ctx), args...)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := tx.ctx.Err(); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if err := scan(rows); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// hashReader reads the log's hashes from their table.
type hashReader struct{ tx *Tx }

// ReadHashes implements tlog.HashReader.
func (r hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		var raw []byte
		found, err := r.tx.get(`SELECT hash FROM hashes WHERE idx = $1`, []any{index}, &raw)
		if err != nil {
			return nil, err
		}
		if !found || len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("store: hash %d of the log has %d bytes", index, len(raw))
		}
		hashes[i] = tlog.Hash(raw)
	}
	return hashes, nil
}
