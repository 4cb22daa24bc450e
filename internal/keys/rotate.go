// SPDX-License-Identifier: Apache-2.0

package keys

// This file changes keys: the next ring is made beside the one in force, signs
// with it that it is the next, and takes its place.

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Part is one of the keys of a ring.
type Part string

const (
	Sign Part = "sign" // messages and receipts
	Log  Part = "log"  // checkpoints
	Seal Part = "seal" // opens what is sealed for us
	// Witness are the two keys that cosign the logs of others.
	Witness Part = "witness"
)

// Parts are all of them.
func Parts() []Part { return []Part{Sign, Log, Seal, Witness} }

// What a change of keys can fail with.
var (
	ErrNumber = errors.New("keys: no such keys: they are not in force any more, or not yet")
	ErrNext   = errors.New("keys: not the keys that come next")
)

// Next makes the ring that comes after this one: new keys for the parts, the
// others stay. An opening key that is replaced is kept beside the new one, with
// the time.
func (r *Ring) Next(at time.Time, parts ...Part) (*Ring, error) {
	s := *r.set()
	s.number++
	s.old = slices.Clone(s.old)
	for _, part := range parts {
		var err error
		switch part {
		case Sign:
			err = s.newSign()
		case Log:
			s.logKey, s.logPub, err = note.GenerateKey(rand.Reader, s.log.Name())
			if err == nil {
				s.log, err = note.NewSigner(s.logKey)
			}
		case Seal:
			s.old = append([]retired{{s.seal, at}}, s.old...)
			s.old = s.old[:min(len(s.old), maxOld)]
			s.seal, err = age.GenerateHybridIdentity()
		case Witness:
			var f file
			f.addWitness()
			s.witness, err = newCosigner(s.log.Name()+"/witness", f.Witness, f.WitnessPQ)
		default:
			err = fmt.Errorf("there is no key called %q", part)
		}
		if err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
	}
	return &Ring{now: &s}, nil
}

// NextRestored makes the ring that comes after this one when the node was
// restored from a backup: the log goes on under another name and key. The keys
// that cosign have the log's name, so they are others, too.
func (r *Ring) NextRestored() (*Ring, error) {
	s := *r.set()
	s.number++
	var mark [8]byte
	rand.Read(mark[:]) // crypto/rand.Read never fails
	var err error
	s.logKey, s.logPub, err = note.GenerateKey(rand.Reader, envelope.RestoredOrigin(s.log.Name(), mark))
	if err == nil {
		s.log, err = note.NewSigner(s.logKey)
	}
	if err == nil {
		var f file
		f.addWitness()
		s.witness, err = newCosigner(s.log.Name()+"/witness", f.Witness, f.WitnessPQ)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return &Ring{now: &s}, nil
}

func (s *set) newSign() error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	s.node, s.sign = s.id(), private
	return err
}

// Number is how many changes of keys there were up to the keys in force.
func (r *Ring) Number() uint64 { return r.set().number }

// SignMessageAt signs a header's bytes with the keys of that number: those in
// force, or those that were prepared.
func (r *Ring) SignMessageAt(number uint64, headerBytes []byte) ([]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, s := range []*set{r.now, r.next} {
		if s != nil && s.number == number {
			return ed25519.Sign(s.sign, envelope.SigningInput(headerBytes)), nil
		}
	}
	return nil, ErrNumber
}

// Prepare keeps next at hand: what is sealed for it is opened, and SignMessageAt
// signs with it, until Adopt or Discard.
func (r *Ring) Prepare(next *Ring) error {
	s := next.set()
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.number != r.now.number+1 || s.id() != r.now.id() {
		return ErrNext
	}
	r.next = s
	return nil
}

// Discard forgets what was prepared.
func (r *Ring) Discard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = nil
}

// Adopt puts what was prepared in the place of the keys in force. The old
// signing and log keys are gone with it.
func (r *Ring) Adopt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next != nil {
		r.now, r.next = r.next, nil
	}
}

// SignChange signs that what was prepared comes next. Old and New of the
// statement, and its number, are filled in.
func (r *Ring) SignChange(s envelope.ChangeStatement, address string) (c envelope.Change, err error) {
	r.mu.RLock()
	old, next := r.now, r.next
	r.mu.RUnlock()
	if next == nil {
		return c, ErrNext
	}
	s.Version, s.Number, s.New = envelope.Version, next.number, next.card(address)
	known := old.card(address)
	if s.Old, err = known.Hash(); err != nil {
		return c, err
	}
	if c.Statement, err = s.Encode(); err != nil {
		return c, err
	}
	c.Old = ed25519.Sign(old.sign, envelope.ChangeOldInput(c.Statement))
	c.New = ed25519.Sign(next.sign, envelope.ChangeNewInput(c.Statement))
	if !next.public().Equal(old.public()) {
		c.Link = ed25519.Sign(old.sign, envelope.LinkInput(known.ID(), next.public()))
	}
	signed, err := note.Sign(&note.Note{Text: envelope.ChangeLogText(c.Statement)}, next.log)
	if err != nil {
		return c, fmt.Errorf("keys: %w", err)
	}
	c.Log = string(signed)
	_, err = c.Check(known)
	return c, err
}

// identities are what opens what is sealed for us: the key in force first, the
// one that was prepared, and those that were replaced.
func (r *Ring) identities() (all []age.Identity) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all = append(all, r.now.seal)
	if r.next != nil && r.next.seal != r.now.seal {
		all = append(all, r.next.seal)
	}
	for _, old := range r.now.old {
		all = append(all, old.seal)
	}
	return all
}

// Relock locks a secret anew for the keys that were prepared, so that it can
// still be opened when the old opening key is destroyed.
func (r *Ring) Relock(sealed []byte) ([]byte, error) {
	secret, err := r.Unlock(sealed)
	if err != nil {
		return nil, err
	}
	r.mu.RLock()
	next := r.next
	r.mu.RUnlock()
	if next == nil {
		return nil, ErrNext
	}
	return lock(secret, next.seal.Recipient())
}

// Retired lists when the opening keys that are still kept were replaced, newest
// first.
func (r *Ring) Retired() (at []time.Time) {
	for _, old := range r.set().old {
		at = append(at, old.at)
	}
	return at
}

// Without is the ring without the opening keys that were replaced at or before a
// moment, to be written to its file; gone is how many those are.
func (r *Ring) Without(until time.Time) (left *Ring, gone int) {
	before := r.set()
	s := before.without(until)
	return &Ring{now: s}, len(before.old) - len(s.old)
}

// Forget destroys in memory what Without leaves out.
func (r *Ring) Forget(until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.without(until)
}

func (s *set) without(until time.Time) *set {
	left := *s
	left.old = slices.DeleteFunc(slices.Clone(s.old), func(old retired) bool { return !old.at.After(until) })
	return &left
}
