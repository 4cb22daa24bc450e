// SPDX-License-Identifier: Apache-2.0

package store

// This file holds which handling notes of partners people here have read, and
// how the warnings of a case are handled.

import (
	"time"

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
}

// Notes are the handling notes that were read, by [noteID].
var Notes = Table[Note]{kind: "note", name: "handling note"}

func noteID(partner, note string) string { return partner + "/" + note }

// NoteRead says who read a partner's note, by its name.
func (tx *Tx) NoteRead(partner, note string) (Note, bool, error) {
	return Notes.Find(tx, noteID(partner, note))
}

// ReadNote keeps that somebody has read a partner's note, and judges the objects
// anew that waited for it, at most limit of them. There may be others.
func (tx *Tx) ReadNote(partner, note, by string, judge Judge, limit int) (more bool, err error) {
	if _, read, err := tx.NoteRead(partner, note); err != nil || read {
		return false, err
	}
	if err := Notes.Put(tx, noteID(partner, note), Note{Partner: partner, By: by, At: tx.Now}); err != nil {
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
	messages, err := tx.Thread(c.ID, c.Partner)
	for _, m := range messages {
		if gives(m.Kind) && (m.Direction == Out) == c.Ours {
			opened, err := m.Opened()
			if err != nil {
				return nil, err
			}
			all = append(all, HandlingOf(&m, &opened.Header))
		}
	}
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
