// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about overseers' own keys, and signs overseers in by them.

import (
	"net/http"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *server) overseers(c call) ([]api.Overseer, error) { return s.desk.Overseers(c.ctx(), c.who) }

func (s *server) addOverseer(c call, in api.OverseerKey) (api.Overseer, error) {
	return s.desk.AddOverseer(c.ctx(), c.who, in)
}

func (s *server) confirmOverseer(c call, in api.ConfirmOverseer) (api.Overseer, error) {
	return s.desk.ConfirmOverseer(c.ctx(), c.who, c.id(), in.Digits)
}

func (s *server) challenge(w http.ResponseWriter, r *http.Request) {
	in, err := read[api.Challenge](w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.answer(w, r, s.desk.Challenge(in.Name), nil)
}

func (s *server) signInOverseer(w http.ResponseWriter, r *http.Request) {
	in, err := read[api.OverseerSignIn](w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	out, err := s.desk.SignInOverseer(r.Context(), in)
	if err == nil && out.Link != "" {
		out.Link = s.shelf.Node().Address + api.SignInPath + out.Link
	}
	s.answer(w, r, out, err)
}
