// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps the requests of persons who ask whether and what is held about
// them, and what may not be shown or sent any more because of one.

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RedressPurpose is what a request for redress is kept for, and nothing else.
const RedressPurpose = "redress"

// RedressWithin is how long an answer to a request may take. Directive (EU) 2016/680 Art 12
const RedressWithin = 30 * 24 * time.Hour

// Redresses are the requests for redress, by their ids.
var Redresses = Table[Redress]{kind: "redress", name: "request for redress", state: func(r *Redress) string { return r.state() },
	at: func(r *Redress) time.Time { return r.OpenedAt }, kept: keepRedress}

// Redress is a request: somebody asks whether, and what, is held about a person.
type Redress struct {
	ID       string       `json:"id"` // "redress--" and a UUID
	OpenedBy string       `json:"opened_by"`
	OpenedAt time.Time    `json:"opened_at"`
	Asker    string       `json:"asker"` // who asks, and as what
	Names    []string     `json:"names"` // of whom it is asked, in every spelling
	Born     warning.Date `json:"born,omitempty"`
	Proof    string       `json:"proof"` // what showed who asks, and who saw it
	Review   warning.Date `json:"review,omitempty"`
	Due      time.Time    `json:"due"` // by when it is to be answered
	Overdue  bool         `json:"overdue,omitzero"`
	// Hits are what is held about the person: not for who opened it.
	Hits     []RedressHit `json:"hits,omitempty"`
	Answer   string       `json:"answer,omitempty"` // what the asker is told
	Answered time.Time    `json:"answered,omitzero"`
	By       string       `json:"by,omitempty"` // who answered
	Erased   time.Time    `json:"erased,omitzero"`
}

