// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and the client's calls about how long things are
// kept, and what was erased.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// Retention is until when something is kept, or when somebody looks at a public
// statement again.
type Retention struct {
	Kind    string    `json:"kind"` // such as source, draft, case, duty, watch, pledge, inquiry, heard
	ID      string    `json:"id"`
	Partner string    `json:"partner,omitempty"`
	Ours    bool      `json:"ours,omitzero"`
	Purpose string    `json:"purpose,omitempty"`
	Since   time.Time `json:"since"`
	Due     time.Time `json:"due"`   // erased then, if nobody decides
	Limit   time.Time `json:"limit"` // nobody can keep it longer
	Bound   string    `json:"bound"` // by what: given, terms, purpose or public
	State   string    `json:"state"` // kept, asked, held or erased
	Held    bool      `json:"held,omitzero"`
	Waits   string    `json:"waits,omitempty"` // why it is due and not erased

	Decided []RetentionDecision `json:"decided,omitempty"`
	Erased  time.Time           `json:"erased,omitzero"`
	Ground  string              `json:"ground,omitempty"`
	By      string              `json:"by,omitempty"`
}

// RetentionDecision is one decision about it.
type RetentionDecision struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	What   string    `json:"what"` // keep, hold or release
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"`
}

// DecideRetention keeps a thing until the end of a day, holds its erasure or ends
// the hold.
type DecideRetention struct {
	Until  warning.Date `json:"until,omitempty"`
	Reason string       `json:"reason"`
}

// RetentionRule is how long what serves a purpose is kept at most, in days; the
// empty purpose is for everything.
type RetentionRule struct {
	Purpose string    `json:"purpose"`
	Days    int64     `json:"days"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Destruction is a notice that texts were erased, ours or a partner's.
type Destruction struct {
	warning.Destruction
	Partner   string `json:"partner"`
	Ours      bool   `json:"ours"`
	Hash      string `json:"hash"` // of the message that says it
	Receipted bool   `json:"receipted,omitzero"`
}

// Retentions lists what is due soon or held back; all with a review date, if asked for.
func (c *Client) Retentions(ctx context.Context, all bool) ([]Retention, error) {
	if all {
		return list[Retention](ctx, c, "/retention?all=true")
	}
	return list[Retention](ctx, c, "/retention")
}

// KeepOn keeps a thing until the end of a day.
func (c *Client) KeepOn(ctx context.Context, id string, in DecideRetention) (Retention, error) {
	return post[Retention](ctx, c, path("/retention", id)+"/keep", in)
}

// HoldErasure stops the erasure of a thing.
func (c *Client) HoldErasure(ctx context.Context, id string, in DecideRetention) (Retention, error) {
	return post[Retention](ctx, c, path("/retention", id)+"/hold", in)
}

// LetGo ends a hold.
func (c *Client) LetGo(ctx context.Context, id string, in DecideRetention) (Retention, error) {
	return post[Retention](ctx, c, path("/retention", id)+"/release", in)
}

// RetentionRules lists how long what serves a purpose is kept at most.
func (c *Client) RetentionRules(ctx context.Context) ([]RetentionRule, error) {
	return list[RetentionRule](ctx, c, "/retention/rules")
}

// SetRetention sets the rule of a purpose, for what is kept from now on.
func (c *Client) SetRetention(ctx context.Context, rule RetentionRule) (RetentionRule, error) {
	return post[RetentionRule](ctx, c, "/retention/rules", rule)
}

// Destructions lists the notices that texts were erased.
func (c *Client) Destructions(ctx context.Context) ([]Destruction, error) {
	return list[Destruction](ctx, c, "/retention/notices")
}
