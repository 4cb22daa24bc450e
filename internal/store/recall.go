// SPDX-License-Identifier: Apache-2.0

package store

// This file holds recalls, ours and theirs, and the one way in which a text is
// erased.

import (
	"bytes"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Recall is a recall as it is kept: ours, or a partner's.
type Recall struct {
	Recall      warning.Recall `json:"recall"`
	Partner     string         `json:"partner"`
	Ours        bool           `json:"ours"` // we recalled
	Hash        string         `json:"hash"` // of the message that says it
	Kind        string         `json:"kind"` // of the message that is recalled
	Quarantined bool           `json:"quarantined,omitzero"`
	Overdue     bool           `json:"overdue,omitzero"`
	// Redress is the request that this recall of ours serves.
	Redress string `json:"redress,omitempty"`
	// What was answered, and the message that says it.
	Answer     *warning.RecallAnswer `json:"answer,omitempty"`
	AnswerHash string                `json:"answer_hash,omitempty"`
}

// The states by which recalls are listed.
const (
	RecallOpen     = "open"
	RecallAnswered = "answered"
)

// Recalls are kept by RecallID.
var Recalls = Table[Recall]{kind: "recall", name: "recall",
	state: func(r *Recall) string {
		if r.Answer == nil {
			return RecallOpen
		}
		return RecallAnswered
	},
	at: func(r *Recall) time.Time { return r.Recall.At }}

// RecallID names a recall: nobody can take the place of another's.
func RecallID(partner string, ours bool, id string) string {
	if ours {
		return "out/" + partner + "/" + id
	}
	return "in/" + partner + "/" + id
}

// Recallable reports whether messages of that kind can be recalled: what
// informs. Answers, outcomes and disputes stay for good.
func Recallable(kind envelope.Kind) bool {
	switch kind {
	case envelope.Warning, envelope.Update, envelope.Request, envelope.Reply:
		return true
	}
	return false
}

// Destroy erases the text and the salt of a message that was recalled. Header,
// signature, leaf and receipts stay, and the audit line of the change speaks for
// the message as it is now.
func (tx *Tx) Destroy(m *Message) error {
	if err := tx.SetMessageState(m, Destroyed); err != nil {
		return err
	}
	m.Salt, m.Payload = nil, nil
	return tx.exec(`UPDATE messages SET salt = NULL, payload = NULL WHERE hash = $1`, m.Hash)
}

// destroyed says of a partner's case when the version that holds was destroyed, if
// that is known, and of one that nobody has answered that nobody can. Another keeps
// the state that it had reached.
func (c *Case) destroyed(at time.Time) {
	if c.Ours {
		return
	}
	c.Destroyed = at
	if c.State == CaseOpen || c.State == CaseQuarantined {
		c.State, c.Overdue = CaseDestroyed, false
	}
}

// StaysOpen reports whether a case waits for an answer although its warning was
// destroyed: an older program left it so. What it is called proves nothing, since
// its sender named it.
func (tx *Tx) StaysOpen(c *Case) (bool, error) {
	if c.Ours || c.Title != DestroyedText {
		return false, nil
	}
	hash, _, err := tx.NewestOf(c)
	if err != nil || hash == "" {
		return false, err
	}
	m, found, err := tx.FindMessage(hash)
	return found && m.State == Destroyed, err
}

// CloseDestroyed has such a case wait for nobody.
func (tx *Tx) CloseDestroyed(id string) error {
	c, err := Cases.Get(tx, id)
	if err != nil {
		return err
	}
	if open, err := tx.StaysOpen(&c); err != nil || !open {
		return err
	}
	c.destroyed(time.Time{})
	return Cases.Put(tx, id, c)
}

// DropGiven takes away the objects that a partner attached to a message whose
// text was destroyed, but for those that another of its messages that is here
// still holds. An object with other bytes, or of another origin, stays.
func (tx *Tx) DropGiven(m *Message, objects []jsontext.Value) error {
	given := make(map[string]Object, len(objects))
	for _, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			continue // it was never kept beside the message
		}
		o, err := NewObject(Received, m.Partner, nil, object)
		if err != nil {
			return err
		}
		given[o.row()] = o
	}
	if len(given) == 0 {
		return nil
	}
	asked := make(map[string]bool, len(given))
	for _, o := range given {
		asked[o.ID] = true
	}
	held, err := tx.held(m.Channel, asked, map[string]bool{m.Hash: true})
	if err != nil {
		return err
	}
	f, err := tx.feed(Received)
	if err != nil {
		return err
	}
	for _, row := range slices.Sorted(maps.Keys(given)) {
		o := given[row]
		if held[o.ID] {
			continue
		}
		if err := tx.dropGiven(f, &o, m.Partner); err != nil {
			return err
		}
	}
	return nil
}

