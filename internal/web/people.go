// SPDX-License-Identifier: Apache-2.0

package web

// This file shows who works here, and makes sign-in links.

import (
	"net/http"
	"strings"
)

func (s *site) peopleRoutes(mux *http.ServeMux) {
	mux.Handle("GET /people", s.page(s.people))
	mux.Handle("POST /people", s.post("person", s.addPerson, s.people))
	mux.Handle("POST /people/{name}/link", s.post("link", s.newLink, s.people))
}

func (s *site) people(v *visit) error {
	people, err := s.desk.Persons(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "people"
	return v.show("People", peoplePage(v, people))
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
