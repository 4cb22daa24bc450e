// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds what a recipient answers to the messages of a chain, in each
// state of the channel, by asking an inbox that keeps them.

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// channelVector is a channel from its beginning: what comes and what is answered.
type channelVector struct {
	What  string        `json:"what"`
	State string        `json:"state"` // of the recipient's side
	Steps []channelStep `json:"steps"`
}

type channelStep struct {
	At      time.Time          `json:"at"` // by the recipient's clock
	Header  string             `json:"header"`
	Missing []envelope.Missing `json:"missing,omitempty"`
	Answer  string             `json:"answer"` // kept, quarantined, repeat or refused
	Why     string             `json:"why,omitempty"`
	// Taken is the hash of the message that the answer shows at the place of one that
	// was refused.
	Taken string `json:"taken,omitempty"`
	// What the recipient has afterwards.
	Newest     uint64   `json:"newest"`
	TheirEpoch uint64   `json:"their_epoch"`
	Gaps       []uint64 `json:"gaps"`
}

// coming is a step before it is answered: a message by its name, so that it can
// come again, with what is said of others by theirs.
type coming struct {
	name    string
	after   time.Duration
	missing map[string]string // name: why
	lie     bool              // of the hashes of those that are missing
	why     string
}

// letters are the messages of a channel's vectors, by name: place, the name of
// the one before, epoch, kind.
type letterOf struct {
	seq   uint64
	prev  string
	epoch uint64
	kind  envelope.Kind
}

func channelScenes() []struct {
	what, state string
	letters     map[string]letterOf
	steps       []coming
} {
	chain := map[string]letterOf{
		"1": {1, "", 1, envelope.Pledge}, "2": {2, "1", 1, envelope.Pledge}, "3": {3, "2", 1, envelope.Pledge}, "4": {4, "3", 2, envelope.Pledge},
		"5": {5, "4", 2, envelope.Pledge}, "other 2": {2, "1", 1, envelope.Thanks}, "torn 2": {2, "3", 1, envelope.Pledge}, "old 5": {5, "4", 1, envelope.Pledge},
		"terms": {1, "", 1, envelope.Terms}, "2 after terms": {2, "terms", 1, envelope.Pledge}, "keys after terms": {2, "terms", 1, envelope.KeyChange},
	}
	return []struct {
		what, state string
		letters     map[string]letterOf
		steps       []coming
	}{
		{"in order, and again", "active", chain, []coming{{name: "1"}, {name: "2"}, {name: "1"}, {name: "2"}, {name: "3"}}},
		{"out of order", "active", chain, []coming{{name: "2", why: "order"}, {name: "1"}, {name: "3", why: "order"}, {name: "2"}, {name: "3"}}},
		{"a place that is taken", "active", chain, []coming{{name: "1"}, {name: "2"}, {name: "other 2", why: "taken"}}},
		{"not the one that follows", "active", chain, []coming{{name: "1"}, {name: "torn 2", why: "prev"}, {name: "2"}}},
		{"missing, and told of", "active", chain, []coming{{name: "1"}, {name: "3", missing: map[string]string{"2": "expired"}}, {name: "4"}}},
		{"missing, and late", "active", chain, []coming{{name: "1"}, {name: "4", missing: map[string]string{"2": "held", "3": "held"}}, {name: "3"}, {name: "2"}, {name: "2"}, {name: "5"}}},
		{"late, and another than was named", "active", chain, []coming{{name: "1"}, {name: "3", missing: map[string]string{"2": "held"}}, {name: "other 2", why: "taken"}, {name: "2"}}},
		{"told of some that are missing, not of all", "active", chain, []coming{{name: "1"}, {name: "4", missing: map[string]string{"3": "expired"}, why: "order"}}},
		{"told falsely of what is missing", "active", chain, []coming{{name: "1"}, {name: "3", missing: map[string]string{"2": "expired"}, lie: true, why: "prev"}}},
		{"an older epoch", "active", chain, []coming{{name: "1"}, {name: "2"}, {name: "3"}, {name: "4"}, {name: "old 5", why: "epoch"}, {name: "5"}}},
		{"late, of an older epoch", "active", chain, []coming{{name: "1"}, {name: "2"}, {name: "4", missing: map[string]string{"3": "dropped"}}, {name: "3"}}},
		{"expired, with some minutes of grace", "active", chain, []coming{{name: "1", after: 70 * time.Minute}, {name: "2", after: 70*time.Minute + time.Second, why: "expired"}}},
		{"expired, and here already", "active", chain, []coming{{name: "1"}, {name: "1", after: 24 * time.Hour}}},
		{"pending", "pending", chain, []coming{{name: "1", why: "pending"}, {name: "terms"}, {name: "2 after terms", why: "pending"}, {name: "keys after terms"}}},
		{"limited", "limited", chain, []coming{{name: "1"}, {name: "2"}}},
		{"suspended", "suspended", chain, []coming{{name: "1"}, {name: "3", why: "order"}, {name: "2"}, {name: "2"}}},
		{"frozen", "frozen", chain, []coming{{name: "1"}, {name: "2"}}},
		{"expelled", "expelled", chain, []coming{{name: "1"}, {name: "1"}, {name: "2"}}},
	}
}

