// SPDX-License-Identifier: Apache-2.0

package web

// This file tests what a person is told when something is ours to repair.

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// failing is a door whose one page fails as it is told.
func failing(t *testing.T, lines *bytes.Buffer, failure error) http.Handler {
	t.Helper()
	ring, err := keys.Generate("alpha", "US")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(slog.New(slog.DiscardHandler), t.TempDir(), ring.SignCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &site{
		log: slog.New(slog.NewTextHandler(lines, nil)), assets: loadAssets(),
		shelf: shelf.New(slog.New(slog.DiscardHandler), kept, ring.Card("https://alpha.example.org"), "test"),
	}
	mux := http.NewServeMux()
	mux.Handle("GET /signin/{secret}", s.open(func(*visit) error { return failure }))
	return mux
}

func TestWhatIsOursToRepairHasAReferenceInTheLog(t *testing.T) {
	var lines bytes.Buffer
	answer := httptest.NewRecorder()
	failing(t, &lines, errors.New("disk 7 is on fire")).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/signin/very-secret", nil))
	page := answer.Body.String()
	reference := regexp.MustCompile(`<code>([A-Z2-7]{10})</code>`).FindStringSubmatch(page)
	if answer.Code != http.StatusInternalServerError || reference == nil {
		t.Fatalf("%d: %s", answer.Code, page)
	}
	if !strings.Contains(lines.String(), "reference="+reference[1]) || !strings.Contains(lines.String(), "disk 7") {
		t.Errorf("the log says %s", &lines)
	}
	if strings.Contains(page, "disk 7") || strings.Contains(lines.String(), "very-secret") {
		t.Errorf("too much was said: %s; %s", page, &lines)
	}
}

func TestAReaderWhoWentAwayIsNoFailure(t *testing.T) {
	var lines bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/signin/x", nil)
	failing(t, &lines, context.Canceled).ServeHTTP(httptest.NewRecorder(), request)
	if lines.Len() > 0 {
		t.Errorf("the log says %s", &lines)
	}
}

func TestEveryProblemHasAStatusAndAHeading(t *testing.T) {
	for _, code := range []problem.Code{problem.Invalid, problem.Denied, problem.Missing, problem.Conflict, problem.Busy, problem.Refused, problem.Internal} {
		if statuses[code] < 400 || headings[code] == "" {
			t.Errorf("%s: %d, %q", code, statuses[code], headings[code])
		}
	}
}

// What keeps the node from keeping anything stands above everything else on the
// board, for whoever looks at it; without it, nothing of that is said.
func TestTheBoardSaysThatTheDiskTakesNothing(t *testing.T) {
	now := time.Date(2017, 12, 13, 12, 0, 0, 0, time.UTC)
	for _, role := range []caller.Role{caller.DutyOfficer, caller.Administrator} {
		v := &visit{now: now, who: caller.Caller{Kind: caller.Person, Name: "x", Roles: []caller.Role{role}}}
		drawn := func(board api.Board) string {
			var page bytes.Buffer
			if err := boardParts(v, deskBoard{Board: board}).Render(t.Context(), &page); err != nil {
				t.Fatal(err)
			}
			return page.String()
		}
		board := api.Board{Alarms: []warning.Alarm{{ID: "alarm--1", Kind: warning.AlarmNotDelivered, Level: "FLASH", Text: "nothing reaches bravo"}}}
		if page := drawn(board); strings.Contains(page, "keeps nothing new") {
			t.Errorf("%s is told of a disk that is well:\n%s", role, page)
		}
		board.Trouble = &api.Trouble{Text: "the node's disk is <full>", Hint: "make room", Since: now.Add(-5 * time.Minute)}
		page := drawn(board)
		top, _, _ := strings.Cut(page, "nothing reaches bravo")
		if !strings.HasPrefix(page, `<section class="trouble" role="alert"`) {
			t.Errorf("%s does not read it first:\n%s", role, page)
		}
		for _, want := range []string{"keeps nothing new", "disk is &lt;full&gt;", "What to do: make room", "2017-12-13T11:55:00Z", "5 min ago"} {
			if !strings.Contains(top, want) {
				t.Errorf("%s does not read %q:\n%s", role, want, page)
			}
		}
	}
}

// Whoever may see the logs reads on the board that the node recovers, for whom it
// waits and what can be done; nobody does when it has ended.
func TestTheBoardSaysThatTheNodeRecovers(t *testing.T) {
	now := time.Date(2017, 12, 13, 12, 0, 0, 0, time.UTC)
	v := &visit{now: now, who: caller.Caller{Kind: caller.Person, Name: "x", Roles: []caller.Role{caller.DutyOfficer}}}
	drawn := func(r api.Recovery) string {
		var page bytes.Buffer
		if err := boardParts(v, deskBoard{recovery: r}).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		return page.String()
	}
	r := api.Recovery{
		ID: "restore--1", Restored: now.Add(-5 * time.Minute), Made: now.Add(-24 * time.Hour), Open: true, Waits: []string{"bravo"},
		Partners: []api.Regained{{Partner: "bravo", Failure: "it does not <answer>"}, {Partner: "carol", Heard: now}},
	}
	page := drawn(r)
	for _, want := range []string{"In recovery", "from a backup of", "2017-12-12T12:00:00Z", "5 min ago", "Waiting for bravo", "it does not &lt;answer&gt;", `href="/recovery"`, "Call them"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not say %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "carol") {
		t.Errorf("it waits for somebody who was heard:\n%s", page)
	}
	r.ByHand = true
	if page := drawn(r); !strings.Contains(page, "put back to an earlier copy") || strings.Contains(page, "from a backup of") {
		t.Errorf("put back by hand:\n%s", page)
	}
	r.Open, r.Ended = false, now
	if page := drawn(r); strings.Contains(page, "In recovery") {
		t.Errorf("it has ended:\n%s", page)
	}
}
