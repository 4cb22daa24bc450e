// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file lets feeds push: what leaves, what does not, and what becomes of it
// when the other server fails.

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// released sets up a push feed and has it released.
func (h *house) released() {
	h.t.Helper()
	made, err := h.Add(h.t.Context(), admin, pushing())
	check(h.t, err)
	_, err = h.Release(h.t.Context(), releaser, "peer", made.Seen)
	check(h.t, err)
}

// there are the objects that the other server has.
func (h *house) there() string {
	h.remote.mu.Lock()
	defer h.remote.mu.Unlock()
	return strings.Join(h.remote.ids(), "")
}

// A push is released by a person who did not set it up; until then it sends
// nothing.
func TestAPushIsReleasedByAnother(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.bring(indicator("1", "TLP:GREEN"))
		h.run()
		made, err := h.Add(t.Context(), both, pushing())
		check(t, err)
		after(10 * time.Minute)
		for _, who := range []struct {
			name string
			do   func() error
		}{
			{"an administrator", func() error { _, err := h.Release(t.Context(), admin, "peer", made.Seen); return err }},
			{"who set it up", func() error { _, err := h.Release(t.Context(), both, "peer", made.Seen); return err }},
		} {
			if err := who.do(); !problem.Is(err, problem.Denied) {
				t.Errorf("released by %s: %v", who.name, err)
			}
		}
		if _, err := h.RunNow(t.Context(), admin, "peer"); !problem.Is(err, problem.Conflict) {
			t.Errorf("run before it is released: %v", err)
		}
		after(10 * time.Minute)
		if got := h.there(); got != "" || len(h.remote.asked) > 0 {
			t.Errorf("before it is released: %q, %v", got, h.remote.asked)
		}
		_, err = h.Release(t.Context(), releaser, "peer", made.Seen)
		check(t, err)
		after(time.Second)
		h.stop()
		if feed := h.feed(); h.there() != "1" || feed.ReleasedBy != "ruth" || feed.TLP != "TLP:GREEN" || feed.Taken != 1 {
			t.Errorf("there %q, shown as %+v", h.there(), feed)
		}
	})
}

// A push is released as it was read: what somebody set up under its name between
// reading and release leads elsewhere, or says who set it up anew.
func TestAPushIsReleasedAsItWasRead(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		read, err := h.Add(t.Context(), both, pushing())
		check(t, err)
		elsewhere, another, again := pushing(), pushing(), pushing()
		elsewhere.URL, another.Remote = "https://taxii.example.net/root/", "another"
		for name, feed := range map[string]api.NewFeed{"another server": elsewhere, "another collection": another, "the same": again} {
			_, err := h.Remove(t.Context(), admin, "peer")
			check(t, err)
			after(time.Second)
			made, err := h.Add(t.Context(), admin, feed)
			check(t, err)
			for _, seen := range []string{read.Seen, ""} {
				if _, err := h.Release(t.Context(), releaser, "peer", seen); !problem.Is(err, problem.Conflict) {
					t.Errorf("%s, released as %q: %v", name, seen, err)
				}
			}
			if shown := h.feed(); !shown.Released.IsZero() || shown.Seen != made.Seen || shown.Seen == "" {
				t.Errorf("%s: shown as %+v", name, shown)
			}
		}
		released, err := h.Release(t.Context(), releaser, "peer", h.feed().Seen)
		if err != nil || released.ReleasedBy != "ruth" || released.Seen != "" {
			t.Errorf("released as it was read: %+v, %v", released, err)
		}
	})
}

// What leaves is what a reader cleared for TLP:GREEN would be shown, and no
// persons.
func TestWhatAPushSends(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.bring(indicator("1", "TLP:CLEAR"), indicator("2", ""), indicator("3", "TLP:AMBER"), indicator("4", "TLP:GREEN"),
			identity("5", "individual"), identity("6", "organization"), identity("7", "unspecified"), indicator("8", "TLP:RED"))
		h.run()
		h.released()
		synctest.Wait()
		h.bring(indicator("9", "TLP:GREEN"))
		after(time.Minute)
		h.stop()
		feed := h.feed()
		if got := h.there(); got != "1469" || feed.Taken != 4 || feed.Skipped != 2 {
			t.Errorf("there %q, shown as %+v", got, feed)
		}
		for _, one := range feed.Skips {
			if !strings.Contains(one.Reason, "it is a person") {
				t.Errorf("skipped: %+v", one)
			}
		}
	})
}