// dropThread takes away the objects that came with the messages of a loss, but for
// those that another message of the partner holds. One text is in memory at a time, and
// what the partner sent is read once, however many messages go: nobody fills a case
// until it cannot be erased.
func (tx *Tx) dropThread(l *loss) error {
	attached := func(do func(m *Message, o Object) error) error {
		for i := range l.messages {
			m := &l.messages[i].Message
			if m.Direction != In || m.Kind != envelope.Warning && m.Kind != envelope.Update {
				continue
			}
			whole, err := tx.Message(m.Hash)
			if err != nil {
				return err
			}
			for _, raw := range whole.Attached() {
				object, err := stix.Parse(raw)
				if err != nil {
					continue // it was never kept beside the message
				}
				o, err := NewObject(Received, m.Partner, nil, object)
				if err == nil {
					err = do(m, o)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	}
	asked := make(map[string]map[string]bool) // by the channel
	err := attached(func(m *Message, o Object) error {
		if asked[m.Channel] == nil {
			asked[m.Channel] = make(map[string]bool)
		}
		asked[m.Channel][o.ID] = true
		return nil
	})
	if err != nil || len(asked) == 0 {
		return err
	}
	held := make(map[string]map[string]bool)
	for channel, ids := range asked {
		if held[channel], err = tx.held(channel, ids, l.of); err != nil {
			return err
		}
	}
	f, err := tx.feed(Received)
	if err != nil {
		return err
	}
	return attached(func(m *Message, o Object) error {
		if held[m.Channel][o.ID] {
			return nil
		}
		return tx.dropGiven(f, &o, m.Partner)
	})
}

// held are the ids, of those asked for, of objects that a message of a channel holds,
// but for those that go. The texts are read once, however many objects there are:
// nobody can be made to read all that a partner ever sent a thousand times.
func (tx *Tx) held(channel string, asked, going map[string]bool) (map[string]bool, error) {
	held := make(map[string]bool)
	const query = `SELECT hash, payload FROM messages WHERE channel = ? AND direction = ? AND kind IN (?, ?) AND payload IS NOT NULL`
	err := tx.each(query, []any{channel, string(In), string(envelope.Warning), string(envelope.Update)}, func(stmt *sqlite3.Stmt) (bool, error) {
		if going[stmt.ColumnText(0)] {
			return true, nil
		}
		for id := range idsIn(stmt.ColumnRawBlob(1)) {
			if asked[string(id)] {
				held[string(id)] = true
			}
		}
		return len(held) < len(asked), nil
	})
	return held, err
}

// idsIn are the ids that a payload names as some object's own. It is canonical
// JSON, so they are written in one way.
func idsIn(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			_, rest, found := bytes.Cut(payload, []byte(`"id":"`))
			if !found {
				return
			}
			id, after, _ := bytes.Cut(rest, []byte{'"'})
			if payload = after; !yield(id) {
				return
			}
		}
	}
}

func (tx *Tx) dropGiven(f *feed, o *Object, partner string) error {
	k, err := tx.kin(f, o.ID, o.Version)
	if err != nil {
		return err
	}
	for _, gone := range k.same {
		same := false
		err := tx.each(`SELECT body FROM objects WHERE place = ?`, []any{gone.place}, func(stmt *sqlite3.Stmt) (bool, error) {
			same = bytes.Equal(stmt.ColumnRawBlob(0), o.Body)
			return false, nil
		})
		switch {
		case err != nil:
			return err
		case !same || gone.origin != partner:
		case gone.audience == Nobody:
			err = tx.remove(o, gone)
		default:
			err = tx.DropObject(*o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
