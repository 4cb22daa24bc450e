// SPDX-License-Identifier: Apache-2.0

package web

// This file shows who works here, makes sign-in links, and takes people
// and tools away.

import (
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) peopleRoutes(mux *http.ServeMux) {
	mux.Handle("GET /people", s.page(s.people))
	mux.Handle("POST /people", s.post("person", s.addPerson, s.people))
	mux.Handle("POST /people/{name}/link", s.post("link", s.newLink, s.people))
	mux.Handle("GET /people/{name}", s.page(s.onePerson))
	mux.Handle("POST /people/{name}/roles", s.post("roles", s.setRoles, s.onePerson))
	mux.Handle("POST /people/{name}/remove", s.post("remove", s.removePerson, s.onePerson))
	mux.Handle("POST /tokens/{name}/revoke", s.post("revoke", s.revokeToken, s.people))
}

func (s *site) people(v *visit) error {
	people, err := s.desk.Persons(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	var tokens []api.TokenLine
	if v.may(caller.ListTokens) {
		if tokens, err = s.desk.Tokens(v.r.Context(), v.who); err != nil {
			return err
		}
	}
	v.section = "people"
	return v.show("People", peoplePage(v, people, tokens))
}

// onePerson is where somebody is given other roles, or removed.
func (s *site) onePerson(v *visit) error {
	people, err := s.desk.Persons(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.Name == v.r.PathValue("name") {
			v.section = "people"
			return v.show(p.Name, personPage(v, p))
		}
	}
	return problem.New(problem.Missing, "see the list of people", "nobody of that name works here")
}

func (s *site) setRoles(v *visit) (string, error) {
	_, err := s.desk.SetRoles(v.r.Context(), v.who, v.r.PathValue("name"), v.input().values["roles"])
	return "/people?done=roles", err
}

func (s *site) removePerson(v *visit) (string, error) {
	_, err := s.desk.RemovePerson(v.r.Context(), v.who, v.r.PathValue("name"))
	return "/people?done=left", err
}

func (s *site) revokeToken(v *visit) (string, error) {
	_, err := s.desk.RevokeToken(v.r.Context(), v.who, v.r.PathValue("name"))
	return "/people?done=revoked", err
}

func (s *site) addPerson(v *visit) (string, error) {
	in := v.input()
	name := in.text("name")
	secret, err := s.desk.AddPerson(v.r.Context(), v.who, name, in.text("title"), in.values["roles"])
	if err != nil {
		return shown, err
	}
	return shown, v.showLink(name, secret)
}

func (s *site) newLink(v *visit) (string, error) {
	name := v.r.PathValue("name")
	secret, err := s.desk.Link(v.r.Context(), v.who, name)
	if err != nil {
		return shown, err
	}
	return shown, v.showLink(name, secret)
}

// showLink shows a link once: the node keeps only its hash.
func (v *visit) showLink(name, secret string) error {
	v.section = "people"
	return v.show("Sign-in link", linkPage(v, name, strings.TrimSuffix(v.node.Address, "/")+"/signin/"+secret))
}
