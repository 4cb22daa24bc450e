// SPDX-License-Identifier: Apache-2.0

package web

// This file shows who opened what, when, why and by which way.

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
)

// readingsShown is how many lines a page shows.
const readingsShown = 200

// readingsPart is one page of lines: by what the lines of the next one are asked for,
// and of the one before, zero if there is none.
type readingsPart struct {
	lines        []api.Read
	older, newer int64
}

// parted makes a page of what was asked for with one line more than it shows.
func parted(of api.ReadsOf, lines []api.Read) (p readingsPart) {
	over := len(lines) > readingsShown
	switch {
	case over && of.After > 0:
		lines = lines[1:]
	case over:
		lines = lines[:readingsShown]
	}
	p.lines = lines
	if len(lines) == 0 {
		return p
	}
	if over || of.After > 0 {
		p.older = lines[len(lines)-1].Index
	}
	if over && of.After > 0 || of.Before > 0 {
		p.newer = lines[0].Index
	}
	return p
}

func (s *site) readingRoutes(mux *http.ServeMux) {
	mux.Handle("GET /reads", s.page(s.readings))
	mux.Handle("GET /reads.csv", s.page(s.readingsFile))
	mux.Handle("POST /reads/about", s.post("held", s.readingsAbout, s.readings))
}

// readsOf is what the address asks for.
func (v *visit) readsOf() (of api.ReadsOf, err error) {
	in := &input{values: v.r.URL.Query()}
	of = api.ReadsOf{Case: in.text("about"), By: in.text("by"), Since: in.time("since"), Kinds: in.values["kind"], Before: in.count("before"), After: in.count("after")}
	return of, in.err()
}

func (s *site) readings(v *visit) error {
	of, err := v.readsOf()
	var list []api.Read
	if err == nil {
		of.Limit = readingsShown + 1
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
	return v.show("Readings", readingsPage(v, of, parted(of, list)))
}

// readingsAbout are those of whatever is held about a person. Whom they are about is
// sent as a form, so that no address says it.
func (s *site) readingsAbout(v *visit) (string, error) {
	in := v.input()
	of := api.ReadsOf{Person: in.text("person"), Before: in.count("before"), After: in.count("after")}
	if err := in.err(); err != nil {
		return shown, err
	}
	if of.Person == "" {
		return shown, problem.New(problem.Invalid, "give a name, or the id of a request for redress", "nobody was named").With("person: say about whom")
	}
	held, err := s.desk.HeldAbout(v.r.Context(), v.who, of.Person)
	if err != nil {
		return shown, besideField("person", err)
	}
	if in.text("as") == "file" {
		raw, err := s.shelf.ReadsCSV(v.r.Context(), v.who, api.ReadsOf{Person: of.Person}, held...)
		if err != nil {
			return shown, err
		}
		return shown, v.file("reads.csv", "text/csv; charset=utf-8", raw)
	}
	of.Limit = readingsShown + 1
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
	of.Before, of.After = 0, 0
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

// fileAddress is where the same lines are a file, whatever page of them is shown.
func fileAddress(of api.ReadsOf) string { return "/reads.csv?" + readsQuery(of).Encode() }

// partAddress is where the lines before an index of the log are shown, or behind it.
func partAddress(of api.ReadsOf, side string, index int64) string {
	q := readsQuery(of)
	q.Set(side, strconv.FormatInt(index, 10))
	return "/reads?" + q.Encode()
}

func readsQuery(of api.ReadsOf) url.Values {
	q := url.Values{"kind": of.Kinds}
	for name, value := range map[string]string{"about": of.Case, "by": of.By, "since": typedTime(of.Since)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
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
