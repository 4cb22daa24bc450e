// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and the client's calls about policies: the texts by
// which it is decided what may leave.

import (
	"context"
	"time"
)

// Policy is a text by which it is decided what may leave.
type Policy struct {
	Hash  string       `json:"hash"`  // SHA-256 of the text
	State string       `json:"state"` // shipped, proposed, in force, replaced or withdrawn
	Rules []PolicyRule `json:"rules,omitempty"`
	Turns []PolicyTurn `json:"turns"` // what became of it, oldest first
	Text  string       `json:"text,omitempty"`
	// Fault says why this program cannot use the text; then nothing leaves by it.
	Fault string `json:"fault,omitempty"`
}

// PolicyRule is one rule of a policy.
type PolicyRule struct {
	ID      string   `json:"id"`
	Says    string   `json:"says"`
	Source  string   `json:"source,omitempty"`
	Permits bool     `json:"permits"` // else it forbids
	Actions []string `json:"actions"`
	Line    int      `json:"line"`
}

// PolicyTurn is one step of a policy.
type PolicyTurn struct {
	State string    `json:"state"`
	By    string    `json:"by,omitempty"` // empty: it came with the program
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"`
}

// ProposePolicy is a text that somebody proposes.
type ProposePolicy struct {
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Enforced says what became of what was here when a policy came into force.
type Enforced struct {
	Policy Policy `json:"policy"`
	// Drafts is how many open drafts were cut anew: who approved one looks again.
	Drafts int `json:"drafts"`
	// Dropped are queued messages that the policy forbids, by their hashes.
	Dropped []string `json:"dropped,omitempty"`
}

// Policies lists every policy there was, newest first, without its text.
func (c *Client) Policies(ctx context.Context) ([]Policy, error) {
	return list[Policy](ctx, c, "/policies")
}

// PolicyInForce is the policy by which it is decided now.
func (c *Client) PolicyInForce(ctx context.Context) (Policy, error) {
	return get[Policy](ctx, c, "/policy")
}

// Policy is one policy by its hash.
func (c *Client) Policy(ctx context.Context, hash string) (Policy, error) {
	return get[Policy](ctx, c, path("/policies", hash))
}

// ProposePolicy proposes a text. A text with a fault is refused with a line for each.
func (c *Client) ProposePolicy(ctx context.Context, proposal ProposePolicy) (Policy, error) {
	return post[Policy](ctx, c, "/policies", proposal)
}

// ApprovePolicy takes a proposal into force; another person must have proposed it.
func (c *Client) ApprovePolicy(ctx context.Context, hash string) (Enforced, error) {
	return post[Enforced](ctx, c, path("/policies", hash)+"/approve", struct{}{})
}

// WithdrawPolicy takes a proposal back.
func (c *Client) WithdrawPolicy(ctx context.Context, hash string) (Policy, error) {
	return post[Policy](ctx, c, path("/policies", hash)+"/withdraw", struct{}{})
}
