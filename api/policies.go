// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and the client's calls about policies: the texts by
// which it is decided what may leave.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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

// ComparePolicies asks what would leave differently. Each of the two is the hash
// of a policy, "in-force", "shipped", or the text itself.
type ComparePolicies struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// PolicyDiff is what would leave differently over everything the node holds.
type PolicyDiff struct {
	Old    string `json:"old"` // hashes
	New    string `json:"new"`
	Things int    `json:"things"` // that were looked at
	// Changes are grouped by way out, receiver and rule: what would leave first.
	Changes []PolicyChange `json:"changes"`
}

// PolicyChange is one group of things that would leave differently.
type PolicyChange struct {
	Action   string   `json:"action"` // the way out
	What     string   `json:"what"`   // draft, sent, object, statement or case
	To       string   `json:"to"`
	Leaves   bool     `json:"leaves"` // by the new policy, and not by the old; else the other way
	Rule     string   `json:"rule"`   // that keeps it, by the one that does
	Says     string   `json:"says"`
	Count    int      `json:"count"`
	Examples []string `json:"examples"` // some ids
}

// PolicyStep is one line of a comparison that is being followed: how far it is, or
// at the end what it found or why it failed.
type PolicyStep struct {
	Done    int64       `json:"done,omitzero"`
	Total   int64       `json:"total,omitzero"` // objects
	Diff    *PolicyDiff `json:"diff,omitempty"`
	Problem *Problem    `json:"problem,omitempty"`
}

// ComparePolicies says what would leave differently. progress is called from time
// to time and may be nil.
func (c *Client) ComparePolicies(ctx context.Context, order ComparePolicies, progress func(done, total int64)) (PolicyDiff, error) {
	response, err := c.send(ctx, http.MethodPost, "/policies/compare", LinesType, order)
	if err != nil {
		return PolicyDiff{}, err
	}
	defer response.Body.Close()
	lines := jsontext.NewDecoder(io.LimitReader(response.Body, maxAnswer))
	for {
		var step PolicyStep
		if err := json.UnmarshalDecode(lines, &step); err != nil {
			return PolicyDiff{}, fmt.Errorf("%w: the comparison broke off: %w", ErrAnswer, err)
		}
		switch {
		case step.Problem != nil:
			return PolicyDiff{}, step.Problem
		case step.Diff != nil:
			return *step.Diff, nil
		case progress != nil:
			progress(step.Done, step.Total)
		}
	}
}
