// SPDX-License-Identifier: Apache-2.0

package carry_test

// This file holds what a carry file is, record by record, what is refused of
// one, and how far one is read that was cut off.

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
)

var (
	alpha = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	eve   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))
	bravo = strings.Repeat("b", 64)
)

func public(private ed25519.PrivateKey) ed25519.PublicKey {
	return private.Public().(ed25519.PublicKey)
}

func head() carry.Head {
	return carry.Head{
		Version: 1, File: strings.Repeat("f", 32), From: envelope.KeyID(public(alpha)), To: bravo, Number: 3,
		Made: time.Date(2031, 5, 8, 9, 30, 15, 0, time.UTC), First: 7,
	}
}

func by(private ed25519.PrivateKey) func([]byte) string {
	return func(input []byte) string {
		return envelope.SenderValue(envelope.KeyID(public(private)), ed25519.Sign(private, input))
	}
}

func identity(tb testing.TB) *age.HybridIdentity {
	tb.Helper()
	made, err := age.GenerateHybridIdentity()
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

// written is a file with an answer and that many deliveries of that size, and
// what lay inside its seal.
func written(tb testing.TB, h carry.Head, deliveries, size int) (sealed, inside []byte) {
	tb.Helper()
	key := identity(tb)
	var out bytes.Buffer
	w, err := carry.NewWriter(&out, key.Recipient(), h, by(alpha))
	if err != nil {
		tb.Fatal(err)
	}
	errs := []error{w.Add(carry.KindAnswer, []byte(`{"results":[]}`))}
	for i := range deliveries {
		errs = append(errs, w.Add(carry.KindDelivery, bytes.Repeat([]byte{byte('a' + i)}, size)))
	}
	if err := errors.Join(append(errs, w.Close())...); err != nil {
		tb.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(out.Bytes()), key)
	if err == nil {
		inside, err = io.ReadAll(r)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return out.Bytes(), inside
}

// readAll reads a file to where it ends, and says how.
func readAll(inside io.Reader) (records []carry.Record, err error) {
	r, _, first, err := carry.NewReader(inside)
	for err == nil {
		records = append(records, first)
		first, err = r.Next()
	}
	return records, err
}

func TestWrittenAndRead(t *testing.T) {
	sealed, inside := written(t, head(), 2, 1000)
	if len(inside)%carry.Block != 0 || bytes.Contains(sealed, []byte(bravo)) {
		t.Errorf("inside are %d bytes, or the seal shows for whom it is", len(inside))
	}
	records, err := readAll(bytes.NewReader(inside))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	var kinds []carry.Kind
	for _, record := range records {
		kinds = append(kinds, record.Kind)
		if err := record.Verify(public(alpha), bravo); err != nil {
			t.Errorf("%s: %v", record.Kind, err)
		}
		if record.Verify(public(eve), bravo) == nil || record.Verify(public(alpha), strings.Repeat("e", 64)) == nil || record.Verify(nil, bravo) == nil {
			t.Errorf("%s: signed by eve, or for her", record.Kind)
		}
		record.Content = append(bytes.Clone(record.Content), ' ')
		if record.Verify(public(alpha), bravo) == nil {
			t.Errorf("%s: another content is signed", record.Kind)
		}
	}
	if got := fmt.Sprint(kinds); got != "[head answer delivery delivery end]" {
		t.Errorf("the records are %s", got)
	}
	// A delivery is signed as it is for the network; nothing else passes for one.
	if string(carry.SigningInput(carry.KindDelivery, bravo, []byte("x"))) != string(envelope.DeliverySigningInput(bravo, []byte("x"))) ||
		string(carry.SigningInput(carry.KindAnswer, bravo, []byte("x"))) == string(carry.SigningInput(carry.KindEnd, bravo, []byte("x"))) {
		t.Error("what is signed")
	}
	_, parsed, _, err := carry.NewReader(bytes.NewReader(inside))
	if err != nil || parsed != head() {
		t.Errorf("the head is %+v, %v", parsed, err)
	}
}

// Wherever a file is cut off, what stands before is read, and the end is missed.
func TestCutOff(t *testing.T) {
	_, inside := written(t, head(), 3, 10)
	whole, _ := readAll(bytes.NewReader(inside))
	seen := make(map[int]bool)
	for n := range bytes.Index(inside, []byte("padding ")) + 1 {
		records, err := readAll(bytes.NewReader(inside[:n]))
		if !errors.Is(err, carry.ErrCut) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		for i, record := range records {
			if string(record.Content) != string(whole[i].Content) {
				t.Fatalf("cut at %d: record %d is another", n, i)
			}
		}
		seen[len(records)] = true
	}
	if len(seen) != len(whole)+1 {
		t.Errorf("of %d records, %v were seen", len(whole), seen)
	}
}

// line is a record as the format writes it.
func line(kind, body string) string {
	return fmt.Sprintf("%s %d %x\n%s\n", kind, len(body), sha256.Sum256([]byte(body)), body)
}

func TestFilesThatAreRefused(t *testing.T) {
	_, raw := written(t, head(), 1, 10)
	inside := string(raw)
	begin := strings.Index(inside, "answer ")
	front := inside[:begin]
	changed := func(old, new string) string {
		if !strings.Contains(inside, old) {
			t.Fatalf("there is no %q", old)
		}
		return strings.Replace(inside, old, new, 1)
	}
	for name, text := range map[string]string{
		"another word":                changed("tocsin-carry/v1", "tocsin-carry/v2"),
		"no head":                     "tocsin-carry/v1\n" + inside[begin:],
		"a head twice":                front + front[len("tocsin-carry/v1\n"):],
		"a pairing behind an answer":  front + line("answer", "x\n{}") + line("pair", "x\n{}"),
		"a pairing twice":             front + line("pair", "x\n{}") + line("pair", "x\n{}"),
		"a kind nobody knows":         front + line("parcel", "x\n{}"),
		"no sender":                   front + line("delivery", "{}"),
		"a long sender":               front + line("delivery", strings.Repeat("x", 5000)+"\n{}"),
		"padding before the end":      front + line("padding", "  "),
		"an end that counts wrongly":  front + line("end", "x\n"+`{"records":7,"sum":"00"}`),
		"a checksum that is wrong":    changed("aaaaaaaaaa", "aaaaaaaaab"),
		"a length that lies, small":   front + "delivery 1" + line("delivery", "x\n{}")[len("delivery 4"):],
		"a length that lies, large":   front + "delivery 2147483647 " + strings.Repeat("0", 64) + "\nx",
		"a length with a sign":        front + "delivery +4 " + strings.Repeat("0", 64) + "\nx\n{}\n",
		"a length with zeros":         front + "delivery 0004 " + strings.Repeat("0", 64) + "\nx\n{}\n",
		"a length beyond any":         front + "delivery 99999999999999999999 " + strings.Repeat("0", 64) + "\n",
		"a line without an end":       front + strings.Repeat("x", 4096),
		"a line of two words":         front + "delivery 4\nx\n{}\n",
		"something behind":            inside + "x",
		"letters as padding":          changed("        \n", "      x \n"),
		"something behind the end":    inside[:strings.Index(inside, "padding ")] + line("delivery", "x\n{}"),
		"an empty line":               front + "\n",
		"more spaces":                 front + "delivery  4 " + strings.Repeat("0", 64) + "\n",
		"a checksum in large letters": front + strings.ToUpper(line("answer", "x\n{}")),
	} {
		if _, err := readAll(strings.NewReader(text)); !errors.Is(err, carry.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, change := range map[string]func(*carry.Head){
		"version 2":            func(h *carry.Head) { h.Version = 2 },
		"no name":              func(h *carry.Head) { h.File = "" },
		"a name that is none":  func(h *carry.Head) { h.File = strings.Repeat("F", 32) },
		"from nobody":          func(h *carry.Head) { h.From = "" },
		"to half a node":       func(h *carry.Head) { h.To = h.To[:32] },
		"no number":            func(h *carry.Head) { h.Number = 0 },
		"a number beyond JSON": func(h *carry.Head) { h.Number = 1 << 60 },
		"made at no time":      func(h *carry.Head) { h.Made = time.Time{} },
	} {
		h := head()
		change(&h)
		if _, err := carry.NewWriter(io.Discard, identity(t).Recipient(), h, by(alpha)); !errors.Is(err, carry.ErrFormat) {
			t.Errorf("%s: written, %v", name, err)
		}
	}
}

// endless is a file that says a record is as large as one may be, and goes on
// for ever with tiny records before it.
type endless struct {
	front string
	tiny  string
	left  int
}

func (e *endless) Read(into []byte) (int, error) {
	if e.front == "" && e.left > 0 {
		e.left--
		e.front = e.tiny
	}
	n := copy(into, e.front)
	e.front = e.front[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A hundred thousand tiny records, and a length that lies at the end, take no memory but
// that of one record.
func TestMemoryIsBounded(t *testing.T) {
	_, inside := written(t, head(), 0, 0)
	front := string(inside[:bytes.Index(inside, []byte("answer "))])
	r, _, _, err := carry.NewReader(&endless{front: front, tiny: line("answer", "x\n"), left: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	count := 0
	for ; err == nil; count++ {
		_, err = r.Next()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); !errors.Is(err, carry.ErrCut) || count != 100_001 || grown > 8<<20 {
		t.Errorf("%d records, %v, and %d bytes are kept", count, err, grown)
	}
	lying := fmt.Sprintf("%sdelivery %d %064d\nx", front, carry.MaxContent, 0)
	runtime.ReadMemStats(&before)
	_, err = readAll(strings.NewReader(lying))
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, carry.ErrCut) || grown > 1<<20 {
		t.Errorf("%v, and %d bytes for a record of one", err, grown)
	}
}

// FuzzReader bends files: whatever is read still has its checksum, and is
// signed by alpha only if she signed it.
func FuzzReader(f *testing.F) {
	_, inside := written(f, head(), 2, 20)
	whole, _ := readAll(bytes.NewReader(inside))
	signed := make(map[string]bool)
	for _, record := range whole {
		signed[string(record.Kind)+string(record.Content)] = true
	}
	end := bytes.Index(inside, []byte("padding "))
	f.Add(inside[:end])
	f.Add(inside[:end/2])
	f.Add(bytes.Replace(inside[:end], []byte("delivery"), []byte("answer"), 1))
	f.Add([]byte("tocsin-carry/v1\n" + line("head", "x\n{}")))
	f.Fuzz(func(t *testing.T, bent []byte) {
		records, err := readAll(bytes.NewReader(bent))
		if err == nil || !errors.Is(err, carry.ErrFormat) && !errors.Is(err, carry.ErrCut) && !errors.Is(err, io.EOF) {
			t.Fatalf("it ends with %v", err)
		}
		for _, record := range records {
			if record.Verify(public(alpha), bravo) == nil && !signed[string(record.Kind)+string(record.Content)] {
				t.Errorf("a %s verifies that alpha never signed: %q", record.Kind, record.Content)
			}
		}
	})
}
