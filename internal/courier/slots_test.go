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

// Forty partners hang, more than are posted to at once. What is urgent for
// another goes past them at once: queued when all slots are taken, or behind
// something that waits for a slot already. What is not waits.
func TestHangingPartnersHoldUpNoWarning(t *testing.T) {
	for name, test := range map[string]struct {
		precedence handling.Precedence
		threat     warning.ThreatType
		before     bool // something routine waits for bravo already
		held       bool
	}{
		"a flash":                           {precedence: handling.Flash, threat: warning.MassCasualtyAttack},
		"a flash behind something routine":  {precedence: handling.Flash, threat: warning.MassCasualtyAttack, before: true},
		"immediate, no threat to life":      {precedence: handling.Immediate, threat: warning.OtherThreat},
		"immediate, behind what is routine": {precedence: handling.Immediate, threat: warning.OtherThreat, before: true},
		"routine":                           {precedence: handling.Routine, threat: warning.OtherThreat, held: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				ctx := t.Context()
				time.Sleep(5 * time.Second)
				var hung atomic.Int64
				n.mute = func(r *http.Request) error {
					if r.URL.Path == "/peer/v1/messages" {
						hung.Add(1)
						defer hung.Add(-1)
					}
					<-r.Context().Done()
					return r.Context().Err()
				}
				for i := range 40 {
					alpha.mute(fmt.Sprintf("mute%d", i))
				}
				pledge := func(name string) {
					_, err := alpha.outbox.Pledge(ctx, first, name, warning.Pledge{Places: []string{"NO"}, Text: "Not urgent."})
					check(t, err)
				}
				for i := range 40 {
					pledge(fmt.Sprintf("mute%d", i))
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := hung.Load(); got != 32 {
					t.Fatalf("%d posts hang", got)
				}
				if test.before {
					pledge("bravo")
					synctest.Wait()
				}
				d := draft("bravo", "It is planned.")
				d.Warning.Precedence, d.Warning.ThreatType = test.precedence, test.threat
				began := time.Now()
				alpha.warn(d)
				eventually(t, func() bool { return bravo.cases() == 1 })
				if took := time.Since(began); took > 10*time.Second != test.held {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
