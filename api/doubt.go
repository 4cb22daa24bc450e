// SPDX-License-Identifier: Apache-2.0

package api

// This file holds messages in doubt: what a thief of a partner's keys may have
// said.

import (
	"context"
	"fmt"
	"time"
)

// Doubted is a message that had no effect when it came, or when its channel was
// opened, because whoever had the partner's keys may have signed it.
type Doubted struct {
	Hash    string    `json:"hash"`
	Partner string    `json:"partner"`
	Kind    string    `json:"kind"`
	Case    string    `json:"case,omitempty"`
	Sent    time.Time `json:"sent"` // as it says
	Found   time.Time `json:"found"`
	State   string    `json:"state"` // waits, affirmed, or cleared when the report of stolen keys was withdrawn
	InDoubt string    `json:"in_doubt,omitempty"`
	// Who affirmed it, and why: then it took effect.
	By  string    `json:"by,omitempty"`
	At  time.Time `json:"at,omitzero"`
	Why string    `json:"why,omitempty"`
}

// Doubted lists the messages in doubt that wait for a person, newest first; with
// all, those that were decided, too.
func (c *Client) Doubted(ctx context.Context, all bool) ([]Doubted, error) {
	return list[Doubted](ctx, c, fmt.Sprintf("/doubted?all=%t", all))
}

// AffirmDoubted lets a message in doubt take effect: somebody has asked the partner.
func (c *Client) AffirmDoubted(ctx context.Context, hash string, why GoOn) error {
	_, err := post[struct{}](ctx, c, path("/doubted", hash)+"/affirm", why)
	return err
}
