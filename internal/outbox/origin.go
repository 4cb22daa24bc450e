// SPDX-License-Identifier: Apache-2.0

package outbox

// This file says where what we speak of came from.

import (
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
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
	if facts.Naming, err = naming(tx, draft); err != nil {
		return facts, nil, err
	}
	if facts.Given, err = about(tx, draft); err != nil {
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

// about is what the duty that the draft answers is about, unless it is the
// draft's own source: a source report, or what a partner warned us of.
func about(tx *store.Tx, draft *warning.Draft) ([]warning.Source, error) {
	if draft.Duty == "" {
		return nil, nil
	}
	duty, err := store.Duties.Get(tx, draft.Duty)
	if err != nil || duty.Subject == "" || duty.Subject == draft.Source {
		return nil, err
	}
	if source, ok, err := store.Sources.Find(tx, duty.Subject); err != nil || ok {
		return []warning.Source{source}, err
	}
	c, ok, err := store.Cases.Find(tx, duty.Subject)
	switch {
	case err != nil:
		return nil, err
	case ok && c.Ours:
		return sourceOf(tx, &c)
	case ok:
		return warned(tx, &c)
	case strings.HasPrefix(duty.Subject, "warning--"):
		return []warning.Source{{ID: duty.Subject, Origin: "?"}}, nil // whose it was is not known here: for nobody
	}
	return nil, nil
}

// sourceOf is the source of the warning that opened a case of ours.
func sourceOf(tx *store.Tx, c *store.Case) ([]warning.Source, error) {
	draft, err := store.Drafts.Get(tx, c.Draft)
	if err != nil || draft.Source == "" {
		return nil, err
	}
	source, err := store.Sources.Get(tx, draft.Source)
	return []warning.Source{source}, err
}

// warned is what a partner warned us of under a case. What is no longer here to
// be read is handled for nobody.
func warned(tx *store.Tx, c *store.Case) ([]warning.Source, error) {
	warnings, err := tx.Warned(c)
	if err != nil || len(warnings) == 0 {
		return []warning.Source{{ID: c.ID, Origin: c.Partner}}, err
	}
	var all []warning.Source
	for _, w := range warnings {
		all = append(all, policy.FromPartner(&w, c.Partner))
	}
	return all, nil
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
