// SPDX-License-Identifier: Apache-2.0

package receipt_test

// This file holds what the receipt of a step withstands, and that the two sorts
// of receipt never stand for one another.

import (
	"errors"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/receipt"
)

// step is bravo's log, and what it says of its message at index 3.
func step(tb testing.TB) (*recipient, receipt.Statement) {
	tb.Helper()
	r := newRecipient(tb, "tocsin/bravo", 1)
	for i := range byte(6) {
		r.append(receipt.KindSent, hashOf(i))
	}
	s := r.statement(3, hashOf(3))
	s.Kind, s.Received, s.Disposition = receipt.Acknowledged, time.Time{}, ""
	s.About, s.Said, s.At = hashOf(40), "understood", time.Date(2031, 5, 8, 9, 30, 15, 120e6, time.UTC)
	return r, s
}

// verifyStep reads and checks the file of a step's receipt.
func verifyStep(raw []byte, keys receipt.Keys) error {
	r, err := receipt.Parse(raw)
	if err != nil {
		return err
	}
	return r.VerifyStep(keys)
}

// Every kind of step verifies, and none passes for a receipt of delivery.
func TestSteps(t *testing.T) {
	r, good := step(t)
	for _, kind := range receipt.Steps() {
		s := good
		s.Kind = kind
		raw := encoded(t, r.receipt(s))
		check(t, verifyStep(raw, r.keys))
		if err := verify(raw, r.keys); !errors.Is(err, receipt.ErrFormat) {
			t.Errorf("%s passes for a receipt of delivery: %v", kind, err)
		}
	}
	delivered, statement := bravo(t)
	if err := verifyStep(encoded(t, delivered.receipt(statement)), delivered.keys); !errors.Is(err, receipt.ErrFormat) {
		t.Errorf("a receipt of delivery passes for a step: %v", err)
	}
}

// Each thing that can be wrong with a step has its error.
func TestStepRefuses(t *testing.T) {
	r, good := step(t)
	received, _ := bravo(t)
	other := newRecipient(t, "tocsin/bravo", 2)
	for _, test := range []struct {
		name   string
		maker  *recipient
		change func(*receipt.Statement)
		want   error
	}{
		{"nothing wrong", r, func(*receipt.Statement) {}, nil},
		{"about nothing", r, func(s *receipt.Statement) { s.About = "" }, nil},
		{"a kind nobody knows", r, func(s *receipt.Statement) { s.Kind = "read" }, receipt.ErrFormat},
		{"no word", r, func(s *receipt.Statement) { s.Said = "" }, receipt.ErrFormat},
		{"a sentence for a word", r, func(s *receipt.Statement) { s.Said = "I understood it" }, receipt.ErrFormat},
		{"no time", r, func(s *receipt.Statement) { s.At = time.Time{} }, receipt.ErrFormat},
		{"about no hash", r, func(s *receipt.Statement) { s.About = "the warning" }, receipt.ErrFormat},
		{"a disposition", r, func(s *receipt.Statement) { s.Disposition = receipt.Kept }, receipt.ErrFormat},
		{"received", r, func(s *receipt.Statement) { s.Received = s.At }, receipt.ErrFormat},
		{"version 2", r, func(s *receipt.Statement) { s.Version = 2 }, receipt.ErrFormat},
		{"a message that is not at this place", r, func(s *receipt.Statement) { s.Header = hashOf(4) }, receipt.ErrProof},
		{"a leaf that says received, not sent", received, func(s *receipt.Statement) {
			tree := received.tree()
			s.Size, s.Root = tree.N, hexOf(tree.Hash)
		}, receipt.ErrProof},
		{"another's keys", other, nil, receipt.ErrSignature},
	} {
		keys, maker := test.maker.keys, test.maker
		if test.change == nil {
			maker, test.change = r, func(*receipt.Statement) {}
		}
		s := good
		test.change(&s)
		if err := verifyStep(encoded(t, maker.receipt(s)), keys); !errors.Is(err, test.want) || test.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// Every byte of a step's receipt is needed.
func TestEveryByteOfAStep(t *testing.T) {
	r, s := step(t)
	raw := encoded(t, r.receipt(s))
	for i := range raw {
		flipped := append([]byte(nil), raw...)
		flipped[i] ^= 1
		if verifyStep(flipped, r.keys) == nil {
			t.Errorf("byte %d is not needed: in the line %q", i, lineAt(raw, i))
		}
	}
}
