// SPDX-License-Identifier: Apache-2.0

package api

// This file holds an overseer's own key, as the node knows it, and how it signs in.

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// OverseerKeyFormat is the format of an overseer's public key as a file.
const OverseerKeyFormat = "tocsin-overseer/v1"

// OverseerKey is the public half of an overseer's own key.
type OverseerKey struct {
	Format string `json:"format"`
	Name   string `json:"name"` // the overseer's sign-in name
	Sign   []byte `json:"sign"` // Ed25519: verifies who signs in. RFC 8032
	Open   string `json:"open"` // an age recipient, to seal for the overseer
}

// Validate says what is wrong with a key, or nil.
func (k OverseerKey) Validate() error {
	switch {
	case k.Format != OverseerKeyFormat:
		return fmt.Errorf("format: this is not %s", OverseerKeyFormat)
	case !envelope.ValidName(k.Name):
		return errors.New("name: 2 to 40 lower-case letters, digits and hyphens")
	case len(k.Sign) != ed25519.PublicKeySize:
		return errors.New("sign: this is no Ed25519 key")
	}
	if _, err := (envelope.Card{Seal: k.Open}).Recipient(); err != nil {
		return errors.New("open: this is no recipient")
	}
	return nil
}

// Digits are what two people compare by voice: 32 hex digits of the SHA-256 over
// the name and both halves, in groups of four.
func (k OverseerKey) Digits() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%x\n%s\n", OverseerKeyFormat, k.Name, k.Sign, k.Open))
	text := hex.EncodeToString(sum[:16])
	groups := make([]string, 0, 8)
	for len(text) > 0 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(groups, " ")
}

// SignInInput is what an overseer signs to sign in: the node that is meant, where
// it stands, who signs, and what the node asked. A node cannot pass another's
// challenge on: the address is the one that the overseer speaks to.
func SignInInput(node, address, name, challenge string) []byte {
	return fmt.Appendf(nil, "tocsin/overseer-sign-in/v1\n%s\n%s\n%s\n%s\n", node, address, name, challenge)
}

// Overseer is an overseer's key as the node keeps it.
type Overseer struct {
	OverseerKey
	Digits      string    `json:"digits"`
	State       string    `json:"state"` // proposed, in_force, replaced
	By          string    `json:"by"`    // who put it forward
	At          time.Time `json:"at"`
	ConfirmedBy string    `json:"confirmed_by,omitempty"`
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
}

// ConfirmOverseer confirms the key that was put forward, by its digits.
type ConfirmOverseer struct {
	Digits string `json:"digits"`
}

// Challenge is what an overseer must sign, within two minutes.
type Challenge struct {
	Name      string `json:"name"`
	Challenge string `json:"challenge"`
}

// OverseerSignIn answers a challenge.
type OverseerSignIn struct {
	Name      string `json:"name"`
	Challenge string `json:"challenge"`
	Signature []byte `json:"signature"` // of SignInInput
	Browser   bool   `json:"browser,omitzero"`
}

// OverseerSignedIn is what comes of it: a credential for the command line, for
// twelve hours, or a link for a browser, for five minutes.
type OverseerSignedIn struct {
	Token  string     `json:"token,omitempty"`
	Link   string     `json:"link,omitempty"`
	Person Person     `json:"person"`
	Keys   []Overseer `json:"keys"` // every key there was for this overseer, newest first
}

// Overseers lists the overseers' keys, newest first.
func (c *Client) Overseers(ctx context.Context) ([]Overseer, error) {
	return list[Overseer](ctx, c, "/overseers")
}

// AddOverseer puts a key forward.
func (c *Client) AddOverseer(ctx context.Context, key OverseerKey) (Overseer, error) {
	return post[Overseer](ctx, c, "/overseers", key)
}

// ConfirmOverseer confirms the key that was put forward for somebody.
func (c *Client) ConfirmOverseer(ctx context.Context, name, digits string) (Overseer, error) {
	return post[Overseer](ctx, c, path("/overseers", name)+"/confirm", ConfirmOverseer{Digits: digits})
}

// Challenge asks the node for a challenge.
func (c *Client) Challenge(ctx context.Context, name string) (Challenge, error) {
	return post[Challenge](ctx, c, "/overseer/challenge", Challenge{Name: name})
}

// SignInOverseer answers a challenge.
func (c *Client) SignInOverseer(ctx context.Context, in OverseerSignIn) (OverseerSignedIn, error) {
	return post[OverseerSignedIn](ctx, c, "/overseer/signin", in)
}
