// SPDX-License-Identifier: Apache-2.0

package store

// This file erases pledges and questions whose messages are here: their words are
// in no row and in no file afterwards, and the log verifies.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// aside keeps what was said in no case.
func (k *kit) aside(tx *Tx, direction Direction, seq uint64, payload warning.Payload, kind envelope.Kind) string {
	k.Helper()
	text, err := warning.Encode(payload)
	k.must(err)
	salt, channel := bytes.Repeat([]byte{7}, 32), strings.Repeat("c", 64)
	header := envelope.Header{Version: envelope.Version, Channel: channel, From: strings.Repeat("a", 64), To: strings.Repeat("b", 64), Epoch: 1, Seq: seq, Prev: envelope.FirstPrev,
		Kind: kind, Commitment: envelope.Commit(salt, text), Sent: tx.Now, Precedence: handling.Routine, Handling: handling.Handling{TLP: handling.AmberStrict}}
	if direction == In {
		header.From, header.To = header.To, header.From
	}
	raw, err := header.Encode()
	k.must(err)
	m := Message{Hash: envelope.Hash(raw), Channel: channel, Partner: "bravo", Direction: direction, Seq: seq, Epoch: 1, Kind: kind, At: tx.Now, State: Kept,
		Header: raw, Signature: k.ring.SignMessage(raw), Salt: salt, Payload: text, Receipt: []byte("a receipt for " + strings.Repeat("x", int(seq)))}
	k.must(tx.AddMessage(m))
	leaf := LeafReceived
	if direction == Out {
		leaf = LeafSent
		sum := sha256.Sum256(m.Receipt)
		_, err = tx.Leaf(LeafReceipt, hex.EncodeToString(sum[:]))
		k.must(err)
	}
	_, err = tx.Leaf(leaf, m.Hash)
	k.must(err)
	return m.Hash
}

func TestWhatWasPledgedIsErased(t *testing.T) {
	const word, other = "harbourmaster", "lighthouse"
	k := newKit(t)
	var hashes []string
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		p := warning.Pledge{ID: "pledge--1", Text: word, Words: []string{word}, At: tx.Now}
		q := warning.Inquiry{ID: "inquiry--1", Question: word, Precedence: handling.Routine, AnswerBy: tx.Now.Add(time.Hour), By: warning.Officer{Name: "Officer 2", Role: "duty officer"}, At: tx.Now}
		rest := warning.Pledge{ID: "pledge--2", Text: other, Words: []string{other}, At: tx.Now}
		for i, direction := range []Direction{Out, In} {
			ours := direction == Out
			hashes = append(hashes, k.aside(tx, direction, 1, &p, envelope.Pledge), k.aside(tx, direction, 2, &q, envelope.Inquiry))
			k.aside(tx, direction, 3, &rest, envelope.Pledge)
			k.must(Pledges.Put(tx, PledgeID("bravo", ours, p.ID), warning.KeptPledge{Pledge: p, Partner: "bravo", Ours: ours}))
			k.must(Inquiries.Put(tx, InquiryID("bravo", ours, q.ID), warning.KeptInquiry{Inquiry: q, Partner: "bravo", Ours: ours}))
			m, err := tx.Message(hashes[2*i])
			k.must(err)
			opened, err := m.Opened()
			k.must(err)
			twin, err := NewTwin("bravo", ours, m.Hash, opened, nil, tx.Now)
			k.must(err)
			twin.Hash = "beside " + m.Hash
			k.must(Twins.Put(tx, twin.Hash, twin))
		}
		return nil
	}))
	for _, kind := range []string{"messages", "twin", OfPledge, OfInquiry} {
		if !slices.Contains(k.holding(word), kind) {
			t.Errorf("no %s holds the word: nothing is proved of it", kind)
		}
	}
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for _, name := range []string{"pledge--1", "in:bravo:pledge--1", "inquiry--1", "in:bravo:inquiry--1"} {
			kind, id, _ := KeptAs(name)
			r, err := Retentions.Get(tx, RetentionID(kind, id))
			k.must(err)
			k.must(tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock"))
		}
		return nil
	}))
	if left := k.holding(word); len(left) > 0 {
		t.Errorf("the word is left in %q", left)
	}
	if !slices.Contains(k.holding(other), "messages") {
		t.Error("what was pledged besides is gone")
	}
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		for _, hash := range hashes {
			m, err := tx.Message(hash)
			if err != nil || m.Salt != nil || m.Payload != nil || len(m.Signature) == 0 || m.Erased.IsZero() {
				t.Errorf("what is left of it is %+v, %v", m, err)
			}
		}
		return nil
	}))
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}
