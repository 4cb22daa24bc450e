// SPDX-License-Identifier: Apache-2.0

package store

// This file says until when each source report, draft and case is kept; for what
// else has a date see retention_rest.go. The date is written with the thing itself,
// so nothing is kept without one.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/warning"
)

// Retention is until when a thing is kept, and what people decided about it.
type Retention struct {
	Kind    string `json:"kind"` // what it is of, see [KeptAs]
	ID      string `json:"id"`
	Partner string `json:"partner,omitempty"` // with whom, of what a partner has part in
	Ours    bool   `json:"ours,omitzero"`     // of that: we said it
	Purpose string `json:"purpose,omitempty"`
	// Given is the review date that it came with, or that its author gave it.
	Given warning.Date `json:"given,omitempty"`
	Since time.Time    `json:"since"`
	// Due is when it is erased if nobody decides, Limit the time beyond which nobody
	// can keep it, and Bound what sets that: given, terms, purpose or public. The
	// objects of a collection are erased each in its time: Due is that of the first.
	Due   time.Time `json:"due"`
	Limit time.Time `json:"limit"`
	Bound string    `json:"bound"`
	// Dated is when its dates were set last, and Asked when people were asked. It is
	// not erased before NotBefore, whatever its date: people are to see it first.
	Dated     time.Time `json:"dated,omitzero"`
	Asked     time.Time `json:"asked,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero"`
	// Decided are the decisions to keep it, to hold it, and to let it go, in order.
	Decided []Decided `json:"decided,omitempty"`
	// Held is whether a person stopped its erasure: a legal hold.
	Held  bool           `json:"held,omitzero"`
	State RetentionState `json:"state"`
	// Waits says why it was not erased although it is due.
	Waits  string                    `json:"waits,omitempty"`
	Erased time.Time                 `json:"erased,omitzero"`
	Ground warning.DestructionGround `json:"ground,omitempty"`
	By     string                    `json:"by,omitempty"` // who decided the erasure
	// Officer is who decided it, as partners are told; of a request for redress.
	Officer warning.Officer `json:"officer,omitzero"`
}

// Decided is one decision about how long a thing is kept.
type Decided struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	What   string    `json:"what"` // keep, hold, release or erase
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"`
}

// RetentionState says how far a thing is.
type RetentionState string

const (
	RetentionKept   RetentionState = "kept"
	RetentionAsked  RetentionState = "asked"  // people were asked: it is due soon
	RetentionHeld   RetentionState = "held"   // due, and not erased: see Waits
	RetentionErased RetentionState = "erased" // its texts are gone
)

// What is kept for how long.
const (
	OfSource = "source"
	OfDraft  = "draft"
	OfCase   = "case"
	// OfRedress is a request for redress, kept under a purpose of its own.
	OfRedress = "redress"
	OfDuty    = "duty"
)

// ReviewNotice is how long before a thing is erased people are asked.
const ReviewNotice = 14 * 24 * time.Hour

// longestDays is how long anything is kept at most where nobody said otherwise:
// three years. Regulation (EU) 2016/794 Art 31
const longestDays = 3 * 365

// Retentions are kept by RetentionID; at is when something has to be done.
var Retentions = Table[Retention]{kind: "retention", name: "review date",
	state: func(r *Retention) string { return string(r.State) },
	at: func(r *Retention) time.Time {
		switch r.State {
		case RetentionKept:
			return r.Due.Add(-ReviewNotice)
		case RetentionAsked:
			return r.Earliest()
		}
		return r.Due
	}}

// RetentionRules say for a purpose how long what serves it is kept at most; the
// empty purpose is for everything.
var RetentionRules = Table[RetentionRule]{kind: "retention rule", name: "retention of a purpose"}

