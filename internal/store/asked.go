// SPDX-License-Identifier: Apache-2.0

package store

// This file finds what a board must show, whatever else there is: by indexes over
// that alone, and by what is known of messages that were read before.

import (
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/warning"
)

// askedIndexes find the cases in which a partner asks, and the drafts that one person
// released, among any number of others. That a member of a noun stands in its JSON is
// seen by its name: a text has no bare quotes.
const askedIndexes = `
CREATE INDEX records_asked ON records(at) WHERE ` + asksSomething + `;
CREATE INDEX records_exigent ON records(at) WHERE ` + isExigent + `;
`

const (
	asksSomething = `kind = 'case' AND instr(body, '"questions":[') > 0`
	isExigent     = `kind = 'draft' AND instr(body, '"exigent":{') > 0`
)

// AskedCases lists the cases in which a partner asks, and nobody has replied, the
// newest first.
func (tx *Tx) AskedCases() ([]Case, error) {
	asked, err := Cases.in(tx, "records_asked", asksSomething)
	return slices.DeleteFunc(asked, func(c Case) bool { return len(c.Questions) == 0 }), err
}

// ExigentDrafts lists the drafts that one person released and nobody has reviewed, the
// newest first.
func (tx *Tx) ExigentDrafts() ([]warning.Draft, error) {
	exigent, err := Drafts.in(tx, "records_exigent", isExigent)
	return slices.DeleteFunc(exigent, func(d warning.Draft) bool {
		return d.Stage != warning.Released || d.Exigent == nil || d.Exigent.ReviewedBy != ""
	}), err
}

// in lists the nouns of an index that holds no others, the newest first.
func (t Table[T]) in(tx *Tx, index, holds string) (nouns []T, err error) {
	err = tx.each(listIn(index, holds), nil, func(stmt *sqlite3.Stmt) (bool, error) {
		noun, err := t.read(stmt.ColumnRawBlob(0))
		nouns = append(nouns, noun)
		return err == nil, err
	})
	return nouns, err
}

// listIn names the index, which SQLite takes for larger than it is.
func listIn(index, holds string) string {
	return `SELECT body FROM records INDEXED BY ` + index + ` WHERE ` + holds + ` ORDER BY at DESC`
}

// maxWhys bounds of how many messages a session knows why they ask.
const maxWhys = 2048

// threadAsks says why what was said in a thread asks for a reason: as the first message
// says that does. What a message says never changes, so that each is read once, and
// not for every line of every list.
func (tx *Tx) threadAsks(thread, partner string) (why string, err error) {
	var said []string
	err = tx.each(`SELECT hash FROM messages WHERE thread = ? AND partner = ? AND payload IS NOT NULL ORDER BY at, seq`, []any{thread, partner},
		func(stmt *sqlite3.Stmt) (bool, error) {
			said = append(said, stmt.ColumnText(0))
			return true, nil
		})
	for _, hash := range said {
		if err != nil || why != "" {
			break
		}
		why, err = tx.messageAsks(hash)
	}
	return why, err
}

func (tx *Tx) messageAsks(hash string) (string, error) {
	if why, known := tx.session.whys[hash]; known {
		return why, nil
	}
	m, err := tx.Message(hash)
	if err != nil {
		return "", err
	}
	why, err := m.asks()
	if err != nil || m.Gone() {
		return why, err
	}
	if len(tx.session.whys) >= maxWhys {
		clear(tx.session.whys)
	}
	tx.session.whys[hash] = why
	return why, nil
}