// RedressHit is one thing that speaks of the person.
type RedressHit struct {
	Kind    string `json:"kind"` // source, draft, case; or duty, statement, inquiry, object, which people see to by hand
	ID      string `json:"id"`
	Partner string `json:"partner,omitempty"`
	Ours    bool   `json:"ours,omitzero"` // of a case: we warned
	// What was decided: by whom and why, and who confirmed it.
	Do          RedressDecision `json:"do,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	DecidedBy   string          `json:"decided_by,omitempty"`
	DecidedAt   time.Time       `json:"decided_at,omitzero"`
	ConfirmedBy string          `json:"confirmed_by,omitempty"`
	ConfirmedAt time.Time       `json:"confirmed_at,omitzero"`
}

// Hash names what was decided of a thing, for a request, by whom, when and why: who
// confirms names what was read. It is empty while nothing is decided.
func (h *RedressHit) Hash(redress string) (string, error) {
	if h.DecidedBy == "" {
		return "", nil
	}
	raw, err := warning.Encode(struct {
		Redress string          `json:"redress"`
		Of      string          `json:"of"`
		Do      RedressDecision `json:"do"`
		Reason  string          `json:"reason"`
		By      string          `json:"by"`
		At      time.Time       `json:"at"`
	}{redress, h.ID, h.Do, h.Reason, h.DecidedBy, h.DecidedAt})
	sum := sha256.Sum256(append([]byte("tocsin-redress/v1\n"), raw...))
	return hex.EncodeToString(sum[:]), err
}

// RedressDecision is what is done with one thing.
type RedressDecision string

const (
	RedressCorrect  RedressDecision = "correct"  // a correction is sent; recipients use nothing of it until then
	RedressRestrict RedressDecision = "restrict" // it stays, is shown to the overseer alone, and does not leave
	RedressErase    RedressDecision = "erase"    // it is erased here, and recipients are asked to
	RedressNothing  RedressDecision = "nothing"  // it is right, or of somebody else
)

// RedressDecisions lists every decision.
func RedressDecisions() []string {
	return []string{string(RedressCorrect), string(RedressRestrict), string(RedressErase), string(RedressNothing)}
}

// The states by which requests are listed.
const (
	RedressOpen     = "open"
	RedressAnswered = "answered"
)

func (r *Redress) state() string {
	if r.Answered.IsZero() {
		return RedressOpen
	}
	return RedressAnswered
}

// Decided reports whether everything that was found has been decided by two.
func (r *Redress) Decided() bool {
	return !slices.ContainsFunc(r.Hits, func(h RedressHit) bool { return h.ConfirmedBy == "" })
}

func keepRedress(tx *Tx, r *Redress) error {
	if !r.Erased.IsZero() {
		return nil
	}
	return tx.retain(Retention{Kind: OfRedress, ID: r.ID, Purpose: RedressPurpose, Given: r.Review, Since: r.OpenedAt})
}

// eraseRedress takes away who asked, about whom, and why it was decided so.
func (tx *Tx) eraseRedress(id string) error {
	r, ok, err := Redresses.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	r.Asker, r.Names, r.Born, r.Proof, r.Erased = GoneText, nil, "", "", tx.Now
	if r.Answer != "" {
		r.Answer = GoneText
	}
	for i := range r.Hits {
		r.Hits[i].Reason = ""
	}
	if err := tx.eraseDismissals(map[string]bool{id: true}); err != nil {
		return err
	}
	return Redresses.put(tx, id, r)
}

// Restrictions are the things that are shown to the overseer alone and do not
// leave, by their ids.
var Restrictions = Table[Restriction]{kind: "restriction", name: "restriction"}

// Restriction says by which request a thing is restricted.
type Restriction struct {
	Of      string    `json:"of"`
	Redress string    `json:"redress"`
	At      time.Time `json:"at"`
}

// Restricted reports whether a thing may be shown to the overseer alone.
func (tx *Tx) Restricted(id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	_, is, err := Restrictions.Find(tx, id)
	return is, err
}

// AllRestricted are the ids of all things that are restricted.
func (tx *Tx) AllRestricted() (map[string]bool, error) {
	kept, err := Restrictions.List(tx, 0)
	all := make(map[string]bool, len(kept))
	for _, r := range kept {
		all[r.Of] = true
	}
	return all, err
}

// restricted refuses anybody but an overseer what is restricted.
func (tx *Tx) restricted(id string) error {
	is, err := tx.Restricted(id)
	if err != nil || !is || tx.who.Kind != caller.Person || tx.who.Has(caller.Overseer) {
		return err
	}
	return problem.New(problem.Denied, "the overseer sees it", "this is restricted: nobody works with it any more")
}

// Restrict keeps a thing from everybody but the overseer.
func (tx *Tx) Restrict(id, redress string) error {
	return Restrictions.Put(tx, id, Restriction{Of: id, Redress: redress, At: tx.Now})
}

// EraseSoon lets a thing be erased at the next look, for a request of redress, by
// the decision of an officer. What holds every erasure back holds this one, too.
func (tx *Tx) EraseSoon(kind, id string, by warning.Officer, name string) error {
	r, err := Retentions.Get(tx, RetentionID(kind, id))
	if err != nil || r.State == RetentionErased {
		return err
	}
	r.State, r.Due, r.Waits, r.Ground, r.Officer, r.By = RetentionAsked, tx.Now, "", warning.DestroyedByRedress, by, name
	r.Dated, r.Asked, r.NotBefore = tx.Now, tx.Now, time.Time{} // nobody is asked about it once more
	return Retentions.Put(tx, RetentionID(kind, id), r)
}

// WishRecall leaves a recall that a request for redress needs as a wish for the outbox.
func (tx *Tx) WishRecall(partner, redress string, recall warning.Recall) error {
	raw, err := warning.Encode(&recall)
	if err != nil {
		return err
	}
	wish := Wish{ID: "wish--" + recall.ID, Partner: partner, Kind: string(envelope.Recall), Payload: raw, Made: tx.Now, Redress: redress}
	return Wishes.Put(tx, wish.ID, wish)
}

// LostRedress stands for a request that was opened after the backup was made from
// which the node was restored: it is not here, and who opened it may be.
const LostRedress = "redress--lost"

// RedressOf is the request that a recall of ours serves, which is got back after a
// restore, and takes away the wish for it; empty if it serves none.
func (tx *Tx) RedressOf(partner string, recall *warning.Recall) (string, error) {
	if recall.Ground != warning.DestroyedByRedress {
		return "", nil
	}
	wish, wished, err := Wishes.Find(tx, "wish--"+recall.ID)
	if err != nil {
		return "", err
	}
	if wished && wish.Redress != "" {
		return wish.Redress, Wishes.Delete(tx, wish.ID) // it was said
	}
	kept, known, err := Recalls.Find(tx, RecallID(partner, true, recall.ID))
	if err != nil || known && kept.Redress != "" {
		return kept.Redress, err
	}
	requests, err := Redresses.List(tx, 0)
	for _, r := range requests {
		for _, hit := range r.Hits {
			if hit.Kind == OfCase && hit.Ours && hit.ID == recall.Case && hit.Partner == partner {
				return r.ID, err
			}
		}
	}
	return LostRedress, err
}
