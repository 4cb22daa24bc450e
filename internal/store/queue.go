// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the queue: what the courier still has to carry, each
// partner's messages in order.

import (
	"database/sql"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Parcel is one message on its way. It is sealed when it leaves, for the key the
// partner has then.
type Parcel struct {
	Hash    string
	Partner string
	Seq     uint64
	Due     time.Time // not to be tried before
	Tries   int
	Expires time.Time // zero: never
	Life    bool      // passes a limited channel, see [Tx.Life]
}

// Enqueue puts a message in the queue, due at once; with an expiry of zero it
// never expires.
func (tx *Tx) Enqueue(m Message, expires time.Time) error {
	life, err := tx.Life(m.Kind, m.Thread)
	if err != nil {
		return err
	}
	tx.wake(RowQueue)
	return tx.run(`INSERT INTO queue(hash, partner, seq, due, tries, expires, life) VALUES(?,?,?,?,?,?,?)`,
		m.Hash, m.Partner, int64(m.Seq), micros(tx.Now), int64(0), micros(expires), bit(life))
}

// Life reports whether a message passes a limited channel: what is said in a
// case of a threat to life, and what tells of the channel's state and our keys.
func (tx *Tx) Life(kind envelope.Kind, thread string) (bool, error) {
	if ofTheChannel(kind) || thread == "" {
		return ofTheChannel(kind), nil
	}
	c, found, err := Cases.Find(tx, thread)
	return found && c.ToLife, err
}

func ofTheChannel(kind envelope.Kind) bool {
	return kind == envelope.State || kind == envelope.KeyChange
}

// requeue lets what is queued in a case pass a limited channel, or not, as the
// case does now: a correction makes a threat to life of what was none. A case that
// says what it said before costs no look at its messages.
func (tx *Tx) requeue(c *Case) error {
	const said = `SELECT coalesce(json_extract(CAST(body AS TEXT), '$.threat_to_life'), 0) FROM records WHERE kind = 'case' AND id = ?`
	var before int64
	found, err := tx.get(said, []any{c.ID}, &before)
	if err != nil || found && before == bit(c.ToLife) {
		return err
	}
	const others = `FROM messages m JOIN queue q ON q.hash = m.hash WHERE m.thread = ?1 AND q.life <> ?2`
	found, err = tx.get(`SELECT 1 `+others+` LIMIT 1`, []any{c.ID, bit(c.ToLife)}, new(int))
	if err != nil || !found {
		return err
	}
	tx.wake(RowQueue)
	return tx.exec(`UPDATE queue SET life = ?2 WHERE hash IN (SELECT m.hash `+others+`)`, c.ID, bit(c.ToLife))
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Parcels returns a partner's parcels behind a place of the chain in order, at most limit.
func (tx *Tx) Parcels(partner string, after uint64, limit int) (parcels []Parcel, err error) {
	return tx.parcels(`WHERE partner = $1 AND seq > $2 ORDER BY seq LIMIT $3`, partner, after, limit)
}

// ParcelsForLife is Parcels without what a limited channel holds back: however
// much waits, a threat to life is found.
func (tx *Tx) ParcelsForLife(partner string, after uint64, limit int) (parcels []Parcel, err error) {
	return tx.parcels(`WHERE partner = $1 AND life = 1 AND seq > $2 ORDER BY seq LIMIT $3`, partner, after, limit)
}

// ExpiredParcels returns a partner's parcels that expired before the transaction, at most limit.
func (tx *Tx) ExpiredParcels(partner string, limit int) (parcels []Parcel, err error) {
	return tx.parcels(`WHERE partner = $1 AND expires > 0 AND expires < $2 ORDER BY expires, seq LIMIT $3`, partner, micros(tx.Now), limit)
}

func (tx *Tx) parcels(where string, args ...any) (parcels []Parcel, err error) {
	err = tx.list(`SELECT hash, partner, seq, due, tries, expires, life FROM queue `+where,
		args, func(rows *sql.Rows) error {
			var p Parcel
			var due, expires int64
			if err := rows.Scan(&p.Hash, &p.Partner, &p.Seq, &due, &p.Tries, &expires, &p.Life); err != nil {
				return err
			}
			p.Due, p.Expires = fromMicros(due), fromMicros(expires)
			parcels = append(parcels, p)
			return nil
		})
	return parcels, err
}

// Waiting returns the partners for whom something is queued. It goes from the
// first parcel of one to that of the next, however much waits.
func (tx *Tx) Waiting() (partners []string, err error) {
	partner := ""
	for {
		ok, err := tx.get(`SELECT partner FROM queue WHERE partner > $1 ORDER BY partner LIMIT 1`, []any{partner}, &partner)
		if err != nil || !ok {
			return partners, err
		}
		partners = append(partners, partner)
	}
}

// Waits reports whether something is queued for a partner.
func (tx *Tx) Waits(partner string) (bool, error) {
	return tx.get(`SELECT 1 FROM queue WHERE partner = $1 LIMIT 1`, []any{partner}, new(int))
}

// QueueLength counts what is queued for a partner; for all if it is empty.
func (tx *Tx) QueueLength(partner string) (n int, err error) {
	if partner == "" {
		_, err = tx.get(`SELECT count(*) FROM queue`, nil, &n)
		return n, err
	}
	_, err = tx.get(`SELECT count(*) FROM queue WHERE partner = $1`, []any{partner}, &n)
	return n, err
}

// Delay puts a parcel off.
func (tx *Tx) Delay(hash string, tries int, due time.Time) error {
	return tx.exec(`UPDATE queue SET tries = $1, due = $2 WHERE hash = $3`, tries, micros(due), hash)
}

// PutOff returns the partners for whom something is queued that is not due yet.
func (tx *Tx) PutOff() (partners []string, err error) {
	waiting, err := tx.Waiting()
	if err != nil {
		return nil, err
	}
	for _, name := range waiting {
		later, err := tx.get(`SELECT 1 FROM queue WHERE partner = $1 AND due > $2 LIMIT 1`, []any{name, micros(tx.Now)}, new(int))
		if err != nil {
			return nil, err
		}
		if later {
			partners = append(partners, name)
		}
	}
	return partners, nil
}

// DueNow makes everything queued for a partner due at once.
func (tx *Tx) DueNow(partner string) error {
	tx.wake(RowQueue)
	return tx.exec(`UPDATE queue SET due = $1 WHERE partner = $2`, micros(tx.Now), partner)
}

// Unqueue takes a parcel out of the queue.
func (tx *Tx) Unqueue(hash string) error {
	return tx.run(`DELETE FROM queue WHERE hash = ?`, hash)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
