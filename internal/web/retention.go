// SPDX-License-Identifier: Apache-2.0

package web

// This file shows until when things are kept and what was erased, and takes what
// people decide about it.

import (
	"net/http"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) retentionRoutes(mux *http.ServeMux) {
	mux.Handle("GET /retention", s.page(s.retention))
	mux.Handle("POST /retention/rules", s.post("rule", s.setRetention, s.retention))
	mux.Handle("GET /retention/{id}", s.page(s.oneRetention))
	mux.Handle("POST /retention/{id}/keep", s.post("keep-on", s.keepOn, s.oneRetention))
	mux.Handle("POST /retention/{id}/hold", s.post("hold", s.holdErasure, s.oneRetention))
	mux.Handle("POST /retention/{id}/release", s.post("let-go", s.letGoOf, s.oneRetention))
}

// mostDates is how many things, and notices, the page of review dates shows.
const mostDates = 200

// dates is what the page of review dates shows.
type dates struct {
	due     []api.Retention
	all     bool
	more    int // that are not shown
	rules   []api.RetentionRule
	notices []api.Destruction
	before  int // notices that are not shown
}

func (s *site) retention(v *visit) (err error) {
	shown := dates{all: v.r.URL.Query().Get("all") == "yes"}
	if shown.due, err = s.shelf.Retentions(v.r.Context(), v.who, shown.all); err != nil {
		return err
	}
	if shown.rules, err = s.shelf.RetentionRules(v.r.Context(), v.who); err != nil {
		return err
	}
	if shown.notices, err = s.shelf.Destructions(v.r.Context(), v.who); err != nil {
		return err
	}
	if shown.more = len(shown.due) - mostDates; shown.more > 0 {
		shown.due = shown.due[:mostDates]
	}
	if shown.before = len(shown.notices) - mostDates; shown.before > 0 {
		shown.notices = shown.notices[:mostDates]
	}
	v.section = "retention"
	return v.show("Review dates", retentionPage(v, shown))
}

// oneRetention is where somebody decides how long one thing is kept.
func (s *site) oneRetention(v *visit) error {
	kept, err := s.shelf.Retention(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.section = "retention"
	return v.show("Until when it is kept", oneRetentionPage(v, kept))
}

func (s *site) keepOn(v *visit) (string, error) {
	in := v.input()
	id := v.r.PathValue("id")
	_, err := s.desk.KeepOn(v.r.Context(), v.who, id, warning.Date(in.text("until")), in.text("reason"))
	field := "until"
	if _, wrong := warning.ParseDate(in.text("until")); wrong == nil && in.text("reason") == "" {
		field = "reason"
	}
	return "/retention/" + id + "?done=keep-on", besideField(field, err)
}

func (s *site) holdErasure(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.desk.HoldErasure(v.r.Context(), v.who, id, v.input().text("reason"))
	return "/retention/" + id + "?done=hold", besideField("reason", err)
}

func (s *site) letGoOf(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.desk.LetGo(v.r.Context(), v.who, id, v.input().text("reason"))
	return "/retention/" + id + "?done=let-go", besideField("reason", err)
}

func (s *site) setRetention(v *visit) (string, error) {
	in := v.input()
	days := in.count("days")
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.desk.SetRetention(v.r.Context(), v.who, in.text("purpose"), days)
	return "/retention?done=rule", besideField("days", err)
}

// lastDay is the last day on which something is kept that is due then.
func lastDay(due time.Time) string { return string(warning.DateOf(due.Add(-time.Second))) }

// keptWords is what is kept, and whose it is.
func keptWords(r api.Retention) string {
	what, named := map[string]string{
		"source": "Source report", "draft": "Draft", "case": "Case", "duty": "Duty",
		"statement": "Public statement", "collection": "Objects of a collection", "redress": "Request for redress",
		"watch": "Watch", "pledge": "Pledge", "inquiry": "Question", "heard": "Heard by voice", "recovery": "What partners answered in a recovery",
	}[r.Kind]
	if !named {
		what = r.Kind // a link without words is not found
	}
	switch {
	case r.Partner == "":
		return what
	case r.Kind == "pledge" || r.Kind == "inquiry":
		if r.Ours {
			return what + ", ours to " + r.Partner
		}
		return what + ", of " + r.Partner
	case r.Ours:
		return what + ", our warning to " + r.Partner
	}
	return what + ", a warning of " + r.Partner
}

// keptLink is the page of what is kept, or the one where it stands among others;
// empty if there is none.
func keptLink(r api.Retention) string {
	page, there := map[string]string{"source": "/sources/", "draft": "/warnings/", "case": "/cases/", "duty": "/duties/", "redress": "/redress/"}[r.Kind]
	if there {
		return page + r.ID
	}
	return map[string]string{"watch": "/watches", "pledge": "/pledges", "inquiry": "/inquiries", "heard": "/heard", "recovery": "/recovery"}[r.Kind]
}

// boundWords says by what nobody can keep it longer.
func boundWords(r api.Retention) string {
	return map[string]string{
		"given": "the date that " + r.Partner + " gave it with", "terms": "the terms with " + r.Partner, "purpose": "our own rule for its purpose",
	}[r.Bound]
}

// dueWords is how a thing stands before its date.
func dueWords(r api.Retention) string {
	switch {
	case !r.Erased.IsZero():
		return "erased"
	case r.Held:
		return "held"
	case r.State == "asked":
		return "due soon"
	}
	return r.State
}

// groundWords is why something was erased.
func groundWords(ground string) string {
	if said, known := map[string]string{"review": "the review date came, and nobody decided to keep it", "redress": "a request for redress"}[ground]; known {
		return said
	}
	return strings.ReplaceAll(ground, "_", " ")
}
