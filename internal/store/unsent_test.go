// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that why a message was not sent goes with its text.

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A rule that spoke may tell what was in a text: of a message that was taken out of
// the queue, or left out of a file, it goes with the text. That it did not leave stays,
// and so does the alarm.
func TestWhyItWasNotSentGoesWithIt(t *testing.T) {
	const word, id = "health", "warning--1"
	for name, by := range map[string]struct {
		lose  func(tx *Tx, m *Message) error
		words string
	}{
		"by date": {func(tx *Tx, m *Message) error {
			return tx.Erase(Retention{Kind: OfCase, ID: id, Partner: "bravo"}, warning.DestroyedByDate, warning.Officer{}, "clock")
		}, GoneText},
		"by a recall": {func(tx *Tx, m *Message) error {
			l := &loss{of: make(map[string]bool), partner: "bravo", words: DestroyedText}
			l.add(*m)
			return tx.lose(l)
		}, DestroyedText},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			salt, payload := bytes.Repeat([]byte{7}, 32), []byte(`{"id":"warning--1"}`)
			header := envelope.Header{Version: envelope.Version, Channel: strings.Repeat("c", 64), From: strings.Repeat("a", 64), To: strings.Repeat("b", 64), Epoch: 1, Seq: 5,
				Prev: strings.Repeat("0", 64), Kind: envelope.Warning, Commitment: envelope.Commit(salt, payload), Sent: time.Now().UTC().Truncate(time.Millisecond),
				Precedence: handling.Flash, Handling: handling.Handling{TLP: handling.Amber}}
			raw, err := header.Encode()
			k.must(err)
			m := Message{Hash: envelope.Hash(raw), Channel: header.Channel, Partner: "bravo", Direction: Out, Seq: 5, Epoch: 1, Kind: header.Kind, Thread: id, State: Dropped,
				Header: raw, Signature: k.ring.SignMessage(raw), Salt: salt, Payload: payload}
			alarm := warning.Alarm{Kind: warning.AlarmPolicy, Partner: "bravo", Subject: m.Hash, Level: handling.Flash,
				Text: "what was released for bravo about a threat to life was not sent: it may not leave any more: it touches " + word + " (persons)"}
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
				m.At = tx.Now
				k.must(tx.AddMessage(m))
				k.must(Cases.Put(tx, id, Case{ID: id, Partner: "bravo", Ours: true, Opened: tx.Now, Updated: tx.Now}))
				k.must(Drops.Put(tx, m.Hash, Drop{Hash: m.Hash, Partner: "bravo", Seq: 5, Case: id, At: tx.Now, Why: "it touches " + word}))
				k.must(tx.Raise(alarm))
				return CarryFiles.Put(tx, "file", CarryFile{File: "file", Partner: "bravo", Made: tx.Now,
					Withheld: []string{WithheldWords(5, "it touches "+word), WithheldWords(50, "its review date is past")}})
			}))
			if got := k.holding(word); !slices.Equal(got, []string{"alarm", "alarm key", "carry file", "drop"}) {
				t.Fatalf("it stands in %q", got)
			}
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return by.lose(tx, &m) }))
			if got := k.holding(word); len(got) > 0 {
				t.Errorf("it is left in %q", got)
			}
			k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
				drop, err := Drops.Get(tx, m.Hash)
				k.must(err)
				file, err := CarryFiles.Get(tx, "file")
				k.must(err)
				if want := []string{WithheldWords(5, by.words), WithheldWords(50, "its review date is past")}; drop.Why != by.words || !slices.Equal(file.Withheld, want) {
					t.Errorf("left: %q, %q", drop.Why, file.Withheld)
				}
				_, rings, ok, err := tx.raised(alarm)
				if !ok || rings.Text != "what was released for bravo about a threat to life was not sent" {
					t.Errorf("the alarm rings: %t, %q", ok, rings.Text)
				}
				return err
			}))
		})
	}
}
