// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what we say in public, and the partner's account beside it.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// WriteStatement keeps a statement. Nobody outside sees it before it is
// cleared. With Theirs set it is the partner's published account, kept beside
// ours and never shown on our public page. Ours must not give away its case: see
// harmless.
func (d *Desk) WriteStatement(ctx context.Context, who caller.Caller, statement warning.Statement) (warning.Statement, error) {
	what := store.What{Act: caller.WriteStatement, Subject: statement.Case}
	if err := d.quotesNothing(ctx, who, what, func(*store.Tx) (warning.Statement, error) { return statement, nil }); err != nil {
		return statement, err
	}
	err := d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if statement.Case != "" {
			if _, err := store.Cases.Get(tx, statement.Case); err != nil {
				return err
			}
		}
		if statement.Theirs != "" {
			if _, err := store.Channels.Get(tx, statement.Theirs); err != nil {
				return err
			}
		}
		statement.ID, statement.WrittenBy, statement.WrittenAt = newID("statement"), who.Name, tx.Now
		statement.ClearedBy, statement.ClearedAt, statement.TLP, statement.As = "", time.Time{}, "", ""
		if statement.Language == "" {
			statement.Language = "en"
		}
		if err := statement.Validate(); err != nil {
			return problem.Incomplete("the statement is not complete", err)
		}
		if err := harmless(tx, &statement); err != nil {
			return err
		}
		return store.Statements.Put(tx, statement.ID, statement)
	})
	return statement, err
}

// ClearStatement makes our own statement public. It must be another person
// than its author, who says as what it was shown ([warning.Statement.Seen]): if that
// is not what is kept, it is a Conflict. It is held against its case once more.
func (d *Desk) ClearStatement(ctx context.Context, who caller.Caller, id, seen string) (statement warning.Statement, err error) {
	what := store.What{Act: caller.ClearStatement, Subject: id}
	err = d.quotesNothing(ctx, who, what, func(tx *store.Tx) (warning.Statement, error) { return store.Statements.Get(tx, id) })
	if err != nil {
		return statement, err
	}
	err = d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if statement, err = store.Statements.Get(tx, id); err != nil {
			return err
		}
		switch {
		case statement.Theirs != "":
			return problem.New(problem.Denied, "", "this is %s's account: we do not publish it", statement.Theirs)
		case statement.ClearedBy != "":
			return problem.New(problem.Conflict, "", "this statement was cleared by %s", statement.ClearedBy)
		case statement.WrittenBy == who.Name:
			return problem.New(problem.Denied, "ask another releaser", "a statement is cleared by another person than its author")
		case seen == "" || seen != statement.Seen():
			return problem.New(problem.Conflict, "read it (tocsin statement show "+id+"), and say the hash it shows with --seen", "this statement is not what you read")
		}
		if may, err := tx.StillMay(statement.WrittenBy, caller.WriteStatement); err != nil {
			return err
		} else if !may {
			return problem.New(problem.Conflict, "write it anew: two people answer for what is public", "%s, who wrote it, no longer writes statements here", statement.WrittenBy)
		}
		if err := harmless(tx, &statement); err != nil {
			return err
		}
		statement.ClearedBy, statement.ClearedAt, statement.TLP = who.Name, tx.Now, handling.Clear
		rules, err := d.rules.Rules(tx)
		if err != nil {
			return err
		}
		said := rules.MayPublish(policy.Public{ID: statement.ID, Label: statement.TLP, Cleared: statement.ClearedBy != "", Theirs: statement.Theirs != ""})
		if !said.Allowed {
			return problem.New(problem.Denied, "see tocsin policy show", "the policy does not let it be public: %s", said.Reason.Text).With("rule " + string(said.Reason.Rule))
		}
		return store.Statements.Put(tx, id, statement)
	})
	return statement, err
}

// harmless refuses a statement of ours that gives away what it was written from:
// the id of its case, everything that our warnings in it rest on, and what the
// partner told us, unless that was as TLP:CLEAR. Characters that nobody sees are
// refused in any.
func harmless(tx *store.Tx, s *warning.Statement) error {
	if s.Theirs != "" {
		return nil // it is their account, and not published here
	}
	release := publicTexts(s)
	drafts, sources, err := behind(tx, s.Case)
	if err != nil {
		return err
	}
	_, own, _ := strings.Cut(s.Case, "--")
	leaks := append(redact.Leaks(release, nil, []string{own}), policy.Leaks(release, drafts, sources...)...)
	return givesAway(leaks)
}

func publicTexts(s *warning.Statement) []redact.NamedText {
	release := []redact.NamedText{
		{Name: "headline", Text: s.Headline}, {Name: "text", Text: s.Text}, {Name: "instruction", Text: s.Instruction}, {Name: "event", Text: s.Event},
	}
	for _, area := range s.Areas {
		release = append(release, redact.NamedText{Name: "areas", Text: area})
	}
	for _, link := range s.Links {
		release = append(release, redact.NamedText{Name: "links", Text: link})
	}
	return release
}

// quotesNothing refuses a statement of ours that quotes anything that is held here,
// whether it names its case or not. Names of persons are for whoever clears it.
func (d *Desk) quotesNothing(ctx context.Context, who caller.Caller, what store.What, find func(*store.Tx) (warning.Statement, error)) error {
	var statement warning.Statement
	var held []warning.Source
	err := d.store.Glance(ctx, who, what, func(tx *store.Tx) (err error) {
		if statement, err = find(tx); err == nil && statement.Theirs == "" {
			held, err = tx.Held()
		}
		return err
	})
	if err != nil || statement.Theirs != "" {
		return err
	}
	return givesAway(policy.Aside{Texts: publicTexts(&statement)}.Quotes(held))
}

// givesAway is the refusal of a statement that leaks; nil if there is no leak.
func givesAway(leaks []redact.Leak) error {
	if len(leaks) == 0 {
		return nil
	}
	refusal := problem.New(problem.Invalid, "say it in other words, less exactly", "this statement gives away what it was written from")
	for _, leak := range leaks {
		refusal.With(leak.Field + " repeats " + leak.Source + " (" + string(leak.Rule) + "): “" + leak.Words + "”")
	}
	return refusal
}

// behind is what a case was written from: the drafts of our warning, everything
// they rest on, and what the partner told us.
func behind(tx *store.Tx, id string) ([]*warning.Draft, []*warning.Source, error) {
	if id == "" {
		return nil, nil, nil
	}
	c, err := store.Cases.Get(tx, id)
	if err != nil {
		return nil, nil, err
	}
	var drafts []*warning.Draft
	for _, id := range append([]string{c.Draft}, c.Corrections...) {
		draft, ok, err := store.Drafts.Find(tx, id)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			drafts = append(drafts, &draft)
		}
	}
	behind, err := tx.BehindCase(&c)
	var sources []*warning.Source
	for _, source := range append(behind.Given, behind.Beside...) {
		if source.Origin == "" || source.Handling.TLP != handling.Clear {
			sources = append(sources, &source)
		}
	}
	return drafts, sources, err
}
