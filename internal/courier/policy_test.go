// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file plays a neutral witness: honest, it makes a quorum; lying, it is
// not believed.

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// neutral is a witness that knows every log. It is written from tlog-witness,
// and shares no code with our own.
type neutral struct {
	t    *testing.T
	key  ed25519.PrivateKey
	v    *witness.Verifier
	seen map[string]tlog.Tree
	// lie answers in its place.
	lie  func(n *neutral, r witness.Request) (status int, body string)
	busy sync.Mutex // two nodes may ask at the same moment
}

func newNeutral(t *testing.T) *neutral {
	t.Helper()
	n := &neutral{t: t, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)), seen: make(map[string]tlog.Tree)}
	v, err := witness.NewVerifier("witness.example.org/neutral", witness.Ed25519, n.key.Public().(ed25519.PublicKey))
	check(t, err)
	n.v = v
	return n
}

// policy wants it for logs, and has it cosign one's own.
func (n *neutral) policy(logs ...string) *witness.Policy {
	n.t.Helper()
	text := ""
	for _, log := range logs {
		text += "log " + log + "\n"
	}
	policy, err := witness.ParsePolicy([]byte(text + "witness w " + n.v.String() + " https://witness.example.org\nquorum w\n"))
	check(n.t, err)
	return policy
}

func (n *neutral) sign(text string, at time.Time) string {
	input, err := witness.SigningInput(witness.Ed25519, n.v.Name(), at.Unix(), text)
	check(n.t, err)
	return n.v.Line(at.Unix(), ed25519.Sign(n.key, input))
}

func (n *neutral) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	request, err := witness.ParseRequest(raw)
	if err != nil {
		return nil, err
	}
	n.busy.Lock()
	defer n.busy.Unlock()
	answer := n.answer
	if n.lie != nil {
		answer = func(r witness.Request) (int, string) { return n.lie(n, r) }
	}
	status, body := answer(request)
	return &http.Response{StatusCode: status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (n *neutral) answer(r witness.Request) (status int, body string) {
	before := n.seen[r.Origin]
	switch {
	case r.Old != before.N:
		return http.StatusConflict, witness.SizeText(before.N)
	case r.Old == r.Tree.N && before != r.Tree:
		return http.StatusConflict, witness.SizeText(before.N)
	case r.Old > 0 && r.Old < r.Tree.N && tlog.CheckTree(r.Proof, r.Tree.N, r.Tree.Hash, before.N, before.Hash) != nil:
		return http.StatusUnprocessableEntity, ""
	}
	n.seen[r.Origin] = r.Tree
	return http.StatusOK, n.sign(witness.Text(r.Checkpoint), time.Now())
}

// under has a node start again under a policy.
func (s *side) under(policy *witness.Policy) {
	s.close()
	s.policy = policy
	s.start()
}

// The witness cosigns alpha's log, alpha shows bravo that it did, and bravo has
// the quorum that its policy wants. When the witness is gone, both are told
// within the hour after, and not before.
func TestAQuorum(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		w := newNeutral(t)
		n.witness = w
		alpha.under(w.policy())
		bravo.under(w.policy(alpha.card.Log))
		alpha.warn(draft("bravo", "The first."))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		cosigned := false
		for _, c := range alpha.heads().Cosigned {
			cosigned = cosigned || c.By == "w" && c.Witness && c.Size == w.seen[strings.Split(alpha.card.Log, "+")[0]].N
		}
		l := bravo.heads().Partners[0]
		if !cosigned || l.Witnessed == 0 {
			t.Errorf("alpha: %+v, bravo: %+v", alpha.heads().Cosigned, l)
		}
		raw, err := bravo.shelf.HeadOf(t.Context(), overseer, "alpha")
		check(t, err)
		if l.Witnessed == l.Size && len(witness.Cosignatures(witness.Text(string(raw)), witness.Lines(string(raw)), w.v)) != 1 {
			t.Errorf("bravo gives out, without the witness:\n%s", raw)
		}
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if alpha.alarmed(warning.AlarmNoQuorum)+bravo.alarmed(warning.AlarmNoQuorum) > 0 {
			t.Error("with a quorum an alarm is raised")
		}
		w.lie = func(*neutral, witness.Request) (int, string) { return http.StatusServiceUnavailable, "" }
		alpha.warn(draft("bravo", "The second."))
		time.Sleep(50 * time.Minute)
		synctest.Wait()
		if alpha.alarmed(warning.AlarmNoQuorum)+bravo.alarmed(warning.AlarmNoQuorum) > 0 {
			t.Error("an alarm is raised before the hour is over")
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if a, b := alpha.alarmed(warning.AlarmNoQuorum), bravo.alarmed(warning.AlarmNoQuorum); a != 1 || b != 2 { // bravo: its own log, and alpha's
			t.Errorf("without a quorum alpha has %d alarms, bravo %d", a, b)
		}
	})
}

// What a lying witness says is not kept, halts nothing, and is told.
func TestALyingWitness(t *testing.T) {
	other := tlog.Tree{N: 3, Hash: tlog.RecordHash(nil)}
	for _, test := range []struct {
		name string
		lie  func(n *neutral, r witness.Request) (int, string)
		want warning.AlarmKind // none: asked again later
	}{
		{"a forged line", func(n *neutral, r witness.Request) (int, string) {
			return 200, n.v.Line(time.Now().Unix(), make([]byte, ed25519.SignatureSize))
		}, warning.AlarmCosignature},
		{"an empty answer", func(*neutral, witness.Request) (int, string) { return 200, "" }, warning.AlarmCosignature},
		{"a cosignature of another checkpoint", func(n *neutral, r witness.Request) (int, string) {
			return 200, n.sign(r.Origin+"\n3\n"+other.Hash.String()+"\n", time.Now())
		}, warning.AlarmCosignature},
		{"a time ahead", func(n *neutral, r witness.Request) (int, string) {
			return 200, n.sign(witness.Text(r.Checkpoint), time.Now().Add(time.Hour))
		}, warning.AlarmCosignature},
		{"a time before the log had grown so far", func(n *neutral, r witness.Request) (int, string) {
			return 200, n.sign(witness.Text(r.Checkpoint), time.Now().Add(-time.Hour))
		}, warning.AlarmCosignature},
		{"a size larger than the log", func(*neutral, witness.Request) (int, string) { return 409, witness.SizeText(1 << 40) }, warning.AlarmOwnLog},
		{"the log is not consistent", func(*neutral, witness.Request) (int, string) { return 422, "" }, warning.AlarmOwnLog},
		{"409 without a size", func(*neutral, witness.Request) (int, string) { return 409, "no" }, ""},
		{"it does not know the log", func(*neutral, witness.Request) (int, string) { return 404, "" }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				w := newNeutral(t)
				w.lie, n.witness = test.lie, w
				alpha.under(w.policy())
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				for _, kind := range []warning.AlarmKind{warning.AlarmCosignature, warning.AlarmOwnLog} {
					if got := alpha.alarmed(kind); got != map[bool]int{true: 1}[kind == test.want] {
						t.Errorf("%d alarms %s", got, kind)
					}
				}
				heads := alpha.heads()
				for _, c := range heads.Cosigned {
					if c.Witness {
						t.Errorf("kept %+v", c)
					}
				}
				if heads.Halted {
					t.Error("the word of a witness alone halts the node")
				}
				alpha.warn(draft("bravo", "All the same."))
				eventually(t, func() bool { return bravo.cases() == 1 })
			})
		})
	}
}
