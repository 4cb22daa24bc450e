// SPDX-License-Identifier: Apache-2.0

package api

// This file holds what is known of logs: who cosigned ours, how far partners'
// logs were followed, and the forks that were found.

import (
	"context"
	"time"
)

// CheckpointType is the media type of checkpoints and of evidence of forks.
const CheckpointType = "text/plain; charset=utf-8"

// Heads is what is known of logs.
type Heads struct {
	Size       int64        `json:"size"`       // of our log
	Checkpoint string       `json:"checkpoint"` // our newest, signed
	Cosigned   []Cosigned   `json:"cosigned"`
	Partners   []PartnerLog `json:"partners"`
	Forks      []Fork       `json:"forks"` // newest first
	// Halted says that our own log is not what others saw of it, and that nobody
	// has decided: nothing is sent, received or cosigned.
	Halted bool `json:"halted,omitzero"`
}

// Cosigned is the newest cosignature of our log by one partner or witness.
type Cosigned struct {
	By      string    `json:"by"`
	Witness bool      `json:"witness,omitzero"` // a neutral one, of the policy
	Size    int64     `json:"size"`
	At      time.Time `json:"at"` // as it says
}

// PartnerLog is how far a partner's log was followed.
type PartnerLog struct {
	Partner string    `json:"partner"`
	Size    int64     `json:"size"` // of the newest that was followed
	Root    string    `json:"root"` // hex
	At      time.Time `json:"at"`
	// From and Since are where the following began.
	From     int64     `json:"from"`
	Since    time.Time `json:"since,omitzero"`
	Unlinked int       `json:"unlinked,omitzero"` // checkpoints that the next exchange must link
	// CosignedAt is when we cosigned the newest; zero if we were not asked.
	CosignedAt time.Time `json:"cosigned_at,omitzero"`
	// Witnessed is the size of the newest that a quorum of our policy cosigned.
	Witnessed int64  `json:"witnessed,omitzero"`
	Fork      string `json:"fork,omitempty"` // found, and nobody has decided
}

// Fork is a fork that was found, of a partner's log or of ours.
type Fork struct {
	ID      string    `json:"id"`
	Partner string    `json:"partner"` // whose log; of ours, who holds the other checkpoint
	Ours    bool      `json:"ours,omitzero"`
	Found   time.Time `json:"found"`
	// Finding is two_roots or other_past, which prove it, or unexplained.
	Finding   string    `json:"finding"`
	Older     int64     `json:"older"` // sizes
	Newer     int64     `json:"newer"`
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	Reason    string    `json:"reason,omitempty"`
}

// GoOn decides to go on after a fork.
type GoOn struct {
	Reason string `json:"reason"`
}

// Heads is what is known of logs.
func (c *Client) Heads(ctx context.Context) (Heads, error) {
	return get[Heads](ctx, c, "/ledger/heads")
}

// CosignedCheckpoint is our newest checkpoint that somebody cosigned, with every
// cosignature of it; with a partner's name the newest of the partner's log that
// was followed, with ours and those of the policy's witnesses.
func (c *Client) CosignedCheckpoint(ctx context.Context, partner string) ([]byte, error) {
	if partner == "" {
		return c.raw(ctx, "/ledger/cosigned", "*/*")
	}
	return c.raw(ctx, path("/ledger/heads", partner), "*/*")
}

// ForkEvidence is the evidence of a fork as a file.
func (c *Client) ForkEvidence(ctx context.Context, id string) ([]byte, error) {
	return c.raw(ctx, path("/ledger/forks", id), "*/*")
}

// AcceptLog goes on with a partner's log as it is shown now, after a fork.
func (c *Client) AcceptLog(ctx context.Context, partner string, why GoOn) (Fork, error) {
	return post[Fork](ctx, c, path("/ledger/heads", partner)+"/accept", why)
}

// ResumeLog goes on with our own log as it is, after a fork.
func (c *Client) ResumeLog(ctx context.Context, why GoOn) ([]Fork, error) {
	all, err := post[List[Fork]](ctx, c, "/ledger/resume", why)
	return all.Items, err
}
