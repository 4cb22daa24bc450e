// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds what a stranger gets by showing a node checkpoints that
// somebody signed once: padded ones, rejected ones, those of a lost branch.

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// padded is a signed checkpoint with lines in the log's name that it did not sign.
func padded(checkpoint string, bytes, lines int) string {
	origin, _, _ := strings.Cut(checkpoint, "\n")
	for i := range lines {
		junk := append([]byte{1, 2, 3, byte(i)}, make([]byte, bytes)...)
		checkpoint += "— " + origin + " " + base64.StdEncoding.EncodeToString(junk) + "\n"
	}
	return checkpoint
}

// shown is the newest checkpoint of alpha's log that s follows.
func (s *side) shown() (checkpoint string) {
	s.t.Helper()
	check(s.t, s.store.Glance(s.t.Context(), caller.Self(), store.What{Act: caller.AskWitness}, func(tx *store.Tx) error {
		seen, _, err := store.Seen.Find(tx, "alpha")
		checkpoint = seen.Checkpoint
		return err
	}))
	return checkpoint
}

// A stranger who pads the partner's own checkpoint stops no delivery.
func TestAStrangerPads(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		seen := bravo.heads().Partners[0].Size
		_, err := alpha.desk.Invite(t.Context(), admin, nil) // the log grows by something bravo has no part in
		check(t, err)
		newest, err := alpha.store.Newest()
		check(t, err)
		var proof tlog.TreeProof
		check(t, alpha.store.Glance(t.Context(), caller.Self(), store.What{Act: caller.AskWitness}, func(tx *store.Tx) (err error) {
			proof, err = tx.ProveTree(seen, newest.Size)
			return err
		}))
		if status, body, _ := bravo.add(nil, witness.Request{Old: seen, Proof: proof, Checkpoint: padded(newest.Checkpoint, 900, 1)}); status != http.StatusOK {
			t.Fatalf("answered %d %s", status, body)
		}
		if got := bravo.shown(); got != newest.Checkpoint {
			t.Errorf("kept:\n%s", got)
		}
		bravo.warn(draft("alpha", "An attack on the market square is planned."))
		eventually(t, func() bool { return alpha.cases() == 1 && bravo.queued() == 0 })
	})
}

// Evidence of a log that pads what it signs can be judged by anybody.
func TestPaddedEvidence(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		seen := bravo.heads().Partners[0].Size
		other, err := alpha.ring.SignCheckpoint(tlog.Tree{N: seen, Hash: tlog.RecordHash([]byte("y"))})
		check(t, err)
		bravo.add(alpha.ring, witness.Request{Old: seen, Checkpoint: padded(other, 60000, 2)})
		forks := bravo.heads().Forks
		if len(forks) != 1 {
			t.Fatalf("%d forks", len(forks))
		}
		raw, err := bravo.shelf.Evidence(t.Context(), overseer, forks[0].ID)
		check(t, err)
		evidence, err := witness.ParseFork(raw)
		check(t, err)
		if finding, _, _, err := evidence.Judge(alpha.card.Log); finding != witness.TwoRoots || err != nil {
			t.Errorf("judged %s, %v", finding, err)
		}
	})
}

// What people rejected says nothing new when a stranger shows it again, and the
// next decision cannot fall back on it.
func TestARejectedCheckpoint(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		seen, first := bravo.heads().Partners[0].Size, bravo.shown()
		other, err := alpha.ring.SignCheckpoint(tlog.Tree{N: seen, Hash: tlog.RecordHash([]byte("y"))})
		check(t, err)
		bravo.add(nil, witness.Request{Old: seen, Checkpoint: other})
		_, err = bravo.desk.AcceptLog(t.Context(), second, "alpha", "Called them: theirs is the new one.")
		check(t, err)
		before := bravo.heads().Forks
		bravo.add(nil, witness.Request{Old: seen, Checkpoint: first})
		bravo.add(nil, witness.Request{Old: seen, Checkpoint: other})
		l := bravo.heads().Partners[0]
		if after := bravo.heads().Forks; l.Fork != "" || len(after) != 1 || after[0] != before[0] || bravo.shown() != other || bravo.alarmed(warning.AlarmFork) != 1 {
			t.Errorf("after the decision: %+v, forks %+v", l, after)
		}
	})
}

// Whoever holds many checkpoints of a branch that we lost halts the node once.
func TestALostBranchHaltsOnce(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		own := bravo.heads().Size
		for i := range int64(4) {
			lost, err := bravo.ring.SignCheckpoint(tlog.Tree{N: own - 3 + i, Hash: tlog.RecordHash([]byte("lost"))})
			check(t, err)
			body, err := json.Marshal(envelope.Delivery{From: alpha.card.ID(), To: bravo.card.ID(), Envelopes: [][]byte{{0}}, Seen: []string{lost}})
			check(t, err)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, bravo.card.Address+"/peer/v1/messages", strings.NewReader(string(body)))
			check(t, err)
			r.Header.Set("Content-Type", envelope.DeliveryType)
			r.Header.Set(envelope.SenderHeader, envelope.SenderValue(alpha.ring.ID(), alpha.ring.SignDelivery(envelope.DeliverySigningInput(bravo.card.ID(), body))))
			_, err = n.RoundTrip(r)
			check(t, err)
			if h := bravo.heads(); h.Halted != (i == 0) || len(h.Forks) != int(i)+1 || bravo.alarmed(warning.AlarmOwnLog) != 1 {
				t.Errorf("checkpoint %d: halted %t, %d forks, %d alarms", i, h.Halted, len(h.Forks), bravo.alarmed(warning.AlarmOwnLog))
			}
			if i == 0 {
				_, err = bravo.desk.ResumeLog(t.Context(), admin, "The newer copy burnt; the partners were told.")
				check(t, err)
			}
		}
	})
}
