// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file reads the vectors with our own code, and with a reader in another
// language that shares not a line with it.

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/pytest"
	"github.com/tocsin-exchange/tocsin/receipt"
)

type inviteVector struct {
	Text    string `json:"text"`
	From    string `json:"from"`
	Secret  string `json:"secret"`
	Request string `json:"pair_request"` // bravo's answer, as posted
	Sender  string `json:"sender"`       // and its Tocsin-Sender header
}

// TestVectors compares the files with what the code makes of the same keys.
func TestVectors(t *testing.T) {
	w := load(t)
	there, back := w.spoken(t)
	messages := append(append([]messageVector(nil), there...), back...)
	sealed := w.sealed(t, messages...)
	log, tree, hashes := w.log(t, there)
	head := tree.Head()
	const index = 3
	path, err := ledger.Prove(head.N, index, hashes)
	if err != nil {
		t.Fatal(err)
	}
	good, badDeliveries := w.deliveries(t, there, sealed, log.Checkpoint)

	cards := w.cards(t)
	same(t, "cards.json", encoded(t, cards))
	same(t, "bravo.card", []byte(cards.Cards["bravo"].Card+"\n")) // as tocsin verify --key reads it
	same(t, "invitation.json", encoded(t, w.invitation(t, there[0])))
	same(t, "messages.json", encoded(t, messages))
	same(t, "sealed.json", encoded(t, sealed))
	same(t, "deliveries.json", encoded(t, good))
	same(t, "log.json", encoded(t, log))
	same(t, "receipt.tlog-proof", w.proved(t, w.statement(there[0], index, head), w.bravo, path, log.Checkpoint))
	same(t, "witness.json", encoded(t, w.witness(t, log)))
	same(t, "invalid.json", encoded(t, invalidFile{
		Cards: w.invalidCards(t), Messages: w.invalidMessages(t, there), Sealed: w.invalidSealed(t, sealed), Deliveries: badDeliveries,
		Receipts: w.invalidReceipts(t, there[0], there[1], tree, hashes, log.Checkpoint),
	}))
}

func (w world) invitation(t *testing.T, terms messageVector) inviteVector {
	t.Helper()
	secret := hex.EncodeToString([]byte("thirty-two bytes, public in here"))
	text, err := partner.InviteText{Card: w.alpha.card, Secret: secret, Expires: when.AddDate(0, 0, 7), Terms: []byte(terms.Payload)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(partner.PairRequest{Card: w.bravo.card, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	header := envelope.SenderValue(w.bravo.card.ID(), w.bravo.sign(envelope.DeliverySigningInput(w.alpha.card.ID(), body)))
	return inviteVector{Text: text, From: "alpha", Secret: secret, Request: string(body), Sender: header}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestRead reads every good vector from its file.
func TestRead(t *testing.T) {
	w := load(t)
	var messages []messageVector
	read(t, "messages.json", &messages)
	for _, v := range messages {
		m, err := envelope.Unpack([]byte(v.Packed))
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if err := m.Verify(w.named(v.From).card.Public(), w.named(v.From).card.ID(), w.named(v.To).card.ID()); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		if m.Hash() != v.Hash || string(m.Payload) != v.Payload {
			t.Errorf("%s: hash or payload", v.Name)
		}
	}
	var sealed []sealedVector
	read(t, "sealed.json", &sealed)
	for _, v := range sealed {
		raw, err := base64.StdEncoding.DecodeString(v.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		m, err := w.named(v.For).ring.Open(raw)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if exported, err := m.Export(); err != nil || string(exported) != v.Packed {
			t.Errorf("%s: another message inside, %v", v.Name, err)
		}
	}
	var deliveries []deliveryVector
	read(t, "deliveries.json", &deliveries)
	for _, v := range deliveries {
		if err := w.receive(v.From, v.To, v.Sender, v.Body); err != nil {
			t.Error(err)
		}
	}
	var invitation inviteVector
	read(t, "invitation.json", &invitation)
	parsed, err := partner.ParseInvite(invitation.Text)
	if err != nil || !parsed.Card.SameKeys(w.alpha.card) || parsed.Secret != invitation.Secret {
		t.Errorf("invitation: %v", err)
	}
	raw, err := os.ReadFile("receipt.tlog-proof")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.verify("bravo", raw); err != nil {
		t.Error(err)
	}
}

// receive checks a delivery as a node's door and inbox do.
func (w world) receive(from, to, header, body string) error {
	sender, err := envelope.ParseSender(header)
	if err != nil {
		return err
	}
	f, self := w.named(from), w.named(to)
	if sender.ID != f.card.ID() || !sender.Signed(f.card.Public(), self.card.ID(), []byte(body)) {
		return envelope.ErrSender
	}
	d, err := envelope.ParseDelivery([]byte(body))
	if err == nil && (d.From != sender.ID || d.To != self.card.ID()) {
		return envelope.ErrAddress
	}
	return err
}

func (w world) verify(by string, raw []byte) error {
	r, err := receipt.Parse(raw)
	if err != nil {
		return err
	}
	return r.Verify(receipt.Keys{Sign: w.named(by).card.Public(), Log: w.named(by).card.Log})
}

// reasons are our errors in the words of the vectors.
var reasons = map[string][]error{
	format:     {envelope.ErrFormat, envelope.ErrCard, receipt.ErrFormat},
	signature:  {envelope.ErrSignature, receipt.ErrSignature},
	address:    {envelope.ErrAddress},
	payload:    {envelope.ErrPayload},
	erased:     {envelope.ErrErased},
	sender:     {envelope.ErrSender},
	checkpoint: {receipt.ErrCheckpoint},
	proof:      {receipt.ErrProof},
	mismatch:   {receipt.ErrMismatch},
}

// TestInvalid wants every bad vector refused, for the reason it gives.
func TestInvalid(t *testing.T) {
	w := load(t)
	var f invalidFile
	read(t, "invalid.json", &f)
	check := func(v invalidVector, err error) {
		t.Helper()
		for _, reason := range reasons[v.Reason] {
			if errors.Is(err, reason) {
				return
			}
		}
		t.Errorf("%s: want %s, got %v", v.What, v.Reason, err)
	}
	for _, v := range f.Cards {
		_, err := envelope.ParseCard([]byte(v.Card))
		check(v, err)
	}
	for _, v := range f.Messages {
		m, err := envelope.Unpack([]byte(v.Packed))
		if err == nil {
			err = m.Verify(w.named(v.From).card.Public(), w.named(v.From).card.ID(), w.named(v.To).card.ID())
		}
		check(v, err)
	}
	for _, v := range f.Sealed {
		raw, err := base64.StdEncoding.DecodeString(v.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.named(v.To).ring.Open(raw)
		check(v, err)
	}
	for _, v := range f.Deliveries {
		check(v, w.receive(v.From, v.To, v.Sender, v.Body))
	}
	for _, v := range f.Receipts {
		check(v, w.verify(v.By, []byte(v.Receipt)))
	}
}

// TestOtherReader runs the readers in Python over the vectors, in a Python that has the
// packages of requirements.txt.
func TestOtherReader(t *testing.T) {
	python := pytest.Python(t, "the second reader of the test vectors", "requirements.txt")
	for _, reader := range []string{"read.py", "read_steps.py", "read_dossier.py", "read_carry.py", "read_voice.py", "read_channel.py", "read_keys.py", "read_pledges.py", "read_standing.py"} {
		out, err := exec.Command(python, reader).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", reader, err, out)
		}
		t.Logf("%s", out)
	}
}