// Each fault twice: it failed; it failed but happened.
func TestAPushThatFails(t *testing.T) {
	for _, fault := range []string{"down", "lost"} {
		t.Run(fault, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				h.bring(indicator("1", "TLP:GREEN"), indicator("2", "TLP:GREEN"))
				h.remote.fail = []string{"", fault, fault, fault} // the API root answers, the POST does not
				h.run()
				h.released()
				after(10 * time.Second)
				want := map[string]string{"down": "", "lost": "12"}[fault]
				feed := h.feed()
				if got := h.there(); got != want || feed.Taken != 0 || feed.Fails != 1 || !feed.Cursor.IsZero() {
					t.Errorf("after the fault: there %q, shown as %+v", got, feed)
				}
				after(2 * time.Minute)
				h.stop()
				if feed := h.feed(); h.there() != "12" || feed.Taken != 2 || feed.Failure != "" {
					t.Errorf("in the end: there %q, shown as %+v", h.there(), feed)
				}
			})
		})
	}
}

func TestWhatTheServerRefusesIsSkipped(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.bring(indicator("1", "TLP:GREEN"), indicator("2", "TLP:GREEN"), indicator("3", "TLP:GREEN"))
		h.remote.refuse = "indicator--2"
		h.run()
		h.released()
		synctest.Wait()
		after(time.Minute)
		h.stop()
		feed := h.feed()
		if got := h.there(); got != "13" || feed.Taken != 2 || feed.Skipped != 1 || len(feed.Skips) != 1 || !strings.Contains(feed.Skips[0].Reason, "not that") {
			t.Errorf("there %q, shown as %+v", got, feed)
		}
	})
}

// What a push rests on changes when the objects were read, and have not left: in each
// case what may leave no more stays, and the rest leaves.
func TestWhatChangesWhileAPushRuns(t *testing.T) {
	for name, change := range map[string]func(h *house) error{
		"an object is taken away": func(h *house) error {
			_, err := h.intake.Delete(context.Background(), analyst, handling.Red, h.ours, "identity--20000000-0000-4000-8000-000000000000", taxii.Filter{})
			return err
		},
		"a policy forbids some": func(h *house) error {
			text := string(policy.Shipped().Text()) + `
@id("no-groups") @says("no groups leave")
forbid (principal is Reader, action == Action::"push", resource is Kept) when { context.type == "identity" };
`
			rules, err := policy.Read("x", []byte(text))
			if err != nil {
				return err
			}
			return h.store.Change(context.Background(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
				return tx.EnforcePolicy(&store.Policy{Hash: rules.Hash(), Text: text}, "")
			})
		},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+"/"+method, func(t *testing.T) {
				bubble(t, func(t *testing.T, h *house) {
					h.bring(indicator("1", "TLP:GREEN"), identity("2", "organization"), indicator("3", "TLP:GREEN"))
					h.remote.before = func(q *http.Request) {
						if q.Method != method {
							return
						}
						h.remote.before = nil
						if err := change(h); err != nil {
							t.Error(err)
						}
						<-q.Context().Done() // it is told to end
						h.remote.failing("down")
					}
					h.run()
					h.released()
					after(time.Minute)
					h.stop()
					if feed := h.feed(); h.there() != "13" || feed.Taken != 2 || feed.Fails > 0 {
						t.Errorf("there %q, shown as %+v", h.there(), feed)
					}
				})
			})
		}
	}
}

// What changes, and lets leave what leaves, ends nothing.
func TestWhatDoesNotMatterEndsNoPush(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.bring(indicator("1", "TLP:GREEN"))
		h.remote.before = func(q *http.Request) {
			if q.Method == http.MethodPost {
				h.remote.before = nil
				h.staff(second)
				h.bring(indicator("2", "TLP:GREEN"))
				after(time.Second)
			}
		}
		h.run()
		h.released()
		after(30 * time.Second)
		h.stop()
		posts := 0
		for _, asked := range h.remote.asked {
			if strings.Contains(asked, http.MethodPost) {
				posts++
			}
		}
		if h.there() != "1" || posts != 1 {
			t.Errorf("there %q, asked %q", h.there(), h.remote.asked)
		}
	})
}

// A releaser ends a push: what was handed over before may still arrive, once,
// and nothing comes after it.
func TestRemovedWhileItPushes(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.bring(indicator("1", "TLP:GREEN"))
		h.remote.before = func(q *http.Request) {
			if q.Method == http.MethodGet { // the API root, asked for its limit
				if _, err := h.Remove(context.Background(), releaser, "peer"); err != nil {
					t.Error(err)
				}
			}
		}
		h.run()
		h.released()
		after(10 * time.Minute)
		h.stop()
		h.remote.before = nil
		h.bring(indicator("2", "TLP:GREEN"))
		h.run()
		after(10 * time.Minute)
		h.stop()
		if got := h.there(); strings.Contains(got, "2") {
			t.Errorf("there %q", got)
		}
	})
}
