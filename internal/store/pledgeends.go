// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps what is said of the end of a pledge: what partners said of pledges
// that are not here, and what is to be said to a partner.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// PledgeEnds are the ends of pledges that are not here, by PledgeID: such a pledge may
// have been held back, and comes later. Then it has ended.
var PledgeEnds = Table[PledgeEnd]{kind: "pledge end", name: "end of a pledge"}

// PledgeEnd is an end as a partner said it, with the message and when that came.
type PledgeEnd struct {
	End   warning.PledgeEnd `json:"end"`
	Hash  string            `json:"hash"`
	Heard time.Time         `json:"heard"`
}

// WishPledgeEnd leaves to the outbox to tell a partner that a pledge of ours has ended,
// as soon as something may be said to it.
func (tx *Tx) WishPledgeEnd(partner string, end *warning.PledgeEnd) error {
	raw, err := warning.Encode(end)
	if err != nil {
		return err
	}
	wish := Wish{ID: "wish--" + end.Pledge, Partner: partner, Kind: string(envelope.PledgeEnd), Payload: raw, Made: tx.Now}
	return Wishes.Put(tx, wish.ID, wish)
}

// endUnsaid wishes anew what was taken out of the queue, and did not leave: that a
// pledge ended the partner must learn, however late.
func (tx *Tx) endUnsaid(m *Message) error {
	payload, err := warning.Decode(m.Kind, m.Payload)
	if err != nil {
		return err
	}
	end, is := payload.(*warning.PledgeEnd)
	if !is || m.Direction != Out {
		return nil
	}
	return tx.WishPledgeEnd(m.Partner, end)
}

// DateAnew gives what was said under the name of an erased pledge a date of its own.
func (tx *Tx) DateAnew(p *warning.KeptPledge) error {
	return tx.retainYear(Retention{Kind: OfPledge, ID: PledgeID(p.Partner, p.Ours, p.Pledge.ID), Partner: p.Partner, Ours: p.Ours}, "")
}
