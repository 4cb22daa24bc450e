// SPDX-License-Identifier: Apache-2.0

package store

// This file goes through the messages of a case without holding their texts: a
// partner may have filled it with all that its quota lets in.

import (
	"math"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Entry is a message of a case without its text.
type Entry struct {
	Hash      string
	Direction Direction
	Seq       uint64
	Kind      envelope.Kind
	At        time.Time
	State     MessageState
	Bytes     int64 // of its text
	Gone      bool  // it has none any more
	row       int64 // in the order in which messages were kept
}

const (
	entryColumns = `hash, direction, seq, kind, at, state, length(payload), rowid`
	ofThread     = ` FROM messages WHERE thread = ? AND partner = ? `
	// entriesAtOnce is how many are read before somebody looks at them, who may run
	// any query then.
	entriesAtOnce = 500
)

// place are the arguments of where an entry stands among those of its case, which are
// in the order of at and seq, and of two of one moment in which they were kept: an
// answer stands behind what it answers.
func (e *Entry) place() []any { return []any{e.At.UnixMicro(), int64(e.Seq), e.row} }

// EachEntry calls each for the messages of a case with a partner, oldest first, while
// it wants more.
func (tx *Tx) EachEntry(id, partner string, each func(Entry) (more bool, err error)) error {
	place := []any{int64(math.MinInt64), int64(0), int64(0)}
	for {
		some, err := tx.entries(`AND (at, seq, rowid) > (?, ?, ?) ORDER BY at, seq, rowid LIMIT ?`, id, partner, append(place, int64(entriesAtOnce))...)
		if err != nil {
			return err
		}
		for _, e := range some {
			if more, err := each(e); err != nil || !more {
				return err
			}
		}
		if len(some) < entriesAtOnce {
			return nil
		}
		place = some[len(some)-1].place()
	}
}

// EachText is EachEntry for the messages that are wanted, each with its text: one is in
// memory at a time.
func (tx *Tx) EachText(id, partner string, want func(Entry) bool, each func(*Message) (more bool, err error)) error {
	return tx.EachEntry(id, partner, func(e Entry) (bool, error) {
		if !want(e) {
			return true, nil
		}
		m, err := tx.Message(e.Hash)
		if err != nil {
			return false, err
		}
		return each(&m)
	})
}

// Entry finds a message of a case with a partner; ok is false if it is not of it.
func (tx *Tx) Entry(id, partner, hash string) (e Entry, ok bool, err error) {
	some, err := tx.entries(`AND hash = ?`, id, partner, hash)
	if err != nil || len(some) == 0 {
		return e, false, err
	}
	return some[0], true, nil
}

// EntriesBefore are the newest messages of a case with a partner, or those right before
// one, newest first, at most limit.
func (tx *Tx) EntriesBefore(id, partner string, before *Entry, limit int) ([]Entry, error) {
	if before == nil {
		return tx.entries(`ORDER BY at DESC, seq DESC, rowid DESC LIMIT ?`, id, partner, int64(limit))
	}
	return tx.entries(`AND (at, seq, rowid) < (?, ?, ?) ORDER BY at DESC, seq DESC, rowid DESC LIMIT ?`, id, partner, append(before.place(), int64(limit))...)
}

// CountEntries counts the messages of a case with a partner, or those before one, and
// the bytes of their texts.
func (tx *Tx) CountEntries(id, partner string, before *Entry) (n int, bytes int64, err error) {
	query, args := `SELECT count(*), coalesce(sum(length(payload)), 0)`+ofThread, []any{id, partner}
	if before != nil {
		query, args = query+`AND (at, seq, rowid) < (?, ?, ?)`, append(args, before.place()...)
	}
	err = tx.each(query, args, func(stmt *sqlite3.Stmt) (bool, error) {
		n, bytes = int(stmt.ColumnInt64(0)), stmt.ColumnInt64(1)
		return false, nil
	})
	return n, bytes, err
}

func (tx *Tx) entries(which, id, partner string, args ...any) (some []Entry, err error) {
	err = tx.each(`SELECT `+entryColumns+ofThread+which, append([]any{id, partner}, args...), func(stmt *sqlite3.Stmt) (bool, error) {
		some = append(some, Entry{
			Hash: stmt.ColumnText(0), Direction: Direction(stmt.ColumnText(1)), Seq: uint64(stmt.ColumnInt64(2)), Kind: envelope.Kind(stmt.ColumnText(3)),
			At: time.UnixMicro(stmt.ColumnInt64(4)).UTC(), State: MessageState(stmt.ColumnText(5)),
			Bytes: stmt.ColumnInt64(6), Gone: stmt.ColumnType(6) == sqlite3.NULL, row: stmt.ColumnInt64(7),
		})
		return true, nil
	})
	return some, err
}
