// SPDX-License-Identifier: Apache-2.0

package store

// This file holds messages in both directions, and their chain.

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

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
}

// Opened is the message as an envelope holds it.
func (m *Message) Opened() (*envelope.Message, error) {
	opened := &envelope.Message{HeaderBytes: m.Header, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload}
	raw, err := opened.Export()
	if err != nil {
		return nil, err
	}
	return envelope.Unpack(raw)
}

// hash covers what the message's own bytes do not say: whose it is, where it
// stands, how far it is. Its header has its own hash, and the payload a
// commitment in it.
func (m *Message) hash() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "message\n%s\n%s\n%s\n%d\n%s\n%d\n", m.Partner, m.Direction, m.State, m.Seq, m.Thread, m.At.UnixMicro()))
	return hex.EncodeToString(sum[:])
}

const messageColumns = `hash, channel, partner, direction, seq, epoch, kind, thread, at, state, header, signature, salt, payload, receipt`

// AddMessage keeps a new message.
func (tx *Tx) AddMessage(m Message) error {
	tx.touched(rowMessage, m.Hash, m.hash())
	return tx.exec(`INSERT INTO messages(`+messageColumns+`) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
		m.Hash, m.Channel, m.Partner, m.Direction, m.Seq, m.Epoch, m.Kind, m.Thread, m.At.UnixMicro(), m.State,
		m.Header, m.Signature, m.Salt, m.Payload, m.Receipt)
}

// SetMessageState moves a message on.
func (tx *Tx) SetMessageState(m *Message, state MessageState) error {
	m.State = state
	tx.touched(rowMessage, m.Hash, m.hash())
	return tx.exec(`UPDATE messages SET state = $1 WHERE hash = $2`, state, m.Hash)
}

// SetReceipt keeps the receipt of a message. The receipt speaks for itself: it
// is signed, and one that we were given has a leaf.
func (tx *Tx) SetReceipt(hash string, receipt []byte) error {
	return tx.exec(`UPDATE messages SET receipt = $1 WHERE hash = $2`, receipt, hash)
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
	return tx.oneMessage(`WHERE hash = $1`, hash)
}

// AtSeq returns the message at a place in a chain; ok is false if there is none.
func (tx *Tx) AtSeq(channel string, d Direction, seq uint64) (m Message, ok bool, err error) {
	return tx.oneMessage(`WHERE channel = $1 AND direction = $2 AND seq = $3`, channel, d, seq)
}

// Last returns the newest message of a chain; ok is false if there is none yet.
func (tx *Tx) Last(channel string, d Direction) (m Message, ok bool, err error) {
	return tx.oneMessage(`WHERE channel = $1 AND direction = $2 ORDER BY seq DESC LIMIT 1`, channel, d)
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
	var at int64
	ok, err = tx.get(`SELECT `+messageColumns+` FROM messages `+where, args,
		&m.Hash, &m.Channel, &m.Partner, &m.Direction, &m.Seq, &m.Epoch, &m.Kind, &m.Thread, &at, &m.State,
		&m.Header, &m.Signature, &m.Salt, &m.Payload, &m.Receipt)
	m.At = time.UnixMicro(at).UTC()
	return m, ok, err
}

// Thread returns the messages of a case with a partner, oldest first.
func (tx *Tx) Thread(id, partner string) ([]Message, error) {
	return tx.messages(`WHERE thread = $1 AND partner = $2 ORDER BY at, seq`, id, partner)
}

// InQuarantine returns what is in quarantine, each partner's messages in order.
func (tx *Tx) InQuarantine() ([]Message, error) {
	return tx.messages(`WHERE state = $1 ORDER BY partner, seq`, Quarantined)
}

// CountQuarantined counts what is in quarantine from a partner.
func (tx *Tx) CountQuarantined(partner string) (n int, err error) {
	_, err = tx.get(`SELECT count(*) FROM messages WHERE state = $1 AND partner = $2`, []any{Quarantined, partner}, &n)
	return n, err
}

// Undelivered returns what the partner must be told is missing before our
// message seq: our messages above the newest it has, without a receipt, in order.
func (tx *Tx) Undelivered(partner string, seq uint64) ([]Message, error) {
	var newest uint64
	_, err := tx.get(`SELECT coalesce(max(seq), 0) FROM messages WHERE state = $1 AND partner = $2`, []any{Delivered, partner}, &newest)
	if err != nil {
		return nil, err
	}
	return tx.messages(`WHERE state IN ($1, $2, $3) AND partner = $4 AND seq > $5 AND seq < $6 AND direction = $7 ORDER BY seq`,
		Queued, Expired, Dropped, partner, newest, seq, Out)
}

// SeqText writes a place in a chain so that places sort as text.
func SeqText(seq uint64) string { return fmt.Sprintf("%012d", seq) }

// Messages returns the newest messages of a partner, newest first.
func (tx *Tx) Messages(partner string, limit int) ([]Message, error) {
	return tx.messages(`WHERE partner = $1 ORDER BY at DESC LIMIT $2`, partner, limit)
}

func (tx *Tx) messages(where string, args ...any) (messages []Message, err error) {
	err = tx.eachMessage(where, args, func(m Message) error {
		messages = append(messages, m)
		return nil
	})
	return messages, err
}

func (tx *Tx) eachMessage(where string, args []any, each func(Message) error) error {
	return tx.list(`SELECT `+messageColumns+` FROM messages `+where, args, func(rows *sql.Rows) error {
		var m Message
		var at int64
		err := rows.Scan(&m.Hash, &m.Channel, &m.Partner, &m.Direction, &m.Seq, &m.Epoch, &m.Kind, &m.Thread, &at, &m.State,
			&m.Header, &m.Signature, &m.Salt, &m.Payload, &m.Receipt)
		if err != nil {
			return err
		}
		m.At = time.UnixMicro(at).UTC()
		return each(m)
	})
}
