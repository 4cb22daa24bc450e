// SPDX-License-Identifier: Apache-2.0

package web

// This file asks why something is opened, and opens it then.

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) reasonRoutes(mux *http.ServeMux) {
	mux.Handle("POST /reason", s.page(s.giveReason))
}

// askReason shows the form in the place of the page that asks.
func (v *visit) askReason(asked error) error {
	v.explain(asked)
	to := "/"
	if v.r.Method == http.MethodGet {
		to = v.r.URL.RequestURI()
	}
	return v.show(headings[problem.Reason], reasonPage(v, to))
}

// giveReason keeps the reason and goes on to the page. What cannot be kept is
// asked for again.
func (s *site) giveReason(v *visit) error {
	if err := v.readForm(); err != nil {
		return err
	}
	in := v.input()
	to, subject := here(in.text("to")), in.text("subject")
	_, err := s.desk.GiveReason(v.r.Context(), v.who, subject, in.text("reason"))
	if problem.Is(err, problem.Invalid) {
		v.explain(err)
		v.problem.Subject = subject
		v.form, v.typed = "reason", v.r.PostForm
		return v.show(headings[problem.Reason], reasonPage(v, to))
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// here is a path of this node, whatever the form says.
func here(to string) string {
	address, err := url.Parse(to)
	if err != nil || address.Host != "" || address.Scheme != "" || !strings.HasPrefix(address.Path, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
		return "/"
	}
	return address.RequestURI()
}
