// SPDX-License-Identifier: Apache-2.0

package web

// This file turns failures into pages: calm words, a hint, and for what is ours
// to repair a reference into the log.

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// statuses is this door's table from problems to HTTP.
var statuses = map[problem.Code]int{
	problem.Invalid:  http.StatusUnprocessableEntity,
	problem.Denied:   http.StatusForbidden,
	problem.Missing:  http.StatusNotFound,
	problem.Conflict: http.StatusConflict,
	problem.Busy:     http.StatusServiceUnavailable,
	problem.Refused:  http.StatusForbidden,
	problem.Reason:   http.StatusPreconditionRequired,
	problem.Internal: http.StatusInternalServerError,
}

var headings = map[problem.Code]string{
	problem.Invalid:  "Something is missing or not right",
	problem.Denied:   "Not allowed",
	problem.Missing:  "Not here",
	problem.Conflict: "Not in this state",
	problem.Busy:     "Not now",
	problem.Refused:  "Not accepted",
	problem.Reason:   "Why do you open this?",
	problem.Internal: "Something went wrong inside the node",
}

// explain puts what went wrong on the visit, for a page to show.
func (v *visit) explain(err error) {
	p := problem.Of(err)
	v.problem, v.status = p, statuses[p.Code]
	if p.Code != problem.Internal {
		return
	}
	v.reference = rand.Text()[:10]
	// The pattern, not the path: a path can hold a sign-in link.
	v.site.log.Error("a page failed", "reference", v.reference, "page", v.r.Pattern, "who", v.who.String(), "err", err)
}

// fail answers with the problem alone.
func (v *visit) fail(err error) {
	if v.r.Context().Err() != nil {
		return // the reader went away; nothing is wrong with the node
	}
	if errors.Is(err, errSignIn) {
		v.status = http.StatusForbidden
		err = v.show("Sign in", signInPage(v))
	} else if problem.Is(err, problem.Reason) {
		err = v.askReason(err)
	} else {
		if v.problem == nil {
			v.explain(err)
		}
		v.content = nil
		err = v.show(headings[v.problem.Code], problemPage(v))
	}
	if err != nil {
		v.site.log.Error("a page could not be written", "page", v.r.Pattern, "err", err)
		http.Error(v.w, "something went wrong inside the node", http.StatusInternalServerError)
	}
}

func (s *site) noSuchPage(v *visit) error {
	if err := v.authenticate(); err != nil && !errors.Is(err, errSignIn) {
		return err
	}
	return problem.New(problem.Missing, "go to the board and start from there", "there is no such page")
}

func (s *site) crossOrigin(*visit) error {
	return problem.New(problem.Denied, "open the page on this node and send it from there", "this form was sent from another site")
}
