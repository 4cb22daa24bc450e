// SPDX-License-Identifier: Apache-2.0

package inbox

// This file places one message in its chain, keeps it, logs it and receipts it.

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// expiryGrace is how much a message may be past its expiry: clocks differ, and
// the sender stops by its own.
const expiryGrace = 10 * time.Minute

// hearing is one delivery being heard in one transaction.
type hearing struct {
	in      *Inbox
	tx      *store.Tx
	channel partner.Channel
	missing map[uint64]envelope.Missing
	steps   map[string]stepProof // that came with the messages, by their hashes
	seq     uint64               // the newest place of the chain
	hash    string               // and its hash
	repeats int                  // how many of the delivery were here already
	anew    bool                 // whether each message must be verified anew, see verify
}

func (in *Inbox) hearing(tx *store.Tx, name string, missing []envelope.Missing) (*hearing, error) {
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return nil, err
	}
	h := &hearing{in: in, tx: tx, channel: channel, missing: make(map[uint64]envelope.Missing)}
	for _, m := range missing {
		h.missing[m.Seq] = m
	}
	h.seq, h.hash, err = tx.Tip(channel.ID, store.In)
	return h, err
}

// hear keeps a message that fits, and fills in its result. A message that does
// not fit is refused and leaves no trace; err is for what is ours to repair.
func (h *hearing) hear(m *envelope.Message, result *envelope.Result) error {
	known, ok, err := h.tx.FindMessage(m.Hash())
	if err != nil {
		return err
	}
	if ok {
		h.repeats++
		return h.repeat(known, result)
	}
	filling, fits, err := h.place(m)
	if err != nil {
		return err
	}
	fits = fits && (!h.anew || h.in.verify(&h.channel, m) == nil)
	if fits {
		if fits, err = h.inTime(m); err != nil {
			return err
		}
	}
	if !fits {
		if err := h.twice(m, result); err != nil {
			return err
		}
		h.in.log.Warn("envelope refused", "partner", h.channel.Name, "envelope", m.Hash(), "seq", m.Header.Seq, "epoch", m.Header.Epoch)
		result.Refused = true
		return nil
	}
	if !filling {
		if err := h.noteGaps(m); err != nil {
			return err
		}
		h.seq, h.hash = m.Header.Seq, m.Hash()
	}
	if m.Header.Epoch > h.channel.TheirEpoch {
		h.channel.TheirEpoch = m.Header.Epoch
		if err := store.Channels.Put(h.tx, h.channel.Name, h.channel); err != nil {
			return err
		}
	}
	if filling {
		if err := h.closeGap(m.Header.Seq); err != nil {
			return err
		}
	}
	return h.keep(m, result)
}

// repeat answers a message that is here already with the receipt it was given.
func (h *hearing) repeat(known store.Message, result *envelope.Result) error {
	if known.Direction != store.In {
		result.Refused = true
		return nil
	}
	if err := h.lateStep(known.Hash); err != nil {
		return err
	}
	result.Receipt = string(known.Receipt)
	if len(known.Receipt) > 0 {
		return nil
	}
	// The same envelope stands twice in one delivery: its receipt comes with the commit.
	h.tx.Finish(func(store.Head) error {
		again, ok, err := h.tx.FindMessage(known.Hash)
		if ok {
			result.Receipt = string(again.Receipt)
		}
		return err
	})
	return nil
}

// place says whether a message fits its chain: as the next, as the one after
// messages the sender will not deliver, or as one that was missing.
func (h *hearing) place(m *envelope.Message) (filling, fits bool, err error) {
	header := m.Header
	switch {
	case h.channel.State == partner.Pending && header.Kind != envelope.Terms && header.Kind != envelope.KeyChange:
		return false, false, nil
	case header.Seq <= h.seq:
		gap, ok, err := store.Gaps.Find(h.tx, gapID(h.channel.ID, header.Seq))
		return true, err == nil && ok && gap.State == gapOpen && gap.Hash == m.Hash(), err
	case header.Epoch < h.channel.TheirEpoch:
		return false, false, nil
	case header.Seq == h.seq+1:
		return false, header.Prev == h.hash, nil
	}
	// Out of order: only if the sender says that what lies between will not come,
	// and the chain agrees with what it says.
	for seq := h.seq + 1; seq < header.Seq; seq++ {
		if _, told := h.missing[seq]; !told {
			return false, false, nil
		}
	}
	return false, h.missing[header.Seq-1].Hash == header.Prev, nil
}

// inTime says whether a message has not expired. One that has, although its
// sender still sends it, and one from the future show that a clock is wrong:
// people are told.
func (h *hearing) inTime(m *envelope.Message) (bool, error) {
	late := !m.Header.Expires.IsZero() && h.tx.Now.After(m.Header.Expires.Add(expiryGrace))
	if !late && !m.Header.Sent.After(h.tx.Now.Add(expiryGrace)) {
		return true, nil
	}
	name := h.channel.Name
	text := "a message of " + name + " was sent " + m.Header.Sent.Sub(h.tx.Now).Round(time.Minute).String() + " ahead of this node's clock: one of the two clocks is wrong"
	if late {
		text = "a message of " + name + " came after it had expired by this node's clock, and was refused until it is set right: one of the two clocks is wrong. Call them"
	}
	return !late, h.tx.Raise(warning.Alarm{Kind: warning.AlarmClock, Partner: name, Subject: name, Level: handling.Immediate, Text: text})
}

