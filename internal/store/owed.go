// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what an erasure has to do with duties to warn: what it waits for,
// and what is left of them.

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/warning"
)

// owedBy says why what a duty was opened by is not erased under it: nobody has
// decided it, or what answers it is about to leave. Empty if nothing is owed.
func (tx *Tx) owedBy(subject string) (string, error) {
	duties, err := Duties.List(tx, 0)
	if err != nil {
		return "", err
	}
	about := make(map[string]bool)
	for _, d := range duties {
		if !d.About(subject) {
			continue
		}
		if about[d.ID] = true; !d.State.Closed() {
			return "a duty to warn that it opened waits for a decision", nil
		}
	}
	if len(about) == 0 {
		return "", nil
	}
	drafts, err := Drafts.List(tx, 0, string(warning.Approved), string(warning.Waiting))
	for _, d := range drafts {
		if about[d.Duty] {
			return "a warning that answers a duty that it opened is about to leave", err
		}
	}
	return "", err
}

// forgotten is a duty without what it quotes: that there was one, to whom, by
// which pledges, when it was learnt of, who was called, asked and told, how the
// warning was given, and what was decided when, by whom and on which ground, stays.
func forgotten(d warning.Duty) warning.Duty {
	d.ForgetAll(GoneText)
	return d
}

// keepDuty gives a duty its dates, by our own rule: nobody shortens the life of its
// record by a word in it.
func keepDuty(tx *Tx, d *warning.Duty) error {
	return tx.retain(Retention{Kind: OfDuty, ID: d.ID, Since: d.Opened})
}

func (tx *Tx) dutyStays(r *Retention) (string, error) {
	d, ok, err := Duties.Find(tx, r.ID)
	if err != nil || !ok || d.State.Closed() {
		return "", err
	}
	return "the duty is not closed", nil
}

// eraseDuty takes out of a duty what it quotes, wherever it is from, and the words
// of the question that opened it.
func (tx *Tx) eraseDuty(id string) error {
	d, ok, err := Duties.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	if err := tx.settleDuties([]warning.Duty{d}, "what it is about was destroyed"); err != nil {
		return err
	}
	if err := tx.eraseDismissals(map[string]bool{id: true}); err != nil {
		return err
	}
	if err := Duties.put(tx, id, forgotten(d)); err != nil || !d.Asked() {
		return err
	}
	return tx.eraseInquiry(InquiryID(d.Partner, false, d.Subject))
}

// unsalt lets nobody try what a draft said whose text is gone, by the record of the
// duty that it answers.
func (tx *Tx) unsalt(d *warning.Draft) error {
	if d.Duty == "" {
		return nil
	}
	duty, ok, err := Duties.Find(tx, d.Duty)
	if err != nil || !ok || !duty.Unsalt(d.ID) {
		return err
	}
	return Duties.put(tx, duty.ID, duty)
}

// NewSalt is a salt for what is on record by its hash.
func NewSalt() string { return hex.EncodeToString(newSalt()) }

// Unsalted returns the duties on whose record an older program put the bare hash of
// what was said.
func (tx *Tx) Unsalted() (ids []string, err error) {
	const query = `SELECT id, body FROM records WHERE kind = ? AND instr(body, CAST('"substance_hash"' AS BLOB)) > 0`
	err = tx.each(query, []any{Duties.kind}, func(stmt *sqlite3.Stmt) (bool, error) {
		var d warning.Duty
		if err := json.Unmarshal(stmt.ColumnRawBlob(1), &d); err != nil {
			return false, fmt.Errorf("store: reading a duty: %w", err)
		}
		if slices.ContainsFunc(d.Given, bare) {
			ids = append(ids, stmt.ColumnText(0))
		}
		return true, nil
	})
	return ids, err
}

func bare(g warning.Given) bool { return g.SubstanceHash != "" && !g.Salted }

// Salt salts those hashes, as far as what was said is here still. The others are
// taken away: anybody could try what it was.
func (tx *Tx) Salt(id string) error {
	duty, err := Duties.Get(tx, id)
	if err != nil {
		return err
	}
	for i := range duty.Given {
		g := &duty.Given[i]
		if !bare(*g) {
			continue
		}
		said := g.Substance
		if g.Method == warning.ByNode {
			draft, _, err := Drafts.Find(tx, g.Draft)
			if err != nil {
				return err
			}
			said = draft.Releases[duty.Partner]
		}
		if said != "" && g.Says(said) {
			g.Commit(said, NewSalt())
		} else {
			g.SubstanceHash = ""
		}
	}
	return Duties.put(tx, id, duty)
}
