// SPDX-License-Identifier: Apache-2.0

package store

// This file opens what an older version kept of a recovery.

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// An answer that stands in the row of its recovery gets one of its own, once, and
// the log verifies.
func TestAnAnswerInTheRecoverysRow(t *testing.T) {
	k := newKit(t)
	said := bytes.Repeat([]byte("said"), 1000)
	k.must(k.Change(t.Context(), caller.Self(), What{Act: caller.Recover}, func(tx *Tx) error {
		r := Recovery{Restored: Restored{ID: "recovery--1"}, Began: tx.Now, Ended: tx.Now, Partners: []Regained{
			{Partner: "bravo", Heard: tx.Now, Tried: tx.Now, Said: said, Seal: "signed"}, {Partner: "carol", Heard: tx.Now},
		}}
		return Recoveries.Put(tx, r.ID, r)
	}))
	k.must(k.SettleRecoveries(t.Context()))
	rows := k.State(RowRecovery)
	k.must(k.SettleRecoveries(t.Context()))
	if k.State(RowRecovery) != rows {
		t.Error("it is settled twice")
	}
	k.must(k.Glance(t.Context(), caller.Self(), What{Act: caller.Recover}, func(tx *Tx) error {
		r, err := Recoveries.Get(tx, "recovery--1")
		k.must(err)
		kept, err := Standings.Get(tx, StandingID(r.ID, "bravo"))
		if len(r.Of("bravo").Said) > 0 || !bytes.Equal(kept.Said, said) || kept.Seal != "signed" {
			t.Errorf("the recovery %+v, the answer of %d bytes, %q", r, len(kept.Said), kept.Seal)
		}
		return err
	}))
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}

// What a partner gave back goes with the text of a message that is in it: the receipts
// say which those are. The answers of others stay, and one with other messages.
func TestWhatIsGivenBackGoesWithTheText(t *testing.T) {
	tree := bytes.Repeat([]byte("0"), 64)
	receipted := func(hash string) string {
		s := receipt.Statement{Version: 1, Kind: "delivered", Channel: string(tree), By: string(tree), To: string(tree), Header: hash, Epoch: 1, Seq: 1,
			Received: time.Date(2031, 5, 8, 9, 0, 0, 0, time.UTC), Disposition: receipt.Kept, Index: 0, Size: 1, Root: string(tree)}
		r, err := receipt.New(s, make([]byte, ed25519.SignatureSize), nil, "checkpoint\n")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	gone, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for name, test := range map[string]struct {
		receipts []string
		want     bool
	}{
		"it is in it":            {[]string{receipted(other), receipted(gone)}, true},
		"others are":             {[]string{receipted(other)}, false},
		"nothing is":             {nil, false},
		"what it is nobody says": {[]string{""}, true},
	} {
		answer := envelope.Standing{Version: envelope.Version, From: string(tree), To: string(tree), Ask: string(tree), Hash: string(tree)}
		for _, text := range test.receipts {
			answer.Held = append(answer.Held, envelope.Held{Envelope: []byte("sealed"), Receipt: text})
		}
		raw, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		if got := givesBack(raw, map[string]bool{gone: true}); got != test.want {
			t.Errorf("%s: it goes %t, want %t", name, got, test.want)
		}
	}
}

// While the node recovers or is halted nothing is given out, and when people or
// partners have decided it is.
func TestGivesOut(t *testing.T) {
	k := newKit(t)
	out := func(when string, want bool) {
		t.Helper()
		k.must(k.Glance(t.Context(), caller.Self(), What{Act: caller.Recover}, func(tx *Tx) error {
			if err := tx.GivesOut(); (err == nil) != want {
				t.Errorf("%s: %v", when, err)
			}
			return nil
		}))
	}
	change := func(fn func(tx *Tx) error) {
		t.Helper()
		k.must(k.Change(t.Context(), caller.Self(), What{Act: caller.Recover}, fn))
	}
	out("before", true)
	change(func(tx *Tx) error { return Forks.Put(tx, "1", Fork{ID: "1", Ours: true}) })
	out("halted", false)
	change(func(tx *Tx) error { _, err := tx.Resume("root", "a reason"); return err })
	out("resumed", true)
	k.must(k.BeginRecovery(t.Context(), Restored{ID: "recovery--1"}))
	out("in recovery", false)
	change(func(tx *Tx) error {
		return Recoveries.Put(tx, "recovery--1", Recovery{Restored: Restored{ID: "recovery--1"}, Ended: tx.Now, Partners: []Regained{{Partner: "bravo", Without: "root"}}})
	})
	out("gone on without a partner", true)
}
