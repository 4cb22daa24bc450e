// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what is carried by hand: which files were written and taken,
// and what is to be carried next.

import (
	"database/sql"
	"slices"
	"time"
)

// What is kept of carrying by hand: Carryings under a partner's name, CarryFiles
// under a file's.
var (
	Carryings  = Table[Carrying]{kind: "carrying", name: "carrying by hand"}
	CarryFiles = Table[CarryFile]{kind: "carry file", name: "carry file", state: func(f *CarryFile) string { return f.Partner },
		at: func(f *CarryFile) time.Time { return f.Made }}
)

// Carried is the state of a message that left in a file from which nothing comes
// back: it was not receipted, and is not sent again unless somebody says so.
const Carried MessageState = "carried"

// Span is the places of a chain from one to another, both included.
type Span struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Carrying is how far carrying by hand is with one partner.
type Carrying struct {
	// Files is the number of the last file that was made for the partner.
	Files uint64 `json:"files,omitzero"`
	// Back are places of the partner's messages that came by hand, and whose
	// receipts have not been carried back.
	Back []Span `json:"back,omitempty"`
	// Seen are the checkpoints of our log that the partner said it holds, in the
	// last file of it; Shown is the newest that a file of ours showed it since.
	Seen  []string `json:"seen,omitempty"`
	Shown string   `json:"shown,omitempty"`
	// Asked is what the partner, which was restored, asked in a file; it is answered
	// in the next file for it.
	Asked *Asked `json:"asked,omitempty"`
	// Taken are the newest of the partner's files that were taken here, by number.
	Taken []TakenFile `json:"taken,omitempty"`
}

// Asked is a question about a standing that came by hand.
type Asked struct {
	Body []byte    `json:"body"` // an envelope.StandingAsk
	File uint64    `json:"file"` // the number of the file it came in
	At   time.Time `json:"at"`
}

// TakenFile is a file of a partner as it was taken.
type TakenFile struct {
	Number uint64    `json:"number"`
	File   string    `json:"file"`
	At     time.Time `json:"at"`
	Whole  bool      `json:"whole,omitzero"` // to its end, with nothing refused
}

// maxTaken bounds how many files of a partner are remembered.
const maxTaken = 1000

// Took notes a file that was taken, in place of what was known of it.
func (c *Carrying) Took(taken TakenFile) {
	c.Taken = slices.DeleteFunc(c.Taken, func(t TakenFile) bool { return t.File == taken.File })
	at, _ := slices.BinarySearchFunc(c.Taken, taken.Number, func(t TakenFile, n uint64) int { return int(int64(t.Number) - int64(n)) })
	c.Taken = slices.Insert(c.Taken, at, taken)
	if len(c.Taken) > maxTaken {
		c.Taken = c.Taken[len(c.Taken)-maxTaken:]
	}
}

// CarryFile is a file that was made for a partner.
type CarryFile struct {
	File     string    `json:"file"`
	Partner  string    `json:"partner"`
	Number   uint64    `json:"number"`
	Epoch    uint64    `json:"epoch"` // of the channel when it was made
	Made     time.Time `json:"made"`
	By       string    `json:"by"`
	OneWay   bool      `json:"one_way,omitzero"`
	Messages []Span    `json:"messages,omitempty"` // our places in it
	Receipts []Span    `json:"receipts,omitempty"` // the partner's places whose receipts are in it
	Shown    string    `json:"shown,omitempty"`    // the newest checkpoint of our log in it
	// Tells is the question about a standing that it answers, to the end; Alone says
	// that it was written while nothing but questions and answers could leave.
	Tells string `json:"tells,omitempty"`
	Alone bool   `json:"alone,omitzero"`
	// Held is how many messages the channel did not let leave, and Withheld why others
	// may not leave any more: neither are in it.
	Held     int      `json:"held,omitzero"`
	Withheld []string `json:"withheld,omitempty"`
	// Rest says where a file begins with what did not fit; Follows is the file that
	// this one follows so.
	Rest    *CarryRest `json:"rest,omitempty"`
	Follows string     `json:"follows,omitempty"`
	// Written is when whoever asked for it said that it is on the disk.
	Written time.Time `json:"written,omitzero"`
}

