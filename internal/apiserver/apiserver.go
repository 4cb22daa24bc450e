// SPDX-License-Identifier: Apache-2.0

// Package apiserver is the tools' door: the JSON API of package api.
//
// It translates and decides nothing. A request passes these steps:
//
//	route → whose token → read the body → ask a trip → write the answer
//
// routes.go is the whole API in one table. Every failure is answered as a
// problem (RFC 9457); what is not meant for the caller goes to the node's log
// under a reference that the answer names.
package apiserver

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/feeds"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
)

type server struct {
	log    *slog.Logger
	desk   *desk.Desk
	outbox *outbox.Outbox
	intake *intake.Intake
	shelf  *shelf.Shelf
	feeds  *feeds.Feeds
	carry  Carrier
	backup BackUp
}

// New makes the door. It serves everything under api.Base.
func New(log *slog.Logger, desk *desk.Desk, out *outbox.Outbox, in *intake.Intake, shelf *shelf.Shelf, feeds *feeds.Feeds, carry Carrier, backup BackUp) http.Handler {
	s := &server{log: log, desk: desk, outbox: out, intake: in, shelf: shelf, feeds: feeds, carry: carry, backup: backup}
	mux := http.NewServeMux()
	for _, route := range s.routes() {
		method, path, _ := strings.Cut(route.pattern, " ")
		mux.HandleFunc(method+" "+api.Base+path, route.handler)
	}
	mux.HandleFunc("/", s.nothing)
	return mux
}

// call is a request whose caller is known.
type call struct {
	*http.Request
	who    caller.Caller
	secret string
}

func (c call) ctx() context.Context { return c.Context() }

// id is the part of the path that names a thing.
func (c call) id() string { return c.PathValue("id") }

// bodyWithin is how long the body of somebody who is known may take. What takes a
// file gives it more with each piece.
const bodyWithin = 2 * time.Minute

// identify says who calls, by the token of the request, and gives the body of
// somebody who is known its time. RFC 6750
func (s *server) identify(w http.ResponseWriter, r *http.Request) (call, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		secret = ""
	}
	secret = strings.TrimSpace(secret)
	who, err := s.desk.Authenticate(r.Context(), secret)
	who.Way = "api"
	if err == nil && r.Body != http.NoBody {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin)) // where there is no connection nobody waits
	}
	return call{Request: r, who: who, secret: secret}, err
}

// nothing answers what is not in the table.
func (s *server) nothing(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, problem.New(problem.Missing, "the API stands under "+api.Base, "there is no such thing here, or not with the method %s", r.Method))
}
