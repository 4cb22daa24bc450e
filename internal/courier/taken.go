// SPDX-License-Identifier: Apache-2.0

package courier

// This file finds out that somebody else signs with our key: a partner has another
// message at a place of our chain.

import (
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// takenPlaces keeps, of what a partner refused, the proof that it has a message of
// ours there that we did not write, and tells people. What proves nothing is
// passed over.
func (c *Courier) takenPlaces(tx *store.Tx, l load, answer envelope.Answer) error {
	for i, result := range answer.Results {
		if !result.Refused || result.Taken == nil {
			continue
		}
		other, err := result.Taken.Open()
		if err != nil || other.Header.Seq != l.headers[i].Seq || other.Hash() == l.parcels[i].Hash {
			continue
		}
		history, err := tx.OwnHistory(c.ring.Card(c.address))
		if err != nil {
			return err
		}
		_, err = partner.VerifyHeld(history.Eras(), other.Header.Sent, func(card envelope.Card) error {
			return other.VerifyHeader(card.Public(), l.headers[i].From, l.headers[i].To)
		})
		if err != nil || !receiptOf(l, other, result.Taken.Receipt) {
			c.log.Warn("a partner shows what is no message of ours", "partner", l.channel.Name, "place", l.headers[i].Seq)
			continue
		}
		twin, err := store.NewTwin(l.channel.Name, true, l.parcels[i].Hash, other, []byte(result.Taken.Receipt), tx.Now)
		if err == nil {
			err = tx.KeepTwin(twin)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// receiptOf reports whether the partner has receipted that message.
func receiptOf(l load, m *envelope.Message, text string) bool {
	r, err := receipt.Parse([]byte(text))
	return err == nil && r.Statement.Header == m.Hash() && keysOf(&l.channel).verify(r) == nil
}
