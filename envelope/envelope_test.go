// SPDX-License-Identifier: Apache-2.0

package envelope_test

// This file holds what a header is, byte for byte, and each thing for which a
// message is refused.

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
)

// key is the signing key of a seed of 32 equal bytes.
func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func public(private ed25519.PrivateKey) ed25519.PublicKey {
	return private.Public().(ed25519.PublicKey)
}

var (
	alpha, bravo, eve = key(1), key(2), key(3)
	payload           = []byte(`{"text":"An attack is planned."}`)
	salt              = bytes.Repeat([]byte{9}, 32)
)

func id(private ed25519.PrivateKey) string { return envelope.KeyID(public(private)) }

func header() envelope.Header {
	sent := time.Date(2031, 5, 8, 9, 30, 15, 120e6, time.UTC)
	return envelope.Header{
		Version: 1, Channel: envelope.Channel(id(alpha), id(bravo)), From: id(alpha), To: id(bravo),
		Epoch: 1, Seq: 7, Prev: strings.Repeat("ab", 32), Kind: envelope.Warning, Commitment: envelope.Commit(salt, payload),
		Sent: sent, Precedence: handling.Flash,
		Handling: handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H1}}, Expires: sent.Add(time.Hour),
	}
}

// signed is a message of alpha's to bravo with that header.
func signed(tb testing.TB, h envelope.Header, by ed25519.PrivateKey) *envelope.Message {
	tb.Helper()
	raw, err := h.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return &envelope.Message{Header: h, HeaderBytes: raw, Signature: ed25519.Sign(by, envelope.SigningInput(raw)), Salt: salt, Payload: payload}
}

// The header is canonical JSON: the same bytes for the same values, for good.
func TestHeaderBytes(t *testing.T) {
	const want = `{"channel":"` + `CHANNEL` + `","commitment":"COMMITMENT","epoch":1,"expires":"2031-05-08T10:30:15.12Z","from":"FROM",` +
		`"handling":{"codes":["H1"],"tlp":"TLP:AMBER+STRICT"},"kind":"warning","precedence":"FLASH",` +
		`"prev":"abababababababababababababababababababababababababababababababab","sent":"2031-05-08T09:30:15.12Z","seq":7,"to":"TO","v":1}`
	h := header()
	filled := strings.NewReplacer("CHANNEL", h.Channel, "COMMITMENT", h.Commitment, "FROM", h.From, "TO", h.To).Replace(want)
	for range 3 {
		raw, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(filled, string(raw)); diff != "" {
			t.Error(diff)
		}
	}
	h.Expires = time.Time{}
	if raw, err := h.Encode(); err != nil || bytes.Contains(raw, []byte("expires")) {
		t.Errorf("a message that never expires says %s, %v", raw, err)
	}
}

// Names and hashes are SHA-256 with a domain word of their own.
func TestNames(t *testing.T) {
	sum := func(text string) string {
		hash := sha256.Sum256([]byte(text))
		return hex.EncodeToString(hash[:])
	}
	one, other := id(alpha), id(bravo)
	low, high := min(one, other), max(one, other)
	for name, pair := range map[string][2]string{
		"key id":        {one, sum("tocsin-key/v1\n" + string(public(alpha)))},
		"channel":       {envelope.Channel(one, other), sum("tocsin-channel/v1\n" + low + "\n" + high + "\n")},
		"other side":    {envelope.Channel(other, one), envelope.Channel(one, other)},
		"hash":          {envelope.Hash([]byte("{}")), sum("tocsin-header/v1\n{}")},
		"commitment":    {envelope.Commit(salt, payload), sum(string(salt) + string(payload))},
		"signing input": {string(envelope.SigningInput([]byte("{}"))), "tocsin-envelope/v1\n{}"},
		"first":         {envelope.FirstPrev, strings.Repeat("0", 64)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", name, pair[0], pair[1])
		}
	}
	if a, b := envelope.NewSalt(), envelope.NewSalt(); len(a) != 32 || bytes.Equal(a, b) {
		t.Error("a salt is 32 bytes, new each time")
	}
}

