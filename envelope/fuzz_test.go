// SPDX-License-Identifier: Apache-2.0

package envelope_test

// This file holds a fuzz target for each parser: whatever a stranger sends, it
// is refused with one of this package's errors, or comes out as it went in.

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/envelope"
)

func FuzzUnpack(f *testing.F) {
	whole := signed(f, header(), alpha)
	raw, err := whole.Export()
	if err != nil {
		f.Fatal(err)
	}
	erased := *whole
	erased.Salt, erased.Payload = nil, nil
	rawErased, err := erased.Export()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(append(raw, "   "...))
	f.Add(rawErased)
	f.Add([]byte("{}"))
	f.Add([]byte(`{"header":"e30=","signature":"","salt":"","payload":""}`))
	f.Add([]byte(`{"header":null,"signature":null,"salt":null,"payload":null}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		m, err := envelope.Unpack(plain)
		if err != nil {
			if !errors.Is(err, envelope.ErrFormat) && !errors.Is(err, envelope.ErrTooLarge) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		exported, err := m.Export()
		if err != nil {
			t.Fatal(err)
		}
		again, err := envelope.Unpack(exported)
		if err != nil || again.Hash() != m.Hash() || !bytes.Equal(again.Payload, m.Payload) || !bytes.Equal(again.Salt, m.Salt) || !bytes.Equal(again.Signature, m.Signature) {
			t.Fatalf("exported, it is another message: %v", err)
		}
		if twice, err := again.Export(); err != nil || !bytes.Equal(twice, exported) {
			t.Fatalf("exported twice, it is another text: %v", err)
		}
		if err := m.Verify(public(alpha), id(alpha), id(bravo)); err == nil && m.Hash() != whole.Hash() {
			t.Fatal("a forgery")
		}
	})
}

func FuzzOpen(f *testing.F) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := envelope.Seal(identity.Recipient(), signed(f, header(), alpha))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-1])
	f.Add([]byte("age-encryption.org/v1\n-> mlkem768x25519 AAAA\n\n---\n"))
	f.Add([]byte("age-encryption.org/v1\n-> X25519 AAAA\n\n---\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := envelope.Open(raw, identity)
		if err != nil && !errors.Is(err, envelope.ErrFormat) && !errors.Is(err, envelope.ErrTooLarge) {
			t.Fatalf("an error of its own: %v", err)
		}
		if err == nil && m.Verify(public(alpha), id(alpha), id(bravo)) != nil {
			t.Fatal("nobody but the sender's test has sealed for this key")
		}
	})
}

func FuzzParseCard(f *testing.F) {
	raw, err := card(f, "alpha", 1).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(bytes.Replace(raw, []byte(`"NO"`), []byte(`"\n\n"`), 1))
	f.Add([]byte(`{"v":1,"name":"alpha"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := envelope.ParseCard(raw)
		if err != nil {
			if !errors.Is(err, envelope.ErrCard) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		encoded, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := envelope.ParseCard(encoded)
		if err != nil || !again.SameKeys(c) {
			t.Fatalf("written and read it is another card: %v", err)
		}
		// The digits are of what is compared here, and slow on purpose.
		twice, err := again.Encode()
		if err != nil || !bytes.Equal(encoded, twice) {
			t.Fatalf("written twice it is another: %v\n%s\n%s", err, encoded, twice)
		}
	})
}

func FuzzParseSender(f *testing.F) {
	f.Add(envelope.SenderValue(id(alpha), make([]byte, 64)))
	f.Add(strings.Repeat("a", 64) + " AAAA")
	f.Add(" ")
	f.Add(envelope.Sender{ID: id(alpha), Signature: make([]byte, 64), Links: []envelope.Link{{Public: public(bravo), Signature: make([]byte, 64)}}}.Value())
	f.Fuzz(func(t *testing.T, value string) {
		s, err := envelope.ParseSender(value)
		if err != nil {
			return
		}
		again, err := envelope.ParseSender(s.Value())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("written and read it is another: %v", err)
		}
	})
}

func FuzzParseDelivery(f *testing.F) {
	raw, err := json.Marshal(envelope.Delivery{From: id(alpha), To: id(bravo), Envelopes: [][]byte{[]byte("one"), nil},
		Missing: []envelope.Missing{{Seq: 1, Hash: envelope.FirstPrev, Why: "expired"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"from":"","to":"","envelopes":[null]}`))
	f.Add([]byte(`{"envelopes":["AA"],"missing":[{"seq":18446744073709551615}]}`))
	if vectors, err := os.ReadFile("../testvectors/deliveries.json"); err == nil {
		f.Add(vectors)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := envelope.ParseDelivery(body)
		if err != nil {
			if !errors.Is(err, envelope.ErrFormat) && !errors.Is(err, envelope.ErrTooLarge) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := envelope.ParseDelivery(written)
		if err != nil || len(again.Envelopes) != len(d.Envelopes) || len(again.Missing) != len(d.Missing) {
			t.Fatalf("written and read it is another: %v", err)
		}
		for i := range d.Envelopes {
			if !bytes.Equal(d.Envelopes[i], again.Envelopes[i]) {
				t.Fatalf("envelope %d is another", i)
			}
		}
	})
}
