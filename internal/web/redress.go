// SPDX-License-Identifier: Apache-2.0

package web

// This file takes requests for redress from being opened to being answered.

import (
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) redressRoutes(mux *http.ServeMux) {
	mux.Handle("GET /redress", s.page(s.redresses))
	mux.Handle("POST /redress", s.post("redress", s.openRedress, s.redresses))
	mux.Handle("GET /redress/{id}", s.page(s.redress))
	mux.HandleFunc("POST /redress/{id}/decide/{of}", func(w http.ResponseWriter, r *http.Request) {
		s.post(hitForm(r.PathValue("of")), s.decideRedress, s.redress)(w, r)
	})
	mux.Handle("POST /redress/{id}/confirm/{of}", s.post("confirm", s.confirmRedress, s.redress))
	mux.Handle("POST /redress/{id}/answer", s.post("answer", s.answerRedress, s.redress))
}

// hitForm is the form by which one thing that was found is decided: there may be
// many on a page.
func hitForm(id string) string { return "decide-" + strings.ReplaceAll(id, "--", "-") }

func (s *site) redresses(v *visit) error {
	all, err := s.desk.Redresses(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "redress"
	return v.show("Redress", redressesPage(v, all))
}

// redress shows one request, as far as this person may see it. Reading it is logged.
func (s *site) redress(v *visit) error {
	r, err := s.desk.Redress(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.section = "redress"
	return v.show("Request for redress", redressPage(v, r))
}

func (s *site) openRedress(v *visit) (string, error) {
	in := v.input()
	r, err := s.desk.OpenRedress(v.r.Context(), v.who, api.NewRedress{
		Asker: in.text("asker"), Names: in.lines("names"), Born: warning.Date(in.text("born")), Proof: in.text("proof"), Review: warning.Date(in.text("review")),
	})
	return "/redress/" + r.ID + "?done=redress", err
}

func (s *site) decideRedress(v *visit) (string, error) {
	in, id := v.input(), v.r.PathValue("id")
	_, err := s.desk.DecideRedress(v.r.Context(), v.who, id, api.DecideRedress{Of: v.r.PathValue("of"), Do: in.text("do"), Reason: in.text("reason")})
	if problem.Is(err, problem.Invalid) && in.text("do") == "" {
		err = problem.New(problem.Invalid, "choose what is done with it", "nothing was chosen").With("do: choose one")
	}
	return "/redress/" + id + "?done=redress-decided", besideField("reason", err)
}

func (s *site) confirmRedress(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.desk.ConfirmRedress(v.r.Context(), v.who, id, v.r.PathValue("of"), v.input().text("seen"))
	return "/redress/" + id + "?done=redress-confirmed", err
}

func (s *site) answerRedress(v *visit) (string, error) {
	in, id := v.input(), v.r.PathValue("id")
	_, err := s.desk.AnswerRedress(v.r.Context(), v.who, id, in.text("text"))
	return "/redress/" + id + "?done=redress-answered", besideField("text", err)
}

// hitWords is what was found, and whose it is.
func hitWords(hit api.RedressHit) string {
	what, known := map[string]string{
		"source": "Source report", "draft": "Draft", "case": "Case", "duty": "Duty", "statement": "Public statement", "inquiry": "Question", "object": "STIX object",
	}[hit.Kind]
	if !known {
		what = capital(words(hit.Kind))
	}
	switch {
	case hit.Partner != "" && hit.Ours:
		what += ", our warning to " + hit.Partner
	case hit.Partner != "":
		what += ", of " + hit.Partner
	}
	return what
}

// redressChoices are what can be done with a thing that was found. What the program does
// nothing with by itself is seen to by hand where it is.
func redressChoices(hit api.RedressHit) []choice {
	nothing := choice{"nothing", "Nothing: it stays, or is seen to by hand where it is"}
	switch hit.Kind {
	case "case":
		all := []choice{{"restrict", "Restrict: the overseer alone sees it, and recipients stop using it"}, {"erase", "Erase it here, and ask recipients to"}, nothing}
		if hit.Ours {
			all = append([]choice{{"correct", "Correct: recipients stop using it until the correction comes"}}, all...)
		}
		return all
	case "source", "draft":
		return []choice{{"restrict", "Restrict: the overseer alone sees it"}, {"erase", "Erase it"}, nothing}
	}
	return []choice{nothing}
}

// toldWords is what a recipient was asked to do.
func toldWords(ask string) string {
	if ask == string(warning.AskStop) {
		return "stop using it"
	}
	return ask + " it"
}

// decidable reports whether everything that this person sees of what was found is
// decided by two.
func decidable(r api.Redress) bool {
	for _, hit := range r.Hits {
		if hit.ConfirmedBy == "" {
			return false
		}
	}
	return true
}

// mayAnswer reports whether the answer is offered: to a releaser who did not open
// the request.
func (v *visit) mayAnswer(r api.Redress) bool {
	return v.may(caller.AnswerRedress) && r.Sees && r.Answered.IsZero() && decidable(r)
}
