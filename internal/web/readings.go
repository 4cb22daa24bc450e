// SPDX-License-Identifier: Apache-2.0

package web

// This file shows who opened what, when, why and by which way.

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
)

// readingsShown is how many lines the page shows, the newest.
const readingsShown = 200

func (s *site) readingRoutes(mux *http.ServeMux) {
	mux.Handle("GET /reads", s.page(s.readings))
	mux.Handle("GET /reads.csv", s.page(s.readingsFile))
	mux.Handle("POST /reads/about", s.post("held", s.readingsAbout, s.readings))
}

// readsOf is what the address asks for.
func (v *visit) readsOf() (of api.ReadsOf, err error) {
	in := &input{values: v.r.URL.Query()}
	of = api.ReadsOf{Case: in.text("about"), By: in.text("by"), Since: in.time("since"), Kinds: in.values["kind"]}
	return of, in.err()
}

func (s *site) readings(v *visit) error {
	of, err := v.readsOf()
	var list []api.Read
	if err == nil {
		of.Limit = readingsShown
		list, err = s.shelf.Reads(v.r.Context(), v.who, of)
	}
	if problem.Is(err, problem.Invalid) {
		v.explain(err)
		v.form, v.typed = "reads", v.r.URL.Query()
	} else if err != nil {
		return err
	}
	return v.showReadings(of, list)
}

func (v *visit) showReadings(of api.ReadsOf, list []api.Read) error {
	v.section = "reads"
	v.handled(handling.Handling{TLP: shelf.RecordMarking})
	return v.show("Readings", readingsPage(v, of, list))
}

// readingsAbout are those of whatever is held about a person. Whom they are about is
// sent as a form, so that no address says it.
func (s *site) readingsAbout(v *visit) (string, error) {
	in := v.input()
	of := api.ReadsOf{Person: in.text("person")}
	if of.Person == "" {
		return shown, problem.New(problem.Invalid, "give a name, or the id of a request for redress", "nobody was named").With("person: say about whom")
	}
	held, err := s.desk.HeldAbout(v.r.Context(), v.who, of.Person)
	if err != nil {
		return shown, besideField("person", err)
	}
	if in.text("as") == "file" {
		raw, err := s.shelf.ReadsCSV(v.r.Context(), v.who, of, held...)
		if err != nil {
			return shown, err
		}
		return shown, v.file("reads.csv", "text/csv; charset=utf-8", raw)
	}
	of.Limit = readingsShown
	list, err := s.shelf.Reads(v.r.Context(), v.who, of, held...)
	if err != nil {
		return shown, err
	}
	return shown, v.showReadings(of, list)
}

func (s *site) readingsFile(v *visit) error {
	of, err := v.readsOf()
	if err != nil {
		return err
	}
	raw, err := s.shelf.ReadsCSV(v.r.Context(), v.who, of)
	if err != nil {
		return err
	}
	return v.file("reads.csv", "text/csv; charset=utf-8", raw)
}

// processings are the kinds of what is done with content.
var processings = []choice{
	{"consultation", "Consultation: somebody opened it"}, {"disclosure", "Disclosure: it went to somebody"},
	{"combination", "Combination: it was held against other things"}, {"erasure", "Erasure"},
}

// whoWords is the name of who did something, without what kind of caller it was.
func whoWords(who string) string {
	kind, name, found := strings.Cut(who, ":")
	switch {
	case !found || name == "":
		return who
	case kind == "person":
		return name
	}
	return name + " (" + kind + ")"
}

// fileAddress is where the same lines are a file.
func fileAddress(of api.ReadsOf) string {
	q := url.Values{"kind": of.Kinds}
	for name, value := range map[string]string{"about": of.Case, "by": of.By, "since": typedTime(of.Since)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/reads.csv?" + q.Encode()
}

// thingLink is the page of a thing by its id; empty if it has none.
func thingLink(id string) string {
	for prefix, path := range map[string]string{
		"draft--": "/warnings/", "warning--": "/cases/", "source--": "/sources/", "duty--": "/duties/", "redress--": "/redress/",
	} {
		if strings.HasPrefix(id, prefix) {
			return path + id
		}
	}
	return ""
}
