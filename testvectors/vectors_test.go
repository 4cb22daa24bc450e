// SPDX-License-Identifier: Apache-2.0

// Package testvectors_test writes the vectors beside it and holds our own code
// to them. `go test ./testvectors -update` writes them anew; without it the
// files must be what the code makes.
package testvectors_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

var update = flag.Bool("update", false, "write the vectors anew")

// node is a test node: its private keys are published, so that anybody can sign
// and open what is in the vectors. Nobody may use them for anything else.
type node struct {
	Name     string `json:"name"`
	Country  string `json:"country"`
	Address  string `json:"address"`
	SignSeed string `json:"sign_seed"` // hex
	LogKey   string `json:"log_private_key"`
	Log      string `json:"log_public_key"`
	Identity string `json:"seal_identity"`
	Seal     string `json:"seal_recipient"`
	// What it cosigns with: seeds, in hex.
	Witness   string `json:"witness_seed"`
	WitnessPQ string `json:"witness_pq_seed"`

	ring *keys.Ring
	card envelope.Card
}

func (n *node) sign(input []byte) []byte {
	seed, _ := hex.DecodeString(n.SignSeed)
	return ed25519.Sign(ed25519.NewKeyFromSeed(seed), input)
}

// world is everything the vectors are made of.
type world struct {
	alpha, bravo, eve *node
}

// when is the time of the first message; the others follow.
var when = time.Date(2026, 3, 2, 7, 30, 0, 120e6, time.UTC)

