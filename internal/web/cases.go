// SPDX-License-Identifier: Apache-2.0

package web

// This file shows cases, and says what people here say in them.

import (
	"net/http"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) caseRoutes(mux *http.ServeMux) {
	mux.Handle("GET /cases", s.page(s.cases))
	mux.Handle("GET /cases/{id}", s.page(s.oneCase))
	mux.Handle("POST /cases/{id}/note", s.post("note", s.inCase("note", s.readNote), s.oneCase))
	for form, do := range map[string]action{
		"acknowledge": s.acknowledge, "ask": s.ask, "reply": s.reply, "outcome": s.report, "thank": s.thank, "dispute": s.dispute,
	} {
		mux.Handle("POST /cases/{id}/"+form, s.post(form, s.inCase(form, do), s.oneCase))
	}
}

func (s *site) cases(v *visit) error {
	cases, err := s.shelf.Cases(v.r.Context(), v.who, v.r.URL.Query().Get("partner"), 500)
	if err != nil {
		return err
	}
	v.section = "cases"
	return v.show("Cases", casesPage(v, cases))
}

func (s *site) oneCase(v *visit) error {
	q := v.r.URL.Query()
	c, err := s.shelf.CasePart(v.r.Context(), v.who, v.r.PathValue("id"), api.CasePart{Before: q.Get("before"), Message: q.Get("message")})
	if err != nil {
		return err
	}
	v.section = "cases"
	v.handled(caseHandling(c))
	return v.show(c.Title, casePage(v, c))
}

// caseHandling is the handling of the warning itself, or the case's label where
// the text was erased, under the narrowest label of all that was said.
func caseHandling(c api.Case) handling.Handling {
	shown := handling.Handling{TLP: handling.TLP(c.TLP)}
	for _, m := range c.Thread {
		if w := warningOf(m); w != nil {
			shown = w.Handling
		}
	}
	for _, m := range c.Thread {
		shown.TLP = strictest(shown.TLP, labelOf(m.Handling))
	}
	return shown
}

// inCase goes back to the case when the action has said its word.
func (s *site) inCase(form string, do action) action {
	return func(v *visit) (string, error) {
		_, err := do(v)
		return "/cases/" + v.r.PathValue("id") + "?done=" + form, err
	}
}

// readNote puts on record that the visitor has read the handling notes of the case.
func (s *site) readNote(v *visit) (string, error) {
	return shown, s.desk.ReadNote(v.r.Context(), v.who, v.r.PathValue("id"))
}

func (s *site) acknowledge(v *visit) (string, error) {
	in := v.input()
	return shown, s.out.Acknowledge(v.r.Context(), v.who, warning.Acknowledgement{
		Case: v.r.PathValue("id"), Answer: warning.Answer(in.text("answer")), Note: in.text("note"),
	})
}

func (s *site) ask(v *visit) (string, error) {
	return shown, s.out.Ask(v.r.Context(), v.who, warning.Request{Case: v.r.PathValue("id"), Question: v.input().text("question")})
}

func (s *site) reply(v *visit) (string, error) {
	in := v.input()
	return shown, s.out.Reply(v.r.Context(), v.who, warning.Reply{
		Case: v.r.PathValue("id"), Request: in.text("request"), Text: in.text("text"), Handling: in.handling(),
	})
}

func (s *site) report(v *visit) (string, error) {
	in := v.input()
	outcome := warning.Outcome{
		Case: v.r.PathValue("id"), Result: warning.Result(in.text("result")), Contribution: warning.Contribution(in.text("contribution")),
		Treatment: in.text("treatment_assurance_confirmed"), Public: in.text("may_be_made_public"), Text: in.text("text"),
	}
	for _, name := range warning.Counters() {
		// An empty field says nothing; a nought is a statement.
		if in.text("counters."+name) == "" {
			continue
		}
		if outcome.Counters == nil {
			outcome.Counters = make(map[string]int64)
		}
		outcome.Counters[name] = in.count("counters." + name)
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	return shown, s.out.Report(v.r.Context(), v.who, outcome)
}

func (s *site) thank(v *visit) (string, error) {
	return shown, s.out.Thank(v.r.Context(), v.who, warning.Thanks{Case: v.r.PathValue("id"), Text: v.input().text("text")})
}

func (s *site) dispute(v *visit) (string, error) {
	in := v.input()
	return shown, s.out.Dispute(v.r.Context(), v.who, warning.Dispute{
		Case: v.r.PathValue("id"), About: in.text("about"), View: in.text("view"), To: in.text("to"), Settled: in.bool("settled"),
	})
}

// questions are those the partner asked, the unanswered first; open says that
// there is one.
func questions(c api.Case) (all []choice, open bool) {
	answered := make(map[string]bool)
	for _, m := range c.Thread {
		if r, ok := payload(m.Kind, m.Payload).(*warning.Reply); ok && m.Ours {
			answered[r.Request] = true
		}
	}
	for _, m := range c.Thread {
		r, ok := payload(m.Kind, m.Payload).(*warning.Request)
		switch {
		case !ok || m.Ours:
		case answered[r.ID] || c.Later > 0 && !slices.Contains(c.Asked, r.ID): // the reply may be on a later page
			all = append(all, choice{r.ID, r.Question + " (answered)"})
		default:
			all, open = append([]choice{{r.ID, r.Question}}, all...), true
		}
	}
	return all, open
}

// accounts are the public statements of one side about the case.
func accounts(c api.Case, ours bool) (all []warning.Statement) {
	for _, s := range c.Statements {
		if (s.Theirs == "") == ours {
			all = append(all, s)
		}
	}
	return all
}
