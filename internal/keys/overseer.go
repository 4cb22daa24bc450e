// SPDX-License-Identifier: Apache-2.0

package keys

// This file holds an overseer's own key: it is made and kept on the overseer's
// machine, never on the node, and always sealed with a passphrase.

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
)

// Overseer is an overseer's key: one half signs in, the other opens what was
// sealed for the overseer. It prints as nothing.
type Overseer struct {
	name string
	sign ed25519.PrivateKey
	open *age.HybridIdentity
}

// overseerFile is how it is kept, inside the seal.
type overseerFile struct {
	Format string `json:"format"`
	Name   string `json:"name"`
	Sign   []byte `json:"sign_seed"`
	Open   string `json:"open_identity"`
}

const overseerFormat = "tocsin-overseer-private/v1"

// ErrOverseer is the answer to a file that holds no overseer's key.
var ErrOverseer = errors.New("keys: this is no overseer's key")

// GenerateOverseer makes a new key for the overseer of that name.
func GenerateOverseer(name string) (*Overseer, error) {
	_, sign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	open, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return &Overseer{name, sign, open}, nil
}

// Name is whose key it is.
func (o *Overseer) Name() string { return o.name }

// Public are the halves that the node may know: the Ed25519 key that verifies,
// and the age recipient.
func (o *Overseer) Public() (sign []byte, open string) {
	public, _ := o.sign.Public().(ed25519.PublicKey)
	return public, o.open.Recipient().String()
}

// Sign signs a challenge.
func (o *Overseer) Sign(input []byte) []byte { return ed25519.Sign(o.sign, input) }

// Unseal opens what was sealed for the overseer.
func (o *Overseer) Unseal(sealed []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), o.open)
	if err != nil {
		return nil, ErrNotForUs
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrNotForUs
	}
	return raw, nil
}

// Format prints whose key it is, whatever it is asked for.
func (o *Overseer) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "the key of %s", o.name) }

// EncodeSealed writes the key for its file, sealed with a passphrase.
func (o *Overseer) EncodeSealed(passphrase []byte) ([]byte, error) {
	raw, err := json.Marshal(overseerFile{overseerFormat, o.name, o.sign.Seed(), o.open.String()})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	defer clear(raw)
	return sealFile(raw, passphrase)
}

// ParseOverseer reads what EncodeSealed wrote.
func ParseOverseer(raw, passphrase []byte) (*Overseer, error) {
	if !IsSealed(raw) || len(raw) > maxFile {
		return nil, ErrOverseer
	}
	plain, err := openFile(raw, passphrase)
	if errors.Is(err, ErrPassphrase) {
		return nil, err
	}
	if err != nil {
		return nil, ErrOverseer
	}
	defer clear(plain)
	var f overseerFile
	if err := json.Unmarshal(plain, &f, json.RejectUnknownMembers(true)); err != nil || f.Format != overseerFormat || len(f.Sign) != ed25519.SeedSize {
		return nil, ErrOverseer
	}
	open, err := age.ParseHybridIdentity(f.Open)
	if err != nil {
		return nil, ErrOverseer
	}
	return &Overseer{f.Name, ed25519.NewKeyFromSeed(f.Sign), open}, nil
}
