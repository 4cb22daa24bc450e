// SPDX-License-Identifier: Apache-2.0

package keys

// This file cosigns the checkpoints of others' logs.

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	"filippo.io/mldsa"

	"github.com/tocsin-exchange/tocsin/witness"
)

// cosigner is the two keys that cosign, under one name: Ed25519, which every
// verifier knows, and ML-DSA-44, which a quantum computer does not break.
type cosigner struct {
	classic         ed25519.PrivateKey
	pq              *mldsa.PrivateKey
	classicV, postV *witness.Verifier
}

// addWitness makes new keys to cosign with.
func (f *file) addWitness() {
	f.Witness, f.WitnessPQ = make([]byte, ed25519.SeedSize), make([]byte, mldsa.PrivateKeySize)
	rand.Read(f.Witness) // crypto/rand.Read never fails
	rand.Read(f.WitnessPQ)
}

func newCosigner(name string, seed, pqSeed []byte) (c cosigner, err error) {
	if len(seed) != ed25519.SeedSize {
		return c, ErrRing
	}
	c.classic = ed25519.NewKeyFromSeed(seed)
	if c.pq, err = mldsa.NewPrivateKey(mldsa.MLDSA44(), pqSeed); err != nil {
		return c, ErrRing
	}
	if c.classicV, err = witness.NewVerifier(name, witness.Ed25519, c.classic.Public().(ed25519.PublicKey)); err != nil {
		return c, err
	}
	c.postV, err = witness.NewVerifier(name, witness.MLDSA44, c.pq.PublicKey().Bytes())
	return c, err
}

// keys are what the card shows.
func (c cosigner) keys() []string { return []string{c.classicV.String(), c.postV.String()} }

// Cosign signs another log's checkpoint of that text, as of at, with both keys:
// two lines for its signed note. Whoever calls it has verified that the log
// leads to it, and keeps it on the disk before the lines leave.
// C2SP tlog-cosignature
func (r *Ring) Cosign(text string, at time.Time) (string, error) {
	w := r.set().witness
	classic, err := witness.SigningInput(witness.Ed25519, w.classicV.Name(), at.Unix(), text)
	if err != nil {
		return "", fmt.Errorf("keys: cosigning: %w", err)
	}
	post, err := witness.SigningInput(witness.MLDSA44, w.postV.Name(), at.Unix(), text)
	if err != nil {
		return "", fmt.Errorf("keys: cosigning: %w", err)
	}
	// The same text at the same second has one cosignature, as with Ed25519.
	signature, err := w.pq.SignDeterministic(post, nil)
	if err != nil {
		return "", fmt.Errorf("keys: cosigning: %w", err)
	}
	return w.classicV.Line(at.Unix(), ed25519.Sign(w.classic, classic)) + w.postV.Line(at.Unix(), signature), nil
}
