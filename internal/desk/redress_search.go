// SPDX-License-Identifier: Apache-2.0

package desk

// This file searches everything the node holds for a person.

import (
	"context"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// spelled are the names of a person as words that are compared: folded, so that
// case, accents, scripts that look alike and punctuation do not matter.
type spelled [][]string

func spellings(names []string) (all spelled) {
	for _, name := range names {
		if words := redact.Words(name); len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

// between is how many other words may stand among those of a name.
const between = 2

// in reports whether a text has all words of one of the names near one another, in
// any order.
func (s spelled) in(text string) bool {
	var words []string
	for _, name := range s {
		if words == nil {
			words = redact.Words(text)
		}
		if near(words, name) {
			return true
		}
	}
	return false
}

func near(words, name []string) bool {
	for i, word := range words {
		if !slices.Contains(name, word) {
			continue
		}
		span := words[i:min(i+len(name)+between, len(words))]
		if !slices.ContainsFunc(name, func(part string) bool { return !slices.Contains(span, part) }) {
			return true
		}
	}
	return false
}

// inJSON reports whether a text anywhere in a noun names the person. First and
// last name may stand in fields of their own, so that the fields of one object are
// also read as one text.
func (s spelled) inJSON(raw []byte) (bool, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return s.in(string(raw)), nil // what is no JSON is read as it is
	}
	return s.inValue(value), nil
}

func (s spelled) inValue(value any) bool {
	switch v := value.(type) {
	case string:
		return s.in(v)
	case []any:
		return slices.ContainsFunc(v, s.inValue)
	case map[string]any:
		joined := ""
		for _, field := range []string{"given_name", "first_name", "last_name", "family_name", "surname", "name"} {
			if text, is := v[field].(string); is {
				joined += text + " "
			}
		}
		if s.in(joined) {
			return true
		}
		for _, member := range v {
			if s.inValue(member) {
				return true
			}
		}
	}
	return false
}

func (s spelled) inNoun(noun any) (bool, error) {
	raw, err := json.Marshal(noun)
	if err != nil {
		return false, err
	}
	return s.inJSON(raw)
}

// HeldAbout are the ids of what is held about somebody, and of the messages of cases
// that are: what a request for redress found, by its id, or what a search for a name
// finds now. It is for whoever sees who read what.
func (d *Desk) HeldAbout(ctx context.Context, who caller.Caller, person string) (ids []string, err error) {
	err = d.store.Show(ctx, who, store.What{Act: caller.SeeReads, Note: "of a person"}, func(tx *store.Tx) error {
		var hits []store.RedressHit
		if strings.HasPrefix(person, "redress--") {
			r, err := store.Redresses.Get(tx, person)
			if err != nil {
				return err
			}
			hits = r.Hits
		} else if hits, err = search(tx, []string{person}); err != nil {
			return err
		}
		for _, hit := range hits {
			ids = append(ids, hit.ID)
			if hit.Kind != store.OfCase {
				continue
			}
			err := tx.EachEntry(hit.ID, hit.Partner, func(e store.Entry) (bool, error) {
				ids = append(ids, e.Hash)
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

// search finds all that speaks of a person, in an order of its own.
func search(tx *store.Tx, names []string) (hits []store.RedressHit, err error) {
	s := spellings(names)
	for _, part := range []func(*store.Tx, spelled) ([]store.RedressHit, error){searchSources, searchDrafts, searchCases, searchBeside, searchObjects} {
		found, err := part(tx, s)
		if err != nil {
			return nil, err
		}
		hits = append(hits, found...)
	}
	return hits, nil
}

func searchSources(tx *store.Tx, s spelled) (hits []store.RedressHit, err error) {
	sources, err := store.Sources.List(tx, 0)
	for _, source := range sources {
		if is, failed := s.inNoun(source); failed != nil {
			return nil, failed
		} else if is && source.Erased.IsZero() {
			hits = append(hits, store.RedressHit{Kind: store.OfSource, ID: source.ID})
		}
	}
	return hits, err
}

// searchDrafts finds drafts that have not left: what has left is found as a case,
// and its draft is erased with the last of its cases.
func searchDrafts(tx *store.Tx, s spelled) (hits []store.RedressHit, err error) {
	drafts, err := store.Drafts.List(tx, 0)
	for _, draft := range drafts {
		if len(draft.Sent) > 0 || !draft.Erased.IsZero() {
			continue
		}
		if is, failed := s.inNoun(draft); failed != nil {
			return nil, failed
		} else if is {
			hits = append(hits, store.RedressHit{Kind: store.OfDraft, ID: draft.ID})
		}
	}
	return hits, err
}

func searchCases(tx *store.Tx, s spelled) (hits []store.RedressHit, err error) {
	cases, err := store.Cases.List(tx, 0)
	if err != nil {
		return nil, err
	}
	here := func(e store.Entry) bool { return e.Bytes > 0 }
	for _, c := range cases {
		err := tx.EachText(c.ID, c.Partner, here, func(m *store.Message) (bool, error) {
			is, err := s.inJSON(m.Payload)
			if is {
				hits = append(hits, store.RedressHit{Kind: store.OfCase, ID: c.ID, Partner: c.Partner, Ours: c.Ours})
			}
			return !is, err
		})
		if err != nil {
			return nil, err
		}
	}
	return hits, nil
}

// searchBeside finds what stands beside reports and cases: people see to it by hand.
func searchBeside(tx *store.Tx, s spelled) (hits []store.RedressHit, err error) {
	duties, err := store.Duties.List(tx, 0)
	if err != nil {
		return nil, err
	}
	inquiries, err := store.Inquiries.List(tx, 0)
	if err != nil {
		return nil, err
	}
	statements, err := store.Statements.List(tx, 0)
	if err != nil {
		return nil, err
	}
	beside := func(kind, id, partner string, noun any) error {
		is, err := s.inNoun(noun)
		if err == nil && is {
			hits = append(hits, store.RedressHit{Kind: kind, ID: id, Partner: partner})
		}
		return err
	}
	for _, d := range duties {
		if err := beside("duty", d.ID, d.Partner, d); err != nil {
			return nil, err
		}
	}
	for _, q := range inquiries {
		if err := beside("inquiry", q.Inquiry.ID, q.Partner, q); err != nil {
			return nil, err
		}
	}
	for _, statement := range statements {
		if err := beside("statement", statement.ID, statement.Theirs, statement); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

func searchObjects(tx *store.Tx, s spelled) (hits []store.RedressHit, err error) {
	collections, err := store.Collections.List(tx, 0)
	if err != nil {
		return nil, err
	}
	ids := []string{store.Received}
	for _, c := range collections {
		ids = append(ids, c.ID)
	}
	found := make(map[string]bool)
	for _, id := range ids {
		err := tx.EachObject(store.ObjectQuery{Collection: id, AllVersions: true}, func(f *store.Found) (bool, error) {
			is, err := s.inJSON(slices.Clone(f.Body()))
			if err == nil && is && !found[f.ID()] {
				found[f.ID()] = true
				hits = append(hits, store.RedressHit{Kind: "object", ID: f.ID()})
			}
			return true, err
		})
		if err != nil {
			return nil, err
		}
	}
	return hits, nil
}
