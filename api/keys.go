// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and calls about keys: ours, and those of partners.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Keys is what the node says of its own keys.
type Keys struct {
	Number  uint64      `json:"number"` // of changes of keys there were
	KeyID   string      `json:"key_id"` // of the signing key that is in force
	Digits  string      `json:"digits"` // of the keys that are in force, 30
	Changes []KeyChange `json:"changes,omitempty"`
	// Unread are the partners that have not read of the newest keys yet.
	Unread []string `json:"unread,omitempty"`
	// OldSeals is when the opening keys that are still kept were replaced.
	OldSeals []time.Time `json:"old_seals,omitempty"`
}

// KeyChange is one change of the node's keys.
type KeyChange struct {
	Number  uint64    `json:"number"`
	At      time.Time `json:"at"`
	InForce time.Time `json:"in_force,omitzero"`
	By      string    `json:"by,omitempty"`
	Why     string    `json:"why"` // rotation or compromise
	Since   time.Time `json:"since,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	KeyID   string    `json:"key_id"` // of the new signing key
	Digits  string    `json:"digits"` // the new 30 digits
}

// ChangeKeys orders a change of the node's keys. With Since it says that others
// may have had them from then on: every key is replaced.
type ChangeKeys struct {
	Parts  []string  `json:"parts,omitempty"` // sign, log, seal, witness; all if none
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// KeyStolen says that a partner's keys are or were in other hands.
type KeyStolen struct {
	Since time.Time `json:"since"`
	Why   string    `json:"why"`
}

// KeySafe takes back what was reported of the keys that a partner has now.
type KeySafe struct {
	Why string `json:"why"`
}

// Withdrawn is a report of stolen keys that was taken back.
type Withdrawn struct {
	Report InDoubt   `json:"report"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Why    string    `json:"why"`
}

// InDoubt says that what a key signed from a date on may be somebody else's.
type InDoubt struct {
	KeyID string    `json:"key_id"`
	Since time.Time `json:"since"`
	Told  time.Time `json:"told"`
	By    string    `json:"by"`
	Why   string    `json:"why,omitempty"`
}

// Keys shows the node's own keys, never a private one.
func (c *Client) Keys(ctx context.Context) (Keys, error) { return get[Keys](ctx, c, "/keys") }

// ChangeKeys changes the node's own keys and tells every partner.
func (c *Client) ChangeKeys(ctx context.Context, order ChangeKeys) (KeyChange, error) {
	return post[KeyChange](ctx, c, "/keys", order)
}

// KeyHistory is the history of a node's keys, as a file that proves itself: of a
// partner's if one is named, else of our own.
func (c *Client) KeyHistory(ctx context.Context, partner string) (envelope.History, error) {
	if partner == "" {
		return get[envelope.History](ctx, c, "/keys/history")
	}
	return get[envelope.History](ctx, c, path("/partners", partner)+"/keys")
}

// KeyStolen marks what a partner's keys signed from a date on, and shuts its
// channel until the digits were compared anew.
func (c *Client) KeyStolen(ctx context.Context, partner string, stolen KeyStolen) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", partner)+"/key-stolen", stolen)
}

// KeySafe takes back a mistaken report of stolen keys. The channel stays shut
// until the digits were compared anew and somebody restores it.
func (c *Client) KeySafe(ctx context.Context, partner string, safe KeySafe) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", partner)+"/key-stolen/withdraw", safe)
}
