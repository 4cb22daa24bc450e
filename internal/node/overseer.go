// SPDX-License-Identifier: Apache-2.0

package node

// This file makes and opens an overseer's own key, on the overseer's machine: no
// node has it.

import (
	"bytes"
	"errors"
	"fmt"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// NewOverseer makes a key for the overseer of that name: the file to keep, sealed
// with the passphrase, and the half that the node may know.
func NewOverseer(name string, passphrase []byte) (sealed []byte, public api.OverseerKey, err error) {
	if !envelope.ValidName(name) {
		return nil, public, problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens: the name by which the overseer signs in", "%q is no sign-in name", name)
	}
	if err := CheckPassphrase(passphrase); err != nil {
		return nil, public, err
	}
	key, err := keys.GenerateOverseer(name)
	if err != nil {
		return nil, public, err
	}
	sealed, err = key.EncodeSealed(passphrase)
	return sealed, PublicOverseer(key), err
}

// OpenOverseer opens an overseer's key with its passphrase.
func OpenOverseer(raw []byte, ask Passphrase) (*keys.Overseer, error) {
	if !keys.IsSealed(raw) {
		return nil, problem.New(problem.Invalid, "give the file that tocsin overseer keygen wrote, not the one that ends in .pub", "this is no overseer's key")
	}
	passphrase, err := ask()
	if err != nil {
		return nil, err
	}
	key, err := keys.ParseOverseer(raw, passphrase)
	switch {
	case errors.Is(err, keys.ErrPassphrase):
		return nil, problem.New(problem.Denied, "try again; nothing was changed", "this passphrase does not open the key")
	case err != nil:
		return nil, problem.New(problem.Invalid, "restore the file from a copy", "this is no overseer's key").Because(err)
	}
	return key, nil
}

// PublicOverseer is the half that the node may know.
func PublicOverseer(key *keys.Overseer) api.OverseerKey {
	sign, open := key.Public()
	return api.OverseerKey{Format: api.OverseerKeyFormat, Name: key.Name(), Sign: sign, Open: open}
}

// SealForOverseer seals a file so that only the overseer opens it.
func SealForOverseer(key api.OverseerKey, raw []byte) ([]byte, error) {
	recipient, err := (envelope.Card{Seal: key.Open}).Recipient()
	if err != nil {
		return nil, err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("node: sealing: %w", err)
	}
	return sealed.Bytes(), nil
}
