// SPDX-License-Identifier: Apache-2.0

package web

// This file keeps and shows source reports.

import (
	"net/http"
	"strconv"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) sourceRoutes(mux *http.ServeMux) {
	mux.Handle("GET /sources", s.page(s.sources))
	mux.Handle("GET /sources/new", s.page(s.sourceNew))
	mux.Handle("POST /sources/new", s.post("source", s.keepSource, s.sourceNew))
	mux.Handle("GET /sources/{id}", s.page(s.source))
}

func (s *site) sources(v *visit) error {
	sources, err := s.shelf.Sources(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "sources"
	return v.show("Source reports", sourcesPage(v, sources))
}

func (s *site) source(v *visit) error {
	source, err := s.shelf.Source(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.section = "sources"
	v.handled(source.Handling)
	return v.show(source.Title, sourcePage(v, source))
}

func (s *site) sourceNew(v *visit) error {
	v.section = "sources"
	return v.show("Keep a source report", sourceNewPage(v))
}

func (s *site) keepSource(v *visit) (string, error) {
	in := v.input()
	source := v.sourceOf(in)
	source.Objects = v.objects(in)
	for i := range sourceRows {
		n := strconv.Itoa(i)
		field := warning.Field{Name: in.text("field.name." + n), Text: in.text("field.text." + n), Open: in.bool("field.open." + n)}
		if field.Text != "" {
			source.Fields = append(source.Fields, field)
		}
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	return s.keep(v, source)
}

// sourceOf reads what every report has, wherever its text comes from.
func (v *visit) sourceOf(in *input) warning.Source {
	source := warning.Source{
		Title: in.text("title"), Target: in.target(), ThreatType: warning.ThreatType(in.text("threat_type")), Window: in.window(),
		Precedence: handling.Precedence(in.text("precedence")), AcquiredAt: in.time("acquired_at"),
	}
	// A report without a label stays at home without one.
	if h := in.handling(); h.TLP != "" || len(h.Codes)+len(h.Caveats) > 0 {
		source.Handling = h
	}
	return source
}

// keep keeps a report and goes to it, or to the duties it opened.
func (s *site) keep(v *visit, source warning.Source) (string, error) {
	source, duties, err := s.in.KeepSource(v.r.Context(), v.who, source)
	if len(duties) > 0 {
		return "/duties?done=duties", err
	}
	return "/sources/" + source.ID + "?done=source", err
}

// sourceRows is how many texts the form of a report offers.
const sourceRows = 6

// rowNames are the names that the first rows offer.
var rowNames = [sourceRows]string{"report", "source", "reference"}
