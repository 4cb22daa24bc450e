// SPDX-License-Identifier: Apache-2.0

package store

// This file finds in the log and in the chains what the proof of a case needs.

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// Trace looks for the leaves named in wanted, by kind and hash, and sets the
// index of each that it finds. It reads the log from its beginning: the log has
// no other order.
func (tx *Tx) Trace(wanted map[LeafName]int64) error {
	for name := range wanted {
		wanted[name] = -1
	}
	left := len(wanted)
	const query = `SELECT idx, kind, hash FROM log WHERE kind IN ($1, $2, $3) ORDER BY idx`
	err := tx.list(query, []any{LeafSent, LeafReceived, LeafReceipt}, func(rows *sql.Rows) error {
		var index int64
		var name LeafName
		if err := rows.Scan(&index, &name.Kind, &name.Hash); err != nil {
			return err
		}
		if place, is := wanted[name]; is && place < 0 {
			wanted[name] = index
			left--
		}
		if left == 0 {
			return errFound
		}
		return nil
	})
	switch {
	case left == 0 && (err == nil || errors.Is(err, errFound)):
		return nil
	case err != nil:
		return err
	}
	for name, index := range wanted {
		if index < 0 {
			return fmt.Errorf("store: the log has no leaf %s %s", name.Kind, name.Hash)
		}
	}
	return nil
}

var errFound = errors.New("found")

// LeafName is what a leaf says.
type LeafName struct{ Kind, Hash string }

// Early returns the messages of a kind among the first places of a channel, in
// the order of their times: what is said before anything else passes.
func (tx *Tx) Early(channel string, kind envelope.Kind) ([]Message, error) {
	const places int64 = 4096 // and no more: a channel can be very long
	return tx.messages(`WHERE channel = $1 AND seq <= $2 AND kind = $3 ORDER BY at, seq`, channel, places, string(kind))
}

// Chain calls each for the places of a chain from first to last that have a
// message here, in order.
func (tx *Tx) Chain(channel string, d Direction, first, last uint64, each func(seq uint64, hash string) error) error {
	const query = `SELECT seq, hash FROM messages WHERE channel = $1 AND direction = $2 AND seq >= $3 AND seq <= $4 ORDER BY seq`
	return tx.list(query, []any{channel, d, first, last}, func(rows *sql.Rows) error {
		var seq uint64
		var hash string
		if err := rows.Scan(&seq, &hash); err != nil {
			return err
		}
		return each(seq, hash)
	})
}

// ActsOn returns the audit lines of an act on a subject, oldest first.
func (tx *Tx) ActsOn(act caller.Act, subject string) (lines []Line, err error) {
	const query = `SELECT line FROM log WHERE kind = $1 AND instr(line, $2) > 0 ORDER BY idx`
	err = tx.list(query, []any{LeafAct, []byte(`"act":"` + string(act) + `"`)}, func(rows *sql.Rows) error {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return err
		}
		var line Line
		if err := json.Unmarshal(raw, &line); err != nil {
			return err
		}
		if line.Act == string(act) && line.Subject == subject {
			lines = append(lines, line)
		}
		return nil
	})
	return lines, err
}
