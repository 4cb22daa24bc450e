// SPDX-License-Identifier: Apache-2.0

package envelope_test

// This file holds the digits two people compare, and the cards and posts that
// are refused.

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/mldsa"
	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/witness"
)

// logKey is a verifier key made of a seed, so that tests need no random one.
func logKey(tb testing.TB, name string, seed byte) string {
	tb.Helper()
	_, verifier, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 64)), name)
	if err != nil {
		tb.Fatal(err)
	}
	return verifier
}

// witnessKeys are keys to cosign with; the ML-DSA-44 one is of a seed.
func witnessKeys(tb testing.TB, name string, seed byte) []string {
	tb.Helper()
	classic, err := witness.NewVerifier(name, witness.Ed25519, public(key(seed)))
	if err != nil {
		tb.Fatal(err)
	}
	private, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	post, err := witness.NewVerifier(name, witness.MLDSA44, private.PublicKey().Bytes())
	if err != nil {
		tb.Fatal(err)
	}
	return []string{classic.String(), post.String()}
}

func sealKey(tb testing.TB) string {
	tb.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		tb.Fatal(err)
	}
	return identity.Recipient().String()
}

func card(tb testing.TB, name string, seed byte) envelope.Card {
	tb.Helper()
	return envelope.Card{
		Version: 1, Name: name, Country: "NO", Address: "https://" + name + ".example.org",
		Sign: public(key(seed)), Log: logKey(tb, "tocsin/"+name, seed), Seal: sealKey(tb), Witness: witnessKeys(tb, "tocsin/"+name+"/witness", seed),
	}
}

// The 60 digits are the same from both sides; every name and key is in them,
// the address is not.
func TestSafetyNumber(t *testing.T) {
	one, other := card(t, "alpha", 1), card(t, "bravo", 2)
	number := envelope.SafetyNumber(one, other)
	if !regexp.MustCompile(`^([0-9]{5} ){11}[0-9]{5}$`).MatchString(number) {
		t.Fatalf("not 60 digits in groups of five: %q", number)
	}
	if back := envelope.SafetyNumber(other, one); back != number {
		t.Errorf("the other side sees %s, this one %s", back, number)
	}
	for field, change := range map[string]func(*envelope.Card){
		"name":    func(c *envelope.Card) { c.Name = "alphb" },
		"country": func(c *envelope.Card) { c.Country = "SE" },
		"sign":    func(c *envelope.Card) { c.Sign = public(key(7)) },
		"log":     func(c *envelope.Card) { c.Log = logKey(t, "tocsin/alpha", 7) },
		"seal":    func(c *envelope.Card) { c.Seal = sealKey(t) },
		"node":    func(c *envelope.Card) { c.Node = id(eve) },
		"witness": func(c *envelope.Card) { c.Witness = witnessKeys(t, "tocsin/alpha/witness", 7) },
		"post-quantum witness key": func(c *envelope.Card) {
			c.Witness = []string{c.Witness[0], witnessKeys(t, "tocsin/alpha/witness", 7)[1]}
		},
	} {
		false1 := one
		change(&false1)
		if envelope.SafetyNumber(false1, other) == number {
			t.Errorf("another %s has the same digits", field)
		}
		if one.SameKeys(false1) {
			t.Errorf("another %s is the same card", field)
		}
	}
	moved := one
	moved.Address = "https://elsewhere.example.org"
	if envelope.SafetyNumber(moved, other) != number || !one.SameKeys(moved) {
		t.Error("another address changes the digits: the same keys may move")
	}
}

func TestCardsThatAreRefused(t *testing.T) {
	good := card(t, "alpha", 1)
	raw, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if read, err := envelope.ParseCard(raw); err != nil || !read.SameKeys(good) || read.Address != good.Address {
		t.Fatalf("a good card is read as %+v, %v", read, err)
	}
	x25519, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*envelope.Card){
		"version 2":                func(c *envelope.Card) { c.Version = 2 },
		"no name":                  func(c *envelope.Card) { c.Name = "" },
		"a name that is none":      func(c *envelope.Card) { c.Name = "Alpha Node" },
		"a name with a path in it": func(c *envelope.Card) { c.Name = "a/../b" },
		"no country":               func(c *envelope.Card) { c.Country = "" },
		"a country spelled small":  func(c *envelope.Card) { c.Country = "no" },
		"a line as a country":      func(c *envelope.Card) { c.Country = "\n\n" },
		"no address":               func(c *envelope.Card) { c.Address = "" },
		"a file as an address":     func(c *envelope.Card) { c.Address = "file:///etc/passwd" },
		"no signing key":           func(c *envelope.Card) { c.Sign = nil },
		"a short signing key":      func(c *envelope.Card) { c.Sign = c.Sign[:31] },
		"a node id in capitals":    func(c *envelope.Card) { c.Node = strings.ToUpper(id(eve)) },
		"a short node id":          func(c *envelope.Card) { c.Node = id(eve)[:62] },
		"a node id said twice":     func(c *envelope.Card) { c.Node = c.KeyID() },
		"no log key":               func(c *envelope.Card) { c.Log = "" },
		"a damaged log key":        func(c *envelope.Card) { c.Log = c.Log[:len(c.Log)-2] + "AA" },
		"half of its witness keys": func(c *envelope.Card) { c.Witness = c.Witness[:1] },
		"witness keys turned round": func(c *envelope.Card) {
			c.Witness = []string{c.Witness[1], c.Witness[0]}
		},
		"a witness key that is none":                  func(c *envelope.Card) { c.Witness = []string{c.Witness[0], "x"} },
		"no sealing key":                              func(c *envelope.Card) { c.Seal = "" },
		"a sealing key that a quantum computer opens": func(c *envelope.Card) { c.Seal = x25519.Recipient().String() },
	} {
		bad := good
		change(&bad)
		raw, err := bad.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := envelope.ParseCard(raw); !errors.Is(err, envelope.ErrCard) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, text := range []string{"", "{}", "null", "[]", `{"v":1}`, string(raw[:len(raw)-1]), `{"extra":1,` + string(raw[1:])} {
		if _, err := envelope.ParseCard([]byte(text)); !errors.Is(err, envelope.ErrCard) {
			t.Errorf("%.40q: got %v", text, err)
		}
	}
}

