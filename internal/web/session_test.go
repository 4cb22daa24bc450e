// SPDX-License-Identifier: Apache-2.0

package web_test

// This file tests signing in and out, and that another site can do nothing.

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/web"
)

func TestALinkIsSpentByItsButtonAlone(t *testing.T) {
	n := newNode(t, "alpha", "US")
	link := n.link("ada")
	for range 3 {
		n.browse().get(link).want("h1", "Sign in")
		request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, n.server.URL+link, nil)
		must(t, err)
		if p := n.browse().do(request); p.status != http.StatusOK {
			t.Errorf("HEAD: %d", p.status)
		}
	}
	b := n.browse()
	b.submit(link, link, nil).want("h1", "Board").want(".notice", "signed in")
	n.browse().post(link, nil).refused(http.StatusForbidden, "spent")
	b.submit("/", "/signout", nil).want("h1", "signed out")
	if p := b.get("/"); p.status != http.StatusForbidden || !p.says("code", "tocsin person link") {
		t.Errorf("after signing out: %d", p.status)
	}
}

// link is a fresh sign-in link.
func (n *node) link(name string) string {
	n.Helper()
	page := n.people["ada"].submit("/people", "/people/"+name+"/link", nil)
	return strings.TrimPrefix(text(page.one("pre.secret")), n.server.URL)
}

func TestTheCookie(t *testing.T) {
	n := newNode(t, "alpha", "US")
	log := slog.New(slog.DiscardHandler)
	door := web.New(log, n.desk, nil, nil, nil, n.shelf, nil, web.BehindProxy(netip.MustParsePrefix("192.0.2.0/24")))
	for _, row := range []struct {
		from, proto string
		secure      bool
	}{
		{"192.0.2.7:1234", "https", true}, {"192.0.2.7:1234", "http", false}, {"198.51.100.9:1234", "https", false}, {"192.0.2.7:1234", "", false},
	} {
		request := httptest.NewRequest(http.MethodPost, n.link("ada"), nil)
		request.RemoteAddr = row.from
		request.Header.Set("X-Forwarded-Proto", row.proto)
		answer := httptest.NewRecorder()
		door.ServeHTTP(answer, request)
		cookies := answer.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%v: %d, %d cookies", row, answer.Code, len(cookies))
		}
		c := cookies[0]
		if c.Secure != row.secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%v: %v", row, c)
		}
	}
}

func TestAnotherSiteCanDoNothing(t *testing.T) {
	n := newNode(t, "alpha", "US")
	body := url.Values{"name": {"eve"}, "roles": {"releaser"}}.Encode()
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://eve.example.org"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.server.URL+"/people", strings.NewReader(body))
		must(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set(header, value)
		n.people["ada"].do(request).refused(http.StatusForbidden, "another site")
	}
	if n.people["ada"].get("/people").says("td", "eve") {
		t.Error("another site added a person")
	}
}

func TestTheBoardIsToldThatSomethingChanged(t *testing.T) {
	n := newNode(t, "alpha", "US")
	n.staff()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.server.URL+"/events", nil)
	must(t, err)
	response, err := n.people["ada"].client.Do(request)
	must(t, err)
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatal(got)
	}
	lines := bufio.NewScanner(response.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return ""
	}
	if got := next(); got != "retry: 3000" {
		t.Fatal(got)
	}
	n.people["dana"].submit("/watches", "/watches", url.Values{
		"event": {"Secret event"}, "places": {"RU"}, "window.start": {"2017-12-01"}, "window.end": {"2037-07-15"},
	})
	if got := next(); got != "data: changed" {
		t.Errorf("the board was told %q", got)
	}
	n.people["ada"].submit("/", "/signout", nil)
	if got := next(); got != "" {
		t.Errorf("after signing out the board was told %q", got)
	}
}
