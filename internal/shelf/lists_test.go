// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests that lists show no word of what asks for a reason.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// in keeps a case of ours, a recall of what was sent in it, with its answer, and a
// statement about it that ann wrote.
func (r *room) in(id string, label handling.TLP) {
	r.change(caller.Compose, func(tx *store.Tx) error {
		if err := store.Cases.Put(tx, id, store.Case{ID: id, Partner: "bravo", Ours: true, Title: "The lighthouse", TLP: string(label), Opened: tx.Now}); err != nil {
			return err
		}
		s := warning.Statement{ID: "statement" + strings.TrimPrefix(id, "warning"), Case: id, Event: "lighthouse", Headline: "The lighthouse", Text: "The lighthouse is dark.", Instruction: "Keep off the lighthouse.",
			Areas: []string{"lighthouse"}, Links: []string{"https://lighthouse.example.org"}, WrittenBy: "ann", WrittenAt: tx.Now}
		if err := store.Statements.Put(tx, s.ID, s); err != nil {
			return err
		}
		recall := warning.Recall{ID: "recall" + strings.TrimPrefix(id, "warning"), Case: id, Ask: warning.AskStop, Reason: "The lighthouse was never in danger.", At: tx.Now}
		return store.Recalls.Put(tx, store.RecallID("bravo", true, recall.ID), store.Recall{Recall: recall, Partner: "bravo", Ours: true,
			Answer: &warning.RecallAnswer{Recall: recall.ID, Answer: warning.RefusedRecall, Reason: "The lighthouse is.", PassedOn: []string{"lighthouse keepers"}}})
	})
}

// The title of a report that is TLP:RED or names somebody is shown to its author
// alone; whoever opens it says why.
func TestAListOfReportsShowsNothingThatAsks(t *testing.T) {
	r := newRoom(t)
	r.report("source--1", warning.CriticalInfrastructure)
	for who, want := range map[string]string{"ann": "The harbour", "rob": "this is TLP:RED: open the report", "olga": "this is TLP:RED: open the report"} {
		role := map[string]caller.Role{"ann": caller.Analyst, "rob": caller.Releaser, "olga": caller.Overseer}[who]
		list, err := r.shelf.Sources(t.Context(), named(who, role))
		if err != nil || len(list) != 1 || list[0].Title != want || list[0].Handling.TLP != handling.Red {
			t.Errorf("%s is shown %+v, %v", who, list, err)
		}
	}
	r.change(caller.DecideRedress, func(tx *store.Tx) error { return tx.Restrict("source--1", "redress--1") })
	if list, err := r.shelf.Sources(t.Context(), named("ann", caller.Analyst)); err != nil || len(list) != 1 || list[0].Title != "restricted" {
		t.Errorf("restricted, its author is shown %+v, %v", list, err)
	}
}

// A statement that is not cleared is read in its case, where that asks for a reason or
// is restricted; so is why a recall was asked and what was answered. Once cleared, a
// statement is public.
func TestListsOfWhatIsSaidInACase(t *testing.T) {
	r := newRoom(t)
	ann, rob, olga := named("ann", caller.Analyst), named("rob", caller.Releaser), named("olga", caller.Overseer)
	shown := func(who caller.Caller) (statement, recall string) {
		statements, err := r.shelf.Statements(t.Context(), who)
		if err != nil || len(statements) != 1 {
			t.Fatalf("%s: %+v, %v", who.Name, statements, err)
		}
		recalls, err := r.shelf.Recalls(t.Context(), who, true)
		if err != nil || len(recalls) != 1 {
			t.Fatalf("%s: %+v, %v", who.Name, recalls, err)
		}
		statement, recall = statements[0].Headline, recalls[0].Reason
		if hidden := statement != "The lighthouse"; hidden == says(t, statements) {
			t.Errorf("%s is shown %+v", who.Name, statements)
		}
		if hidden := recall != "The lighthouse was never in danger."; hidden == says(t, recalls) {
			t.Errorf("%s is shown %+v", who.Name, recalls)
		}
		return statement, recall
	}
	expect := func(what string, who caller.Caller, hidden string, ofStatement bool) {
		t.Helper()
		statement, recall := shown(who)
		if hidden == "" && recall != "The lighthouse was never in danger." || hidden != "" && recall != hidden {
			t.Errorf("%s: of the recall %s is shown %q", what, who.Name, recall)
		}
		if ofStatement && statement != hidden || !ofStatement && statement != "The lighthouse" {
			t.Errorf("%s: of the statement %s is shown %q", what, who.Name, statement)
		}
	}
	r.in("warning--1", handling.Amber)
	expect("TLP:AMBER", rob, "", false)
	r.in("warning--1", handling.Red)
	expect("TLP:RED", rob, "this is TLP:RED: open the case", true)
	expect("TLP:RED", olga, "this is TLP:RED: open the case", true)
	expect("TLP:RED, its author", ann, "this is TLP:RED: open the case", false)
	r.change(caller.DecideRedress, func(tx *store.Tx) error { return tx.Restrict("warning--1", "redress--1") })
	expect("restricted", rob, "restricted", true)
	expect("restricted, its author", ann, "restricted", true)
	r.change(caller.ClearStatement, func(tx *store.Tx) error {
		s, err := store.Statements.Get(tx, "statement--1")
		if err != nil {
			return err
		}
		s.ClearedBy, s.ClearedAt, s.TLP = "rob", tx.Now, handling.Clear
		return store.Statements.Put(tx, s.ID, s)
	})
	expect("cleared", rob, "restricted", false)
}
