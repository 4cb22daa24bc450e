// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets eve at bravo's door: everything that can be wrong with an
// envelope gets the same problem answer, leaves nothing behind, and does not
// stop the next one.

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// scene is alpha and bravo paired, and two of alpha's envelopes that bravo,
// who is not there, has not got: eve holds copies of both.
type scene struct {
	alpha, bravo, carol *House
	parcels             []store.Parcel
	sealed              [][]byte
	id                  string // of the warning that stands in the first
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{alpha: New(t, "alpha"), bravo: New(t, "bravo"), carol: New(t, "carol")}
	Pair(t, s.alpha, s.bravo)
	Pair(t, s.carol, s.bravo)
	s.alpha.Delivered(s.bravo)
	s.bravo.Stop()
	s.id = s.alpha.Warn(Draft("The first.", "bravo")).Sent["bravo"]
	s.alpha.Warn(Draft("The second.", "bravo"))
	s.parcels, s.sealed = s.alpha.Sealed(s.bravo)
	if len(s.parcels) != 2 {
		t.Fatalf("%d parcels wait", len(s.parcels))
	}
	s.alpha.Stop() // what arrives from here on is eve's doing
	s.bravo.Start()
	return s
}

// deliver posts envelopes to bravo as if from the holder of ring.
func (s *scene) deliver(t *testing.T, ring *keys.Ring, missing []envelope.Missing, sealed ...[]byte) (int, string) {
	t.Helper()
	body, err := json.Marshal(envelope.Delivery{From: ring.ID(), To: s.bravo.Card().ID(), Envelopes: sealed, Missing: missing})
	Check(t, err)
	signature := ring.SignDelivery(envelope.DeliverySigningInput(s.bravo.Card().ID(), body))
	return s.post(t, envelope.SenderValue(ring.ID(), signature), body)
}

func (s *scene) post(t *testing.T, sender string, body []byte) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.bravo.Address()+"/peer/v1/messages", bytes.NewReader(body))
	Check(t, err)
	request.Header.Set(envelope.SenderHeader, sender)
	response, err := http.DefaultClient.Do(request)
	Check(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	Check(t, err)
	return response.StatusCode, string(raw)
}

// resealed is the first parcel's message, changed by change and sealed again
// for bravo; with sign, signed again by ring.
func (s *scene) resealed(t *testing.T, change func(*envelope.Header), ring *keys.Ring, payload []byte) []byte {
	t.Helper()
	message, err := s.bravo.Ring().Open(s.sealed[0])
	Check(t, err)
	if payload != nil {
		message.Payload = payload
	}
	if change != nil {
		change(&message.Header)
		message.HeaderBytes, err = message.Header.Encode()
		Check(t, err)
	}
	if ring != nil {
		message.Signature = ring.SignMessage(message.HeaderBytes)
	}
	recipient, err := s.bravo.Card().Recipient()
	Check(t, err)
	sealed, err := envelope.Seal(recipient, message)
	Check(t, err)
	return sealed
}

// bravoKnows counts bravo's rows, by what they are. What nodes show each other
// of their logs by themselves, at any moment, is no part of it.
func (s *scene) bravoKnows(t *testing.T) map[string]int {
	t.Helper()
	db := s.bravo.files()
	defer func() { Check(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), `SELECT kind, count(*) FROM records WHERE kind NOT IN (?, ?) GROUP BY kind
		UNION ALL SELECT 'message', count(*) FROM messages UNION ALL SELECT 'object', count(*) FROM objects`, "seen", "cosigning")
	Check(t, err)
	defer func() { Check(t, rows.Close()) }()
	known := make(map[string]int)
	for rows.Next() {
		var kind string
		var count int
		Check(t, rows.Scan(&kind, &count))
		known[kind] = count
	}
	Check(t, rows.Err())
	return known
}

