// SPDX-License-Identifier: Apache-2.0

package web

// This file shows messages that whoever had a partner's keys may have signed, and
// lets people affirm them.

import "net/http"

func (s *site) doubtedRoutes(mux *http.ServeMux) {
	mux.Handle("GET /doubted", s.page(s.doubted))
	mux.HandleFunc("POST /doubted/{hash}/affirm", func(w http.ResponseWriter, r *http.Request) {
		s.post(doubtForm(r.PathValue("hash")), s.affirmDoubted, s.doubted)(w, r)
	})
}

// doubtForm is the form by which one message is affirmed: there may be several on
// a page.
func doubtForm(hash string) string { return "affirm-" + short(hash) }

func (s *site) doubted(v *visit) error {
	all := v.r.URL.Query().Get("all") == "yes"
	list, err := s.shelf.Doubted(v.r.Context(), v.who, all)
	if err != nil {
		return err
	}
	v.section = "doubted"
	return v.show("Messages in doubt", doubtedPage(v, list, all))
}

func (s *site) affirmDoubted(v *visit) (string, error) {
	err := s.hear.Affirm(v.r.Context(), v.who, v.r.PathValue("hash"), v.input().text("why"))
	return "/doubted?done=affirmed", besideField("why", err)
}