// CarryRest is where a file begins that follows another, in the two chains and in the
// answer to a partner that was restored, and how it is bounded.
type CarryRest struct {
	MaxSize int64  `json:"max_size"` // bytes
	After   uint64 `json:"after,omitzero"`
	Back    uint64 `json:"back,omitzero"`
	Ours    uint64 `json:"ours,omitzero"`
	Theirs  uint64 `json:"theirs,omitzero"`
	Told    bool   `json:"told,omitzero"`
	Again   string `json:"again,omitempty"`
}

// AddSpan adds a place to spans that are in order.
func AddSpan(spans []Span, seq uint64) []Span {
	at, inside := slices.BinarySearchFunc(spans, seq, func(s Span, n uint64) int {
		switch {
		case s.To < n:
			return -1
		case s.From > n:
			return 1
		}
		return 0
	})
	if inside {
		return spans
	}
	before := at > 0 && spans[at-1].To+1 == seq
	after := at < len(spans) && spans[at].From == seq+1
	switch {
	case before && after:
		spans[at-1].To = spans[at].To
		return slices.Delete(spans, at, at+1)
	case before:
		spans[at-1].To = seq
	case after:
		spans[at].From = seq
	default:
		spans = slices.Insert(spans, at, Span{seq, seq})
	}
	return spans
}

// TakeSpans takes the places of some spans out of others.
func TakeSpans(spans, out []Span) (left []Span) {
	for _, span := range spans {
		from, done := span.From, false
		for _, o := range out {
			if o.To < from || o.From > span.To {
				continue
			}
			if o.From > from {
				left = append(left, Span{from, o.From - 1})
			}
			if from = o.To + 1; from > span.To {
				done = true
				break
			}
		}
		if !done {
			left = append(left, Span{from, span.To})
		}
	}
	return left
}

// CountSpans is how many places the spans hold.
func CountSpans(spans []Span) (n int) {
	for _, span := range spans {
		n += int(span.To - span.From + 1)
	}
	return n
}

// InSpans reports whether the spans hold the place.
func InSpans(spans []Span, seq uint64) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.From <= seq && seq <= s.To })
}

// OutAfter returns our messages for a partner behind a place, in order, that are
// in one of two states, at most limit: of each the place, the hash and the state
// alone.
func (tx *Tx) OutAfter(partner string, after uint64, one, other MessageState, limit int) ([]Message, error) {
	return tx.standing(`state IN ($1, $2) AND partner = $3 AND seq > $4 AND direction = $5 ORDER BY seq LIMIT $6`, one, other, partner, after, Out, limit)
}

// standing lists messages by place, hash and state alone.
func (tx *Tx) standing(where string, args ...any) (messages []Message, err error) {
	err = tx.list(`SELECT seq, hash, state FROM messages WHERE `+where, args, func(rows *sql.Rows) error {
		var m Message
		if err := rows.Scan(&m.Seq, &m.Hash, &m.State); err != nil {
			return err
		}
		messages = append(messages, m)
		return nil
	})
	return messages, err
}

// FindParcel returns the parcel of a message; ok is false if it is not queued.
func (tx *Tx) FindParcel(hash string) (p Parcel, ok bool, err error) {
	parcels, err := tx.parcels(`WHERE hash = $1`, hash)
	if err != nil || len(parcels) == 0 {
		return p, false, err
	}
	return parcels[0], true, nil
}

// Undelivered returns what the partner must be told is missing before our
// message seq: our messages above the newest it has, without a receipt, in
// order, and if there are more than limit the newest of them. Of each it says
// the place, the hash and the state alone.
func (tx *Tx) Undelivered(partner string, seq uint64, limit int) (messages []Message, err error) {
	var newest uint64
	_, err = tx.get(`SELECT coalesce(max(seq), 0) FROM messages WHERE state = $1 AND partner = $2`, []any{Delivered, partner}, &newest)
	if err != nil {
		return nil, err
	}
	messages, err = tx.standing(`state IN ($1, $2, $3, $4) AND partner = $5 AND seq > $6 AND seq < $7 AND direction = $8 ORDER BY seq DESC LIMIT $9`,
		Queued, Expired, Dropped, Carried, partner, newest, seq, Out, limit)
	slices.Reverse(messages)
	return messages, err
}
