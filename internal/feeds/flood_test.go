// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file tests a server that gives more in one page than was asked for.

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// flood answers every request with one page of as many objects.
func (r *remote) flood(count int, object func(int) string) {
	var page strings.Builder
	page.WriteString(`{"objects":[`)
	for i := range count {
		if i > 0 {
			page.WriteByte(',')
		}
		page.WriteString(object(i))
	}
	page.WriteString("]}")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.instead = []byte(page.String())
}

// Eve packs two million numbers into four kilobytes.
func TestAPageOfMillions(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote.flood(2<<20, func(int) string { return "1" })
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		var before, behind runtime.MemStats
		runtime.ReadMemStats(&before)
		h.run()
		runtime.ReadMemStats(&behind)
		feed := h.feed()
		if !strings.Contains(feed.Failure, "more than 10000 objects") || feed.Skipped != 0 {
			t.Errorf("%+v", feed)
		}
		if used := (behind.TotalAlloc - before.TotalAlloc) >> 20; used > 64 {
			t.Errorf("it took %d MiB", used)
		}
	})
}

// A page that is larger than what is read at once is kept whole, and the cursor
// stands behind it.
func TestAPageInPortions(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		const count = 2500
		h.remote.flood(count, func(i int) string {
			return string(bytes.Replace(indicator("1", "TLP:GREEN"), []byte(`000000000000"`), fmt.Appendf(nil, `%012d"`, i), 1))
		})
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		h.run()
		if feed := h.feed(); feed.Taken != count || feed.Failure != "" || feed.Cursor.IsZero() {
			t.Errorf("%+v", feed)
		}
		if kept := h.kept(); kept != strings.Repeat("1", count) {
			t.Errorf("%d are kept", len(kept))
		}
	})
}

// A server that is slow for ever does not keep the others from running.
func TestASlowServer(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		for range 200 {
			h.remote.add(indicator("1", "TLP:GREEN"))
		}
		h.remote.before = func(*http.Request) { time.Sleep(time.Minute) }
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		h.run()
		after(32 * time.Minute)
		if feed := h.feed(); !strings.Contains(feed.Failure, "longer than 30m0s") || feed.Cursor.IsZero() {
			t.Errorf("%+v", feed)
		}
	})
}
