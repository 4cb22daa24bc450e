// SPDX-License-Identifier: Apache-2.0

package web

// This file shows recalls and says what people answer to them, corrects what was
// sent, and hands out the files of a step and of a whole case.

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) stepRoutes(mux *http.ServeMux) {
	mux.Handle("GET /receipts/{hash}/step", s.page(s.stepReceipt))
	mux.Handle("GET /cases/{id}/dossier", s.page(s.dossier))
	mux.Handle("POST /cases/{id}/recall", s.post("recall", s.recall, s.oneCase))
	mux.Handle("GET /cases/{id}/correct", s.page(s.correctNew))
	mux.Handle("POST /cases/{id}/correct", s.post("compose", s.correct, s.correctNew))
	mux.Handle("GET /recalls", s.page(s.recalls))
	mux.HandleFunc("POST /recalls/{id}/answer", func(w http.ResponseWriter, r *http.Request) {
		s.post(recallForm(r.PathValue("id")), s.answerRecall, s.recalls)(w, r)
	})
}

// recallForm is the form by which a recall is answered: there may be several on
// a page.
func recallForm(id string) string { return "answer-" + id }

func (s *site) stepReceipt(v *visit) error {
	hash := v.r.PathValue("hash")
	raw, err := s.shelf.Step(v.r.Context(), v.who, hash)
	if err != nil {
		return err
	}
	return v.file("step-"+short(hash)+".tlog-proof", "text/plain; charset=utf-8", raw)
}

// dossier hands out everything a third person needs to judge the case, with the
// texts or without them.
func (s *site) dossier(v *visit) error {
	id := v.r.PathValue("id")
	text := v.r.URL.Query().Get("text") == "yes"
	raw, err := s.shelf.DossierFor(v.r.Context(), v.who, id, text, handling.FilePurpose(v.r.URL.Query().Get("purpose")))
	if err != nil {
		return err
	}
	name := "dossier-" + short(id)
	if !text {
		name += "-without-text"
	}
	return v.file(name+".json", "application/json", raw)
}

// filePurposes are what a dossier may be written for, in words.
var filePurposes = []choice{
	{string(handling.ForCourt), "for a court"},
	{string(handling.ForOversight), "for oversight"},
	{string(handling.ForRecords), "for our records"},
	{string(handling.ForDispute), "for a dispute"},
}

// notForCourt reports whether the partner said something in a case that is not to be
// used in court: a dossier with it says what it is for.
func notForCourt(c api.Case) bool {
	return slices.ContainsFunc(c.Thread, func(m api.Message) bool {
		return !m.Ours && (!c.Ours && (c.Handling.Has(handling.H1) || c.Handling.HasCaveat(handling.NoCourtUse)) ||
			strings.Contains(m.Handling, handling.H1.Meaning()) || strings.Contains(m.Handling, handling.NoCourtUse.Meaning()))
	})
}

func (s *site) recalls(v *visit) error {
	all := v.r.URL.Query().Get("all") == "yes"
	recalls, err := s.shelf.Recalls(v.r.Context(), v.who, all)
	if err != nil {
		return err
	}
	slices.SortStableFunc(recalls, byClock)
	v.section = "recalls"
	return v.show("Recalls", recallsPage(v, recalls, all))
}

// byClock puts what waits first, by its clock, and what is answered behind it.
func byClock(a, b api.Recall) int {
	switch {
	case (a.Answer == nil) != (b.Answer == nil):
		if a.Answer == nil {
			return -1
		}
		return 1
	case a.Answer == nil:
		return a.AnswerBy.Compare(b.AnswerBy)
	}
	return b.Answer.At.Compare(a.Answer.At)
}

func (s *site) recall(v *visit) (string, error) {
	in := v.input()
	answerBy := in.time("answer_by")
	if err := in.err(); err != nil {
		return shown, err
	}
	id := v.r.PathValue("id")
	_, err := s.out.Recall(v.r.Context(), v.who, in.text("of"), warning.Ask(in.text("ask")), in.text("reason"), answerBy)
	return "/cases/" + id + "?done=recall", err
}

