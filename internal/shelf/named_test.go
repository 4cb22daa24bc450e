// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests what H3, PAP and TLP:RED keep from tools and from partners.

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A second message at a place is restricted as the case is that it speaks of.
func TestASecondMessageOfARestrictedCase(t *testing.T) {
	r := newRoom(t)
	const of = "warning--1"
	raw, err := warning.Encode(&warning.Thanks{Case: of, Text: "For Jan Example.", By: warning.Officer{Name: "Officer 1", Role: "releaser"}, At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	m := &envelope.Message{Salt: envelope.NewSalt(), Payload: raw, Signature: make([]byte, 64)}
	m.Header = envelope.Header{Version: envelope.Version, Channel: strings.Repeat("c", 64), From: strings.Repeat("a", 64), To: strings.Repeat("b", 64), Epoch: 1, Seq: 1, Prev: envelope.FirstPrev,
		Kind: envelope.Thanks, Commitment: envelope.Commit(m.Salt, raw), Sent: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Precedence: handling.Routine, Handling: handling.Handling{TLP: handling.Green}}
	if m.HeaderBytes, err = m.Header.Encode(); err != nil {
		t.Fatal(err)
	}
	r.change(caller.Acknowledge, func(tx *store.Tx) error {
		twin, err := store.NewTwin("bravo", false, strings.Repeat("d", 64), m, nil, tx.Now)
		if err != nil {
			return err
		}
		return store.Twins.Put(tx, twin.Hash, twin)
	})
	rob, olga := named("rob", caller.Releaser), named("olga", caller.Overseer)
	if file, err := r.shelf.Message(t.Context(), rob, m.Hash(), false); err != nil || len(file) == 0 {
		t.Errorf("before it is restricted: %v", err)
	}
	r.change(caller.DecideRedress, func(tx *store.Tx) error { return tx.Restrict(of, "redress--1") })
	if _, err := r.shelf.Message(t.Context(), rob, m.Hash(), false); !problem.Is(err, problem.Denied) {
		t.Errorf("a releaser is given it: %v", err)
	}
	if file, err := r.shelf.Message(t.Context(), rob, m.Hash(), true); err != nil || bytes.Contains(file, raw) {
		t.Errorf("its header alone: %v", err)
	}
	if file, err := r.shelf.Message(t.Context(), olga, m.Hash(), false); err != nil || len(file) == 0 {
		t.Errorf("the overseer: %v", err)
	}
}

// receive keeps an object as the inbox does, with the handling it came with.
func (r *room) receive(partner string, h handling.Handling, raw string) {
	r.change(caller.KeepObjects, func(tx *store.Tx) error {
		object, err := stix.Parse([]byte(raw))
		if err != nil {
			return err
		}
		row, err := store.NewObject(store.Received, partner, &h, object)
		if err == nil {
			_, err = tx.KeepObject(row, policy.Audience)
		}
		return err
	})
}

func (r *room) tools(who caller.Caller) int {
	r.Helper()
	page, err := r.shelf.Page(r.Context(), who, handling.Red, store.Received, shelf.Envelope, taxii.Filter{}, 100)
	if err != nil {
		r.Fatal(err)
	}
	return page.Count
}

func received(partner string) caller.Caller {
	return caller.Caller{Kind: caller.Account, Name: "siem", Partner: partner, Collections: map[string]caller.Right{store.Received: {Read: true}}}
}

// Until a person has read the note of H3, no tool gets what came under it; from
// then on it does, and another partner's note is another.
func TestNoToolBeforeTheNoteIsRead(t *testing.T) {
	r := newRoom(t)
	h3 := handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H3}, Note: "ask before any arrest"}
	r.receive("bravo", h3, note(1, "a"))
	r.receive("carol", h3, note(2, "b"))
	// What a partner calls a definition is not a note that somebody read.
	r.receive("bravo", handling.Handling{TLP: handling.Amber}, `{"type":"marking-definition","spec_version":"2.1","id":"`+h3.NoteID()+`","created":"2026-03-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"read"}}`)
	before := r.tools(received(""))
	if before > 1 {
		t.Fatalf("a tool gets %d objects", before)
	}
	read := func(partner string) {
		r.change(caller.ReadNote, func(tx *store.Tx) error {
			_, err := tx.ReadNote(partner, h3.NoteID(), "ann", policy.Audience, 100)
			return err
		})
	}
	read("bravo")
	if got := r.tools(received("")); got != before+1 {
		t.Errorf("bravo's note is read, and a tool gets %d objects more", got-before)
	}
	r.receive("bravo", h3, note(3, "c"))
	if got := r.tools(received("")); got != before+2 {
		t.Errorf("under the same note there are %d objects more", got-before)
	}
	h3.Note = "another note"
	r.receive("bravo", h3, note(4, "d"))
	if got := r.tools(received("")); got != before+2 {
		t.Errorf("under a note that nobody read there are %d objects more", got-before)
	}
}

// What is for persons, or may only be looked at, no tool gets.
func TestWhatNoToolGets(t *testing.T) {
	r := newRoom(t)
	r.receive("bravo", handling.Handling{TLP: handling.Red}, note(1, "a"))
	r.receive("bravo", handling.Handling{TLP: handling.Clear, PAP: handling.PAPRed}, note(2, "b"))
	r.receive("bravo", handling.Handling{TLP: handling.Clear, PAP: handling.PAPAmber}, note(3, "c"))
	r.receive("bravo", handling.Handling{TLP: handling.Clear, PAP: handling.PAPGreen}, note(4, "d"))
	if got := r.tools(received("")); got != 1 {
		t.Errorf("a tool gets %d objects, want the one of PAP:GREEN", got)
	}
	for clearance, want := range map[handling.TLP]int{handling.Red: 1, handling.Passively(handling.Red): 2, handling.Passively(handling.AmberStrict): 2, handling.Passively(handling.Clear): 0} {
		page, err := r.shelf.Page(t.Context(), received(""), clearance, store.Received, shelf.Envelope, taxii.Filter{}, 10)
		if err != nil || page.Count != want {
			t.Errorf("cleared for %s, a tool gets %d objects, want %d: %v", clearance, page.Count, want, err)
		}
	}
	if _, err := r.shelf.Page(t.Context(), received("carol"), handling.Red, store.Received, shelf.Envelope, taxii.Filter{}, 10); err == nil {
		t.Error("what bravo gave us is handed to carol's tool")
	}
}
