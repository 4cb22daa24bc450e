// SPDX-License-Identifier: Apache-2.0

package store

// This file gathers what a draft or a case was made of: source reports of ours,
// and what partners told us.

import (
	"maps"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Behind is what a draft or a case was made of.
type Behind struct {
	// Given are source reports, and what partners warned us of. What is no longer
	// here to be read is handled for nobody.
	Given []warning.Source
	// Beside is what partners said in those cases beside their warnings.
	Beside []warning.Source

	seen map[string]bool // subjects, cases and drafts
}

// BehindDraft is what a draft rests on beside its own source report: what the duty
// it answers is about, and of a correction the sources and duties of every version
// before it, whatever the correction says of its own.
func (tx *Tx) BehindDraft(draft *warning.Draft) (*Behind, error) {
	b := &Behind{seen: map[string]bool{draft.ID: true, draft.Source: true}}
	if err := tx.behindDuty(b, draft); err != nil {
		return b, err
	}
	for _, name := range slices.Sorted(maps.Keys(draft.Corrects)) {
		c, ok, err := Cases.Find(tx, draft.Corrects[name])
		if err == nil && ok {
			err = tx.behindCase(b, &c)
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// BehindCase is what a case was made of, ours or a partner's.
func (tx *Tx) BehindCase(c *Case) (*Behind, error) {
	b := &Behind{seen: make(map[string]bool)}
	return b, tx.behindCase(b, c)
}

// again reports whether a thing was gathered already; none has the empty name.
func (b *Behind) again(id string) bool {
	before := b.seen[id] || id == ""
	b.seen[id] = true
	return before
}

// behindDuty gathers what the duty was about that a draft answers when its text was
// written; of a draft that an older program kept, what it is about now.
func (tx *Tx) behindDuty(b *Behind, draft *warning.Draft) error {
	if draft.Duty == "" {
		return nil
	}
	duty, err := Duties.Get(tx, draft.Duty)
	if err != nil {
		return err
	}
	for _, subject := range duty.Subjects() { // several, of a duty that gathers
		if len(draft.About) > 0 && !slices.Contains(draft.About, subject) {
			continue
		}
		if err := tx.behindSubject(b, subject); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) behindSubject(b *Behind, id string) error {
	if b.seen[id] {
		return nil
	}
	c, ok, err := Cases.Find(tx, id)
	switch {
	case err != nil:
		return err
	case ok:
		return tx.behindCase(b, &c)
	case strings.HasPrefix(id, "warning--"):
		b.seen[id] = true
		b.Given = append(b.Given, warning.Source{ID: id, Origin: "?"}) // whose it was is not known here: for nobody
		return nil
	}
	return tx.behindSource(b, id)
}

func (tx *Tx) behindSource(b *Behind, id string) error {
	if b.again(id) {
		return nil
	}
	source, ok, err := Sources.Find(tx, id)
	if ok {
		b.Given = append(b.Given, source)
	}
	return err
}

func (tx *Tx) behindCase(b *Behind, c *Case) error {
	if b.again(c.ID) {
		return nil
	}
	if err := tx.heardIn(b, c); err != nil || !c.Ours {
		return err
	}
	for _, id := range append([]string{c.Draft}, c.Corrections...) {
		if b.again(id) {
			continue
		}
		draft, ok, err := Drafts.Find(tx, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := tx.behindSource(b, draft.Source); err != nil {
			return err
		}
		if err := tx.behindDuty(b, &draft); err != nil {
			return err
		}
	}
	return nil
}

// heardIn gathers what the partner of a case told us in it: each version of its
// warning with its own handling, and what it said besides.
func (tx *Tx) heardIn(b *Behind, c *Case) error {
	warned := false
	err := tx.eachInThread(c.ID, c.Partner, func(m Message) error {
		if m.Direction != In {
			return nil
		}
		if m.Kind == envelope.Warning || m.Kind == envelope.Update {
			b.Given, warned = append(b.Given, toldBy(&m, c)), true
		} else if said, ok := saidIn(&m); ok {
			b.Beside = append(b.Beside, said)
		}
		return nil
	})
	if err == nil && !warned && !c.Ours {
		b.Given = append(b.Given, warning.Source{ID: c.ID, Origin: c.Partner})
	}
	return err
}

// toldBy is a version of a partner's warning. One that cannot be read, or whose
// text is no longer kept, has nothing but its id.
func toldBy(m *Message, c *Case) warning.Source {
	told := warning.Source{Origin: c.Partner}
	if m.Kind == envelope.Update {
		var u warning.Update
		if warning.Read(m.Payload, &u) == nil {
			told = warning.FromPartner(&u.Warning, c.Partner)
			told.Fields = warning.Said(&u)
		}
	} else {
		var w warning.Warning
		if warning.Read(m.Payload, &w) == nil {
			told = warning.FromPartner(&w, c.Partner)
		}
	}
	told.ID, told.Version = c.ID, m.Hash
	return told
}

// saidIn is what a partner said in free words in a message that is no warning. An
// outcome that may be made public is for everybody.
func saidIn(m *Message) (said warning.Source, ok bool) {
	payload, err := warning.Decode(m.Kind, m.Payload)
	if err != nil {
		return said, false
	}
	said = warning.Source{ID: m.Thread, Origin: m.Partner, Fields: warning.Said(payload)}
	switch p := payload.(type) {
	case *warning.Reply:
		said.Handling = p.Handling
	case *warning.Outcome:
		if p.Public == "yes" {
			said.Handling.TLP = handling.Clear
		}
	}
	return said, len(said.Fields) > 0
}

// How much is held against what leaves beside a warning: the newest of it.
const (
	MostReports  = 1000
	MostMessages = 1000
	mostHeld     = 4 << 20 // bytes of text
)

// newestTold says its direction itself, so that the index of just these rows serves it.
const newestTold = `SELECT ` + messageColumns + ` FROM messages WHERE direction = 'in' AND payload IS NOT NULL ORDER BY rowid DESC LIMIT ?`

// Held are the newest source reports and the newest messages of partners that are
// here and not erased, as far as [MostReports], [MostMessages] and 4 MiB of text go.
func (tx *Tx) Held() (all []warning.Source, err error) {
	size := 0
	keep := func(source warning.Source) bool {
		size += len(source.Title)
		for _, field := range source.Fields {
			size += len(field.Text)
		}
		all = append(all, source)
		return size < mostHeld/2
	}
	reports, err := Sources.List(tx, MostReports)
	if err != nil {
		return nil, err
	}
	for _, report := range reports {
		if report.Erased.IsZero() && !keep(report) {
			break
		}
	}
	size = 0
	err = tx.each(newestTold, []any{int64(MostMessages)}, func(stmt *sqlite3.Stmt) (bool, error) {
		m := scanMessage(stmt)
		if m.Kind == envelope.Warning || m.Kind == envelope.Update {
			return keep(toldBy(&m, &Case{ID: m.Thread, Partner: m.Partner})), nil
		}
		if said, ok := saidIn(&m); ok {
			return keep(said), nil
		}
		return true, nil
	})
	return all, err
}
