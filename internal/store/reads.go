// SPDX-License-Identifier: Apache-2.0

package store

// This file finds in the log who looked at what, what went to whom, what was
// brought together, and what was erased. Directive (EU) 2016/680 Art 25

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// Processing is what was done with content. Directive (EU) 2016/680 Art 25
type Processing string

const (
	Consultation Processing = "consultation" // somebody was shown it
	Disclosure   Processing = "disclosure"   // it went to somebody outside
	Combination  Processing = "combination"  // it was brought together with something else
	Erasure      Processing = "erasure"
)

// ParseProcessing reports whether a word is one of them.
func ParseProcessing(word string) (Processing, bool) {
	p := Processing(word)
	return p, slices.Contains([]Processing{Consultation, Disclosure, Combination, Erasure}, p)
}

// consulted are the readings that show content; the others show the node itself.
var consulted = []caller.Act{
	caller.ReadCase, caller.ReadSource, caller.Preview, caller.ReadDuty, caller.ReadObjects, caller.Trace, caller.ComparePolicy, caller.SeeReads, caller.SeeOwnReads, caller.ReadRedress,
}

// handedOver are the acts by which content leaves without a message to a partner.
var handedOver = []caller.Act{
	caller.CarryOut, caller.Push, caller.Speak, caller.WriteDossier, caller.WriteRecord, caller.ExportLedger, caller.ClearStatement,
}

// processingOf is what a line tells of content; empty if nothing. What leaves as a
// message has a recipient, whatever act wrote it.
func processingOf(kind string, u *Use) Processing {
	act := caller.Act(u.Line.Act)
	switch {
	case slices.Contains(handedOver, act):
		return Disclosure
	case kind == LeafRead && slices.Contains(consulted, act):
		return Consultation
	case kind == LeafRead:
		return ""
	case act == caller.OpenDuty || act == caller.OpenRedress:
		return Combination
	case act == caller.Erase || act == caller.DeleteObjects:
		return Erasure
	case len(u.Recipients) > 0:
		return Disclosure
	}
	return ""
}

// Sought says which lines are wanted; what is empty does not narrow them.
type Sought struct {
	By       string   // the name of a person or a tool
	Subjects []string // of one of these ids
	Since    time.Time
	Kinds    []Processing
	Limit    int
	// Before narrows them to lines before that index of the log, After to those behind
	// it, of which the oldest come first into the limit. One of the two is given.
	Before, After int64
}

// order is how lines of the log are gone through, within the bounds.
func (s *Sought) order() (sql string, bound int64) {
	switch {
	case s.After > 0:
		return `idx > ? ORDER BY idx`, s.After
	case s.Before > 0:
		return `idx < ? ORDER BY idx DESC`, s.Before
	}
	return `idx < ? ORDER BY idx DESC`, math.MaxInt64
}

// Use is one line about content.
type Use struct {
	Index      int64
	Processing Processing
	Line       Line
	Why        string   // the words of its reason; empty if there was none, or they were erased
	Recipients []string // the partners that a message was written to by it
}

// Uses lists what was done with content, newest first. A reading that goes on
// from page to page has two lines: see [Store.HandOut].
func (tx *Tx) Uses(sought Sought) (uses []Use, err error) {
	if err = tx.eachUse(&sought, &uses); sought.After > 0 {
		slices.Reverse(uses)
	}
	return uses, err
}

func (tx *Tx) eachUse(sought *Sought, uses *[]Use) error {
	for _, names := range [][]string{sought.of(), sought.by(), sought.kinds()} {
		if len(names) == 0 {
			continue
		}
		return tx.used(names, sought, func(index int64) (bool, error) { return tx.useAt(sought, index, uses) })
	}
	if !sought.Since.IsZero() {
		return tx.usedSince(sought, func(index int64) (bool, error) { return tx.useAt(sought, index, uses) })
	}
	order, bound := sought.order()
	return tx.each(`SELECT idx, kind, line FROM log WHERE line IS NOT NULL AND kind <> ? AND `+order, []any{LeafDenied, bound}, func(stmt *sqlite3.Stmt) (bool, error) {
		return tx.use(sought, stmt.ColumnInt64(0), stmt.ColumnText(1), stmt.ColumnRawBlob(2), uses)
	})
}

func (tx *Tx) useAt(sought *Sought, index int64, uses *[]Use) (more bool, err error) {
	var kind string
	var line []byte
	if _, err := tx.get(`SELECT kind, line FROM log WHERE idx = $1`, []any{index}, &kind, &line); err != nil {
		return false, err
	}
	return tx.use(sought, index, kind, line, uses)
}

// use adds a line to the uses if it is sought, and reports whether to go on.
func (tx *Tx) use(sought *Sought, index int64, kind string, line []byte, uses *[]Use) (more bool, err error) {
	u := Use{Index: index}
	if err := json.Unmarshal(line, &u.Line); err != nil {
		return false, fmt.Errorf("store: reading a line of the log: %w", err)
	}
	// A line may be of an earlier time than the one before it: a clock was set back.
	if u.Line.At.Before(sought.Since) || !sought.concerns(&u) {
		return true, nil
	}
	if err := tx.explain(&u); err != nil {
		return false, err
	}
	u.Processing = processingOf(kind, &u)
	if u.Processing == "" || len(sought.Kinds) > 0 && !slices.Contains(sought.Kinds, u.Processing) {
		return true, nil
	}
	*uses = append(*uses, u)
	return sought.Limit <= 0 || len(*uses) < sought.Limit, nil
}

func (s *Sought) concerns(u *Use) bool {
	_, name, _ := strings.Cut(u.Line.Who, ":")
	return (s.By == "" || s.By == name) &&
		(len(s.Subjects) == 0 || slices.ContainsFunc(s.Subjects, u.about))
}

// about says whether a line is of the thing of that id, or left a row of it behind.
func (u *Use) about(id string) bool {
	return u.Line.Subject == id || slices.ContainsFunc(u.Line.Rows, func(r Row) bool { return r.ID == id || strings.HasSuffix(r.ID, "/"+id) })
}

// explain looks up the reason of a line, and to whom messages went by it.
func (tx *Tx) explain(u *Use) error {
	if u.Line.Reason != "" {
		r, ok, err := Reasons.Find(tx, u.Line.Reason)
		if err != nil {
			return err
		}
		if ok && r.Text != GoneText {
			u.Why = r.Text
		}
	}
	for _, row := range u.Line.Rows {
		if row.Kind != rowMessage || onlyCarried(&u.Line) {
			continue
		}
		m, ok, err := tx.FindMessage(row.ID)
		if err != nil {
			return err
		}
		if ok && m.Direction == Out && !slices.Contains(u.Recipients, m.Partner) {
			u.Recipients = append(u.Recipients, m.Partner)
		}
	}
	return nil
}
