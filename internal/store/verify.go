// SPDX-License-Identifier: Apache-2.0

package store

// This file verifies the whole log and every row it speaks for.

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
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

// verification is one verification under way.
type verification struct {
	*Audit
	tx     *Tx
	claims *claims
}

// Verify recomputes the log from its leaves, compares every hash kept and the
// signed checkpoint's root, and compares every row with the newest audit line
// that names it: a row that was changed, removed or added behind the store's
// back is found. So is evidence that is gone: an audit line, a text, a receipt.
//
// It works on all cores, in memory that does not grow with the log; a large one
// needs room on the disk meanwhile. check is asked about every message that can
// be opened, by many goroutines at once, since the store knows nobody's keys:
// who signed it, and whether its receipt is right. It reads one moment of the
// store. progress may be nil.
func (tx *Tx) Verify(check func(Message, *envelope.Message) error, progress func(done, total int64)) (*Audit, error) {
	v := &verification{Audit: &Audit{}, tx: tx, claims: newClaims(tx.session.dir)}
	defer v.claims.close()
	if err := v.log(progress); err != nil {
		return nil, err
	}
	messages := func() error { return v.messages(check) }
	for _, verify := range []func() error{v.tables, v.versions, v.head, v.records, v.steps, v.queue, v.uses, messages, v.objects} {
		if err := verify(); err != nil {
			return nil, err
		}
	}
	before := len(v.Wrong)
	err := v.claims.settle(v.differs)
	slices.Sort(v.Wrong[before:])
	return v.Audit, err
}

// head compares the recomputed tree with the checkpoint that is kept.
func (v *verification) head() error {
	var checkpoint string
	if _, err := v.tx.get(`SELECT checkpoint FROM head WHERE id = 1`, nil, &checkpoint); err != nil {
		return err
	}
	root, err := hex.DecodeString(v.Root)
	if err != nil {
		return err
	}
	lines := strings.Split(checkpoint, "\n")
	if len(lines) < 3 || lines[1] != strconv.FormatInt(v.Size, 10) || lines[2] != base64.StdEncoding.EncodeToString(root) {
		v.add("the log of %d leaves does not lead to the signed checkpoint", v.Size)
	}
	return nil
}

// The names of what the log speaks for, by their first letter.
const (
	nameRow     = 'r'
	nameMessage = 'm' // its leaf
	nameReceipt = 'p' // the leaf of one that we were given, by its SHA-256
	nameStep    = 's' // what is kept of a message that says a step
	nameQueued  = 'q' // what the queue says of a message
	nameUse     = 'u' // by what a line about content is found
)

func rowName(kind, id string) string { return string(nameRow) + kind + " " + id }

// found says of a row, as it stands, what the log must say of it.
func (v *verification) found(kind, id, hash string) error {
	v.Rows++
	return v.claims.add(claimFound, rowName(kind, id), hash)
}

// leaf says of a leaf that the log must have it.
func (v *verification) leaf(letter byte, hash string) error {
	return v.claims.add(claimFound, string(letter)+hash, here)
}

// here is what a leaf says: that it is there.
const here = "+"

// differs says in words what is wrong where the log and the store do not agree.
func (v *verification) differs(name, said, found string) {
	thing := name[1:]
	switch {
	case name[0] == nameMessage && said == "":
		v.add("message %s has no leaf in the log", thing)
	case name[0] == nameMessage:
		v.add("message %s has a leaf in the log but is not in the store", thing)
	case name[0] == nameReceipt && said == "":
		v.add("the receipt whose SHA-256 is %s has no leaf in the log", thing)
	case name[0] == nameReceipt:
		v.add("the receipt whose SHA-256 is %s has a leaf in the log but is not in the store", thing)
	case name[0] == nameStep && said == "":
		v.add("message %s says a step, and its place in the log is not kept", thing)
	case name[0] == nameStep && found == "":
		v.add("message %s has a place among the steps and says none", thing)
	case name[0] == nameQueued && said == "":
		v.add("message %s is to leave and is not in the queue", thing)
	case name[0] == nameQueued && found == "":
		v.add("message %s is in the queue and is not to leave", thing)
	case name[0] == nameQueued:
		v.add("message %s: the queue does not say what its header says", thing)
	case name[0] == nameUse && said == "":
		v.add("the list of readings finds leaf %s, and that does not say so", use(thing))
	case name[0] == nameUse:
		v.add("the list of readings does not find leaf %s", use(thing))
	case said == "":
		v.add("%s stands in the store but not in the log", thing)
	case found == "":
		v.add("%s stands in the log but not in the store", thing)
	default:
		v.add("%s was changed behind the log's back", thing)
	}
}

// How many records and messages are looked at by one core at a time.
const (
	recordBatch  = 256
	messageBatch = 32
)

// record is a row of records as it stands.
type record struct {
	kind, id, state string
	at              int64
	salt, body      []byte
}

