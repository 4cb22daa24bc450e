// SPDX-License-Identifier: Apache-2.0

package nodetest_test

// This file lets a restored node ask partners that lie, hide, or do not answer.

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A partner that shows what we did not sign, or claims what it does not show, is
// found, and nothing of its answer is taken; when it says what is right the
// recovery ends.
func TestALyingPartnerInRecovery(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Warn(Draft("Before the backup.", "bravo"))
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	backup := backUp(t, alpha)
	alpha.Warn(Draft("After it.", "bravo"))
	alpha.Delivered(bravo)
	eve := NewEve(t, "eve")

	// Between the two stands bravo's own answer, changed and signed by bravo's key:
	// a partner that lies.
	ring := bravo.Ring()
	lies := map[string]func(*envelope.Standing){
		"it says it has 99 messages": func(s *envelope.Standing) { s.Seq = 99 },
		"another message":            func(s *envelope.Standing) { s.Hash = strings.Repeat("ab", 32) },
		"did not sign": func(s *envelope.Standing) {
			_, after, _ := strings.Cut(s.Checkpoints[0], "\n")
			s.Checkpoints = []string{eve.Ring.Card("").Origin() + "\n" + after}
		},
		"the receipt of message 1": func(s *envelope.Standing) { s.Held[0].Receipt = "made up" },
		"answers another question": func(s *envelope.Standing) { s.Ask = strings.Repeat("cd", 32) },
		"cannot be opened":         func(s *envelope.Standing) { s.Held[0].Envelope = []byte("made up") },
		"shows nothing":            func(s *envelope.Standing) { s.Held, s.More = nil, true },
	}
	var lie atomic.Pointer[func(*envelope.Standing)]
	honest := bravo.Card().Address
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), r.Method, honest+r.URL.Path, r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header = r.Header.Clone()
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		var s envelope.Standing
		if err := json.UnmarshalRead(response.Body, &s); err != nil || response.StatusCode != http.StatusOK {
			http.Error(w, "", response.StatusCode)
			return
		}
		by := response.Header.Get(envelope.SenderHeader)
		if told := lie.Load(); told != nil {
			(*told)(&s)
			body, err := json.Marshal(s)
			if err != nil {
				t.Error(err)
			}
			by = envelope.SenderValue(ring.ID(), ring.SignDelivery(envelope.StandingSigningInput(s.To, body)))
			w.Header().Set(envelope.SenderHeader, by)
			_, _ = w.Write(body)
			return
		}
		body, err := json.Marshal(s)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set(envelope.SenderHeader, by)
		_, _ = w.Write(body)
	}))
	defer between.Close()
	alpha.Through(bravo, between.URL)
	first := lies["it says it has 99 messages"]
	lie.Store(&first)
	restore(t, alpha, backup)

	for words, told := range lies {
		lie.Store(&told)
		Until(t, "the lie to be found: "+words, func() bool {
			p := recovery(t, alpha).Partners[0]
			return p.Wrong && (strings.Contains(p.Failure, words) || words == "it says it has 99 messages" && strings.Contains(p.Failure, "99 messages"))
		})
		if r := recovery(t, alpha); !r.Open || r.Partners[0].Ours != 0 || len(cases(t, alpha)) != 1 {
			t.Fatalf("%s: something of it was taken: %+v", words, r)
		}
	}
	if told := alarmsOf(t, alpha, warning.AlarmStanding); len(told) != 1 {
		t.Errorf("alarms: %q", told)
	}
	lie.Store(nil)
	r := recovered(t, alpha)
	if !r.NewLog || r.Partners[0].Ours != 1 {
		t.Errorf("the recovery: %+v", r)
	}
	alpha.Sound()
	bravo.Sound()
}

