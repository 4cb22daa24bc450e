// SPDX-License-Identifier: Apache-2.0

// Package taxiiserver is the STIX door: TAXII 2.1 for tools that bring objects
// and follow collections.
//
// It translates and decides nothing. A request passes these steps:
//
//	whose token → route → method → media type → ask a trip → write the answer
//
// Who is nobody gets the same 401 for every address, so it learns of no
// collection. Who is somebody gets the same 404 for what is not there and for
// what is not for it. Every failure has the error message of TAXII as its body.
//
// There is one API root. "next" is where a page ended and nothing else: with
// other filters it goes on from there under those, and it can be asked again,
// at any time, of any process. docs/interop.md holds the door against the
// interoperability checklist.
package taxiiserver

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Limits of one request.
const (
	// MaxContentLength is the largest body of a POST, in bytes. It is read as a
	// stream: its size costs no memory.
	MaxContentLength = 100 << 20
	// DefaultPage is how many objects answer a request without a limit; with
	// one it is at most shelf.MaxPage.
	DefaultPage = 100
)

type server struct {
	log    *slog.Logger
	desk   *desk.Desk
	shelf  *shelf.Shelf
	intake *intake.Intake

	reads, answers *turns
	all            *semaphore.Weighted // the bytes of all answers
}

// New makes the door. It serves everything under api.DiscoveryPath.
func New(log *slog.Logger, desk *desk.Desk, shelf *shelf.Shelf, in *intake.Intake) http.Handler {
	return &server{
		log: log, desk: desk, shelf: shelf, intake: in,
		reads: newTurns(readsEach), answers: newTurns(answersEach), all: semaphore.NewWeighted(answersAll),
	}
}

// call is a request whose caller is known.
type call struct {
	*http.Request
	who       caller.Caller
	clearance handling.TLP
	// names are what the address names: a collection, an object, a status.
	collection, object, status string
}

// endpoint answers one kind of address, by method.
type endpoint struct {
	get, post, remove func(*server, http.ResponseWriter, call) error
}

// answer is how the endpoint answers a method; nil if it does not.
func (e endpoint) answer(method string) func(*server, http.ResponseWriter, call) error {
	switch method {
	case http.MethodGet, http.MethodHead:
		return e.get
	case http.MethodPost:
		return e.post
	case http.MethodDelete:
		return e.remove
	}
	return nil
}

// allowed lists the methods for a header. RFC 9110 §10.2.1
func (e endpoint) allowed() string {
	allowed := "GET, HEAD, OPTIONS"
	if e.post != nil {
		allowed += ", POST"
	}
	if e.remove != nil {
		allowed += ", DELETE"
	}
	return allowed
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := call{Request: r}
	var err error
	if c.who, c.clearance, err = s.desk.Admit(r.Context(), credentials(r)); err != nil {
		s.stranger(w, r, err)
		return
	}
	answering, end, err := s.desk.Depart(r.Context(), c.who)
	if err != nil {
		s.stranger(w, r, err)
		return
	}
	defer end()
	if c.who.Partner != "" {
		c.Request = r.WithContext(answering)
		// Whoever does not read its answer must not hold up the change that ends it.
		defer context.AfterFunc(answering, func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) })()
	}
	found, known := c.route()
	if !known {
		s.fail(w, c, problem.New(problem.Missing, "", "there is no such thing here"))
		return
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", found.allowed())
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer := found.answer(r.Method)
	if answer == nil {
		s.notAllowed(w, c, found)
		return
	}
	if !taxii.Acceptable(strings.Join(r.Header.Values("Accept"), ",")) {
		s.refuse(w, c, http.StatusNotAcceptable, "this door answers as "+taxii.MediaType)
		return
	}
	if err := answer(s, w, c); err != nil {
		s.fail(w, c, err)
	}
}

// credentials are what the request shows to say whose it is: a name and password
// by Basic (RFC 7617), a token as a bearer's (RFC 6750) or under the word Token,
// as the OASIS client sends one, and the certificate of its connection. What
// cannot be read is a secret that is wrong: no certificate stands in for it.
// TAXII 2.1 §1.6.9, §8.3.1
func credentials(r *http.Request) (shown desk.Credentials) {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		shown.Certificate = r.TLS.PeerCertificates[0]
	}
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return shown
	}
	shown.Certificate = nil
	if len(given) > 1 {
		return shown
	}
	if user, password, ok := r.BasicAuth(); ok {
		shown.User, shown.Secret = user, password
		return shown
	}
	if scheme, token, _ := strings.Cut(given[0], " "); strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token") {
		shown.Secret = strings.TrimSpace(token)
	}
	return shown
}

// route finds the endpoint of an address, and takes the names out of it. An
// address without its last slash is understood.
func (c *call) route() (found endpoint, known bool) {
	path, inside := strings.CutPrefix(strings.TrimSuffix(c.URL.Path, "/")+"/", api.DiscoveryPath)
	if !inside {
		return endpoint{}, false
	}
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	names := map[int]*string{}
	switch {
	case len(parts) == 3 && parts[1] == "status":
		names[2] = &c.status
	case len(parts) >= 3 && parts[1] == "collections":
		names[2], names[4] = &c.collection, &c.object
	}
	for i, name := range names {
		if i >= len(parts) {
			continue
		}
		if parts[i] == "" {
			return endpoint{}, false
		}
		*name, parts[i] = parts[i], "ID"
	}
	found, known = endpoints[strings.Join(parts, "/")]
	return found, known
}

// endpoints is everything there is. TAXII 2.1 §4, §5
var endpoints = map[string]endpoint{
	"":                               {get: (*server).discovery},
	"root":                           {get: (*server).root},
	"root/status/ID":                 {get: (*server).statusOf},
	"root/collections":               {get: (*server).collections},
	"root/collections/ID":            {get: (*server).collectionOf},
	"root/collections/ID/manifest":   {get: (*server).manifest},
	"root/collections/ID/objects":    {get: (*server).objects, post: (*server).add},
	"root/collections/ID/objects/ID": {get: (*server).objects, remove: (*server).remove},
	"root/collections/ID/objects/ID/versions": {get: (*server).versions},
}
