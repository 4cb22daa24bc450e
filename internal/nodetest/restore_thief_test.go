// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets thieves and hostile partners make use of restoring: of somebody
// else's, of their own, and of one that there never was.

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const safe = "six words that nobody will guess"

func backedUp(t *testing.T, h *House) []byte {
	t.Helper()
	proof, err := node.BackupProof(h.Dir)
	Check(t, err)
	var file bytes.Buffer
	_, err = h.Backup(t.Context(), Admin(), api.Backup{Passphrase: safe, Proof: proof}, func() {}, &file)
	Check(t, err)
	return file.Bytes()
}

// restoredTo makes the node of a backup in a directory.
func restoredTo(t *testing.T, dir string, backup []byte) {
	t.Helper()
	_, _, err := node.Restore(t.Context(), Quiet(), bytes.NewReader(backup), node.Restoring{Dir: dir, Open: node.Opener{Passphrase: []byte(safe)}})
	Check(t, err)
}

// A node that recovers says nothing, in files neither, but for the question what
// the other holds of it.
func TestNothingIsCarriedInARecovery(t *testing.T) {
	alpha, bravo := apart(t)
	bravo.Warn(Draft("It comes too early.", "alpha"))
	file, _ := out(t, bravo, alpha, api.CarryOut{})
	alpha.Warn(Draft("It waits.", "bravo"))
	var begun api.CarriedOut
	begun, err := alpha.Courier.CarryOut(t.Context(), Officer(), "bravo", api.CarryOut{}, func() {}, new(bytes.Buffer))
	Check(t, err)
	Check(t, alpha.Desk.RecoverByHand(t.Context(), Admin(), "a test"))
	if _, made := out(t, alpha, bravo, api.CarryOut{}); !made.Asks || made.Messages != 0 || made.Receipts != 0 || made.More {
		t.Errorf("a file that says more than it asks: %+v", made)
	}
	if _, err := alpha.Courier.CarryOut(t.Context(), Officer(), "bravo", api.CarryOut{OneWay: true}, func() {}, io.Discard); !problem.Is(err, problem.Conflict) {
		t.Errorf("a question whose answer cannot come back: %v", err)
	}
	if err := alpha.Courier.CarryWritten(t.Context(), Officer(), begun.File); !problem.Is(err, problem.Busy) {
		t.Errorf("a file from before it may leave: %v", err)
	}
	if taken, err := alpha.Inbox.CarryIn(t.Context(), Officer(), bytes.NewReader(file), alpha.Courier.TakeReceipts); !problem.Is(err, problem.Busy) {
		t.Errorf("a file was taken: %+v, %v", taken, err)
	}
}

// A partner that answers one page again and again is found at the second.
func TestPagesWithoutEnd(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	backup := backedUp(t, alpha)
	alpha.Warn(Draft("After it.", "bravo"))
	alpha.Delivered(bravo)
	ring, honest := bravo.Ring(), bravo.Address()
	var first atomic.Pointer[envelope.Standing]
	var asked atomic.Int64
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		if err != nil {
			t.Error(err)
		}
		if first.Load() == nil {
			request, err := http.NewRequestWithContext(r.Context(), r.Method, honest+r.URL.Path, bytes.NewReader(body.Bytes()))
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
			var s envelope.Standing
			if err := json.UnmarshalRead(response.Body, &s); err != nil || len(s.Held) == 0 {
				t.Errorf("bravo answered %+v, %v", s, err)
			}
			s.More = true
			first.Store(&s)
		}
		s := *first.Load()
		s.Ask = envelope.StandingID(body.Bytes())
		raw, err := json.Marshal(s)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set(envelope.SenderHeader, envelope.SenderValue(ring.ID(), ring.SignDelivery(envelope.StandingSigningInput(s.To, raw))))
		_, _ = w.Write(raw)
	}))
	defer between.Close()
	alpha.Stop()
	alpha.Through(bravo, between.URL)
	dir := t.TempDir() + "/again"
	restoredTo(t, dir, backup)
	alpha.Dir = dir
	alpha.Start()
	Until(t, "the lie to be found", func() bool {
		r, err := alpha.Shelf.Recovery(t.Context(), Admin())
		Check(t, err)
		return r.ID != "" && r.Partners[0].Wrong && strings.Contains(r.Partners[0].Failure, "nothing new")
	})
	if n := asked.Load(); n > 4 {
		t.Errorf("it was asked %d times", n)
	}
	alpha.Sound()
}

