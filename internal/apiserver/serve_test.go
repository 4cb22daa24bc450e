// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file shows what becomes of a failure that is not the caller's.

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func TestAnInnerFailureIsToldByReferenceAlone(t *testing.T) {
	cause := errors.New("sql: table source_reports is gone")
	for name, err := range map[string]error{
		"a plain error":       fmt.Errorf("store: %w", cause),
		"an internal problem": problem.New(problem.Internal, "", "something went wrong").Because(cause),
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			s := &server{log: slog.New(slog.NewTextHandler(&log, nil))}
			answer := httptest.NewRecorder()
			s.fail(answer, httptest.NewRequest("GET", "/api/v1/board", nil), err)
			var p api.Problem
			if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if answer.Code != 500 || p.Code != "internal" || len(p.Reference) < 8 {
				t.Errorf("got %d %+v", answer.Code, p)
			}
			if strings.Contains(answer.Body.String(), "sql") {
				t.Errorf("the answer tells of the inside: %s", answer.Body)
			}
			if !strings.Contains(log.String(), p.Reference) || !strings.Contains(log.String(), cause.Error()) {
				t.Errorf("the log does not hold the cause under its reference: %s", log.String())
			}
		})
	}
}

// A caller whose path is no text is told what is wrong like any other.
func TestAProblemAboutWhatIsNoText(t *testing.T) {
	s := &server{log: slog.New(slog.DiscardHandler)}
	answer := httptest.NewRecorder()
	s.fail(answer, httptest.NewRequest("GET", "/api/v1/cases/%ff", nil), problem.New(problem.Missing, "", "there is no case %s", "\xff"))
	var p api.Problem
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if answer.Code != 404 || p.Detail != "there is no case \uFFFD" {
		t.Errorf("got %d %+v", answer.Code, p)
	}
}

// TestEveryCodeHasAStatus fails when a code is added and this door does not
// know how to say it.
func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range []problem.Code{
		problem.Invalid, problem.Denied, problem.Missing, problem.Conflict, problem.Busy, problem.Refused, problem.Internal,
	} {
		if statuses[code] == 0 {
			t.Errorf("%s has no status", code)
		}
	}
}