// A node keeps its id when its signing key is another one.
func TestNodeID(t *testing.T) {
	first := card(t, "alpha", 1)
	later := card(t, "alpha", 7)
	later.Node = first.ID()
	raw, err := later.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := envelope.ParseCard(raw)
	if err != nil || read.ID() != first.KeyID() || read.KeyID() == first.KeyID() {
		t.Errorf("the node is %s with the key %s, %v", read.ID(), read.KeyID(), err)
	}
	if raw, err := first.Encode(); err != nil || bytes.Contains(raw, []byte(`"id"`)) {
		t.Errorf("a node that never changed its key says its id: %s, %v", raw, err)
	}
}

func TestNamesOfNodes(t *testing.T) {
	for name, want := range map[string]bool{
		"alpha": true, "a1": true, "a-b-c": true, "ab": true, strings.Repeat("a", 40): true,
		"": false, "a": false, "1a": false, "-a": false, "Alpha": false, "al pha": false, "al.pha": false, "é1": false, "aé": false, "a/b": false,
		"a\nb": false, strings.Repeat("a", 41): false,
	} {
		if envelope.ValidName(name) != want {
			t.Errorf("%q: want %t", name, want)
		}
	}
}

func TestSender(t *testing.T) {
	signature := bytes.Repeat([]byte{5}, 64)
	value := envelope.SenderValue(id(alpha), signature)
	read, err := envelope.ParseSender(value)
	if err != nil || read.ID != id(alpha) || !bytes.Equal(read.Signature, signature) || read.Links != nil {
		t.Fatalf("got %+v, %v", read, err)
	}
	for _, wrong := range []string{"", " ", value[:64], value[1:], value + "A", value + " ", strings.Replace(value, " ", "  ", 1), strings.TrimSuffix(value, "="), id(alpha) + " " + id(alpha)} {
		if _, err := envelope.ParseSender(wrong); !errors.Is(err, envelope.ErrSender) {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
}

func TestDeliveriesThatAreRefused(t *testing.T) {
	delivery := func(envelopes, missing int) envelope.Delivery {
		d := envelope.Delivery{From: id(alpha), To: id(bravo), Envelopes: make([][]byte, envelopes)}
		for i := range missing {
			d.Missing = append(d.Missing, envelope.Missing{Seq: uint64(i) + 1, Hash: envelope.FirstPrev, Why: "held"})
		}
		return d
	}
	lacking := func(seq uint64, hash, why string) envelope.Delivery {
		d := delivery(1, 0)
		d.Missing = []envelope.Missing{{Seq: seq, Hash: hash, Why: why}}
		return d
	}
	for _, test := range []struct {
		name string
		in   envelope.Delivery
		ok   bool
	}{
		{"one", delivery(1, 0), true},
		{"the most", delivery(envelope.MaxBatch, envelope.MaxMissing), true},
		{"none", delivery(0, 0), false},
		{"one too many", delivery(envelope.MaxBatch+1, 0), false},
		{"too many missing", delivery(1, envelope.MaxMissing+1), false},
		{"one missing", lacking(1, envelope.FirstPrev, "expired"), true},
		{"missing at no place", lacking(0, envelope.FirstPrev, "expired"), false},
		{"missing without a hash", lacking(1, "", "expired"), false},
		{"missing for a reason nobody knows", lacking(1, envelope.FirstPrev, "<b>call me</b>"), false},
	} {
		raw, err := json.Marshal(test.in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := envelope.ParseDelivery(raw); (err == nil) != test.ok || err != nil && !errors.Is(err, envelope.ErrFormat) {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
	if _, err := envelope.ParseDelivery(make([]byte, envelope.MaxDelivery+1)); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("over the limit: got %v", err)
	}
	// The recipient stands in what is signed: a delivery is not another's.
	body := []byte("body")
	if bytes.Equal(envelope.DeliverySigningInput(id(bravo), body), envelope.DeliverySigningInput(id(eve), body)) {
		t.Error("the recipient is not in what is signed")
	}
}
