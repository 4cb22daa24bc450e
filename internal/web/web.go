// SPDX-License-Identifier: Apache-2.0

// Package web is the people's door: pages that a desk works with in a browser.
//
// A page is one request: find who asks, let a trip show or do, write HTML. The
// door decides nothing. Whether somebody may, the trips say; what is hidden on a
// page because of a role is hidden so that nobody is offered what would be
// refused.
//
// Every page works without JavaScript: forms are posted, answered by a redirect,
// and shown again with everything that was typed when something was wrong. What
// little script there is keeps the board fresh and copies text. Nothing is
// loaded from elsewhere, and the policy in the headers lets nothing be.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/feeds"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
)

// site is the door with the trips behind it.
type site struct {
	log     *slog.Logger
	desk    *desk.Desk
	out     *outbox.Outbox
	in      *intake.Intake
	hear    *inbox.Inbox
	shelf   *shelf.Shelf
	feeds   *feeds.Feeds
	courier *courier.Courier
	backUp  BackUp
	proxies []netip.Prefix
	ended   <-chan struct{}
	assets  assets
	cookie  string
}

// Option changes what New makes.
type Option func(*site)

// BehindProxy names the proxies whose X-Forwarded-Proto is believed: a request
// one of them received by TLS gets a Secure cookie.
func BehindProxy(proxies ...netip.Prefix) Option {
	return func(s *site) { s.proxies = proxies }
}

// Until ends the streams of the board when ctx ends, so that a server can be
// shut down while boards are open.
func Until(ctx context.Context) Option {
	return func(s *site) { s.ended = ctx.Done() }
}

// New makes the people's door. It answers every path below /; a node that has
// other doors mounts them at paths of their own.
func New(log *slog.Logger, desk *desk.Desk, out *outbox.Outbox, in *intake.Intake, hear *inbox.Inbox, shelf *shelf.Shelf, feeds *feeds.Feeds, options ...Option) http.Handler {
	s := &site{log: log, desk: desk, out: out, in: in, hear: hear, shelf: shelf, feeds: feeds, assets: loadAssets()}
	for _, option := range options {
		option(s)
	}
	s.cookie = cookieName(shelf.Node().Card.ID())
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.open(s.crossOrigin))
	return strict(guard.Handler(s.routes()))
}

func (s *site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /static/{name}", http.HandlerFunc(s.assets.serve))
	s.publicRoutes(mux)
	s.signInRoutes(mux)
	s.boardRoutes(mux)
	s.caseRoutes(mux)
	s.stepRoutes(mux)
	s.permissionRoutes(mux)
	s.warningRoutes(mux)
	s.sourceRoutes(mux)
	s.dutyRoutes(mux)
	s.recordRoutes(mux)
	s.figureRoutes(mux)
	s.inquiryRoutes(mux)
	s.promiseRoutes(mux)
	s.reciprocityRoutes(mux)
	s.statementRoutes(mux)
	s.policyRoutes(mux)
	s.assuranceRoutes(mux)
	s.retentionRoutes(mux)
	s.traceRoutes(mux)
	s.doubtedRoutes(mux)
	s.feedRoutes(mux)
	s.partnerRoutes(mux)
	s.voiceRoutes(mux)
	s.keyRoutes(mux)
	s.carryRoutes(mux)
	s.recoveryRoutes(mux)
	s.backupRoutes(mux)
	s.peopleRoutes(mux)
	s.proofRoutes(mux)
	s.headRoutes(mux)
	s.readRoutes(mux)
	s.readingRoutes(mux)
	s.redressRoutes(mux)
	s.overseerRoutes(mux)
	s.accountRoutes(mux)
	s.reasonRoutes(mux)
	mux.Handle("/", s.open(s.noSuchPage))
	return mux
}

// policy lets a page load its own style, script and pictures, talk to its own
// node, and nothing else. CSP Level 3
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// strict sets the headers that every answer has. Content is never kept by a
// browser or a proxy unless a page says otherwise.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
