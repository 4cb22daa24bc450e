// SPDX-License-Identifier: Apache-2.0

package web

// This file shows the figures of duties: counts without a name, for a year.

import (
	"net/http"
	"strconv"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) figureRoutes(mux *http.ServeMux) {
	mux.Handle("GET /figures", s.page(s.figures))
}

// figures counts the duties of the year that is asked for; this one's if none is.
func (s *site) figures(v *visit) error {
	query := v.r.URL.Query()
	year := query.Get("year")
	if year == "" {
		year = strconv.Itoa(v.now.Year())
	}
	v.section = "duties"
	period, err := api.Days(year+"-01-01", year+"-12-31")
	if err != nil {
		return problem.New(problem.Invalid, "write the year as 2026", "%q is no year", year)
	}
	public := query.Get("public") == "yes"
	counted, err := s.shelf.Figures(v.r.Context(), v.who, period, public)
	if err != nil {
		return err
	}
	return v.show("Figures of duties", figuresPage(v, counted, year, public))
}

// dutyCount is a number of duties; one that could point to a case is not said.
func dutyCount(n api.Count) string {
	if n == api.Few {
		return "fewer than 5"
	}
	return strconv.Itoa(int(n))
}