// Whose log is forked, and undecided, does not get out of it by saying that it was restored.
// Whose log is forked does not get out of it by saying that it was restored:
// people decide, as on any fork.
func TestAForkIsNotRestoredAway(t *testing.T) {
	s := newScene(t)
	s.bravo.Warn(Draft("So that its log is followed.", "carol"))
	s.bravo.Delivered(s.carol)
	s.carol.Stop()
	ring, card := s.carol.Ring(), s.carol.Card()
	see := func() (seen store.SeenHead) {
		t.Helper()
		Check(t, s.bravo.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
			seen, _, err = tx.SeenOf("carol")
			return err
		}))
		return seen
	}
	size := see().Size
	if size == 0 {
		t.Fatal("carol's log is not followed")
	}
	other, err := ring.SignCheckpoint(tlog.Tree{N: size, Hash: tlog.RecordHash([]byte("another past"))})
	Check(t, err)
	head, _, err := store.OpenCheckpoint(other, card.Log, time.Now())
	Check(t, err)
	Check(t, s.bravo.Store.Change(context.Background(), Admin(), store.What{Act: caller.DecideFork}, func(tx *store.Tx) error {
		_, err := tx.Shown("carol", head)
		return err
	}))
	fork := see().Fork
	if fork == "" {
		t.Fatal("there is no fork")
	}
	h := newHostile(t, s, s.carol)
	next, err := ring.NextRestored()
	Check(t, err)
	Check(t, ring.Prepare(next))
	root := tlog.RecordHash([]byte("an earlier log"))
	change, err := ring.SignChange(envelope.ChangeStatement{
		At: moment(), Why: envelope.Restoration, Restored: &envelope.LogEnd{Size: size - 1, Root: base64.StdEncoding.EncodeToString(root[:])},
	}, s.carol.Address())
	Check(t, err)
	h.say(envelope.KeyChange, warning.KeyChange{Change: change})
	ring.Adopt()
	if see().Fork != fork {
		t.Error("by saying that it was restored it left the fork behind")
	}
	fresh, err := ring.SignCheckpoint(tlog.Tree{N: size, Hash: root})
	Check(t, err)
	body := []byte("old 0\n\n" + fresh)
	answer, err := s.bravo.Inbox.AddCheckpoint(t.Context(), "", body)
	Check(t, err)
	if answer.Verdict == inbox.Cosigned {
		t.Error("the new log was cosigned before anybody decided")
	}
	_, err = s.bravo.Desk.AcceptLog(t.Context(), Admin(), "carol", "They called.")
	Check(t, err)
	if answer, err = s.bravo.Inbox.AddCheckpoint(t.Context(), "", body); err != nil || answer.Verdict != inbox.Cosigned {
		t.Errorf("after people decided the new log is not cosigned: %+v, %v", answer, err)
	}
	s.bravo.Sound()
}

// A thief of alpha's signing key has sent one message, and with it holds the next
// place of alpha's chain. A recovery takes the message in, and every key is
// replaced behind it. If alpha has queued a message of its own at that place, it
// takes a backup from before that.
func TestAThiefHoldsTheNextPlace(t *testing.T) {
	for name, queued := range map[string]bool{"nothing waits": false, "a message of ours waits there": true} {
		t.Run(name, func(t *testing.T) {
			alpha, bravo := New(t, "alpha"), New(t, "bravo")
			Pair(t, alpha, bravo)
			alpha.Delivered(bravo)
			bravo.Delivered(alpha)
			backup := backedUp(t, alpha)
			h := newHostile(t, &scene{alpha: alpha, bravo: bravo}, alpha)
			madeUp := newID()
			h.warns(madeUp, "made up", handling.Flash, warning.MassCasualtyAttack)
			if queued {
				alpha.Warn(Draft("The true one.", "bravo"))
				alpha.Stop()
				dir := t.TempDir() + "/again"
				restoredTo(t, dir, backup)
				alpha.Dir = dir
				alpha.Start()
			} else {
				Check(t, alpha.Desk.RecoverByHand(t.Context(), Admin(), "Somebody has our signing key."))
			}
			Until(t, "the recovery to end", func() bool {
				r, err := alpha.Shelf.Recovery(t.Context(), Admin())
				Check(t, err)
				return r.ID != "" && !r.Open && r.NewLog && r.Partners[0].Ours == 1
			})
			if shown, err := alpha.Shelf.Case(t.Context(), Officer(), madeUp); err != nil || len(shown.Thread) != 1 {
				t.Errorf("alpha's people do not see what was said in their name: %+v, %v", shown, err)
			}
			_, err := alpha.Outbox.ChangeKeys(t.Context(), Admin(), outbox.KeyOrder{Since: moment(), Reason: "A disk is gone."})
			Check(t, err)
			alpha.Delivered(bravo)
			if n := h.alarms(warning.AlarmKeysStolen); n != 1 || bravo.State(alpha) != "suspended" {
				t.Errorf("bravo has %d alarms, and the channel is %s", n, bravo.State(alpha))
			}
			seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
			Check(t, err)
			_, err = bravo.Desk.Confirm(t.Context(), Admin(), "alpha", seen.Digits)
			Check(t, err)
			_, err = bravo.Desk.SetState(t.Context(), Officer(), "alpha", "active", "Compared by voice.")
			Check(t, err)
			alpha.Warn(Draft("By the new keys.", "bravo"))
			alpha.Delivered(bravo)
			alpha.Sound()
			bravo.Sound()
		})
	}
}
