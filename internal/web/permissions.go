// SPDX-License-Identifier: Apache-2.0

package web

// This file asks an originator for its permission, and answers when one asks us.

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) permissionRoutes(mux *http.ServeMux) {
	mux.Handle("GET /permissions", s.page(s.permissions))
	mux.Handle("GET /permissions/{id}", s.page(s.permission))
	mux.Handle("GET /cases/{id}/permission", s.page(s.permissionForm))
	mux.Handle("POST /cases/{id}/permission", s.post("permission", s.askPermission, s.permissionForm))
	mux.Handle("POST /permissions/{id}/grant", s.post("grant", s.proposePermission, s.permission))
	mux.Handle("POST /permissions/{id}/confirm", s.post("confirm", s.confirmPermission, s.permission))
	mux.Handle("POST /permissions/{id}/refuse", s.post("refuse", s.refusePermission, s.permission))
	mux.Handle("POST /permissions/{id}/done", s.post("settle", s.settlePermission, s.permission))
	mux.Handle("POST /permissions/{id}/withdraw", s.post("end", s.withdrawPermission, s.permission))
}

// requested is a request with the handling of the case it is asked in.
type requested struct {
	api.Permission
	handling handling.Handling
}

// inTheirCases puts beside each request how its case is handled.
func (s *site) inTheirCases(v *visit, all []api.Permission) ([]requested, error) {
	if len(all) == 0 {
		return nil, nil
	}
	cases, err := s.shelf.Cases(v.r.Context(), v.who, "", 0)
	of := make(map[string]handling.Handling, len(cases))
	for _, c := range cases {
		of[c.ID] = c.Handling
	}
	list := make([]requested, len(all))
	for i, p := range all {
		list[i] = requested{p, of[p.Case]}
	}
	return list, err
}

func (s *site) permissions(v *visit) error {
	all := v.r.URL.Query().Get("all") == "yes"
	kept, err := s.shelf.Permissions(v.r.Context(), v.who, all)
	if err != nil {
		return err
	}
	list, err := s.inTheirCases(v, kept)
	if err != nil {
		return err
	}
	v.section = "permissions"
	return v.show("Permissions", permissionsPage(v, list, all))
}

func (s *site) permission(v *visit) error {
	p, err := s.shelf.Permission(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	list, err := s.inTheirCases(v, []api.Permission{p})
	if err != nil {
		return err
	}
	v.section = "permissions"
	v.handled(list[0].handling)
	return v.show("Permission", permissionPage(v, p))
}

// permissionForm is where a partner is asked about its warning.
func (s *site) permissionForm(v *visit) error {
	if err := v.who.May(caller.AskPermission); err != nil {
		return err
	}
	c, err := s.shelf.Case(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c.Ours {
		return problem.New(problem.Conflict, "release it to whom you like", "this warning is ours: nobody need be asked")
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	v.section = "cases"
	v.handled(caseHandling(c))
	return v.show("Ask "+c.Partner+" for a permission", askPermissionPage(v, c, others(partners, c.Partner)))
}

// others are the choices but one.
func others(all []choice, but string) (rest []choice) {
	for _, c := range all {
		if c.value != but {
			rest = append(rest, c)
		}
	}
	return rest
}

func (s *site) askPermission(v *visit) (string, error) {
	in := v.input()
	q := warning.PermissionRequest{
		Used:   warning.Used{Use: warning.Use(in.text("use")), Purpose: in.text("purpose"), TLP: handling.TLP(in.text("tlp"))},
		Reason: in.text("reason"), AnswerBy: in.time("answer_by"),
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	asked, err := s.out.AskPermission(v.r.Context(), v.who, v.r.PathValue("id"), in.values["to"], q)
	return "/permissions/" + asked.Hash + "?done=asked", err
}

// proposePermission keeps what one person would grant.
func (s *site) proposePermission(v *visit) (string, error) {
	in := v.input()
	g := outbox.Granting{Grant: true, To: in.values["to"], NewestOnly: in.bool("newest"), Conditions: in.text("conditions"), Until: in.windowEnd("until")}
	if err := in.err(); err != nil {
		return shown, err
	}
	p, err := s.out.AnswerPermission(v.r.Context(), v.who, v.r.PathValue("id"), g)
	return "/permissions/" + p.Hash + "?done=granting", besideField("until", err)
}

// confirmPermission grants what another person proposed, and this one has read.
func (s *site) confirmPermission(v *visit) (string, error) {
	p, err := s.out.AnswerPermission(v.r.Context(), v.who, v.r.PathValue("id"), outbox.Granting{Grant: true, Confirm: v.input().text("seen")})
	return "/permissions/" + p.Hash + "?done=granted", err
}

func (s *site) refusePermission(v *visit) (string, error) {
	p, err := s.out.AnswerPermission(v.r.Context(), v.who, v.r.PathValue("id"), outbox.Granting{Reason: v.input().text("reason")})
	return "/permissions/" + p.Hash + "?done=refused", err
}

func (s *site) withdrawPermission(v *visit) (string, error) {
	p, err := s.out.WithdrawPermission(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("reason"))
	return "/permissions/" + p.Hash + "?done=ended", err
}

// settlePermission takes a permission that was withdrawn off the board.
func (s *site) settlePermission(v *visit) (string, error) {
	p, err := s.desk.SettlePermission(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("what"))
	return "/permissions/" + p.Hash + "?done=settled", besideField("what", err)
}

// uses are what a permission can be asked for, in words.
var uses = []choice{
	{string(warning.UsePassOn), "To pass it on to partners"}, {string(warning.UsePurpose), "To use it for another purpose"},
	{string(warning.UseCourt), "To use it in court"}, {string(warning.UseAct), "To act on it"}, {string(warning.UseWider), "To treat it under a wider label"},
}

// whoAsks says who asks whom.
func whoAsks(p api.Permission) string {
	if p.Ours {
		return "we ask " + p.Partner
	}
	return p.Partner + " asks us"
}

// waits reports whether a partner waits for an answer of ours.
func (p requested) waits() bool { return !p.Ours && (p.State == "open" || p.State == "proposed") }

// granters are who granted it.
func granters(p warning.Permission) string {
	by := p.By.Name + ", " + p.By.Role
	if p.Confirmed != nil {
		by += ", and " + p.Confirmed.Name + ", " + p.Confirmed.Role
	}
	return by
}

// hints say whom to ask, so that a copy may leave after all, each once.
func hints(copied warning.Copy) (all []string) {
	for _, reason := range copied.Reasons {
		if reason.Hint != "" && !slices.Contains(all, reason.Hint) {
			all = append(all, reason.Hint)
		}
	}
	return all
}

// askLink is where that is asked for which a hint names on the command line; empty
// if it names no case.
func askLink(hint, to string) string {
	_, after, _ := strings.Cut(hint, "tocsin permission ask ")
	id, _, _ := strings.Cut(after, " ")
	if !strings.HasPrefix(id, "warning--") {
		return ""
	}
	return "/cases/" + id + "/permission?" + url.Values{"use": {string(warning.UsePassOn)}, "to": {to}}.Encode()
}