// Verify refuses each thing by itself, with everything else right.
func TestVerifyRefuses(t *testing.T) {
	changed := func(change func(*envelope.Header)) *envelope.Message { // rightly signed, but it says something else
		h := header()
		change(&h)
		return signed(t, h, alpha)
	}
	damaged := func(change func(*envelope.Message)) *envelope.Message {
		m := signed(t, header(), alpha)
		change(m)
		return m
	}
	for _, test := range []struct {
		name    string
		message *envelope.Message
		key     ed25519.PublicKey
		self    string
		want    error
	}{
		{"nothing wrong", signed(t, header(), alpha), public(alpha), id(bravo), nil},
		{"wrong channel", changed(func(h *envelope.Header) { h.Channel = envelope.Channel(id(alpha), id(eve)) }), public(alpha), id(bravo), envelope.ErrAddress},
		{"for another recipient", changed(func(h *envelope.Header) { h.To = id(eve) }), public(alpha), id(bravo), envelope.ErrAddress},
		{"shown to another recipient", signed(t, header(), alpha), public(alpha), id(eve), envelope.ErrAddress},
		{"from another sender", changed(func(h *envelope.Header) { h.From = id(eve) }), public(alpha), id(bravo), envelope.ErrAddress},
		{"checked with another key", signed(t, header(), alpha), public(eve), id(bravo), envelope.ErrSignature},
		{"reflected to its sender", signed(t, header(), alpha), public(alpha), id(alpha), envelope.ErrAddress},
		{"signed by another", signed(t, header(), eve), public(alpha), id(bravo), envelope.ErrSignature},
		{"another header under the signature", damaged(func(m *envelope.Message) {
			m.HeaderBytes = bytes.Replace(m.HeaderBytes, []byte("FLASH"), []byte("ROUTINE"), 1)
		}), public(alpha), id(bravo), envelope.ErrSignature},
		{"no signature", damaged(func(m *envelope.Message) { m.Signature = nil }), public(alpha), id(bravo), envelope.ErrSignature},
		{"the signature of something else", damaged(func(m *envelope.Message) { m.Signature = ed25519.Sign(alpha, m.HeaderBytes) }), public(alpha), id(bravo), envelope.ErrSignature},
		{"changed payload", damaged(func(m *envelope.Message) { m.Payload = []byte(`{"text":"An attack is not planned."}`) }), public(alpha), id(bravo), envelope.ErrPayload},
		{"changed salt", damaged(func(m *envelope.Message) { m.Salt = bytes.Repeat([]byte{8}, 32) }), public(alpha), id(bravo), envelope.ErrPayload},
		{"erased", damaged(func(m *envelope.Message) { m.Salt, m.Payload = nil, nil }), public(alpha), id(bravo), envelope.ErrErased},
		{"a byte of the payload moved to the salt", damaged(func(m *envelope.Message) {
			m.Salt, m.Payload = append(bytes.Clone(salt), payload[0]), payload[1:]
		}), public(alpha), id(bravo), nil}, // the same bytes are committed to: Unpack refuses a salt that is not 32 bytes
	} {
		if err := test.message.Verify(test.key, id(alpha), test.self); !errors.Is(err, test.want) || test.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	// A key that is none ends nothing.
	short := ed25519.PublicKey("short")
	h := header()
	h.From, h.Channel = envelope.KeyID(short), envelope.Channel(envelope.KeyID(short), id(bravo))
	if err := signed(t, h, alpha).Verify(short, envelope.KeyID(short), id(bravo)); !errors.Is(err, envelope.ErrSignature) {
		t.Errorf("a key of five bytes: got %v", err)
	}
}

// Unpack refuses, of a message that is otherwise right, what cannot be right
// whoever signed it.
func TestUnpackRefuses(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	for name, change := range map[string]func(*envelope.Header){
		"version 2":                  func(h *envelope.Header) { h.Version = 2 },
		"no channel":                 func(h *envelope.Header) { h.Channel = "" },
		"a short node id":            func(h *envelope.Header) { h.From = h.From[:62] },
		"a node id that is none":     func(h *envelope.Header) { h.To = strings.Repeat("x", 64) },
		"no predecessor":             func(h *envelope.Header) { h.Prev = "" },
		"no commitment":              func(h *envelope.Header) { h.Commitment = "" },
		"epoch 0":                    func(h *envelope.Header) { h.Epoch = 0 },
		"seq 0":                      func(h *envelope.Header) { h.Seq = 0 },
		"no kind":                    func(h *envelope.Header) { h.Kind = "" },
		"never sent":                 func(h *envelope.Header) { h.Sent = time.Time{} },
		"no precedence":              func(h *envelope.Header) { h.Precedence = "" },
		"a precedence spelled small": func(h *envelope.Header) { h.Precedence = "flash" },
		"no label":                   func(h *envelope.Header) { h.Handling.TLP = "" },
		"a label spelled small":      func(h *envelope.Header) { h.Handling.TLP = "tlp:red" },
		"a note in the header": func(h *envelope.Header) {
			h.Handling.Codes, h.Handling.Note = []handling.Code{handling.H3}, "ask first"
		},
		"an unknown caveat": func(h *envelope.Header) { h.Handling.Caveats = []handling.Caveat{"eyes_only"} },
	} {
		h := header()
		change(&h)
		raw, err := signed(t, h, alpha).Export()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := envelope.Unpack(raw); !errors.Is(err, envelope.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, change := range map[string]func(*envelope.Message){
		"header not canonical":  func(m *envelope.Message) { m.HeaderBytes = append([]byte(" "), m.HeaderBytes...) },
		"header not JSON":       func(m *envelope.Message) { m.HeaderBytes = []byte("{") },
		"a member nobody knows": func(m *envelope.Message) { m.HeaderBytes = append([]byte(`{"a":1,`), m.HeaderBytes[1:]...) },
		"a member twice": func(m *envelope.Message) {
			m.HeaderBytes = append([]byte(`{"channel":"`+zeros+`",`), m.HeaderBytes[1:]...)
		},
		"a signature of 63 bytes":   func(m *envelope.Message) { m.Signature = m.Signature[:63] },
		"a salt of 31 bytes":        func(m *envelope.Message) { m.Salt = m.Salt[:31] },
		"a salt and no payload":     func(m *envelope.Message) { m.Payload = nil },
		"a payload and no salt":     func(m *envelope.Message) { m.Salt = nil },
		"a payload not canonical":   func(m *envelope.Message) { m.Payload = []byte(`{"b":1, "a":2}`) },
		"a payload that is no JSON": func(m *envelope.Message) { m.Payload = []byte("text") },
	} {
		m := signed(t, header(), alpha)
		change(m)
		raw, err := m.Export()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := envelope.Unpack(raw); !errors.Is(err, envelope.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	erased := signed(t, header(), alpha)
	erased.Salt, erased.Payload = nil, nil
	raw, err := erased.Export()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := envelope.Unpack(raw); err != nil || m.Payload != nil || !errors.Is(m.Verify(public(alpha), id(alpha), id(bravo)), envelope.ErrErased) {
		t.Errorf("an erased message keeps its header: %v", err)
	}
}

// From outside nothing shows but the size class.
func TestSizeClasses(t *testing.T) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	lengths := make(map[int][]int)
	for _, size := range []int{2, 1000, 2000, 5000, 11000, 40000, 190000, 700000, 3000000} {
		m := signed(t, header(), alpha)
		m.Payload = []byte(`"` + strings.Repeat("a", size-2) + `"`)
		sealed, err := envelope.Seal(identity.Recipient(), m)
		if err != nil {
			t.Fatal(size, err)
		}
		opened, err := envelope.Open(sealed, identity)
		if err != nil || !bytes.Equal(opened.Payload, m.Payload) || opened.Hash() != m.Hash() {
			t.Errorf("%d bytes: opened as another message: %v", size, err)
		}
		lengths[len(sealed)] = append(lengths[len(sealed)], size)
	}
	var classes [][]int
	for _, sizes := range lengths {
		classes = append(classes, sizes)
	}
	want := map[int][]int{2: {2, 1000, 2000}, 5000: {5000, 11000}, 40000: {40000}, 190000: {190000}, 700000: {700000}, 3000000: {3000000}}
	for _, sizes := range classes {
		if diff := cmp.Diff(want[sizes[0]], sizes); diff != "" {
			t.Errorf("messages of %v bytes look the same:\n%s", sizes, diff)
		}
	}
	large := signed(t, header(), alpha)
	large.Payload = []byte(`"` + strings.Repeat("a", envelope.MaxPacked) + `"`)
	if _, err := envelope.Seal(identity.Recipient(), large); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("a message over the limit: %v", err)
	}
	if _, err := envelope.Unpack(make([]byte, envelope.MaxPacked+1)); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("unpacking over the limit: %v", err)
	}
	if _, err := envelope.Open(make([]byte, envelope.MaxSealed+1), identity); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("opening over the limit: %v", err)
	}
}

// An age file that opens to more than any message is not read to its end.
func TestASealAroundTooMuch(t *testing.T) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed(t, header(), alpha).Export()
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(append(raw, bytes.Repeat([]byte(" "), envelope.MaxPacked+1-len(raw))...))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := envelope.Open(sealed.Bytes(), identity); !errors.Is(err, envelope.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}
