// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file reads statements that wait to be cleared.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Who may clear a statement is shown its hash with its words, and never without them.
// What the list does not say is opened with a reason, as its case is.
func TestAStatementIsReadAsItsCase(t *testing.T) {
	r := newRoom(t)
	ann, rob := named("ann", caller.Analyst), named("rob", caller.Releaser)
	const id, of = "statement--1", "warning--1"
	r.change(caller.SignTerms, func(tx *store.Tx) error {
		return store.Channels.Put(tx, "bravo", partner.Channel{Name: "bravo", State: partner.Active})
	})
	listed := func(who caller.Caller) warning.Statement {
		t.Helper()
		list, err := r.shelf.Statements(t.Context(), who)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list[0]
	}
	whole := func(s warning.Statement, err error) bool {
		return err == nil && s.Text == "The lighthouse is dark." && s.As != "" && s.As == s.Seen()
	}
	r.in(of, handling.Amber)
	if s := listed(rob); !whole(s, nil) {
		t.Errorf("TLP:AMBER: the list says %+v", s)
	}
	r.in(of, handling.Red)
	if s := listed(rob); s.Text != "" || s.As != "" {
		t.Errorf("TLP:RED: the list says %+v", s)
	}
	s, err := r.shelf.Statement(t.Context(), rob, id)
	if asked := problem.Of(err); !problem.Is(err, problem.Reason) || asked.Subject != of || s.Text+s.As != "" {
		t.Errorf("without a reason rob is shown %+v, %v", s, err)
	}
	if s, err := r.shelf.Statement(t.Context(), ann, id); !whole(s, err) {
		t.Errorf("its author is shown %+v, %v", s, err)
	}
	if err := r.reason(rob, of, "to clear it"); err != nil {
		t.Fatal(err)
	}
	if s, err := r.shelf.Statement(t.Context(), rob, id); !whole(s, err) {
		t.Errorf("with a reason rob is shown %+v, %v", s, err)
	}
	if c, err := r.shelf.Case(t.Context(), rob, of); err != nil || len(c.Statements) != 1 || !whole(c.Statements[0], nil) {
		t.Errorf("in its case rob is shown %+v, %v", c.Statements, err)
	}
	r.change(caller.DecideRedress, func(tx *store.Tx) error { return tx.Restrict(of, "redress--1") })
	if s, err := r.shelf.Statement(t.Context(), rob, id); !problem.Is(err, problem.Denied) || s.Text+s.As != "" {
		t.Errorf("restricted, rob is shown %+v, %v", s, err)
	}
}
