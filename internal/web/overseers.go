// SPDX-License-Identifier: Apache-2.0

package web

// This file lets overseers' own keys in: one person puts a key forward, another
// confirms it by its digits.

import (
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) overseerRoutes(mux *http.ServeMux) {
	mux.Handle("GET /overseers", s.page(s.overseers))
	mux.Handle("POST /overseers", s.post("key", s.addOverseer, s.overseers))
	mux.HandleFunc("POST /overseers/{name}/confirm", func(w http.ResponseWriter, r *http.Request) {
		s.post(keyForm(r.PathValue("name")), s.confirmOverseer, s.overseers)(w, r)
	})
}

// keyForm is the form by which one key is confirmed: there may be several on a page.
func keyForm(name string) string { return "digits-" + name }

func (s *site) overseers(v *visit) error {
	keys, err := s.desk.Overseers(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "overseers"
	return v.show("Overseers' keys", overseersPage(v, keys))
}

// addOverseer puts forward a public key, of a file or as it was typed.
func (s *site) addOverseer(v *visit) (string, error) {
	text, err := v.fileOrText()
	if err != nil {
		return shown, err
	}
	var key api.OverseerKey
	if err = api.Decode([]byte(strings.TrimSpace(text)), &key); err == nil {
		err = key.Validate()
	}
	if err != nil {
		return shown, problem.New(problem.Invalid, "give the file that ends in .pub, as tocsin overseer keygen wrote it", "this is no overseer's public key").
			With("text: no overseer's public key").Because(err)
	}
	_, err = s.desk.AddOverseer(v.r.Context(), v.who, key)
	return "/overseers?done=key", err
}

func (s *site) confirmOverseer(v *visit) (string, error) {
	_, err := s.desk.ConfirmOverseer(v.r.Context(), v.who, v.r.PathValue("name"), v.input().text("digits"))
	return "/overseers?done=key-confirmed", besideField("digits", err)
}

// keyWords is the state of a key, in words.
func keyWords(state string) string {
	if state == "proposed" {
		return "waits"
	}
	return words(state)
}

// anyInForce reports whether an overseer signs in by a key: then no link opens an
// overseer's session.
func anyInForce(keys []api.Overseer) bool {
	for _, k := range keys {
		if k.State == "in_force" {
			return true
		}
	}
	return false
}
