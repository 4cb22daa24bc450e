// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file opens a real store with a shelf before it, for the tests.

import (
	"log/slog"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// room is one store with its shelf.
type room struct {
	*testing.T
	store *store.Store
	shelf *shelf.Shelf
	card  envelope.Card
}

func newRoom(t *testing.T) *room {
	t.Helper()
	ring, err := keys.Generate("alpha", "NL")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(slog.New(slog.DiscardHandler), t.TempDir(), ring.SignCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	card := ring.Card("https://alpha.example.org")
	return &room{t, s, shelf.New(slog.New(slog.DiscardHandler), s, card, "test"), card}
}

// change does something in the store as a person with every right of the desk.
func (r *room) change(act caller.Act, fn func(*store.Tx) error) {
	r.Helper()
	if err := r.store.Change(r.Context(), person(caller.Roles()...), store.What{Act: act}, fn); err != nil {
		r.Fatal(err)
	}
}

func person(roles ...caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: "ines", Title: "Officer", Roles: roles}
}

// tool is an account that reads the collection of objects_test.go.
func tool() caller.Caller {
	return caller.Caller{Kind: caller.Account, Name: "tool", Collections: map[string]caller.Right{feed: {Read: true}}}
}