// TestChannel compares channel.json with what an inbox answers.
func TestChannel(t *testing.T) {
	w := load(t)
	var vectors []channelVector
	for _, scene := range channelScenes() {
		v := channelVector{What: scene.what, State: scene.state}
		messages := make(map[string]*envelope.Message)
		for range scene.letters { // each needs the one before
			for name, l := range scene.letters {
				if l.prev == "" || messages[l.prev] != nil {
					messages[name] = w.letter(t, name, l, messages[l.prev])
				}
			}
		}
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(when))
			v.Steps = w.hear(t, scene.state, messages, scene.steps)
		})
		vectors = append(vectors, v)
	}
	same(t, "channel.json", encoded(t, vectors))
}

// letter is a message of alpha's to bravo, always the same.
func (w world) letter(t *testing.T, name string, l letterOf, before *envelope.Message) *envelope.Message {
	t.Helper()
	by := warning.Officer{Name: "Officer", Role: "releaser"}
	var payload any
	switch l.kind {
	case envelope.Terms:
		payload = warning.Terms{LegalBasis: "an agreement", Purposes: []string{"prevention of threats to life"}, RetentionDays: 30, Onward: "no", Review: "2027-01-01"}
	case envelope.Thanks:
		payload = warning.Thanks{Case: "warning--1", Text: name, By: by, At: when}
	default:
		payload = warning.Pledge{ID: "pledge--" + name, Places: []string{"NO"}, Text: name, By: by, At: when}
	}
	raw, err := warning.Encode(payload)
	if err != nil {
		t.Fatal(err)
	}
	salt := sha256.Sum256([]byte("channel.json " + name))
	from, to := w.alpha.card.ID(), w.bravo.card.ID()
	m := &envelope.Message{Salt: salt[:], Payload: raw}
	m.Header = envelope.Header{
		Version: 1, Channel: envelope.Channel(from, to), From: from, To: to, Epoch: l.epoch, Seq: l.seq, Prev: envelope.FirstPrev, Kind: l.kind,
		Commitment: envelope.Commit(m.Salt, raw), Sent: when, Precedence: handling.Routine, Handling: handling.Handling{TLP: handling.Amber}, Expires: when.Add(time.Hour),
	}
	if before != nil {
		m.Header.Prev = before.Hash()
	}
	if m.HeaderBytes, err = m.Header.Encode(); err != nil {
		t.Fatal(err)
	}
	m.Signature = w.alpha.ring.SignMessage(m.HeaderBytes)
	return m
}

