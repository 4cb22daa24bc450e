// SPDX-License-Identifier: Apache-2.0

package web

// This file writes and clears what we say in public, and keeps the partners'
// accounts beside it.

import (
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) statementRoutes(mux *http.ServeMux) {
	mux.Handle("GET /statements", s.page(s.statements))
	mux.Handle("POST /statements", s.post("statement", s.writeStatement, s.statements))
	mux.Handle("GET /statements/{id}", s.page(s.oneStatement))
	mux.Handle("POST /statements/{id}/clear", s.post("clear", s.clearStatement, s.statements))
}

func (s *site) statements(v *visit) error {
	statements, err := s.shelf.Statements(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	cases, err := s.shelf.Cases(v.r.Context(), v.who, "", 200)
	if err != nil {
		return err
	}
	var about []choice
	for _, c := range cases {
		about = append(about, choice{c.ID, strings.TrimSpace(c.Handling.Short()+" "+c.Title) + " (" + c.Partner + ", " + short(c.ID) + ")"})
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	v.section = "statements"
	return v.show("Statements", statementsPage(v, statements, about, partners))
}

// oneStatement shows what the list does not say of a statement.
func (s *site) oneStatement(v *visit) error {
	statement, err := s.shelf.Statement(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.section = "statements"
	return v.show("Statement", oneStatementPage(v, statement))
}

func (s *site) writeStatement(v *visit) (string, error) {
	in := v.input()
	_, err := s.desk.WriteStatement(v.r.Context(), v.who, warning.Statement{
		Case: in.text("case"), Event: in.text("event"), Headline: in.text("headline"), Text: in.text("text"), Language: in.text("language"),
		Areas: in.lines("areas"), Links: in.lines("links"), Instruction: in.text("instruction"),
		Urgency: in.text("urgency"), Severity: in.text("severity"), Certainty: in.text("certainty"), Theirs: in.text("theirs"),
	})
	return "/statements?done=statement", err
}

func (s *site) clearStatement(v *visit) (string, error) {
	_, err := s.desk.ClearStatement(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("seen"))
	return "/statements?done=clear", err
}

// event is one event with the statements about it.
type event struct {
	name         string
	ours, theirs []warning.Statement
}

// events puts statements about one event beside each other, in the order of
// the newest of each.
func events(statements []warning.Statement) (all []event) {
	index := make(map[string]int)
	for _, s := range statements {
		i, known := index[s.Event]
		if !known {
			i = len(all)
			index[s.Event] = i
			all = append(all, event{name: s.Event})
		}
		if s.Theirs == "" {
			all[i].ours = append(all[i].ours, s)
		} else {
			all[i].theirs = append(all[i].theirs, s)
		}
	}
	return all
}
