// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds what leaves beside a warning against everything that is held
// here.

import (
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Aside is a text that leaves beside a warning: a question, an answer, a pledge.
type Aside struct {
	To    string // a partner; empty for everybody
	Texts []redact.NamedText
	// Open are names that it may say: whom it asks about, or whom it is for.
	Open []string
	// Said is what its receiver has from us already.
	Said []string
	// Names says that names of persons count.
	Names bool
}

// Quotes finds what an aside repeats of reports and of what partners told us, in
// held, and characters that nobody sees. What its receiver told us itself, and what was told to everybody, may be
// said. Whose text it is that is repeated stays home.
func (a Aside) Quotes(held []warning.Source) (found []redact.Leak) {
	said, open := slices.Clone(a.Said), slices.Clone(a.Open)
	for i := range held {
		if own := &held[i]; a.To != "" && own.Origin == a.To {
			said = append(said, own.Target.Name, own.Target.Place.String())
			for _, field := range own.Fields {
				said = append(said, field.Text)
			}
		}
	}
	found = redact.Leaks(a.Texts, nil, nil) // characters that nobody sees
	found = append(found, a.references(held)...)
	quotes := redact.NewQuotes(a.Texts, a.Names, said, open)
	if quotes.Nothing() {
		return found
	}
	for i := range held {
		source := &held[i]
		if a.To != "" && source.Origin == a.To || source.Origin != "" && source.Handling.TLP == handling.Clear {
			continue
		}
		from := "a source report of ours"
		if source.Origin != "" {
			from = "what another partner told us"
		}
		for _, field := range append(source.Sensitive(), warning.Field{Text: source.Title}) {
			for _, leak := range quotes.In(field.Text) {
				leak.Source = from
				if found = append(found, leak); len(found) >= maxQuotes {
					return found
				}
			}
		}
	}
	return found
}

// maxQuotes is how many are told: the first is enough to stop the text.
const maxQuotes = 10

// shortestReference is how many letters and digits a reference has that is looked
// for among everything that is held.
const shortestReference = 6

// references finds the references of our reports, however they are spaced.
func (a Aside) references(held []warning.Source) []redact.Leak {
	var all []string
	for i := range held {
		if held[i].Origin != "" {
			continue
		}
		for _, text := range references(&held[i]) {
			if len(strings.Join(redact.Words(text), "")) >= shortestReference {
				all = append(all, text)
			}
		}
	}
	found := redact.Unsaid(redact.Leaks(a.Texts, nil, all), append(slices.Clone(a.Said), a.Open...))
	return slices.DeleteFunc(found, func(leak redact.Leak) bool { return leak.Rule == redact.LeakHidden })
}
