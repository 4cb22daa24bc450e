// SPDX-License-Identifier: Apache-2.0

package web

// This file holds a visit: one request, who makes it, and what its page needs.

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// maxForm is the largest form that is read, in bytes: a report with its
// objects, or an article.
const maxForm = 8 << 20

// formWithin is how long a form may take, all of it. An upload has more with each
// piece.
const formWithin = 2 * time.Minute

// visit is one request on its way to a page.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	site *site
	who  caller.Caller
	node api.Node
	now  time.Time

	title   string
	section string             // of the menu
	content *handling.Handling // of what the page shows; nil where it shows none

	status    int
	problem   *problem.Problem
	reference string     // of an internal problem, in the log
	form      string     // the form that failed
	typed     url.Values // what was typed into it
}

// A view shows a page. What it returns as an error is shown instead.
type view func(*visit) error

// An action does what a form asks, and says where to go then.
type action func(*visit) (string, error)

// shown tells post that the action has answered by itself.
const shown = ""

func (s *site) visit(w http.ResponseWriter, r *http.Request) *visit {
	return &visit{w: w, r: r, site: s, who: caller.Anyone(), node: s.shelf.Node(), now: time.Now().UTC(), status: http.StatusOK}
}

// open serves a view to anyone.
func (s *site) open(show view) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		if err := show(v); err != nil {
			v.fail(err)
		}
	}
}

// page serves a view to a person who is signed in; to others it shows how to
// sign in.
func (s *site) page(show view) http.HandlerFunc {
	return s.open(func(v *visit) error {
		if err := v.authenticate(); err != nil {
			return err
		}
		if v.r.Body != http.NoBody {
			_ = http.NewResponseController(v.w).SetReadDeadline(v.now.Add(formWithin)) // a stranger's has less
		}
		return show(v)
	})
}

// post serves a form. When the action fails, back shows the page again, with
// the problem and all that was typed.
func (s *site) post(form string, do action, back view) http.HandlerFunc {
	return s.page(func(v *visit) error {
		if err := v.readForm(); err != nil {
			return err
		}
		to, err := do(v)
		if err == nil {
			if to != shown {
				http.Redirect(v.w, v.r, to, http.StatusSeeOther)
			}
			return nil
		}
		if v.r.Context().Err() != nil {
			return err
		}
		v.explain(err)
		v.form, v.typed = form, v.r.PostForm
		if again := back(v); again != nil {
			return err
		}
		return nil
	})
}

// authenticate finds who asks.
func (v *visit) authenticate() error {
	who, err := v.site.desk.Authenticate(v.r.Context(), v.secret())
	if err == nil && who.Kind != caller.Person {
		err = problem.New(problem.Denied, "sign in as a person", "a machine has no business here")
	}
	if problem.Is(err, problem.Denied) {
		return errSignIn
	}
	who.Way = "page"
	v.who = who
	return err
}

var errSignIn = errors.New("web: not signed in")

func (v *visit) readForm() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	err := v.r.ParseForm()
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
		err = v.r.ParseMultipartForm(maxForm)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return problem.New(problem.Invalid, "at most 8 MiB at once", "this is too large").Because(err)
	case err != nil:
		return problem.New(problem.Invalid, "go back and send it again", "the form could not be read").Because(err)
	}
	return nil
}

// show answers with a page.
func (v *visit) show(title string, page templ.Component) error {
	v.title = title
	if v.content != nil { // TLP 2.0: in the subject, before the information
		v.title = strings.TrimSpace(v.content.Short() + " " + title)
	}
	var body bytes.Buffer
	if err := page.Render(v.r.Context(), &body); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(v.status)
	_, err := v.w.Write(plainly(body.Bytes()))
	if err != nil {
		v.site.log.Debug("the reader went away", "err", err)
	}
	return nil
}