func TestEveAtTheDoor(t *testing.T) {
	s := newScene(t)
	alpha, carol, eve := s.alpha.Ring(), s.carol.Ring(), NewEve(t, "alpha")
	good := s.sealed[0]
	damaged := slices.Clone(good)
	damaged[len(damaged)/2] ^= 1
	otherSeal := func() []byte { // sealed for carol, posted to bravo
		message, err := s.bravo.Ring().Open(good)
		Check(t, err)
		recipient, err := s.carol.Card().Recipient()
		Check(t, err)
		sealed, err := envelope.Seal(recipient, message)
		Check(t, err)
		return sealed
	}()
	attacks := []struct {
		name    string
		ring    *keys.Ring
		missing []envelope.Missing
		sealed  []byte
	}{
		{"damaged on the way", alpha, nil, damaged},
		{"not an envelope", alpha, nil, []byte("age-encryption.org/v1\n-> X25519 nonsense")},
		{"empty", alpha, nil, nil},
		{"larger than the limit", alpha, nil, make([]byte, envelope.MaxSealed+1)},
		{"sealed for another", alpha, nil, otherSeal},
		{"replayed by a stranger", eve.Ring, nil, good},
		{"replayed by another partner", carol, nil, good},
		{"out of its order", alpha, nil, s.sealed[1]},
		{"out of its order, with a false word of what is missing", alpha, []envelope.Missing{{Seq: s.parcels[0].Seq, Hash: strings.Repeat("0", 64), Why: "expired"}}, s.sealed[1]},
		{"signed by eve in alpha's name", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.Precedence = "ROUTINE" }, eve.Ring, nil)},
		{"a header changed under the signature", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.Precedence = "ROUTINE" }, nil, nil)},
		{"another payload under the header", alpha, nil, s.resealed(t, nil, nil, []byte(`{"a":1}`))},
		{"for another channel", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.Channel = envelope.Channel(h.From, s.carol.Card().ID()) }, alpha, nil)},
		{"for another recipient", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.To = s.carol.Card().ID() }, alpha, nil)},
		{"of an older epoch", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.Epoch = 0 }, alpha, nil)},
		{"expired", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.Expires = h.Sent.Add(-time.Hour) }, alpha, nil)},
		{"not the one that follows", alpha, nil, s.resealed(t, func(h *envelope.Header) { h.Prev = strings.Repeat("1", 64) }, alpha, nil)},
	}
	known := s.bravoKnows(t)
	answers := make(map[string][]string)
	for _, attack := range attacks {
		status, answer := s.deliver(t, attack.ring, attack.missing, attack.sealed)
		if status == http.StatusOK && answer != `{"results":[{"refused":true}]}` || status != http.StatusOK && status != http.StatusBadRequest {
			t.Errorf("%s: answered %d %s", attack.name, status, answer)
		}
		answers[answer] = append(answers[answer], attack.name)
	}
	if len(answers) != 2 {
		t.Errorf("the answers tell the attacks apart: %v", answers)
	}
	// What alpha's own key signed for a place that is taken is answered with the
	// message that stands there, so that whoever holds the key learns of the other.
	twin := s.resealed(t, func(h *envelope.Header) { h.Seq = 1 }, alpha, nil)
	if status, answer := s.deliver(t, alpha, nil, twin); status != http.StatusOK || !strings.Contains(answer, `"refused":true`) || !strings.Contains(answer, `"taken":`) {
		t.Errorf("a place in the chain that is taken: answered %d %s", status, answer)
	}
	// The one that had expired may be a clock that is wrong: of it stay an alarm
	// and its key. Of the second message at a place stay the same, and the message
	// as proof; of nothing else stays anything.
	known["alarm"] += 2
	known["alarm key"] += 2
	known["twin"]++
	if diff := cmp.Diff(known, s.bravoKnows(t)); diff != "" {
		t.Errorf("what the attacks left: -want +got:\n%s", diff)
	}
	// What is not even a delivery.
	huge := bytes.Repeat([]byte{' '}, envelope.MaxDelivery+1)
	for name, body := range map[string][]byte{"too large": huge, "not JSON": []byte("{"), "nothing": nil} {
		signature := alpha.SignDelivery(envelope.DeliverySigningInput(s.bravo.Card().ID(), body))
		if status, answer := s.post(t, envelope.SenderValue(alpha.ID(), signature), body); status != http.StatusBadRequest || !strings.Contains(answer, `"title":"not accepted"`) {
			t.Errorf("%s: answered %d %s", name, status, answer)
		}
	}
	// A bad one does not stop the good ones in the same delivery or after it.
	status, answer := s.deliver(t, alpha, nil, damaged, good, s.sealed[1])
	if status != http.StatusOK || strings.Count(answer, "c2sp.org/tlog-proof@v1") != 2 {
		t.Errorf("the good ones: answered %d %s", status, answer)
	}
	// By its sender, the same again gets the same receipt.
	_, again := s.deliver(t, alpha, nil, damaged, good, s.sealed[1])
	if again != answer {
		t.Error("a repeated delivery got another answer")
	}
	if known := s.bravoKnows(t); known["case"] != 2 {
		t.Errorf("bravo knows %v, of that two cases", known)
	}
	s.bravo.Sound()
	// And alpha, who never saw these receipts, gets them when it delivers itself.
	s.alpha.Start()
	s.alpha.Delivered(s.bravo)
	s.alpha.Sound()
}

// Eve calls herself alpha: an alarm, and nothing is accepted.
func TestAChangedKeyIsAnAlarm(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	ctx := t.Context()
	text, err := bravo.Desk.Invite(ctx, Admin(), nil)
	Check(t, err)
	// A new node of the same name with other keys accepts bravo's invitation.
	eve := New(t, "alpha")
	_, err = eve.Desk.Accept(ctx, Admin(), text)
	Check(t, err)
	Until(t, "the alarm", func() bool {
		alarms, err := bravo.Shelf.Alarms(ctx, Officer(), false)
		Check(t, err)
		return len(alarms) == 1 && alarms[0].Kind == warning.AlarmKeyChanged
	})
	seen, err := bravo.Shelf.Partner(ctx, Admin(), "alpha")
	Check(t, err)
	if seen.State != "active" || !seen.Card.SameKeys(alpha.Card()) {
		t.Errorf("bravo's alpha is %s with the key %s", seen.State, seen.Card.ID())
	}
	// The other way round: bravo is handed an invitation of the false alpha.
	text, err = eve.Desk.Invite(ctx, Admin(), nil)
	Check(t, err)
	if _, err := bravo.Desk.Accept(ctx, Admin(), text); err == nil {
		t.Error("bravo accepted other keys under a known name")
	}
}