// hear lets bravo's inbox hear the steps.
func (w world) hear(t *testing.T, state string, messages map[string]*envelope.Message, steps []coming) (told []channelStep) {
	ring := w.bravo.ring
	kept, err := store.Open(slog.New(slog.DiscardHandler), t.TempDir(), ring.SignCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	channel := partner.NewChannel(w.bravo.card, w.alpha.card, nil, time.Now())
	channel.State = partner.State(state)
	err = kept.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error { return tx.AddChannel(channel) })
	if err != nil {
		t.Fatal(err)
	}
	in := inbox.New(slog.New(slog.DiscardHandler), kept, ring, w.bravo.card)
	seen := make(map[string]string)
	for _, step := range steps {
		time.Sleep(time.Until(when.Add(step.after)))
		m := messages[step.name]
		s := channelStep{At: when.Add(step.after), Header: string(m.HeaderBytes), Why: step.why, Gaps: []uint64{}}
		for _, name := range slices.Sorted(maps.Keys(step.missing)) {
			missing := envelope.Missing{Seq: messages[name].Header.Seq, Hash: messages[name].Hash(), Why: step.missing[name]}
			if step.lie {
				missing.Hash = fmt.Sprintf("%064x", 1)
			}
			s.Missing = append(s.Missing, missing)
		}
		result := w.heard(t, in, m, s.Missing)
		s.Taken = w.taken(t, m, result)
		switch {
		case result.Refused:
			s.Answer = "refused"
		case seen[m.Hash()] == result.Receipt:
			s.Answer = "repeat"
		default:
			r, err := receipt.Parse([]byte(result.Receipt))
			if err != nil {
				t.Fatal(err)
			}
			s.Answer, seen[m.Hash()] = string(r.Statement.Disposition), result.Receipt
		}
		if (s.Answer == "refused") != (step.why != "") {
			t.Errorf("%s, %s: %s, because of %q", state, step.name, s.Answer, step.why)
		}
		err := kept.Glance(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
			now, err := store.Channels.Get(tx, w.alpha.card.Name)
			if err != nil {
				return err
			}
			s.TheirEpoch = now.TheirEpoch
			if s.Newest, _, err = tx.Tip(channel.ID, store.In); err != nil {
				return err
			}
			gaps, err := store.Gaps.List(tx, 0, channel.ID+"open")
			for _, gap := range gaps {
				s.Gaps = append(s.Gaps, gap.Seq)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(s.Gaps)
		told = append(told, s)
	}
	return told
}

// taken is the hash of the message that a refusal shows to be at a place: of the
// same sender, and receipted.
func (w world) taken(t *testing.T, refused *envelope.Message, result envelope.Result) string {
	t.Helper()
	if result.Taken == nil {
		return ""
	}
	there, err := result.Taken.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := there.VerifyHeader(w.alpha.card.Public(), refused.Header.From, refused.Header.To); err != nil || there.Header.Seq != refused.Header.Seq || !result.Refused {
		t.Errorf("what is shown at place %d is another's, or of another place: %v", refused.Header.Seq, err)
	}
	if reason := w.receipted(t, result.Taken.Receipt, there, w.bravo); reason != "" {
		t.Errorf("what is shown at place %d has no good receipt: %s", refused.Header.Seq, reason)
	}
	return there.Hash()
}

func (w world) heard(t *testing.T, in *inbox.Inbox, m *envelope.Message, missing []envelope.Missing) envelope.Result {
	t.Helper()
	recipient, err := w.bravo.card.Recipient()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := envelope.Seal(recipient, m)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(envelope.Delivery{From: w.alpha.card.ID(), To: w.bravo.card.ID(), Envelopes: [][]byte{sealed}, Missing: missing})
	if err != nil {
		t.Fatal(err)
	}
	signature := w.alpha.ring.SignDelivery(envelope.DeliverySigningInput(w.bravo.card.ID(), body))
	answer, err := in.Receive(t.Context(), envelope.SenderValue(w.alpha.card.ID(), signature), body)
	if err != nil || len(answer.Results) != 1 {
		t.Fatal(strconv.Itoa(len(answer.Results)), err)
	}
	return answer.Results[0]
}