func (v *verification) records() error {
	produce := func(give func([]record) error) error {
		var batch []record
		err := v.tx.each(`SELECT kind, id, state, at, salt, body FROM records`, nil, func(stmt *sqlite3.Stmt) (bool, error) {
			batch = append(batch, record{
				kind: stmt.ColumnText(0), id: stmt.ColumnText(1), state: stmt.ColumnText(2), at: stmt.ColumnInt64(3),
				salt: column(stmt, 4), body: column(stmt, 5),
			})
			if len(batch) < recordBatch {
				return true, nil
			}
			full := batch
			batch = make([]record, 0, recordBatch)
			return true, give(full)
		})
		if err == nil && len(batch) > 0 {
			err = give(batch)
		}
		return err
	}
	hash := func(batch []record) (rows []Row) {
		for _, r := range batch {
			rows = append(rows, Row{Kind: r.kind, ID: r.id, Hash: rowHash(r.salt, r.kind, r.id, r.state, r.at, r.body)})
		}
		return rows
	}
	return ordered(produce, hash, func(rows []Row) error {
		for _, row := range rows {
			if err := v.found(row.Kind, row.ID, row.Hash); err != nil {
				return err
			}
		}
		return nil
	})
}

// looked is what a look at a message found.
type looked struct {
	hash, row string
	receipt   string // the SHA-256 of the one we were given
	queued    string // what the queue must say of it; empty if it is not to leave
	step      bool
	wrong     []string
}

// messages compares every message with its leaf, its receipt with the leaf of
// that, and lets check look at it.
func (v *verification) messages(check func(Message, *envelope.Message) error) error {
	produce := func(give func([]Message) error) error {
		var batch []Message
		err := v.tx.eachMessage(``, nil, func(m Message) error {
			if batch = append(batch, m); len(batch) < messageBatch {
				return nil
			}
			full := batch
			batch = nil
			return give(full)
		})
		if err == nil && len(batch) > 0 {
			err = give(batch)
		}
		return err
	}
	look := func(batch []Message) (all []looked) {
		for i := range batch {
			all = append(all, lookAt(&batch[i], check))
		}
		return all
	}
	return ordered(produce, look, func(all []looked) error {
		for _, l := range all {
			v.Messages++
			if err := v.found(rowMessage, l.hash, l.row); err != nil {
				return err
			}
			if err := v.leaf(nameMessage, l.hash); err != nil {
				return err
			}
			if l.receipt != "" {
				if err := v.leaf(nameReceipt, l.receipt); err != nil {
					return err
				}
			}
			if l.step {
				if err := v.leaf(nameStep, l.hash); err != nil {
					return err
				}
			}
			if l.queued != "" {
				if err := v.claims.add(claimFound, string(nameQueued)+l.hash, l.queued); err != nil {
					return err
				}
			}
			for _, wrong := range l.wrong {
				v.add("message %s: %s", l.hash, wrong)
			}
		}
		return nil
	})
}

// lookAt checks a message's own bytes, and that it has the receipt its state
// promises.
func lookAt(m *Message, check func(Message, *envelope.Message) error) looked {
	l := looked{hash: m.Hash, row: m.hash(), step: warning.StepKind(m.Kind)}
	if m.State == Queued {
		l.queued = inQueue(m.Partner, m.Seq, time.Time{})
	}
	switch {
	case m.Receipt == nil && (m.State == Delivered || m.State == Kept || m.State == Quarantined || m.State == Destroyed):
		l.wrong = append(l.wrong, fmt.Sprintf("it is %s, and its receipt is gone", m.State))
	case m.Receipt != nil && m.Direction == Out:
		sum := sha256.Sum256(m.Receipt)
		l.receipt = hex.EncodeToString(sum[:])
	}
	// A text is erased by the answer to a recall, or when it was time, and the log
	// says so: both are part of what it speaks for. Any other was taken away.
	destroyed := m.Gone()
	if destroyed != (m.Payload == nil) || destroyed != (m.Salt == nil) {
		l.wrong = append(l.wrong, "its payload is gone, or there although it was destroyed")
		return l
	}
	opened, err := m.Opened()
	if err != nil || envelope.Hash(m.Header) != m.Hash || !agrees(opened.Header, m) {
		l.wrong = append(l.wrong, "its header was changed")
		return l
	}
	if l.queued != "" {
		l.queued = inQueue(m.Partner, m.Seq, opened.Header.Expires)
	}
	if !destroyed && envelope.Commit(m.Salt, m.Payload) != opened.Header.Commitment {
		l.wrong = append(l.wrong, "its payload was changed")
	}
	if err := asked(check, m, opened); err != nil {
		l.wrong = append(l.wrong, err.Error())
	}
	return l
}

// asked asks check. A store that somebody changed must not end the process: on a
// core of its own nobody else would catch it.
func asked(check func(Message, *envelope.Message) error, m *Message, opened *envelope.Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be checked: %v", p)
		}
	}()
	return check(*m, opened)
}

// agrees reports whether a message stands where its header puts it.
func agrees(h envelope.Header, m *Message) bool {
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
