// SPDX-License-Identifier: Apache-2.0

package store

// This file holds which handling notes of partners people here have read, and
// how the warnings of a case are handled.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Note says who read a handling note of a partner first, and when.
type Note struct {
	Partner string    `json:"partner"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Keyed   bool      `json:"keyed,omitzero"` // its id is a hash under the store's key
}

// Notes are the handling notes that were read, by [Tx.noteID].
var Notes = Table[Note]{kind: "note", name: "handling note"}

// noteID is under what a note is kept. A note is short, and its hash stands in the
// log after its text was erased: without the store's key nobody can try what it said.
func (tx *Tx) noteID(partner, note string) string {
	mac := hmac.New(sha256.New, tx.session.key)
	mac.Write([]byte("note\n" + partner + "\n" + note))
	return partner + "/" + hex.EncodeToString(mac.Sum(nil))
}

// NoteRead says who read a partner's note, by its name.
func (tx *Tx) NoteRead(partner, note string) (Note, bool, error) {
	return Notes.Find(tx, tx.noteID(partner, note))
}

// BareNotes returns under what an older program kept notes: it holds their bare hash.
func (tx *Tx) BareNotes() (ids []string, err error) {
	const query = `SELECT id FROM records WHERE kind = ? AND instr(body, CAST('"keyed"' AS BLOB)) = 0`
	err = tx.each(query, []any{Notes.kind}, func(stmt *sqlite3.Stmt) (bool, error) {
		ids = append(ids, stmt.ColumnText(0))
		return true, nil
	})
	return ids, err
}

// KeyNote keeps such a note under its hash by the store's key. What the log said of
// it before, the log keeps.
func (tx *Tx) KeyNote(id string) error {
	note, err := Notes.Get(tx, id)
	if err != nil {
		return err
	}
	note.Keyed = true
	if err := Notes.Put(tx, tx.noteID(note.Partner, strings.TrimPrefix(id, note.Partner+"/")), note); err != nil {
		return err
	}
	return Notes.Delete(tx, id)
}

// ReadNote keeps that somebody has read a partner's note, and judges the objects
// anew that waited for it, at most limit of them. There may be others.
func (tx *Tx) ReadNote(partner, note, by string, judge Judge, limit int) (more bool, err error) {
	if _, read, err := tx.NoteRead(partner, note); err != nil || read {
		return false, err
	}
	if err := Notes.Put(tx, tx.noteID(partner, note), Note{Partner: partner, By: by, At: tx.Now, Keyed: true}); err != nil {
		return false, err
	}
	return tx.Released(Object{Type: markingDefinition, Collection: Received, Origin: partner, ID: note}, judge, limit)
}

// noted is what stands for a note that was read, where a definition is asked for:
// one object that says nothing; none, if nobody has read it.
func (tx *Tx) noted(partner, note string) []stix.Object {
	if _, read, err := tx.NoteRead(partner, note); err != nil || !read {
		return nil
	}
	return []stix.Object{{}}
}

// Handlings are how the versions of a case's warning, and replies of who gave it,
// are handled, oldest first.
func (tx *Tx) Handlings(c *Case) (all []handling.Handling, err error) {
	err = tx.eachInThread(c.ID, c.Partner, func(m Message) error {
		if !gives(m.Kind) || (m.Direction == Out) != c.Ours {
			return nil
		}
		opened, err := m.Opened()
		if err == nil {
			all = append(all, HandlingOf(&m, &opened.Header))
		}
		return err
	})
	return all, err
}

// HandlingOf is how a message is handled, by its text; what its header says more
// counts too. Of an erased text the header is what is left.
func HandlingOf(m *Message, header *envelope.Header) handling.Handling {
	h := header.Handling
	if !gives(m.Kind) {
		return h
	}
	payload, err := warning.Decode(m.Kind, m.Payload)
	if err != nil {
		return h
	}
	switch said := payload.(type) {
	case *warning.Warning:
		return said.Handling.And(h)
	case *warning.Update:
		return said.Warning.Handling.And(h)
	case *warning.Reply:
		return said.Handling.And(h)
	}
	return h
}

// gives reports whether a kind of message carries what its sender knows, under a
// handling of its own.
func gives(kind envelope.Kind) bool {
	return kind == envelope.Warning || kind == envelope.Update || kind == envelope.Reply
}