// Nobody but a partner that is not expelled is told anything, and an answer that
// somebody else signed is none.
func TestStandingIsToldToPartnersAlone(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	eve := NewEve(t, "alpha")
	ask := func(from string, sign func([]byte) []byte) (envelope.Standing, error) {
		body, err := json.Marshal(envelope.StandingAsk{Version: 1, From: from, To: bravo.Card().ID(), Nonce: strings.Repeat("0a", 32)})
		Check(t, err)
		signed, err := bravo.Inbox.Standing(context.Background(), envelope.SenderValue(from, sign(envelope.DeliverySigningInput(bravo.Card().ID(), body))), body)
		if err != nil {
			return envelope.Standing{}, err
		}
		by, err := envelope.ParseSender(signed.By)
		Check(t, err)
		if !by.SignedStanding(ed25519.PublicKey(bravo.Card().Sign), from, signed.Body) || by.SignedStanding(alpha.Card().Public(), from, signed.Body) {
			t.Error("the answer is not signed by bravo")
		}
		return envelope.ParseStanding(signed.Body)
	}
	ring := alpha.Ring()
	if s, err := ask(ring.ID(), ring.SignDelivery); err != nil || s.Seq == 0 || len(s.Held) == 0 || len(s.Checkpoints) == 0 {
		t.Errorf("alpha is told %+v, %v", s, err)
	}
	if _, err := ask(ring.ID(), eve.Ring.SignDelivery); err == nil {
		t.Error("eve asked in alpha's name")
	}
	if _, err := ask(eve.Ring.ID(), eve.Ring.SignDelivery); err == nil {
		t.Error("a stranger asked")
	}
	if told := alarmsOf(t, bravo, warning.AlarmRestored); len(told) != 1 {
		t.Errorf("bravo's people are told %q", told)
	}
	_, err := bravo.Desk.SetState(t.Context(), Officer(), "alpha", "expelled", "a test")
	Check(t, err)
	if _, err := ask(ring.ID(), ring.SignDelivery); err == nil {
		t.Error("an expelled partner was told")
	}
}

// A partner that does not answer is left out by an administrator, with a reason:
// the log takes another name at once, nothing passes between the two, and when it
// comes back everything is made good.
func TestRecoveryWithoutAPartner(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, alpha, carol)
	alpha.Delivered(bravo)
	alpha.Delivered(carol)
	carol.Delivered(alpha)
	backup := backUp(t, alpha)
	alpha.Warn(Draft("Lost by alpha.", "carol"))
	alpha.Delivered(carol)
	carol.Stop()
	restore(t, alpha, backup)
	Until(t, "bravo to be heard", func() bool { r := recovery(t, alpha); return len(r.Waits) == 1 && r.Waits[0] == "carol" })
	if err := alpha.Desk.GoWithout(t.Context(), Officer(), "carol", "nobody answers"); err == nil {
		t.Error("an officer decided")
	}
	if err := alpha.Desk.GoWithout(t.Context(), Admin(), "carol", " "); err == nil {
		t.Error("without a reason")
	}
	Check(t, alpha.Desk.GoWithout(t.Context(), Admin(), "carol", "nobody answers the telephone"))
	if r := recovered(t, alpha); !r.NewLog {
		t.Errorf("the recovery: %+v", r)
	}
	alpha.Warn(Draft("To bravo, meanwhile.", "bravo"))
	alpha.Delivered(bravo)
	carol.Start()
	carol.Warn(Draft("To alpha.", "alpha"))
	Until(t, "carol to be heard", func() bool { p := recovery(t, alpha).Partners; return p[1].Partner == "carol" && !p[1].Heard.IsZero() })
	carol.Delivered(alpha)
	alpha.Warn(Draft("To carol, again.", "carol"))
	alpha.Delivered(carol)
	for _, h := range []*House{alpha, bravo, carol} {
		h.Sound()
		if forks := append(alarmsOf(t, h, warning.AlarmFork), alarmsOf(t, h, warning.AlarmOwnLog)...); len(forks) > 0 {
			t.Errorf("%s: %q", h.Name, forks)
		}
	}
	if n := len(cases(t, carol)); n != 3 || len(cases(t, alpha)) != 4 {
		t.Errorf("carol has %d cases, alpha %d", n, len(cases(t, alpha)))
	}
}
