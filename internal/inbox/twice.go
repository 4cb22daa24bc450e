// SPDX-License-Identifier: Apache-2.0

package inbox

// This file finds two messages at one place of a chain: in a partner's, when the
// second comes; in ours, when a partner gives back what we did not write.

import (
	"context"
	"fmt"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// twice keeps a message that was refused because another has its place, if the
// partner signed both, and shows the partner the other.
func (h *hearing) twice(m *envelope.Message, result *envelope.Result) error {
	if m.Header.Seq > h.seq {
		return nil
	}
	there, known, err := h.tx.AtSeq(h.channel.ID, store.In, m.Header.Seq)
	if err != nil || !known || h.in.verify(&h.channel, m) != nil {
		return err
	}
	result.Taken = &envelope.Taken{Header: there.Header, Signature: there.Signature, Receipt: string(there.Receipt)}
	twin, err := store.NewTwin(h.channel.Name, false, there.Hash, m, nil, h.tx.Now)
	if err != nil {
		return err
	}
	return h.tx.KeepTwin(twin)
}

// conflict says that a partner shows another message at a place where ours has no
// receipt: who asks further back is shown which.
func conflict(format string, args ...any) error {
	return &wrongStanding{what: fmt.Sprintf(format, args...), further: true}
}

// gaveWay lets a message that was signed with our key, and that the partner has
// receipted, have its place in the chain: what is here there has no receipt, and
// is set aside. If it has one, the partner has receipted two of one place.
func (b *regaining) gaveWay(back regained) error {
	tx, channel, m := b.h.tx, &b.h.channel, back.m
	there, known, err := tx.AtSeq(channel.ID, store.Out, m.Header.Seq)
	if err != nil {
		return err
	}
	if !known {
		return wrongly("it shows message %d of this node, which is named as lost here", m.Header.Seq)
	}
	twin, err := store.NewTwin(channel.Name, true, there.Hash, m, back.receipt, tx.Now)
	if err != nil {
		return err
	}
	if there.Receipt != nil {
		return &wrongStanding{what: fmt.Sprintf("it shows another message %d of this node than there is here, and has given receipts for both", m.Header.Seq), twin: &twin}
	}
	aside, err := tx.SetAside(channel.ID, m.Header.Seq, "somebody else signed with this node's key at its place, and "+channel.Name+" has that")
	if err != nil {
		return err
	}
	if err := tx.KeepTwin(twin); err != nil {
		return err
	}
	b.h.in.log.Warn("messages that waited gave way to one that somebody else signed", "partner", channel.Name, "place", m.Header.Seq, "messages", len(aside))
	b.seq, b.hash, err = tx.Tip(channel.ID, store.Out)
	return err
}

// keepProof keeps what a wrong answer proves.
func (in *Inbox) keepProof(ctx context.Context, name string, wrong *wrongStanding) error {
	if wrong == nil || wrong.twin == nil {
		return nil
	}
	return in.store.Change(ctx, caller.Self(), store.What{Act: caller.Recover, Subject: name, Note: "two receipts for one place"}, func(tx *store.Tx) error {
		return tx.KeepTwin(*wrong.twin)
	})
}