// answerRecall takes an answer. Who destroys says so twice: it cannot be undone.
func (s *site) answerRecall(v *visit) (string, error) {
	in := v.input()
	answer := warning.RecallResult(in.text("answer"))
	if answer == warning.Destroyed && !in.bool("sure") {
		return shown, problem.New(problem.Invalid, "tick that you mean it, and send it again", "destroying erases the text here for good").
			With("answer: tick below that it is to be erased")
	}
	made, err := s.out.AnswerRecall(v.r.Context(), v.who, v.r.PathValue("id"), warning.RecallAnswer{
		Answer: answer, Reason: in.text("reason"), PassedOn: in.lines("passed_on"),
	})
	return "/cases/" + made.Recall.Case + "?done=answer-recall", err
}

// correctNew offers the newest version of our warning to be corrected.
func (s *site) correctNew(v *visit) error {
	c, err := s.shelf.Case(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if !c.Ours {
		return problem.New(problem.Conflict, "dispute it, or ask back", "this warning is %s's: only they can correct it", c.Partner)
	}
	draft := warning.Draft{Corrects: map[string]string{c.Partner: c.ID}, ReleasableTo: []string{c.Partner}, Releases: make(map[string]string)}
	for _, m := range c.Thread {
		if w := warningOf(m); w != nil && isVersion(c, m) && (m.Hash == c.Newest || c.Newest == "") {
			draft.Warning, draft.Objects = *w, w.Objects
			draft.Releases[c.Partner] = w.Text
			if len(w.Persons) > 0 {
				draft.PersonsTo = []string{c.Partner}
			}
		}
	}
	if draft.Warning.AnswerBy.Before(v.now) {
		draft.Warning.AnswerBy = time.Time{} // anew, by the precedence
	}
	return s.composer(v, draft)
}

func (s *site) correct(v *visit) (string, error) {
	in, draft := s.typedDraft(v)
	if err := in.err(); err != nil {
		return shown, err
	}
	draft, err := s.out.Correct(v.r.Context(), v.who, v.r.PathValue("id"), in.text("change"), draft)
	return "/warnings/" + draft.ID + "?done=compose", err
}

// warningOf is the warning that a message says or corrects; nil if it says none.
func warningOf(m api.Message) *warning.Warning {
	switch p := payload(m.Kind, m.Payload).(type) {
	case *warning.Warning:
		return p
	case *warning.Update:
		return &p.Warning
	}
	return nil
}

// isVersion reports whether a message is a version of the warning of the case.
func isVersion(c api.Case, m api.Message) bool {
	return m.Ours == c.Ours && (m.Kind == string(envelope.Warning) || m.Kind == string(envelope.Update))
}

// versions are the newest version of a corrected warning, the earlier ones from
// the newest on, and what else was said, in order.
func versions(c api.Case) (newest, earlier, thread []api.Message) {
	for _, m := range c.Thread {
		switch {
		case c.Version < 2 || !isVersion(c, m):
			thread = append(thread, m)
		case m.Hash == c.Newest:
			newest = append(newest, m)
		default:
			earlier = append(earlier, m)
		}
	}
	slices.Reverse(earlier)
	return newest, earlier, thread
}

// recallable are the messages of ours that can be asked for back.
func recallable(c api.Case) (all []choice) {
	if c.Ours {
		all = append(all, choice{c.ID, "the warning, every version of it"})
	}
	for _, m := range c.Thread {
		switch envelope.Kind(m.Kind) {
		case envelope.Warning, envelope.Update, envelope.Request, envelope.Reply:
			if m.Ours && (!isVersion(c, m) || c.Version > 1) {
				all = append(all, choice{m.Hash, kindWords(m.Kind) + " no. " + number(m.Seq) + ", sent " + clock(m.Sent)})
			}
		}
	}
	return all
}

// answerable are the disputes of the case, each named by one of its views.
func answerable(c api.Case) (all []choice) {
	for _, d := range c.Disputes {
		if views := slices.Concat(d.Theirs, d.Ours); len(views) > 0 {
			all = append(all, choice{views[0].ID, d.About})
		}
	}
	return all
}
