// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file knocks at every door of the API and the pages as an administrator,
// who runs the node and must read nothing that is in it.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// contents are words of what the node holds.
var contents = []string{"the informant in the harbour", "An attack with a van", "Market square", "Prevented in the market", "We pass on threats to the harbour", "Owed for the harbour"}

// apiRoutes and pageRoutes are found in the sources, so that none is forgotten.
func apiRoutes(t *testing.T) (all []string) {
	t.Helper()
	return routesIn(t, "../apiserver/routes.go", regexp.MustCompile(`\{"([A-Z]+ /[^"]*)", `), "/api/v1")
}

func pageRoutes(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob("../web/*.go")
	Check(t, err)
	for _, file := range files {
		all = append(all, routesIn(t, file, regexp.MustCompile(`Handle\("(GET /[^"]*)"`), "")...)
	}
	return all
}

func routesIn(t *testing.T, file string, pattern *regexp.Regexp, base string) (all []string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	Check(t, err)
	for _, match := range pattern.FindAllStringSubmatch(string(raw), -1) {
		method, path, _ := strings.Cut(match[1], " ")
		all = append(all, method+" "+base+strings.TrimSuffix(path, "{$}"))
	}
	return all
}

// full is a node that holds one of everything, and the ids by which it is asked for.
func full(t *testing.T) (h *House, ids []string) {
	t.Helper()
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	ctx := t.Context()
	source, _, err := alpha.Intake.KeepSource(ctx, Analyst(), warning.Source{Title: "Market square", Fields: []warning.Field{{Name: "report", Text: "Heard by the informant in the harbour."}}})
	Check(t, err)
	draft := alpha.Warn(Draft("An attack with a van is planned.", "bravo"))
	id := draft.Sent["bravo"]
	duty, err := alpha.Desk.OpenDuty(ctx, Officer(), warning.Duty{Partner: "bravo", Title: "Owed for the harbour", Precedence: handling.Flash})
	Check(t, err)
	statement, err := alpha.Desk.WriteStatement(ctx, Analyst(), warning.Statement{Event: "Prevented in the market", Headline: "Prevented in the market", Text: "Nothing happened."})
	Check(t, err)
	_, err = alpha.Outbox.Pledge(ctx, First(), "bravo", warning.Pledge{Places: []string{"NO"}, Text: "We pass on threats to the harbour."})
	Check(t, err)
	shown, err := alpha.Shelf.Case(ctx, Officer(), id)
	Check(t, err)
	return alpha, []string{source.ID, draft.ID, id, duty.ID, statement.ID, shown.Thread[0].Hash, "bravo"}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// reads are the routes by which somebody is shown a word of the contents.
func (h *House) reads(routes []string, ids []string, dress func(*http.Request)) (all []string) {
	h.tb.Helper()
	for _, route := range routes {
		if strings.Contains(route, "signout") {
			continue // the next would be a stranger's
		}
		method, path, _ := strings.Cut(route, " ")
		for _, id := range ids {
			address := h.Address() + placeholder.ReplaceAllString(path, id)
			if word := h.says(method, address, dress); word != "" {
				all = append(all, fmt.Sprintf("%s with %s: %q", route, id, word))
			}
			if address == h.Address()+path {
				break // it names nothing
			}
		}
	}
	return all
}

// says asks, and returns a word of the contents that is answered.
func (h *House) says(method, address string, dress func(*http.Request)) string {
	h.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if strings.HasSuffix(address, "/events") {
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond) // a stream goes on
		defer cancel()
	}
	var body io.Reader
	if method != http.MethodGet {
		body = strings.NewReader("{}")
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	Check(h.tb, err)
	r.Header.Set("Content-Type", "application/json")
	dress(r)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "" // a stream that ended with its time
	}
	defer answer.Body.Close()
	raw, _ := io.ReadAll(answer.Body) // what came of a stream counts
	for _, word := range contents {
		if strings.Contains(string(raw), word) {
			return word
		}
	}
	return ""
}

// signedIn are the two ways to call as somebody of these roles.
func (h *House) signedIn(name string, roles ...caller.Role) (token, session func(*http.Request)) {
	h.tb.Helper()
	ctx := context.Background()
	var words []string
	for _, role := range roles {
		words = append(words, string(role))
	}
	link, err := h.Desk.AddPerson(ctx, Admin(), name, "Officer", words)
	Check(h.tb, err)
	secret, _, err := h.Desk.Enrol(ctx, link)
	Check(h.tb, err)
	again, err := h.Desk.Link(ctx, Admin(), name)
	Check(h.tb, err)
	cookie, _, err := h.Desk.SignIn(ctx, again)
	Check(h.tb, err)
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) },
		func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "tocsin-" + h.Card().ID()[:12], Value: cookie}) }
}

// An administrator is shown no content by any route of the API, nor any page; the
// same requests show it to those who work with it.
func TestAnAdministratorIsShownNothing(t *testing.T) {
	h, ids := full(t)
	api, pages := apiRoutes(t), pageRoutes(t)
	if len(api) < 90 || len(pages) < 30 {
		t.Fatalf("%d routes and %d pages were found", len(api), len(pages))
	}
	token, session := h.signedIn("adam", caller.Administrator)
	for _, leak := range append(h.reads(api, ids, token), h.reads(pages, ids, session)...) {
		t.Errorf("an administrator reads content: %s", leak)
	}
	token, session = h.signedIn("olga", caller.Overseer)
	seen, shown := h.reads(api, ids, token), h.reads(pages, ids, session)
	if len(seen) < 8 || len(shown) < 6 {
		t.Errorf("the overseer is shown content by %d routes and %d pages: %q %q", len(seen), len(shown), seen, shown)
	}
	t.Logf("%d routes and %d pages; content is shown to an overseer by %d and %d of them", len(api), len(pages), len(seen), len(shown))
}
