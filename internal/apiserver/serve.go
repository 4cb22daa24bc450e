// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file holds how a request is read and an answer written, the same for all.

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// statuses is the one table from what went wrong to how HTTP says it. RFC 9110 §15
var statuses = map[problem.Code]int{
	problem.Invalid:  http.StatusUnprocessableEntity,
	problem.Denied:   http.StatusForbidden,
	problem.Missing:  http.StatusNotFound,
	problem.Conflict: http.StatusConflict,
	problem.Busy:     http.StatusServiceUnavailable,
	problem.Refused:  http.StatusBadRequest,
	problem.Reason:   http.StatusPreconditionRequired,
	problem.Internal: http.StatusInternalServerError,
}

// show answers what a signed-in caller may look at.
func show[Out any](s *server, look func(call) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := s.identify(w, r)
		if err != nil {
			s.unknown(w, r, err)
			return
		}
		out, err := look(c)
		s.answer(w, r, out, err)
	}
}

// several is show for a list.
func several[Out any](s *server, look func(call) ([]Out, error)) http.HandlerFunc {
	return show(s, func(c call) (api.List[Out], error) {
		items, err := look(c)
		return api.List[Out]{Items: items}, err
	})
}

// take reads what a signed-in caller sends, and does it. The body is not
// touched before the caller is known.
func take[In, Out any](s *server, do func(call, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := s.identify(w, r)
		if err != nil {
			s.unknown(w, r, err)
			return
		}
		in, err := read[In](w, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		out, err := do(c, in)
		s.answer(w, r, out, err)
	}
}

// file answers bytes as they are.
func file(s *server, mediaType string, look func(call) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := s.identify(w, r)
		if err != nil {
			s.unknown(w, r, err)
			return
		}
		raw, err := look(c)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		write(w, http.StatusOK, mediaType, raw)
	}
}

// read reads the body strictly.
func read[In any](w http.ResponseWriter, r *http.Request) (in In, err error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return in, problem.New(problem.Invalid, "send less at once", "a request is at most %d bytes", api.MaxBody)
	}
	if err != nil {
		return in, problem.New(problem.Invalid, "send it again", "the request broke off").Because(err)
	}
	if _, ok := any(in).(nothing); ok && len(raw) == 0 {
		return in, nil
	}
	if err := api.Decode(raw, &in); err != nil {
		return in, problem.New(problem.Invalid, "mend it and try again", "the request cannot be read").
			With(api.DecodeWords(err)).Because(err)
	}
	return in, nil
}

func (s *server) answer(w http.ResponseWriter, r *http.Request, out any, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	raw, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		s.fail(w, r, fmt.Errorf("apiserver: writing the answer: %w", err))
		return
	}
	write(w, http.StatusOK, api.JSONType, raw)
}

// unknown answers a caller without a good token.
func (s *server) unknown(w http.ResponseWriter, r *http.Request, err error) {
	if !problem.Is(err, problem.Denied) {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="tocsin"`)
	s.say(w, http.StatusUnauthorized, s.problem(r, err))
}

// fail answers a failure as far as the caller may know of it.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r, err)
	s.say(w, p.Status, p)
}

// problem is err for the caller; what the caller may not know goes to the log
// under a reference.
func (s *server) problem(r *http.Request, err error) api.Problem {
	p := problem.Of(err)
	status, known := statuses[p.Code]
	if !known {
		status = http.StatusInternalServerError
	}
	shown := api.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: p.Text, Code: string(p.Code), Hint: p.Hint, Details: p.Details, Subject: p.Subject,
	}
	if status == http.StatusInternalServerError {
		raw := make([]byte, 6)
		rand.Read(raw) // crypto/rand.Read never fails
		shown.Reference = hex.EncodeToString(raw)
		s.log.Error("a request failed", "reference", shown.Reference, "method", r.Method, "path", r.URL.Path, "err", err)
	}
	return shown
}

func (s *server) say(w http.ResponseWriter, status int, p api.Problem) {
	p.Status, p.Title = status, http.StatusText(status)
	// A detail may repeat what the caller wrote in the path, which need not be text.
	raw, err := json.Marshal(p, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		s.log.Error("a problem could not be written", "err", err)
	}
	write(w, status, api.ProblemType, raw)
}

// write ends the request. What is answered is for the caller alone, and never
// anything else than it says it is.
func write(w http.ResponseWriter, status int, mediaType string, raw []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the caller has gone: nobody is left to tell
}
