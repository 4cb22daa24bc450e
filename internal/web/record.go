// SPDX-License-Identifier: Apache-2.0

package web

// This file takes what people put on a duty's record beside the decision, and whom
// duties call.

import (
	"net/http"

	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) recordRoutes(mux *http.ServeMux) {
	mux.Handle("POST /duties/{id}/record", s.post("record", s.addToDuty, s.duty))
	mux.Handle("POST /rota", s.post("rota", s.setRota, s.duties))
}

// addition is what was typed for a record: a part of which nothing was typed is no
// part of it.
func (in *input) addition() (a warning.Addition) {
	said := func(names ...string) bool {
		for _, name := range names {
			if in.text(name) != "" {
				return true
			}
		}
		return false
	}
	if said("consulted.body", "consulted.view", "consulted.when") {
		a.Consulted = &warning.Consultation{Body: in.text("consulted.body"), View: in.text("consulted.view"), When: in.time("consulted.when")}
	}
	if said("given.method", "given.recipient_authority", "given.recipient_named_role", "given.means", "given.substance", "given.delivered_at") {
		a.Given = &warning.Given{
			Method: warning.GivenBy(in.text("given.method")), Means: in.text("given.means"), Authority: in.text("given.recipient_authority"),
			Role: in.text("given.recipient_named_role"), Substance: in.text("given.substance"), DeliveredAt: in.time("given.delivered_at"),
		}
	}
	if said("notified.who", "notified.when") {
		a.Notified = &warning.Notice{Who: in.text("notified.who"), When: in.time("notified.when")}
	}
	if said("dispute.level", "dispute.party", "dispute.resolution") {
		a.Dispute = &warning.Difference{Level: in.text("dispute.level"), Party: in.text("dispute.party"), Resolution: in.text("dispute.resolution")}
	}
	a.Consent, a.Outcome = in.text("originator_consent_ref"), in.text("outcome_ref")
	a.Confirmed = in.text("given_confirmed") == "yes"
	a.RetentionReview = warning.Date(in.text("retention_review_due"))
	return a
}

func (s *site) addToDuty(v *visit) (string, error) {
	in := v.input()
	added := in.addition()
	if err := in.err(); err != nil {
		return shown, err
	}
	id := v.r.PathValue("id")
	_, err := s.desk.AddToDuty(v.r.Context(), v.who, id, added)
	return "/duties/" + id + "?done=record", err
}

func (s *site) setRota(v *visit) (string, error) {
	_, err := s.desk.SetRota(v.r.Context(), v.who, v.input().words("people"))
	return "/duties?done=rota", besideField("people", err)
}

// methods are the ways in which people give a warning; what the node carries it
// records itself.
func methods() (all []choice) {
	for _, method := range warning.Methods() {
		if method != string(warning.ByNode) {
			all = append(all, choice{method, words(method)})
		}
	}
	return all
}

// findingOf is what an assessment says of one point, as it would be typed.
func findingOf(a *warning.Assessment, of func(*warning.Assessment) warning.Finding) (yes, reason string) {
	switch {
	case a == nil:
		return "", ""
	case of(a).Yes:
		return "yes", of(a).Reason
	}
	return "no", of(a).Reason
}

// assessed is an assessment to begin a new one from.
func assessed(a *warning.Assessment) warning.Assessment {
	if a == nil {
		return warning.Assessment{OwnCitizen: "unknown"}
	}
	return *a
}
