// SPDX-License-Identifier: Apache-2.0

package inbox_test

// This file lets keys in other hands, and old invitations, at the door for pairings.

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func invite(t *testing.T, h *House) string {
	t.Helper()
	text, err := h.Desk.Invite(t.Context(), Admin(), nil)
	Check(t, err)
	read, err := partner.ParseInvite(text)
	Check(t, err)
	return read.Secret
}

// answer answers an invitation of to with the keys of ring, in the name name.
func answer(t *testing.T, to *House, ring *keys.Ring, name, secret string) int {
	t.Helper()
	card := ring.Card("http://127.0.0.1:1")
	card.Name = name
	body, err := json.Marshal(partner.PairRequest{Card: card, Secret: secret})
	Check(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.Address()+"/peer/v1/pair", bytes.NewReader(body))
	Check(t, err)
	request.Header.Set(envelope.SenderHeader, envelope.SenderValue(ring.ID(), ring.SignDelivery(envelope.DeliverySigningInput(to.Card().ID(), body))))
	// The door may answer before it has read anything, and hang up.
	request.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	Check(t, err)
	Check(t, response.Body.Close())
	return response.StatusCode
}

func leaves(t *testing.T, h *House) (n int64) {
	t.Helper()
	Check(t, h.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.VerifyLedger}, func(tx *store.Tx) error {
		lines, err := tx.Lines(0, 1)
		if len(lines) > 0 {
			n = lines[0].Index + 1
		}
		return err
	}))
	return n
}

func TestPairingsThatAreNotRight(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	ring := bravo.Ring()
	bravo.Stop()
	used, fresh, eve, stranger := invite(t, alpha), invite(t, alpha), NewEve(t, "eve"), NewEve(t, "dora")
	if status := answer(t, alpha, stranger.Ring, "dora", used); status != http.StatusOK {
		t.Fatalf("dora is answered %d", status)
	}
	_, err := alpha.Desk.SetState(t.Context(), Officer(), "bravo", partner.Expelled, "stolen keys")
	Check(t, err)
	for _, test := range []struct {
		name   string
		ring   *keys.Ring
		as     string
		secret string
		status int
		leaves int64 // that twenty of them leave
		alarms int   // that stand afterwards
	}{
		{"a known partner again, with a used invitation", stranger.Ring, "dora", used, http.StatusOK, 0, 0},
		{"a known partner again, with a fresh one", stranger.Ring, "dora", fresh, http.StatusOK, 0, 0},
		{"a stranger with a used invitation", eve.Ring, "eve", used, http.StatusBadRequest, 0, 0},
		{"a stranger who guesses", eve.Ring, "eve", "guess", http.StatusBadRequest, 0, 0},
		{"an expelled key under a new name", ring, "charlie", fresh, http.StatusBadRequest, 1, 1},
		{"the same with a used invitation", ring, "charlie", used, http.StatusBadRequest, 0, 1},
		{"other keys under a known name, with a used invitation", eve.Ring, "dora", used, http.StatusBadRequest, 1, 2},
		{"and with a fresh one", eve.Ring, "dora", fresh, http.StatusBadRequest, 0, 2},
	} {
		before := leaves(t, alpha)
		for range 20 {
			if status := answer(t, alpha, test.ring, test.as, test.secret); status != test.status {
				t.Errorf("%s: answered %d", test.name, status)
			}
		}
		if more := leaves(t, alpha) - before; more != test.leaves {
			t.Errorf("%s: twenty left %d leaves, want %d", test.name, more, test.leaves)
		}
		alarms, err := alpha.Shelf.Alarms(t.Context(), Officer(), false)
		Check(t, err)
		if len(alarms) != test.alarms {
			t.Errorf("%s: %d alarms, want %d", test.name, len(alarms), test.alarms)
		}
		for _, alarm := range alarms {
			if alarm.Kind != warning.AlarmKeyChanged || alarm.Partner != "bravo" && alarm.Partner != "dora" ||
				alarm.Partner == "bravo" && !strings.Contains(alarm.Text, "under the name charlie") {
				t.Errorf("%s: the alarm is %+v", test.name, alarm)
			}
		}
	}
	if _, err := alpha.Shelf.Partner(t.Context(), Admin(), "charlie"); err == nil {
		t.Error("charlie is a partner")
	}
	// The fresh invitation is still good for somebody who is right.
	if status := answer(t, alpha, eve.Ring, "eve", fresh); status != http.StatusOK {
		t.Errorf("eve, with keys and a name of her own, is answered %d", status)
	}
	alpha.Sound()
}

// A stranger without an invitation has nothing verified: it could show 256
// changes of keys with each try.
func TestAStrangersKeysAreNotVerified(t *testing.T) {
	alpha, eve := New(t, "alpha"), NewEve(t, "eve")
	card := eve.Ring.Card("http://127.0.0.1:1")
	for name, test := range map[string]struct {
		secret   string
		verified bool
	}{"a guess": {"guess", false}, "an invitation": {invite(t, alpha), true}} {
		request := partner.PairRequest{Card: card, Secret: test.secret, Keys: &envelope.History{Version: envelope.Version, First: card, Changes: []envelope.Change{{}}}}
		body, err := json.Marshal(request)
		Check(t, err)
		sender := envelope.SenderValue(eve.Ring.ID(), eve.Ring.SignDelivery(envelope.DeliverySigningInput(alpha.Card().ID(), body)))
		if err := alpha.Inbox.Pair(t.Context(), sender, body); !problem.Is(err, problem.Refused) || errors.Is(err, envelope.ErrHistory) != test.verified {
			t.Errorf("%s: %v", name, errors.Unwrap(err))
		}
	}
}
