// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file has a partner say that another message has the place of ours, and
// show what does not prove it.

import (
	"encoding/hex"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// waits is the message of ours that waits for bravo.
func (s *side) waits() (m *envelope.Message) {
	s.t.Helper()
	check(s.t, s.store.Glance(s.t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		parcels, err := tx.Parcels("bravo", 0, 2)
		if err != nil || len(parcels) != 1 {
			s.t.Fatalf("%d messages wait: %v", len(parcels), err)
		}
		kept, err := tx.Message(parcels[0].Hash)
		if err == nil {
			m, err = kept.Opened()
		}
		return err
	}))
	return m
}

// receiptBy is a receipt that a key signs of what it says is in a log of one leaf.
func receiptBy(t *testing.T, ring *keys.Ring, m *envelope.Message) string {
	t.Helper()
	h, root := m.Header, tlog.RecordHash(receipt.Leaf(receipt.KindReceived, m.Hash()))
	s := receipt.Statement{Version: 1, Kind: receipt.Delivered, Channel: h.Channel, By: h.To, To: h.From, Header: m.Hash(), Epoch: h.Epoch, Seq: h.Seq,
		Received: h.Sent, Disposition: receipt.Kept, Index: 0, Size: 1, Root: hex.EncodeToString(root[:])}
	signature, err := ring.SignReceipt(s)
	check(t, err)
	checkpoint, err := ring.SignCheckpoint(tlog.Tree{N: 1, Hash: root})
	check(t, err)
	r, err := receipt.New(s, signature, nil, checkpoint)
	check(t, err)
	raw, err := r.Encode()
	check(t, err)
	return string(raw)
}

// A partner that shows a place of our chain to be taken is believed only if our own
// key signed what it shows, for that very place, and its own receipt is beside it.
// Nothing else rings, or is kept.
func TestAForgedPlace(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		time.Sleep(time.Minute)
		synctest.Wait()
		var show atomic.Pointer[envelope.Taken]
		n.answered = func(body []byte) []byte {
			var answer envelope.Answer
			shown := show.Load()
			if shown == nil || json.Unmarshal(body, &answer) != nil || len(answer.Results) == 0 {
				return body
			}
			answer.Results = []envelope.Result{{Refused: true, Taken: shown}}
			raw, err := json.Marshal(answer)
			if err != nil {
				t.Error(err)
			}
			return raw
		}
		show.Store(&envelope.Taken{})
		alpha.warn(draft("bravo", "An attack on the market square is planned."))
		synctest.Wait()
		mine := alpha.waits()
		eve, err := keys.Generate("eve", "NO")
		check(t, err)
		other := func(by *keys.Ring, change func(*envelope.Header)) *envelope.Message {
			m := &envelope.Message{Header: mine.Header}
			m.Header.Commitment = strings.Repeat("0", 64)
			change(&m.Header)
			raw, err := m.Header.Encode()
			check(t, err)
			m.HeaderBytes, m.Signature = raw, by.SignMessage(raw)
			return m
		}
		same := func(*envelope.Header) {}
		shown := func(m *envelope.Message, receipt string) *envelope.Taken {
			return &envelope.Taken{Header: m.HeaderBytes, Signature: m.Signature, Receipt: receipt}
		}
		thiefs := other(alpha.ring, same)
		elsewhere := other(alpha.ring, func(h *envelope.Header) { h.Seq++ })
		toEve := other(alpha.ring, func(h *envelope.Header) { h.To, h.Channel = eve.ID(), envelope.Channel(h.From, eve.ID()) })
		for name, lie := range map[string]*envelope.Taken{
			"nothing":                                 {},
			"no header":                               {Header: []byte("{}"), Signature: thiefs.Signature, Receipt: receiptBy(t, bravo.ring, thiefs)},
			"signed by bravo":                         shown(other(bravo.ring, same), receiptBy(t, bravo.ring, other(bravo.ring, same))),
			"signed by eve":                           shown(other(eve, same), receiptBy(t, bravo.ring, other(eve, same))),
			"of another place":                        shown(elsewhere, receiptBy(t, bravo.ring, elsewhere)),
			"for somebody else":                       shown(toEve, receiptBy(t, bravo.ring, toEve)),
			"what was posted itself":                  shown(mine, receiptBy(t, bravo.ring, mine)),
			"by our key, without a receipt":           shown(thiefs, ""),
			"by our key, with the receipt of another": shown(thiefs, receiptBy(t, bravo.ring, mine)),
			"by our key, with a receipt of eve's":     shown(thiefs, receiptBy(t, eve, thiefs)),
		} {
			posts := n.posts.Load()
			show.Store(lie)
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if n.posts.Load() == posts {
				t.Fatalf("%s: nothing was posted", name)
			}
			if rung := alpha.alarmed(warning.AlarmTwin); rung != 0 || alpha.twins() != 0 {
				t.Fatalf("%s: %d alarms, %d kept", name, rung, alpha.twins())
			}
		}
		show.Store(shown(thiefs, receiptBy(t, bravo.ring, thiefs)))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if rung := alpha.alarmed(warning.AlarmTwin); rung != 1 || alpha.twins() != 1 {
			t.Errorf("what proves it: %d alarms, %d kept", rung, alpha.twins())
		}
		show.Store(nil)
		eventually(t, func() bool { return alpha.queued() == 0 && bravo.cases() == 1 })
	})
}

// twins is how many second messages at a place are kept.
func (s *side) twins() (n int) {
	s.t.Helper()
	check(s.t, s.store.Glance(s.t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		n, err = store.Twins.Count(tx)
		return err
	}))
	return n
}
