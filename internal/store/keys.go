// SPDX-License-Identifier: Apache-2.0

package store

// This file holds our own changes of keys, and who has read of them.

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// OwnChange is a change of our keys.
type OwnChange struct {
	Change envelope.Change `json:"change"`
	By     string          `json:"by"` // who decided it
	At     time.Time       `json:"at"`
	// InForce is when the new keys took the place of the old ones.
	InForce time.Time `json:"in_force,omitzero"`
}

// KeyNotice is the message that tells one partner of a change of our keys.
type KeyNotice struct {
	Partner string    `json:"partner"`
	Number  uint64    `json:"number"` // of the change
	Hash    string    `json:"hash"`   // of the message
	Read    time.Time `json:"read,omitzero"`
}

// Where they are kept: a change by SeqText of its number, a notice by its message.
var (
	OwnKeys    = Table[OwnChange]{kind: RowOwnKeys, name: "change of keys", at: func(c *OwnChange) time.Time { return c.At }}
	KeyNotices = Table[KeyNotice]{kind: "key notice", name: "notice of new keys", state: func(n *KeyNotice) string { return n.waits() }}
)

// RowOwnKeys is the kind of rows that are changes of our keys.
const RowOwnKeys = "own keys"

// KeysUnread is the state of the notices that no partner has receipted yet.
const KeysUnread = "unread"

func (n *KeyNotice) waits() string {
	if n.Read.IsZero() {
		return KeysUnread
	}
	return ""
}

// KeyNumber is how many changes of our keys there were: what is signed in this
// transaction is signed with the keys of that number.
func (tx *Tx) KeyNumber() (number uint64, err error) {
	var id string
	known, err := tx.get(`SELECT id FROM records WHERE kind = $1 ORDER BY id DESC LIMIT 1`, []any{RowOwnKeys}, &id)
	if err != nil || !known {
		return 0, err
	}
	return strconv.ParseUint(id, 10, 64)
}

// UnreadKeys returns the notices that a partner has not receipted yet, in order.
func (tx *Tx) UnreadKeys(partner string) ([]KeyNotice, error) {
	unread, err := KeyNotices.List(tx, 0, KeysUnread)
	unread = slices.DeleteFunc(unread, func(n KeyNotice) bool { return n.Partner != partner })
	slices.SortFunc(unread, func(a, b KeyNotice) int { return cmp.Compare(a.Number, b.Number) })
	return unread, err
}

// keysRead notes that a partner has receipted the message that tells it of a
// change of our keys.
func (tx *Tx) keysRead(hash string) error {
	notice, known, err := KeyNotices.Find(tx, hash)
	if err != nil || !known || !notice.Read.IsZero() {
		return err
	}
	notice.Read = tx.Now
	return KeyNotices.Put(tx, hash, notice)
}

// OwnHistory is the history of our own keys; card is the one in force.
func (tx *Tx) OwnHistory(card envelope.Card) (h envelope.History, err error) {
	h = envelope.History{Version: envelope.Version, First: card}
	first, known, err := Settings.Find(tx, settingFirstCard)
	if err != nil || !known {
		return h, err
	}
	if h.First, err = envelope.ParseCard([]byte(first.Value)); err != nil {
		return h, err
	}
	err = tx.eachOwnChange(func(c OwnChange) error {
		h.Changes = append(h.Changes, c.Change)
		return nil
	})
	return h, err
}

// OwnCard is our card as it is now; started is the one the node started with.
func (tx *Tx) OwnCard(started envelope.Card) (envelope.Card, error) {
	newest, err := OwnKeys.List(tx, 1)
	if err != nil || len(newest) == 0 {
		return started, err
	}
	s, err := newest[0].Change.Peek()
	if err != nil {
		return started, err
	}
	s.New.Address = started.Address
	return s.New, nil
}

// FirstReceivedID is ReceivedID of the log as it was at first: the same whatever
// key the log has now. started is the card the node started with.
func (s *Store) FirstReceivedID(started envelope.Card) string {
	log := started.Log
	err := s.Glance(context.Background(), caller.Self(), What{Act: caller.SeeNode}, func(tx *Tx) error {
		h, err := tx.OwnHistory(started)
		log = h.First.Log
		return err
	})
	if err != nil {
		s.log.Warn("the log's first key cannot be read", "err", err)
	}
	return ReceivedID(log)
}

// History is OwnHistory for whoever meets us: nil if our keys never changed.
func (tx *Tx) History(card envelope.Card) (*envelope.History, error) {
	h, err := tx.OwnHistory(card)
	if err != nil || len(h.Changes) == 0 {
		return nil, err
	}
	return &h, nil
}

func (tx *Tx) eachOwnChange(each func(OwnChange) error) error {
	var ids []string
	err := tx.list(`SELECT id FROM records WHERE kind = $1 ORDER BY id`, []any{RowOwnKeys}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err == nil {
			var c OwnChange
			if c, err = OwnKeys.Get(tx, id); err == nil {
				err = each(c)
			}
		}
	}
	return err
}

// settingFirstCard is the card before the first change of our keys.
const settingFirstCard = "first card"

// AddOwnChange keeps a change of our keys; before is the card it replaces.
func (tx *Tx) AddOwnChange(c OwnChange, number uint64, before envelope.Card) error {
	if number == 1 {
		raw, err := before.Encode()
		if err != nil {
			return err
		}
		if err := Settings.Put(tx, settingFirstCard, Setting{Value: string(raw)}); err != nil {
			return err
		}
	}
	return OwnKeys.Put(tx, SeqText(number), c)
}
