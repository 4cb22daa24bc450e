// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file restores a node from a backup that pushes to another server: what was
// deleted since, and a release that was taken back, are there again.

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// recovers begins a recovery, and returns how it ends.
func (h *house) recovers() (end func()) {
	h.t.Helper()
	const id = "recovery--1"
	check(h.t, h.store.BeginRecovery(h.t.Context(), store.Restored{ID: id}))
	return func() {
		h.t.Helper()
		check(h.t, h.store.Change(h.t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
			r, err := store.Recoveries.Get(tx, id)
			if err != nil {
				return err
			}
			r.Ended = tx.Now
			tx.Recovered()
			return store.Recoveries.Put(tx, id, r)
		}))
	}
}

// While the node recovers nothing is pushed, whoever asks for it, and the feed
// says why; it has not failed. When the recovery has ended it pushes at once.
func TestNothingIsPushedInARecovery(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.bring(indicator("1", "TLP:GREEN"))
		end := h.recovers()
		h.run()
		h.released()
		after(2 * time.Hour)
		if _, err := h.RunNow(t.Context(), admin, "peer"); !problem.Is(err, problem.Busy) {
			t.Errorf("run in the recovery: %v", err)
		}
		if feed := h.feed(); h.there() != "" || len(h.remote.asked) > 0 || feed.Silent == "" || feed.Fails > 0 {
			t.Errorf("in the recovery: there %q, asked %v, shown as %+v", h.there(), h.remote.asked, feed)
		}
		end()
		after(time.Second)
		if feed := h.feed(); h.there() != "1" || feed.Silent != "" || feed.Taken != 1 {
			t.Errorf("after it: there %q, shown as %+v", h.there(), feed)
		}
		h.stop()
	})
}

// A recovery that begins while a run is under way lets nothing leave that was not
// on its way already.
func TestARecoveryBeginsWhileAPushRuns(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		const load = 1000 // is sent at once
		var many [][]byte
		for i := range load + 1 {
			many = append(many, bytes.Replace(indicator("1", "TLP:GREEN"), []byte("-8000-000000000000"), fmt.Appendf(nil, "-8000-%012d", i), 1))
		}
		h.bring(many...)
		var end func()
		h.remote.before = func(*http.Request) {
			if end == nil {
				end = h.recovers()
			}
		}
		h.run()
		h.released()
		after(time.Hour)
		if feed := h.feed(); end == nil || feed.Taken != load || feed.Fails > 0 {
			t.Fatalf("shown as %+v", feed)
		}
		end()
		after(time.Second)
		if feed := h.feed(); feed.Taken != load+1 {
			t.Errorf("after it: shown as %+v", feed)
		}
		h.stop()
	})
}
