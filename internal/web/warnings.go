// SPDX-License-Identifier: Apache-2.0

package web

// This file composes warnings, shows what would leave, and releases it.

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) warningRoutes(mux *http.ServeMux) {
	mux.Handle("GET /warnings", s.page(s.warnings))
	mux.Handle("GET /warnings/new", s.page(s.composeNew))
	mux.Handle("POST /warnings/new", s.post("compose", s.compose, s.composeNew))
	mux.Handle("GET /warnings/{id}/edit", s.page(s.composeAgain))
	mux.Handle("POST /warnings/{id}/edit", s.post("compose", s.compose, s.composeAgain))
	mux.Handle("GET /warnings/{id}", s.page(s.preview))
	mux.Handle("POST /warnings/{id}/release", s.post("release", s.release, s.preview))
	mux.Handle("POST /warnings/{id}/exigent", s.post("exigent", s.exigent, s.preview))
	mux.Handle("POST /warnings/{id}/review", s.post("review", s.review, s.preview))
	mux.Handle("POST /warnings/{id}/undo", s.post("undo", s.takeBack, s.preview))
	mux.Handle("POST /warnings/{id}/withdraw", s.post("withdraw", s.withdraw, s.preview))
}

func (s *site) warnings(v *visit) error {
	drafts, err := s.shelf.Drafts(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "warnings"
	return v.show("Warnings", draftsPage(v, drafts))
}

// desktop is what a composer can choose from.
type desktop struct {
	partners []choice
	sources  []choice
	duties   []choice
}

func (s *site) desktop(v *visit) (d desktop, err error) {
	partners, err := s.shelf.Partners(v.r.Context(), v.who)
	if err != nil {
		return d, err
	}
	for _, p := range partners {
		d.partners = append(d.partners, choice{p.Name, p.State})
	}
	sources, err := s.shelf.Sources(v.r.Context(), v.who)
	if err != nil {
		return d, err
	}
	for _, source := range sources {
		d.sources = append(d.sources, choice{source.ID, source.Title + " (" + clock(source.KeptAt) + ")"})
	}
	duties, err := s.shelf.Duties(v.r.Context(), v.who, false)
	for _, duty := range duties {
		d.duties = append(d.duties, choice{duty.ID, "to " + duty.Partner + ": " + strings.TrimSpace(duty.Handling.Short()+" "+duty.Title)})
	}
	return d, err
}

// composeNew offers an empty form, or one that answers a duty.
func (s *site) composeNew(v *visit) error {
	var draft warning.Draft
	if id := v.r.URL.Query().Get("duty"); id != "" {
		if err := s.answering(v, id, &draft); err != nil {
			return err
		}
	}
	if id := v.r.URL.Query().Get("source"); id != "" {
		if err := s.about(v, id, &draft); err != nil {
			return err
		}
	}
	return s.composer(v, draft)
}

// answering fills a draft with what a duty says.
func (s *site) answering(v *visit, id string, draft *warning.Draft) error {
	duty, err := s.shelf.Duty(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	draft.Duty, draft.ReleasableTo, draft.Warning.Precedence = duty.ID, []string{duty.Partner}, duty.Precedence
	if strings.HasPrefix(duty.Subject, "source--") {
		return s.about(v, duty.Subject, draft)
	}
	return nil
}

// about fills a draft with what a source report is about. Its texts stay where
// they are: a release text is written, not copied.
func (s *site) about(v *visit, id string, draft *warning.Draft) error {
	source, err := s.shelf.Source(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	w := &draft.Warning
	draft.Source, w.Target, w.ThreatType, w.Window = source.ID, source.Target, source.ThreatType, source.Window
	if w.Precedence == "" {
		w.Precedence = source.Precedence
	}
	if source.Handling.TLP != "" {
		w.Handling = source.Handling
	}
	return nil
}

func (s *site) composeAgain(v *visit) error {
	draft, err := s.shelf.Draft(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if draft.Stage == warning.Released || draft.Stage == warning.Withdrawn {
		return problem.New(problem.Conflict, "compose a new one", "this draft was %s", draft.Stage)
	}
	return s.composer(v, draft)
}

func (s *site) composer(v *visit, draft warning.Draft) error {
	choices, err := s.desktop(v)
	if err != nil {
		return err
	}
	v.section = "warnings"
	v.handled(draft.Warning.Handling)
	return v.show("Compose a warning", composePage(v, draft, choices))
}

func (s *site) compose(v *visit) (string, error) {
	in, draft := s.typedDraft(v)
	if err := in.err(); err != nil {
		return shown, err
	}
	draft, err := s.out.Compose(v.r.Context(), v.who, draft)
	return "/warnings/" + draft.ID + "?done=compose", err
}

// typedDraft is the draft as it was typed; what cannot be read is in the input.
func (s *site) typedDraft(v *visit) (*input, warning.Draft) {
	in := v.input()
	draft := warning.Draft{
		ID: v.r.PathValue("id"), Source: in.text("source"), Duty: in.text("duty"), Change: in.text("change"),
		ReleasableTo: in.values["to"], PersonsTo: in.values["persons_to"], Releases: make(map[string]string), Objects: v.objects(in),
		Warning: warning.Warning{
			Target: in.target(), ThreatType: warning.ThreatType(in.text("threat_type")), Window: in.window(),
			Method: in.text("method"), Actor: in.text("threat_actor"), Action: in.text("recommended_action"), Persons: in.persons(),
			Precedence: handling.Precedence(in.text("precedence")), AnswerBy: in.time("answer_by"),
			Probability: handling.Probability(in.text("probability")), Confidence: handling.Confidence(in.text("confidence")),
			Grade: handling.Grade(strings.ToUpper(in.text("grade"))), Handling: in.handling(),
			Recipients: in.lines("recipients"), Purpose: in.text("purpose"), Review: warning.Date(in.text("review")),
		},
	}
	// The box that names persons to a partner is hidden where the partner gets nothing.
	draft.PersonsTo = slices.DeleteFunc(slices.Clone(draft.PersonsTo), func(name string) bool { return !slices.Contains(draft.ReleasableTo, name) })
	for name := range in.values {
		if partner, ok := strings.CutPrefix(name, "text."); ok && in.text(name) != "" {
			draft.Releases[partner] = in.text(name)
		}
	}
	return in, draft
}

// preview shows, side by side, what stays and what leaves. The source report
// is shown to those who may read it.
func (s *site) preview(v *visit) error {
	preview, err := s.out.Preview(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	var source *warning.Source
	if preview.Draft.Source != "" {
		read, err := s.shelf.Source(v.r.Context(), v.who, preview.Draft.Source)
		if err != nil {
			return err
		}
		source = &read
	}
	v.section = "warnings"
	v.handled(bothHandlings(preview.Draft.Warning.Handling, source))
	return v.show(draftTitle(preview.Draft), previewPage(v, preview, source))
}

// bothHandlings is how a page must be handled that shows a draft beside its
// source report: as the stricter of the two asks, with the restrictions of both.
func bothHandlings(h handling.Handling, source *warning.Source) handling.Handling {
	if source == nil || source.Handling.TLP == "" {
		return h
	}
	home := source.Handling
	return handling.Handling{
		TLP: strictest(h.TLP, home.TLP), Codes: union(h.Codes, home.Codes), Caveats: union(h.Caveats, home.Caveats),
		Note: strings.TrimSpace(strings.Join(union([]string{h.Note}, []string{home.Note}), " ")),
	}
}

func union[T comparable](a, b []T) []T {
	all := slices.Clone(a)
	for _, each := range b {
		if !slices.Contains(all, each) {
			all = append(all, each)
		}
	}
	return all
}

func draftTitle(draft warning.Draft) string {
	if draft.Warning.Target.Name != "" {
		return draft.Warning.Target.Name
	}
	return draft.Warning.Target.Place.String()
}

func (s *site) release(v *visit) (string, error) { return s.letGo(v, "") }

func (s *site) exigent(v *visit) (string, error) {
	reason := v.input().text("reason")
	if reason == "" {
		return shown, problem.New(problem.Invalid, "say in a sentence why there is no time for a second person",
			"a release by one person needs a reason").With("reason: must be said")
	}
	return s.letGo(v, reason)
}

// letGo approves or releases what the visitor saw: the hash comes with the form.
func (s *site) letGo(v *visit, exigent string) (string, error) {
	id := v.r.PathValue("id")
	draft, err := s.out.Release(v.r.Context(), v.who, id, v.input().text("hash"), exigent)
	done := "release"
	switch {
	case draft.Stage == warning.Approved:
		done = "approve"
	case draft.Stage == warning.Waiting:
		done = "waiting"
	case draft.Exigent != nil:
		done = "exigent"
	}
	return "/warnings/" + id + "?done=" + done, err
}

func (s *site) review(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.out.Review(v.r.Context(), v.who, id, v.input().text("finding"))
	return "/warnings/" + id + "?done=review", err
}

func (s *site) takeBack(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.out.TakeBack(v.r.Context(), v.who, id)
	return "/warnings/" + id + "?done=undo", err
}

func (s *site) withdraw(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.out.Withdraw(v.r.Context(), v.who, id)
	return "/warnings/" + id + "?done=withdraw", err
}

// needed is how many different people must release a draft: one more where a copy
// says so.
func needed(p warning.Preview) int {
	for _, copied := range p.Copies {
		if copied.Allowed && len(copied.Further) > 0 {
			return 3
		}
	}
	return 2
}

// namesPersons reports whether a copy that may leave names somebody: nobody
// releases that alone.
func namesPersons(p warning.Preview) bool {
	return slices.ContainsFunc(p.Copies, func(c warning.Copy) bool { return c.Allowed && len(c.Leaves.Persons) > 0 })
}

// ordinals are the places of those who release a draft.
var ordinals = []string{"first", "second", "third"}

// nextPerson is which person releases it next.
func nextPerson(p warning.Preview) string {
	return ordinals[min(len(p.Draft.Approvals), len(ordinals)-1)]
}

// approvers are who has approved a draft so far.
func approvers(draft warning.Draft) string {
	var names []string
	for _, a := range draft.Approvals {
		names = append(names, a.By)
	}
	return strings.Join(names, " and ")
}

// approved reports whether the visitor is among those who approved a draft.
func approved(v *visit, draft warning.Draft) bool {
	return slices.ContainsFunc(draft.Approvals, func(a warning.Approval) bool { return a.By == v.who.Name })
}

// leaving is the warning a copy is about: what leaves, or, where nothing may,
// what was written for the partner, so that it can be mended.
func leaving(draft warning.Draft, copied warning.Copy) warning.Warning {
	if copied.Leaves.ID != "" {
		return copied.Leaves
	}
	return draft.Copy(copied.Partner, "")
}

// leaksIn are the leaks of a copy in one field, for marking.
func leaksIn(copied warning.Copy, field string) map[string]string {
	finds := make(map[string]string)
	for _, leak := range copied.Leaks {
		if leak.Field == field {
			finds[leak.Text] = "repeats " + leak.Source
		}
	}
	return finds
}

// reasonsOf are the reasons of one effect.
func reasonsOf(copied warning.Copy, effect string) (all []warning.Reason) {
	for _, reason := range copied.Reasons {
		if reason.Effect == effect {
			all = append(all, reason)
		}
	}
	return all
}

// effects are those that are shown of a copy. What would block it now says
// nothing of a copy that has left.
func effects(draft warning.Draft, copied warning.Copy) []string {
	if draft.Sent[copied.Partner] != "" {
		return []string{"withhold", "allow"}
	}
	return []string{"block", "withhold", "allow"}
}