// RetentionRule is the longest time for a purpose.
type RetentionRule struct {
	Purpose string    `json:"purpose"`
	Days    int64     `json:"days"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// Earliest is when a thing may be erased at the earliest: not before its date, nor
// before people, once they were asked, had the whole notice, or as much of it as
// there was when its dates were set.
func (r *Retention) Earliest() time.Time {
	notice := ReviewNotice
	if !r.Dated.IsZero() {
		notice = max(0, min(notice, r.Due.Sub(r.Dated)))
	}
	at := r.Due
	for _, other := range []time.Time{r.NotBefore, r.Asked.Add(notice)} {
		if other.After(at) {
			at = other
		}
	}
	return at
}

// AskedEarly reports whether people were asked by a clock that was ahead.
func (r *Retention) AskedEarly(now time.Time) bool {
	return r.State == RetentionAsked && (r.Asked.After(now) || now.Before(r.Due.Add(-ReviewNotice)))
}

// RetentionID names what is kept.
func RetentionID(kind, id string) string { return kind + "/" + id }

// LongestDays is how many days what serves a purpose is kept at most by the
// node's own rules.
func (tx *Tx) LongestDays(purpose string) (int64, error) {
	days := int64(longestDays)
	for _, name := range slices.Compact([]string{"", strings.ToLower(purpose)}) {
		rule, ok, err := RetentionRules.Find(tx, name)
		if err != nil {
			return 0, err
		}
		if ok && (name == "" || rule.Days < days) {
			days = rule.Days
		}
	}
	return days, nil
}

// endOf is the end of a day in UTC.
func endOf(d warning.Date) time.Time { return d.Time().AddDate(0, 0, 1) }

func keepSource(tx *Tx, s *warning.Source) error {
	return tx.retain(Retention{Kind: OfSource, ID: s.ID, Purpose: s.Purpose, Given: s.Review, Since: s.KeptAt})
}

func keepDraft(tx *Tx, d *warning.Draft) error {
	return tx.retain(Retention{Kind: OfDraft, ID: d.ID, Purpose: d.Warning.Purpose, Given: d.Warning.Review, Since: d.ComposedAt})
}

func keepCase(tx *Tx, c *Case) error {
	if err := tx.requeue(c); err != nil {
		return err
	}
	return tx.retain(Retention{Kind: OfCase, ID: c.ID, Partner: c.Partner, Ours: c.Ours, Purpose: c.Purpose, Given: c.Review, Since: c.Opened})
}

// retain gives a thing its dates, anew if what sets them has changed. What is
// said in a case whose texts were erased is kept for as long as it takes to read.
func (tx *Tx) retain(r Retention) error {
	id := RetentionID(r.Kind, r.ID)
	was, known, err := Retentions.Find(tx, id)
	if err != nil || known && was.State != RetentionErased && was.Given == r.Given && was.Purpose == r.Purpose {
		return err
	}
	if known && was.State != RetentionErased && was.Ground == warning.DestroyedByRedress {
		return nil // two releasers decided that it goes: no correction, a partner's least of all, gives it another date
	}
	again := known && was.State == RetentionErased
	if again && !saidAgain(r.Kind) {
		return nil
	}
	if r.Since.IsZero() {
		r.Since = tx.Now
	}
	if known {
		r.Decided, r.Held = was.Decided, was.Held
	}
	if known && (!again || r.Kind == OfCase) {
		r.Since = was.Since
	}
	if err := tx.limit(&r); err != nil {
		return err
	}
	r.State, r.Due, r.Dated, r.NotBefore = RetentionKept, r.Limit, tx.Now, was.NotBefore
	if given := endOf(r.Given); r.Given != "" && given.Before(r.Due) {
		r.Due = given
	}
	soon := tx.Now.Add(ReviewNotice)
	if again && r.Due.Before(soon) {
		r.Due = soon
	}
	// A date that is past when it comes, or sooner than the one before, erases nothing
	// that people have not had the time to see.
	if !r.Due.After(tx.Now) || known && !again && r.Due.Before(was.Due) {
		r.NotBefore = soon
	}
	return Retentions.Put(tx, id, r)
}

// saidAgain reports whether what was erased can be said anew under the same name.
func saidAgain(kind string) bool {
	return kind == OfCase || kind == OfPledge || kind == OfInquiry || kind == OfHeard
}

// limit works out beyond which time nobody can keep a thing: the earliest of
// what a partner gave with it, what both signed, and our own rule.
func (tx *Tx) limit(r *Retention) error {
	bind := func(at time.Time, by string) {
		if r.Limit.IsZero() || at.Before(r.Limit) {
			r.Limit, r.Bound = at, by
		}
	}
	if r.Kind == OfStatement {
		r.Limit, r.Bound = r.Since.AddDate(100, 0, 0), "public"
		return nil
	}
	r.Limit = time.Time{}
	if r.Kind == OfCase && !r.Ours && r.Given != "" {
		bind(endOf(r.Given), "given")
	}
	if r.Kind == OfCase || r.Kind == OfInquiry || r.Kind == OfHeard {
		channel, ok, err := Channels.Find(tx, r.Partner)
		if err != nil {
			return err
		}
		var terms warning.Terms
		if ok && len(channel.OurTerms) > 0 && warning.Read(channel.OurTerms, &terms) == nil {
			days := terms.RetentionDays
			for purpose, fewer := range terms.Retention {
				if strings.EqualFold(purpose, r.Purpose) {
					days = min(days, fewer)
				}
			}
			bind(r.Since.AddDate(0, 0, int(days)), "terms")
		}
	}
	days, err := tx.LongestDays(r.Purpose)
	bind(r.Since.AddDate(0, 0, int(days)), "purpose")
	return err
}

// RetentionsDue returns what is of one of the states and for which something has
// to be done by that time, the earliest first, at most limit; and when the next
// has its time, zero if there is none.
func (tx *Tx) RetentionsDue(by time.Time, limit int, states ...RetentionState) (due []Retention, next time.Time, err error) {
	for _, state := range states {
		const query = `SELECT at, body FROM records WHERE kind = ? AND state = ? ORDER BY at LIMIT ?`
		err := tx.each(query, []any{Retentions.kind, string(state), int64(limit + 1)}, func(stmt *sqlite3.Stmt) (bool, error) {
			at := time.UnixMicro(stmt.ColumnInt64(0)).UTC()
			if at.After(by) {
				if next.IsZero() || at.Before(next) {
					next = at
				}
				return false, nil
			}
			var r Retention
			if err := json.Unmarshal(stmt.ColumnRawBlob(1), &r); err != nil {
				return false, fmt.Errorf("store: reading a review date: %w", err)
			}
			due = append(due, r)
			return len(due) < limit, nil
		})
		if err != nil {
			return nil, next, err
		}
	}
	return due, next, nil
}

// AskedAhead returns what people were asked about by a clock that was ahead: nothing
// is asked about longer before its date than the notice, at most limit.
func (tx *Tx) AskedAhead(limit int) (ahead []Retention, err error) {
	const query = `SELECT body FROM records WHERE kind = ? AND state = ? AND at > ? ORDER BY at LIMIT ?`
	args := []any{Retentions.kind, string(RetentionAsked), tx.Now.Add(ReviewNotice + aJump).UnixMicro(), int64(limit)}
	err = tx.each(query, args, func(stmt *sqlite3.Stmt) (bool, error) {
		var r Retention
		if err := json.Unmarshal(stmt.ColumnRawBlob(0), &r); err != nil {
			return false, fmt.Errorf("store: reading a review date: %w", err)
		}
		if r.AskedEarly(tx.Now) {
			ahead = append(ahead, r)
		}
		return true, nil
	})
	return ahead, err
}

// Undated returns, by kind and id, what an older program kept without a date, at
// most limit.
func (tx *Tx) Undated(limit int) (things []Retention, err error) {
	const query = `SELECT kind, id FROM records r WHERE (kind IN ('source', 'draft', 'case', 'collection', 'duty', 'watch', 'pledge', 'recovery')
			OR kind = 'statement' AND state = ? OR kind = 'heard' AND (state LIKE 'open %' OR NOT EXISTS (SELECT 1 FROM messages WHERE payload IS NOT NULL
				AND hash = CASE WHEN json_valid(CAST(body AS TEXT)) THEN json_extract(CAST(body AS TEXT), '$.message') END))
			OR kind = 'inquiry' AND CASE WHEN json_valid(CAST(body AS TEXT)) THEN json_extract(CAST(body AS TEXT), '$.duty') END IS NULL)
		AND NOT EXISTS (SELECT 1 FROM records d WHERE d.kind = 'retention' AND d.id = r.kind || '/' || r.id) LIMIT ?`
	err = tx.each(query, []any{Cleared, int64(limit)}, func(stmt *sqlite3.Stmt) (bool, error) {
		things = append(things, Retention{Kind: stmt.ColumnText(0), ID: stmt.ColumnText(1)})
		return true, nil
	})
	return things, err
}

// Date gives a thing that an older program kept its dates.
func (tx *Tx) Date(kind, id string) error {
	dates := map[string]func(*Tx, string) error{
		OfSource: Sources.date, OfDraft: Drafts.date, OfStatement: Statements.date, OfCollection: Collections.date, OfDuty: Duties.date,
		OfWatch: Watches.date, OfPledge: Pledges.date, OfInquiry: Inquiries.date, OfHeard: Heards.date, OfRecovery: Recoveries.date,
	}
	if date := dates[kind]; date != nil {
		return date(tx, id)
	}
	c, err := Cases.Get(tx, id)
	if err != nil {
		return err
	}
	if c.Review == "" {
		if newest, _, err := tx.NewestOf(&c); err != nil {
			return err
		} else if m, ok, err := tx.FindMessage(newest); err != nil {
			return err
		} else if payload, err := warning.Decode(m.Kind, m.Payload); ok && err == nil {
			c.Dated(payload)
		}
	}
	return Cases.Put(tx, id, c)
}

// Dated takes from a warning, or a correction, what says how long the case is kept.
func (c *Case) Dated(payload warning.Payload) {
	switch p := payload.(type) {
	case *warning.Warning:
		c.Review, c.Purpose = p.Review, p.Purpose
	case *warning.Update:
		c.Review, c.Purpose = p.Warning.Review, p.Warning.Purpose
	}
}
