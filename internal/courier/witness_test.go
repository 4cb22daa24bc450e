// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds what strangers and a hostile partner get from a node that is
// asked to cosign.

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// add posts a request for a cosignature to s, signed by ring if there is one.
func (s *side) add(ring *keys.Ring, r witness.Request) (status int, body string, header http.Header) {
	s.t.Helper()
	raw := r.Encode()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.card.Address+"/witness/add-checkpoint", strings.NewReader(string(raw)))
	check(s.t, err)
	if ring != nil {
		request.Header.Set(envelope.SenderHeader, envelope.SenderValue(ring.ID(), ring.SignDelivery(envelope.DeliverySigningInput(s.card.ID(), raw))))
	}
	response, err := s.network.RoundTrip(request)
	check(s.t, err)
	answer, err := io.ReadAll(response.Body)
	check(s.t, err)
	return response.StatusCode, string(answer), response.Header
}

func TestAtTheWitness(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		seen := bravo.heads().Partners[0].Size // of alpha's log
		sign := func(ring *keys.Ring, size int64, word string) string {
			checkpoint, err := ring.SignCheckpoint(tlog.Tree{N: size, Hash: tlog.RecordHash([]byte(word))})
			check(t, err)
			return checkpoint
		}
		eve, err := keys.Generate("alpha", "NO")
		check(t, err)
		want := func(what string, ring *keys.Ring, r witness.Request, status, forks int) http.Header {
			t.Helper()
			got, body, header := bravo.add(ring, r)
			if got != status {
				t.Errorf("%s: answered %d %s, want %d", what, got, body, status)
			}
			if n := bravo.alarmed(warning.AlarmFork); n != forks {
				t.Errorf("%s: %d alarms, want %d", what, n, forks)
			}
			return header
		}
		larger := sign(alpha.ring, seen+5, "x")
		want("the log of a stranger", nil, witness.Request{Checkpoint: sign(eve, 5, "x")}, 403, 0)
		want("signed by another in the log's name", nil, witness.Request{Old: seen, Checkpoint: strings.Replace(larger, "\n\n", "\n\n— x AAAA\n", 1)[:len(larger)-60] + "\n"}, 403, 0)
		want("a log of another sort", nil, witness.Request{Checkpoint: "example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x AAAAAAA=\n"}, 404, 0)
		want("not a request", nil, witness.Request{Old: seen + 9, Checkpoint: larger}, 400, 0)
		header := want("an old size that is not the last, from a stranger", nil, witness.Request{Old: 1, Checkpoint: larger}, 409, 0)
		if header.Get("Content-Type") != witness.SizeType || header.Get(envelope.SeenHeader) != "" {
			t.Errorf("answered with %v", header)
		}
		header = want("an old size that is not the last", alpha.ring, witness.Request{Old: 1, Checkpoint: larger}, 409, 0)
		if header.Get("Content-Type") != witness.SizeType || header.Get(envelope.SeenHeader) == "" {
			t.Errorf("answered with %v", header)
		}
		want("a spoilt proof from a stranger", nil, witness.Request{Old: seen, Checkpoint: larger}, 422, 0)
		want("a bad proof from the partner itself", alpha.ring, witness.Request{Old: seen, Checkpoint: larger}, 422, 1)
		want("and again", alpha.ring, witness.Request{Old: seen, Checkpoint: larger}, 422, 1)
		want("two roots of one size, from anybody", nil, witness.Request{Old: seen, Checkpoint: sign(alpha.ring, seen, "y")}, 409, 2)
		want("and again", nil, witness.Request{Old: seen, Checkpoint: sign(alpha.ring, seen, "y")}, 409, 2)
	})
}

// An answer that was lost after the checkpoint was kept is had by asking again.
func TestTheCosignatureIsLost(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		n.lost.Store(true)
		alpha.warn(draft("bravo", "The first."))
		time.Sleep(time.Minute)
		n.lost.Store(false)
		eventually(t, func() bool { return alpha.queued() == 0 })
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		alpha.cosignedBy(bravo)
		bravo.cosignedBy(alpha)
		if len(alpha.heads().Forks)+len(bravo.heads().Forks) > 0 {
			t.Error("a lost answer is taken for a fork")
		}
	})
}

// Bravo dies between keeping a checkpoint of alpha's and its answer. Asked again
// with the same one it says that it has it, then gives the cosignatures that it
// kept, and nothing is doubled in its log.
func TestTheWitnessDiesBeforeItsAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		n.down.Store(true)
		alpha.warn(draft("bravo", "The first."))
		time.Sleep(time.Second)
		synctest.Wait()
		ask := witness.Request{Old: bravo.heads().Partners[0].Size, Checkpoint: alpha.store.Checkpoint()}
		tree, err := receipt.OpenCheckpoint(ask.Checkpoint, alpha.card.Log)
		check(t, err)
		check(t, alpha.store.Glance(t.Context(), overseer, store.What{Act: caller.VerifyLedger}, func(tx *store.Tx) (err error) {
			ask.Proof, err = tx.ProveTree(ask.Old, tree.N)
			return err
		}))
		alpha.close() // its own courier asks, too
		n.down.Store(false)
		image := t.TempDir()
		n.answered = func(body []byte) []byte { keep(t, bravo.dir, image); return body }
		status, kept, _ := bravo.add(alpha.ring, ask)
		if status != http.StatusOK {
			t.Fatalf("answered %d %s", status, kept)
		}
		n.answered = nil
		bravo.close()
		keep(t, image, bravo.dir)
		bravo.start()
		size := bravo.heads().Size
		if status, body, _ := bravo.add(alpha.ring, ask); status != http.StatusConflict || body != witness.SizeText(tree.N) {
			t.Errorf("asked again it answers %d %s", status, body)
		}
		ask.Old, ask.Proof = tree.N, nil
		cosigners, err := bravo.card.Cosigners()
		check(t, err)
		for range 2 {
			status, body, _ := bravo.add(alpha.ring, ask)
			if found := witness.Cosignatures(witness.Text(ask.Checkpoint), body, cosigners...); status != http.StatusOK || body != kept || len(found) != 2 {
				t.Errorf("it answers %d with %d cosignatures: %s", status, len(found), body)
			}
		}
		if now := bravo.heads(); now.Size != size || now.Partners[0].Size != tree.N || len(now.Forks) > 0 {
			t.Errorf("its log has %d leaves, and had %d: %+v", now.Size, size, now)
		}
		alpha.start()
	})
}
