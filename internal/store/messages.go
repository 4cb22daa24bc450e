// SPDX-License-Identifier: Apache-2.0

package store

// This file holds messages in both directions, and their chain.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Direction is which way a message went.
type Direction string

const (
	In  Direction = "in"
	Out Direction = "out"
)

// MessageState says how far a message is.
type MessageState string

const (
	Queued      MessageState = "queued"
	Delivered   MessageState = "delivered"
	Expired     MessageState = "expired"
	Dropped     MessageState = "dropped"
	Kept        MessageState = "kept"
	Quarantined MessageState = "quarantined"
	// Destroyed: received, and its text erased when it was recalled; or one of ours
	// that came back in a recovery from a partner that had destroyed it.
	Destroyed MessageState = "destroyed"
)

// Message is a message as it is kept.
type Message struct {
	Hash      string
	Channel   string
	Partner   string
	Direction Direction
	Seq       uint64
	Epoch     uint64
	Kind      envelope.Kind
	Thread    string // the case it belongs to; empty for what belongs to none
	At        time.Time
	State     MessageState
	Header    []byte
	Signature []byte
	Salt      []byte
	Payload   []byte
	Receipt   []byte // the one we were given, or the one we gave; nil before
	// Erased is when its text and salt were erased because its review date had come,
	// or by a decision; zero while they are here. A message that was recalled and
	// destroyed is of the state Destroyed.
	Erased time.Time
}

// Gone reports whether the text was erased, by whatever way. Everything else of
// the message stays.
func (m *Message) Gone() bool { return m.State == Destroyed || !m.Erased.IsZero() }

// Opened is the message as an envelope holds it.
func (m *Message) Opened() (*envelope.Message, error) {
	raw, err := m.Sealable().Export()
	if err != nil {
		return nil, err
	}
	return envelope.Unpack(raw)
}

// Sealable is the message as it is sealed: its bytes, without a view of its header.
func (m *Message) Sealable() *envelope.Message {
	return &envelope.Message{HeaderBytes: m.Header, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload}
}

// hash covers what the message's own bytes do not say: whose it is, where it
// stands, how far it is. Its header has its own hash, and the payload a
// commitment in it.
func (m *Message) hash() string {
	row := fmt.Appendf(nil, "message\n%s\n%s\n%s\n%d\n%s\n%d\n", m.Partner, m.Direction, m.State, m.Seq, m.Thread, m.At.UnixMicro())
	if !m.Erased.IsZero() {
		row = fmt.Appendf(row, "erased\n%d\n", m.Erased.UnixMicro())
	}
	sum := sha256.Sum256(row)
	return hex.EncodeToString(sum[:])
}

const messageColumns = `hash, channel, partner, direction, seq, epoch, kind, thread, at, state, header, signature, salt, payload, receipt, erased`

// AddMessage keeps a new message. One of ours is refused while the node recovers
// and its place in the chain may be taken.
func (tx *Tx) AddMessage(m Message) error {
	if m.Direction == Out {
		if err := tx.mustNotRecover(m.Partner); err != nil {
			return err
		}
	}
	return tx.addMessage(m)
}

func (tx *Tx) addMessage(m Message) error {
	tx.touched(rowMessage, m.Hash, m.hash())
	return tx.run(`INSERT INTO messages(`+messageColumns+`) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)`,
		m.Hash, m.Channel, m.Partner, string(m.Direction), int64(m.Seq), int64(m.Epoch), string(m.Kind), m.Thread, m.At.UnixMicro(), string(m.State),
		m.Header, m.Signature, m.Salt, m.Payload, m.Receipt)
}

// SetMessageState moves a message on.
func (tx *Tx) SetMessageState(m *Message, state MessageState) error {
	m.State = state
	tx.touched(rowMessage, m.Hash, m.hash())
	return tx.run(`UPDATE messages SET state = ? WHERE hash = ?`, string(state), m.Hash)
}

// Receipted keeps the receipt a message of ours was given, and moves it on.
func (tx *Tx) Receipted(m *Message, receipt []byte) error {
	if m.Kind == envelope.KeyChange {
		if err := tx.keysRead(m.Hash); err != nil {
			return err
		}
	}
	m.State, m.Receipt = Delivered, receipt
	tx.touched(rowMessage, m.Hash, m.hash())
	return tx.run(`UPDATE messages SET state = ?, receipt = ? WHERE hash = ?`, string(Delivered), receipt, m.Hash)
}

// SetReceipt keeps the receipt of a message. The receipt speaks for itself: it
// is signed, and one that we were given has a leaf.
func (tx *Tx) SetReceipt(hash string, receipt []byte) error {
	return tx.run(`UPDATE messages SET receipt = ? WHERE hash = ?`, receipt, hash)
}

// Message returns a message, or a Missing problem.
func (tx *Tx) Message(hash string) (Message, error) {
	m, ok, err := tx.FindMessage(hash)
	if err == nil && !ok {
		err = problem.New(problem.Missing, "a message is named by its hash, 64 digits, as its case shows it", "there is no such message")
	}
	return m, err
}

// FindMessage returns a message; ok is false if there is none.
func (tx *Tx) FindMessage(hash string) (m Message, ok bool, err error) {
	return tx.oneMessage(`WHERE hash = ?`, hash)
}