// load reads the keys, or makes them when they are written for the first time.
func load(t *testing.T) world {
	t.Helper()
	var nodes map[string]*node
	if raw, err := os.ReadFile("keys.json"); err == nil {
		if err := json.Unmarshal(raw, &nodes, json.RejectUnknownMembers(true)); err != nil {
			t.Fatal(err)
		}
	} else if *update && errors.Is(err, os.ErrNotExist) {
		nodes = map[string]*node{"alpha": newNode(t, "alpha", "NO"), "bravo": newNode(t, "bravo", "IS"), "eve": newNode(t, "eve", "XX")}
		write(t, "keys.json", nodes)
	} else {
		t.Fatal(err)
	}
	for _, n := range nodes {
		raw, err := json.Marshal(map[string]any{
			"v": 2, "name": n.Name, "country": n.Country, "sign_seed": unhex(t, n.SignSeed), "log_key": n.LogKey, "log_public": n.Log, "seal_identity": n.Identity,
			"witness_seed": unhex(t, n.Witness), "witness_pq_seed": unhex(t, n.WitnessPQ),
		})
		if err != nil {
			t.Fatal(err)
		}
		if n.ring, err = keys.Parse(raw); err != nil {
			t.Fatal(err)
		}
		n.card = n.ring.Card(n.Address)
	}
	return world{nodes["alpha"], nodes["bravo"], nodes["eve"]}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// newNode derives the signing keys from a published phrase; the sealing key is random.
func newNode(t *testing.T, name, country string) *node {
	t.Helper()
	seed := sha256.Sum256([]byte("tocsin test vectors, signing key of " + name))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	logSeed := sha256.Sum256([]byte("tocsin test vectors, log key of " + name))
	origin := "tocsin/" + name + "/" + envelope.KeyID(public)[:16]
	logKey, logPub, err := note.GenerateKey(bytes.NewReader(logSeed[:]), origin)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	witness, post := sha256.Sum256([]byte("tocsin test vectors, witness key of "+name)), sha256.Sum256([]byte("tocsin test vectors, post-quantum witness key of "+name))
	return &node{Name: name, Country: country, Address: "https://" + name + ".example.org", SignSeed: hex.EncodeToString(seed[:]),
		LogKey: logKey, Log: logPub, Identity: identity.String(), Seal: identity.Recipient().String(),
		Witness: hex.EncodeToString(witness[:]), WitnessPQ: hex.EncodeToString(post[:])}
}

// cards.json

type cardVector struct {
	Card   string `json:"card"` // canonical JSON
	KeyID  string `json:"key_id"`
	Digits string `json:"digits"`
}

type pairVector struct {
	One          string `json:"one"`
	Other        string `json:"other"`
	Channel      string `json:"channel"`
	SafetyNumber string `json:"safety_number"`
}

type cardFile struct {
	Cards map[string]cardVector `json:"cards"`
	Pairs []pairVector          `json:"pairs"`
}

func (w world) cards(t *testing.T) cardFile {
	t.Helper()
	f := cardFile{Cards: make(map[string]cardVector)}
	nodes := []*node{w.alpha, w.bravo, w.eve}
	for i, n := range nodes {
		raw, err := n.card.Encode()
		if err != nil {
			t.Fatal(err)
		}
		f.Cards[n.Name] = cardVector{Card: string(raw), KeyID: n.card.KeyID(), Digits: n.card.Digits()}
		other := nodes[(i+1)%len(nodes)]
		f.Pairs = append(f.Pairs, pairVector{n.Name, other.Name, envelope.Channel(n.card.ID(), other.card.ID()), envelope.SafetyNumber(n.card, other.card)})
	}
	return f
}

// messages.json

type messageVector struct {
	Name       string `json:"name"`
	From       string `json:"from"`
	To         string `json:"to"`
	Payload    string `json:"payload"`
	Salt       string `json:"salt"` // hex
	Commitment string `json:"commitment"`
	Header     string `json:"header"`
	Hash       string `json:"hash"`
	Signature  string `json:"signature"` // base64
	// Packed is the message before padding; SizeClass what it is padded to.
	Packed    string `json:"packed"`
	SizeClass int    `json:"size_class"`

	message *envelope.Message
}

// chain writes messages from one node to another, each after the one before it.
func (w world) chain(t *testing.T, from, to *node, payloads ...any) (vectors []messageVector) {
	t.Helper()
	prev := envelope.FirstPrev
	for i, payload := range payloads {
		raw, err := warning.Encode(payload)
		if err != nil {
			t.Fatal(err)
		}
		salt := sha256.Sum256(fmt.Appendf(nil, "salt %s %d", from.Name, i))
		header := envelope.Header{
			Version: 1, Channel: envelope.Channel(from.card.ID(), to.card.ID()), From: from.card.ID(), To: to.card.ID(),
			Epoch: 1, Seq: uint64(i + 1), Prev: prev, Kind: kindOf(payload), Commitment: envelope.Commit(salt[:], raw),
			Sent: when.Add(time.Duration(i) * 90 * time.Second), Precedence: handling.Immediate,
			Handling: handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H1}},
			Expires:  when.AddDate(0, 0, 30),
		}
		switch said := payload.(type) { // the header says how the text is handled
		case *warning.Warning:
			header.Handling = said.Handling
		case *warning.Update:
			header.Handling = said.Warning.Handling
		}
		v := signed(t, from, header, salt[:], raw)
		v.Name, v.To = string(header.Kind), to.Name
		vectors, prev = append(vectors, v), v.Hash
	}
	return vectors
}

func kindOf(payload any) envelope.Kind {
	switch payload.(type) {
	case *warning.Warning:
		return envelope.Warning
	case *warning.Acknowledgement:
		return envelope.Acknowledgement
	case *warning.Destruction:
		return envelope.Destruction
	case *warning.Outcome:
		return envelope.Outcome
	case *warning.Update:
		return envelope.Update
	case *warning.Recall:
		return envelope.Recall
	case *warning.RecallAnswer:
		return envelope.RecallAnswer
	case *warning.Request:
		return envelope.Request
	case *warning.Reply:
		return envelope.Reply
	case *warning.Thanks:
		return envelope.Thanks
	case *warning.Dispute:
		return envelope.Dispute
	case *warning.Pledge:
		return envelope.Pledge
	case *warning.PledgeEnd:
		return envelope.PledgeEnd
	case *warning.Inquiry:
		return envelope.Inquiry
	case *warning.InquiryAnswer:
		return envelope.InquiryAnswer
	case *warning.StateNotice:
		return envelope.State
	case *warning.PermissionRequest:
		return envelope.PermissionRequest
	case *warning.Permission:
		return envelope.Permission
	}
	return envelope.Terms
}

func signed(t *testing.T, from *node, header envelope.Header, salt, payload []byte) messageVector {
	t.Helper()
	raw, err := header.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return signedBytes(t, from, header, raw, salt, payload)
}

