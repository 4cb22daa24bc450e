// SPDX-License-Identifier: Apache-2.0

package store

// This file verifies the whole log and every row it speaks for.

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

// The kinds of rows, beside those of the tables, that audit lines speak for.
const (
	rowMessage = "message"
	rowObject  = "object"
)

// Audit is what a verification found.
type Audit struct {
	Leaves   int64    `json:"leaves"`
	Rows     int      `json:"rows"`
	Messages int      `json:"messages"`
	Size     int64    `json:"size"`
	Root     string   `json:"root"` // hex
	Wrong    []string `json:"wrong,omitempty"`
}

// maxWrong bounds the findings that are listed; one is enough to distrust a store.
const maxWrong = 100

func (a *Audit) add(format string, args ...any) {
	if len(a.Wrong) < maxWrong {
		a.Wrong = append(a.Wrong, fmt.Sprintf(format, args...))
	}
}

// Verify recomputes the log from its leaves, compares every hash kept and the
// signed checkpoint's root, and compares every row with the newest audit line
// that names it: a row that was changed, removed or added behind the store's
// back is found. So is evidence that is gone: an audit line, a text, a receipt.
//
// check is asked about every message that can be opened, since the store knows
// nobody's keys: who signed it, and whether its receipt is right. It reads one
// moment of the store. progress may be nil.
func (tx *Tx) Verify(check func(Message, *envelope.Message) error, progress func(done, total int64)) (*Audit, error) {
	a := &Audit{}
	newest, err := tx.verifyLog(a, progress)
	if err != nil {
		return nil, err
	}
	messages := func(a *Audit, newest map[Row]string) error { return tx.verifyMessages(a, newest, check) }
	for _, verify := range []func(*Audit, map[Row]string) error{tx.verifyHead, tx.verifyRecords, messages, tx.verifyObjects} {
		if err := verify(a, newest); err != nil {
			return nil, err
		}
	}
	for row, hash := range newest {
		if hash != "" {
			a.add("%s %s stands in the log but not in the store", row.Kind, row.ID)
		}
	}
	return a, nil
}

// verifyHead compares the recomputed tree with the checkpoint that is kept.
func (tx *Tx) verifyHead(a *Audit, _ map[Row]string) error {
	var checkpoint string
	if _, err := tx.get(`SELECT checkpoint FROM head WHERE id = 1`, nil, &checkpoint); err != nil {
		return err
	}
	root, err := hex.DecodeString(a.Root)
	if err != nil {
		return err
	}
	lines := strings.Split(checkpoint, "\n")
	if len(lines) < 3 || lines[1] != strconv.FormatInt(a.Size, 10) || lines[2] != base64.StdEncoding.EncodeToString(root) {
		a.add("the log of %d leaves does not lead to the signed checkpoint", a.Size)
	}
	return nil
}

// verifyLog recomputes the tree and returns what the newest audit lines say of
// every row, by a Row without its hash.
func (tx *Tx) verifyLog(a *Audit, progress func(done, total int64)) (map[Row]string, error) {
	var total int64
	if _, err := tx.get(`SELECT count(*) FROM log`, nil, &total); err != nil {
		return nil, err
	}
	newest := make(map[Row]string)
	var tree ledger.Tree
	reader := hashReader{tx}
	err := tx.list(`SELECT idx, kind, hash, salt, line FROM log ORDER BY idx`, nil, func(rows *sql.Rows) error {
		var index int64
		var kind, hash string
		var salt, line []byte
		if err := rows.Scan(&index, &kind, &hash, &salt, &line); err != nil {
			return err
		}
		if index != tree.Size() {
			a.add("the log goes from leaf %d to leaf %d", tree.Size()-1, index)
		}
		switch kind {
		case LeafAct, LeafRead, LeafDenied:
			tx.verifyLine(a, index, hash, salt, line, newest)
		case LeafSent, LeafReceived, LeafReceipt:
			if line != nil || salt != nil {
				a.add("leaf %d: a leaf of kind %s has no audit line, and this one has", index, kind)
			}
		default:
			a.add("leaf %d: there is no kind of leaf called %q", index, kind)
		}
		var kept []ledger.Kept
		tree, _, kept = tree.Append(kind, hash)
		tx.verifyHashes(a, reader, kept)
		if progress != nil && index%1000 == 0 {
			progress(index, total)
		}
		return nil
	})
	head := tree.Head()
	a.Leaves, a.Size, a.Root = total, head.N, hex.EncodeToString(head.Hash[:])
	return newest, err
}

func (tx *Tx) verifyLine(a *Audit, index int64, hash string, salt, line []byte, newest map[Row]string) {
	if line == nil || salt == nil {
		a.add("leaf %d: its audit line is gone", index)
		return
	}
	if lineHash(salt, line) != hash {
		a.add("leaf %d: its audit line was changed", index)
	}
	var l Line
	if err := json.Unmarshal(line, &l); err != nil {
		a.add("leaf %d: its audit line cannot be read", index)
		return
	}
	for _, row := range l.Rows {
		newest[Row{Kind: row.Kind, ID: row.ID}] = row.Hash
	}
}

