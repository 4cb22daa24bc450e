// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file gives eve signing keys: one that was replaced, and one that is in
// force, without the keys that come after it.

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The key that was replaced opens no door and signs nothing new.
func TestEveWithTheOldKey(t *testing.T) {
	s := newScene(t)
	old := s.alpha.Ring()
	s.alpha.Start()
	s.alpha.Delivered(s.bravo)
	if status, _ := s.deliver(t, old, nil, s.sealed[0]); status != http.StatusOK {
		t.Fatalf("before the change: answered %d", status)
	}
	_, err := s.alpha.Outbox.ChangeKeys(t.Context(), Admin(), outbox.KeyOrder{})
	Check(t, err)
	s.alpha.Delivered(s.bravo)
	s.alpha.Stop()
	h := newHostile(t, s, s.alpha)
	next := func(ring *keys.Ring) []byte {
		return s.resealed(t, func(header *envelope.Header) { header.Seq, header.Prev = h.seq+1, h.prev }, ring, nil)
	}
	known := s.bravoKnows(t)
	for name, sealed := range map[string][]byte{"a repeat": s.sealed[0], "the next message": next(old)} {
		if status, answer := s.deliver(t, old, nil, sealed); status != http.StatusBadRequest {
			t.Errorf("%s at the door: answered %d %s", name, status, answer)
		}
	}
	// And inside a delivery of alpha's own.
	if status, answer := s.deliver(t, s.alpha.Ring(), nil, next(old)); status != http.StatusOK || answer != `{"results":[{"refused":true}]}` {
		t.Errorf("in a delivery: answered %d %s", status, answer)
	}
	if diff := cmp.Diff(known, s.bravoKnows(t)); diff != "" {
		t.Errorf("what the attacks left: -before +after:\n%s", diff)
	}
	if status, answer := s.deliver(t, s.alpha.Ring(), nil, next(s.alpha.Ring())); status != http.StatusOK || strings.Count(answer, "c2sp.org/tlog-proof@v1") != 1 {
		t.Errorf("the new key: answered %d %s", status, answer)
	}
	s.bravo.Sound()
}

// With the signing key alone nobody puts keys in force that did not sign, too,
// nor those of another node: the message is kept, an alarm rings, and the keys stay.
func TestEveChangesKeysThatAreNotHers(t *testing.T) {
	s := newScene(t)
	h := newHostile(t, s, s.carol)
	change := func(ring *keys.Ring) envelope.Change {
		next, err := ring.Next(time.Now(), keys.Parts()...)
		Check(t, err)
		Check(t, ring.Prepare(next))
		c, err := ring.SignChange(envelope.ChangeStatement{At: time.Now().UTC().Truncate(time.Millisecond), Why: envelope.Rotation}, s.carol.Address())
		Check(t, err)
		return c
	}
	stolen, eve := s.carol.Ring(), NewEve(t, "carol")
	before := s.carol.Card()
	byOld := change(stolen)
	byOld.New = stolen.SignDelivery(envelope.ChangeNewInput(byOld.Statement))
	noLog := change(stolen)
	noLog.Log = change(eve.Ring).Log
	noLink := change(stolen)
	noLink.Link = nil
	for _, attack := range []struct {
		name   string
		change envelope.Change
	}{
		{"signed with the stolen key alone", byOld}, {"not signed with the new log key", noLog},
		{"without the link", noLink}, {"from eve's keys to eve's", change(eve.Ring)},
	} {
		h.say(envelope.KeyChange, warning.KeyChange{Change: attack.change})
		seen, err := s.bravo.Shelf.Partner(t.Context(), Admin(), "carol")
		Check(t, err)
		if !seen.Card.SameKeys(before) || !seen.KeysChanged.IsZero() || seen.State != "active" {
			t.Errorf("%s: bravo sees %+v", attack.name, seen)
		}
		if h.alarms(warning.AlarmKeysRefused) == 0 {
			t.Errorf("%s: no alarm", attack.name)
		}
	}
	s.bravo.Sound()
}

// A partner that dates a change of its keys back denies nothing by it: what it
// signed before stays verified, and people are told.
func TestKeysDatedBack(t *testing.T) {
	s := newScene(t)
	id := s.bravo.Warn(Draft("To carol.", "carol")).Sent["carol"]
	s.bravo.Delivered(s.carol)
	s.carol.Stop()
	h := newHostile(t, s, s.carol)
	ring := s.carol.Ring()
	next, err := ring.Next(time.Now(), keys.Parts()...)
	Check(t, err)
	Check(t, ring.Prepare(next))
	change, err := ring.SignChange(envelope.ChangeStatement{At: moment().AddDate(-1, 0, 0), Why: envelope.Rotation}, s.carol.Address())
	Check(t, err)
	h.say(envelope.KeyChange, warning.KeyChange{Change: change})
	if h.alarms(warning.AlarmClock) != 1 {
		t.Error("nobody is told that the change is dated before what the old keys signed")
	}
	s.bravo.Sound()
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if doubt := shown.Thread[0].InDoubt; !strings.Contains(doubt, "carol says that it had replaced this key") {
		t.Errorf("the warning is shown with the doubt %q", doubt)
	}
}

// Nobody makes a partner keep more changes of keys than a history holds.
func TestTooManyChangesOfKeys(t *testing.T) {
	ring, err := keys.Generate("carol", "NO")
	Check(t, err)
	card := ring.Card("https://carol.example.org")
	channel := partner.NewChannel(card, card, nil, time.Now())
	var more []envelope.Change
	for range envelope.MaxChanges + 1 {
		next, err := ring.Next(time.Now(), keys.Log)
		Check(t, err)
		Check(t, ring.Prepare(next))
		change, err := ring.SignChange(envelope.ChangeStatement{At: moment(), Why: envelope.Rotation}, card.Address)
		Check(t, err)
		ring.Adopt()
		more = append(more, change)
	}
	if _, err := channel.Announce(more); !errors.Is(err, partner.ErrTooMany) {
		t.Errorf("announced: %v", err)
	}
	for i, change := range more {
		s, err := channel.Check(change)
		if i == envelope.MaxChanges {
			if !errors.Is(err, partner.ErrTooMany) {
				t.Errorf("change %d: %v", i+1, err)
			}
			continue
		}
		Check(t, err)
		channel.Replace(change, s, uint64(i+1), s.At)
	}
	if err := channel.History().Check(); err != nil {
		t.Error(err)
	}
}
