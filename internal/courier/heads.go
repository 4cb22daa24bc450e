// SPDX-License-Identifier: Apache-2.0

package courier

// This file follows partners' logs: each exchange shows that the one it saw
// last has only grown.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/witness"
)

// seen are the checkpoints of the partner's log that the post tells it of.
func (l load) seen() (seen []string) {
	for _, head := range l.heads {
		seen = append(seen, head.Checkpoint)
	}
	return seen
}

// follow moves on to the newest checkpoint of the receipts, if the partner
// shows that its log grew to it from those we told it of. If it does not, the
// receipts are kept all the same: they are evidence.
func (c *Courier) follow(tx *store.Tx, l load, receipts []*receipt.Receipt, proofs []witness.Consistency) error {
	var shown []store.LogHead
	known := make(map[string]bool)
	for _, r := range receipts {
		if r == nil || known[r.Checkpoint] {
			continue
		}
		known[r.Checkpoint] = true
		head, err := openBy(&l.channel, r.Checkpoint, tx.Now)
		if err != nil {
			return err
		}
		shown = append(shown, head)
	}
	if len(shown) == 0 {
		return nil
	}
	tx.Exchanged(l.channel.Name)
	forked, err := tx.Follow(l.channel.Name, l.heads, shown, proofs)
	if forked {
		c.log.Error("the partner's log is forked", "partner", l.channel.Name)
	}
	return err
}

// openBy opens a checkpoint with the newest log key that the partner has or had.
func openBy(channel *partner.Channel, checkpoint string, now time.Time) (head store.LogHead, err error) {
	_, err = partner.VerifyBy(channel.Eras(), time.Time{}, func(card envelope.Card) (err error) {
		head, _, err = store.OpenCheckpoint(checkpoint, card.Log, now)
		return err
	})
	return head, err
}
