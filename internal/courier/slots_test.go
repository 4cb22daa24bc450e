// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds that partners who hang hold up nobody's warning.

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// mute adds a partner to s who takes a post and never answers.
func (s *side) mute(name string) {
	s.t.Helper()
	ring, err := keys.Generate(name, "NO")
	check(s.t, err)
	channel := partner.NewChannel(s.card, ring.Card("https://"+name+".example.org"), nil, time.Now())
	channel.State = partner.Active
	check(s.t, s.store.Change(s.t.Context(), admin, store.What{Act: caller.ConfirmPartner, Subject: name}, func(tx *store.Tx) error {
		return store.Channels.Put(tx, name, channel)
	}))
}

// hung counts the posts that hang with partners who never answer.
type hung struct{ now, most atomic.Int64 }

// hangs lets posts to whoever is no side hang.
func (n *network) hangs() *hung {
	h := new(hung)
	n.mute = func(r *http.Request) error {
		if r.URL.Path == "/peer/v1/messages" {
			now := h.now.Add(1)
			defer h.now.Add(-1)
			for most := h.most.Load(); now > most && !h.most.CompareAndSwap(most, now); most = h.most.Load() {
			}
		}
		<-r.Context().Done()
		return r.Context().Err()
	}
	return h
}

// mutes adds so many partners who hang, and queues something that is not urgent
// for each.
func (s *side) mutes(many int) {
	s.t.Helper()
	for i := range many {
		s.mute(fmt.Sprintf("mute%d", i))
	}
	for i := range many {
		s.notUrgent(fmt.Sprintf("mute%d", i))
	}
}

func (s *side) notUrgent(name string) {
	s.t.Helper()
	_, err := s.outbox.Pledge(s.t.Context(), first, name, warning.Pledge{Places: []string{"NO"}, Text: "Not urgent."})
	check(s.t, err)
}

// soon waits in fake time until it has happened, and says how long that took.
func soon(t *testing.T, happened func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for range 1200 {
		if synctest.Wait(); happened() {
			return time.Since(began)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("did not happen within a minute")
	return time.Since(began)
}

// More partners hang than are posted to at once in both pools. What is urgent for
// another goes past them at once: queued when all slots are taken, or behind
// something that waits for a slot already.
func TestHangingPartnersHoldUpNoWarning(t *testing.T) {
	for name, test := range map[string]struct {
		precedence handling.Precedence
		threat     warning.ThreatType
		before     bool // something that is not urgent waits for bravo already
	}{
		"a flash":                           {precedence: handling.Flash, threat: warning.MassCasualtyAttack},
		"immediate, behind what is routine": {precedence: handling.Immediate, threat: warning.OtherThreat, before: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				h := alpha.besieged(n)
				if test.before {
					alpha.notUrgent("bravo")
					synctest.Wait()
				}
				d := draft("bravo", "It is planned.")
				d.Warning.Precedence, d.Warning.ThreatType = test.precedence, test.threat
				alpha.warn(d)
				if took := soon(t, func() bool { return bravo.cases() == 1 }); took > 500*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				h.bounded(t)
			})
		})
	}
}

// What is not urgent waits until those before it have had the second that they may
// keep a slot from others; when it is known who hangs it waits for nobody. The
// posts under way stay bounded.
func TestHangingPartnersHoldUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		h := alpha.besieged(n)
		alpha.notUrgent("bravo")
		if took := soon(t, func() bool { return bravo.pledges() == 1 }); took > 3*time.Second {
			t.Errorf("while they begin to hang it took %v", took)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := h.now.Load(); got < 32 {
			t.Fatalf("only %d posts hang still", got)
		}
		alpha.notUrgent("bravo")
		if took := soon(t, func() bool { return bravo.pledges() == 2 }); took > 500*time.Millisecond {
			t.Errorf("when it is known who hangs it took %v", took)
		}
		h.bounded(t)
	})
}

// besieged lets more partners hang than are posted to at once.
func (s *side) besieged(n *network) *hung {
	s.t.Helper()
	time.Sleep(5 * time.Second)
	h := n.hangs()
	s.mutes(280)
	// One synctest.Wait is not enough, see eventually.
	if took := soon(s.t, func() bool { return h.now.Load() >= 128 }); took > 500*time.Millisecond {
		s.t.Fatalf("after %v %d posts hang", took, h.now.Load())
	}
	return h
}

// bounded checks that no more posts hung at once than may.
func (h *hung) bounded(t *testing.T) {
	t.Helper()
	if got := h.most.Load(); got > 2*128 {
		t.Errorf("%d posts hung at once", got)
	}
}

// A partner that hung and answers again is posted to as before, however many
// others hang on.
func TestAPartnerThatAnswersAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		var silent atomic.Bool
		silent.Store(true)
		n.tamper = func(r *http.Request) {
			if silent.Load() && r.URL.Path == "/peer/v1/messages" && r.URL.Hostname() == "bravo.example.org" {
				<-r.Context().Done()
			}
		}
		n.hangs()
		alpha.notUrgent("bravo")
		alpha.mutes(140)
		time.Sleep(2 * time.Minute)
		silent.Store(false)
		eventually(t, func() bool { return bravo.pledges() == 1 })
		time.Sleep(5 * time.Minute)
		alpha.notUrgent("bravo")
		if took := soon(t, func() bool { return bravo.pledges() == 2 }); took > 500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}
