// SPDX-License-Identifier: Apache-2.0

package web

// This file shows duties to warn, and decides them.

import (
	"net/http"
	"slices"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) dutyRoutes(mux *http.ServeMux) {
	mux.Handle("GET /duties", s.page(s.duties))
	mux.Handle("POST /duties", s.post("duty", s.openDuty, s.duties))
	mux.Handle("GET /duties/{id}", s.page(s.duty))
	mux.Handle("POST /duties/{id}/assess", s.post("assess", s.assess, s.duty))
	mux.Handle("POST /duties/{id}/decide", s.post("decide", s.decide, s.duty))
	mux.Handle("POST /duties/{id}/affirm", s.post("affirm", s.affirm, s.duty))
}

func (s *site) duties(v *visit) error {
	duties, err := s.shelf.Duties(v.r.Context(), v.who, true)
	if err != nil {
		return err
	}
	var open, closed []warning.Duty
	for _, duty := range duties {
		if duty.State.Closed() {
			closed = append(closed, duty)
		} else {
			open = append(open, duty)
		}
	}
	slices.SortStableFunc(open, func(a, b warning.Duty) int { return a.Due.Compare(b.Due) })
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	rota, err := s.shelf.Rota(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "duties"
	return v.show("Duties to warn", dutiesPage(v, open, closed, partners, rota))
}

// partnerChoices are the partners to choose one from.
func (s *site) partnerChoices(v *visit) (all []choice, err error) {
	partners, err := s.shelf.Partners(v.r.Context(), v.who)
	for _, p := range partners {
		all = append(all, choice{p.Name, p.Name + " (" + p.State + ")"})
	}
	return all, err
}

func (s *site) openDuty(v *visit) (string, error) {
	in := v.input()
	opened := warning.Duty{
		Partner: in.text("partner"), Title: in.text("title"), Subject: in.text("subject"), AcquiredAt: in.time("acquired_at"),
		Precedence: handling.Precedence(in.text("precedence")), ToLife: in.bool("threat_to_life"),
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	duty, err := s.desk.OpenDuty(v.r.Context(), v.who, opened)
	return "/duties/" + duty.ID + "?done=duty", besideField("title", err)
}

func (s *site) duty(v *visit) error {
	duty, err := s.shelf.Duty(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	question, err := s.opening(v, duty)
	if err != nil {
		return err
	}
	v.section = "duties"
	if duty.Handling.Short() != "" {
		v.handled(duty.Handling)
	}
	return v.show(duty.Title, dutyPage(v, duty, question))
}

func (s *site) assess(v *visit) (string, error) {
	in := v.input()
	id := v.r.PathValue("id")
	finding := func(name string) warning.Finding {
		return warning.Finding{Yes: in.text(name) == "yes", Reason: in.text(name + ".reason")}
	}
	assessment := warning.Assessment{
		Credible: finding("credible"), Specific: finding("specific"), Impending: finding("impending"),
		ThreatType: warning.ThreatType(in.text("threat_type")), Target: in.target(), Window: in.window(), Method: in.text("method"),
		Actor: in.text("threat_actor"), OwnCitizen: in.text("victim_is_own_citizen"), Protector: in.text("protector"), Measures: in.text("measures"),
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.desk.Assess(v.r.Context(), v.who, id, assessment)
	return "/duties/" + id + "?done=assess", err
}

func (s *site) decide(v *visit) (string, error) {
	in := v.input()
	id := v.r.PathValue("id")
	decision := warning.Decision{
		Choice: warning.Choice(in.text("choice")), Ground: warning.Ground(in.text("ground")),
		Justification: in.text("justification"), Until: in.time("until"), Seen: in.text("seen"),
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.desk.Decide(v.r.Context(), v.who, id, decision)
	if decision.Choice == warning.Warn {
		return "/warnings/new?duty=" + id, err
	}
	return "/duties/" + id + "?done=decide", err
}

func (s *site) affirm(v *visit) (string, error) {
	id := v.r.PathValue("id")
	in := v.input()
	affirmed := in.text("affirmed") == "yes"
	_, err := s.desk.Affirm(v.r.Context(), v.who, id, affirmed, in.text("seen"))
	if affirmed {
		return "/duties/" + id + "?done=affirm", err
	}
	return "/duties/" + id + "?done=reject", err
}
