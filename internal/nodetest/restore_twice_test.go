// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file restores a node anew before an earlier recovery is done, and answers
// it with what it was answered before.

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A partner that two recoveries went on without is told of both names that the log
// took meanwhile, in their order, and follows it.
func TestRestoredAgainWithoutAPartner(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, alpha, carol)
	alpha.Delivered(bravo)
	alpha.Delivered(carol)
	carol.Delivered(alpha)
	carol.Stop()
	first := alpha.Card().Origin()
	for _, number := range []string{"one", "two"} {
		before := alpha.Card().Origin()
		again(t, alpha, backedUp(t, alpha))
		Until(t, "bravo to be heard", func() bool { r := recoveryOf(t, alpha); return len(r.Waits) == 1 && r.Waits[0] == "carol" })
		Check(t, alpha.Desk.GoWithout(t.Context(), Admin(), "carol", "nobody answers, "+number))
		Until(t, "name "+number, func() bool { return !recoveryOf(t, alpha).Open && alpha.Card().Origin() != before })
	}
	alpha.Warn(Draft("To bravo, meanwhile.", "bravo"))
	alpha.Delivered(bravo)
	carol.Start()
	Until(t, "carol to be heard", func() bool {
		p := recoveryOf(t, alpha).Partners
		return p[1].Partner == "carol" && !p[1].Heard.IsZero()
	})
	alpha.Warn(Draft("To carol, again.", "carol"))
	alpha.Delivered(carol)
	carol.Warn(Draft("To alpha.", "alpha"))
	carol.Delivered(alpha)
	for _, h := range []*House{bravo, carol} {
		seen, err := h.Shelf.Partner(t.Context(), Admin(), "alpha")
		Check(t, err)
		if seen.Card.Origin() != alpha.Card().Origin() || seen.Card.Origin() == first {
			t.Errorf("%s follows %s", h.Name, seen.Card.Origin())
		}
		alarms, err := h.Shelf.Alarms(t.Context(), Officer(), false)
		Check(t, err)
		for _, a := range alarms {
			if a.Kind == warning.AlarmKeysRefused || a.Kind == warning.AlarmFork {
				t.Errorf("%s: %s", h.Name, a.Text)
			}
		}
		h.Sound()
	}
	alpha.Sound()
}

// An answer that was given to an earlier question, with its signature, is none to a
// later one: whoever kept it can hide nothing by playing it again.
func TestAnAnswerPlayedAgain(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	backup, honest := backedUp(t, alpha), bravo.Address()
	var mu sync.Mutex
	var kept []byte
	var by string
	replay := false
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if !replay {
			request, err := http.NewRequestWithContext(r.Context(), r.Method, honest+r.URL.Path, r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			request.Header = r.Header.Clone()
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if kept, err = io.ReadAll(response.Body); err != nil {
				t.Error(err)
			}
			by = response.Header.Get(envelope.SenderHeader)
		}
		w.Header().Set(envelope.SenderHeader, by)
		_, _ = io.Copy(w, bytes.NewReader(kept))
	}))
	defer between.Close()
	alpha.Stop()
	alpha.Through(bravo, between.URL)
	again(t, alpha, backup)
	Until(t, "the recovery to end", func() bool { r := recoveryOf(t, alpha); return r.ID != "" && !r.Open })
	alpha.Warn(Draft("What the old answer does not know.", "bravo"))
	alpha.Delivered(bravo)
	mu.Lock()
	replay = true
	mu.Unlock()
	again(t, alpha, backup)
	Until(t, "the old answer to be found out", func() bool {
		p := recoveryOf(t, alpha).Partners[0]
		return p.Wrong && strings.Contains(p.Failure, "another question")
	})
	if r := recoveryOf(t, alpha); !r.Open || r.Partners[0].Ours != 0 {
		t.Errorf("something of it was taken: %+v", r)
	}
	mu.Lock()
	replay = false
	mu.Unlock()
	Until(t, "the recovery to end", func() bool { return !recoveryOf(t, alpha).Open })
	if p := recoveryOf(t, alpha).Partners[0]; p.Ours != 1 {
		t.Errorf("what came back: %+v", p)
	}
	alpha.Sound()
}