// file answers with a file to keep.
func (v *visit) file(name, mediaType string, body []byte) error {
	v.w.Header().Set("Content-Type", mediaType)
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	http.ServeContent(v.w, v.r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

// may reports whether the visitor may do the act: what it may not is not offered.
func (v *visit) may(act caller.Act) bool { return v.who.May(act) == nil }

func (v *visit) signedIn() bool { return v.who.Kind == caller.Person }

// handled says how the content of the page must be handled: the line above it.
func (v *visit) handled(h handling.Handling) { v.content = &h }

// done is the notice that a redirect left, in words of ours.
func (v *visit) done() string { return notices[v.r.URL.Query().Get("done")] }

// notices are what a page says after something was done.
var notices = map[string]string{
	"acknowledge":   "Acknowledged. The acknowledgement is on its way.",
	"ask":           "Asked. The question is on its way.",
	"reply":         "Replied. The reply is on its way.",
	"outcome":       "Reported. The outcome is on its way.",
	"thank":         "Thanked. The message is on its way.",
	"dispute":       "Your view is on record and on its way.",
	"recall":        "Asked for. The recall is on its way; what was sent stays on record.",
	"answer-recall": "Answered. The answer is on its way.",
	"dismiss":       "The alarm is dismissed.",
	"read-back":     "It was heard: whoever read this back has the partner's key and heard these digits. It is on record.",
	"heard":         "Heard right. Read the two groups back to the caller: see below.",
	"share-voice":   "Our half of the secret is on its way. The partner's node answers with its own.",
	"key-stolen":    "On record. The channel is shut until new keys come and their digits are compared.",
	"key-safe":      "Withdrawn, and on record. Compare the digits, then restore the channel.",
	"keys":          "The keys are changed, and every partner is told. Compare the digits with each at the next call.",
	"accept-log":    "The partner's log is followed anew. The evidence stays on record.",
	"resume-log":    "The node goes on. The evidence stays on record.",
	"left":          "Gone from this moment: every sign-in has ended. What was done stays on record.",
	"roles":         "The roles are changed, from the next page on.",
	"revoked":       "The token opens nothing any more.",
	"freeze":        "Every channel is frozen. Nothing leaves, and nothing is erased.",
	"unfreeze":      "Every channel that was frozen is what it was before.",
	"compose":       "Kept. Below is exactly what would leave.",
	"approve":       "Approved. A second, different person must release it.",
	"release":       "Released. It is queued and on its way.",
	"waiting":       "Released. It can be taken back for a moment: see below.",
	"undo":          "Taken back. Nothing left; two people must look at it anew.",
	"exigent":       "Released by one person. Another releaser must review it within 24 hours.",
	"review":        "The review is on record.",
	"withdraw":      "The draft is withdrawn.",
	"source":        "The report is kept. It stays at home.",
	"duties":        "The report is kept, and it opened a duty to warn: see below.",
	"duty":          "The duty is open and its clock runs.",
	"decide":        "The decision is on record.",
	"assess":        "The assessment is on record.",
	"affirm":        "What was proposed is affirmed.",
	"reject":        "It is not affirmed; the duty is open again.",
	"pledge":        "The pledge is given and on its way.",
	"watch":         "The watch is set.",
	"end-pledge":    "The pledge has ended, and the partner is told. What met it before is owed all the same.",
	"end-watch":     "The watch has ended. What it raised stays raised.",
	"statement":     "The statement is kept. Another person must clear it before anyone outside sees it.",
	"clear":         "The statement is cleared and public.",
	"confirm":       "The digits are confirmed.",
	"sign":          "The terms are signed.",
	"propose":       "These terms are on the table now. Sign them to agree.",
	"state":         "The state of the channel is changed, from this moment.",
	"accept":        "The invitation is accepted. Now compare the digits by voice.",
	"signed-in":     "You are signed in.",
	"links":         "You are signed in. More than one sign-in link was made for you within thirty days. If you did not get every one of them, tell an overseer: somebody else may have signed in as you.",

	"key":           "Put forward. It opens nothing before a releaser has confirmed it by its digits.",
	"key-confirmed": "Confirmed: it is in force. From now on no sign-in link opens an overseer's session.",

	"account":         "Changed: it holds from its next request on.",
	"account-removed": "The account is void: from now on it opens nothing. What it brought stays.",

	"redress":           "The request is open, and everything was searched.",
	"redress-decided":   "Decided. Nothing happens before another releaser confirms it.",
	"redress-confirmed": "Confirmed and done. Recipients are asked to do their part.",
	"redress-answered":  "Answered. Who opened the request hands the answer on.",

	"asked":            "Asked. The request is on its way.",
	"settled":          "Kept. It stands on the board no more.",
	"granting":         "Proposed. A second person must confirm this very text before it is granted.",
	"granted":          "Granted. The answer is on its way.",
	"refused":          "Refused. The answer is on its way.",
	"ended":            "Withdrawn. It is on its way; what was passed on before stays where it is.",
	"written":          "On record: it is on the medium.",
	"recover":          "The node recovers: nothing leaves before the partners have said what they hold.",
	"without":          "The node does not wait for it. Nothing passes between the two until it has said what it holds.",
	"new-log":          "The log takes another name, and each partner is told.",
	"note":             "On record: you have read the note.",
	"policy":           "Proposed. Another releaser must approve it; until then nothing changes.",
	"policy-withdrawn": "The proposal is withdrawn.",
	"keep-on":          "It is kept until that day.",
	"hold":             "Its erasure is held until somebody lets it go.",
	"let-go":           "The hold is ended. What is due is erased at the next look.",
	"rule":             "The rule is set, for what is kept from now on.",
	"assurance":        "The sheet is on record.",
	"assurance-waits":  "The sheet waits: it loosens what holds, and another releaser must judge the same.",
	"affirmed":         "Affirmed: the message took effect. It stays marked as in doubt.",
	"inquiry":          "Asked. The question is on its way.",
	"inquiry-answer":   "Answered. The answer is on its way, and says no more than its word.",
	"record":           "It is on the record.",
	"rota":             "The rota is set.",
	"limits":           "The limits hold from now on.",
	"feed-release":     "Released. It pushes what is there, and what comes.",
	"feed-taken-over":  "You answer for it from now on. If it pushes, it waits for a releaser.",
	"feed-run":         "It runs now.",
	"feed-removed":     "The feed is gone, and its secret with it.",
}
