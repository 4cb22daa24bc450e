// SPDX-License-Identifier: Apache-2.0

package redact

// This file holds the leak check turned round: what would leave is short, and is
// prepared, and everything that is held here is read past it.

import (
	"regexp"
	"slices"
	"strings"
)

// Among so many texts chance finds more: it takes longer runs and identifiers.
const (
	quoteRun        = 8
	quoteIdentifier = 6
)

// publicForm are identifiers that everybody uses for the same public thing.
var publicForm = regexp.MustCompile(`\b(?:cve-\d{4}-\d{4,}|(?:cwe|capec)-\d+|covid-19)\b`)

// Quotes finds what a text that would leave has in common with texts that are
// held here.
type Quotes struct {
	guard *Guard
	said  []string
	named bool // names of persons count
}

// NewQuotes prepares the texts that would leave. Found are eight words in a row,
// identifiers of six letters and digits or more, coordinates and, with names, names
// of persons, in whatever way [Leaks] finds them and in whatever code the text that
// leaves is written. What was said already is no quote, nor are names that stand in
// an open text.
func NewQuotes(release []NamedText, names bool, said, open []string) *Quotes {
	q := &Quotes{guard: empty(), said: said, named: names}
	for _, field := range release {
		q.take(field)
		for _, view := range views(field.Text) {
			q.take(NamedText{field.Name, view.text})
		}
	}
	for _, text := range slices.Concat(said, open) {
		q.guard.names.open(text)
	}
	return q
}

func (q *Quotes) take(field NamedText) {
	g := q.guard
	g.foreign = g.foreign || !ascii(field.Text)
	flat := fold(field.Text, false)
	var ids []pattern
	for _, id := range identifiers(publicForm.ReplaceAllString(flat.text, " ")) {
		if len(id.letters) >= quoteIdentifier {
			ids = append(ids, id)
		}
	}
	g.repeats(field, flat, ids, runsOf(flat, quoteRun))
	g.places(field.Name, flat)
	if q.named {
		g.names.add(field)
	}
}

// In are the fields of what would leave that say something of a text held here,
// each once for a rule. The words are those of the text that is held.
func (q *Quotes) In(held string) (found []Leak) {
	seen := make(map[string]bool)
	for _, leak := range Unsaid(q.guard.plain(NamedText{Text: held}), q.said) {
		if key := string(leak.Rule) + " " + leak.Source; !seen[key] {
			seen[key] = true
			found = append(found, Leak{Rule: leak.Rule, Field: leak.Source, Words: strings.TrimSpace(leak.Words)})
		}
	}
	return found
}

// Nothing reports whether there is nothing to look for.
func (q *Quotes) Nothing() bool {
	g := q.guard
	return g.fine.empty() && g.coarse.empty() && len(g.points)+len(g.grids) == 0 && g.names.empty()
}

func (r repeats) empty() bool { return r.words.empty() && r.identifiers.empty() }
