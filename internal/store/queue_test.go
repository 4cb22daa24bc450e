// SPDX-License-Identifier: Apache-2.0

package store

// This file holds that what is queued passes a limited channel when its case is
// a threat to life, however it became one, and that a verification knows it.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
)

// queued keeps a message of ours in a case, and queues it.
func (k *kit) queued(kind envelope.Kind, thread string) (hash string) {
	k.Helper()
	k.must(k.Change(k.Context(), officer, note, func(tx *Tx) error {
		payload, salt, channel := []byte(`{"text":"thank you"}`), []byte(strings.Repeat("s", 32)), strings.Repeat("c", 64)
		seq, prev, err := tx.Tip(channel, Out)
		if err != nil {
			return err
		}
		header := envelope.Header{
			Version: envelope.Version, Channel: channel, From: strings.Repeat("b", 64), To: strings.Repeat("a", 64), Epoch: 1, Seq: seq + 1, Prev: prev,
			Kind: kind, Commitment: envelope.Commit(salt, payload), Sent: tx.Now, Precedence: handling.Routine, Handling: handling.Handling{TLP: handling.Amber},
		}
		raw, err := header.Encode()
		if err != nil {
			return err
		}
		m := Message{
			Hash: envelope.Hash(raw), Channel: channel, Partner: "bravo", Direction: Out, Seq: seq + 1, Epoch: 1, Kind: kind, Thread: thread, At: tx.Now, State: Queued,
			Header: raw, Signature: k.ring.SignMessage(raw), Salt: salt, Payload: payload,
		}
		hash = m.Hash
		if err := tx.AddMessage(m); err != nil {
			return err
		}
		if _, err := tx.Leaf(LeafSent, hash); err != nil {
			return err
		}
		return tx.Enqueue(m, header.Expires)
	}))
	return hash
}

// passing are the messages that pass a limited channel.
func (k *kit) passing() (hashes []string) {
	k.Helper()
	k.must(k.Glance(k.Context(), officer, note, func(tx *Tx) error {
		parcels, err := tx.ParcelsForLife("bravo", 0, 100)
		for _, p := range parcels {
			hashes = append(hashes, p.Hash)
		}
		return err
	}))
	return hashes
}

func (k *kit) keepCase(c Case) {
	k.Helper()
	c.Partner = "bravo"
	k.must(k.Change(k.Context(), officer, note, func(tx *Tx) error { return Cases.Put(tx, c.ID, c) }))
}

func TestWhatIsQueuedFollowsItsCase(t *testing.T) {
	k := newKit(t)
	k.keepCase(Case{ID: "one"})
	k.keepCase(Case{ID: "two", ToLife: true})
	one, two := k.queued(envelope.Thanks, "one"), k.queued(envelope.Thanks, "two")
	k.queued(envelope.Pledge, "")
	state := k.queued(envelope.State, "")
	expect := func(when string, want ...string) {
		t.Helper()
		if got := k.passing(); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %d messages pass, want %d", when, len(got), len(want))
		}
		if audit := k.audit(); len(audit.Wrong) > 0 {
			t.Errorf("%s: %q", when, audit.Wrong)
		}
	}
	expect("at first", two, state)
	woken := k.Wait(RowQueue)
	k.keepCase(Case{ID: "two", ToLife: true, Title: "as before"})
	select {
	case <-woken:
		t.Error("a case that says what it said wakes the queue")
	default:
	}
	k.keepCase(Case{ID: "one", ToLife: true})
	select {
	case <-woken:
	default:
		t.Error("nobody was told that something queued became a threat to life")
	}
	expect("when the first is a threat to life, too", one, two, state)

	// What an older store says of it is put right when the store is brought up to date.
	exec := func(statement string) {
		t.Helper()
		k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return tx.exec(statement) }))
	}
	exec(`UPDATE queue SET life = 1 - life`)
	if audit := k.audit(); len(audit.Wrong) != 4 {
		t.Errorf("four were changed, and found were %q", audit.Wrong)
	}
	exec(queuedLives)
	expect("brought up to date", one, two, state)
}
