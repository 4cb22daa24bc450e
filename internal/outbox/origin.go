// SPDX-License-Identifier: Apache-2.0

package outbox

// This file says where what we speak of came from.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// factsOf says where the draft's source and objects came from, and what else it
// is about. Those who release have read the handling note: it stands in the
// preview whose hash they release.
func factsOf(tx *store.Tx, draft *warning.Draft) (policy.Facts, *warning.Source, error) {
	facts := policy.Own(draft)
	facts.NoteRead = true
	givers, err := tx.Givers(slices.Collect(maps.Keys(facts.Objects)))
	if err != nil {
		return facts, nil, err
	}
	for id, all := range givers {
		facts.Objects[id] = strictest(all)
	}
	recalled, err := tx.Recalled(draft.Objects)
	if err != nil {
		return facts, nil, err
	}
	for id, mark := range recalled {
		from := facts.Objects[id]
		from.Recalled = recallOf(mark)
		facts.Objects[id] = from
	}
	if facts.Naming, err = naming(tx, draft); err != nil {
		return facts, nil, err
	}
	behind, err := tx.BehindDraft(draft)
	if err != nil {
		return facts, nil, err
	}
	facts.Given, facts.Beside = behind.Given, behind.Beside
	if err := permitted(tx, draft, &facts); err != nil {
		return facts, nil, err
	}
	var source *warning.Source
	if draft.Source != "" {
		kept, err := store.Sources.Get(tx, draft.Source)
		if err != nil {
			return facts, nil, err
		}
		if kept.Erased.IsZero() { // else nothing can be held against it any more: the draft stays
			source = &kept
		}
	}
	return facts, source, readNotes(tx, &facts, source)
}

// recallOf says in words who recalled an object, and when.
func recallOf(mark store.RecalledObject) string {
	text := fmt.Sprintf("%s recalled it, and it was destroyed here on %s", mark.Partner, mark.At.UTC().Format("2006-01-02"))
	if mark.Recall != "" {
		text += " (" + mark.Recall + ")"
	}
	return text
}

// unrecalled refuses a draft with a copy of what a partner recalled: it is nobody's
// own.
func unrecalled(facts policy.Facts) error {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(facts.Objects)) {
		if text := facts.Objects[id].Recalled; text != "" {
			all = append(all, id+": "+text)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, "leave it out, or ask the partner for it anew; what you have seen for yourselves, write down as an object of your own",
		"an attached object is a copy of what a partner recalled").With(all...)
}

// readNotes says which notes of partners that the draft hangs on were read here.
func readNotes(tx *store.Tx, facts *policy.Facts, source *warning.Source) error {
	all := slices.Collect(maps.Values(facts.Objects))
	if source != nil {
		all = append(all, policy.Provenance{Partner: source.Origin, Handling: source.Handling})
	}
	for _, given := range facts.Given {
		all = append(all, policy.Provenance{Partner: given.Origin, Handling: given.Handling})
	}
	facts.Read = make(map[string]bool)
	for _, from := range all {
		note := from.Handling.NoteID()
		if note == "" || from.Partner == "" {
			continue
		}
		_, read, err := tx.NoteRead(from.Partner, note)
		if err != nil {
			return err
		}
		facts.Read[policy.ReadKey(from.Partner, note)] = read
	}
	return nil
}

// strictest is one provenance for everything that was given under one id: the
// narrowest label with every code and caveat. What several partners gave is no
// single one's, and goes back to none of them as its own.
func strictest(all []store.Given) policy.Provenance {
	var from policy.Provenance
	var partners, notes []string
	known := true
	for i, given := range all {
		h := given.Handling
		partners = append(partners, given.Partner)
		known = known && h.Validate() == nil
		if i == 0 || h.TLP.Rank() > from.Handling.TLP.Rank() {
			from.Handling.TLP = h.TLP
		}
		if h.PAP.Rank() > from.Handling.PAP.Rank() {
			from.Handling.PAP = h.PAP
		}
		from.Handling.Codes = append(from.Handling.Codes, h.Codes...)
		from.Handling.Caveats = append(from.Handling.Caveats, h.Caveats...)
		notes = append(notes, h.Note)
	}
	if !known {
		from.Handling = handling.Handling{} // one of them is for nobody
	}
	from.Partner = strings.Join(distinct(partners), ", ")
	from.Handling.Codes, from.Handling.Caveats = distinct(from.Handling.Codes), distinct(from.Handling.Caveats)
	if known {
		from.Handling.Note = strings.Join(distinct(notes), " ")
	}
	return from
}

func distinct[Word ~string](words []Word) []Word {
	words = slices.DeleteFunc(slices.Sorted(slices.Values(words)), func(word Word) bool { return word == "" })
	return slices.Compact(words)
}