func signedBytes(t *testing.T, from *node, header envelope.Header, raw, salt, payload []byte) messageVector {
	t.Helper()
	m := &envelope.Message{Header: header, HeaderBytes: raw, Signature: from.sign(envelope.SigningInput(raw)), Salt: salt, Payload: payload}
	packed, err := m.Export()
	if err != nil {
		t.Fatal(err)
	}
	class := 4096
	for class < len(packed) {
		class *= 4
	}
	return messageVector{
		From: from.Name, Payload: string(payload), Salt: hex.EncodeToString(salt), Commitment: header.Commitment,
		Header: string(raw), Hash: m.Hash(), Signature: base64.StdEncoding.EncodeToString(m.Signature), Packed: string(packed), SizeClass: class, message: m,
	}
}

var officer = warning.Officer{Name: "Duty officer 2", Role: "duty-officer"}

// spoken is what alpha says to bravo, and bravo to alpha.
func (w world) spoken(t *testing.T) (there, back []messageVector) {
	t.Helper()
	latitude, longitude := 60.3927, 5.3241
	const id = "warning--0f6c1f1e-6f7e-4c2b-9a57-3f1c7d1c5a10"
	there = w.chain(t, w.alpha, w.bravo,
		&warning.Terms{
			LegalBasis: "Agreement of 2026", Purposes: []string{"prevention of threats to life"}, RetentionDays: 365,
			Onward: "not beyond the recipient without the originator’s permission", OwnIdentifiers: true, Review: "2027-03-01",
		},
		&warning.Warning{
			ID: id,
			Target: warning.Target{Kind: "event", Name: "Winter market at the quay (Bryggen)", Nationalities: []string{"NO"},
				Place: warning.Place{Country: "NO", Region: "NO-46", City: "Bergen", Latitude: &latitude, Longitude: &longitude, Precision: 500}},
			ThreatType: warning.MassCasualtyAttack,
			Window:     warning.Window{Start: when.AddDate(0, 0, 3).Truncate(24 * time.Hour), End: when.AddDate(0, 0, 5).Truncate(24 * time.Hour), Fidelity: "day"},
			Method:     "explosives", Precedence: handling.Immediate, AnswerBy: when.Add(8 * time.Hour), Probability: "likely", Confidence: handling.Moderate,
			Grade: "B2", Handling: handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H1}}, Purpose: "prevention of threats to life",
			Review: "2027-03-02", Text: "A group intends to attack the market.\nÅ act on it: søk, vær varsom. “Quoted”, \u0007 and \\ too.",
		})
	back = w.chain(t, w.bravo, w.alpha,
		&warning.Acknowledgement{Case: id, Answer: warning.Understood, By: officer, At: when.Add(4 * time.Minute)},
		&warning.Outcome{Case: id, Result: "attack_prevented", Counters: map[string]int64{"persons_detained": 7}, Contribution: "decisive",
			Public: "ask", By: officer, At: when.Add(50 * time.Hour)})
	return there, back
}

// sealed.json

type sealedVector struct {
	Name     string `json:"name"`
	For      string `json:"for"`
	Envelope string `json:"envelope"` // base64 of the age file
	Packed   string `json:"packed"`   // what is inside, without padding
	Length   int    `json:"length"`   // of what is inside, with padding
}

// sealed seals what there and back hold. A seal is random, so one that is there
// already and opens to the same message stays.
func (w world) sealed(t *testing.T, messages ...messageVector) (vectors []sealedVector) {
	t.Helper()
	var before []sealedVector
	if raw, err := os.ReadFile("sealed.json"); err == nil {
		if err := json.Unmarshal(raw, &before); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range messages {
		to := w.named(v.To)
		kept := false
		for _, old := range before {
			raw, err := base64.StdEncoding.DecodeString(old.Envelope)
			if err != nil {
				continue
			}
			if m, err := to.ring.Open(raw); err == nil && m.Hash() == v.Hash && old.Name == v.Name {
				vectors, kept = append(vectors, old), true
			}
		}
		if kept {
			continue
		}
		recipient, err := to.card.Recipient()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := envelope.Seal(recipient, v.message)
		if err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, sealedVector{v.Name, v.To, base64.StdEncoding.EncodeToString(raw), v.Packed, v.SizeClass})
	}
	return vectors
}

