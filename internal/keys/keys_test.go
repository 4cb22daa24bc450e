// SPDX-License-Identifier: Apache-2.0

package keys_test

// This file holds how a ring is kept, what its verbs promise, and that no error
// of it says a word of a key.

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/receipt"
)

func ring(tb testing.TB, name string) *keys.Ring {
	tb.Helper()
	r, err := keys.Generate(name, "NO")
	check(tb, err)
	return r
}

func encoded(tb testing.TB, r *keys.Ring) []byte {
	tb.Helper()
	raw, err := r.Encode()
	check(tb, err)
	return raw
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// A ring that was written and read is the same node.
func TestKeptAndRead(t *testing.T) {
	alpha := ring(t, "alpha")
	again, err := keys.Parse(encoded(t, alpha))
	check(t, err)
	one, other := alpha.Card("https://alpha.example.org/"), again.Card("https://alpha.example.org")
	if !one.SameKeys(other) || one.Address != other.Address || alpha.ID() != again.ID() || one.KeyID() != alpha.ID() {
		t.Errorf("the card was %+v and is %+v", one, other)
	}
	check(t, one.Check())
	if !bytes.Equal(encoded(t, alpha), encoded(t, again)) {
		t.Error("written again it is another file")
	}
	if ring(t, "alpha").Card("http://a.example.org").Log == one.Log {
		t.Error("two nodes of one name have one log")
	}
	for _, name := range []string{"", "A", "Alpha", "a b"} {
		if _, err := keys.Generate(name, "NO"); err == nil {
			t.Errorf("%q has keys", name)
		}
	}
}

// What one verb signs, no other verb's signature stands for.
func TestVerbs(t *testing.T) {
	alpha, bravo := ring(t, "alpha"), ring(t, "bravo")
	card := alpha.Card("https://alpha.example.org")
	header := []byte(`{"v":1}`)
	if !ed25519.Verify(card.Public(), envelope.SigningInput(header), alpha.SignMessage(header)) {
		t.Error("a message's signature does not hold")
	}
	statement := receipt.Statement{Version: 1, Kind: "delivered"}
	signature, err := alpha.SignReceipt(statement)
	check(t, err)
	input, err := statement.SigningInput()
	check(t, err)
	if !ed25519.Verify(card.Public(), input, signature) || ed25519.Verify(card.Public(), envelope.SigningInput(input), signature) {
		t.Error("a receipt's signature does not hold, or holds for a message")
	}
	tree := tlog.Tree{N: 1, Hash: tlog.RecordHash([]byte("leaf"))}
	checkpoint, err := alpha.SignCheckpoint(tree)
	check(t, err)
	if opened, err := receipt.OpenCheckpoint(checkpoint, card.Log); err != nil || opened != tree {
		t.Errorf("the checkpoint opens as %v, %v", opened, err)
	}
	if _, err := receipt.OpenCheckpoint(checkpoint, bravo.Card("http://b.example.org").Log); err == nil {
		t.Error("the checkpoint is another's")
	}
	again, err := alpha.SignCheckpoint(tree)
	if err != nil || again != checkpoint {
		t.Error("the same head is signed in two ways: a store would take itself for another")
	}
}

// Only the node it was sealed for opens an envelope.
func TestOpen(t *testing.T) {
	alpha, bravo := ring(t, "alpha"), ring(t, "bravo")
	salt, payload := envelope.NewSalt(), []byte(`{"text":"Danger."}`)
	raw, err := envelope.Header{
		Version: 1, Channel: envelope.Channel(alpha.ID(), bravo.ID()), From: alpha.ID(), To: bravo.ID(), Epoch: 1, Seq: 1, Prev: envelope.FirstPrev,
		Kind: envelope.Warning, Commitment: envelope.Commit(salt, payload), Sent: time.Date(2031, 5, 8, 9, 0, 0, 0, time.UTC),
		Precedence: handling.Flash, Handling: handling.Handling{TLP: handling.Amber},
	}.Encode()
	check(t, err)
	recipient, err := bravo.Card("http://b.example.org").Recipient()
	check(t, err)
	sealed, err := envelope.Seal(recipient, &envelope.Message{HeaderBytes: raw, Signature: alpha.SignMessage(raw), Salt: salt, Payload: payload})
	check(t, err)
	opened, err := bravo.Open(sealed)
	check(t, err)
	check(t, opened.Verify(alpha.Card("http://a.example.org").Public(), alpha.ID(), bravo.ID()))
	if _, err := alpha.Open(sealed); !errors.Is(err, envelope.ErrFormat) {
		t.Errorf("the sender opens what it sealed: %v", err)
	}
}

// A key file that is damaged in any way is refused, and nothing is said of it.
func TestFilesThatAreRefused(t *testing.T) {
	raw, other := encoded(t, ring(t, "alpha")), encoded(t, ring(t, "alpha"))
	var fields, others map[string]any
	check(t, json.Unmarshal(raw, &fields))
	check(t, json.Unmarshal(other, &others))
	tests := map[string][]byte{
		"empty": nil, "not JSON": raw[1:], "cut off": raw[:len(raw)-1], "a member more": append([]byte(`{"more":1,`), raw[1:]...), "a member twice": append([]byte(`{"v":1,`), raw[1:]...),
	}
	for name, value := range fields {
		for what, changed := range map[string]any{"missing": nil, "zero": 0, "empty": "", "of another length": "AAAA", "a list": []int{1}} {
			if name == "country" {
				continue // it is the card's to say
			}
			fields[name] = changed
			if what == "missing" {
				delete(fields, name)
			}
			damaged, err := json.Marshal(fields)
			check(t, err)
			tests[name+" "+what] = damaged
		}
		fields[name] = value
	}
	// The public half of the log's key is another's.
	fields["log_public"] = others["log_public"]
	mixed, err := json.Marshal(fields)
	check(t, err)
	tests["another's public log key"] = mixed
	for name, damaged := range tests {
		if name == "v of another length" {
			continue
		}
		_, err := keys.Parse(damaged)
		if !errors.Is(err, keys.ErrRing) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		saysNothing(t, err, raw)
	}
}

// saysNothing checks that an error repeats no eight bytes of a key file's secrets.
func saysNothing(tb testing.TB, err error, raw []byte) {
	tb.Helper()
	var f struct {
		Sign []byte `json:"sign_seed"`
		Log  string `json:"log_key"`
		Seal string `json:"seal_identity"`
		One  []byte `json:"witness_seed"`
		PQ   []byte `json:"witness_pq_seed"`
	}
	if json.Unmarshal(raw, &f) != nil {
		return
	}
	secret := base64.StdEncoding.EncodeToString(f.Sign) + string(f.Sign) + f.Log + f.Seal + base64.StdEncoding.EncodeToString(f.One) + base64.StdEncoding.EncodeToString(f.PQ)
	text := err.Error()
	for i := 0; i+8 <= len(secret); i++ {
		if strings.Contains(text, secret[i:i+8]) {
			tb.Fatalf("the error says %q, which stands in the key file", secret[i:i+8])
		}
	}
}

func FuzzParse(f *testing.F) {
	raw := encoded(f, ring(f, "alpha"))
	f.Add(raw)
	f.Add(bytes.Replace(raw, []byte(`"log_key":"P`), []byte(`"log_key":"Q`), 1))
	f.Add(bytes.Replace(raw, []byte(`AGE-SECRET-KEY-PQ-1`), []byte(`AGE-SECRET-KEY-1`), 1))
	f.Add([]byte(`{"v":1,"name":"alpha","country":"NO","sign_seed":"AAAAAAAA","log_key":"SECRETSECRET","log_public":"","seal_identity":"SECRETSECRET"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := keys.Parse(raw)
		if err != nil {
			if !errors.Is(err, keys.ErrRing) {
				t.Fatalf("an error of its own: %v", err)
			}
			if err.Error() != keys.ErrRing.Error() {
				t.Fatalf("it says more than that the file is of no use: %v", err)
			}
			return
		}
		again, err := keys.Parse(encoded(t, r))
		if err != nil || again.ID() != r.ID() {
			t.Fatalf("written and read it is another: %v", err)
		}
		if _, err := again.SignCheckpoint(tlog.Tree{N: 1}); err != nil {
			t.Fatal(err)
		}
	})
}
