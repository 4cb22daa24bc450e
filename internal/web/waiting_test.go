// SPDX-License-Identifier: Apache-2.0

package web

// This file tests what a person who waits is shown.

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/a-h/templ"
)

// waited is what a page with a task in it says, piece by piece, and its error.
func waited(ctx context.Context, t task) (*httptest.ResponseRecorder, *visit, error) {
	answer := httptest.NewRecorder()
	v := &visit{
		w: answer, r: httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil), status: http.StatusOK,
		site: &site{log: slog.New(slog.DiscardHandler)},
	}
	err := v.watched("Page", t, progressing)
	return answer, v, err
}

func thatSays(text string) func() templ.Component {
	return func() templ.Component {
		return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	}
}

// Work that takes its time says what it does, how far it came and how it is
// stopped, while it goes on; what it found stands behind.
func TestAPageSaysHowFarItsWorkCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer, _, err := waited(t.Context(), task{
			doing: "Verifying", of: "leaves", stop: "/ledger",
			do: func(_ context.Context, progress func(done, total int64)) error {
				<-time.After(3 * time.Second)
				progress(5, 10)
				<-time.After(2 * time.Second)
				return nil
			},
			found: thatSays("<p>All \u202e well</p>"),
		})
		page := answer.Body.String()
		if err != nil || answer.Code != http.StatusOK || !answer.Flushed {
			t.Errorf("%d, flushed %t, %v", answer.Code, answer.Flushed, err)
		}
		order := []string{"Verifying … 1 s", `href="/ledger"`, "Verifying: 5 of 10 leaves, 50 %.", "All", "U+202E", "well"}
		for from, i := page, 0; i < len(order); i++ {
			_, after, found := strings.Cut(from, order[i])
			if !found {
				t.Fatalf("no %q, in this order:\n%s", order[i], page)
			}
			from = after
		}
		if n := strings.Count(page, "50 %"); n != 1 {
			t.Errorf("the same is said %d times:\n%s", n, page)
		}
	})
}

// Work that fails at once fails as any page does; work that fails later says so
// where its result would stand.
func TestWorkThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failure := errors.New("disk 7 is on fire")
		answer, _, err := waited(t.Context(), task{doing: "Verifying", do: func(context.Context, func(done, total int64)) error { return failure }})
		if !errors.Is(err, failure) || answer.Body.Len() > 0 {
			t.Errorf("at once: %v, %q", err, answer.Body)
		}
		answer, v, err := waited(t.Context(), task{doing: "Verifying", do: func(context.Context, func(done, total int64)) error {
			<-time.After(time.Minute)
			return failure
		}})
		if page := answer.Body.String(); err != nil || v.reference == "" || !strings.Contains(page, v.reference) || strings.Contains(page, "disk 7") || !strings.Contains(page, "Verifying … 59 s") {
			t.Errorf("later: %v\n%s", err, page)
		}
	})
}

// Whoever goes away stops the work, and nothing of it is left behind.
func TestWhoGoesAwayStopsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		time.AfterFunc(time.Minute, leave)
		_, _, err := waited(ctx, task{
			doing: "Verifying",
			do: func(ctx context.Context, _ func(done, total int64)) error {
				<-ctx.Done()
				close(stopped)
				return ctx.Err()
			},
			found: thatSays("never"),
		})
		<-stopped
		if err != nil {
			t.Error(err)
		}
	})
}
