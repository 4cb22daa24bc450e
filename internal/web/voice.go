// SPDX-License-Identifier: Apache-2.0

package web

// This file puts warnings into digits to be read over a telephone, and takes
// digits as they were heard.

import (
	"net/http"

	"github.com/tocsin-exchange/tocsin/handling"
)

func (s *site) voiceRoutes(mux *http.ServeMux) {
	mux.Handle("POST /cases/{id}/say", s.post("say", s.say, s.oneCase))
	mux.Handle("POST /cases/{id}/readback", s.post("readback", s.readBack, s.oneCase))
	mux.Handle("GET /heard", s.page(s.heardList))
	mux.Handle("GET /heard/{id}", s.page(s.oneHeard))
	mux.Handle("POST /heard", s.post("heard", s.heard, s.heardList))
}

// say shows the digits; the page can be printed, and holds the form for what is
// read back.
func (s *site) say(v *visit) (string, error) {
	said, err := s.out.Speak(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("text"))
	if err != nil {
		return shown, besideField("text", err)
	}
	c, err := s.shelf.Case(v.r.Context(), v.who, said.Case)
	if err != nil {
		return shown, err
	}
	v.section = "cases"
	v.handled(caseHandling(c))
	return shown, v.show("To be read aloud", spokenPage(v, said))
}

func (s *site) readBack(v *visit) (string, error) {
	id := v.r.PathValue("id")
	return "/cases/" + id + "?done=read-back", s.out.ReadBack(v.r.Context(), v.who, id, v.input().text("code"))
}

func (s *site) heardList(v *visit) error {
	list, err := s.hear.HeardList(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "heard"
	if len(list) > 0 {
		var labels []handling.TLP
		for _, h := range list {
			labels = append(labels, handling.TLP(h.TLP))
		}
		v.handled(handling.Handling{TLP: strictest(labels...)})
	}
	return v.show("Heard by voice", heardPage(v, list))
}

// oneHeard opens what the list does not say.
func (s *site) oneHeard(v *visit) error {
	h, err := s.hear.OneHeard(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.section = "heard"
	v.handled(h.Handling)
	return v.show("Heard by voice", oneHeardPage(v, h))
}

func (s *site) heard(v *visit) (string, error) {
	heard, err := s.hear.Heard(v.r.Context(), v.who, v.input().text("lines"))
	return "/heard?done=heard#h-" + heard.ID, err
}