func (w world) named(name string) *node {
	switch name {
	case "alpha":
		return w.alpha
	case "bravo":
		return w.bravo
	}
	return w.eve
}

// log.json: the first leaves of bravo's log.

type leafVector struct {
	Kind string `json:"kind"`
	Hash string `json:"hash"`
	Leaf string `json:"leaf_hash"` // hex
	Root string `json:"root"`      // of the log once this leaf is in it
	// Salt and Line are of an audit line: Hash is SHA-256(salt ‖ line).
	Salt string `json:"salt,omitempty"` // hex
	Line string `json:"line,omitempty"`
}

type logFile struct {
	Log        string       `json:"log_public_key"`
	Leaves     []leafVector `json:"leaves"`
	Checkpoint string       `json:"checkpoint"` // of the log with all leaves
}

// log builds bravo's log around what it received.
func (w world) log(t *testing.T, received []messageVector) (f logFile, tree ledger.Tree, hashes *ledger.Recent) {
	t.Helper()
	hashes = ledger.NewRecent(tree, nil)
	appendLeaf := func(v leafVector) {
		var kept []ledger.Kept
		tree, _, kept = tree.Append(v.Kind, v.Hash)
		hashes.Add(kept)
		root := tree.Head().Hash
		v.Leaf, v.Root = hex.EncodeToString(kept[0].Hash[:]), hex.EncodeToString(root[:])
		f.Leaves = append(f.Leaves, v)
	}
	act := func(i int, line string) {
		salt := sha256.Sum256(fmt.Appendf(nil, "line %d", i))
		sum := sha256.Sum256(append(salt[:16:16], line...))
		appendLeaf(leafVector{Kind: "act", Hash: hex.EncodeToString(sum[:]), Salt: hex.EncodeToString(salt[:16]), Line: line})
	}
	act(0, `{"at":"2026-03-01T08:00:00Z","who":"node:node","act":"install the node"}`)
	act(1, `{"at":"2026-03-01T08:01:00Z","who":"person:admin","act":"accept an invitation","subject":"alpha"}`)
	act(2, `{"at":"2026-03-01T08:05:00Z","who":"person:admin","act":"confirm a partner's digits","subject":"alpha"}`)
	for i, m := range received {
		appendLeaf(leafVector{Kind: receipt.KindReceived, Hash: m.Hash})
		act(3+i, `{"at":"2026-03-02T07:30:01.5Z","who":"partner:alpha","act":"receive a message","subject":"alpha","rows":[{"k":"message","i":"`+m.Hash+`","h":"`+m.Hash+`"}]}`)
	}
	checkpoint, err := w.bravo.ring.SignCheckpoint(tree.Head())
	if err != nil {
		t.Fatal(err)
	}
	f.Log, f.Checkpoint = w.bravo.Log, checkpoint
	return f, tree, hashes
}

// receipts

func (w world) statement(m messageVector, index int64, tree tlog.Tree) receipt.Statement {
	h := m.message.Header
	return receipt.Statement{
		Version: 1, Kind: "delivered", Channel: h.Channel, By: h.To, To: h.From, Header: m.Hash, Epoch: h.Epoch, Seq: h.Seq,
		Received: h.Sent.Add(1380 * time.Millisecond), Disposition: receipt.Kept, Index: index, Size: tree.N, Root: hex.EncodeToString(tree.Hash[:]),
	}
}

// proved is a receipt of bravo's, signed by signer.
func (w world) proved(t *testing.T, s receipt.Statement, signer *node, proof tlog.RecordProof, checkpoint string) []byte {
	t.Helper()
	input, err := s.SigningInput()
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.New(s, signer.sign(input), proof, checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// write writes a vector file.
func write(t *testing.T, name string, content any) {
	t.Helper()
	if err := os.WriteFile(name, encoded(t, content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encoded(t *testing.T, content any) []byte {
	t.Helper()
	raw, err := json.Marshal(content, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// same compares what the code makes with the file, or writes it with -update.
func same(t *testing.T, name string, made []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), string(made)); diff != "" {
		t.Errorf("%s is not what the code makes (-file +code):\n%s", name, diff)
	}
}
