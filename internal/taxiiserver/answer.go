// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file writes answers, and failures as the error messages of TAXII.

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// statuses is how each kind of problem is answered here. TAXII 2.1 §3.6
var statuses = map[problem.Code]int{
	problem.Invalid:  http.StatusBadRequest,
	problem.Denied:   http.StatusForbidden,
	problem.Missing:  http.StatusNotFound,
	problem.Conflict: http.StatusConflict,
	problem.Busy:     http.StatusServiceUnavailable,
	problem.Refused:  http.StatusForbidden,
	problem.Reason:   http.StatusPreconditionRequired,
	problem.Internal: http.StatusInternalServerError,
}

// acts is what a refused request wanted, in the words of the log.
var acts = map[string]caller.Act{
	http.MethodGet: caller.ReadObjects, http.MethodHead: caller.ReadObjects, http.MethodPost: caller.KeepObjects, http.MethodDelete: caller.DeleteObjects,
}

// writeWithin is how long an answer may take to be taken.
const writeWithin = 5 * time.Minute

// give answers with a resource as JSON.
func (s *server) give(w http.ResponseWriter, status int, resource any) error {
	body, err := json.Marshal(resource)
	if err != nil {
		return err
	}
	write(w, status, body)
	return nil
}

func write(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", taxii.MediaType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// Who does not take the answer holds it in memory no longer.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeWithin))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever has gone needs no answer
}

// fail answers a failure of a trip. What nobody outside may know goes to the
// log, under the reference that the answer names.
func (s *server) fail(w http.ResponseWriter, c call, failure error) {
	if problem.Is(failure, problem.Denied) && c.collection != "" && c.who.May(caller.ReadObjects) == nil {
		// The table lets the caller in: it is the collection that is not for it.
		failure = s.desk.Refused(c.Context(), c.who, acts[c.Method], c.collection, failure)
	}
	p := problem.Of(failure)
	status, known := statuses[p.Code]
	if !known {
		status = http.StatusInternalServerError
	}
	message := taxii.Error{Title: p.Text, Description: p.Hint, ErrorCode: string(p.Code)}
	if len(p.Details) > 0 {
		message.Description = strings.TrimSpace(p.Hint + "\n" + strings.Join(p.Details, "\n"))
	}
	if p.Subject != "" {
		message.Details = map[string]string{"subject": p.Subject}
	}
	if p.Code == problem.Internal {
		message.ErrorID = uuid.NewString()
		s.log.Error("stix door", "reference", message.ErrorID, "who", c.who.String(), "path", c.URL.Path, "err", failure)
	}
	if p.Code == problem.Busy {
		w.Header().Set("Retry-After", "5")
	}
	s.say(w, status, message)
}

// refuse answers what is wrong with the request as HTTP.
func (s *server) refuse(w http.ResponseWriter, _ call, status int, text string) {
	s.say(w, status, taxii.Error{Title: http.StatusText(status), Description: text})
}

func (s *server) notAllowed(w http.ResponseWriter, c call, found endpoint) {
	w.Header().Set("Allow", found.allowed())
	s.refuse(w, c, http.StatusMethodNotAllowed, "this address takes "+found.allowed())
}

// stranger answers who has not said who it is, the same for every address.
// TAXII 2.1 §1.6.9, RFC 9110 §11.6.1
func (s *server) stranger(w http.ResponseWriter, r *http.Request, failure error) {
	if !problem.Is(failure, problem.Denied) {
		s.fail(w, call{Request: r}, failure)
		return
	}
	w.Header().Add("WWW-Authenticate", `Basic realm="tocsin", charset="UTF-8"`)
	w.Header().Add("WWW-Authenticate", `Bearer realm="tocsin"`)
	s.say(w, http.StatusUnauthorized, taxii.Error{Title: http.StatusText(http.StatusUnauthorized), Description: "Give an account's name and password by HTTP Basic, or its token as a bearer's."})
}

// say writes an error message. TAXII 2.1 §3.6.1
func (s *server) say(w http.ResponseWriter, status int, message taxii.Error) {
	message.HTTPStatus = strconv.Itoa(status)
	if err := s.give(w, status, message); err != nil {
		s.log.Error("stix door: writing an error", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}
