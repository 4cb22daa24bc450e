// SPDX-License-Identifier: Apache-2.0

package redact

// This file guards what a release leaves out of what it was made of, for the one
// who does not get it.

import "strings"

// Left is what a release leaves out.
type Left struct {
	// Names are names of persons: two words of one side by side, and each word of
	// one that is long enough to be told from others, where it has a capital.
	Names []NamedText
	// Values are names of things, addresses, patterns and the like: found whole, and
	// by the identifiers in them.
	Values []NamedText
	// Prose is what was written: five words in a row, identifiers and coordinates.
	Prose []NamedText
}

// NewLeft guards what is left out. Names that stand in an open text may be said.
// Times are not compared: those of objects are what machines wrote.
func NewLeft(left Left, open ...string) *Guard {
	g := empty()
	for _, field := range left.Names {
		g.foreign = g.foreign || !ascii(field.Text)
		flat := fold(field.Text, false)
		ids := identifiers(flat.text)
		if len(tokens(field.Text)) > 1 {
			ids = append(ids, phrase(flat))
		}
		g.repeats(field, flat, ids, runs(flat))
		g.names.person(field)
	}
	for _, field := range left.Values {
		g.foreign = g.foreign || !ascii(field.Text)
		flat := fold(field.Text, false)
		ids := identifiers(flat.text)
		switch words := chunks(flat.text); {
		case len(words) == 1:
			g.names.single(strings.TrimSpace(field.Text), field.Name) // a common word has no capital
		case len(words) > 1 && len(bare(flat.text)) >= shortestValue:
			ids = append(ids, phrase(flat))
		}
		g.repeats(field, flat, ids, runs(flat))
	}
	for _, field := range left.Prose {
		g.foreign = g.foreign || !ascii(field.Text)
		flat := fold(field.Text, false)
		g.repeats(field, flat, identifiers(flat.text), runs(flat))
		g.places(field.Name, flat)
	}
	for _, text := range open {
		g.names.open(text)
	}
	return g
}

// shortestValue is how many letters a value of several words has that is found
// whole: a shorter one stands in many texts by chance.
const shortestValue = 6

// Unsaid are the leaks whose words stand in none of the open texts: what is said
// openly is no secret.
func Unsaid(leaks []Leak, open []string) []Leak {
	if len(leaks) == 0 {
		return nil
	}
	said := make([]string, len(open))
	for i, text := range open {
		said[i] = bare(foldText(text))
	}
	var unsaid []Leak
next:
	for _, leak := range leaks {
		words := bare(foldText(leak.Words))
		for _, text := range said {
			if words != "" && strings.Contains(text, words) {
				continue next
			}
		}
		unsaid = append(unsaid, leak)
	}
	return unsaid
}
