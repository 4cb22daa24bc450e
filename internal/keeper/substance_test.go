// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file tests that the hash of what was said by other means, or carried by the
// node, cannot be tried once the text is gone.

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// What an older program put on record by its bare hash is salted at the start, as far
// as the text is here; of what is not, the hash goes. The salt goes with the text.
func TestHashesOfAnOlderProgram(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.put(func(tx *store.Tx) error {
			d := warning.Duty{ID: "duty--1", Partner: "bravo", Opened: tx.Now, State: warning.DutyWarned, Given: []warning.Given{
				{Method: "phone", Substance: "The square.", SubstanceHash: sum("The square.")},
				{Method: "phone", Means: store.GoneText, SubstanceHash: sum("The square.")},
				{Method: warning.ByNode, Draft: "draft--1", SubstanceHash: sum("A group plans it.")},
				{Method: warning.ByNode, Draft: "draft--2", SubstanceHash: sum("A group plans it.")},
			}}
			draft := warning.Draft{ID: "draft--1", Duty: d.ID, Stage: warning.Released, ComposedAt: tx.Now, Releases: map[string]string{"bravo": "A group plans it."}}
			return errors.Join(store.Duties.Put(tx, d.ID, d), store.Drafts.Put(tx, draft.ID, draft))
		})
		check(t, h.Tick(t.Context()))
		given := h.duty("duty--1").Given
		for i, said := range map[int]string{0: "The square.", 2: "A group plans it."} {
			if g := given[i]; !g.Salted || g.SubstanceHash == sum(said) || !g.Says(said) || g.Says("Another text.") {
				t.Errorf("%d is %+v", i, g)
			}
		}
		for _, i := range []int{1, 3} {
			if given[i].SubstanceHash != "" {
				t.Errorf("%d can be tried: %+v", i, given[i])
			}
		}
		before := given[2].SubstanceHash
		h.put(func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, store.RetentionID(store.OfDraft, "draft--1"))
			if err != nil {
				return err
			}
			return tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
		})
		if g := h.duty("duty--1").Given[2]; g.SubstanceHash != before || g.Salt != "" || g.Says("A group plans it.") {
			t.Errorf("without its text it is %+v", g)
		}
		if g := h.duty("duty--1").Given[0]; !g.Says("The square.") {
			t.Errorf("what was said by telephone is %+v", g)
		}
		salted := h.duty("duty--1").Given[0].Salt
		check(t, keeper.New(slog.New(slog.DiscardHandler), h.store).Tick(t.Context())) // as at the next start
		if h.duty("duty--1").Given[0].Salt != salted {
			t.Error("it is salted twice")
		}
	})
}

// A note of H3 is short: what was kept under its bare hash, that hash can be tried.
// From the start on it is kept under the store's key, and still counts as read; so is
// what is read from now on.
func TestNotesOfAnOlderProgram(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		older, newer := sum("Ask us first."), sum("Only for Ann.")
		h.put(func(tx *store.Tx) error {
			return store.Notes.Put(tx, "bravo/"+older, store.Note{Partner: "bravo", By: "berit", At: tx.Now})
		})
		check(t, h.Tick(t.Context()))
		h.put(func(tx *store.Tx) error {
			_, err := tx.ReadNote("bravo", newer, "ben", policy.Audience, 10)
			return err
		})
		check(t, keeper.New(slog.New(slog.DiscardHandler), h.store).Tick(t.Context())) // as at the next start
		h.put(func(tx *store.Tx) error {
			for name, by := range map[string]string{older: "berit", newer: "ben"} {
				if note, read, err := tx.NoteRead("bravo", name); err != nil || !read || note.By != by {
					t.Errorf("it was read by %q, not by %q: %v", note.By, by, err)
				}
				if _, there, err := store.Notes.Find(tx, "bravo/"+name); err != nil || there {
					t.Errorf("it is kept under its bare hash: %v", err)
				}
			}
			if notes, err := store.Notes.List(tx, 0); err != nil || len(notes) != 2 {
				t.Errorf("%d notes: %v", len(notes), err)
			}
			if _, read, err := tx.NoteRead("carol", older); err != nil || read {
				t.Errorf("a note of another partner counts as read: %v", err)
			}
			return nil
		})
	})
}
