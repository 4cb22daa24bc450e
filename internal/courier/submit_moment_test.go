// SPDX-License-Identifier: Apache-2.0

package courier

// This file tests of which moment a checkpoint is that is submitted.

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// What is submitted is the checkpoint of the moment in which it was asked whether
// anything may leave: what was signed before that stays here, such as the last one
// under the name that a restored log gives up.
func TestTheCheckpointOfTheMomentIsSubmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring, err := keys.Generate("alpha", "NO")
		if err != nil {
			t.Fatal(err)
		}
		quiet := slog.New(slog.DiscardHandler)
		s, err := store.Open(quiet, t.TempDir(), ring.SignCheckpoint)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		submitted := ""
		c := New(quiet, s, ring, &http.Client{Transport: answers(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			submitted = string(body)
			return nil, errors.Join(errors.New("nobody there"), err)
		})}, "https://alpha.example.org")

		what := store.What{Act: caller.AskWitness}
		began, release := make(chan struct{}), make(chan struct{})
		for range 4 { // as many as may read at once
			go func() {
				_ = s.Glance(t.Context(), caller.Self(), what, func(*store.Tx) error {
					began <- struct{}{}
					<-release
					return nil
				})
			}()
			<-began
		}
		ended := make(chan error)
		go func() {
			ended <- c.submit(t.Context(), cosigner{name: "witness", neutral: true, url: "https://witness.example.org/"})
		}()
		synctest.Wait() // it waits to ask
		if err := s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(*store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		newest, err := s.Newest()
		if err != nil {
			t.Fatal(err)
		}
		close(release)
		if err := <-ended; err == nil {
			t.Error("nobody was there, and it ended well")
		}
		if !strings.Contains(submitted, newest.Checkpoint) {
			t.Errorf("the newest is\n%s\nand this was submitted:\n%s", newest.Checkpoint, submitted)
		}
	})
}
