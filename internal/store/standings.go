// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what partners were asked in files, and what they said, of what
// they hold of a node that was restored.

import (
	"context"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// Standings are the partners' last answers, by StandingID: each is up to eight
// megabytes, and is read by nobody who only asks how far a recovery is.
var Standings = Table[StandingSaid]{kind: "standing", name: "partner's answer", at: func(s *StandingSaid) time.Time { return s.At }}

// StandingSaid is what a partner said, last, that we signed: its answer with its
// signature.
type StandingSaid struct {
	Recovery string    `json:"recovery"`
	Partner  string    `json:"partner"`
	Said     []byte    `json:"said"`
	Seal     string    `json:"seal"` // the signature, as the sender header has it
	At       time.Time `json:"at"`
}

// Questions are those about our standing that left in a file, by the
// envelope.StandingID of their bodies: an answer that is carried back must be to
// one of them.
var Questions = Table[Question]{kind: "question", name: "question about our standing", state: func(q *Question) string { return q.Partner }, at: func(q *Question) time.Time { return q.Made }}

// Question is what a file asked a partner.
type Question struct {
	Recovery string    `json:"recovery"`
	Partner  string    `json:"partner"`
	Body     []byte    `json:"body"`
	File     uint64    `json:"file"` // the number of the file
	Made     time.Time `json:"made"`
	// Further says that it asks from the newest place that has a receipt.
	Further bool `json:"further,omitzero"`
}

// StandingID names a partner's answer in a recovery.
func StandingID(recovery, partner string) string { return recovery + "/" + partner }

// keepSaid moves answers that an older version kept in the recovery's own row to
// where they belong.
func (tx *Tx) keepSaid(r Recovery) error {
	moved := false
	for i := range r.Partners {
		p := &r.Partners[i]
		if len(p.Said) == 0 {
			continue
		}
		moved = true
		said := StandingSaid{Recovery: r.ID, Partner: p.Partner, Said: p.Said, Seal: p.Seal, At: p.Tried}
		if err := Standings.Put(tx, StandingID(r.ID, p.Partner), said); err != nil {
			return err
		}
		p.Said, p.Seal = nil, ""
	}
	if !moved {
		return nil
	}
	return Recoveries.Put(tx, r.ID, r)
}

// loseStandings takes away what a partner gave back after a restore where a message
// whose text goes is in it, sealed for a key that this node may have still. That it
// answered, and when, stays; what it signed goes with the text.
func loseStandings(tx *Tx, l *loss) error {
	var ids []string
	err := tx.each(`SELECT id FROM records WHERE kind = ? AND id LIKE '%/' || ?`, []any{Standings.kind, l.partner}, func(stmt *sqlite3.Stmt) (bool, error) {
		ids = append(ids, stmt.ColumnText(0))
		return true, nil
	})
	for _, id := range ids {
		if err != nil {
			return err
		}
		var said StandingSaid
		if said, err = Standings.Get(tx, id); err != nil || len(said.Said) == 0 || !givesBack(said.Said, l.of) {
			continue
		}
		said.Said, said.Seal = nil, ""
		err = Standings.Put(tx, id, said)
	}
	return err
}

// givesBack reports whether one of the messages is in an answer, or may be: the
// receipts beside them say which they are.
func givesBack(answer []byte, messages map[string]bool) bool {
	said, err := envelope.ParseStanding(answer)
	return err != nil || slices.ContainsFunc(said.Held, func(h envelope.Held) bool {
		r, err := receipt.Parse([]byte(h.Receipt))
		return err != nil || messages[r.Statement.Header]
	})
}

// SettleRecoveries brings what an older version kept of recoveries up to date.
func (s *Store) SettleRecoveries(ctx context.Context) error {
	var old []Recovery
	what := What{Act: caller.Recover, Note: "settled"}
	err := s.Glance(ctx, caller.Self(), what, func(tx *Tx) error {
		all, err := Recoveries.List(tx, 0)
		for _, r := range all {
			if slices.ContainsFunc(r.Partners, func(p Regained) bool { return len(p.Said) > 0 }) {
				old = append(old, r)
			}
		}
		return err
	})
	if err != nil || len(old) == 0 {
		return err
	}
	return s.Change(ctx, caller.Self(), what, func(tx *Tx) error {
		for _, r := range old {
			if err := tx.keepSaid(r); err != nil {
				return err
			}
		}
		return nil
	})
}