// AtSeq returns the message at a place in a chain; ok is false if there is none.
func (tx *Tx) AtSeq(channel string, d Direction, seq uint64) (m Message, ok bool, err error) {
	return tx.oneMessage(`WHERE channel = ? AND direction = ? AND seq = ?`, channel, string(d), int64(seq))
}

// Last returns the newest message of a chain; ok is false if there is none yet.
func (tx *Tx) Last(channel string, d Direction) (m Message, ok bool, err error) {
	return tx.oneMessage(`WHERE channel = ? AND direction = ? ORDER BY seq DESC LIMIT 1`, channel, string(d))
}

// LastDelivered is the newest of our messages for a partner, by its place, that
// has a receipt; ok is false if none has.
func (tx *Tx) LastDelivered(partner string) (m Message, ok bool, err error) {
	return tx.oneMessage(`WHERE state = ? AND partner = ? ORDER BY seq DESC LIMIT 1`, string(Delivered), partner)
}

// Tip is the place and the hash of the newest message of a chain: 0 and
// envelope.FirstPrev before the first.
func (tx *Tx) Tip(channel string, d Direction) (seq uint64, hash string, err error) {
	hash = envelope.FirstPrev
	_, err = tx.get(`SELECT seq, hash FROM messages WHERE channel = $1 AND direction = $2 ORDER BY seq DESC LIMIT 1`,
		[]any{channel, d}, &seq, &hash)
	return seq, hash, err
}

func (tx *Tx) oneMessage(where string, args ...any) (m Message, ok bool, err error) {
	err = tx.each(`SELECT `+messageColumns+` FROM messages `+where, args, func(stmt *sqlite3.Stmt) (bool, error) {
		m, ok = scanMessage(stmt), true
		return false, nil
	})
	return m, ok, err
}

// Thread returns the messages of a case with a partner, oldest first.
func (tx *Tx) Thread(id, partner string) ([]Message, error) {
	return tx.messages(`WHERE thread = ? AND partner = ? ORDER BY at, seq`, id, partner)
}

// eachInThread gives the messages of a case with a partner one by one, oldest first:
// their texts may be more than fits into memory.
func (tx *Tx) eachInThread(id, partner string, each func(Message) error) error {
	return tx.eachMessage(`WHERE thread = ? AND partner = ? ORDER BY at, seq`, []any{id, partner}, each)
}

// InQuarantine gives the hash and kind of each of a partner's messages that are
// in quarantine, in order. Their texts may be more than fits into memory.
func (tx *Tx) InQuarantine(partner string, each func(hash string, kind envelope.Kind)) error {
	return tx.each(`SELECT hash, kind FROM messages WHERE state = ? AND partner = ? ORDER BY seq`, []any{string(Quarantined), partner},
		func(stmt *sqlite3.Stmt) (bool, error) {
			each(stmt.ColumnText(0), envelope.Kind(stmt.ColumnText(1)))
			return true, nil
		})
}

// CountQuarantined counts what is in quarantine from a partner.
func (tx *Tx) CountQuarantined(partner string) (n int, err error) {
	_, err = tx.get(`SELECT count(*) FROM messages WHERE state = $1 AND partner = $2`, []any{Quarantined, partner}, &n)
	return n, err
}

// Behind returns the messages of a chain behind a place that have their receipt,
// in order, at most limit.
func (tx *Tx) Behind(channel string, d Direction, after uint64, limit int) ([]Message, error) {
	return tx.messages(`WHERE channel = ? AND direction = ? AND seq > ? AND receipt IS NOT NULL ORDER BY seq LIMIT ?`, channel, string(d), int64(after), int64(limit))
}

// SeqText writes a place in a chain so that places sort as text.
func SeqText(seq uint64) string { return fmt.Sprintf("%012d", seq) }

// Messages returns the newest messages of a partner, newest first.
func (tx *Tx) Messages(partner string, limit int) ([]Message, error) {
	return tx.messages(`WHERE partner = ? ORDER BY at DESC LIMIT ?`, partner, int64(limit))
}

func (tx *Tx) messages(where string, args ...any) (messages []Message, err error) {
	err = tx.eachMessage(where, args, func(m Message) error {
		messages = append(messages, m)
		return nil
	})
	return messages, err
}

func (tx *Tx) eachMessage(where string, args []any, each func(Message) error) error {
	return tx.each(`SELECT `+messageColumns+` FROM messages `+where, args, func(stmt *sqlite3.Stmt) (bool, error) {
		return true, each(scanMessage(stmt))
	})
}

// scanMessage copies a row of messageColumns.
func scanMessage(stmt *sqlite3.Stmt) Message {
	m := Message{
		Hash: stmt.ColumnText(0), Channel: stmt.ColumnText(1), Partner: stmt.ColumnText(2), Direction: Direction(stmt.ColumnText(3)),
		Seq: uint64(stmt.ColumnInt64(4)), Epoch: uint64(stmt.ColumnInt64(5)), Kind: envelope.Kind(stmt.ColumnText(6)), Thread: stmt.ColumnText(7),
		At: time.UnixMicro(stmt.ColumnInt64(8)).UTC(), State: MessageState(stmt.ColumnText(9)),
		Header: column(stmt, 10), Signature: column(stmt, 11), Salt: column(stmt, 12), Payload: column(stmt, 13), Receipt: column(stmt, 14),
	}
	if erased := stmt.ColumnInt64(15); erased != 0 {
		m.Erased = time.UnixMicro(erased).UTC()
	}
	return m
}
