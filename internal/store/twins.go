// SPDX-License-Identifier: Apache-2.0

package store

// This file holds two messages at one place of a chain: somebody else may have
// signed one of them.

import (
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Aside is the direction of a message of ours that gave its place to another,
// which the partner has receipted: it is in no chain, and kept as proof.
const Aside Direction = "aside"

// Twins are the messages that were found at a place of a chain that another one
// has, by their hashes.
var Twins = Table[Twin]{kind: "twin", name: "second message at a place", state: func(t *Twin) string { return t.Partner }, at: func(t *Twin) time.Time { return t.Found }}

// mostTwins is how many are kept of one partner: whoever has a key can sign any
// number.
const mostTwins = 64

// Twin is a message beside the one that has its place.
type Twin struct {
	Partner string `json:"partner"`
	Channel string `json:"channel"`
	Ours    bool   `json:"ours"` // in our chain: somebody signed it with our key
	Seq     uint64 `json:"seq"`
	// Place is the hash of the message that was here first, Hash that of this one.
	Place string `json:"place"`
	Hash  string `json:"hash"`
	// Message is what can be shown of it, as a message is exported; Receipt is the
	// partner's for it, if it is of our chain.
	Message []byte    `json:"message"`
	Receipt []byte    `json:"receipt,omitempty"`
	Found   time.Time `json:"found"`
}

// NewTwin is a message beside the one of the hash place.
func NewTwin(partner string, ours bool, place string, m *envelope.Message, receipt []byte, now time.Time) (Twin, error) {
	raw, err := m.Export()
	return Twin{
		Partner: partner, Channel: m.Header.Channel, Ours: ours, Seq: m.Header.Seq, Place: place, Hash: m.Hash(), Message: raw, Receipt: receipt, Found: now,
	}, err
}

// KeepTwin keeps two messages of one place as proof, once, and tells people.
// However many come, a bounded number is kept of each partner.
func (tx *Tx) KeepTwin(t Twin) error {
	if _, known, err := Twins.Find(tx, t.Hash); err != nil || known {
		return err
	}
	n, err := Twins.Count(tx, t.Partner)
	if err != nil {
		return err
	}
	if n < mostTwins {
		if err := Twins.Put(tx, t.Hash, t); err != nil {
			return err
		}
	}
	return tx.Raise(twinAlarm(t))
}

func twinAlarm(t Twin) warning.Alarm {
	text := fmt.Sprintf("%s signed two messages at place %d of its chain: the first counts, the second has no effect, and both are kept as proof (tocsin message %s, tocsin message %s). "+
		"Somebody else has its keys, or it was put back to an earlier copy of itself. Call them on a number you know", t.Partner, t.Seq, t.Place, t.Hash)
	if t.Ours {
		text = fmt.Sprintf("%s holds a message at place %d of this node's chain that is not the one written here, signed with this node's key; it is kept as proof (tocsin message %s). "+
			"Somebody else has our signing key, or this node was put back to an earlier copy of itself. Nothing more of ours is taken there: see docs/keys.md, then tocsin recover --by-hand --why TEXT", t.Partner, t.Seq, t.Hash)
	}
	return warning.Alarm{Kind: warning.AlarmTwin, Partner: t.Partner, Subject: t.Hash, Level: handling.Flash, Text: text}
}

// LastReceipted is the newest place of our chain in a channel that has a receipt; 0
// if none has.
func (tx *Tx) LastReceipted(channel string) (seq uint64, err error) {
	_, err = tx.get(`SELECT coalesce(max(seq), 0) FROM messages WHERE channel = $1 AND direction = $2 AND receipt IS NOT NULL`, []any{channel, Out}, &seq)
	return seq, err
}

// SetAside takes our messages from a place on out of the chain of a channel: the
// partner has another one there. They are on record as dropped, with the reason,
// and leave no more. None of them may have a receipt.
func (tx *Tx) SetAside(channel string, from uint64, why string) (aside []Message, err error) {
	if aside, err = tx.messages(`WHERE channel = ? AND direction = ? AND seq >= ? ORDER BY seq`, channel, string(Out), int64(from)); err != nil {
		return nil, err
	}
	for i := range aside {
		m := &aside[i]
		if m.Receipt != nil {
			return nil, fmt.Errorf("store: message %d has a receipt, and was to be set aside", m.Seq)
		}
		if err := tx.NotWarned(m, "the warning gave way to what somebody else signed with this node's key"); err != nil {
			return nil, err
		}
		m.Direction = Aside
		if err := tx.SetMessageState(m, Dropped); err != nil {
			return nil, err
		}
		if err := tx.run(`UPDATE messages SET direction = ? WHERE hash = ?`, string(Aside), m.Hash); err != nil {
			return nil, err
		}
		if err := tx.Unqueue(m.Hash); err != nil {
			return nil, err
		}
		drop := Drop{Hash: m.Hash, Partner: m.Partner, Seq: m.Seq, Kind: m.Kind, Case: m.Thread, At: tx.Now, By: tx.who.String(), Why: why}
		if err := Drops.Put(tx, m.Hash, drop); err != nil {
			return nil, err
		}
	}
	return aside, nil
}