const (
	gapOpen   = "open"
	gapClosed = "closed"
)

func gapID(channel string, seq uint64) string {
	return channel + "/" + store.SeqText(seq)
}

// noteGaps shows what is missing before m, in one alarm: a partner names
// thousands of places at will.
func (h *hearing) noteGaps(m *envelope.Message) error {
	var lost []store.Gap
	for seq := h.seq + 1; seq < m.Header.Seq; seq++ {
		missing := h.missing[seq]
		gap := store.Gap{Channel: h.channel.ID, Partner: h.channel.Name, Seq: seq, Hash: missing.Hash, Why: missing.Why, Found: h.tx.Now, State: gapOpen}
		if err := store.Gaps.Put(h.tx, gapID(h.channel.ID, seq), gap); err != nil {
			return err
		}
		if missing.Why != "held" { // that will come when the channel is open again
			lost = append(lost, gap)
		}
	}
	return h.lost(lost)
}

func (h *hearing) lost(gaps []store.Gap) error {
	if len(gaps) == 0 {
		return nil
	}
	return h.tx.Raise(gapAlarm(gaps))
}

// keep keeps the message, its leaf and what it changes, and promises a receipt.
func (h *hearing) keep(m *envelope.Message, result *envelope.Result) error {
	state, disposition := store.Kept, receipt.Kept
	inDoubt := h.waits(m.Header.Kind, m.Header.Seq, m.Header.Sent, h.tx.Now)
	if h.channel.Quarantines() || inDoubt {
		state, disposition = store.Quarantined, receipt.Quarantined
	}
	hash := m.Hash()
	payload, unreadable := decode(m)
	kept := store.Message{
		Hash: hash, Channel: h.channel.ID, Partner: h.channel.Name, Direction: store.In, Seq: m.Header.Seq, Epoch: m.Header.Epoch,
		Kind: m.Header.Kind, Thread: thread(payload), At: h.tx.Now, State: state,
		Header: m.HeaderBytes, Signature: m.Signature, Salt: m.Salt, Payload: m.Payload,
	}
	if err := h.tx.AddMessage(kept); err != nil {
		return err
	}
	if err := h.spoke(kept, m.Header); err != nil {
		return err
	}
	index, err := h.tx.Leaf(store.LeafReceived, hash)
	if err != nil {
		return err
	}
	if err := h.step(hash, m.Header.Kind, index); err != nil {
		return err
	}
	if err := h.effect(&kept, m, payload, unreadable); err != nil {
		return err
	}
	if inDoubt && h.channel.Opens() {
		if err := h.holdBack(&kept, m.Header.Sent); err != nil {
			return err
		}
	}
	received := h.tx.Now
	h.tx.Finish(func(head store.Head) error {
		raw, err := h.receipt(m, head, index, received, disposition)
		if err != nil {
			return err
		}
		result.Receipt = string(raw)
		return h.tx.SetReceipt(hash, raw)
	})
	return nil
}

func (h *hearing) closeGap(seq uint64) error {
	gap, ok, err := store.Gaps.Find(h.tx, gapID(h.channel.ID, seq))
	if err != nil || !ok {
		return err
	}
	gap.State = gapClosed
	if err := store.Gaps.Put(h.tx, gapID(h.channel.ID, seq), gap); err != nil {
		return err
	}
	// There is one alarm for all of a partner's gaps: it stands until the last is
	// filled. What is held has raised none. A few are looked at: a partner has as
	// many as it likes, and each that comes asks.
	const few = 32
	open, err := store.Gaps.List(h.tx, few, h.channel.ID+gapOpen)
	lost := func(g store.Gap) bool { return !g.Ours && g.Why != "held" }
	if err != nil || len(open) == few || slices.ContainsFunc(open, lost) {
		return err
	}
	return h.tx.Settle(gapAlarm([]store.Gap{gap}), "node", "what was missing came: message "+strconv.FormatUint(seq, 10))
}

// receipt signs what was received and proves that it is in the log.
func (h *hearing) receipt(m *envelope.Message, head store.Head, index int64, at time.Time, d receipt.Disposition) ([]byte, error) {
	proof, err := head.Prove(index)
	if err != nil {
		return nil, err
	}
	statement := receipt.Statement{
		Version: 1, Kind: "delivered", Channel: m.Header.Channel, By: m.Header.To, To: m.Header.From,
		Header: m.Hash(), Epoch: m.Header.Epoch, Seq: m.Header.Seq, Received: at, Disposition: d,
		Index: index, Size: head.Tree.N, Root: hex.EncodeToString(head.Tree.Hash[:]),
	}
	signature, err := h.in.ring.SignReceipt(statement)
	if err != nil {
		return nil, err
	}
	r, err := receipt.New(statement, signature, proof, head.Checkpoint)
	if err != nil {
		return nil, err
	}
	return r.Encode()
}
