// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file tests that who is greedy waits for itself, in fake time.

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// unread is the answer to a client that takes nothing until it is let go.
type unread struct {
	*httptest.ResponseRecorder
	writing chan<- struct{}
	taken   <-chan struct{}
}

func (u *unread) Write(body []byte) (int, error) {
	u.writing <- struct{}{}
	<-u.taken
	return u.ResponseRecorder.Write(body)
}

// Eve asks for large pages on many connections and takes none of them. Once they
// fill her share of the memory, she is told to wait, and nobody else is; when she
// has taken them she is answered again.
func TestGreedyReaderWaitsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		var objects []string
		for i := range 9 {
			objects = append(objects, strings.Replace(object(fmt.Sprintf("%d-clear", i+1)), `"name":"`, `"name":"`+strings.Repeat("x", 1<<20), 1))
		}
		post := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/taxii2/root/collections/feed/objects/", strings.NewReader(`{"objects":[`+strings.Join(objects, ",")+`]}`))
		post.Header.Set("Authorization", "Bearer "+d.tokens["red"])
		post.Header.Set("Content-Type", taxii.MediaType)
		kept := httptest.NewRecorder()
		if d.handler.ServeHTTP(kept, post); kept.Code != http.StatusAccepted {
			t.Fatalf("%d %.500s", kept.Code, kept.Body)
		}
		get := func(who string, w http.ResponseWriter) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/taxii2/root/collections/feed/objects/", nil)
			r.Header.Set("Authorization", "Bearer "+d.tokens[who])
			d.handler.ServeHTTP(w, r)
		}
		const share = 8 // pages of 8 MiB
		writing, taken := make(chan struct{}), make(chan struct{})
		answered := make(chan int)
		for range share {
			go func() {
				w := &unread{httptest.NewRecorder(), writing, taken}
				get("red", w)
				answered <- w.Code
			}()
		}
		for range share {
			<-writing
		}
		ask := func(who string, want int) {
			t.Helper()
			w := httptest.NewRecorder()
			if get(who, w); w.Code != want {
				t.Errorf("%s was answered %d %.200s", who, w.Code, w.Body)
			}
			if want == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
				t.Error("she is not told when to come again")
			}
		}
		ask("red", http.StatusServiceUnavailable)
		ask("clear", http.StatusOK)
		close(taken)
		for range share {
			if code := <-answered; code != http.StatusOK {
				t.Errorf("what was taken late is %d", code)
			}
		}
		ask("red", http.StatusOK)
	})
}