func (tx *Tx) verifyHashes(a *Audit, reader hashReader, kept []ledger.Kept) {
	indexes := make([]int64, len(kept))
	for i, k := range kept {
		indexes[i] = k.Index
	}
	read, err := reader.ReadHashes(indexes)
	if err != nil {
		a.add("a hash of the log is missing: %v", err)
		return
	}
	for i, k := range kept {
		if read[i] != k.Hash {
			a.add("hash %d of the log is not the one its leaves give", k.Index)
		}
	}
}

// spoken checks that the log speaks for a row as it stands, and crosses it off.
func (a *Audit) spoken(newest map[Row]string, kind, id, hash string) {
	a.Rows++
	want, known := newest[Row{Kind: kind, ID: id}]
	delete(newest, Row{Kind: kind, ID: id})
	switch {
	case !known || want == "":
		a.add("%s %s stands in the store but not in the log", kind, id)
	case want != hash:
		a.add("%s %s was changed behind the log's back", kind, id)
	}
}

func (tx *Tx) verifyRecords(a *Audit, newest map[Row]string) error {
	return tx.list(`SELECT kind, id, state, at, salt, body FROM records`, nil, func(rows *sql.Rows) error {
		var kind, id, state string
		var at int64
		var salt, body []byte
		if err := rows.Scan(&kind, &id, &state, &at, &salt, &body); err != nil {
			return err
		}
		a.spoken(newest, kind, id, rowHash(salt, kind, id, state, at, body))
		return nil
	})
}

// verifyMessages compares every message with its leaf, its receipt with the
// leaf of that, and lets check look at it.
func (tx *Tx) verifyMessages(a *Audit, newest map[Row]string, check func(Message, *envelope.Message) error) error {
	leaves, err := tx.leafHashes(LeafSent, LeafReceived)
	if err != nil {
		return err
	}
	receipts, err := tx.leafHashes(LeafReceipt)
	if err != nil {
		return err
	}
	err = tx.eachMessage(``, nil, func(m Message) error {
		a.Messages++
		a.spoken(newest, rowMessage, m.Hash, m.hash())
		if !leaves[m.Hash] {
			a.add("message %s has no leaf in the log", m.Hash)
		}
		delete(leaves, m.Hash)
		a.receipt(m, receipts)
		a.message(m, check)
		return nil
	})
	if err == nil {
		err = tx.verifySteps(a, receipts)
	}
	for hash := range leaves {
		a.add("message %s has a leaf in the log but is not in the store", hash)
	}
	for hash := range receipts {
		a.add("the receipt whose SHA-256 is %s has a leaf in the log but is not in the store", hash)
	}
	return err
}

func (tx *Tx) leafHashes(kinds ...string) (map[string]bool, error) {
	hashes := make(map[string]bool)
	for _, kind := range kinds {
		err := tx.list(`SELECT hash FROM log WHERE kind = $1`, []any{kind}, func(rows *sql.Rows) error {
			var hash string
			err := rows.Scan(&hash)
			hashes[hash] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

// receipt checks that a message has the receipt its state promises, and that
// one we were given has its leaf, which it crosses off.
func (a *Audit) receipt(m Message, leaves map[string]bool) {
	if m.Receipt == nil {
		switch m.State {
		case Delivered, Kept, Quarantined:
			a.add("message %s: it is %s, and its receipt is gone", m.Hash, m.State)
		}
		return
	}
	if m.Direction != Out {
		return
	}
	sum := sha256.Sum256(m.Receipt)
	hash := hex.EncodeToString(sum[:])
	if !leaves[hash] {
		a.add("message %s: its receipt has no leaf in the log", m.Hash)
	}
	delete(leaves, hash)
}

// message checks a message's own bytes. Nothing is ever erased: a text that is
// not there was taken away.
func (a *Audit) message(m Message, check func(Message, *envelope.Message) error) {
	if m.Payload == nil || m.Salt == nil {
		a.add("message %s: its payload is gone", m.Hash)
		return
	}
	opened, err := m.Opened()
	if err != nil || envelope.Hash(m.Header) != m.Hash || !agrees(opened.Header, m) {
		a.add("message %s: its header was changed", m.Hash)
		return
	}
	if envelope.Commit(m.Salt, m.Payload) != opened.Header.Commitment {
		a.add("message %s: its payload was changed", m.Hash)
	}
	if err := check(m, opened); err != nil {
		a.add("message %s: %v", m.Hash, err)
	}
}

// agrees reports whether a message stands where its header puts it.
func agrees(h envelope.Header, m Message) bool {
	return h.Channel == m.Channel && h.Epoch == m.Epoch && h.Seq == m.Seq && h.Kind == m.Kind
}

// Lines returns the newest audit lines, newest first, with the index of their leaves.
func (tx *Tx) Lines(before int64, limit int) (lines []IndexedLine, err error) {
	if before <= 0 {
		before = 1 << 62
	}
	err = tx.list(`SELECT idx, kind, line FROM log WHERE idx < $1 AND line IS NOT NULL ORDER BY idx DESC LIMIT $2`, []any{before, limit}, func(rows *sql.Rows) error {
		var l IndexedLine
		var raw []byte
		if err := rows.Scan(&l.Index, &l.Kind, &raw); err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &l.Line); err != nil {
			return err
		}
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

// IndexedLine is an audit line with its leaf.
type IndexedLine struct {
	Index int64
	Kind  string
	Line  Line
}
