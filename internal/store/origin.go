// SPDX-License-Identifier: Apache-2.0

package store

// This file answers where an object or a warning came from, whatever became of
// the message it came in.

import (
	"bytes"
	"database/sql"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Given says that a partner gave us something, and under which handling.
type Given struct {
	Partner  string
	Handling handling.Handling
}

// Givers says, for each of these objects, which partners gave it to us: every
// time it was kept out of a warning, and every time it lies in a warning in
// quarantine. An object that nobody gave us is not among them. Of a warning in
// quarantine that cannot be read, an object whose id stands in it counts as
// given with no handling at all.
func (tx *Tx) Givers(ids []string) (map[string][]Given, error) {
	givers := make(map[string][]Given)
	for _, id := range ids {
		if givers[id] != nil {
			continue
		}
		err := tx.list(`SELECT DISTINCT origin, handling FROM objects WHERE hash = $1 AND id = $2 AND label != ''`, []any{keyed(tx.session.key, id), id}, func(rows *sql.Rows) error {
			var given Given
			var raw string
			if err := rows.Scan(&given.Partner, &raw); err != nil {
				return err
			}
			givers[id] = append(givers[id], given)
			return json.Unmarshal([]byte(raw), &givers[id][len(givers[id])-1].Handling)
		})
		if err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		return givers, nil
	}
	err := tx.eachMessage(`WHERE state = ? AND kind = ?`, []any{string(Quarantined), string(envelope.Warning)}, func(m Message) error {
		given, there := lying(&m)
		for _, id := range ids {
			if there[id] || there == nil && bytes.Contains(m.Payload, []byte(id)) {
				givers[id] = append(givers[id], given)
			}
		}
		return nil
	})
	return givers, err
}

// lying are the objects that lie in a warning; nil if it cannot be read.
func lying(m *Message) (Given, map[string]bool) {
	given := Given{Partner: m.Partner}
	var w warning.Warning
	if warning.Read(m.Payload, &w) != nil {
		return given, nil
	}
	given.Handling = w.Handling
	there := make(map[string]bool)
	for _, raw := range w.Objects {
		if object, err := stix.Parse(raw); err == nil {
			there[object.ID()] = true
		}
	}
	return given, there
}

// GivenIn lists the cases in which partners gave us an object by a warning, or a
// correction, whose text is here.
func (tx *Tx) GivenIn(id string) (cases []string, err error) {
	err = tx.eachMessage(`WHERE direction = ? AND kind IN (?, ?) AND payload IS NOT NULL ORDER BY seq`, []any{string(In), string(envelope.Warning), string(envelope.Update)}, func(m Message) error {
		for held := range idsIn(m.Payload) {
			if string(held) == id && m.Thread != id && !slices.Contains(cases, m.Thread) {
				cases = append(cases, m.Thread)
			}
		}
		return nil
	})
	return cases, err
}
