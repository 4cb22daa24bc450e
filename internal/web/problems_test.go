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

	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
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
